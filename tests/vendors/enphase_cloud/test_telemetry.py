"""Intervals and registers, whatever form they come in."""

from typing import Any

import pytest

from custom_components.meter_hub.metering.vocabulary import Quantity, SystemStatus
from custom_components.meter_hub.vendors.base import UnexpectedAnswer
from custom_components.meter_hub.vendors.enphase_cloud.client import Telemetry
from custom_components.meter_hub.vendors.enphase_cloud.telemetry import (
    FIVE_MINUTES,
    QUARTER,
    Register,
    Row,
    read_charger,
    read_registers,
    read_telemetry,
)

from .answers import at, documented, sample, schema_sample

NOON = 1384171200
"""2013-11-11T12:00:00Z."""


def answer(*told: tuple[int, dict[str, Any]], total: object = 9) -> dict[str, Any]:
    """Return an answer with intervals that end so many seconds after noon."""
    intervals = [{"end_at": NOON + end, **values} for end, values in told]
    return {"total_devices": total, "intervals": intervals}


def solar(data: dict[str, Any]) -> tuple[Row, ...]:
    """Return what microinverters told."""
    return read_telemetry(Telemetry.PRODUCTION_MICRO, data).rows[Quantity.SOLAR]


def home(data: dict[str, Any]) -> tuple[Row, ...]:
    """Return what a consumption meter told."""
    return read_telemetry(Telemetry.CONSUMPTION, data).rows[Quantity.HOME]


def test_an_interval_ends_at_its_instant() -> None:
    (row,) = home(answer((900, {"enwh": 1500})))
    assert row.start == at("2013-11-11T12:00:00")
    assert row.end == at("2013-11-11T12:15:00")
    assert row.energy == 1.5
    assert row.power == 6000


def test_microinverters_tell_five_minutes_and_their_own_power() -> None:
    (row,) = solar(answer((300, {"enwh": 40, "powr": 30, "devices_reporting": 9})))
    assert row.end - row.start == FIVE_MINUTES
    assert row.energy == 0.04
    assert row.power == 30


def test_a_system_that_reports_seldom_tells_longer_intervals() -> None:
    told = solar(answer(*((900 * number, {"enwh": 1}) for number in range(1, 6))))
    assert {row.end - row.start for row in told} == {QUARTER}


def test_rows_that_come_seldom_are_no_longer_for_that() -> None:
    told = home(answer(*((3600 * number, {"enwh": 1}) for number in range(1, 6))))
    assert {row.end - row.start for row in told} == {QUARTER}


def test_rows_that_follow_one_another_sooner_are_shorter() -> None:
    ends = (900, 1800, 2100, 3000)
    told = home(answer(*((end, {"enwh": 1}) for end in ends)))
    assert [(row.end - row.start).seconds for row in told] == [900, 900, 300, 900]


def test_after_a_gap_an_interval_is_as_long_as_ever() -> None:
    first, second = home(answer((900, {"enwh": 1}), (7200, {"enwh": 1})))
    assert first.end < second.start
    assert second.end - second.start == QUARTER


@pytest.mark.parametrize(
    ("reporting", "total", "final"),
    [
        (1, 9, False),
        (9, 9, True),
        ("8", "9", False),
        (10, 9, True),
        (0, 0, True),
        (None, 9, True),
        (1, None, True),
    ],
)
def test_an_interval_is_final_once_all_devices_are_in_it(
    reporting: object, total: object, final: bool
) -> None:
    values = {"enwh": 40, "devices_reporting": reporting}
    (row,) = home(answer((900, values), total=total))
    assert row.final is final


def test_energy_that_is_not_told_is_unknown_and_not_zero() -> None:
    told: list[dict[str, Any]] = [
        {"enwh": None},
        {},
        {"enwh": -1},
        {"enwh": "n/a"},
        {"enwh": 10**9},
        {"enwh": 0},
        {"enwh": "40"},
        {"enwh": 40.0},
    ]
    found = home(
        answer(*((900 * number, values) for number, values in enumerate(told, 1)))
    )
    energies = [row.energy for row in found]
    assert energies == [None, None, None, None, None, 0.0, 0.04, 0.04]
    assert [row.power for row in found][4:7] == [None, 0, 160]


