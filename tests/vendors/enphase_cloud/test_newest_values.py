"""Which of the newest values are told, and how far they are trusted."""

from datetime import UTC, datetime
from typing import Any

import pytest

from custom_components.meter_hub.metering.model import Quality, Series
from custom_components.meter_hub.metering.vocabulary import Quantity
from custom_components.meter_hub.vendors.enphase_cloud.client import Telemetry
from custom_components.meter_hub.vendors.enphase_cloud.jobs import CloudJob, What
from tests.simulator import MovableClock
from tests.vendors.driver import Driver

from .conftest import Open
from .houses import DAY, QUARTER, House
from .steps import HOUR, alter, called, catch_up

AFTERNOON = datetime(2026, 12, 10, 13, 22, tzinfo=UTC)
NEWEST = datetime(2026, 12, 10, 13, 15, tzinfo=UTC)
BATTERY_POWER = Series("1", Quantity.BATTERY_POWER)


def half_report(data: dict[str, Any]) -> None:
    """Let the newest interval lack its meter."""
    if (rows := data["intervals"]) and "enwh" in rows[-1]:
        rows[-1] |= {"enwh": 0, "devices_reporting": 0}


def half_produce(data: dict[str, Any]) -> None:
    """Let the newest interval lack the meter of the production."""
    if (rows := data["intervals"]) and "wh_del" in rows[-1]:
        rows[-1] |= {"wh_del": 0, "devices_reporting": 0}


async def test_the_power_is_of_the_newest_interval_that_is_complete(
    open_account: Open, moving: MovableClock
) -> None:
    moving.at = AFTERNOON
    house = House("1")
    driver, cloud = open_account(house)
    alter(cloud, "telemetry", half_report)
    await driver.connect()
    await catch_up(driver)
    power = driver.readings[Series("1", Quantity.HOME_POWER)]
    before = NEWEST - QUARTER
    assert power.measured_at == before
    assert power.value == 4 * house.watt_hours("home", before, QUARTER)
    production = driver.readings[Series("1", Quantity.SOLAR_POWER)]
    assert production.measured_at == NEWEST


async def test_the_grid_is_an_estimate_while_a_meter_has_not_reported(
    open_account: Open, moving: MovableClock
) -> None:
    """Import and export don't say how many meters are in them."""
    moving.at = AFTERNOON
    driver, cloud = open_account(
        House("1"), limit=50_000, per_minute=50, plan="kilowatt"
    )
    for call in ("telemetry", "production_by_phase"):
        alter(cloud, call, half_produce)
    await driver.connect()
    await catch_up(driver)
    polls = [
        update
        for job, update in driver.updates
        if isinstance(job, CloudJob) and job.live and job.ask.of == Telemetry.IMPORT
    ]
    told = {each.start: each.quality for each in polls[0].intervals}
    assert told.pop(NEWEST - QUARTER) is Quality.ESTIMATED
    assert set(told.values()) == {Quality.MEASURED}


async def test_the_level_that_batteries_reported_last(
    open_account: Open, moving: MovableClock
) -> None:
    """Where none of the intervals has one."""
    moving.at = AFTERNOON
    driver, cloud = open_account(House("1", battery=True))

    def as_one(data: dict[str, Any]) -> None:
        data["last_reported_aggregate_soc"] = "97%"
        for row in data["intervals"]:
            if "soc" in row:
                del row["soc"]

    alter(cloud, "telemetry", as_one)
    await driver.connect()
    await catch_up(driver)
    level = driver.readings[Series("1", Quantity.BATTERY_LEVEL)]
    assert (level.value, level.measured_at) == (97, NEWEST)


@pytest.mark.parametrize("hours", [0, 3, 24])
@pytest.mark.parametrize("is_aggregate", [True, False])
async def test_the_level_of_batteries_that_are_silent_is_dropped(
    hours: int, is_aggregate: bool, open_account: Open, moving: MovableClock
) -> None:
    """The vendor repeats what they reported last for as long as it is asked."""
    moving.at = AFTERNOON
    driver, cloud = open_account(House("1", battery=True))
    silent_since = (NEWEST - hours * HOUR).timestamp()

    def silent(data: dict[str, Any]) -> None:
        rows = data["intervals"]
        if not rows or "soc" not in rows[0]:
            return
        if is_aggregate:
            data["last_reported_aggregate_soc"] = "97%"
        data["intervals"] = [row for row in rows if row["end_at"] <= silent_since]
        for row in data["intervals"]:
            if is_aggregate:
                del row["soc"]

    alter(cloud, "telemetry", silent)
    await driver.connect()
    await catch_up(driver)
    level = driver.readings.get(Series("1", Quantity.BATTERY_LEVEL))
    assert (level is not None) is (hours == 0)
    await driver.run(6 * HOUR)
    level = driver.readings.get(Series("1", Quantity.BATTERY_LEVEL))
    assert level is None or level.value_at(moving()) is None


def charging_is_positive(data: dict[str, Any]) -> None:
    """Tell a battery's power as the vendor's text has it, without its mode."""
    for battery in data["devices"]["encharges"]:
        battery["power"] = -battery["power"]
        del battery["operational_mode"]


def told_by_latest(driver: Driver, meter: str = "1") -> list[float | None]:
    """Return the battery's powers of the calls for the newest power, in W."""
    series = Series(meter, Quantity.BATTERY_POWER)
    found: list[float | None] = []
    for job, update in driver.updates:
        if isinstance(job, CloudJob) and job.ask.what is What.LATEST:
            if job.system != meter:
                continue
            values = [each.value for each in update.readings if each.series == series]
            value = values[0] if values else None
            assert value is None or isinstance(value, float | int)
            found.append(value)
    return found


async def test_the_direction_of_the_battery_is_learned_from_its_energy(
    open_account: Open, moving: MovableClock
) -> None:
    """It is unknown until then, and not guessed."""
    moving.at = AFTERNOON
    driver, cloud = open_account(
        House("1", battery=True), options={"schedule": "live_first"}
    )
    alter(cloud, "latest", charging_is_positive)
    await driver.connect()
    await catch_up(driver)
    assert driver.readings[BATTERY_POWER].value == -120, "of the intervals"
    begun = len(called(cloud, "/week"))
    await driver.run(datetime(2026, 12, 10, 18, tzinfo=UTC) - moving())
    assert len(called(cloud, "/week")) == begun, "no night"
    told = told_by_latest(driver)
    assert told[0] is None
    assert -120 in told
    assert told[-1] == 180, "what the battery gives is above zero"


async def test_the_night_tells_the_direction_where_no_poll_has_energy(
    open_account: Open, moving: MovableClock
) -> None:
    """Three systems on the smallest plan are polled for their power alone."""
    moving.at = AFTERNOON
    houses = [House(str(number), battery=True) for number in (1, 2, 3)]
    driver, cloud = open_account(*houses)
    alter(cloud, "latest", charging_is_positive)
    await driver.connect()
    await catch_up(driver)
    driver.updates.clear()
    await driver.run(DAY)
    for house in houses:
        told = told_by_latest(driver, house.id)
        assert told[0] is None
        assert told[-1] == -120
