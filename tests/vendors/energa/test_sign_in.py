"""Signing in: a wrong password told from an outage, and never told to anybody."""

from collections.abc import Callable, Mapping
import json
import logging
from typing import Any
from urllib.parse import quote, quote_plus

from aiohttp import ClientSession, web
import pytest

from custom_components.meter_hub.vendors import endpoints
from custom_components.meter_hub.vendors.base import (
    AuthError,
    DoubtfulSignIn,
    RateLimited,
    Unavailable,
    VendorError,
)
from custom_components.meter_hub.vendors.energa.sign_in import login_error, server_token
from tests.simulator import MovableClock
from tests.vendors.conftest import Loopback
from tests.vendors.driver import Driver

from .conftest import PACE
from .portal import PASSWORD, Portal, enveloped

type Refusal = Callable[[], web.Response]


def said(body: Any, status: int = 200) -> Refusal:
    """Return an answer in JSON."""
    return lambda: web.json_response(body, status=status)


def page(status: int) -> Refusal:
    """Return a page."""
    text = "<html>The requested URL was rejected. Support ID: 8912340567</html>"
    return lambda: web.Response(text=text, content_type="text/html", status=status)


def too_often() -> web.Response:
    """Return an answer that asks for time."""
    return web.Response(status=429, headers={"Retry-After": "120"})


def moved() -> web.Response:
    """Return the way to the page that tells of maintenance."""
    return web.Response(status=302, headers={"Location": "/maintenance.html"})


WRONG = {"success": False, "error": "error.login.password"}

REFUSALS = {
    "wrong password": (said(WRONG), AuthError, "invalid_auth"),
    "wrong password, 401": (said(WRONG, 401), AuthError, "invalid_auth"),
    "bare": (said({"success": False}), DoubtfulSignIn, "sign_in_refused"),
    "bare, 403": (said({"success": False}, 403), DoubtfulSignIn, "sign_in_refused"),
    "no object": (said([]), DoubtfulSignIn, "sign_in_refused"),
    "wrong password, 400": (said(WRONG, 400), AuthError, "invalid_auth"),
    "wrong password, 422": (said(WRONG, 422), AuthError, "invalid_auth"),
    "bare, 400": (said({"success": False}, 400), DoubtfulSignIn, "sign_in_refused"),
    "bare, 404": (said({"success": False}, 404), DoubtfulSignIn, "sign_in_refused"),
    "bare, 422": (said({"success": False}, 422), DoubtfulSignIn, "sign_in_refused"),
    "success, 401": (said(enveloped(None), 401), DoubtfulSignIn, "sign_in_refused"),
    "page, 400": (page(400), DoubtfulSignIn, "sign_in_refused"),
    "page, 404": (page(404), Unavailable, "not_json"),
    "page, 200": (page(200), Unavailable, "not_json"),
    "page, 403": (page(403), DoubtfulSignIn, "sign_in_refused"),
    "page, 503": (page(503), Unavailable, "server_error"),
    "maintenance": (moved, Unavailable, "not_json"),
    "too often": (too_often, RateLimited, "rate_limited"),
}


def assert_tells_nothing(error: BaseException | None, secrets: list[str]) -> None:
    """Check that neither an error nor what it comes from holds a secret."""
    while error is not None:
        for secret in secrets:
            assert secret not in repr(error)
            assert secret not in str(error)
        assert error.__cause__ is None
        error = None if error.__suppress_context__ else error.__context__


def secrets_of(saved: list[Mapping[str, Any]]) -> list[str]:
    """Return what nobody may see, as it is and as URLs have it."""
    texts = [PASSWORD, saved[-1]["device_token"]]
    return [*texts, quote(PASSWORD), quote_plus(PASSWORD), "password=", "UserLogin"]


