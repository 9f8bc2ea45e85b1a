"""An account of the simulated cloud: its houses are known to the watt."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
import json

from aiohttp import ClientSession
import pytest

from custom_components.meter_hub.metering.model import Reading, Series
from custom_components.meter_hub.metering.vocabulary import Quantity
from custom_components.meter_hub.vendors.base import AuthError
from custom_components.meter_hub.vendors.enegic.plan import PacketsJob
from tests.simulator import (
    Distortion,
    DistortionKind,
    Fault,
    FaultKind,
    Flow,
    MovableClock,
    Simulator,
    check,
)
from tests.simulator.enegic import CurrentSign, EnegicApi
from tests.vendors.driver import Driver

from .conftest import PACE, driver_of

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def api(simulator: Simulator) -> EnegicApi:
    """Return the cloud itself, to change what it knows."""
    api = simulator.vendor("enegic")
    assert isinstance(api, EnegicApi)
    return api


def assert_history_is_the_truth(driver: Driver, simulator: Simulator) -> int:
    """Compare all rows with what the cloud has published; return their number."""
    wanted = {
        Series(meter, Quantity[quantity.upper()], channel): hours
        for meter in simulator.vendor("enegic").meter_ids
        for (quantity, channel), hours in simulator.truth("enegic", meter).items()
    }
    assert driver.ledger.books.keys() == wanted.keys()
    count = 0
    for series, expected in wanted.items():
        verdict = check(driver.rows(series), expected)
        assert verdict.ok, f"{series.quantity}/{series.meter}: {verdict.problems()}"
        count += verdict.hours
    return count


def history_calls(simulator: Simulator) -> list[datetime]:
    """Return when history was asked for."""
    return [call.at for call in simulator.calls("enegic", path="/getphasedata")]


async def test_signing_in_and_the_whole_history(
    driver: Driver, simulator: Simulator, api: EnegicApi
) -> None:
    update = await driver.connect()
    meters = [meter.id for meter in update.meters or ()]
    assert set(meters) > set(api.meter_ids)
    await driver.run(10 * MINUTE)
    # Four days of two meters, a call each; then nothing is missing.
    assert len(history_calls(simulator)) == 2 * 4
    assert assert_history_is_the_truth(driver, simulator) == 3 * (3 * 24 + 3)
    assert driver.errors == []


async def test_live_values_are_the_houses(
    driver: Driver, api: EnegicApi, moving: MovableClock
) -> None:
    await driver.connect()
    await driver.run(5 * MINUTE)
    for meter_id in api.meter_ids:
        house = api.house(meter_id)
        minute = _reading(driver, meter_id, Quantity.AVERAGE_IMPORT_POWER)
        end = minute.measured_at
        assert end is not None
        assert moving() - end < 2 * MINUTE
        imported = house.energy(Flow.GRID_IMPORT, end - MINUTE, end)
        assert minute.value == pytest.approx(imported * 60_000, abs=61)
        register = _reading(driver, meter_id, Quantity.GRID_IMPORT)
        assert register.measured_at == end
        today = _reading(driver, meter_id, Quantity.GRID_IMPORT_TODAY)
        midnight = datetime(2026, 11, 19, 23, tzinfo=UTC)
        assert today.since == midnight
        spent = house.energy(Flow.GRID_IMPORT, midnight, end)
        assert today.value == pytest.approx(spent, abs=0.0011)


def _reading(driver: Driver, meter: str, quantity: Quantity) -> Reading:
    return driver.readings[Series(meter, quantity)]


async def test_a_day_in_the_life_of_an_account(
    driver: Driver, simulator: Simulator, moving: MovableClock
) -> None:
    driver.ledger.since = moving() - DAY
    await driver.connect()
    await driver.run(10 * MINUTE)
    begun, before = moving(), len(simulator.calls("enegic"))
    await driver.run(12 * HOUR)
    calls = simulator.calls("enegic")[before:]
    paths = [call.path for call in calls]
    assert paths.count("/getlatestpackets") in range(12 * 59, 12 * 60 + 1)
    assert paths.count("/getaccountoverview") == 2
    assert paths.count("/getreporterssettingsforuser") == 12 * 4
    history = [call.at for call in calls if call.path == "/getphasedata"]
    assert len(history) == 2 * 12
    assert all(3 <= at.minute < 10 for at in history)
    assert min(history) > begun
    assert driver.errors == []
    assert all(b.at - a.at >= PACE for a, b in pairwise(calls))


@pytest.mark.parametrize("sign", CurrentSign)
async def test_the_direction_of_any_meter_is_found(
    driver: Driver, api: EnegicApi, sign: CurrentSign, moving: MovableClock
) -> None:
    meter_id = api.meter_ids[0]
    api.meters[meter_id].current_sign = sign
    house = api.house(meter_id)
    driver.ledger.since = moving() + 100 * DAY
    await driver.connect()
    await driver.run(90 * MINUTE)
    wrong = checked = 0
    for _ in range(180):
        await driver.run(MINUTE)
        power = _reading(driver, meter_id, Quantity.GRID_POWER)
        assert power.measured_at is not None
        truth = house.net_power(power.measured_at - timedelta(seconds=1))
        shown = power.value_at(moving())
        if abs(truth) < 500 or not isinstance(shown, float):
            continue
        checked += 1
        wrong += (shown > 0) is not (truth > 0)
    assert checked > 20
    assert wrong <= checked // 20


@pytest.mark.parametrize(
    "kind", [DistortionKind.GAP, DistortionKind.LACKING, DistortionKind.LATE]
)
async def test_hours_without_data_are_bridged(
    driver: Driver, simulator: Simulator, moving: MovableClock, kind: DistortionKind
) -> None:
    for start, length in (
        (moving() - 70 * HOUR, 2 * HOUR),
        (moving() - 50 * HOUR, 30 * HOUR),
        (moving() + 20 * MINUTE, 2 * HOUR),
    ):
        end = start + length
        simulator.add(
            Distortion(kind, "enegic", start=start, end=end, until=end + 5 * MINUTE)
            if kind is DistortionKind.LATE
            else Distortion(kind, "enegic", start=start, end=end)
        )
    await driver.connect()
    await driver.run(5 * HOUR)
    assert assert_history_is_the_truth(driver, simulator) > 3 * 75


@pytest.mark.parametrize("installed", [datetime(2026, 10, 24, 9, 53, 6, tzinfo=UTC)])
async def test_the_hour_that_autumn_repeats(
    driver: Driver, simulator: Simulator, moving: MovableClock
) -> None:
    moving.at = datetime(2026, 10, 26, 12, 7, tzinfo=UTC)
    driver.ledger.since = moving() - 30 * DAY
    await driver.connect()
    await driver.run(10 * MINUTE)
    assert assert_history_is_the_truth(driver, simulator) == 3 * 51


async def test_a_restart_in_the_middle_of_the_history_changes_nothing(
    driver: Driver, simulator: Simulator
) -> None:
    await driver.connect()
    for _ in range(12):
        await driver.step()
        state = driver.backend.state()
        assert json.loads(json.dumps(state)) == state
        driver.restart()
    await driver.run(10 * MINUTE)
    assert_history_is_the_truth(driver, simulator)
    assert driver.errors == []


async def test_calls_that_fail_now_and_then_lose_nothing(
    driver: Driver, simulator: Simulator
) -> None:
    await driver.connect()
    for status in (401, 404, 405, 500):
        simulator.add(Fault(FaultKind.STATUS, "enegic", status=status, times=2))
    await driver.run(90 * MINUTE)
    assert driver.errors
    assert not any(isinstance(error, AuthError) for _, error in driver.errors)
    assert_history_is_the_truth(driver, simulator)


async def test_clamps_show_an_estimate_and_have_no_history(
    driver: Driver, simulator: Simulator, api: EnegicApi
) -> None:
    meter_id = api.add_clamps()
    await driver.connect()
    await driver.run(10 * MINUTE)
    register = _reading(driver, meter_id, Quantity.GRID_IMPORT)
    assert register.estimated
    assert isinstance(register.value, float)
    assert Series(meter_id, Quantity.GRID_EXPORT) not in driver.readings
    assert_history_is_the_truth(driver, simulator)


async def test_a_meter_that_somebody_shares_is_one_like_others(
    driver: Driver, simulator: Simulator, api: EnegicApi
) -> None:
    shared = api.add_shared()
    update = await driver.connect()
    assert shared in {meter.id for meter in update.meters or ()}
    await driver.run(10 * MINUTE)
    assert isinstance(_reading(driver, shared, Quantity.GRID_POWER).value, float)
    assert Series(shared, Quantity.GRID_IMPORT) in driver.ledger.books
    assert_history_is_the_truth(driver, simulator)


async def test_one_page_with_404_takes_no_shared_meter_away(
    driver: Driver, simulator: Simulator, api: EnegicApi
) -> None:
    shared = api.add_shared()
    await driver.connect()
    simulator.add(
        Fault(
            FaultKind.STATUS,
            "enegic",
            path="/getaccountoverview",
            times=1,
            status=404,
            body="<html>404</html>",
        )
    )
    await driver.run(13 * HOUR)
    listings = [
        {meter.id for meter in update.meters}
        for _, update in driver.updates
        if update.meters
    ]
    assert shared in listings[-1]
    assert any(shared not in listing for listing in listings)


@pytest.mark.parametrize("status", [500, 405])
async def test_a_failed_call_after_a_long_silence_loses_nothing(
    driver: Driver, simulator: Simulator, moving: MovableClock, status: int
) -> None:
    """The call that would tell the last register fails when the meter is back."""
    driver.context = replace(driver.context, options={"poll_interval": 300})
    driver.restart()
    silent = moving() - 5 * HOUR
    back = silent + 35 * HOUR
    simulator.add(Distortion(DistortionKind.GAP, "enegic", start=silent, end=back))
    simulator.add(
        Fault(
            FaultKind.STATUS,
            "enegic",
            path="/getphasedata",
            since=back,
            times=4,
            status=status,
        )
    )
    await driver.connect()
    await driver.run(35 * HOUR + 20 * MINUTE)
    assert driver.errors
    assert assert_history_is_the_truth(driver, simulator) > 3 * 100


async def test_a_wrong_password(
    session: ClientSession, moving: MovableClock, api: EnegicApi
) -> None:
    for api.refuses_with_no_token in (False, True):
        credentials = {**api.credentials, "password": "another"}
        stranger = driver_of(session, moving, credentials, [])
        with pytest.raises(AuthError):
            await stranger.connect()


async def test_a_meter_that_appears_later(driver: Driver, api: EnegicApi) -> None:
    await driver.connect()
    await driver.run(10 * MINUTE)
    meter_id = api.add_clamps()
    await driver.run(2 * MINUTE)
    assert _reading(driver, meter_id, Quantity.GRID_POWER).value
    assert isinstance(driver.next_job(), PacketsJob)
