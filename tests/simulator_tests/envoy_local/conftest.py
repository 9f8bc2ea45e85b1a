"""A gateway, and the library that reads the real ones."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime

from aiohttp import ClientSession, CookieJar, TCPConnector
from pyenphase import Envoy, EnvoyTokenAuth
import pytest

from tests.simulator import Simulator
from tests.simulator.envoy_local import Ct, EnvoyLocalApi, System

CHARGING = datetime(2026, 10, 26, 13, 7, tzinfo=UTC)
"""The sun feeds house, battery and grid; two phases export and one imports."""
DISCHARGING = datetime(2026, 10, 26, 15, 7, tzinfo=UTC)
NIGHT = datetime(2026, 10, 26, 21, 7, tzinfo=UTC)
SYSTEMS = {
    "5 no CT": ("5.0.62", System(metered=False)),
    "7 no CT": ("7.6.175", System(metered=False)),
    "8 CTs disabled": ("8.2.4264", System(inverters=2)),
    "8.3 no CT, details": ("8.3.5289", System(metered=False)),
    "P": ("8.3.5289", System((Ct.PRODUCTION,), phases=1)),
    "PN 3": ("7.6.175", System((Ct.PRODUCTION, Ct.NET))),
    "PN 1": ("8.3.5167", System((Ct.PRODUCTION, Ct.NET), phases=1)),
    "PT 2": ("8.3.5433", System((Ct.PRODUCTION, Ct.TOTAL), phases=2)),
    "PT 3": ("8.2.4286", System((Ct.PRODUCTION, Ct.TOTAL))),
    "PNS 2": (
        "8.2.4286",
        System(
            (Ct.PRODUCTION, Ct.NET, Ct.STORAGE), phases=2, batteries=5, controller=True
        ),
    ),
    "PNS 3": ("8.3.5433", System((Ct.PRODUCTION, Ct.NET, Ct.STORAGE), batteries=2)),
    "PN 3 batteries": (
        "8.3.5167",
        System((Ct.PRODUCTION, Ct.NET), batteries=2, controller=True),
    ),
    "PN 1 ACB": (
        "8.2.4382",
        System((Ct.PRODUCTION, Ct.NET), phases=1, batteries=1, acbs=3),
    ),
    "PN no list": ("7.3.130", System((Ct.PRODUCTION, Ct.NET), lists_meters=False)),
}
"""Firmware and equipment by what is said of them."""

type Connect = Callable[..., Awaitable[Envoy]]


@pytest.fixture
def api(simulator: Simulator) -> EnvoyLocalApi:
    found = simulator.vendor("envoy_local")
    assert isinstance(found, EnvoyLocalApi)
    return found


@pytest.fixture
async def client(simulator: Simulator) -> AsyncGenerator[ClientSession]:
    async with ClientSession(
        connector=TCPConnector(ssl=False), cookie_jar=CookieJar(unsafe=True)
    ) as session:
        yield session


@pytest.fixture
async def connect(api: EnvoyLocalApi) -> AsyncGenerator[Connect]:
    """Give what makes the library read the gateway, with a token or a local user."""
    async with AsyncExitStack() as stack:

        async def connected(
            username: str | None = None, password: str | None = None
        ) -> Envoy:
            session = ClientSession(connector=TCPConnector(ssl=False))
            await stack.enter_async_context(session)
            envoy = Envoy(api.host, session, v2_acb_mode=False)
            await envoy.setup()
            token = api.tokens.issue() if api.encrypted else None
            await envoy.authenticate(username, password, token)
            return envoy

        yield connected


@pytest.fixture
def sign_in(
    api: EnvoyLocalApi, simulator: Simulator, client: ClientSession
) -> Callable[[str, str], Awaitable[str]]:
    """Give what gets a token of the cloud and has the gateway check it."""
    cloud = simulator.url("envoy_local", "cloud")

    class Auth(EnvoyTokenAuth):
        JSON_LOGIN_URL = f"{cloud}/login/login.json?"
        TOKEN_URL = f"{cloud}/tokens"

    async def signed_in(username: str, password: str) -> str:
        auth = Auth(api.host, username, password, api.meter_ids[0])
        await auth.setup(client)
        return auth.token

    return signed_in
