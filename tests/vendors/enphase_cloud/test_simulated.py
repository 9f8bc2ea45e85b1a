"""The simulated cloud from the sign-in on: exact history, within the plan's calls."""

from datetime import UTC, datetime, timedelta

from custom_components.meter_hub.metering.model import Series
from custom_components.meter_hub.metering.vocabulary import Quantity
from tests.simulator import Simulator, check
from tests.simulator.enphase_cloud import EnphaseCloudApi
from tests.vendors.driver import Driver

from .conftest import Simulated

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def assert_history_is_the_truth(
    driver: Driver, simulator: Simulator, until: datetime
) -> int:
    """Compare all rows until then with what was published; return their number."""
    wanted = {
        Series(meter, Quantity[quantity.upper()], channel): hours
        for meter in simulator.vendor("enphase_cloud").meter_ids
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


async def catch_up(driver: Driver) -> None:
    """Make all calls that are due, one after the other."""
    while driver.next_job().due <= driver.clock() + timedelta(minutes=2):
        await driver.step()


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
