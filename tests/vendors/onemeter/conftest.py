"""A OneMeter account with two simulated houses."""

from datetime import UTC, datetime, timedelta

from aiohttp import ClientSession
import pytest

from custom_components.meter_hub.vendors.onemeter import ONEMETER
from tests.simulator import MovableClock, Simulator
from tests.vendors.conftest import SimulatedCloud, allowance_of
from tests.vendors.driver import Driver

PACE = timedelta(minutes=1)


@pytest.fixture
def moving() -> MovableClock:
    return MovableClock(datetime(2026, 11, 20, 12, 7, tzinfo=UTC))


@pytest.fixture
def installed() -> datetime:
    """Return when the readers were put on the meters: a good month ago."""
    return datetime(2026, 10, 14, 9, 53, 6, tzinfo=UTC)


@pytest.fixture
def simulated_cloud() -> SimulatedCloud:
    return SimulatedCloud("onemeter", "ONEMETER", PACE)


@pytest.fixture
def driver(
    session: ClientSession, moving: MovableClock, simulator: Simulator
) -> Driver:
    """Return an account whose owner wants the whole history."""
    return Driver(
        ONEMETER,
        session,
        moving,
        allowance_of(moving, PACE),
        simulator.vendor("onemeter").credentials,
        history=timedelta(days=400),
    )
