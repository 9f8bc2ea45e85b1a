"""The codes that hold one value each, and what stands in the parts of a value. Pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from ...metering.model import Reading, Series, Value
from ...metering.vocabulary import PHASES, Channel, Quantity
from ..base import JsonObject
from .obis import (
    DECIMALS,
    by_code,
    to_clock_time,
    to_date,
    to_fault,
    to_number,
    to_part,
    to_text,
)
from .readout import Readout, part_of

FRESH = timedelta(minutes=20)
"""The reader looks each quarter hour; a value this old is still from the last look."""

STALE = timedelta(minutes=60)
"""After four missed looks a power says nothing about the present."""

NO_UNIT = ("", "-")

_WATTS_PER_KILOWATT = 1000


@dataclass(frozen=True, slots=True)
class Measure:
    """A value that stands under one code."""

    code: str
    quantity: Quantity
    read: Callable[[object], Value | None] = to_number
    channel: Channel = Channel.TOTAL
    factor: float = 1
    scales: bool = False
    """Whether the meter's multiplier applies."""
    lasts: timedelta | None = None
    """How long the value says something; None where it does until the next one."""
    only_described: bool = False
    """Whether the vendor's own description must confirm the unit."""

    def fits(self, units: Mapping[str, str]) -> bool:
        """Tell whether the code means this, by the units of the device's codes."""
        if not self.only_described:
            return True
        expected = (self.quantity.unit, *NO_UNIT)
        return self.code in units and units[self.code] in expected


_kilowatts = partial(Measure, factor=_WATTS_PER_KILOWATT, scales=True)
_present = partial(Measure, lasts=STALE, only_described=True)

MEASURES = (
    _kilowatts("16_7_0", Quantity.GRID_POWER, lasts=STALE),
    _kilowatts("1_7_0", Quantity.IMPORT_POWER, lasts=STALE),
    _kilowatts("2_7_0", Quantity.EXPORT_POWER, lasts=STALE),
    _kilowatts("15_7_0", Quantity.ABSOLUTE_POWER, lasts=STALE),
    _kilowatts("1_4_0", Quantity.DEMAND, lasts=STALE),
    _kilowatts("1_6_0", Quantity.MAX_DEMAND),
    _kilowatts("15_6_0", Quantity.MAX_ABSOLUTE_DEMAND),
    _kilowatts("1_2_1", Quantity.CUMULATIVE_DEMAND),
    *(
        _present(f"{first}{kind}_7_0", quantity, channel=phase)
        for kind, quantity in ((1, Quantity.CURRENT), (2, Quantity.VOLTAGE))
        for first, phase in zip((3, 5, 7), PHASES, strict=True)
    ),
    _present("14_7_0", Quantity.FREQUENCY),
    _present("13_7_0", Quantity.POWER_FACTOR),
    Measure("S_1_1_2", Quantity.READER_BATTERY_VOLTAGE),
    Measure("S_1_1_9", Quantity.READER_TEMPERATURE),
    Measure("S_1_1_6", Quantity.GOOD_READOUTS),
    Measure("S_1_1_19", Quantity.FAILED_READOUTS),
    Measure("S_1_1_7", Quantity.FAILED_FIRST_MESSAGES, partial(to_part, 0)),
    Measure("S_1_1_7", Quantity.FAILED_SECOND_MESSAGES, partial(to_part, 1)),
    Measure("S_1_1_8", Quantity.READER_LED_POWER, partial(to_part, 0)),
    Measure("S_1_1_8", Quantity.READER_BAUD_RATE, partial(to_part, 1)),
    Measure("S_1_1_16", Quantity.READER_PROBLEM, to_fault),
    Measure("F_F_0", Quantity.METER_PROBLEM, to_fault),
    Measure("F_F_0", Quantity.METER_ERROR, to_text),
    Measure("0_2_2", Quantity.TARIFF, to_text),
    Measure("0_9_1", Quantity.METER_TIME, to_clock_time),
    Measure("0_9_2", Quantity.METER_DATE, to_date),
    Measure("C_1_0", Quantity.METER_SERIAL, to_text),
    Measure("C_90_1", Quantity.PORT_SERIAL, to_text),
    Measure("0_0_0", Quantity.METER_ADDRESS, to_text),
)


def units_of(device: JsonObject) -> dict[str, str]:
    """Return the units of the codes that the vendor describes; "" for none."""
    described = by_code(device.get("meta"))
    return {
        code: to_text(part_of(described, code).get("unit")) or "" for code in described
    }


def measured(
    device_id: str,
    readout: Readout,
    initial: datetime | None,
    units: Mapping[str, str],
    now: datetime,
    multiplier: float,
) -> Iterable[Reading]:
    """Yield the values of the codes that are known."""
    for measure in MEASURES:
        value = measure.read(readout.values.get(measure.code))
        if value is None or not measure.fits(units):
            continue
        if isinstance(value, float):
            scale = multiplier if measure.scales else 1
            value = round(value * measure.factor * scale, DECIMALS)
        seen = readout.seen_at(measure.code, initial)
        yield Reading(
            Series(device_id, measure.quantity, measure.channel),
            value,
            seen,
            valid_until=(seen or now) + measure.lasts if measure.lasts else None,
        )


def is_measured(code: str, value: Any, units: Mapping[str, str]) -> bool:
    """Tell whether `measured` yields all there is of a value."""
    return any(
        measure.code == code and measure.fits(units) and measure.read(value) is not None
        for measure in MEASURES
        # That there is a problem doesn't say which: the codes are not documented.
        if measure.quantity is not Quantity.READER_PROBLEM
    )
