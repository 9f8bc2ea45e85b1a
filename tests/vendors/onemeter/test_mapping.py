"""From a device's JSON to meters and readings."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from custom_components.meter_hub.metering.model import Meter
from custom_components.meter_hub.metering.vocabulary import Channel, Quantity
from custom_components.meter_hub.vendors.onemeter.mapping import account_owner, meter_of
from custom_components.meter_hub.vendors.onemeter.readout import history_begins
from custom_components.meter_hub.vendors.onemeter.registers import registers_of

from .bodies import NOW, device, read, readings_with, recorded, total

DATE = datetime(2024, 5, 23, 7, tzinfo=UTC)
INSTALLED = datetime(2024, 5, 22, 9, 53, 6, tzinfo=UTC)


def test_case_01_the_published_example_without_a_date() -> None:
    body = {
        "_id": "x",
        "lastReading": {
            "OBIS": {
                "1_8_0": 12345.67,
                "2_8_0": 0,
                "5_8_0": 2305.99,
                "8_8_0": 3061.36,
                "15_8_0": 12345.67,
                "16_7_0": 0.41,
                "S_1_1_2": 3.09,
                "C_1_0": "11722779",
                "0_2_2": "G11",
            }
        },
        "usage": {"thisMonth": 123.45, "previousMonth": 456.78},
        "negativeEnergyExists": True,
    }
    expected = {
        Quantity.GRID_IMPORT: 12345.67,
        Quantity.GRID_EXPORT: 0.0,
        Quantity.REACTIVE_Q1: 2305.99,
        Quantity.REACTIVE_Q4: 3061.36,
        Quantity.ABSOLUTE_ENERGY: 12345.67,
        Quantity.GRID_POWER: 410.0,
        Quantity.USAGE_THIS_MONTH: 123.45,
        Quantity.USAGE_PREVIOUS_MONTH: 456.78,
        Quantity.READER_BATTERY_VOLTAGE: 3.09,
        Quantity.READER_BATTERY: 100.0,
        Quantity.METER_SERIAL: "11722779",
        Quantity.TARIFF: "G11",
    }
    assert {q: total(body, q) for q in expected} == expected
    assert total(body, Quantity.LAST_READING) is None


def test_case_02_a_recorded_device() -> None:
    readings = read(recorded())
    values = {key: reading.value for key, reading in readings.items()}
    assert values == {
        (Quantity.GRID_IMPORT, "total"): 141446.31,
        (Quantity.GRID_IMPORT, "zone1"): 141445.18,
        (Quantity.GRID_IMPORT, "zone2"): 1.13,
        (Quantity.READER_TEMPERATURE, "total"): 39.0,
        (Quantity.FAILED_FIRST_MESSAGES, "total"): 0.0,
        (Quantity.FAILED_SECOND_MESSAGES, "total"): 0.0,
        (Quantity.READER_PROBLEM, "total"): False,
        (Quantity.METER_PROBLEM, "total"): False,
        (Quantity.METER_ERROR, "total"): "0",
        (Quantity.USAGE_THIS_MONTH, "total"): 55.25,
        (Quantity.READER_BATTERY_LOW, "total"): False,
        (Quantity.MULTIPLIER, "total"): 1.0,
        (Quantity.METER_SERIAL, "total"): "0000000001",
        (Quantity.METER_ADDRESS, "total"): "9041160000000001",
        (Quantity.READER_BATTERY, "total"): 95.0,
        (Quantity.READER_BATTERY_VOLTAGE, "total"): 2.947,
        (Quantity.LAST_READING, "total"): DATE,
    }
    assert readings[Quantity.GRID_IMPORT, "total"].measured_at == DATE
    # It is not among the values that were updated since.
    assert readings[Quantity.METER_ADDRESS, "total"].measured_at == INSTALLED


def test_the_meter_behind_a_recorded_device() -> None:
    assert meter_of(recorded()) == Meter(
        "00000000-0000-4000-8000-000000000001",
        "Home",
        manufacturer="OneMeter",
        model="ZPA meter",
        serial="0000000001",
        firmware="0.20.8-cz",
        hardware="4.7",
    )


def test_details_that_an_answer_lacks_stay_known() -> None:
    body = recorded()
    known = meter_of(body)
    for part in ("firmware", "hardware", "meteringPoint", "config", "lastReading"):
        del body[part]
    del body["info"]["manufacturer"]
    assert meter_of(body, known) == known


def test_case_16_a_device_of_which_only_the_id_is_known() -> None:
    assert meter_of({"_id": "x"}) == Meter("x", "x", manufacturer="OneMeter")
    assert read({"_id": "x"}) == {}
    assert meter_of({"_id": "0123456789", "info": None}).name == "23456789"


@pytest.mark.parametrize("part", ["info", "config", "lastReading", "initialReading"])
@pytest.mark.parametrize("value", [None, [], "", 5])
def test_odd_parts_hurt_nobody(part: str, value: object) -> None:
    body = recorded() | {part: value}
    assert meter_of(body).id == body["_id"]
    assert (Quantity.GRID_IMPORT, "total") in read(body) or part == "lastReading"


def test_a_disabled_device_is_not_active() -> None:
    assert not meter_of({"_id": "x", "disabled": True}).active


def test_case_04_values_in_odd_forms() -> None:
    body = device(
        {
            "16_7_0": "0,41",
            "1_8_0": "12345.67",
            "2_8_0": "",
            "5_8_0": None,
            "8_8_0": 42949672.95,
            "15_8_0": [1],
        },
        negativeEnergyExists=True,
    )
    assert total(body, Quantity.GRID_POWER) == 410.0
    assert total(body, Quantity.GRID_IMPORT) == 12345.67
    assert total(body, Quantity.GRID_EXPORT) is None
    assert total(body, Quantity.ABSOLUTE_ENERGY) is None
    assert total(body, Quantity.REACTIVE_Q1) is None
    assert total(body, Quantity.REACTIVE_Q4) is None


def test_the_import_is_the_best_register_there_is() -> None:
    choice = {"usageKeys": {"activeEnergy": "F_8_1"}}
    both = {"1_8_0": 5, "15_8_0": 9, "15_8_1": 7}
    assert total(device(both, config=choice), Quantity.GRID_IMPORT) == 5
    del both["1_8_0"]
    assert total(device(both, config=choice), Quantity.GRID_IMPORT) == 7
    assert total(device(both), Quantity.GRID_IMPORT) == 9
    assert total(device({"1_8_1": 3.1, "1_8_2": 0.2}), Quantity.GRID_IMPORT) == 3.3
    assert total(device({"2_8_0": 3}), Quantity.GRID_IMPORT) is None


def test_zones_of_different_age_have_no_sum() -> None:
    body = device({"1_8_1": 3.1, "1_8_2": 0.2})
    body["lastReading"]["updatedAt"] = {
        "1_8_1": "2024-05-23T07:00:00.000Z",
        "1_8_2": "2024-05-23T06:15:00.000Z",
    }
    readings = read(body)
    assert (Quantity.GRID_IMPORT, "total") not in readings
    assert readings[Quantity.GRID_IMPORT, "zone2"].value == 0.2


def test_a_missing_value_does_not_make_another_register_the_import() -> None:
    body = device({"1_8_0": 5, "15_8_0": 9})
    in_use = {code for each in registers_of(body, NOW, set()) for code in each.codes}
    body["lastReading"]["OBIS"]["1_8_0"] = None
    registers = registers_of(body, NOW, in_use)
    quantities = {quantity for quantity, _ in readings_with(registers, body)}
    assert Quantity.GRID_IMPORT not in quantities
    assert Quantity.ABSOLUTE_ENERGY in quantities


def test_one_zone_is_no_zone() -> None:
    readings = read(device({"1_8_0": 5, "1_8_1": 5, "1_8_2": 0, "1_8_3": None}))
    assert {channel for _, channel in readings} == {Channel.TOTAL}


@pytest.mark.parametrize(
    ("more", "exports"),
    [
        ({"negativeEnergyExists": True}, True),
        ({"negativeEnergyExists": False}, True),
        ({}, True),
        ({"initialReading": {"OBIS": {"2_8_0": 1.03}}}, False),
    ],
)
def test_what_the_factory_left_in_the_export_makes_no_prosumer(
    more: dict[str, Any], exports: bool
) -> None:
    readings = read(device({"1_8_0": 5, "2_8_0": 1.9}, **more))
    assert ((Quantity.GRID_EXPORT, "total") in readings) is exports


def test_case_07_powers_end_after_an_hour_and_energies_stay() -> None:
    body = {
        "_id": "x",
        "lastReading": {
            "date": "2019-02-19T15:15:00.000Z",
            "OBIS": {"15_8_0": 22750.83, "15_7_0": 0.02, "16_7_0": -0.5},
        },
    }
    fresh = datetime(2019, 2, 19, 15, 29, tzinfo=UTC)
    assert total(body, Quantity.ABSOLUTE_POWER, fresh) == 20.0
    assert total(body, Quantity.GRID_POWER, fresh) == -500.0
    measured_at = read(body, fresh)[Quantity.GRID_POWER, "total"].measured_at
    assert measured_at == fresh - timedelta(minutes=14)
    stale = datetime(2019, 2, 19, 16, 16, tzinfo=UTC)
    assert total(body, Quantity.ABSOLUTE_POWER, stale) is None
    assert total(body, Quantity.GRID_POWER, stale) is None
    assert total(body, Quantity.ABSOLUTE_ENERGY, stale) == 22750.83


def test_a_reader_whose_clock_is_ahead_is_not_ahead_of_now() -> None:
    body = device({"1_8_0": 5, "16_7_0": 1})
    now = DATE - timedelta(days=2)
    for reading in read(body, now).values():
        assert reading.measured_at == now


@pytest.mark.parametrize(
    ("voltage", "percent"), [(2.9469, 95), (2.9328, 93), (3.09, 100), (1.9, 0)]
)
def test_the_battery_follows_from_its_voltage(voltage: float, percent: float) -> None:
    assert total(device({"S_1_1_2": voltage}), Quantity.READER_BATTERY) == percent


def test_the_battery_voltage_may_stand_beside_the_codes() -> None:
    body = device({})
    body["lastReading"]["BATTERY_VOLTAGE"] = 2.9328
    assert total(body, Quantity.READER_BATTERY_VOLTAGE) == 2.933


def test_history_begins_with_the_first_readout_there_is() -> None:
    body = recorded()
    assert history_begins(body, NOW) == INSTALLED
    body["firstReading"] = {"date": "2024-05-22T09:52:56.000Z"}
    del body["initialReading"]
    assert history_begins(body, NOW) == INSTALLED - timedelta(seconds=10)
    del body["firstReading"]
    assert history_begins(body, NOW) is None


def test_an_account_is_known_by_the_owner_of_its_own_devices() -> None:
    mine = {"_id": "b", "own": True, "owner": {"email": "Jo@example.org"}}
    shared = {"_id": "a", "own": False, "owner": {"email": "al@example.org"}}
    same = {"_id": "c", "own": True, "owner": {"email": "jo@example.org"}}
    assert account_owner([mine, shared]) == account_owner([same])
    assert account_owner([mine]) != account_owner([shared])
    assert account_owner([{"_id": "b"}, {"_id": "a"}]) == account_owner([{"_id": "a"}])
    assert account_owner([]) is None
    assert "example" not in str(account_owner([mine]))
