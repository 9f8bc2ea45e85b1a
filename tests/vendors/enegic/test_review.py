"""The last days are read again, and what only dips is not believed at once."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.simulator import Distortion, DistortionKind, MovableClock, Simulator
from tests.vendors.driver import Driver

from .test_simulated import assert_history_is_the_truth, history_calls

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


async def test_each_of_the_last_three_days_is_read_again_each_day(
    driver: Driver, simulator: Simulator
) -> None:
    """It costs three calls a day and meter, and comes after what is missing."""
    driver.context = replace(driver.context, options={"poll_interval": 300})
    driver.restart()
    await driver.connect()
    await driver.run(10 * MINUTE)
    before = len(history_calls(simulator))
    await driver.run(DAY)

    meters = len(simulator.vendor("enegic").meter_ids)
    assert len(history_calls(simulator)) - before == (24 + 3) * meters
    assert_history_is_the_truth(driver, simulator)
    assert driver.errors == []


async def test_a_correction_of_yesterday_is_found_after_a_restart(
    driver: Driver, simulator: Simulator, moving: MovableClock
) -> None:
    driver.context = replace(driver.context, options={"poll_interval": 300})
    driver.restart()
    await driver.connect()
    await driver.run(10 * MINUTE)
    start = moving().replace(minute=0) + HOUR
    simulator.add(
        Distortion(
            DistortionKind.CORRECTED,
            "enegic",
            start=start,
            end=start + 3 * HOUR,
            until=start + 6 * HOUR,
        )
    )
    await driver.run(5 * HOUR)
    assert_history_is_the_truth(driver, simulator)
    await driver.run(2 * HOUR)
    with pytest.raises(AssertionError, match="wrong"):
        assert_history_is_the_truth(driver, simulator)

    driver.restart()
    await driver.run(DAY)
    assert_history_is_the_truth(driver, simulator)


async def test_a_dip_of_hours_is_not_counted_when_it_ends(
    driver: Driver, simulator: Simulator, moving: MovableClock
) -> None:
    """The register comes back at once: that is no consumption of one minute."""
    await driver.connect()
    await driver.run(10 * MINUTE)
    start: datetime = moving().replace(minute=0) + HOUR
    simulator.add(
        Distortion(
            DistortionKind.DIP,
            "enegic",
            start=start,
            end=start + 3 * HOUR,
            amount=2.0,
        )
    )
    await driver.run(start + 5 * HOUR + 10 * MINUTE - moving())

    assert_history_is_the_truth(driver, simulator)
