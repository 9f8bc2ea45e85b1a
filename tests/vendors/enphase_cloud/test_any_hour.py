"""The history is the truth whenever an account is opened, and a system was put up."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.simulator import Simulator
from tests.simulator.enphase_cloud import EnphaseCloudApi
from tests.vendors.any_hour import (
    AROUND_MIDNIGHT,
    WHERE_CLOCKS_CHANGE,
    ago,
    assert_read,
    hours_of_a_day,
    published,
)
from tests.vendors.driver import Driver

from .conftest import Simulated
from .steps import CHARGER, DAY, EVERYTHING, HOUR, MICROS, NO_BATTERY, catch_up

VENDOR = "enphase_cloud"
SETTLED = timedelta(minutes=57)
"""After a full hour; by then all of the hour before was final and read, by a poll or,
where that hour was the last of a local day, by the night."""

SUNSET = [
    # In Los Angeles the sun sets a few minutes after 17:00, and before 18:30 in October.
    *(datetime(2026, 11, 21, *time, tzinfo=UTC) for time in ((0, 53), (1, 20), (2, 8))),
    *(datetime(2026, 10, 17, *time, tzinfo=UTC) for time in ((1, 20), (1, 53), (2, 8))),
]


ALL = frozenset({EVERYTHING, MICROS, NO_BATTERY, CHARGER})


def open_with(simulated: Simulated, wanted: frozenset[str]) -> Driver:
    """Return an account of which a person wants these meters."""
    return simulated(excluded=ALL - wanted)


async def read(driver: Driver, simulator: Simulator, wanted: frozenset[str]) -> None:
    """Make the calls of the beginning, then those until the newest values are final."""
    excluded = ALL - wanted
    before = published(simulator, VENDOR, excluded)
    await driver.connect()
    await catch_up(driver)
    for series, hours in before.items():
        assert hours.keys() - {row.start for row in driver.rows(series)} == set()
    full = driver.clock().replace(minute=0, second=0)
    while full + SETTLED < driver.clock():
        full += HOUR
    await driver.run(full + SETTLED - driver.clock())
    now = published(simulator, VENDOR, excluded)
    assert_read(driver, now, now)


@pytest.mark.parametrize(
    ("opened", "installed"),
    [
        *(ago(now, 4 * DAY) for now in (*hours_of_a_day(every=3), *AROUND_MIDNIGHT)),
        *(ago(now, 4 * DAY) for now in SUNSET),
        *WHERE_CLOCKS_CHANGE[12:15],
    ],
)
async def test_micro_inverters(simulated: Simulated, simulator: Simulator) -> None:
    wanted = frozenset({MICROS})
    await read(open_with(simulated, wanted), simulator, wanted)


@pytest.mark.parametrize(
    ("opened", "installed"),
    [
        *(ago(now, 3 * DAY) for now in (*hours_of_a_day(every=6), *AROUND_MIDNIGHT)),
        *WHERE_CLOCKS_CHANGE[:7:2],
    ],
)
async def test_no_battery(simulated: Simulated, simulator: Simulator) -> None:
    wanted = frozenset({NO_BATTERY})
    await read(open_with(simulated, wanted), simulator, wanted)


@pytest.mark.parametrize(
    ("opened", "installed", "weeks"),
    [
        (*case, number % 2 == 0)
        for number, case in enumerate(
            (
                *WHERE_CLOCKS_CHANGE[1:6:2],
                *(ago(now, 8 * DAY) for now in hours_of_a_day(every=5)),
            )
        )
    ],
)
async def test_everything(
    simulated: Simulated, simulator: Simulator, api: EnphaseCloudApi, weeks: bool
) -> None:
    if weeks:
        for system in api.systems.values():
            system.refused_weeks = set()
    wanted = frozenset({EVERYTHING, CHARGER})
    await read(open_with(simulated, wanted), simulator, wanted)
