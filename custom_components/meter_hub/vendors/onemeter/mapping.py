"""What a device of OneMeter Cloud says, in the words of the domain. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from ...metering.model import Meter, Quantity, Reading, Series, Value
from ..base import JsonObject
from .obis import DECIMALS, by_code, to_number, to_text
from .readout import Readout, part_of
from .registers import Register

FRESH = timedelta(minutes=20)
"""The reader looks each quarter hour; a value this old is still from the last look."""

STALE = timedelta(minutes=60)
"""After four missed looks a power says nothing about the present."""

_WATTS_PER_KILOWATT = 1000


@dataclass(frozen=True, slots=True)
class Measure:
    """A value that stands under one code."""

    code: str
    quantity: Quantity
    read: Callable[[object], Value | None] = to_number
    factor: float = 1
    lasts: timedelta | None = None
    """How long the value says something; None where it does until the next one."""


MEASURES = (
    Measure("16_7_0", Quantity.GRID_POWER, factor=_WATTS_PER_KILOWATT, lasts=STALE),
    Measure("1_7_0", Quantity.IMPORT_POWER, factor=_WATTS_PER_KILOWATT, lasts=STALE),
    Measure("2_7_0", Quantity.EXPORT_POWER, factor=_WATTS_PER_KILOWATT, lasts=STALE),
    Measure("15_7_0", Quantity.ABSOLUTE_POWER, factor=_WATTS_PER_KILOWATT, lasts=STALE),
    Measure("S_1_1_9", Quantity.READER_TEMPERATURE),
    Measure("0_2_2", Quantity.TARIFF, to_text),
    Measure("C_1_0", Quantity.METER_SERIAL, to_text),
    Measure("0_0_0", Quantity.METER_ADDRESS, to_text),
)


def meter_of(device: JsonObject, known: Meter | None = None) -> Meter:
    """Return the meter; details that this answer leaves out are as `known`."""
    device_id = str(device["_id"])
    known = known or Meter(device_id, device_id[-8:])
    info, config = part_of(device, "info"), part_of(device, "config")
    values = by_code(part_of(device, "lastReading").get("OBIS"))
    point = to_text(part_of(device, "meteringPoint").get("meterID"))
    maker = to_text(info.get("manufacturer"))
    serial = to_text(values.get("C_1_0")) or to_text(config.get("idNumber")) or point
    firmware = to_text(part_of(device, "firmware").get("currentVersion"))
    hardware = to_text(part_of(device, "hardware").get("version"))
    return Meter(
        device_id,
        to_text(info.get("name")) or point or known.name,
        manufacturer="OneMeter",
        model=f"{maker} meter" if maker else known.model,
        serial=serial or known.serial,
        firmware=firmware or known.firmware,
        hardware=hardware or known.hardware,
        active=device.get("disabled") is not True,
    )


def account_owner(devices: Sequence[JsonObject]) -> str | None:
    """Return a hash that tells the owner of the key, the same for all of their keys.

    It stands for the owner that the own devices name, else for the first of them.
    """
    own = [device for device in devices if device.get("own") is not False]
    owners = {to_text(part_of(device, "owner").get("email")) for device in own}
    candidates = sorted(owner.casefold() for owner in owners if owner) or sorted(
        str(device["_id"]) for device in own or devices
    )
    return sha256(candidates[0].encode()).hexdigest()[:16] if candidates else None


def readings_of(
    device: JsonObject, now: datetime, registers: Iterable[Register]
) -> tuple[Reading, ...]:
    """Return the live values; what is missing or no value yields no reading."""
    device_id = str(device["_id"])
    readout = Readout.of(device, "lastReading", now)
    initial = Readout.of(device, "initialReading", now).date
    readings = [
        *_energies(device_id, readout, initial, registers),
        *_measured(device_id, readout, initial, now),
        *_battery(device_id, readout),
    ]
    if (date := readout.date) is not None:
        series = Series(device_id, Quantity.LAST_READING)
        readings.append(Reading(series, date, date))
    return tuple(readings)


def _energies(
    device_id: str,
    readout: Readout,
    initial: datetime | None,
    registers: Iterable[Register],
) -> Iterable[Reading]:
    for register in registers:
        value = register.value(readout.values)
        seen = [readout.seen_at(code, initial) for code in register.codes]
        instants = [instant for instant in seen if instant]
        if value is None or (instants and max(instants) - min(instants) > FRESH):
            continue
        yield Reading(register.series(device_id), value, min(instants, default=None))


def _measured(
    device_id: str, readout: Readout, initial: datetime | None, now: datetime
) -> Iterable[Reading]:
    for measure in MEASURES:
        value = measure.read(readout.values.get(measure.code))
        if value is None:
            continue
        if isinstance(value, float):
            value = round(value * measure.factor, DECIMALS)
        seen = readout.seen_at(measure.code, initial)
        yield Reading(
            Series(device_id, measure.quantity),
            value,
            seen,
            valid_until=(seen or now) + measure.lasts if measure.lasts else None,
        )


def _battery(device_id: str, readout: Readout) -> Iterable[Reading]:
    """Yield the reader's own battery; without a share it follows from the voltage.

    The vendor's known points are 2.9469 V for 95 % and 2.9328 V for 93 %.
    """
    voltage = to_number(readout.values.get("S_1_1_2"))
    if voltage is None:
        voltage = to_number(readout.battery.get("BATTERY_VOLTAGE"))
    percent = to_number(readout.battery.get("BATTERY_PC"))
    if percent is None and voltage is not None:
        percent = round((voltage - 2.0) * 100)
    if percent is not None:
        percent = min(max(percent, 0.0), 100.0)
        yield Reading(Series(device_id, Quantity.READER_BATTERY), percent, readout.date)
    if voltage is not None:
        yield Reading(
            Series(device_id, Quantity.READER_BATTERY_VOLTAGE), voltage, readout.date
        )