@pytest.mark.parametrize("name", [*REFUSALS, "dropped", "no host"])
async def test_case_12_each_way_in_which_a_login_fails(
    driver: Driver,
    portal: Portal,
    loopback: Loopback,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    saved: list[Mapping[str, Any]],
    name: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    kind: type[VendorError] = Unavailable
    reason = "cannot_connect"
    if name == "no host":
        endpoint = endpoints.Endpoint("http://127.0.0.1:9/dp", pace=PACE)
        monkeypatch.setattr(endpoints, "ENERGA", endpoint)
        driver.restart()
    elif name == "dropped":

        async def drop(request: web.Request) -> web.StreamResponse:
            if request.path.endswith("UserLogin"):
                assert request.transport is not None
                request.transport.close()
            return await portal.handle(request)

        loopback.handler = drop
    else:
        portal.login, kind, reason = REFUSALS[name]
    with pytest.raises(VendorError) as caught:
        await driver.connect()
    assert type(caught.value) is kind
    assert caught.value.reason == reason
    secrets = secrets_of(saved)
    assert_tells_nothing(caught.value, secrets)
    # The server of this test writes a log of its own.
    ours = [
        record
        for record in caplog.records
        if record.name not in ("aiohttp.access", "aiohttp.server")
    ]
    for record in ours:
        text = logging.Formatter().format(record)
        assert not [secret for secret in secrets if secret in text]
    told = json.dumps(driver.backend.state(), ensure_ascii=False)
    assert not [secret for secret in secrets if secret in told]


async def test_case_12_a_login_without_a_response_is_a_good_one(
    driver: Driver, portal: Portal, saved: list[Mapping[str, Any]]
) -> None:
    account = await driver.backend.connect()
    assert (account.unique_id, account.title) == (
        "jo@example.org",
        "Energa Warszawska 1/1",
    )
    assert [name for name, _ in portal.calls] == ["SessionStatus", "UserLogin", "data"]
    (login,) = portal.asked("UserLogin")
    token = saved[0]["device_token"]
    assert dict(login) == {
        "clientOS": "ios",
        "notifyService": "APNs",
        "username": "Jo@Example.org",
        "password": PASSWORD,
        "token": token,
    }
    assert saved == [{**driver.context.credentials, "device_token": token}]
    assert "token" not in portal.asked("data")[0]


async def test_a_password_that_no_url_can_carry_is_refused(
    session: ClientSession, driver: Driver, portal: Portal
) -> None:
    credentials = {"username": "jo", "password": "half\ud83d"}
    object.__setattr__(driver.context, "credentials", credentials)
    driver.restart()
    with pytest.raises(AuthError) as caught:
        await driver.connect()
    assert_tells_nothing(caught.value, ["half"])
    assert portal.calls == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("error.login.password", AuthError),
        ("Nieprawidłowy login lub hasło", AuthError),
        ("Unknown user", AuthError),
        ("Invalid login", AuthError),
        ("error.user.unknown", AuthError),
        ("User not found", AuthError),
        ("Nie ma takiego użytkownika", AuthError),
        ("Niepoprawna nazwa użytkownika", AuthError),
        ("Error while loading user data", DoubtfulSignIn),
        ("Unknown error for user 5", DoubtfulSignIn),
        ("Błąd pobierania danych użytkownika", DoubtfulSignIn),
        ("Login service is out of order", DoubtfulSignIn),
        ("Bad credentials", AuthError),
        ("error.captcha.password", DoubtfulSignIn),
        ("User temporarily blocked, try again later", DoubtfulSignIn),
        ("Konto zablokowane. Spróbuj ponownie, podając hasło", DoubtfulSignIn),
        ("error.internal", DoubtfulSignIn),
        (None, DoubtfulSignIn),
    ],
)
def test_only_what_names_the_credentials_refuses_them(
    text: str | None, kind: type[VendorError]
) -> None:
    assert type(login_error({"success": False, "error": text})) is kind
    assert type(login_error({"success": False, "message": text})) is kind


def test_a_token_of_the_server_may_be_empty() -> None:
    assert server_token(enveloped({"token": ""})) is None
    assert server_token(enveloped(None)) is None
    assert server_token(enveloped({"token": "abc"})) == "abc"


async def test_a_token_of_the_server_is_sent_with_calls_for_data(
    driver: Driver, portal: Portal
) -> None:
    portal.login = said(enveloped({"token": "from-the-server"}))
    await driver.connect()
    assert portal.asked("data")[0]["token"] == "from-the-server"


async def test_a_refused_session_at_the_very_start_is_an_outage(
    driver: Driver, portal: Portal
) -> None:
    portal.status = said({}, 403)
    with pytest.raises(Unavailable) as caught:
        await driver.connect()
    assert caught.value.reason == "session_refused"
    assert portal.asked("UserLogin") == []


async def test_the_device_token_survives_new_credentials(
    driver: Driver, portal: Portal, saved: list[Mapping[str, Any]]
) -> None:
    await driver.connect()
    # As a reauth does it: what a person typed, and beneath it what was saved.
    typed = {"username": "jo@example.org", "password": "another"}
    object.__setattr__(driver.context, "credentials", {**saved[0], **typed})
    driver.restart()
    await driver.connect()
    first, second = portal.asked("UserLogin")
    assert second["token"] == first["token"] == saved[0]["device_token"]
    assert second["password"] == "another"
    # It is there already: nothing is saved again.
    assert len(saved) == 1


async def test_a_login_that_fails_while_running_ends_the_poll(
    driver: Driver, portal: Portal, moving: MovableClock
) -> None:
    await driver.connect()
    driver.restart()
    portal.login = said({"success": False})
    await driver.step()
    assert isinstance(driver.errors[-1][1], DoubtfulSignIn)
    assert driver.next_job().due > moving()
    logins = len(portal.asked("UserLogin"))
    failed_at = moving()
    await driver.step()
    assert len(portal.asked("UserLogin")) == logins + 1
    assert moving() > failed_at
    # A wrong password is left to the person, and not sent again either.
    portal.login = said(WRONG)
    await driver.step()
    assert isinstance(driver.errors[-1][1], AuthError)
    assert driver.next_job().due > moving()
