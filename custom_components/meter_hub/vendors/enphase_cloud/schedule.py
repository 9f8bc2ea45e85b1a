"""When the polls and the nights of a system are, and what is learned for it. Pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from itertools import pairwise
from math import ceil
from operator import attrgetter
from typing import Self

from ..stored import Stored
from .ladder import EVENING, MORNING, Rhythm

DAY = timedelta(days=1)

PHASES = (7, 4, 10, 13)
"""Minutes after a quarter hour at which it may be published; tried in this order."""

_TRY_EVERY = timedelta(days=14)
"""So often each of them is tried again."""

_NEWEST = 0.5
"""What the newest age counts for, against those before it."""

_PUNCTUAL = timedelta(minutes=2)
"""A poll that is later than this tells nothing of its phase."""

_STALE = timedelta(hours=1)
"""Data that is older than this was not late, but missing."""

NIGHT = time(0, 52)
"""By then the last interval of the day before should be there."""

LATE_NIGHT = time(6, 10)
"""When the day before is read where it was not; some gateways report four times a day."""

_LATE_FOR = timedelta(days=14)
"""So long a system that was late once is not tried at the early time."""

_LIGHT_DAYS = 7
_BEFORE_SUNRISE, _AFTER_SUNSET = 15, 30
"""Minutes by which days may be longer than those before."""

_AFTER_THE_HOUR = 15
"""Minutes after the hour of the last light in which a poll can tell that hour."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A poll of the plan, whenever it is made."""

    at: datetime
    """A quarter hour, or another step; the poll comes its phase later."""
    energy: bool


_AT = attrgetter("at")


@dataclass(frozen=True, slots=True)
class Age(Stored):
    """How old the newest data was at a phase."""

    minutes: float
    at: datetime


@dataclass(frozen=True, slots=True)
class Phases(Stored):
    """At which minute after the quarter hour the data is freshest."""

    ages: dict[int, Age] = field(default_factory=dict)

    def now(self, now: datetime) -> int:
        """Return the phase to poll at: one that is to be tried, or else the best."""
        for phase in PHASES:
            age = self.ages.get(phase)
            if age is None or not now - _TRY_EVERY <= age.at <= now:
                return phase
        return min(PHASES, key=lambda phase: self.ages[phase].minutes)

    def after(self, slot: Slot, polled: datetime, newest: datetime) -> Self:
        """Return what is known after a poll whose newest data ended at `newest`."""
        phase = self.now(polled)
        late = polled - slot.at - timedelta(minutes=phase)
        if not timedelta(0) <= late <= _PUNCTUAL or polled - newest > _STALE:
            return self
        minutes = (polled - newest) / timedelta(minutes=1)
        if before := self.ages.get(phase):
            minutes = _NEWEST * minutes + (1 - _NEWEST) * before.minutes
        return replace(self, ages=self.ages | {phase: Age(minutes, polled)})


