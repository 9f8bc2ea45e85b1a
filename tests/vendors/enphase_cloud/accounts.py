"""Accounts as they begin, and what their application may call."""

from tests.simulator import Simulator
from tests.simulator.enphase_cloud import EnphaseCloudApi
from tests.vendors.driver import Driver

from .steps import catch_up, paths


async def begin(driver: Driver) -> Driver:
    """Sign in, and make the calls with which an account begins."""
    await driver.connect()
    await catch_up(driver)
    return driver


def deny(api: EnphaseCloudApi, *calls: str) -> None:
    """Let the plan of the application lack these calls, and no others."""
    api.apps[api.credentials["api_key"]].denied = {*calls}


def count(simulator: Simulator, part: str) -> int:
    """Return how many calls had this in their paths."""
    return sum(part in path for path in paths(simulator))
