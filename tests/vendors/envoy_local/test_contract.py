"""What of the library is used beyond what it documents must be there."""

from collections.abc import Callable
from inspect import signature
from typing import Any

from aiohttp import ClientSession
from pyenphase import Envoy, EnvoyTokenAuth
from pyenphase.const import URL_TARIFF
from pyenphase.envoy import get_updaters
from pyenphase.exceptions import (
    ENDPOINT_PROBE_EXCEPTIONS,
    EnvoyCommunicationError,
    EnvoyHTTPStatusError,
    EnvoyPoorDataQuality,
)
import pytest

from custom_components.meter_hub.vendors import endpoints
from custom_components.meter_hub.vendors.base import UnexpectedAnswer
from custom_components.meter_hub.vendors.envoy_local.adapter import (
    PRIVATE,
    UNREAD,
    UNREAD_PARTS,
    CloudToken,
    Gateway,
)

from .conftest import Open
from .house import a_house
from .replay import PASSWORD, USERNAME


def parameters(function: Callable[..., Any]) -> list[str]:
    return list(signature(function).parameters)


async def test_the_parts_are_there(local_session: ClientSession) -> None:
    for owner, name in PRIVATE:
        assert hasattr(owner, name), name
    assert Envoy("a-host", local_session)._updaters == []
    assert parameters(Envoy.probe_request) == ["self", "endpoint"]
    assert parameters(Envoy.request) == ["self", "endpoint", "data", "method"]
    assert parameters(Envoy.__init__) == [
        "self",
        "host",
        "client",
        "timeout",
        "v2_acb_mode",
    ]
    assert parameters(EnvoyTokenAuth._post_json_with_cloud_client) == [
        "self",
        "cloud_client",
        "url",
        "data",
        "json",
    ]


def test_a_probe_takes_these_errors_for_a_path_that_is_not_there() -> None:
    assert issubclass(EnvoyHTTPStatusError, ENDPOINT_PROBE_EXCEPTIONS)
    assert not issubclass(EnvoyCommunicationError, ENDPOINT_PROBE_EXCEPTIONS)
    assert not issubclass(EnvoyPoorDataQuality, ENDPOINT_PROBE_EXCEPTIONS)


async def test_paths_that_nobody_reads_are_not_asked(open_gateway: Open) -> None:
    replay = a_house()
    replay.set(URL_TARIFF, {"tariff": {}})
    owner = await open_gateway(replay)
    await owner.connect()
    await owner.poll()
    assert "/ivp/meters/readings" in replay.requests
    assert not (UNREAD | UNREAD_PARTS) & set(replay.requests)


async def test_one_cycle_asks_each_path_once(open_gateway: Open) -> None:
    replay = a_house()
    owner = await open_gateway(replay)
    await owner.connect()
    replay.requests.clear()
    await owner.poll()
    assert sorted(replay.requests) == [
        "/api/v1/production/inverters",
        "/ivp/meters",
        "/ivp/meters/readings",
        "/production.json?details=1",
    ]


async def test_the_cloud_is_asked_where_the_endpoints_say(open_gateway: Open) -> None:
    """Check that the sign-in goes to our addresses, and those of others stay."""
    sign_in, tokens = EnvoyTokenAuth.JSON_LOGIN_URL, EnvoyTokenAuth.TOKEN_URL
    updaters = list(get_updaters())
    replay = a_house()
    owner = await open_gateway(replay)
    await owner.connect()
    assert replay.requests[1:3] == ["/login/login.json", "/tokens"]
    assert replay.bodies == [
        {"user[email]": USERNAME, "user[password]": PASSWORD},
        {
            "session_id": "a-session",
            "serial_num": replay.serial,
            "username": USERNAME,
        },
    ]
    assert sign_in == EnvoyTokenAuth.JSON_LOGIN_URL
    assert tokens == EnvoyTokenAuth.TOKEN_URL
    assert get_updaters() == updaters


def test_the_real_addresses_are_the_librarys() -> None:
    cloud = CloudToken("a-host", serial="1")
    assert endpoints.ENLIGHTEN.url.startswith("https://")
    assert cloud.JSON_LOGIN_URL == EnvoyTokenAuth.JSON_LOGIN_URL
    assert cloud.TOKEN_URL == EnvoyTokenAuth.TOKEN_URL


async def test_another_library_is_refused(
    local_session: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(EnvoyTokenAuth, "JSON_LOGIN_URL")
    with pytest.raises(UnexpectedAnswer, match="library_unsupported"):
        Gateway("a-host", local_session)
