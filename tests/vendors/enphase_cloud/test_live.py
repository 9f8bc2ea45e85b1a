"""The newest powers: fresh, balanced, and with a sign that somebody told."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from custom_components.meter_hub.vendors.enphase_cloud.live import (
    CHARGE,
    DISCHARGE,
    Latest,
    Power,
    learned_sign,
    read_latest,
)

from .answers import QUARTER, at, documented, rows, sample

METERED = at("2023-12-01T08:15:00")
ASKED = at("2023-12-01T08:20:00")


def meter(
    name: str, watts: object, seen: datetime | None = METERED, channel: int = 1
) -> dict[str, Any]:
    """Return a phase of a meter."""
    stamp = seen and int(seen.timestamp())
    return {"name": name, "channel": channel, "power": watts, "last_report_at": stamp}


def battery(
    watts: object, mode: str | None = "Idle", seen: datetime = ASKED
) -> dict[str, Any]:
    """Return a battery."""
    return meter("Encharge", watts, seen) | {"operational_mode": mode}


def read(*batteries: dict[str, Any], sign: int | None = None) -> Latest:
    """Return what a home says that produces 755 W and uses 12 W."""
    meters = [meter("production", 755), meter("consumption", 12)]
    devices: dict[str, Any] = {"meters": meters, "encharges": list(batteries)}
    return read_latest({"devices": devices}, ASKED, sign=sign)


def watts(power: Power | None) -> float | None:
    """Return the power in W."""
    return power.watts if power else None


def test_case_10_the_grid_is_what_production_leaves() -> None:
    latest = read()
    assert latest.production == Power(755, METERED)
    assert latest.consumption == Power(12, METERED)
    assert latest.grid == Power(-743, METERED)
    assert latest.home == Power(12, METERED)
    assert latest.battery is None


def test_case_10_a_battery_that_fell_silent_is_ignored() -> None:
    latest = read(battery(-15, seen=at("2023-11-27T12:17:09")), battery(0))
    assert watts(latest.battery) == 0
    assert watts(latest.home) == 12


def test_case_10_with_both_fresh_the_home_draws_what_the_battery_gives() -> None:
    latest = read(battery(-15), battery(0))
    assert watts(latest.raw_battery) == -15
    assert watts(latest.home) == 27
    assert latest.battery is None


@documented
def test_case_10_the_documented_answer() -> None:
    data = sample("/{system_id}/latest_telemetry")
    latest = read_latest(data, ASKED)
    assert latest.production == Power(755, METERED)
    assert latest.consumption == Power(12, METERED)
    assert latest.grid == Power(-743, METERED)
    assert watts(latest.battery) == 0
    for device in data["devices"]["encharges"]:
        device["last_report_at"] = int(ASKED.timestamp())
    assert watts(read_latest(data, ASKED).home) == 27


def test_the_phases_of_a_meter_are_added_up() -> None:
    meters = [
        meter("consumption", 100),
        meter("consumption", "50", channel=2),
        meter("consumption", None, None, channel=3),
    ]
    latest = read_latest({"devices": {"meters": meters}}, ASKED)
    assert watts(latest.consumption) == 150
    assert latest.production is None
    assert latest.grid is None


def test_a_meter_with_an_old_phase_is_unknown() -> None:
    old = ASKED - timedelta(minutes=61)
    meters = [meter("consumption", 100), meter("consumption", 50, old, channel=2)]
    latest = read_latest({"devices": {"meters": meters}}, ASKED)
    assert latest.consumption is None
    assert latest.home is None


@pytest.mark.parametrize(("minutes", "known"), [(60, True), (61, False)])
def test_after_an_hour_a_value_says_nothing(minutes: int, known: bool) -> None:
    latest = read_latest(
        {"devices": {"meters": [meter("production", 755)]}},
        METERED + timedelta(minutes=minutes),
    )
    assert (latest.production is not None) is known


def test_meters_of_different_times_give_no_grid() -> None:
    meters = [
        meter("production", 755, METERED - timedelta(minutes=45)),
        meter("consumption", 12),
    ]
    latest = read_latest({"devices": {"meters": meters}}, ASKED)
    assert watts(latest.production) == 755
    assert latest.grid is None


@pytest.mark.parametrize(
    ("raw", "mode", "given", "sign"),
    [
        (500, "Charging", -500, CHARGE),
        (-500, "Charging", -500, DISCHARGE),
        (500, "Discharging", 500, DISCHARGE),
        (-500, "discharging", 500, CHARGE),
    ],
)
def test_the_mode_tells_the_direction(
    raw: float, mode: str, given: float, sign: int
) -> None:
    latest = read(battery(raw, mode))
    assert watts(latest.battery) == given
    assert latest.sign == sign
    assert watts(latest.home) == 12 + given


@pytest.mark.parametrize("mode", ["Idle", None, "a new mode"])
@pytest.mark.parametrize(("sign", "given"), [(DISCHARGE, 500), (CHARGE, -500)])
def test_without_a_mode_the_learned_sign_counts(
    mode: str | None, sign: int, given: float
) -> None:
    latest = read(battery(500, mode), sign=sign)
    assert watts(latest.battery) == given
    assert watts(latest.home) == 12 + given
    assert latest.sign is None


def test_a_direction_that_nobody_told_is_unknown() -> None:
    latest = read(battery(500))
    assert latest.battery is None
    assert watts(latest.raw_battery) == 500


def test_one_battery_tells_the_sign_of_another() -> None:
    latest = read(battery(500, "Charging"), battery(20, "Idle"))
    assert watts(latest.battery) == -520


def test_modes_that_contradict_one_another_teach_nothing() -> None:
    latest = read(battery(500, "Charging"), battery(500, "Discharging"))
    assert latest.sign is None
    assert watts(latest.battery) == 0


def test_a_home_whose_battery_is_not_told_is_unknown() -> None:
    silent = read(battery(0, seen=ASKED - timedelta(days=2)))
    assert silent.home is None
    assert silent.battery is None
    meters = [meter("production", 755), meter("consumption", 12)]
    unlisted = {"devices": {"meters": meters}}
    assert read_latest(unlisted, ASKED, has_battery=True).home is None
    assert watts(read_latest(unlisted, ASKED).home) == 12


@pytest.mark.parametrize("data", [{}, {"devices": None}, {"devices": {"meters": None}}])
def test_an_answer_without_devices_says_nothing(data: dict[str, Any]) -> None:
    assert read_latest(data, ASKED) == Latest()


@pytest.mark.parametrize(
    ("raw", "charge", "discharge", "sign"),
    [
        (500, 0.12, 0.0, CHARGE),
        (-500, 0.12, 0.0, DISCHARGE),
        (500, 0.0, 0.12, DISCHARGE),
        (-500, 0.0, 0.12, CHARGE),
        (500, 0.06, 0.05, None),
        (500, 0.002, 0.0, None),
        (10, 0.12, 0.0, None),
        (500, None, 0.12, None),
        (500, 0.12, None, None),
    ],
)
def test_the_sign_is_learned_from_what_the_battery_did(
    raw: float, charge: float | None, discharge: float | None, sign: int | None
) -> None:
    power = Power(raw, METERED + timedelta(minutes=5))
    charged, discharged = rows(METERED, [charge]), rows(METERED, [discharge])
    assert learned_sign(power, charged, discharged) == sign


def test_another_time_teaches_nothing() -> None:
    power = Power(500, METERED + 2 * QUARTER)
    assert learned_sign(power, rows(METERED, [0.12]), rows(METERED, [0.0])) is None
    power = Power(500, METERED + QUARTER)
    assert learned_sign(power, rows(METERED, [0.12]), ()) is None