def test_what_has_no_instant_is_left_out() -> None:
    data = answer((900, {"enwh": 40}))
    data["intervals"] += [{"enwh": 5}, {"end_at": None, "enwh": 5}, None, "?"]
    assert [row.energy for row in home(data)] == [0.04]


def test_intervals_may_come_in_any_order_and_twice() -> None:
    data = answer((1800, {"enwh": 2}), (900, {"enwh": 1}), (1800, {"enwh": 3}))
    assert [row.energy for row in home(data)] == [0.001, 0.003]


@pytest.mark.parametrize("nothing", [[], [[]], None])
def test_no_intervals_are_no_rows(nothing: object) -> None:
    assert home({"total_devices": 9, "intervals": nothing}) == ()


@pytest.mark.parametrize("garbage", [{}, "x", [{"enwh": 4}], [[None]], [1]])
def test_garbage_does_not_pass_for_an_empty_answer(garbage: object) -> None:
    with pytest.raises(UnexpectedAnswer, match="unexpected_answer"):
        home({"intervals": garbage})
    with pytest.raises(UnexpectedAnswer):
        home({})


@pytest.mark.parametrize(
    ("what", "key", "quantity"),
    [
        (Telemetry.IMPORT, "wh_imported", Quantity.GRID_IMPORT),
        (Telemetry.EXPORT, "wh_exported", Quantity.GRID_EXPORT),
    ],
)
def test_case_08_lists_may_lie_in_a_list(
    what: Telemetry, key: str, quantity: Quantity
) -> None:
    data = answer((900, {key: 40}), (1800, {key: 40}), total=0)
    flat = read_telemetry(what, data).rows[quantity]
    nested = read_telemetry(what, data | {"intervals": [data["intervals"]]})
    assert nested.rows == {quantity: flat}
    assert [row.energy for row in flat] == [0.04, 0.04]
    assert all(row.final for row in flat)


def test_what_several_meters_tell_of_one_time_adds_up() -> None:
    one = [{"end_at": NOON + 900, "wh_imported": 40}]
    other: list[dict[str, Any]] = [
        {"end_at": NOON + 900, "wh_imported": 2},
        {"end_at": NOON + 1800, "wh_imported": 3},
    ]
    read = read_telemetry(Telemetry.IMPORT, {"intervals": [one, other]})
    assert [row.energy for row in read.rows[Quantity.GRID_IMPORT]] == [0.042, 0.003]


def test_import_may_be_named_as_export_is() -> None:
    data = answer((900, {"wh_exported": 7}))
    (row,) = read_telemetry(Telemetry.IMPORT, data).rows[Quantity.GRID_IMPORT]
    assert row.energy == 0.007


BATTERY = {
    "charge": {"enwh": 40, "devices_reporting": 1},
    "discharge": {"enwh": 0, "devices_reporting": 9},
    "soc": {"percent": 25, "devices_reporting": 4},
}


@pytest.mark.parametrize(
    ("told", "aggregate"), [("97%", 97), (97, 97), (None, None), ("", None)]
)
def test_case_09_a_battery(told: object, aggregate: float | None) -> None:
    data = answer((900, BATTERY)) | {"last_reported_aggregate_soc": told}
    read = read_telemetry(Telemetry.BATTERY, data)
    (charge,) = read.rows[Quantity.BATTERY_CHARGE]
    (discharge,) = read.rows[Quantity.BATTERY_DISCHARGE]
    assert (charge.energy, charge.final) == (0.04, False)
    assert (discharge.energy, discharge.final) == (0.0, True)
    assert read.level == 25
    assert read.level_at == at("2013-11-11T12:15:00")
    assert read.aggregate == aggregate


def test_the_level_is_that_of_the_newest_interval_that_tells_it() -> None:
    data = answer(
        (1800, BATTERY | {"soc": {"percent": 30}}),
        (900, BATTERY),
        (2700, BATTERY | {"soc": {"percent": None}}),
    )
    read = read_telemetry(Telemetry.BATTERY, data)
    assert (read.level, read.level_at) == (30, at("2013-11-11T12:30:00"))


def test_an_interval_without_a_battery_part_is_unknown() -> None:
    read = read_telemetry(Telemetry.BATTERY, answer((900, {"charge": None})))
    (row,) = read.rows[Quantity.BATTERY_CHARGE]
    assert row.energy is None
    assert read.level is None
    assert read.level_at is None


