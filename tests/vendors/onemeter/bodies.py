"""Bodies of OneMeter Cloud, as the API document and real devices show them."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from custom_components.meter_hub.metering.model import Reading, Value
from custom_components.meter_hub.metering.vocabulary import Channel, Quantity
from custom_components.meter_hub.vendors.onemeter.mapping import readings_of
from custom_components.meter_hub.vendors.onemeter.registers import (
    Register,
    registers_of,
)

type Key = tuple[Quantity, str]

WARSAW = ZoneInfo("Europe/Warsaw")

NOW = datetime(2024, 5, 23, 7, 1, 30, tzinfo=UTC)
"""A minute and a half after the recorded device was read."""


def recorded() -> dict[str, Any]:
    """Return a real device, identifiers replaced, as far as it matters."""
    values = {
        "0_0_0": "9041160000000001",
        "1_8_0": 141446.31,
        "1_8_1": 141445.18,
        "1_8_2": 1.13,
        "2_8_0": 1.03,
        "C_1_0": "0000000001",
        "F_F_0": 0,
        "S_1_1_16": [],
        "S_1_1_2": 2.9469,
        "S_1_1_7": [0, 0],
        "S_1_1_9": 39,
    }
    date = "2024-05-23T07:00:00.000Z"
    return {
        "_id": "00000000-0000-4000-8000-000000000001",
        "firmware": {"currentVersion": "0.20.8-cz", "versions": ["0.20.8-cz"]},
        "hardware": {"version": "4.7"},
        "info": {"name": "Home", "manufacturer": "ZPA", "protocol": "IEC"},
        "meteringPoint": {"meterID": "ZPA0000000001"},
        "config": {
            "multiplier": 1,
            "usageKeys": {"activeEnergy": "1_8_0"},
            "idNumber": "0000000001",
        },
        "lastReading": {
            "date": date,
            "OBIS": values,
            "BATTERY_VOLTAGE": 2.9469,
            "BATTERY_PC": 95,
            "meterID": "ZPA0000000001",
            "updatedAt": {
                code: date for code in values if code not in ("0_0_0", "C_1_0", "F_F_0")
            },
        },
        "initialReading": {
            "date": "2024-05-22T09:53:06.000Z",
            "OBIS": {
                "0_0_0": "9041160000000001",
                "1_8_0": 141391.06,
                "1_8_1": 141389.92,
                "1_8_2": 1.13,
                "2_8_0": 1.03,
                "C_1_0": "0000000001",
            },
        },
        "disabled": False,
        "negativeEnergyExists": False,
        "own": True,
        "owner": {"name": "Jo", "email": "Jo@example.org"},
        "usage": {"thisMonth": 55.25, "previousMonth": None},
    }


def device(values: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a device that reports nothing but these values."""
    date = "2024-05-23T07:00:00.000Z"
    return {"_id": "x", "lastReading": {"date": date, "OBIS": values}, **more}


def read(
    body: dict[str, Any], now: datetime = NOW, multiplier: float = 1
) -> dict[Key, Reading]:
    """Return the readings of a device that is seen for the first time."""
    registers = registers_of(body, now, frozenset())
    return readings_with(registers, body, now, multiplier)


def readings_with(
    registers: Iterable[Register],
    body: dict[str, Any],
    now: datetime = NOW,
    multiplier: float = 1,
) -> dict[Key, Reading]:
    """Return the readings of a device whose registers are known."""
    readings = readings_of(body, now, registers, zone=WARSAW, multiplier=multiplier)
    by_key = {(each.series.quantity, each.series.channel): each for each in readings}
    assert len(by_key) == len(readings)
    return by_key


def total(
    body: dict[str, Any],
    quantity: Quantity,
    now: datetime = NOW,
    multiplier: float = 1,
) -> Value | None:
    """Return the total of a quantity at `now`, None where there is none."""
    reading = read(body, now, multiplier).get((quantity, Channel.TOTAL))
    return reading.value_at(now) if reading else None
