"""An Energa account: with simulated houses, or with answers that a test decides."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from aiohttp import ClientSession, CookieJar
import pytest

from custom_components.meter_hub.vendors import endpoints, transport
from custom_components.meter_hub.vendors.energa import ENERGA
from tests.simulator import MovableClock, Simulator
from tests.vendors.conftest import Loopback, SimulatedCloud, allowance_of
from tests.vendors.driver import Driver

from .portal import PASSWORD, Portal

PACE = timedelta(seconds=1)


@pytest.fixture
def moving() -> MovableClock:
    return MovableClock(datetime(2026, 10, 5, 12, 20, tzinfo=UTC))


@pytest.fixture(autouse=True)
def leaping(moving: MovableClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the clock leap where a call waits for its turn."""

    async def sleep(seconds: float) -> None:
        moving.advance(timedelta(seconds=seconds))

    leaper = SimpleNamespace(sleep=sleep, to_thread=asyncio.to_thread)
    monkeypatch.setattr(transport, "asyncio", leaper)


@pytest.fixture
async def session(socket_enabled: None) -> AsyncIterator[ClientSession]:
    """Give a session with cookies of its own, also of addresses."""
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as session:
        yield session


@pytest.fixture
def saved() -> list[Mapping[str, Any]]:
    """Return the credentials that were saved, in turn."""
    return []


def driver_of(
    session: ClientSession,
    moving: MovableClock,
    credentials: Mapping[str, Any],
    saved: list[Mapping[str, Any]],
    history: timedelta,
    options: Mapping[str, Any] | None = None,
) -> Driver:
    """Return an account that may renew its credentials."""

    async def save(credentials: Mapping[str, Any]) -> None:
        saved.append(credentials)

    return Driver(
        ENERGA,
        session,
        moving,
        allowance_of(moving, PACE),
        credentials,
        history=history,
        options=options,
        save_credentials=save,
    )


@pytest.fixture
def portal(loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> Portal:
    """Put a portal at the real one's place, which the test fills."""
    portal = Portal()
    loopback.handler = portal.handle
    endpoint = endpoints.Endpoint(f"{loopback.url}/dp", pace=PACE)
    monkeypatch.setattr(endpoints, "ENERGA", endpoint)
    return portal


@pytest.fixture
def driver(
    session: ClientSession,
    moving: MovableClock,
    portal: Portal,
    saved: list[Mapping[str, Any]],
) -> Driver:
    """Return an account at the portal, whose owner wants but the last days."""
    credentials = {"username": "Jo@Example.org", "password": PASSWORD}
    return driver_of(session, moving, credentials, saved, timedelta(days=3))


@pytest.fixture
def installed() -> datetime:
    """Return when the simulated meters began."""
    return datetime(2026, 9, 24, 8, 30, tzinfo=UTC)


@pytest.fixture
def simulated_cloud() -> SimulatedCloud:
    return SimulatedCloud("energa", "ENERGA", PACE)


@pytest.fixture
def simulated(
    session: ClientSession,
    moving: MovableClock,
    simulator: Simulator,
    saved: list[Mapping[str, Any]],
) -> Driver:
    """Return an account with simulated houses, whose owner wants the whole history.

    It polls as seldom as can be, so that tests of many days are short.
    """
    return driver_of(
        session,
        moving,
        simulator.vendor("energa").credentials,
        saved,
        timedelta(days=30),
        {"poll_interval_minutes": 720},
    )
