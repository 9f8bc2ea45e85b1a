"""An account from its sign-in on: which calls are made, when, and what they bring."""

from datetime import UTC, datetime, timedelta
import json

import pytest

from custom_components.meter_hub.metering.model import Series
from custom_components.meter_hub.metering.vocabulary import Quantity
from tests.simulator import Distortion, DistortionKind, MovableClock, Simulator, check
from tests.vendors.driver import Driver

from .checks import assert_history_is_the_truth, assert_paced

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
A_YEAR_AGO = datetime(2025, 11, 20, 9, 53, 6, tzinfo=UTC)


async def test_signing_in_takes_one_call(driver: Driver, simulator: Simulator) -> None:
    update = await driver.connect()
    meters = update.meters or ()
    assert [meter.id for meter in meters] == [*simulator.vendor("onemeter").meter_ids]
    assert all(meter.name and meter.active for meter in meters)
    assert [call.path for call in simulator.calls("onemeter")] == ["/api/devices/"]
    values = {
        quantity: driver.readings[Series(meters[0].id, quantity)].value
        for quantity in (Quantity.GRID_IMPORT, Quantity.GRID_EXPORT)
    }
    assert all(isinstance(value, float) and value > 0 for value in values.values())
    assert driver.updates == []


@pytest.mark.parametrize("installed", [A_YEAR_AGO])
async def test_case_15_a_year_of_two_houses(
    driver: Driver, simulator: Simulator, moving: MovableClock
) -> None:
    await driver.connect()
    await driver.run(2 * HOUR)
    for meter in simulator.vendor("onemeter").meter_ids:
        calls = simulator.calls("onemeter", path=f"/api/devices/{meter}/readings")
        backfill = calls[:12]
        starts = [call.query["from"] for call in backfill]
        assert starts[0] == "2025-11-20T09:53:06.000Z"
        assert starts == sorted(starts)
        # Then the hours that ended since, one call each.
        assert len(calls) == 12 + 2
    assert_paced(simulator)
    assert assert_history_is_the_truth(driver, simulator) > 4 * 365 * 24
    assert driver.errors == []


async def test_a_day_in_the_life_of_an_account(
    driver: Driver, simulator: Simulator, moving: MovableClock
) -> None:
    driver.ledger.since = moving() - DAY
    await driver.connect()
    await driver.run(HOUR)
    before = len(simulator.calls("onemeter"))
    await driver.run(DAY)
    calls = simulator.calls("onemeter")[before:]
    live = [call for call in calls if call.path == "/api/devices/"]
    assert len(live) == 96
    late = [(call.at.minute % 15) * 60 + call.at.second for call in live]
    assert min(late) >= 60
    assert max(late) <= 120
    # One call an hour and house, and one that reads the last days again.
    history = [call for call in calls if call.path.endswith("/readings")]
    assert len(history) == 2 * (24 + 1)
    assert all(60 <= call.at.minute * 60 + call.at.second < 15 * 60 for call in history)
    assert len(calls) == len(live) + len(history)
    assert_paced(simulator)


async def test_a_restart_makes_no_call_before_its_time(
    driver: Driver, simulator: Simulator, moving: MovableClock
) -> None:
    driver.ledger.since = moving() - DAY
    await driver.connect()
    await driver.run(20 * timedelta(minutes=1))
    state = driver.backend.state()
    job = driver.next_job()
    driver.restart()
    assert json.loads(json.dumps(state)) == state
    assert driver.backend.state() == state
    assert driver.next_job() == job
    assert job.due > moving()


@pytest.mark.parametrize("state", [{"polls": 5}, {"devices": {"x": {}}}, {"odd": 1}])
async def test_a_state_that_cannot_be_read_is_forgotten(
    driver: Driver, moving: MovableClock, state: dict[str, object]
) -> None:
    object.__setattr__(driver.context, "state", state)
    backend = driver.vendor.build(driver.context)
    job = backend.plan(moving(), [])
    assert job is not None
    assert job.due <= moving()
    assert job.live


