"""The micro-inverters of a system, each of which is a meter of its own. Pure.

Only what they have counted is told. Their power is of no use: by night, when they are
asked for, there is none.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from ...metering.energy import exact
from ...metering.model import Reading, Series
from ...metering.vocabulary import Quantity
from ..base import JsonObject, UnexpectedAnswer
from ..stored import Stored
from .values import part_of, parts_of, to_amount, to_instant, to_text

_KILOWATT_HOURS = {"wh": 0.001, "kwh": 1.0, "mwh": 1000.0}


@dataclass(frozen=True, slots=True)
class Inverter(Stored):
    """What a micro-inverter is."""

    serial: str
    model: str | None = None
    firmware: str | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """What a micro-inverter has counted."""

    inverter: Inverter
    energy: float | None
    """kWh since it was made."""
    reported: datetime | None
    """When it was heard last."""


def read_inverters(data: JsonObject) -> tuple[Counted, ...]:
    """Return the micro-inverters that report to one of a system's gateways.

    Raises UnexpectedAnswer where there are some of which none can be read.
    """
    listed = parts_of(data, "micro_inverters")
    found = {
        counted.inverter.serial: counted
        for each in listed
        if (counted := _read(each)) is not None
    }
    if listed and not found:
        raise UnexpectedAnswer("unexpected_answer", "unknown micro-inverters")
    return tuple(found.values())


def inverter_readings(counted: Iterable[Counted], now: datetime) -> Iterator[Reading]:
    """Yield what micro-inverters have counted, and when they were heard."""
    for each in counted:
        serial, reported = each.inverter.serial, min(each.reported or now, now)
        if each.energy is not None:
            yield Reading(Series(serial, Quantity.SOLAR), each.energy, reported)
        if each.reported is not None:
            yield Reading(Series(serial, Quantity.LAST_READING), reported, now)


def _read(item: JsonObject) -> Counted | None:
    serial = to_text(item.get("serial_number"))
    if serial is None:
        return None
    return Counted(
        Inverter(serial, to_text(item.get("model")), to_text(item.get("proc_load"))),
        _energy(item),
        to_instant(item.get("last_report_date")),
    )


def _energy(item: JsonObject) -> float | None:
    """Return kWh; a bare number is in watt-hours."""
    told = part_of(item, "energy")
    value = to_amount(told.get("value") if told else item.get("energy"))
    factor = _KILOWATT_HOURS.get((to_text(told.get("units")) or "Wh").casefold())
    return None if value is None or factor is None else exact(value * factor)
