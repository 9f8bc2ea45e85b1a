"""An Enegic account: with simulated houses, or with answers that a test decides."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from aiohttp import ClientSession
from homeassistant.core import HomeAssistant
import pytest

from custom_components.meter_hub.memory import Memory
from custom_components.meter_hub.vendors import endpoints, transport
from custom_components.meter_hub.vendors.enegic import ENEGIC
from tests.simulator import MovableClock, Simulator
from tests.vendors.conftest import Loopback, SimulatedCloud, allowance_of
from tests.vendors.driver import Driver

from .cloud import Cloud

PACE = timedelta(seconds=1)


@pytest.fixture
def moving() -> MovableClock:
    return MovableClock(datetime(2026, 11, 20, 12, 7, tzinfo=UTC))


@pytest.fixture
def installed() -> datetime:
    """Return when the meters were put up."""
    return datetime(2026, 11, 17, 9, 53, 6, tzinfo=UTC)


@pytest.fixture(autouse=True)
def leaping(moving: MovableClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the clock leap where a call waits for its turn."""

    async def sleep(seconds: float) -> None:
        moving.advance(timedelta(seconds=seconds))

    leaper = SimpleNamespace(sleep=sleep, to_thread=asyncio.to_thread)
    monkeypatch.setattr(transport, "asyncio", leaper)


@pytest.fixture
def saved() -> list[Mapping[str, Any]]:
    """Return the credentials that were saved, in turn."""
    return []


def driver_of(
    session: ClientSession,
    moving: MovableClock,
    credentials: Mapping[str, Any],
    saved: list[Mapping[str, Any]],
    history: timedelta = timedelta(days=400),
) -> Driver:
    """Return an account whose owner wants the whole history."""

    async def save(credentials: Mapping[str, Any]) -> None:
        saved.append(credentials)
        made.context = replace(made.context, credentials=credentials)

    made = Driver(
        ENEGIC,
        session,
        moving,
        allowance_of(moving, PACE),
        credentials,
        history=history,
        save_credentials=save,
    )
    return made


@pytest.fixture
def simulated_cloud() -> SimulatedCloud:
    return SimulatedCloud("enegic", "ENEGIC", PACE)


@pytest.fixture
def driver(
    session: ClientSession,
    moving: MovableClock,
    simulator: Simulator,
    saved: list[Mapping[str, Any]],
) -> Driver:
    """Return an account of the simulated cloud."""
    credentials = simulator.vendor("enegic").credentials
    return driver_of(session, moving, credentials, saved)


@pytest.fixture
def cloud(loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """Return a cloud whose answers a test decides."""
    cloud = Cloud()
    loopback.handler = cloud.handle
    endpoint = endpoints.Endpoint(loopback.url, pace=PACE)
    monkeypatch.setattr(endpoints, "ENEGIC", endpoint)
    return cloud


@pytest.fixture
def account(
    session: ClientSession,
    moving: MovableClock,
    cloud: Cloud,
    saved: list[Mapping[str, Any]],
) -> Driver:
    """Return an account of that cloud, which a person signs in to."""
    credentials = {"username": " Jo@Example.org", "password": "geheim"}
    return driver_of(session, moving, credentials, saved)


@pytest.fixture
async def signed(account: Driver, moving: MovableClock) -> Driver:
    """Return an account that is signed in and wants no history."""
    account.ledger.since = moving() + timedelta(days=1000)
    await account.connect()
    return account


@pytest.fixture
def memory(hass: HomeAssistant) -> Memory:
    """Return what Home Assistant remembers of an account: as yet nothing."""
    return Memory(hass, "entry")