async def test_a_readout_that_is_late_is_asked_for_once_more(
    driver: Driver, simulator: Simulator, moving: MovableClock
) -> None:
    driver.ledger.since = moving()
    await driver.connect()
    slot = datetime(2026, 11, 20, 12, 15, tzinfo=UTC)
    simulator.add(
        Distortion(
            DistortionKind.LATE,
            "onemeter",
            start=slot,
            end=slot + timedelta(minutes=1),
            until=slot + timedelta(minutes=4),
        )
    )
    first = await driver.step()
    second = await driver.step()
    third = await driver.step()
    assert second.due - first.due == timedelta(minutes=5)
    assert third.due - first.due == timedelta(minutes=15)


async def test_a_silent_reader_is_not_asked_twice_for_ever(
    driver: Driver, simulator: Simulator, moving: MovableClock
) -> None:
    driver.ledger.since = moving()
    await driver.connect()
    simulator.add(
        Distortion(
            DistortionKind.GAP, "onemeter", start=moving(), end=moving() + 10 * HOUR
        )
    )
    await driver.run(8 * HOUR)
    assert 32 < len(simulator.calls("onemeter")) <= 1 + 32 + 5


@pytest.mark.parametrize("installed", [A_YEAR_AGO])
async def test_a_hole_of_months_across_chunks_is_bridged(
    driver: Driver, simulator: Simulator, installed: datetime
) -> None:
    """The hole begins and ends in the middle of chunks, and swallows two."""
    start = installed + timedelta(days=40, minutes=7)
    simulator.add(
        Distortion(
            DistortionKind.GAP,
            "onemeter",
            start=start,
            end=start + timedelta(days=100, hours=5),
        )
    )
    await driver.connect()
    await driver.run(2 * HOUR)
    assert assert_history_is_the_truth(driver, simulator) > 4 * 365 * 24
    assert len(simulator.calls("onemeter", path="*/readings")) < 2 * 15


@pytest.mark.parametrize(
    "distortion",
    [
        DistortionKind.LACKING,
        DistortionKind.EMPTY,
        DistortionKind.SENTINEL,
        DistortionKind.GAP,
    ],
)
async def test_rows_without_a_value_are_bridged(
    driver: Driver,
    simulator: Simulator,
    moving: MovableClock,
    distortion: DistortionKind,
) -> None:
    for start in (moving() - 20 * DAY, moving() - 3 * HOUR):
        simulator.add(
            Distortion(distortion, "onemeter", start=start, end=start + 2 * HOUR)
        )
    await driver.connect()
    await driver.run(3 * HOUR)
    assert_history_is_the_truth(driver, simulator)


async def test_a_meter_that_was_replaced_is_not_consumption(
    driver: Driver, simulator: Simulator, moving: MovableClock
) -> None:
    simulator.add(
        Distortion(
            DistortionKind.SWAP,
            "onemeter",
            start=moving() + 3 * HOUR,
            end=moving() + 4 * HOUR,
        )
    )
    await driver.connect()
    await driver.run(30 * HOUR)
    for series in driver.ledger.books:
        hours = simulator.truth("onemeter", series.meter)
        expected = hours[series.quantity, str(series.channel)]
        verdict = check(driver.rows(series), expected)
        assert (verdict.missing, verdict.extra, verdict.wrong) == ((), (), ())
        # Each of the two meters is exact to its own resolution.
        assert verdict.total_error_kwh <= 2 * 0.01 + 1e-6
        assert verdict.energy_kwh > 1


async def test_readings_that_come_days_late_are_found(
    driver: Driver, simulator: Simulator, moving: MovableClock
) -> None:
    start = moving() + HOUR
    simulator.add(
        Distortion(
            DistortionKind.LATE,
            "onemeter",
            start=start,
            end=start + 5 * HOUR,
            until=start + 40 * HOUR,
        )
    )
    driver.ledger.since = moving() - 3 * DAY
    await driver.connect()
    await driver.run(3 * DAY)
    for series in driver.ledger.books:
        expected = simulator.truth("onemeter", series.meter, driver.ledger.since)
        rows = driver.rows(series)
        hours = expected[series.quantity, str(series.channel)]
        inside = [row for row in rows if row.start in hours]
        assert len(inside) == len(hours)
        assert not any(hour.estimated for hour in hours.values())
        for row in inside:
            assert row.state == pytest.approx(hours[row.start].kwh, abs=0.0101)
