"""What tests of an account do, and look at."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from custom_components.meter_hub.metering.model import Notice
from tests.simulator import Simulator
from tests.vendors.driver import Driver

from .model import Cloud

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


def alter(cloud: Cloud, call: str, change: Callable[[dict[str, Any]], object]) -> None:
    """Have a call answer otherwise than the model does, from now on."""
    original = getattr(cloud, call)

    async def answer(*asked: Any) -> dict[str, Any]:
        data: dict[str, Any] = await original(*asked)
        change(data)
        return data

    setattr(cloud, call, answer)


def called(cloud: Cloud, part: str) -> list[str]:
    """Return the calls that have this in their names."""
    return [name for _, name in cloud.calls if part in name]
