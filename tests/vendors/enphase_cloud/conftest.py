"""Accounts at the light model of the vendor."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, Protocol, cast

from aiohttp import ClientSession
import pytest

from custom_components.meter_hub.metering.budget import Budget
from custom_components.meter_hub.vendors import endpoints, transport
from custom_components.meter_hub.vendors.allowance import Allowance
from custom_components.meter_hub.vendors.base import Backend, Context
from custom_components.meter_hub.vendors.enphase_cloud import ENPHASE_CLOUD, backend
from tests.simulator import MovableClock, Simulator
from tests.simulator.enphase_cloud import PLANS, EnphaseCloudApi
from tests.vendors.driver import Driver

from .houses import House
from .model import Cloud, allowance_of


class Open(Protocol):
    """Opens an account."""

    def __call__(
        self,
        *houses: House,
        limit: int = 1000,
        per_minute: int = 10,
        plan: str = "watt",
        options: Mapping[str, Any] | None = None,
        history: timedelta = timedelta(days=10),
        credentials: Mapping[str, Any] | None = None,
    ) -> tuple[Driver, Cloud]:
        """Open the account that sees these houses."""


@pytest.fixture
def moving() -> MovableClock:
    return MovableClock(datetime(2026, 12, 1, 0, 30, tzinfo=UTC))


@pytest.fixture
def open_account(moving: MovableClock, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Return what opens an account at the model, which is in the client's place."""

    def opened(
        *houses: House,
        limit: int = 1000,
        per_minute: int = 10,
        plan: str = "watt",
        options: Mapping[str, Any] | None = None,
        history: timedelta = timedelta(days=10),
        credentials: Mapping[str, Any] | None = None,
    ) -> tuple[Driver, Cloud]:
        allowance = allowance_of(moving, limit, per_minute)
        cloud = Cloud(
            moving, {house.id: house for house in houses}, allowance, limit, per_minute
        )
        client: Callable[..., Cloud] = lambda *_: cloud  # noqa: E731
        monkeypatch.setattr(backend, "EnphaseClient", client)
        driver = Driver(
            replace(ENPHASE_CLOUD, build=built),
            cast("ClientSession", None),
            moving,
            allowance,
            {"api_key": "a-key", "plan": plan, **(credentials or {})},
            history=history,
            options={"history_days": history.days, **(options or {})},
        )
        return driver, cloud

    return opened


def built(context: Context) -> Backend:
    """Return the backend of an account that may call."""

    async def token(*, refused: str | None = None) -> str:
        return "a-token"

    return ENPHASE_CLOUD.build(replace(context, access_token=token))


PACE = timedelta(seconds=1)


@pytest.fixture
def installed() -> datetime:
    """Return when the simulated systems began."""
    return datetime(2026, 10, 14, 8, 40, tzinfo=UTC)


@pytest.fixture
def opened() -> datetime:
    """Return when the simulated cloud is opened."""
    return datetime(2026, 10, 27, 13, 40, tzinfo=UTC)


@pytest.fixture
def leaping(moving: MovableClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the clock leap where a call waits for its turn."""

    async def sleep(seconds: float) -> None:
        moving.advance(timedelta(seconds=seconds))

    leaper = SimpleNamespace(sleep=sleep, to_thread=asyncio.to_thread)
    monkeypatch.setattr(transport, "asyncio", leaper)


@pytest.fixture
async def simulator(
    moving: MovableClock,
    installed: datetime,
    opened: datetime,
    leaping: None,
    socket_enabled: None,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Simulator]:
    """Run the simulated cloud, and have the integration find it."""
    moving.at = opened
    async with Simulator(clock=moving, installed=installed) as simulator:
        endpoint = endpoints.Endpoint(simulator.url("enphase_cloud"), pace=PACE)
        monkeypatch.setattr(endpoints, "ENPHASE", endpoint)
        yield simulator


@pytest.fixture
def api(simulator: Simulator) -> EnphaseCloudApi:
    found = simulator.vendor("enphase_cloud")
    assert isinstance(found, EnphaseCloudApi)
    return found


class Sign:
    """The token of somebody who let us in at the simulated cloud."""

    def __init__(self, api: EnphaseCloudApi) -> None:
        """Begin with a token."""
        self._api = api
        self._token: str = api.oauth.issue(api.client_id)["access_token"]
        self.refused = 0

    async def __call__(self, *, refused: str | None = None) -> str:
        """Return the token, or another one than was refused."""
        if refused == self._token:
            self.refused += 1
            self._token = self._api.oauth.issue(self._api.client_id)["access_token"]
        return self._token


class Simulated(Protocol):
    """Opens an account at the simulated cloud."""

    def __call__(
        self,
        *,
        plan: str = "megawatt",
        history: timedelta = timedelta(days=30),
        options: Mapping[str, Any] | None = None,
        excluded: frozenset[str] = frozenset(),
        credentials: Mapping[str, Any] | None = None,
        time_zone: str = "Europe/Warsaw",
    ) -> Driver:
        """Open it."""


@pytest.fixture
def simulated(
    session: ClientSession, moving: MovableClock, api: EnphaseCloudApi
) -> Simulated:
    """Return what opens an account with all simulated systems."""
    sign = Sign(api)

    def opened(
        *,
        plan: str = "megawatt",
        history: timedelta = timedelta(days=30),
        options: Mapping[str, Any] | None = None,
        excluded: frozenset[str] = frozenset(),
        credentials: Mapping[str, Any] | None = None,
        time_zone: str = "Europe/Warsaw",
    ) -> Driver:
        def build(context: Context) -> Backend:
            return ENPHASE_CLOUD.build(
                replace(context, access_token=sign, excluded=excluded)
            )

        given = {**api.credentials, "plan": plan, **(credentials or {})}
        limits = ENPHASE_CLOUD.limits(given)
        api.apps[given["api_key"]].plan = PLANS[plan]

        async def forget(_: Budget) -> None:
            pass

        return Driver(
            replace(ENPHASE_CLOUD, build=build),
            session,
            moving,
            Allowance(Budget.fresh(limits), moving, forget),
            given,
            history=history,
            options={"history_days": history.days, **(options or {})},
            time_zone=time_zone,
        )

    return opened
