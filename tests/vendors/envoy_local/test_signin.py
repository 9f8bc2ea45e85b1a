"""Each way to sign in, and each reason why it fails."""

from datetime import timedelta
import json
from typing import Any

import pytest

from custom_components.meter_hub.metering.vocabulary import Quantity
from custom_components.meter_hub.vendors import endpoints
from custom_components.meter_hub.vendors.base import (
    AuthError,
    Unavailable,
    UnexpectedAnswer,
    VendorError,
)
from custom_components.meter_hub.vendors.envoy_local import signin
from custom_components.meter_hub.vendors.envoy_local.host import clean_host

from .conftest import Open
from .house import SERIAL, a_house
from .replay import NOW, PASSWORD, USERNAME, YEAR, Answer, Replay, a_token

NOWHERE = endpoints.Endpoint("http://127.0.0.1:9", pace=timedelta(0))


def old_house() -> Replay:
    replay = a_house("5.0.62", (), metered=False)
    replay.digest = ("envoy", SERIAL[-6:])
    return replay


async def refusal(
    open_gateway: Open, replay: Replay, credentials: Any = None, **kwargs: Any
) -> VendorError:
    """Return why the sign-in fails; nothing secret is in it."""
    owner = await open_gateway(replay, credentials, **kwargs)
    with pytest.raises(VendorError) as caught:
        await owner.connect()
    text = str(caught.value)
    assert caught.value.__cause__ is None
    for secret in (PASSWORD, USERNAME, SERIAL, replay.host, "http", "eyJ", "a-session"):
        assert secret not in text
    return caught.value


async def test_the_credentials_are_saved_before_they_are_used(
    open_gateway: Open,
) -> None:
    replay = a_house()
    replay.tokens = set()
    owner = await open_gateway(replay)
    with pytest.raises(AuthError, match="invalid_auth"):
        await owner.connect()
    (saved,) = owner.saved
    assert saved == {
        "host": replay.host,
        "serial": SERIAL,
        "username": USERNAME,
        "password": PASSWORD,
        "token": a_token(SERIAL),
        "manual_token": False,
    }
    replay.tokens = {a_token(SERIAL)}
    owner.restart()
    replay.requests.clear()
    account = await owner.connect()
    assert account.unique_id == SERIAL
    assert account.title == f"Envoy {SERIAL}"
    assert "/login/login.json" not in replay.requests
    assert len(owner.saved) == 1


async def test_a_pasted_token_needs_nothing_else(open_gateway: Open) -> None:
    replay = a_house()
    token = a_token(SERIAL)
    replay.tokens = {token}
    owner = await open_gateway(replay, {"token": f" {token[:40]}\n{token[40:]} "})
    await owner.connect()
    assert owner.saved[-1]["token"] == token
    assert owner.saved[-1]["manual_token"] is True
    assert owner.value(Quantity.TOKEN_EXPIRY) == NOW + YEAR
    assert replay.bodies == []


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        ("nonsense", "token_malformed"),
        (a_token("999999999999"), "token_foreign"),
        (a_token(SERIAL, NOW - YEAR), "token_expired"),
    ],
)
async def test_a_pasted_token_of_no_use(
    open_gateway: Open, token: str, reason: str
) -> None:
    error = await refusal(open_gateway, a_house(), {"token": token})
    assert isinstance(error, AuthError)
    assert error.reason == reason


async def test_a_pasted_token_that_the_gateway_refuses(open_gateway: Open) -> None:
    replay = a_house()
    replay.tokens = set()
    error = await refusal(open_gateway, replay, {"token": a_token(SERIAL)})
    assert (type(error), error.reason) == (AuthError, "invalid_auth")


async def test_a_gateway_that_can_not_check_tokens_yet(open_gateway: Open) -> None:
    replay = a_house()
    replay.check_status = 503
    error = await refusal(open_gateway, replay)
    assert (type(error), error.reason) == (Unavailable, "server_error")


async def test_neither_token_nor_user(open_gateway: Open) -> None:
    error = await refusal(open_gateway, a_house(), {})
    assert (type(error), error.reason) == (AuthError, "invalid_auth")


@pytest.mark.parametrize(
    ("login", "given", "kind", "reason"),
    [
        (Answer(b"no such user", 401), None, AuthError, "invalid_auth"),
        (
            Answer(json.dumps({"message": "success", "is_consumer": True}).encode()),
            None,
            AuthError,
            "mfa_enabled",
        ),
        (Answer(b"<html>"), None, Unavailable, "cloud_unreachable"),
        (Answer(b"[]"), None, Unavailable, "cloud_unreachable"),
        (Answer(b"", 503), None, Unavailable, "cloud_unreachable"),
        (Answer(b"", 429), None, Unavailable, "cloud_unreachable"),
        (None, Answer(b"no", 401), AuthError, "wrong_account"),
        (None, Answer(b"no", 403), AuthError, "wrong_account"),
        (None, Answer(b"", 502), Unavailable, "cloud_unreachable"),
        (None, Answer(b"<html>"), Unavailable, "cloud_unreachable"),
    ],
)
async def test_what_the_cloud_answers(
    open_gateway: Open,
    login: Answer | None,
    given: Answer | None,
    kind: type[VendorError],
    reason: str,
) -> None:
    replay = a_house()
    replay.login, replay.given = login or replay.login, given
    error = await refusal(open_gateway, replay)
    assert (type(error), error.reason) == (kind, reason)


