"""What a person should hear of an account. Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from ...metering.model import Notice
from .client import Lifetime, Telemetry
from .jobs import What
from .knowledge import Knowledge
from .known import KnownSystem
from .plan import wanted
from .plans import Plan
from .rhythms import Circumstances, courses

FEATURE_NOT_IN_PLAN = "feature_not_in_plan"
CALLS_SPENT = "calls_spent"
READ_BY_NIGHT = "read_by_night"
BALANCE_OFF = "balance_off"
SOURCE_CHANGED = "source_changed"

_CHARGERS = frozenset({What.CHARGER, What.CHARGER_LIFETIME, What.SESSIONS})
_DETAILS = frozenset({What.SUMMARY, What.DEVICES, What.INVERTERS})
_PRODUCTION = frozenset(
    {Telemetry.PRODUCTION_MICRO, Telemetry.PRODUCTION_METER, Lifetime.PRODUCTION}
)

_LONG = timedelta(hours=1)
"""A minute that is used up is nobody's concern."""


def notices_of(
    knowledge: Knowledge, now: datetime, given: Circumstances
) -> tuple[Notice, ...]:
    """Return all that a person should hear of."""
    systems = wanted(knowledge, now, given)
    return (
        *_spent(now, given.allowed_from),
        *_by_night(systems, now, given),
        *_not_in_plan(systems),
        *(notice for known in systems for notice in _of_system(known)),
    )


def _spent(now: datetime, allowed_from: datetime) -> Iterator[Notice]:
    if allowed_from > now + _LONG:
        until = allowed_from.isoformat(timespec="minutes")
        yield Notice(CALLS_SPENT, None, {"until": until})


def _by_night(
    systems: list[KnownSystem], now: datetime, given: Circumstances
) -> Iterator[Notice]:
    """Yield that there are more systems than can be polled, once one is known."""
    if not given.is_by_night(len(systems)):
        return
    every = [
        course.rhythm.every
        for course in courses(systems, now, given, saves=True)
        if course.known.is_set_up
    ]
    if every:
        values = {
            "count": str(len(systems)),
            "plan": Plan.WATT.capitalize(),
            "nights": str(max(every)),
        }
        yield Notice(READ_BY_NIGHT, None, values)


def _not_in_plan(systems: list[KnownSystem]) -> Iterator[Notice]:
    """Yield what none of the systems lets us read, as all are on one plan."""
    refusals = {
        _access_control(name): refusal.until
        for known in systems
        for name, refusal in known.refused.items()
        if refusal.not_in_plan
    }
    if refusals:
        values = {
            "feature": ", ".join(sorted(refusals)),
            "until": min(refusals.values()).isoformat(timespec="minutes"),
        }
        yield Notice(FEATURE_NOT_IN_PLAN, None, values)


def _access_control(name: str) -> str:
    """Return by which box at the developer portal a call is allowed."""
    what, _, of = name.partition("/")
    if what in _CHARGERS:
        return "EV Charger Monitoring"
    if what in _DETAILS:
        return "System Details"
    if what == What.REGISTERS or of in _PRODUCTION:
        return "Site Level Production Monitoring"
    return "Site Level Consumption Monitoring"


def _of_system(known: KnownSystem) -> Iterator[Notice]:
    if day := known.unbalanced:
        values = {
            "day": day.day,
            "kwh": f"{abs(day.energy):.2f}",
            "share": f"{day.share * 100:.0f}",
        }
        yield Notice(BALANCE_OFF, known.about.id, values)
    told = known.told_source or known.seen_source
    if known.source and told and known.source is not told:
        values = {"used": known.source.value, "told": told.value}
        yield Notice(SOURCE_CHANGED, known.about.id, values)
