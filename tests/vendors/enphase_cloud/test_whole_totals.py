"""Totals lack nothing of what was told late, or to nobody but the history."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from custom_components.meter_hub.metering.model import Series
from custom_components.meter_hub.metering.vocabulary import Quantity
from tests.simulator import MovableClock
from tests.vendors.driver import Driver

from .accounts import begin
from .conftest import Open
from .houses import FIVE_MINUTES, QUARTER, House
from .steps import DAY

AFTERNOON = datetime(2026, 12, 10, 13, 22, tzinfo=UTC)
BEGAN = datetime(2026, 11, 19, 23, tzinfo=UTC)

KEYS = {
    Quantity.SOLAR: "production",
    Quantity.HOME: "home",
    Quantity.GRID_IMPORT: "import",
    Quantity.GRID_EXPORT: "export",
}


def ends(until: datetime, step: timedelta) -> Iterator[datetime]:
    """Yield the ends of all intervals since the houses began."""
    end = BEGAN
    while end < until:
        end += step
        yield end


def assert_whole(driver: Driver, house: House, *quantities: Quantity) -> None:
    """Check that the totals of a house are all that it ever measured."""
    for quantity in quantities:
        total = driver.readings[Series(house.id, quantity)]
        assert total.measured_at is not None
        step = FIVE_MINUTES if house.has_micros_only else QUARTER
        key = KEYS[quantity]
        ever = sum(
            house.watt_hours(key, end, step) for end in ends(total.measured_at, step)
        )
        assert total.value == pytest.approx(ever / 1000, abs=0.01), quantity
        assert driver.clock() - total.measured_at < DAY


@pytest.mark.parametrize("days", [2, 4, 7])
async def test_of_days_in_which_nobody_called_where_nights_read_one_day(
    days: int, open_account: Open, moving: MovableClock
) -> None:
    moving.at = AFTERNOON
    house = House("1", consumption=False, begins=BEGAN)
    driver, _ = open_account(house)
    await begin(driver)
    await driver.run(DAY)
    moving.advance(days * DAY)
    driver.restart()
    await driver.run(2 * DAY)
    assert_whole(driver, house, Quantity.SOLAR)


async def test_of_days_in_which_nobody_called_where_the_grid_is_told_by_days(
    open_account: Open, moving: MovableClock
) -> None:
    moving.at = AFTERNOON
    house = House("1", weeks_of_grid=False, begins=BEGAN)
    driver, _ = open_account(house)
    await begin(driver)
    await driver.run(DAY)
    moving.advance(4 * DAY)
    driver.restart()
    await driver.run(3 * DAY)
    assert_whole(driver, house, *KEYS)


@pytest.mark.parametrize("days", [2, 3, 10])
@pytest.mark.parametrize("is_metered", [False, True], ids=["micros", "meters"])
async def test_of_days_that_the_gateway_told_later(
    days: int, is_metered: bool, open_account: Open, moving: MovableClock
) -> None:
    """Nights were read meanwhile, and found nothing."""
    moving.at = AFTERNOON
    house = House("1", consumption=is_metered, begins=BEGAN)
    driver, _ = open_account(house, limit=50_000, per_minute=50, plan="kilowatt")
    await begin(driver)
    await driver.run(DAY)
    for _ in range(days):
        house.delay += DAY
        await driver.run(DAY)
    house.delay -= days * DAY
    await driver.run(2 * DAY)
    assert_whole(driver, house, Quantity.SOLAR)
