"""The history is the truth whenever an account is opened, and a meter was put up."""

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
    cases_in_warsaw(days=2, every=4, changes=WHERE_CLOCKS_CHANGE[1:12:4]),
)
async def test_any_hour(driver: Driver, simulator: Simulator) -> None:
    async with reading_all(driver, simulator, "enegic"):
        await driver.run(9 * MINUTE)
