"""Codes without a word of their own: the vendor describes each code of a device. Pure."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice
import re
from typing import Any

from ...metering.model import Reading, Series
from ...metering.vocabulary import Quantity, Unit
from ..base import JsonObject
from .measures import STALE, is_measured, units_of
from .obis import DECIMALS, by_code, to_instant, to_number, to_text
from .readout import Readout, part_of
from .registers import is_of_the_reader, is_register

MOST = 64
"""So many codes more than any reader sends."""

_CODE = re.compile(r"[0-9A-Za-z]{1,3}(_[0-9A-Za-z]{1,4}){1,5}", re.ASCII)

_LONGEST_LIST = 16

_LARGEST_NUMBER = 2**53

UNITS: Mapping[str, tuple[Unit, float]] = {
    "Wh": (Unit.KILOWATT_HOUR, 0.001),
    "kWh": (Unit.KILOWATT_HOUR, 1),
    "MWh": (Unit.KILOWATT_HOUR, 1000),
    "varh": (Unit.KILOVAR_HOUR, 0.001),
    "kvarh": (Unit.KILOVAR_HOUR, 1),
    "W": (Unit.WATT, 1),
    "kW": (Unit.WATT, 1000),
    "var": (Unit.VAR, 1),
    "kvar": (Unit.VAR, 1000),
    "VA": (Unit.VOLT_AMPERE, 1),
    "kVA": (Unit.VOLT_AMPERE, 1000),
    "V": (Unit.VOLT, 1),
    "A": (Unit.AMPERE, 1),
    "Hz": (Unit.HERTZ, 1),
    "%": (Unit.PERCENT, 1),
    "°C": (Unit.CELSIUS, 1),
}
"""The units that a number is shown with, and by what it is multiplied for that."""

LASTING = frozenset({Unit.KILOWATT_HOUR, Unit.KILOVAR_HOUR})
"""Units of energy: such a number says something until the next one."""

UNSCALED = frozenset({Unit.VOLT, Unit.AMPERE, Unit.HERTZ, Unit.PERCENT, Unit.CELSIUS})
"""Units that a meter's multiplier, which is one of energy and power, says nothing of."""


def unknown_readings(
    device: JsonObject,
    readout: Readout,
    initial: datetime | None,
    now: datetime,
    multiplier: float,
) -> Iterator[Reading]:
    """Yield the numbers whose unit is known, by the vendor's names for them."""
    return islice(_generic(device, readout, initial, now, multiplier), MOST)


def undescribed(device: JsonObject, now: datetime) -> dict[str, Any]:
    """Return what no reading shows: numbers and instants, of all else only its type."""
    values = Readout.of(device, "lastReading", now).values
    units = units_of(device)
    hidden = (
        (code, _harmless(value))
        for code, value in sorted(values.items())
        if _CODE.fullmatch(code)
        and not is_register(code)
        and not is_measured(code, value, units)
        and not _is_shown(code, value, units)
    )
    return dict(islice(hidden, MOST))


def _generic(
    device: JsonObject,
    readout: Readout,
    initial: datetime | None,
    now: datetime,
    multiplier: float,
) -> Iterator[Reading]:
    units, described = units_of(device), by_code(device.get("meta"))
    for code, value in sorted(readout.values.items()):
        number = to_number(value)
        if (
            number is None
            or is_register(code)
            or is_measured(code, value, units)
            or not _is_shown(code, value, units)
        ):
            continue
        unit, factor = UNITS[units[code]]
        scales = not (is_of_the_reader(code) or unit in UNSCALED)
        scale = multiplier if scales else 1
        seen = readout.seen_at(code, initial)
        description = part_of(part_of(described, code), "description")
        yield Reading(
            Series(str(device["_id"]), Quantity.GENERIC, code.lower()),
            round(number * factor * scale, DECIMALS),
            seen,
            valid_until=None if unit in LASTING else (seen or now) + STALE,
            label=to_text(description.get("short")),
            unit=unit,
        )


def _is_shown(code: str, value: object, units: Mapping[str, str]) -> bool:
    return (
        _CODE.fullmatch(code) is not None
        and units.get(code) in UNITS
        and to_number(value) is not None
    )


def _harmless(value: object) -> object:
    if isinstance(value, list):
        return [_plain(each) for each in value[:_LONGEST_LIST]]
    return _plain(value)


def _plain(value: object) -> object:
    match value:
        case None | bool():
            return value
        # JSON knows larger ones, but not all who write it.
        case int() | float() if abs(value) < _LARGEST_NUMBER:
            return value
        case str() if to_instant(value):
            return value
        case _:
            return type(value).__name__
