"""The history is the truth whenever an account is opened, and a meter was put up."""

from datetime import datetime

import pytest

from tests.simulator import MovableClock, Simulator
from tests.vendors.any_hour import (
    AROUND_MIDNIGHT,
    DAY,
    MINUTE,
    WHERE_CLOCKS_CHANGE,
    ago,
    assert_read,
    hours_of_a_day,
    published,
)
from tests.vendors.driver import Driver

SOON = 9 * MINUTE
CASES = [
    *(ago(now, 2 * DAY) for now in (*hours_of_a_day(every=4), *AROUND_MIDNIGHT[:4])),
    *WHERE_CLOCKS_CHANGE[1:12:4],
]


@pytest.fixture
def moving(now: datetime) -> MovableClock:
    return MovableClock(now)


@pytest.mark.parametrize(("now", "installed"), CASES)
async def test_any_hour(
    driver: Driver, simulator: Simulator, now: datetime, installed: datetime
) -> None:
    before = published(simulator, "enegic")
    await driver.connect()
    await driver.run(SOON)
    assert_read(driver, before, published(simulator, "enegic"))
