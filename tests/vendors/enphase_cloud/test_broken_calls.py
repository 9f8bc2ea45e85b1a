"""What goes wrong for days must neither spend the calls, nor stop all the rest."""

from datetime import UTC, datetime, timedelta

import pytest

from custom_components.meter_hub.metering.model import Series
from custom_components.meter_hub.metering.vocabulary import Quantity
from custom_components.meter_hub.vendors.base import (
    Unavailable,
    UnexpectedAnswer,
    VendorError,
)
from custom_components.meter_hub.vendors.enphase_cloud.errors import NotInPlan
from tests.simulator import MovableClock
from tests.vendors.driver import Driver

from .conftest import Open
from .houses import House
from .model import Cloud
from .steps import DAY, HOUR, notices

SERVER_ERROR = Unavailable("server_error")
UNREADABLE = UnexpectedAnswer("unexpected_answer")
NOT_IN_PLAN = NotInPlan("not_in_plan")

A_DAYS_SHARE = 32
"""Of a month's 1,000 calls."""


def break_call(cloud: Cloud, part: str, error: VendorError) -> None:
    """Have all calls fail whose name has a part."""
    cloud.faults = lambda name: error if part in name else None


def calls_of(cloud: Cloud, part: str) -> int:
    """Return how many calls were made whose name has a part."""
    return sum(part in name for _, name in cloud.calls)


@pytest.mark.parametrize("error", [SERVER_ERROR, UNREADABLE], ids=["500", "unreadable"])
@pytest.mark.parametrize(
    "part",
    [
        "summary",
        "devices",
        "consumption_lifetime",
        "production_meter",
        "consumption_meter",
        "battery/",
        "energy_import_telemetry",
        "/C/",
        "1/",
    ],
)
async def test_what_fails_from_the_first_day_on_costs_few_calls(
    part: str, error: VendorError, open_account: Open
) -> None:
    """A whole month of calls would be gone within hours."""
    house = House("1", battery=True, charger="C")
    driver, cloud = open_account(house, history=timedelta(0))
    break_call(cloud, part, error)
    await driver.connect()
    await driver.run(DAY)
    assert 1 <= calls_of(cloud, part) <= A_DAYS_SHARE
    assert len(cloud.calls) <= 2 * A_DAYS_SHARE


@pytest.mark.parametrize("error", [SERVER_ERROR, UNREADABLE], ids=["500", "unreadable"])
@pytest.mark.parametrize(
    ("part", "quantities"),
    [
        ("battery/", {Quantity.BATTERY_CHARGE, Quantity.BATTERY_DISCHARGE}),
        ("energy_import_telemetry", {Quantity.GRID_IMPORT}),
        ("/C/", {Quantity.EV_CHARGE}),
    ],
)
async def test_what_is_out_of_order_does_not_stop_the_rest(
    part: str,
    quantities: set[Quantity],
    error: VendorError,
    open_account: Open,
    moving: MovableClock,
) -> None:
    """All totals but its own are there, and the old hours of the others."""
    moving.at = datetime(2026, 12, 20, 9, tzinfo=UTC)
    house = House("1", battery=True, charger="C")
    driver, cloud = open_account(house, history=20 * DAY)
    break_call(cloud, part, error)
    await driver.connect()
    await driver.run(3 * DAY)
    totals = {
        Quantity.SOLAR,
        Quantity.HOME,
        Quantity.GRID_EXPORT,
        Quantity.BATTERY_CHARGE,
        Quantity.GRID_IMPORT,
    }
    told = {series.quantity for series in driver.readings}
    assert totals - quantities <= told
    first = datetime(2026, 11, 30, 23, tzinfo=UTC)
    for quantity in {Quantity.SOLAR, Quantity.HOME} - quantities:
        assert driver.rows(Series("1", quantity))[0].start <= first + HOUR
    assert calls_of(cloud, part) <= 2 * A_DAYS_SHARE


async def test_an_outage_in_a_night_is_not_taken_for_a_lack(
    open_account: Open,
) -> None:
    """All is there again an hour after it."""
    driver, cloud = open_account(House("1", battery=True), history=timedelta(0))
    await driver.connect()
    await driver.run(2 * DAY)
    break_call(cloud, "1/", SERVER_ERROR)
    await driver.run(5 * HOUR)
    cloud.faults = lambda _: None
    await driver.run(12 * HOUR)
    for telemetry in ("production_meter", "consumption_meter", "battery/"):
        assert calls_since(driver, cloud, telemetry, 6 * HOUR) >= 1


def calls_since(driver: Driver, cloud: Cloud, part: str, ago: timedelta) -> int:
    """Return how many such calls were made in the last hours."""
    since = driver.clock() - ago
    return sum(part in name and at >= since for at, name in cloud.calls)


async def test_without_its_production_a_system_tells_the_rest(
    open_account: Open,
) -> None:
    """A person hears of what the plan lacks, and it is tried again a week later."""
    driver, cloud = open_account(House("1", battery=True), history=timedelta(0))
    break_call(cloud, "production_meter", NOT_IN_PLAN)
    await driver.connect()
    await driver.run(DAY)
    assert driver.errors == []
    (notice,) = notices(driver)
    assert notice.key == "feature_not_in_plan"
    assert notice.values["feature"] == "Site Level Production Monitoring"
    told = {series.quantity for series in driver.readings}
    assert {Quantity.HOME_POWER, Quantity.HOME_TODAY, Quantity.BATTERY_POWER} <= told
    tried = calls_of(cloud, "production_meter")
    assert tried <= 2
    await driver.run(5 * DAY)
    assert calls_of(cloud, "production_meter") == tried
    cloud.faults = lambda _: None
    await driver.run(3 * DAY)
    assert notices(driver) == ()
    assert Series("1", Quantity.SOLAR_TODAY) in driver.readings


async def test_a_system_that_may_not_tell_all_it_has(open_account: Open) -> None:
    """Its owner hears why, and has no week to wait once that is mended."""
    house = House("1", consumption=False)
    driver, cloud = open_account(house, history=timedelta(0))
    break_call(cloud, "production_micro", NOT_IN_PLAN)
    await driver.connect()
    await driver.run(DAY)
    assert driver.errors
    (notice,) = notices(driver)
    assert notice.key == "feature_not_in_plan"
    assert calls_of(cloud, "production_micro") <= A_DAYS_SHARE
    cloud.faults = lambda _: None
    await driver.run(DAY)
    assert Series("1", Quantity.SOLAR_TODAY) in driver.readings
    assert notices(driver) == ()
