"""What tests of an account do, and look at."""

from datetime import timedelta

from custom_components.meter_hub.metering.model import Notice
from tests.simulator import Simulator
from tests.vendors.driver import Driver

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
EVERYTHING, MICROS, NO_BATTERY = "698910101", "698910102", "698910103"
CHARGER = "202312101001"
OTHERS = frozenset({MICROS, NO_BATTERY})


async def catch_up(driver: Driver) -> None:
    """Make all calls that are due, one after the other."""
    while driver.next_job().due <= driver.clock() + timedelta(minutes=2):
        await driver.step()


def notices(driver: Driver) -> tuple[Notice, ...]:
    """Return what a person should hear of now."""
    told = driver.updates[-1][1].notices
    assert told is not None
    return told


def paths(simulator: Simulator) -> list[str]:
    """Return what was called, in turn."""
    return [
        call.path.partition("/systems")[2] for call in simulator.calls("enphase_cloud")
    ]
