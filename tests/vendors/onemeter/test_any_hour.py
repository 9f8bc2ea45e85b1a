"""The history is the truth whenever an account is opened, and a reader was put up."""

from datetime import datetime, timedelta

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

SOON = 40 * MINUTE
CASES = [
    *(ago(now, 3 * DAY) for now in (*hours_of_a_day(every=2), *AROUND_MIDNIGHT[:4])),
    *WHERE_CLOCKS_CHANGE[:12:2],
]


@pytest.fixture
def moving(now: datetime) -> MovableClock:
    return MovableClock(now)


@pytest.mark.parametrize(("now", "installed"), CASES)
async def test_any_hour(
    driver: Driver, simulator: Simulator, now: datetime, installed: datetime
) -> None:
    before = published(simulator, "onemeter")
    await driver.connect()
    while driver.next_job().due <= driver.clock() + timedelta(minutes=2):
        await driver.step()
    await driver.run(SOON)
    assert_read(driver, before, published(simulator, "onemeter"))
