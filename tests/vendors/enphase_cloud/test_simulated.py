"""The simulated cloud from the sign-in on: exact history, within the plan's calls."""

from collections.abc import Set as AbstractSet
from datetime import UTC, datetime

import pytest

from custom_components.meter_hub.metering.model import Series
from custom_components.meter_hub.metering.vocabulary import Quantity
from tests.simulator import Simulator, check
from tests.simulator.enphase_cloud import EnphaseCloudApi
from tests.vendors.driver import Driver

from .conftest import Simulated
from .steps import CHARGER, DAY, EVERYTHING, MICROS, NO_BATTERY, catch_up


def assert_history_is_the_truth(
    driver: Driver,
    simulator: Simulator,
    until: datetime,
    *,
    excluded: AbstractSet[str] = frozenset(),
) -> int:
    """Compare all rows until then with what was published; return their number."""
    wanted = {
        Series(meter, Quantity[quantity.upper()], channel): hours
        for meter in simulator.vendor("enphase_cloud").meter_ids
        if meter not in excluded
        for (quantity, channel), hours in simulator.truth(
            "enphase_cloud", meter
        ).items()
    }
    assert driver.ledger.books.keys() == wanted.keys()
    count = 0
    for series, expected in wanted.items():
        rows = [row for row in driver.rows(series) if row.start < until]
        hours = {start: hour for start, hour in expected.items() if start < until}
        verdict = check(rows, hours)
        assert verdict.ok, f"{series}: {verdict.problems()}"
        count += verdict.hours
    return count


async def test_an_account_from_its_sign_in_on(
    simulated: Simulated, simulator: Simulator, api: EnphaseCloudApi
) -> None:
    """All hours are exact, from the first one to the last that is over for good."""
    driver = simulated()
    update = await driver.connect()
    assert [meter.id for meter in update.meters or ()] == [*api.systems]
    assert len(simulator.calls("enphase_cloud")) == 1
    await catch_up(driver)
    assert driver.errors == []
    await driver.run(DAY)
    assert driver.errors == []
    midnight = datetime(2026, 10, 28, 0, tzinfo=UTC)
    assert assert_history_is_the_truth(driver, simulator, midnight) > 11 * 24 * 9


@pytest.mark.parametrize(
    "installed", [datetime(2026, 10, 14, hour, 40, tzinfo=UTC) for hour in range(24)]
)
async def test_micro_inverters_installed_at_any_hour(
    simulated: Simulated, simulator: Simulator
) -> None:
    """The first day may begin in the dark, in the light or between.

    The vendor answers with the 24 hours from the first one on.
    """
    excluded = frozenset({EVERYTHING, NO_BATTERY, CHARGER})
    driver = simulated(excluded=excluded)
    await driver.connect()
    await catch_up(driver)
    assert driver.errors == []
    over = datetime(2026, 10, 25, 7, tzinfo=UTC)
    number = assert_history_is_the_truth(driver, simulator, over, excluded=excluded)
    assert number > 10 * 11


async def test_a_system_without_a_time_zone_is_in_that_of_the_home(
    simulated: Simulated, api: EnphaseCloudApi
) -> None:
    """Its day begins at the home's midnight."""
    api.systems[MICROS].hides_zone = True
    driver = simulated(
        excluded=frozenset({EVERYTHING, NO_BATTERY, CHARGER}),
        time_zone="America/Los_Angeles",
    )
    await driver.connect()
    await driver.run(DAY)
    today = driver.readings[Series(MICROS, Quantity.SOLAR_TODAY)]
    assert today.since == datetime(2026, 10, 27, 7, tzinfo=UTC)
    assert driver.errors == []
