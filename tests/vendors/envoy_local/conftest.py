"""A gateway on loopback, with TLS or without, and somebody who polls it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from aiohttp import ClientSession, CookieJar, TCPConnector
import pytest

from custom_components.meter_hub.metering.model import Reading, Update, Value
from custom_components.meter_hub.metering.vocabulary import Quantity
from custom_components.meter_hub.vendors import endpoints
from custom_components.meter_hub.vendors.base import Account, Backend, Context
from custom_components.meter_hub.vendors.envoy_local import ENVOY_LOCAL, adapter
from custom_components.meter_hub.vendors.envoy_local.plan import PollJob
from tests.simulator import MovableClock
from tests.vendors.conftest import allowance_of

from .replay import NOW, PASSWORD, USERNAME, Replay, serving

MINUTE = timedelta(minutes=1)


@dataclass
class Owner:
    """Polls a gateway as Home Assistant would, and remembers what it was told."""

    context: Context
    clock: MovableClock
    saved: list[Mapping[str, Any]]
    readings: dict[tuple[str, Quantity, str], Reading] = field(default_factory=dict)
    update: Update = field(default_factory=Update)
    backend: Backend = field(init=False)

    def __post_init__(self) -> None:
        """Build the backend."""
        self.backend = ENVOY_LOCAL.build(self.context)

    async def connect(self) -> Account:
        """Sign in."""
        account = await self.backend.connect()
        self._take(account.update)
        return account

    async def poll(self, after: timedelta = MINUTE) -> Update:
        """Make a poll some time later."""
        self.clock.at += after
        return self._take(
            await self.backend.fetch(PollJob(due=self.clock(), live=True))
        )

    async def follow(self, duration: timedelta) -> list[type]:
        """Do all that is planned; return what that was."""
        end, done = self.clock() + duration, []
        while (job := self.backend.plan(self.clock(), ())) and job.due <= end:
            self.clock.at = max(job.due, self.clock())
            done.append(type(job))
            self._take(await self.backend.fetch(job))
        self.clock.at = end
        return done

    def restart(self) -> None:
        """Build the backend anew from what survives."""
        credentials = self.saved[-1] if self.saved else self.context.credentials
        self.context = replace(
            self.context, state=self.backend.state(), credentials=credentials
        )
        self.backend = ENVOY_LOCAL.build(self.context)

    def value(
        self, quantity: Quantity, channel: str = "total", meter: str | None = None
    ) -> Value | None:
        """Return what is known now."""
        meters = self.update.meters
        assert meters
        reading = self.readings.get((meter or meters[0].id, quantity, channel))
        return None if reading is None else reading.value_at(self.clock())

    def told(self, quantity: Quantity) -> set[tuple[str, str]]:
        """Return of which meters and channels a quantity is told."""
        return {
            (meter, channel)
            for meter, each, channel in self.readings
            if each is quantity
        }

    def _take(self, update: Update) -> Update:
        if update.meters is not None:
            self.update = update
        self.readings |= {
            (each.series.meter, each.series.quantity, each.series.channel): each
            for each in update.readings
        }
        return update


def owner_of(
    session: ClientSession,
    clock: MovableClock,
    credentials: Mapping[str, Any],
    **options: Any,
) -> Owner:
    """Return the owner of a gateway that opens with these credentials."""
    saved: list[Mapping[str, Any]] = []

    async def save(renewed: Mapping[str, Any]) -> None:
        saved.append(renewed)

    context = Context(
        session=session,
        clock=clock,
        time_zone="UTC",
        credentials=credentials,
        options=options,
        excluded=frozenset(),
        allowance=allowance_of(clock, timedelta(0)),
        state={},
        save_credentials=save,
    )
    return Owner(context, clock, saved)


type Open = Callable[..., Awaitable[Owner]]


@pytest.fixture
def moving() -> MovableClock:
    return MovableClock(NOW)


@pytest.fixture
async def local_session(socket_enabled: None) -> AsyncIterator[ClientSession]:
    """Return a session as the vendor declares that it needs it."""
    connector = TCPConnector(ssl=ENVOY_LOCAL.verify_tls)
    jar = CookieJar(unsafe=ENVOY_LOCAL.own_session)
    async with ClientSession(connector=connector, cookie_jar=jar) as session:
        yield session


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the library not wait before it asks again."""
    monkeypatch.setattr(adapter, "_WAIT", 0)


@pytest.fixture
async def open_gateway(
    local_session: ClientSession,
    moving: MovableClock,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Open]:
    """Return what serves a gateway and gives it an owner."""
    async with AsyncExitStack() as stack:

        async def open_gateway(
            replay: Replay,
            credentials: Mapping[str, Any] | None = None,
            *,
            plain: bool = False,
            **options: Any,
        ) -> Owner:
            cloud = await stack.enter_async_context(serving(replay, plain=plain))
            endpoint = endpoints.Endpoint(cloud, timedelta())
            monkeypatch.setattr(endpoints, "ENLIGHTEN", endpoint)
            monkeypatch.setattr(endpoints, "ENTREZ", endpoint)
            if credentials is None:
                credentials = {"username": USERNAME, "password": PASSWORD}
            typed = {"host": replay.host, **credentials}
            return owner_of(local_session, moving, typed, **options)

        yield open_gateway
