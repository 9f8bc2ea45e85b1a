"""The history of one meter, minute by minute, and how its hours are read."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from custom_components.meter_hub.metering.ledger import hourly
from custom_components.meter_hub.metering.model import Quality
from custom_components.meter_hub.metering.vocabulary import Quantity
from custom_components.meter_hub.vendors.enegic.history import Answer, read_minutes
from custom_components.meter_hub.vendors.enegic.known import Known
from custom_components.meter_hub.vendors.enegic.plan import HistoryJob

from .bodies import METER, ZONE, meter

MINUTE = timedelta(minutes=1)
NOW = datetime(2026, 11, 20, 12, 7, tzinfo=UTC)


def utc(text: str) -> datetime:
    """Return an instant, such as `2026-10-05 10:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def row(at: datetime, imported: object, zone: ZoneInfo = ZONE) -> dict[str, Any]:
    """Return the minute that ends at an instant, with its register then."""
    label = (at - MINUTE).astimezone(zone).replace(tzinfo=None)
    return {"ts": label.isoformat(), "data": {"hwi": imported}}


def groups(
    readings: Mapping[datetime, object], zone: ZoneInfo = ZONE
) -> list[dict[str, Any]]:
    """Return readings as the cloud does."""
    rows = [row(at, value, zone) for at, value in readings.items()]
    return [{"dt": "2026-01-01T00:00:00", "data": rows}]


def steady(
    start: datetime, end: datetime, begin: datetime, watts: float = 1200
) -> dict[datetime, float]:
    """Return the register of each minute, of a load that is there since `begin`."""
    found: dict[datetime, float] = {}
    at = start
    while at <= end:
        hours = (at - begin) / timedelta(hours=1)
        found[at] = round(1000 + watts / 1000 * hours, 3)
        at += MINUTE
    return found


def job(start: datetime, end: datetime, **more: Any) -> HistoryJob:
    """Return a call for these hours, which are not the newest."""
    details: dict[str, Any] = {"newest": False} | more
    return HistoryJob(due=NOW, live=False, meter=METER, start=start, end=end, **details)


def answered(
    rows: Iterable[dict[str, Any]],
    asked: HistoryJob,
    known: Known | None = None,
    zone: ZoneInfo = ZONE,
) -> Answer:
    """Read an answer."""
    known = known or meter(begins=utc("2026-01-01 00:00"))
    return read_minutes(rows, asked, known, zone, NOW)


def energies(answer: Answer) -> dict[str, float | None]:
    """Return the imported kWh of the hours by their times."""
    mine = [
        each
        for each in answer.intervals
        if each.series.quantity is Quantity.GRID_IMPORT
    ]
    begins = answer.known.begins
    hours = hourly(mine, floor=begins).items()
    return {f"{hour:%d %H:%M}": each.energy for hour, each in hours}


def estimated(answer: Answer) -> set[str]:
    """Return the hours that are estimated."""
    return {
        f"{hour:%d %H:%M}"
        for hour, each in hourly(answer.intervals).items()
        if each.quality is Quality.ESTIMATED
    }
