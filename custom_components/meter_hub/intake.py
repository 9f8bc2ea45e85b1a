"""What an update changes in what is remembered of an account."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from math import isfinite

from .memory import Memory
from .metering.guard import Rules, check
from .metering.model import Kind, Quantity, Reading, Series, Update


def take_in(
    memory: Memory, update: Update, excluded: frozenset[str], now: datetime
) -> None:
    """Merge an update into the memory; what it doesn't tell stays as it was.

    A listing without any meter is taken for a failure of the vendor, and a meter
    that is not listed any longer for missing, until it is seen again.
    """
    seen = {reading.series.meter for reading in update.readings}
    unlisted: frozenset[str] = frozenset()
    if update.meters:
        listed = {meter.id: meter for meter in update.meters}
        unlisted = frozenset(memory.meters.keys() - listed.keys())
        memory.meters |= listed
        seen |= listed.keys()
    memory.missing = (memory.missing - seen) | unlisted | update.missing
    # The serial of a meter comes first: the guard needs it to know a swapped meter.
    for reading in sorted(
        update.readings,
        key=lambda reading: reading.series.quantity.kind is Kind.REGISTER,
    ):
        if reading.series.meter not in excluded:
            _take_reading(memory, reading, now)


def expire(readings: Mapping[Series, Reading], now: datetime) -> dict[Series, Reading]:
    """Return the readings without the values that say nothing about `now`."""
    return {
        series: reading
        if reading.value_at(now) == reading.value
        else replace(reading, value=None)
        for series, reading in readings.items()
    }


def _take_reading(memory: Memory, reading: Reading, now: datetime) -> None:
    """Keep the newer of two readings of a series."""
    known = memory.readings.get(reading.series)
    if (
        known is not None
        and known.measured_at is not None
        and reading.measured_at is not None
        and reading.measured_at < known.measured_at
    ):
        return
    if reading.series.quantity.kind is Kind.REGISTER:
        reading = _guarded(memory, reading, now)
    memory.readings[reading.series] = reading


def _guarded(memory: Memory, reading: Reading, now: datetime) -> Reading:
    """Return the reading with the value that the guard lets through."""
    value = reading.value
    if not isinstance(value, int | float) or not isfinite(value) or value < 0:
        return replace(reading, value=None)
    verdict = check(
        memory.guards.get(reading.series),
        value,
        min(reading.measured_at or now, now),
        _serial(memory, reading.series.meter),
        Rules(),
    )
    memory.guards[reading.series] = verdict.state
    return replace(reading, value=verdict.value)


def _serial(memory: Memory, meter: str) -> str | None:
    """Return the serial that the meter itself gives; a meter's device may have another."""
    reading = memory.readings.get(Series(meter, Quantity.METER_SERIAL))
    return None if reading is None or reading.value is None else str(reading.value)
