"""What a device of OneMeter Cloud says, in the words of the domain. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo
from hashlib import sha256

from ...metering.model import Meter, Reading, Series
from ...metering.vocabulary import Quantity
from ..base import JsonObject
from .measures import FRESH, measured, units_of
from .months import monthly
from .obis import by_code, to_number, to_text
from .readout import Readout, part_of
from .registers import Register
from .unknown import unknown_readings

LOW_BATTERY_PERCENT = 15
LOW_BATTERY_VOLTS = 2.2
"""The vendor publishes no limit; a CR2032 has nothing left below these."""


def meter_of(device: JsonObject, known: Meter | None = None) -> Meter:
    """Return the meter; details that this answer leaves out are as `known`."""
    device_id = str(device["_id"])
    known = known or Meter(device_id, device_id[-8:])
    info, config = part_of(device, "info"), part_of(device, "config")
    values = by_code(part_of(device, "lastReading").get("OBIS"))
    point = to_text(part_of(device, "meteringPoint").get("meterID"))
    maker = to_text(info.get("manufacturer")) or to_text(values.get("S_1_1_1"))
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


def multiplier_of(device: JsonObject) -> float | None:
    """Return by what the registers are to be multiplied; None where that is not said."""
    multiplier = to_number(part_of(device, "config").get("multiplier"))
    return multiplier if multiplier and multiplier > 0 else None


def readings_of(
    device: JsonObject,
    now: datetime,
    registers: Iterable[Register],
    *,
    zone: tzinfo,
    multiplier: float = 1,
) -> tuple[Reading, ...]:
    """Return the live values; what is missing or no value yields no reading.

    Energies, powers and demands are multiplied by `multiplier`. `zone` is where the
    device's months begin and end.
    """
    device_id = str(device["_id"])
    readout = Readout.of(device, "lastReading", now)
    initial = Readout.of(device, "initialReading", now).date
    readings = [
        *_energies(device_id, readout, initial, registers, multiplier),
        *measured(device_id, readout, initial, units_of(device), now, multiplier),
        *unknown_readings(device, readout, initial, now, multiplier),
        *monthly(device, now, zone, multiplier),
        *_battery(device_id, readout),
    ]
    if (own_multiplier := multiplier_of(device)) is not None:
        series = Series(device_id, Quantity.MULTIPLIER)
        readings.append(Reading(series, own_multiplier))
    if (date := readout.date) is not None:
        series = Series(device_id, Quantity.LAST_READING)
        readings.append(Reading(series, date, date))
    return tuple(readings)


def _energies(
    device_id: str,
    readout: Readout,
    initial: datetime | None,
    registers: Iterable[Register],
    multiplier: float,
) -> Iterable[Reading]:
    for register in registers:
        value = register.value(readout.values, multiplier)
        seen = [readout.seen_at(code, initial) for code in register.codes]
        instants = [instant for instant in seen if instant]
        if value is None or (instants and max(instants) - min(instants) > FRESH):
            continue
        yield Reading(
            register.series(device_id),
            value,
            min(instants, default=None),
            scale=register.scale(multiplier),
        )


def _battery(device_id: str, readout: Readout) -> Iterable[Reading]:
    """Yield the reader's own battery; without a share it follows from the voltage.

    The vendor's known points are 2.9469 V for 95 % and 2.9328 V for 93 %.
    """
    told = to_number(readout.values.get("S_1_1_2"))
    voltage = (
        told if told is not None else to_number(readout.battery.get("BATTERY_VOLTAGE"))
    )
    if voltage is not None and told is None:
        series = Series(device_id, Quantity.READER_BATTERY_VOLTAGE)
        yield Reading(series, voltage, readout.date)
    percent = to_number(readout.battery.get("BATTERY_PC"))
    if percent is None and voltage is not None:
        percent = round((voltage - 2.0) * 100)
    if percent is None:
        return
    percent = min(max(percent, 0.0), 100.0)
    yield Reading(Series(device_id, Quantity.READER_BATTERY), percent, readout.date)
    low = percent <= LOW_BATTERY_PERCENT
    low = low or (voltage is not None and voltage < LOW_BATTERY_VOLTS)
    yield Reading(Series(device_id, Quantity.READER_BATTERY_LOW), low, readout.date)
