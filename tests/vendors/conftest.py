"""What all vendors' tests need: a clock that obeys, a loopback server, a session."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
import pytest

from custom_components.meter_hub.metering.budget import Budget, Limits
from custom_components.meter_hub.vendors import endpoints
from custom_components.meter_hub.vendors.allowance import Allowance
from custom_components.meter_hub.vendors.transport import Transport
from tests.simulator import MovableClock, Simulator

SECRET = "a-key-that-nobody-may-see"

type Get = Callable[[], Awaitable[Any]]
type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Clock:
    """A clock that stands still until it is told to go on."""

    def __init__(self, now: datetime) -> None:
        """Start at an instant."""
        self.now = now

    def __call__(self) -> datetime:
        """Tell the time."""
        return self.now

    def advance(self, by: timedelta) -> None:
        """Go on."""
        self.now += by


class Loopback:
    """A server whose answers a test decides, and which remembers the requests."""

    def __init__(self) -> None:
        """Answer an empty object until told otherwise."""
        self.url = ""
        self.requests: list[web.Request] = []
        self.bodies: list[bytes] = []
        self.handler: Handler = self._empty

    def answer(self, *answers: web.Response) -> None:
        """Give these answers in turn, the last of them for ever."""
        remaining = list(answers)

        async def handle(_: web.Request) -> web.StreamResponse:
            answer = remaining.pop(0) if len(remaining) > 1 else remaining[0]
            return web.Response(
                status=answer.status, headers=answer.headers, body=answer.body
            )

        self.handler = handle

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Remember a request and answer it."""
        self.requests.append(request)
        self.bodies.append(await request.read())
        return await self.handler(request)

    @staticmethod
    async def _empty(_: web.Request) -> web.StreamResponse:
        return web.json_response({})


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime(2026, 11, 20, 12, 7, tzinfo=UTC))


@pytest.fixture
def allowance(clock: Clock) -> Allowance:
    """Return an allowance that asks for no pace."""
    return allowance_of(clock, timedelta(0))


def allowance_of(clock: Callable[[], datetime], pace: timedelta) -> Allowance:
    """Return a fresh allowance that nobody saves."""

    async def save(_: Budget) -> None:
        pass

    return Allowance(Budget.fresh(Limits(pace)), clock, save)


@dataclass(frozen=True, slots=True)
class SimulatedCloud:
    """Which of the simulated clouds the integration finds at the real one's place."""

    vendor: str
    endpoint: str
    """The name of the real one's place."""
    pace: timedelta


@pytest.fixture
async def simulator(
    simulated_cloud: SimulatedCloud,
    moving: MovableClock,
    installed: datetime,
    socket_enabled: None,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Simulator]:
    """Run the simulated clouds, one of which a vendor's tests have named."""
    async with Simulator(clock=moving, installed=installed) as simulator:
        url = simulator.url(simulated_cloud.vendor)
        place = endpoints.Endpoint(url, pace=simulated_cloud.pace)
        monkeypatch.setattr(endpoints, simulated_cloud.endpoint, place)
        yield simulator


@pytest.fixture
async def session(socket_enabled: None) -> AsyncIterator[ClientSession]:
    async with ClientSession() as session:
        yield session


@pytest.fixture
async def loopback(socket_enabled: None) -> AsyncIterator[Loopback]:
    loopback = Loopback()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", loopback.handle)
    async with TestServer(app) as server:
        loopback.url = str(server.make_url("")).rstrip("/")
        yield loopback


@pytest.fixture
def get(
    session: ClientSession, clock: Clock, allowance: Allowance, loopback: Loopback
) -> Get:
    """Return a call that is made once and carries secrets wherever it can."""
    transport = Transport(session, clock, allowance, attempts=1)

    async def get() -> Any:
        return await transport.request_json(
            "GET",
            f"{loopback.url}/things",
            headers={"Authorization": SECRET},
            params={"password": SECRET},
        )

    return get