async def test_a_cloud_that_is_not_there(
    open_gateway: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = await open_gateway(a_house())
    monkeypatch.setattr(endpoints, "ENLIGHTEN", NOWHERE)
    with pytest.raises(Unavailable, match="cloud_unreachable"):
        await owner.connect()


async def test_a_cloud_that_does_not_answer(
    open_gateway: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signin, "PATIENCE", 0.1)
    replay = a_house()
    owner = await open_gateway(replay)
    replay.hanging.add("/tokens")
    with pytest.raises(Unavailable, match="cloud_unreachable"):
        await owner.connect()


async def test_firmware_below_7_with_a_wrong_password(open_gateway: Open) -> None:
    credentials = {"username": "envoy", "password": "wrong"}
    error = await refusal(open_gateway, old_house(), credentials, plain=True)
    assert (type(error), error.reason) == (AuthError, "invalid_auth")


async def test_firmware_below_7_with_a_user_of_its_own(open_gateway: Open) -> None:
    replay = old_house()
    replay.digest = ("somebody", "secret")
    error = await refusal(open_gateway, replay, {"username": "somebody"}, plain=True)
    assert (type(error), error.reason) == (AuthError, "invalid_auth")
    credentials = {"username": "somebody", "password": "secret"}
    owner = await open_gateway(replay, credentials, plain=True)
    await owner.connect()
    assert owner.value(Quantity.SOLAR) == 5000
    assert owner.saved[-1]["token"] == ""
    assert not owner.told(Quantity.TOKEN_EXPIRY)


@pytest.mark.parametrize(
    ("info", "kind", "reason"),
    [
        (Answer(b"<html><br></html>"), UnexpectedAnswer, "not_a_gateway"),
        (Answer(b"{}"), UnexpectedAnswer, "not_a_gateway"),
        (Answer(b"<envoy_info/>"), UnexpectedAnswer, "not_a_gateway"),
        (Answer(b"", 404), UnexpectedAnswer, "not_a_gateway"),
        (Answer(b"", 503), Unavailable, "server_error"),
    ],
)
async def test_what_is_no_gateway(
    open_gateway: Open, info: Answer, kind: type[VendorError], reason: str
) -> None:
    replay = a_house()
    replay.answers["info"] = info
    error = await refusal(open_gateway, replay)
    assert (type(error), error.reason) == (kind, reason)


async def test_an_address_that_has_gone_to_another_gateway(open_gateway: Open) -> None:
    credentials = {"username": USERNAME, "password": PASSWORD, "serial": "1"}
    error = await refusal(open_gateway, a_house(), credentials)
    assert (type(error), error.reason) == (Unavailable, "other_gateway")


async def test_firmware_that_tells_nothing_of_the_sun(open_gateway: Open) -> None:
    replay = a_house("7.3.130", ())
    for path in ("/production.json", "/api/v1/production"):
        replay.break_path(path, 404)
    error = await refusal(open_gateway, replay)
    assert (type(error), error.reason) == (UnexpectedAnswer, "firmware_unsupported")


async def test_a_gateway_that_is_starting(open_gateway: Open) -> None:
    replay = a_house("7.3.130", ())
    for path in ("/production.json", "/api/v1/production"):
        replay.break_path(path, 503)
    error = await refusal(open_gateway, replay)
    assert (type(error), error.reason) == (Unavailable, "gateway_starting")


@pytest.mark.parametrize(
    ("typed", "host"),
    [
        (" envoy.local ", "envoy.local"),
        ("192.0.2.10", "192.0.2.10"),
        ("https://192.0.2.10/home#main", "192.0.2.10"),
        ("http://somebody:secret@envoy:8443/", "envoy:8443"),
        ("127.0.0.1:4711", "127.0.0.1:4711"),
        ("fe80::1", "[fe80::1]"),
        ("[fe80::1]:8443", "[fe80::1]:8443"),
    ],
)
def test_how_people_type_an_address(typed: str, host: str) -> None:
    assert clean_host(typed) == host


@pytest.mark.parametrize("typed", ["", "  ", "https://", "envoy:port"])
def test_what_is_no_address(typed: str) -> None:
    with pytest.raises(UnexpectedAnswer, match="not_a_gateway"):
        clean_host(typed)
