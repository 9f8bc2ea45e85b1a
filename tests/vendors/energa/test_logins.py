"""How often somebody signs in: a password that is sent again and again locks an account."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web
import pytest

from tests.vendors.conftest import Loopback
from tests.vendors.driver import Driver

from .home import DAY, HOUR, fill, polled, rows
from .portal import Portal, enveloped

FAILURES: dict[str, Callable[[], web.Response]] = {
    **{
        f"refused, {status}": lambda status=status: web.json_response(  # type: ignore[misc]
            {"success": False, "error": "x"}, status=status
        )
        for status in (200, 400, 401, 403, 404, 405, 409, 422, 500)
    },
    "wrong password": lambda: web.json_response(
        {"success": False, "error": "error.login.password"}, status=400
    ),
    "no object": lambda: web.json_response([1]),
    "page, 200": lambda: web.Response(text="<html>", content_type="text/html"),
    "page, 400": lambda: web.Response(text="<html>", status=400),
    "page, 404": lambda: web.Response(text="<html>", status=404),
    "redirect": lambda: web.Response(status=302, headers={"Location": "/"}),
    "nothing": lambda: web.Response(status=204),
    "too often": lambda: web.Response(status=429),
    "wait": lambda: web.Response(status=429, headers={"Retry-After": "5"}),
    "down": lambda: web.Response(status=503),
}


def counted(portal: Portal) -> Counter[str]:
    """Return how often each call was made."""
    return Counter(name for name, _ in portal.calls)


CALLS = [
    (call, name)
    for name in FAILURES
    for call in ("status", "login")
    # What opens a session is not read, where it comes.
    if call == "login" or name not in ("refused, 200", "no object")
]


@pytest.mark.parametrize(("call", "name"), CALLS)
async def test_case_12_a_login_that_fails_is_tried_once_a_poll(
    driver: Driver, portal: Portal, call: str, name: str
) -> None:
    fill(portal, 3)
    await driver.connect()
    await polled(driver)
    driver.restart()
    portal.calls.clear()
    was = getattr(portal, call)
    setattr(portal, call, FAILURES[name])
    await driver.run(DAY)
    calls = counted(portal)
    assert 23 <= calls["SessionStatus"] <= 25
    assert calls["UserLogin"] <= calls["SessionStatus"]
    assert calls["data"] == calls["mchart"] == 0
    assert driver.errors
    setattr(portal, call, was)
    await polled(driver)
    assert counted(portal)["mchart"] >= 4


async def test_case_12_a_login_that_is_cut_off_is_tried_once_a_poll(
    driver: Driver, portal: Portal, loopback: Loopback
) -> None:
    fill(portal, 3)
    await driver.connect()
    driver.restart()
    tried = 0

    async def drop(request: web.Request) -> web.StreamResponse:
        nonlocal tried
        if request.path.endswith("UserLogin"):
            tried += 1
            assert request.transport is not None
            request.transport.close()
        return await portal.handle(request)

    loopback.handler = drop
    await driver.run(DAY)
    assert 23 <= tried <= 25


@pytest.mark.parametrize("status", [400, 404, 422, 429, 500])
async def test_a_new_account_that_nobody_can_sign_in_to_is_left_alone_too(
    driver: Driver, portal: Portal, status: int
) -> None:
    portal.login = lambda: web.json_response({"success": False}, status=status)
    await driver.run(DAY)
    assert counted(portal)["UserLogin"] <= 25


ENDINGS: dict[str, Callable[[], web.Response]] = {
    "redirect": lambda: web.Response(status=302, headers={"Location": "/login"}),
    "page": lambda: web.Response(text="<html>login</html>", content_type="text/html"),
    "no success": lambda: web.json_response(
        {"success": False, "error": "session expired"}
    ),
    "no response": lambda: web.json_response(enveloped(None)),
    "no metering points": lambda: web.json_response(enveloped({"meterPoints": []})),
    "no envelope": lambda: web.json_response([1]),
    "bad request": lambda: web.json_response({}, status=400),
    "not found": lambda: web.json_response({}, status=404),
    "down": lambda: web.Response(status=503),
    "refused": lambda: web.Response(status=403),
}


@pytest.mark.parametrize("name", ENDINGS)
async def test_a_session_that_ends_in_whatever_form_is_renewed(
    driver: Driver, portal: Portal, name: str
) -> None:
    fill(portal, 3)
    await driver.connect()
    await polled(driver)
    before = rows(driver)
    portal.calls.clear()
    portal.intercept = lambda _: None if portal.asked("UserLogin") else ENDINGS[name]()
    await driver.run(12 * HOUR)
    assert len(portal.asked("UserLogin")) == 1
    # No poll but the first was lost.
    renewed = next(
        number
        for number, (called, _) in enumerate(portal.calls)
        if called == "UserLogin"
    )
    assert renewed <= 12
    assert counted(portal)["mchart"] >= 11 * 4
    assert rows(driver) == before


@pytest.mark.parametrize("name", ENDINGS)
async def test_a_portal_that_gives_nothing_causes_few_logins(
    driver: Driver, portal: Portal, name: str
) -> None:
    fill(portal, 3)
    await driver.connect()
    await polled(driver)
    portal.calls.clear()
    portal.intercept = lambda _: ENDINGS[name]()
    await driver.run(DAY)
    calls = counted(portal)
    # A session that is refused is renewed within the poll.
    assert calls["UserLogin"] <= (50 if name == "refused" else 25)
    assert calls["data"] + calls["mchart"] <= 24 * 8


async def test_a_listing_that_cannot_be_read_is_asked_for_once_a_poll(
    driver: Driver, portal: Portal
) -> None:
    fill(portal, 3)
    await driver.connect()
    await polled(driver)
    portal.calls.clear()
    answers: Any = ENDINGS["no envelope"]

    def refuse(query: Mapping[str, str]) -> web.Response | None:
        return None if "type" in query else answers()

    portal.intercept = refuse
    await driver.run(7 * HOUR)
    calls = counted(portal)
    assert 1 <= calls["data"] <= 8
    assert calls["mchart"] >= 7 * 4
    assert calls["UserLogin"] == 0
