"""The history is the truth whenever an account is opened, and a meter was put up."""

from datetime import datetime

import pytest

from tests.simulator import MovableClock, Simulator
from tests.vendors.any_hour import (
    AROUND_MIDNIGHT,
    DAY,
    WHERE_CLOCKS_CHANGE,
    ago,
    assert_read,
    hours_of_a_day,
    published,
)
from tests.vendors.driver import Driver

from .test_simulated import catch_up

CASES = [
    *(ago(now, 3 * DAY) for now in (*hours_of_a_day(every=2), *AROUND_MIDNIGHT[:4])),
    *WHERE_CLOCKS_CHANGE[:12:2],
]


@pytest.fixture
def moving(now: datetime) -> MovableClock:
    return MovableClock(now)


@pytest.mark.parametrize(("now", "installed"), CASES)
async def test_any_hour(
    simulated: Driver, simulator: Simulator, now: datetime, installed: datetime
) -> None:
    before = published(simulator, "energa")
    await simulated.connect()
    await catch_up(simulated)
    assert_read(simulated, before, published(simulator, "energa"))
