"""The history is the truth whenever an account is opened, and a meter was put up."""

from datetime import datetime

import pytest

from tests.simulator import MovableClock, Simulator
from tests.vendors.any_hour import WHERE_CLOCKS_CHANGE, cases_in_warsaw, reading_all
from tests.vendors.driver import Driver

from .test_simulated import catch_up


@pytest.fixture
def moving(now: datetime) -> MovableClock:
    return MovableClock(now)


@pytest.mark.parametrize(
    ("now", "installed"),
    cases_in_warsaw(days=3, every=2, changes=WHERE_CLOCKS_CHANGE[:12:2]),
)
async def test_any_hour(simulated: Driver, simulator: Simulator) -> None:
    async with reading_all(simulated, simulator, "energa"):
        await catch_up(simulated)
