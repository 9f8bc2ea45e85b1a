"""What is known of EV chargers, as readings. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from ...metering.model import Reading, Series, Value
from ...metering.vocabulary import Kind, Quantity
from .charging import Charging
from .jobs import CloudJob
from .known import KnownSystem
from .live import STALE
from .readings import SPARE
from .sessions import Session
from .telemetry import Row


def charger_readings(known: KnownSystem) -> Iterator[Reading]:
    """Yield how the chargers are."""
    for charger in known.chargers:
        if charger.status is not None:
            series = Series(charger.serial, Quantity.CHARGER_STATUS)
            yield Reading(series, charger.status)


def charging_readings(
    charging: Mapping[str, Charging], job: CloudJob
) -> Iterator[Reading]:
    """Yield what chargers do now, valid until the next power should be there."""
    for charger, now in charging.items():
        values = {
            Quantity.CHARGER_MODE: now.mode,
            Quantity.CHARGER_PLUGGED: now.is_plugged,
            Quantity.EV_POWER: now.watts,
        }
        valid = _valid_until(now.at, job)
        for quantity, value in values.items():
            if value is not None:
                yield Reading(Series(charger, quantity), value, now.at, valid)


def charged_readings(
    charger: str, rows: Sequence[Row], job: CloudJob, now: datetime
) -> Iterator[Reading]:
    """Yield the mean power of the newest interval that a charger has told of late."""
    if rows and (row := rows[-1]).power is not None and now - row.end <= STALE:
        series = Series(charger, Quantity.EV_POWER)
        yield Reading(series, row.power, row.end, _valid_until(row.end, job))


def session_readings(
    charger: str, session: Session | None, before: Session | None
) -> Iterator[Reading]:
    """Yield what a charger's last session was, in place of the one `before`."""
    values, outdated = _values(session), _values(before)
    for quantity in (*values, *(outdated.keys() - values)):
        since = session.start if session and quantity.kind is Kind.PERIOD else None
        yield Reading(Series(charger, quantity), values.get(quantity), since=since)


def _valid_until(at: datetime, job: CloudJob) -> datetime:
    """Return when a power that is newer should be there."""
    return at + max(job.cadence, STALE) + SPARE


def _values(session: Session | None) -> dict[Quantity, Value]:
    """Return what is told of a session."""
    if session is None:
        return {}
    values = {
        Quantity.SESSION_START: session.start,
        Quantity.SESSION_END: session.end,
        Quantity.SESSION_ENERGY: session.energy,
        Quantity.SESSION_DURATION: session.duration,
        Quantity.SESSION_CHARGE_TIME: session.charge_time,
        Quantity.SESSION_POWER: session.power,
        Quantity.SESSION_COST: session.cost,
    }
    return {quantity: value for quantity, value in values.items() if value is not None}
