"""An account from its sign-in on: which calls are made, when, and what they bring."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
import json

import pytest

from custom_components.meter_hub.metering.model import Quantity, Series
from custom_components.meter_hub.vendors.base import (
    AuthError,
    Job,
    KnownAccount,
    RateLimited,
    Unavailable,
)
from tests.simulator import (
    Distortion,
    DistortionKind,
    Fault,
    FaultKind,
    MovableClock,
    Simulator,
    check,
)
from tests.vendors.driver import Driver

from .conftest import PACE

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
A_YEAR_AGO = datetime(2025, 11, 20, 9, 53, 6, tzinfo=UTC)


def assert_history_is_the_truth(driver: Driver, simulator: Simulator) -> int:
    """Compare all rows with what the cloud has published; return their number."""
    wanted = {
        Series(meter, Quantity[quantity.upper()], channel): hours
        for meter in simulator.vendor("onemeter").meter_ids
        for (quantity, channel), hours in simulator.truth("onemeter", meter).items()
    }
    assert driver.ledger.books.keys() == wanted.keys()
    count = 0
    for series, expected in wanted.items():
        rows = driver.rows(series)
        verdict = check(rows, expected)
        assert verdict.ok, f"{series.quantity}/{series.channel}: {verdict.problems()}"
        count += verdict.hours
    return count


def assert_paced(simulator: Simulator) -> None:
    """Check that no two calls were closer than the cloud wants."""
    calls = simulator.calls("onemeter")
    assert all(b.at - a.at >= PACE for a, b in pairwise(calls))


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
async def test_a_year_of_two_houses(
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


async def test_a_refused_key(driver: Driver, simulator: Simulator) -> None:
    simulator.add(Fault(FaultKind.EXPIRED, "onemeter"))
    with pytest.raises(AuthError) as caught:
        await driver.connect()
    assert caught.value.reason == "invalid_auth"


async def test_a_key_that_is_revoked_while_running(
    driver: Driver, simulator: Simulator
) -> None:
    await driver.connect()
    simulator.add(Fault(FaultKind.EXPIRED, "onemeter"))
    await driver.step()
    assert isinstance(driver.errors[0][1], AuthError)


async def test_a_key_without_devices(driver: Driver, simulator: Simulator) -> None:
    simulator.vendor("onemeter").keys["simulated-onemeter-key"] = ()  # type: ignore[attr-defined]
    update = await driver.connect()
    assert update.meters == ()


async def test_another_key_for_the_same_devices_is_the_same_account(
    driver: Driver,
) -> None:
    account = await driver.backend.connect()
    known = KnownAccount(account.unique_id, account.meter_ids)
    assert driver.backend.same_account(known, account)
    moved = KnownAccount("someone-else", account.meter_ids)
    assert driver.backend.same_account(moved, account)
    stranger = KnownAccount("someone-else", frozenset({"another"}))
    assert not driver.backend.same_account(stranger, account)


async def test_a_bad_day_costs_two_calls_a_quarter_hour(
    driver: Driver, simulator: Simulator, moving: MovableClock
) -> None:
    driver.ledger.since = moving() - DAY
    await driver.connect()
    await driver.run(HOUR)
    before = len(simulator.calls("onemeter"))
    simulator.add(Fault(FaultKind.STATUS, "onemeter", status=503))
    await driver.run(6 * HOUR)
    assert all(isinstance(error, Unavailable) for _, error in driver.errors)
    assert len(simulator.calls("onemeter")) - before <= 6 * 4 * 2
    simulator.clear()
    await driver.run(2 * HOUR)
    meters = simulator.vendor("onemeter").meter_ids
    for series in driver.ledger.books:
        assert series.meter in meters
        hours = simulator.truth("onemeter", series.meter, driver.ledger.since)
        expected = hours[series.quantity, str(series.channel)]
        assert check(driver.rows(series), expected).missing == ()


async def test_html_fails_the_poll_and_no_more(
    driver: Driver, simulator: Simulator
) -> None:
    await driver.connect()
    simulator.add(Fault(FaultKind.HTML, "onemeter", times=1))
    await driver.step()
    assert driver.errors[0][1].reason == "not_json"
    await driver.step()
    assert len(driver.errors) == 1


async def test_after_429_the_cloud_is_left_alone(
    driver: Driver, simulator: Simulator, moving: MovableClock
) -> None:
    driver.ledger.since = moving()
    await driver.connect()
    simulator.add(Fault(FaultKind.RATE_LIMIT, "onemeter", seconds=1200, times=1))
    await driver.step()
    refused_at = moving()
    assert isinstance(driver.errors[0][1], RateLimited)
    values = dict(driver.readings)
    await driver.step()
    assert moving() - refused_at >= timedelta(seconds=1200)
    assert values.keys() == driver.readings.keys()


async def test_a_device_that_is_gone_leaves_the_others_alone(
    driver: Driver, simulator: Simulator, moving: MovableClock
) -> None:
    gone, kept = simulator.vendor("onemeter").meter_ids
    driver.ledger.since = moving() - DAY
    await driver.connect()
    simulator.add(
        Distortion(
            DistortionKind.GONE,
            "onemeter",
            meter=gone,
            start=moving(),
            end=moving() + 5 * HOUR,
        )
    )
    await driver.run(3 * HOUR)
    assert any(update.missing == {gone} for _, update in driver.updates)
    listings = [update.meters for _, update in driver.updates if update.meters]
    assert [meter.id for meter in listings[-1]] == [kept]
    asked = simulator.calls("onemeter", path=f"/api/devices/{gone}/readings")
    assert len(asked) == 1
    assert driver.errors == []
    await driver.run(4 * HOUR)
    hours = simulator.truth("onemeter", gone, driver.ledger.since)
    for series in driver.ledger.books:
        if series.meter == gone:
            expected = hours[series.quantity, str(series.channel)]
            assert check(driver.rows(series), expected).missing == ()


async def test_devices_whose_readouts_a_listing_lacks_are_asked_one_by_one(
    driver: Driver, simulator: Simulator, moving: MovableClock
) -> None:
    simulator.add(
        Fault(
            FaultKind.MISSING_FIELD,
            "onemeter",
            path="/api/devices/",
            fields=("devices.*.lastReading",),
        )
    )
    driver.ledger.since = moving() - 3 * HOUR
    update = await driver.connect()
    assert update.readings == ()
    await driver.run(timedelta(minutes=5))
    meters = simulator.vendor("onemeter").meter_ids
    for meter in meters:
        assert driver.readings[Series(meter, Quantity.GRID_IMPORT)].value
    before = len(simulator.calls("onemeter"))
    await driver.run(DAY)
    calls = simulator.calls("onemeter")[before:]
    for meter in meters:
        path = f"/api/devices/{meter}"
        assert len([call for call in calls if call.path == path]) == 96
    assert len([call for call in calls if call.path == "/api/devices/"]) == 1
    assert_paced(simulator)
    for meter in meters:
        hours = simulator.truth("onemeter", meter, driver.ledger.since)
        expected = hours["grid_import", "total"]
        rows = driver.rows(Series(meter, Quantity.GRID_IMPORT))
        assert check(rows, expected).missing == ()


async def test_a_reader_without_any_readout_is_asked_for_once_a_day(
    driver: Driver, simulator: Simulator
) -> None:
    simulator.add(Fault(FaultKind.MISSING_FIELD, "onemeter", fields=("lastReading",)))
    await driver.connect()
    await driver.run(2 * DAY)
    assert driver.readings == {}
    for meter in simulator.vendor("onemeter").meter_ids:
        calls = simulator.calls("onemeter", path=f"/api/devices/{meter}")
        assert 2 <= len(calls) <= 3


async def test_what_a_listing_does_not_tell_is_asked_for_once_a_day(
    driver: Driver, simulator: Simulator, moving: MovableClock
) -> None:
    simulator.add(
        Fault(
            FaultKind.MISSING_FIELD,
            "onemeter",
            path="/api/devices/",
            fields=("devices.*.firmware",),
        )
    )
    driver.ledger.since = moving()
    update = await driver.connect()
    assert [meter.firmware for meter in update.meters or ()] == [None, None]
    await driver.run(DAY - HOUR)
    for meter in simulator.vendor("onemeter").meter_ids:
        assert len(simulator.calls("onemeter", path=f"/api/devices/{meter}")) == 1
    listing = next(update for _, update in driver.updates[::-1] if update.meters)
    assert all(meter.firmware for meter in listing.meters or ())


async def test_a_detail_that_fails_leaves_the_others_alone(
    driver: Driver, simulator: Simulator, moving: MovableClock
) -> None:
    first, second = simulator.vendor("onemeter").meter_ids
    simulator.add(
        Fault(
            FaultKind.MISSING_FIELD,
            "onemeter",
            path="/api/devices/",
            fields=("devices.*.lastReading",),
        )
    )
    simulator.add(
        Fault(
            FaultKind.STATUS,
            "onemeter",
            status=404,
            body='{"status": "error", "error": "DeviceNotFound"}',
            path=f"/api/devices/{first}",
        )
    )
    simulator.add(
        Fault(
            FaultKind.STATUS,
            "onemeter",
            status=503,
            path=f"/api/devices/{second}",
            times=1,
        )
    )
    driver.ledger.since = moving()
    await driver.connect()
    await driver.run(HOUR)
    assert any(update.missing == {first} for _, update in driver.updates)
    assert len(simulator.calls("onemeter", path=f"/api/devices/{first}")) == 1
    assert [str(error) for _, error in driver.errors] == ["server_error: HTTP 503"]
    assert Series(second, Quantity.GRID_IMPORT) in driver.readings


async def test_an_answer_that_makes_no_sense_is_not_asked_for_again_at_once(
    driver: Driver, simulator: Simulator, moving: MovableClock
) -> None:
    driver.ledger.since = moving()
    await driver.connect()
    simulator.add(Fault(FaultKind.STATUS, "onemeter", status=400))
    await driver.run(HOUR)
    assert [error.reason for _, error in driver.errors] == ["bad_request"] * 4


async def test_older_values_never_replace_newer_ones(
    driver: Driver, simulator: Simulator, moving: MovableClock
) -> None:
    driver.ledger.since = moving()
    await driver.connect()
    old = "2026-11-20T09:00:00.000Z"
    simulator.add(
        Fault(
            FaultKind.REPLACED_FIELD,
            "onemeter",
            fields=("devices.*.lastReading.date",),
            value=old,
        )
    )
    readings = dict(driver.readings)
    await driver.step()
    assert driver.updates[-1][1].readings == ()
    assert driver.readings == readings


async def test_a_backend_makes_only_its_own_calls(
    driver: Driver, moving: MovableClock
) -> None:
    with pytest.raises(TypeError):
        await driver.backend.fetch(Job(moving(), live=True))