@dataclass(frozen=True, slots=True)
class Light(Stored):
    """When the sun shone on the last days."""

    days: dict[date, tuple[int, int]] = field(default_factory=dict)
    """The first and the last minute of the local day at which something was produced."""

    def seen(self, spans: Iterable[tuple[datetime, datetime]], zone: tzinfo) -> Self:
        """Return what is known after something was produced in these spans."""
        days = dict(self.days)
        for start, end in spans:
            first = start.astimezone(zone)
            minutes = first.hour * 60 + first.minute
            last = minutes + int((end - start) / timedelta(minutes=1))
            known = days.get(first.date(), (minutes, last))
            days[first.date()] = min(known[0], minutes), max(known[1], last)
        kept = sorted(days)[-_LIGHT_DAYS:]
        return replace(self, days={day: days[day] for day in kept})

    def expected(self, today: date) -> tuple[int, int]:
        """Return the minutes of the day between which something may be produced."""
        since = today - DAY * _LIGHT_DAYS
        days = [span for day, span in self.days.items() if since <= day < today]
        if not days:
            return MORNING, EVENING
        first = min(first for first, _ in days) - _BEFORE_SUNRISE
        sunset = max(last for _, last in days)
        over = ceil(sunset / 60) * 60
        last = max(sunset + _AFTER_SUNSET, over + _AFTER_THE_HOUR)
        return max(first // 15 * 15, 0), min(last, 24 * 60 - 1)


@dataclass(frozen=True, slots=True)
class Nights(Stored):
    """Which nights were read."""

    done: date | None = None
    """The day that had begun when the days before it were read last."""
    late: date | None = None
    """When they were not complete at the early time."""

    def time(self, day: date) -> time:
        """Return the local time at which the days before `day` are read."""
        is_late = self.late is not None and timedelta(0) <= day - self.late < _LATE_FOR
        return LATE_NIGHT if is_late else NIGHT

    def due(self, now: datetime, zone: tzinfo, every: int, offset: int) -> datetime:
        """Return when the next of the nights is due, of which each `every`th counts."""
        today = now.astimezone(zone).date()
        if self.done is None or self.done > today:
            return now
        day = self.done + DAY
        while (day.toordinal() + offset) % every:
            day += DAY
        return local(day, self.time(day), zone)


def slots(rhythm: Rhythm, zone: tzinfo, now: datetime) -> tuple[Slot, ...]:
    """Return the slots from the day before to the day after, in order."""
    return _slots_around(rhythm, zone, now.astimezone(zone).date())


def slots_between(
    rhythm: Rhythm, zone: tzinfo, now: datetime, since: datetime, until: datetime
) -> tuple[Slot, ...]:
    """Return those of the slots around `now` that are after `since` and before `until`."""
    around = slots(rhythm, zone, now)
    begin = bisect_right(around, since, key=_AT)
    return around[begin : bisect_left(around, until, begin, key=_AT)]


@lru_cache(maxsize=256)
def _slots_around(rhythm: Rhythm, zone: tzinfo, today: date) -> tuple[Slot, ...]:
    days = (today - DAY, today, today + DAY)
    return tuple(slot for day in days for slot in _slots_of(rhythm, zone, day))


@lru_cache(maxsize=256)
def _slots_of(rhythm: Rhythm, zone: tzinfo, day: date) -> tuple[Slot, ...]:
    """Return the slots from the morning of a local day to the next one."""
    found: dict[datetime, Slot] = {}
    for number, minutes in enumerate(rhythm.polls):
        days, minute = divmod(minutes, 24 * 60)
        here = time(*divmod(minute, 60))
        at = local(day + DAY * days, here, zone)
        # An hour that clocks leave out falls on the one after it.
        found.setdefault(at, Slot(at, rhythm.is_for_energy(number)))
        again = local(day + DAY * days, here.replace(fold=1), zone)
        if again > at:
            found.setdefault(again, Slot(again, rhythm.is_for_energy(number)))
    return tuple(found[at] for at in sorted(found))


def next_slot(
    rhythm: Rhythm, zone: tzinfo, phase: int, last: datetime | None, now: datetime
) -> Slot | None:
    """Return the newest slot that is due and was not served, else the next one.

    `last` is when the last slot was that was served. None where there is no poll.
    """
    around = slots(rhythm, zone, now)
    if not around:
        return None
    served = last is not None and last <= now
    unserved = bisect_right(around, last, key=_AT) if served else 0
    due = bisect_right(around, now - timedelta(minutes=phase), key=_AT)
    return around[max(due - 1, unserved)]


@lru_cache(maxsize=256)
def longest_wait(rhythm: Rhythm, *, energy: bool = False) -> timedelta:
    """Return the longest time between two polls, or two nights where there are none.

    Of the polls that ask for energy, where that is meant.
    """
    polls = [
        minute
        for number, minute in enumerate(rhythm.polls)
        if not energy or rhythm.is_for_energy(number)
    ]
    if not polls:
        return DAY * rhythm.every
    minutes = [b - a for a, b in pairwise(polls)]
    minutes.append(polls[0] + 24 * 60 - polls[-1])
    return timedelta(minutes=max(minutes))


def local(day: date, at: time, zone: tzinfo) -> datetime:
    """Return an instant by the clock of a time zone."""
    return datetime.combine(day, at, zone).astimezone(UTC)


def midnight(day: date, zone: tzinfo) -> datetime:
    """Return when a local day begins."""
    return local(day, time(), zone)