def test_an_answer_tells_how_its_system_is() -> None:
    meta = {"status": "normal", "last_report_at": NOON, "last_energy_at": None}
    read = read_telemetry(Telemetry.CONSUMPTION, answer() | {"meta": meta})
    assert read.meta is not None
    assert read.meta.status is SystemStatus.NORMAL
    assert read.meta.last_report == at("2013-11-11T12:00:00")
    assert read.meta.last_energy is None
    assert read_telemetry(Telemetry.PRODUCTION_METER, answer()).meta is None


READINGS: list[dict[str, Any]] = [
    {"serial_num": "1EIM1", "value": 6180635, "read_at": 1473901200}
]


def test_case_04_registers() -> None:
    register = read_registers({"meter_readings": READINGS})
    assert register == Register(6180.635, at("2016-09-15T01:00:00"))


def test_a_retired_meter_stays_in_the_sum_of_registers() -> None:
    retired = {"serial_number": "0EIM1", "value": "1000", "read_at": 1400000000}
    older = READINGS[0] | {"value": 5, "read_at": 1473900000}
    register = read_registers({"meter_readings": [*READINGS, retired, older]})
    assert register == Register(6181.635, at("2016-09-15T01:00:00"))


@pytest.mark.parametrize("value", [None, -1, "?"])
def test_a_sum_of_registers_that_lacks_one_is_unknown(value: object) -> None:
    broken = {"serial_num": "2EIM1", "value": value, "read_at": 1473901200}
    assert read_registers({"meter_readings": [*READINGS, broken]}) is None


def test_no_registers_are_none() -> None:
    assert read_registers({}) is None
    assert read_registers({"meter_readings": []}) is None


@documented
def test_case_04_the_documented_registers() -> None:
    data = sample("/{system_id}/production_meter_readings")
    register = read_registers(data)
    assert register == Register(6180.635, at("2016-09-15T01:00:00"))
    assert (data["meta"]["last_report_at"] - register.at.timestamp()) == 879


@documented
def test_case_07_the_documented_microinverters() -> None:
    data = sample("/{system_id}/telemetry/production_micro")
    told = solar(data)
    assert sum(row.energy or 0 for row in told) == pytest.approx(0.08)
    assert told[-1].end.timestamp() == 1384123600
    assert told[-1].power == 20
    assert not any(row.final for row in told)


@documented
def test_case_08_the_documented_meters() -> None:
    told = {
        what: read_telemetry(what, sample(f"/{{system_id}}/{what}"))
        for what in (Telemetry.CONSUMPTION, Telemetry.IMPORT, Telemetry.EXPORT)
    }
    sums = {
        quantity: sum(row.energy or 0 for row in found)
        for each in told.values()
        for quantity, found in each.rows.items()
    }
    assert sums == pytest.approx(
        {
            Quantity.HOME: 0.08,
            Quantity.GRID_IMPORT: 0.08,
            Quantity.GRID_EXPORT: 0.08,
        }
    )


@documented
def test_case_09_the_documented_battery() -> None:
    read = read_telemetry(Telemetry.BATTERY, sample("/{system_id}/telemetry/battery"))
    (charge,) = read.rows[Quantity.BATTERY_CHARGE]
    assert (charge.energy, charge.final) == (0.04, False)
    assert [row.energy for row in read.rows[Quantity.BATTERY_DISCHARGE]] == [0.0]
    assert (read.level, read.aggregate) == (25, 97)


def test_a_charger_tells_its_consumption() -> None:
    data = {"consumption": [{"consumption": 38, "end_at": NOON}]}
    (row,) = read_charger(data).rows[Quantity.EV_CHARGE]
    assert (row.energy, row.final) == (0.038, True)
    assert row.end - row.start == QUARTER


@documented
def test_case_12_the_documented_charger() -> None:
    data = schema_sample("EVIntervalEnergyResponse", "consumption")
    told = read_charger(data).rows[Quantity.EV_CHARGE]
    assert len(told) == 96
    assert sum(row.energy or 0 for row in told) == pytest.approx(15.292)
    hours = {
        hour: sum(row.energy or 0 for row in told if f"{row.start:%dT%H}" == hour)
        for hour in ("16T10", "16T11", "16T20", "17T05")
    }
    assert hours == pytest.approx(
        {"16T10": 0.643, "16T11": 0.808, "16T20": 0.809, "17T05": 0.104}
    )
