"""Systems, summaries and devices, in all the forms that the vendor tells them."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from custom_components.meter_hub.metering.vocabulary import SystemStatus
from custom_components.meter_hub.vendors.enphase_cloud.systems import (
    Charger,
    Gateway,
    Source,
    has_problem,
    read_devices,
    read_status,
    read_summary,
    read_systems,
)
from custom_components.meter_hub.vendors.enphase_cloud.values import (
    to_amount,
    to_date,
    to_flag,
    to_instant,
    to_number,
    to_percent,
)

from .answers import at, documented, sample

METERS: list[dict[str, Any]] = [
    {"id": 7, "name": "production", "serial_number": "90EIM1", "config_type": "Net"},
    {
        "id": 7,
        "name": "production",
        "serial_number": "90EIM2",
        "config_type": "Production",
        "state": "enabled",
    },
]


def test_a_system_has_what_the_list_tells() -> None:
    (system,) = read_systems(
        [
            {
                "system_id": 698910067,
                "name": "Roof",
                "timezone": "US/Pacific",
                "status": "micro",
                "last_report_at": 1508174262,
                "last_energy_at": "1508174172",
                "operational_at": 1497445200.0,
                "interconnect_date": None,
            }
        ]
    )
    assert system.id == "698910067"
    assert system.name == "Roof"
    assert system.zone == "US/Pacific"
    assert system.status is SystemStatus.MICRO
    assert has_problem(system.status) is True
    assert system.last_report == at("2017-10-16T17:17:42")
    assert system.last_energy == at("2017-10-16T17:16:12")
    assert system.begins == system.operational_at == at("2017-06-14T13:00:00")
    assert system.interconnected is None


def test_a_system_of_which_little_is_told_has_a_name_all_the_same() -> None:
    (system,) = read_systems([{"system_id": "66", "name": None, "timezone": None}])
    assert system.name == "System 66"
    assert system.zone is None
    assert system.status is None
    assert system.last_energy is None
    assert system.begins is None


def test_a_system_without_a_first_day_begins_when_it_was_let_into_the_grid() -> None:
    (system,) = read_systems([{"system_id": 66, "interconnect_date": 1657080000}])
    assert system.interconnected == date(2022, 7, 6)
    assert system.begins == datetime(2022, 7, 6, tzinfo=UTC)


def test_only_numbers_are_systems_and_each_is_listed_once() -> None:
    told: list[dict[str, Any]] = [
        {"system_id": 66, "name": "old"},
        {"system_id": "search"},
        {"name": "no id"},
        {"system_id": 66, "name": "new"},
    ]
    systems = read_systems(told)
    assert [(system.id, system.name) for system in systems] == [("66", "new")]


@pytest.mark.parametrize(
    ("told", "status", "problem"),
    [
        ("normal", SystemStatus.NORMAL, False),
        ("Meter_Issue", SystemStatus.METER_ISSUE, True),
        ("enpower", SystemStatus.ENPOWER, True),
        ("a new word", SystemStatus.OTHER, None),
        (None, None, None),
        ("", None, None),
    ],
)
def test_a_status_is_a_known_word_or_another(
    told: object, status: SystemStatus | None, problem: bool | None
) -> None:
    assert read_status(told) is status
    assert has_problem(status) is problem


@documented
def test_case_01_the_list() -> None:
    answer = sample("")
    first, second = read_systems(answer["systems"])
    assert answer["total"] == 28
    assert (first.id, first.zone) == ("698910067", "Australia/Sydney")
    assert has_problem(first.status) is True
    assert has_problem(second.status) is False
    assert first.interconnected is None
    for key in ("energy_lifetime", "energy_today", "system_size"):
        assert to_amount(answer["systems"][0][key]) is None
    changed = answer["systems"][0] | {"interconnect_date": 1657080000}
    assert read_systems([changed])[0].interconnected == date(2022, 7, 6)


@documented
def test_case_02_the_search() -> None:
    first, second = read_systems(sample("/search", "post")["systems"])
    assert first.zone is None
    assert first.last_energy is None
    assert first.operational_at is None
    assert second.zone == "US/Pacific"


SUMMARY = {
    "system_id": 698910067,
    "current_power": 0,
    "energy_lifetime": 0,
    "energy_today": 0,
    "last_interval_end_at": 1557400231,
    "modules": 5,
    "operational_at": None,
    "size_w": 1250,
    "nmi": 1213141516,
    "source": "meter",
    "status": "normal",
    "battery_charge_w": 1280,
    "battery_discharge_w": 1280,
    "battery_capacity_wh": 3360,
}


def test_case_03_the_summary() -> None:
    summary = read_summary(SUMMARY)
    assert summary.power == 0
    assert summary.energy_lifetime == 0
    assert summary.energy_today == 0
    assert summary.capacity == 3.36
    assert summary.max_charge == summary.max_discharge == 1280
    assert summary.size == 1250
    assert summary.modules == 5
    assert summary.last_interval_end == at("2019-05-09T11:10:31")
    assert summary.operational_at is None
    assert summary.source is Source.METER
    assert summary.metering_point == "1213141516"
    assert read_summary(SUMMARY | {"nmi": "1213141516"}) == summary


@documented
def test_case_03_the_documented_summary_is_the_same() -> None:
    documented_summary = sample("/{system_id}/summary")
    del documented_summary["last_report_at"]
    assert read_summary(documented_summary) == read_summary(SUMMARY)


def test_what_a_system_lacks_is_unknown_and_not_zero() -> None:
    absent = dict.fromkeys(
        ("battery_charge_w", "battery_discharge_w", "battery_capacity_wh"), 0
    )
    summary = read_summary(
        SUMMARY | absent | {"energy_lifetime": -1, "size_w": 0, "modules": 0}
    )
    assert summary.capacity is None
    assert summary.max_charge is None
    assert summary.max_discharge is None
    assert summary.energy_lifetime is None
    assert summary.size is None
    assert summary.modules is None


@pytest.mark.parametrize(
    ("told", "source"),
    [
        ("meter", Source.METER),
        ("micro", Source.MICRO),
        ("Microinverters", Source.MICRO),
        (None, None),
        ("elsewhere", None),
    ],
)
def test_the_source_of_production(told: object, source: Source | None) -> None:
    assert read_summary({"source": told}).source is source


def test_meters_are_told_apart_by_their_set_up_and_not_by_name() -> None:
    devices = read_devices({"devices": {"meters": METERS}})
    assert devices.has_production_meter
    assert devices.has_consumption_meter
    assert devices.source is Source.METER


def test_a_meter_without_a_set_up_is_told_by_its_serial() -> None:
    meter = {"serial_number": "90EIM1", "config_type": None}
    devices = read_devices({"devices": {"meters": [meter]}})
    assert devices.has_production_meter
    assert not devices.has_consumption_meter


@pytest.mark.parametrize("off", [{"state": "disabled"}, {"active": "false"}])
def test_a_meter_that_is_off_measures_nothing(off: dict[str, Any]) -> None:
    devices = read_devices({"devices": {"meters": [METERS[1] | off]}})
    assert not devices.has_production_meter
    assert devices.source is Source.MICRO


@pytest.mark.parametrize("kind", ["encharges", "acbs"])
def test_either_kind_of_battery_is_one(kind: str) -> None:
    assert read_devices({"devices": {kind: [{"serial_number": "1"}]}}).has_battery
    assert not read_devices({"devices": {kind: []}}).has_battery


def test_a_charger_is_known_by_its_serial_whatever_its_id_looks_like() -> None:
    chargers: list[dict[str, Any]] = [
        {"id": "202320010308:698989834", "name": "Garage", "active": "true"},
        {"id": 5, "serial_number": "202320010308", "name": "Again"},
        {"id": None},
    ]
    devices = read_devices({"devices": {"ev_chargers": chargers}})
    assert devices.chargers == (Charger("202320010308", "Again", None, None),)


def test_the_gateway_is_the_one_that_was_heard_last() -> None:
    gateways: list[dict[str, Any]] = [
        {"serial_number": "1", "last_report_at": 100, "emu_sw_version": "D7"},
        {"serial_number": "2", "last_report_at": "200", "emu_sw_version": "D8"},
        {"serial_number": "3", "last_report_at": None},
    ]
    devices = read_devices({"devices": {"gateways": gateways}})
    assert devices.gateway == Gateway("2", None, "D8")


@pytest.mark.parametrize("data", [{}, {"devices": None}, {"devices": {"meters": {}}}])
def test_no_devices_are_none(data: dict[str, Any]) -> None:
    devices = read_devices(data)
    assert devices.gateway is None
    assert devices.chargers == ()
    assert not devices.has_battery
    assert not devices.has_production_meter
    assert devices.source is None


@pytest.mark.parametrize("kind", ["gateways", "micros"])
def test_micros_produce_where_no_meter_is_among_the_devices(kind: str) -> None:
    devices = read_devices({"devices": {kind: [{"serial_number": "1"}]}})
    assert devices.source is Source.MICRO


@documented
def test_the_documented_devices() -> None:
    devices = read_devices(sample("/{system_id}/devices"))
    assert devices.gateway == Gateway(
        "901553005272", "Envoy-S-Metered-EU", "D4.6.11.170403 (799d2d)"
    )
    assert devices.has_production_meter
    assert devices.has_consumption_meter
    assert devices.has_battery
    assert devices.chargers == (
        Charger(
            "202313029329",
            "IQ EV Charger 202313029329",
            "IQ-EVSE-60R",
            "v0.04.17",
            "normal",
        ),
    )


@pytest.mark.parametrize(
    ("told", "instant"),
    [
        (1557400231, at("2019-05-09T11:10:31")),
        ("1557400231", at("2019-05-09T11:10:31")),
        ("2019-05-09T11:10:31Z", at("2019-05-09T11:10:31")),
        ("2019-05-09T13:10:31+02:00", at("2019-05-09T11:10:31")),
        ("2019-05-09 11:10:31", at("2019-05-09T11:10:31")),
        (0, None),
        (1e30, None),
        (None, None),
        (True, None),
        ("soon", None),
    ],
)
def test_instants(told: object, instant: datetime | None) -> None:
    assert to_instant(told) == instant


@pytest.mark.parametrize(
    ("told", "day"),
    [
        ("2024-01-16", date(2024, 1, 16)),
        ("20240116", date(2024, 1, 16)),
        (20240116, date(2024, 1, 16)),
        (1657080000, date(2022, 7, 6)),
        ("", None),
        (None, None),
    ],
)
def test_days(told: object, day: date | None) -> None:
    assert to_date(told) == day


def test_numbers_come_as_texts_and_nothing_else_is_one() -> None:
    assert to_number("40") == to_number(40) == to_number(40.0) == 40
    assert to_percent("97%") == to_percent(97) == 97
    assert to_flag("true") is True
    assert to_flag(False) is False
    unreadable: tuple[object, ...] = (None, "", "n/a", True, [], "nan", 10**400)
    for told in unreadable:
        assert to_number(told) is None
    for told in (None, "", "%"):
        assert to_percent(told) is None
    assert to_flag(None) is None
