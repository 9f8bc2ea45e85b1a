"""A day that is not there by night is read in the morning, and no other one twice."""

from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from custom_components.meter_hub.metering.model import Series
from custom_components.meter_hub.metering.vocabulary import Quantity
from custom_components.meter_hub.vendors.enphase_cloud.errors import NotInPlan
from custom_components.meter_hub.vendors.enphase_cloud.jobs import CloudJob, Purpose
from tests.simulator import MovableClock
from tests.vendors.driver import Driver

from .accounts import begin
from .conftest import Open
from .houses import FIVE_MINUTES, House
from .steps import DAY, HOUR, alter, called

NOT_IN_PLAN = NotInPlan("not_in_plan")

BEGAN = datetime(2026, 11, 19, 23, tzinfo=UTC)
AFTERNOON = datetime(2026, 12, 10, 13, 22, tzinfo=UTC)
EARLY, LATE = time(0, 52), time(6, 10)
"""By the clock of the houses."""


def nights(driver: Driver) -> list[time]:
    """Return at which local times the nights were begun to be read."""
    dues = {
        job.due
        for job, _ in driver.updates
        if isinstance(job, CloudJob)
        and job.purpose is Purpose.NIGHT
        and job.ask == job.asks[0]
    }
    zone = ZoneInfo("Europe/Berlin")
    return [due.astimezone(zone).time() for due in sorted(dues)]


async def follow(driver: Driver, days: int) -> None:
    """Begin, and make the calls of the next days."""
    await begin(driver)
    driver.updates.clear()
    await driver.run(days * DAY)


async def test_micro_inverters_that_are_reported_late(
    open_account: Open, moving: MovableClock
) -> None:
    """The polls see half of each day, which does not pass for the dusk."""
    moving.at = AFTERNOON + 3 * HOUR
    house = House("1", consumption=False, delay=9 * HOUR, begins=BEGAN)
    driver, _ = open_account(house)
    await follow(driver, 6)
    assert nights(driver) == [EARLY, *[LATE] * 6]
    total = driver.readings[Series("1", Quantity.SOLAR)]
    assert total.measured_at is not None
    steps = (total.measured_at - BEGAN) // FIVE_MINUTES
    ends = [BEGAN + FIVE_MINUTES * (number + 1) for number in range(steps)]
    ever = sum(house.watt_hours("production", end, FIVE_MINUTES) for end in ends)
    assert total.value == pytest.approx(ever / 1000, abs=0.01)


@pytest.mark.parametrize(
    "at",
    [
        AFTERNOON,
        datetime(2026, 12, 10, 0, 10, tzinfo=UTC),
        datetime(2026, 6, 20, 2, tzinfo=UTC),
    ],
    ids=["afternoon", "night", "summer"],
)
async def test_micro_inverters_that_are_reported_soon_are_read_once(
    at: datetime, open_account: Open, moving: MovableClock
) -> None:
    moving.at = at
    driver, _ = open_account(House("1", consumption=False))
    await follow(driver, 16)
    assert nights(driver) == [EARLY] * 16


async def test_nobody_needs_to_say_that_it_is_dark(
    open_account: Open, moving: MovableClock
) -> None:
    """The newest energy that the vendor names may be that of the dusk."""
    moving.at = AFTERNOON
    driver, cloud = open_account(House("1", consumption=False))

    def until_dusk(data: dict[str, Any]) -> None:
        if "meta" in data and data["intervals"]:
            data["meta"]["last_energy_at"] = data["intervals"][-1]["end_at"]

    alter(cloud, "telemetry", until_dusk)
    await follow(driver, 9)
    assert nights(driver) == [EARLY] * 9


async def test_a_week_of_snow_is_reported_all_the_same(
    open_account: Open, moving: MovableClock
) -> None:
    moving.at = AFTERNOON
    driver, cloud = open_account(House("1", consumption=False))
    alter(cloud, "telemetry", lambda data: data.update(intervals=[]))
    await follow(driver, 9)
    assert nights(driver) == [EARLY] * 9


async def test_a_last_day_that_is_wholly_absent(
    open_account: Open, moving: MovableClock
) -> None:
    """The vendor has nothing of the consumption yet, and the rest is there."""
    moving.at = AFTERNOON
    driver, cloud = open_account(House("1"))
    await begin(driver)
    driver.updates.clear()

    def without_home(data: dict[str, Any]) -> None:
        if data["intervals"] and "enwh" in data["intervals"][0]:
            data["intervals"] = []

    alter(cloud, "telemetry", without_home)
    await driver.run(DAY)
    assert nights(driver) == [EARLY, LATE]


async def test_a_consumption_that_is_refused_is_not_late(
    open_account: Open, moving: MovableClock
) -> None:
    moving.at = AFTERNOON
    driver, cloud = open_account(House("1"))
    cloud.faults = lambda name: NOT_IN_PLAN if "consumption_meter" in name else None
    await follow(driver, 8)
    assert called(cloud, "consumption_meter")
    assert nights(driver) == [EARLY] * 8
