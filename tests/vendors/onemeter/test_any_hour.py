"""The history is the truth whenever an account is opened, and a reader was put up."""

from datetime import datetime

import pytest

from tests.simulator import MovableClock, Simulator
from tests.vendors.any_hour import (
    MINUTE,
    WHERE_CLOCKS_CHANGE,
    cases_in_warsaw,
    reading_all,
)
from tests.vendors.driver import Driver


@pytest.fixture
def moving(now: datetime) -> MovableClock:
    return MovableClock(now)


@pytest.mark.parametrize(
    ("now", "installed"),
    cases_in_warsaw(days=3, every=2, changes=WHERE_CLOCKS_CHANGE[:12:2]),
)
async def test_any_hour(driver: Driver, simulator: Simulator) -> None:
    async with reading_all(driver, simulator, "onemeter"):
        while driver.next_job().due <= driver.clock() + 2 * MINUTE:
            await driver.step()
        await driver.run(40 * MINUTE)
