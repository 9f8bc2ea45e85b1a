"""What goes wrong: refused keys, an account that loses devices, a cloud in trouble."""

from datetime import datetime, timedelta

import pytest

from custom_components.meter_hub.metering.model import Series
from custom_components.meter_hub.metering.vocabulary import Quantity
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

from .checks import assert_history_is_the_truth, assert_paced

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


async def test_a_refused_key(driver: Driver, simulator: Simulator) -> None:
    simulator.add(Fault(FaultKind.EXPIRED, "onemeter"))
    with pytest.raises(AuthError) as caught:
        await driver.connect()
    assert caught.value.reason == "invalid_auth"


async def test_case_13_a_key_that_is_revoked_while_running(
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
    for more in (account.meter_ids | {"sold"}, frozenset([*account.meter_ids][:1])):
        assert driver.backend.same_account(KnownAccount("someone-else", more), account)


async def test_a_shared_device_does_not_make_another_account_the_same(
    driver: Driver,
) -> None:
    account = await driver.backend.connect()
    shared, *_ = account.meter_ids
    for devices in ({"another"}, {"another", shared}, set[str]()):
        other = KnownAccount("someone-else", frozenset(devices))
        assert not driver.backend.same_account(other, account)


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


async def test_case_13_html_fails_the_poll_and_no_more(
    driver: Driver, simulator: Simulator
) -> None:
    await driver.connect()
    simulator.add(Fault(FaultKind.HTML, "onemeter", times=1))
    await driver.step()
    assert driver.errors[0][1].reason == "not_json"
    await driver.step()
    assert len(driver.errors) == 1


@pytest.mark.parametrize("seconds", [120, 1200])
async def test_case_13_after_429_the_cloud_is_left_alone(
    driver: Driver, simulator: Simulator, moving: MovableClock, seconds: int
) -> None:
    driver.ledger.since = moving()
    await driver.connect()
    simulator.add(Fault(FaultKind.RATE_LIMIT, "onemeter", seconds=seconds, times=1))
    await driver.step()
    refused_at = moving()
    assert isinstance(driver.errors[0][1], RateLimited)
    values = dict(driver.readings)
    await driver.step()
    assert moving() - refused_at >= timedelta(seconds=seconds)
    assert values.keys() == driver.readings.keys()


async def test_case_13_a_device_that_is_gone_leaves_the_others_alone(
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
    assert {each.series.quantity for each in update.readings} == {Quantity.MULTIPLIER}
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
    assert {series.quantity for series in driver.readings} == {Quantity.MULTIPLIER}
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


@pytest.mark.parametrize("amount", [2.0, 4.0])
async def test_a_dip_of_hours_is_not_counted(
    driver: Driver, simulator: Simulator, moving: MovableClock, amount: float
) -> None:
    """Hours are asked for while all that was read lately is too low."""
    await driver.connect()
    await driver.run(2 * HOUR)
    start: datetime = moving().replace(minute=0) + HOUR
    simulator.add(
        Distortion(
            DistortionKind.DIP,
            "onemeter",
            start=start,
            end=start + 7 * HOUR,
            amount=amount,
        )
    )
    await driver.run(start + DAY - moving())

    assert_history_is_the_truth(driver, simulator)
