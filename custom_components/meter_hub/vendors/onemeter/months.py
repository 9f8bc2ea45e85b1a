"""What a device used and produced in a month, as the vendor adds it up. Pure."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo

from ...metering.model import Reading, Series
from ...metering.vocabulary import Kind, Quantity
from ..base import JsonObject
from .obis import DECIMALS, to_number, to_text
from .readout import Readout, part_of

HOME_ZONE = "Europe/Warsaw"
"""The vendor's own time zone, for a device that names none."""

TOTALS = (
    ("usage", "thisMonth", Quantity.USAGE_THIS_MONTH),
    ("usage", "previousMonth", Quantity.USAGE_PREVIOUS_MONTH),
    ("usage", "projection", Quantity.USAGE_PROJECTION),
    ("production", "thisMonth", Quantity.PRODUCTION_THIS_MONTH),
    ("production", "previousMonth", Quantity.PRODUCTION_PREVIOUS_MONTH),
)


def zone_name(device: JsonObject) -> str:
    """Return the name of the time zone whose months the device's totals follow."""
    return to_text(part_of(device, "timezone").get("name")) or HOME_ZONE


def month_of(at: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    """Return the calendar month of an instant, from its beginning to before its end."""
    local = at.astimezone(zone)
    begin = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0, fold=0)
    end = (begin + timedelta(days=32)).replace(day=1)
    return begin.astimezone(UTC), end.astimezone(UTC)


def monthly(
    device: JsonObject, now: datetime, zone: tzinfo, multiplier: float
) -> Iterator[Reading]:
    """Yield the totals of this month, which says nothing once it is over.

    A readout from when the month began may still stand beside the totals of the
    month before.
    """
    readout = Readout.of(device, "lastReading", now)
    initial = Readout.of(device, "initialReading", now).date
    begin, end = month_of(now, zone)
    if not readout.values or (readout.date is not None and readout.date <= begin):
        return
    since = max(begin, initial) if initial else begin
    for part, key, quantity in TOTALS:
        if part == "production" and device.get("negativeEnergyExists") is False:
            continue
        total = to_number(part_of(device, part).get(key))
        if total is not None:
            yield Reading(
                Series(str(device["_id"]), quantity),
                round(total * multiplier, DECIMALS),
                readout.date,
                valid_until=end,
                since=since if quantity.kind is Kind.PERIOD else None,
                scale=multiplier,
            )
