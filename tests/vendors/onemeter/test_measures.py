"""Codes that hold one value, parts of values, and the flags that follow from them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from custom_components.meter_hub.metering.model import Value
from custom_components.meter_hub.metering.vocabulary import Channel, Quantity

from .bodies import NOW, device, read, recorded, total

DATE = datetime(2024, 5, 23, 7, tzinfo=UTC)
LATER = DATE + timedelta(hours=1)


@pytest.mark.parametrize(
    ("value", "first", "second"),
    [
        ([3, 9600], 3, 9600),
        ("3/300", 3, 300),
        ([], None, None),
        ([3], 3, None),
        (7, None, None),
        ("", None, None),
        (None, None, None),
    ],
)
def test_case_05_light_and_speed_of_the_reader(
    value: object, first: float | None, second: float | None
) -> None:
    body = device({"S_1_1_8": value})
    assert total(body, Quantity.READER_LED_POWER) == first
    assert total(body, Quantity.READER_BAUD_RATE) == second


def test_case_05_failed_readouts_by_message() -> None:
    body = device({"S_1_1_7": [9, 0], "S_1_1_6": 85, "S_1_1_19": "2"})
    assert total(body, Quantity.FAILED_FIRST_MESSAGES) == 9
    assert total(body, Quantity.FAILED_SECOND_MESSAGES) == 0
    assert total(body, Quantity.GOOD_READOUTS) == 85
    assert total(body, Quantity.FAILED_READOUTS) == 2


@pytest.mark.parametrize(
    ("flags", "problem"), [([], False), ([2], True), ([0], True), ("", None)]
)
def test_case_05_the_flags_of_the_reader(flags: object, problem: bool | None) -> None:
    body = device({"S_1_1_16": flags})
    assert total(body, Quantity.READER_PROBLEM) is problem


@pytest.mark.parametrize(
    ("value", "time"),
    [
        (43006, "11:56:46"),
        ("43006", "11:56:46"),
        (0, "00:00:00"),
        (3723, "01:02:03"),
        (86400, None),
        (-1, None),
    ],
)
def test_case_06_the_time_of_the_meter(value: object, time: str | None) -> None:
    assert total(device({"0_9_1": value}), Quantity.METER_TIME) == time


@pytest.mark.parametrize(
    ("value", "date"),
    [
        ("1999-11-30T00:00:00.000Z", None),
        ("2026-10-05T00:00:00.000Z", "2026-10-05"),
        (20261005, None),
    ],
)
def test_case_06_the_date_of_the_meter(value: object, date: str | None) -> None:
    assert total(device({"0_9_2": value}), Quantity.METER_DATE) == date


@pytest.mark.parametrize(
    ("code", "text", "problem"),
    [
        (0, "0", False),
        ("00000000", "00000000", False),
        ("0", "0", False),
        (16, "16", True),
        ("0040", "0040", True),
        ("E1", "E1", True),
    ],
)
def test_the_error_code_of_the_meter(code: object, text: str, problem: bool) -> None:
    for spelling in ("F_F_0", "F_F"):
        body = device({spelling: code})
        assert total(body, Quantity.METER_ERROR) == text
        assert total(body, Quantity.METER_PROBLEM) is problem


@pytest.mark.parametrize("code", ["", None, []])
def test_without_an_error_code_nothing_is_known_of_errors(code: object) -> None:
    assert total(device({"F_F_0": code}), Quantity.METER_PROBLEM) in (None, False)
    assert total(device({"F_F_0": code}), Quantity.METER_ERROR) is None


@pytest.mark.parametrize(
    ("reading", "low"),
    [
        ({"BATTERY_PC": 95, "BATTERY_VOLTAGE": 2.9469}, False),
        ({"BATTERY_PC": 16, "BATTERY_VOLTAGE": 2.2}, False),
        ({"BATTERY_PC": 15, "BATTERY_VOLTAGE": 2.9}, True),
        ({"BATTERY_PC": 50, "BATTERY_VOLTAGE": 2.19}, True),
        ({"BATTERY_VOLTAGE": 2.1}, True),
        ({"BATTERY_PC": 15}, True),
        ({}, None),
    ],
)
def test_a_battery_that_is_low(reading: dict[str, Any], low: bool | None) -> None:
    body = device({})
    body["lastReading"] |= reading
    assert total(body, Quantity.READER_BATTERY_LOW) is low


def test_demands_are_powers_and_only_the_running_one_gets_stale() -> None:
    body = device({"1_4_0": 0.5, "1_6_0": 4.2, "15_6_0": 4.5, "1_2_1": 120.5})
    expected: dict[Quantity, Value | None] = {
        Quantity.DEMAND: 500.0,
        Quantity.MAX_DEMAND: 4200.0,
        Quantity.MAX_ABSOLUTE_DEMAND: 4500.0,
        Quantity.CUMULATIVE_DEMAND: 120500.0,
    }
    assert {quantity: total(body, quantity) for quantity in expected} == expected
    expected[Quantity.DEMAND] = None
    assert {quantity: total(body, quantity, LATER) for quantity in expected} == expected


def test_currents_and_voltages_need_the_vendors_description() -> None:
    values = {
        "31_7_0": 4.1,
        "51_7_0": 0,
        "71_7_0": 12,
        "32_7_0": 231.5,
        "14_7_0": 49.98,
        "13_7_0": 0.97,
    }
    units = {"3": "A", "5": "A", "7": "A"}
    meta = {code: {"unit": units.get(code[0], "")} for code in values}
    meta["32_7_0"]["unit"] = "V"
    meta["14_7_0"]["unit"] = "Hz"
    readings = read(device(values, meta=meta))
    assert {key: reading.value for key, reading in readings.items()} == {
        (Quantity.CURRENT, Channel.L1): 4.1,
        (Quantity.CURRENT, Channel.L2): 0,
        (Quantity.CURRENT, Channel.L3): 12,
        (Quantity.VOLTAGE, Channel.L1): 231.5,
        (Quantity.FREQUENCY, Channel.TOTAL): 49.98,
        (Quantity.POWER_FACTOR, Channel.TOTAL): 0.97,
        (Quantity.LAST_READING, Channel.TOTAL): DATE,
    }
    assert read(device(values)).keys() == {(Quantity.LAST_READING, Channel.TOTAL)}
    meta["32_7_0"]["unit"] = "Hz"
    other = read(device(values, meta=meta))
    assert (Quantity.VOLTAGE, Channel.L1) not in other
    assert other[Quantity.GENERIC, "32_7_0"].value == 231.5


def test_reactive_energies_with_their_zones() -> None:
    values = {f"{n}_8_0": n + 0.5 for n in range(3, 9)} | {"5_8_1": 3.5, "5_8_2": 2}
    readings = read(device(values))
    del readings[Quantity.LAST_READING, Channel.TOTAL]
    assert {key: reading.value for key, reading in readings.items()} == {
        (Quantity.REACTIVE_IMPORT, Channel.TOTAL): 3.5,
        (Quantity.REACTIVE_EXPORT, Channel.TOTAL): 4.5,
        (Quantity.REACTIVE_Q1, Channel.TOTAL): 5.5,
        (Quantity.REACTIVE_Q1, Channel.ZONE1): 3.5,
        (Quantity.REACTIVE_Q1, Channel.ZONE2): 2.0,
        (Quantity.REACTIVE_Q2, Channel.TOTAL): 6.5,
        (Quantity.REACTIVE_Q3, Channel.TOTAL): 7.5,
        (Quantity.REACTIVE_Q4, Channel.TOTAL): 8.5,
    }


def test_energy_counted_from_blinks() -> None:
    assert total(device({"S_1_1_12": 17.25}), Quantity.PULSE_ENERGY) == 17.25


def test_each_value_has_the_age_that_the_vendor_gives_it() -> None:
    body = recorded()
    body["lastReading"]["OBIS"]["0_9_1"] = 43006
    body["lastReading"]["updatedAt"]["1_8_1"] = "2024-05-23T06:15:00.000Z"
    readings = read(body)
    assert readings[Quantity.GRID_IMPORT, Channel.TOTAL].measured_at == DATE
    zone = readings[Quantity.GRID_IMPORT, Channel.ZONE1]
    assert zone.measured_at == DATE - timedelta(minutes=45)
    # It was carried along from the installation.
    clock = readings[Quantity.METER_TIME, Channel.TOTAL]
    assert clock.measured_at == datetime(2024, 5, 22, 9, 53, 6, tzinfo=UTC)


def test_a_value_without_any_date_is_not_stamped_with_now() -> None:
    body = {"_id": "x", "lastReading": {"OBIS": {"1_8_0": 5, "16_7_0": 0.4}}}
    for reading in read(body, NOW).values():
        assert reading.measured_at is None
