"""A client at a vendor whose answers a test decides."""

from datetime import UTC, date, datetime, timedelta

from aiohttp import ClientSession, web
import pytest

from custom_components.meter_hub.metering.budget import Budget, Limits
from custom_components.meter_hub.vendors import endpoints
from custom_components.meter_hub.vendors.allowance import Allowance
from custom_components.meter_hub.vendors.base import AuthError
from custom_components.meter_hub.vendors.enphase_cloud.client import EnphaseClient
from custom_components.meter_hub.vendors.transport import Transport
from tests.vendors.conftest import Clock, Loopback

SYSTEM = "701052773"
START = datetime(2026, 11, 20, 5, tzinfo=UTC)
DAY = date(2026, 11, 20)
NOTHING = web.json_response({})


class Tokens:
    """Gives a token, and another one where it is refused."""

    def __init__(self) -> None:
        """Begin with one that is good."""
        self.number = 1
        self.is_over = False

    async def __call__(self, *, refused: str | None = None) -> str:
        """Give the token; refuse to renew it where a person must act."""
        if refused == f"token-{self.number}":
            if self.is_over:
                raise AuthError("invalid_auth")
            self.number += 1
        return f"token-{self.number}"


@pytest.fixture
def tokens() -> Tokens:
    return Tokens()


@pytest.fixture
def allowance(clock: Clock) -> Allowance:
    """Return a real plan's allowance, without its pace."""

    async def save(_: Budget) -> None:
        pass

    return Allowance(Budget.fresh(Limits(timedelta(0), 10, 1000)), clock, save)


def client_of(
    session: ClientSession,
    clock: Clock,
    allowance: Allowance,
    tokens: Tokens,
    key: str = " the-key\n",
) -> EnphaseClient:
    """Return a client with this key."""
    transport = Transport(session, clock, allowance, attempts=1)
    return EnphaseClient(transport, tokens, key, allowance.hold, clock)


@pytest.fixture
def client(
    session: ClientSession,
    clock: Clock,
    allowance: Allowance,
    tokens: Tokens,
    loopback: Loopback,
    monkeypatch: pytest.MonkeyPatch,
) -> EnphaseClient:
    endpoint = endpoints.Endpoint(loopback.url, pace=timedelta(0))
    monkeypatch.setattr(endpoints, "ENPHASE", endpoint)
    return client_of(session, clock, allowance, tokens)


def refusal(status: int, body: object) -> web.Response:
    """Return a refusal."""
    return web.json_response(body, status=status)


def asked(loopback: Loopback) -> list[str]:
    """Return the paths that were asked for, without what is common to all."""
    return [request.path.removeprefix("/api/v4/") for request in loopback.requests]
