"""A simulator on a short history, and a client that knows the key."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiohttp import ClientSession
import pytest

from tests.simulator import MovableClock, Simulator

INSTALLED = datetime(2026, 10, 20, 9, 53, 6, tzinfo=UTC)
NOW = datetime(2026, 10, 27, 12, 7, tzinfo=UTC)
"""Two days after the end of summer time."""


@dataclass(frozen=True, slots=True)
class Client:
    """Asks the simulated OneMeter cloud."""

    session: ClientSession
    url: str
    prosumer: str
    consumer: str

    async def get(
        self, path: str, key: str | None = "simulated-onemeter-key", **query: str | int
    ) -> tuple[int, Any]:
        """Return status and JSON of a path."""
        headers = {} if key is None else {"Authorization": key}
        async with self.session.get(
            self.url + path, headers=headers, params=query, allow_redirects=False
        ) as answer:
            return answer.status, await answer.json()

    async def rows(
        self, meter: str | None = None, **query: Any
    ) -> list[dict[str, Any]]:
        """Return the rows of history of a meter, the prosumer's if not given."""
        status, body = await self.get(
            f"/devices/{meter or self.prosumer}/readings", **query
        )
        assert status == 200
        return list(body["readings"])


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(NOW)


@pytest.fixture
async def simulator(
    clock: MovableClock, socket_enabled: None
) -> AsyncGenerator[Simulator]:
    async with Simulator(clock=clock, installed=INSTALLED) as running:
        yield running


@pytest.fixture
async def client(simulator: Simulator) -> AsyncGenerator[Client]:
    prosumer, consumer = simulator.vendor("onemeter").meter_ids
    async with ClientSession() as session:
        yield Client(session, simulator.url("onemeter"), prosumer, consumer)
