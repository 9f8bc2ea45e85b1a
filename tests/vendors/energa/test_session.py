"""Sessions end at any time; then another one is opened, once."""

import asyncio
from collections.abc import Mapping
from datetime import date

from aiohttp import ClientSession, web
import pytest
from yarl import URL

from custom_components.meter_hub.vendors.base import Unavailable
from custom_components.meter_hub.vendors.endpoints import Endpoint
from custom_components.meter_hub.vendors.energa.session import HEADERS, EnergaSession
from custom_components.meter_hub.vendors.transport import Transport
from tests.simulator import MovableClock
from tests.vendors.conftest import Loopback, allowance_of

from .conftest import PACE
from .portal import PASSWORD, Portal, enveloped


@pytest.fixture
def opened(
    session: ClientSession, moving: MovableClock, portal: Portal, loopback: Loopback
) -> EnergaSession:
    """Return a session at the portal, which the first call opens."""
    return EnergaSession(
        Transport(session, moving, allowance_of(moving, PACE), attempts=1),
        Endpoint(f"{loopback.url}/dp", pace=PACE),
        session.cookie_jar,
        username="jo",
        password=PASSWORD,
        device_token="0" * 64,
    )


def names(portal: Portal) -> list[str]:
    """Return what was called, in turn."""
    return [name for name, _ in portal.calls]


async def test_calls_at_the_same_time_cause_one_login(
    opened: EnergaSession, portal: Portal
) -> None:
    await asyncio.gather(*(opened.get("/resources/user/data", {}) for _ in range(4)))
    assert names(portal) == ["SessionStatus", "UserLogin", *["data"] * 4]


@pytest.mark.parametrize("status", [401, 403])
async def test_all_calls_of_an_ended_session_cause_one_login(
    opened: EnergaSession, portal: Portal, status: int
) -> None:
    await opened.get("/resources/user/data", {})
    refused = 3

    def refuse(_: Mapping[str, str]) -> web.Response | None:
        nonlocal refused
        refused -= 1
        return web.Response(status=status, text="<p>no</p>") if refused >= 0 else None

    portal.intercept = refuse
    portal.calls.clear()
    await asyncio.gather(*(opened.get("/resources/user/data", {}) for _ in range(3)))
    assert names(portal).count("UserLogin") == 1
    assert names(portal).count("SessionStatus") == 1


async def test_the_parameters_are_those_of_the_new_session(
    opened: EnergaSession, portal: Portal
) -> None:
    tokens = iter(["first", "second"])
    portal.login = lambda: web.json_response(enveloped({"token": next(tokens)}))
    portal.intercept = lambda query: (
        web.Response(status=403) if query.get("token") == "first" else None
    )
    await opened.get("/resources/user/data", {"type": "DAY"})
    sent = [(query["type"], query["token"]) for query in portal.asked("data")]
    assert sent == [("DAY", "first"), ("DAY", "second")]


async def test_a_second_refusal_is_an_outage_and_the_next_call_signs_in_anew(
    opened: EnergaSession, portal: Portal
) -> None:
    portal.intercept = lambda _: web.Response(status=403)
    with pytest.raises(Unavailable) as caught:
        await opened.get("/resources/user/data", {})
    assert caught.value.reason == "session_refused"
    assert names(portal).count("UserLogin") == 2
    portal.intercept = lambda _: None
    portal.calls.clear()
    await opened.get("/resources/user/data", {})
    assert names(portal) == ["SessionStatus", "UserLogin", "data"]


async def test_a_login_begins_without_cookies_and_sends_what_the_app_sends(
    opened: EnergaSession, portal: Portal, loopback: Loopback, session: ClientSession
) -> None:
    session.cookie_jar.update_cookies({"old": "1"}, URL(loopback.url))
    await opened.get("/resources/user/data", {"date": str(date(2026, 10, 5))})
    status, login, data = loopback.requests
    assert "old" not in status.cookies
    assert login.cookies["JSESSIONID"] == data.cookies["JSESSIONID"] == "session-1"
    for request in (status, login, data):
        assert {key: request.headers[key] for key in HEADERS} == HEADERS
