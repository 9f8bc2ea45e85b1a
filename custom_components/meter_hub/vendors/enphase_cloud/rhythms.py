"""What each system's share of the calls buys. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache
from math import ceil

from ...metering.spans import HOUR
from .asks import chargers, night, parts, poll, production
from .client import PAGE_SIZE, Telemetry
from .governor import TOKENS_PER_DAY, Purse
from .known import KnownSystem
from .ladder import NIGHTS, QUARTER, Parts, Rhythm, Schedule, affordable, ladder
from .schedule import slots_between

_DEVICES_PER_DAY = 5 / 31
"""The devices of a system are asked for each week."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What a plan depends on beside what is known."""

    schedule: Schedule
    purse: Purse
    allowed_from: datetime
    """When the limits allow the next call."""
    excluded: frozenset[str]
    """The meters that a person does not want."""
    inverters: bool
    """Whether a person wants to see each micro-inverter."""
    zones: Mapping[str | None, tzinfo]
    """By their names, as far as they were loaded."""
    most_polled: int | None = None
    """The most systems for which there is more than the nights; None for any number."""

    def is_by_night(self, systems: int) -> bool:
        """Tell whether so many systems are read by night alone."""
        return self.most_polled is not None and systems > self.most_polled


@dataclass(frozen=True, slots=True)
class Course:
    """How often a system is asked."""

    known: KnownSystem
    zone: tzinfo
    rhythm: Rhythm

    def ahead(self, now: datetime, until: datetime) -> int:
        """Return how many calls the polls and nights take from now on until then."""
        known, rhythm = self.known, self.rhythm
        wait = timedelta(minutes=known.phases.now(now))
        polls = slots_between(rhythm, self.zone, now, now - wait, until - wait)
        energy = sum(slot.energy for slot in polls)
        calls = energy * len(poll(known, rhythm, energy=True))
        calls += (len(polls) - energy) * len(poll(known, rhythm, energy=False))
        due = known.nights.due(now, self.zone, rhythm.every, known.number)
        if due < until:
            calls += len(night(known, rhythm, due))
        if rhythm.hourly_chargers:
            calls += len(chargers(known)) * ceil((until - now) / HOUR)
        return calls


def courses(
    systems: Sequence[KnownSystem],
    now: datetime,
    given: Circumstances,
    *,
    saves: bool,
) -> list[Course]:
    """Return how often the systems are asked, each at the same cost.

    Whoever `saves` takes no more than in any other month, for the sake of history.
    """
    if not systems:
        return []
    allowance = given.purse.allowance
    if saves:
        allowance = min(allowance, given.purse.steady_allowance)
    share = (allowance - TOKENS_PER_DAY) / len(systems) - _DEVICES_PER_DAY
    nights_only = given.is_by_night(len(systems))
    return [
        Course(
            known,
            zone := given.zones[known.zone],
            _rhythm(known, now.astimezone(zone), share, given, nights_only=nights_only),
        )
        for known in systems
    ]


def _rhythm(
    known: KnownSystem,
    here: datetime,
    share: float,
    given: Circumstances,
    *,
    nights_only: bool,
) -> Rhythm:
    has = parts(known)
    if given.inverters:
        share -= 1 + len(known.inverters) // PAGE_SIZE
    if nights_only:
        return affordable(iter(NIGHTS), has, share)
    light = known.light.expected(here.date())
    step = QUARTER if production(known) is Telemetry.PRODUCTION_METER else None
    return _metered(given.schedule, has, light, step, share)


@lru_cache(maxsize=64)
def _metered(
    schedule: Schedule,
    has: Parts,
    light: tuple[int, int],
    step: int | None,
    share: float,
) -> Rhythm:
    return affordable(ladder(schedule, has, light, step), has, share)
