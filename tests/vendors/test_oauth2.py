"""The token endpoint: how a client asks, and what it may be told."""

from base64 import b64decode
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import ClientSession, web
import pytest

from custom_components.meter_hub.vendors.allowance import Allowance
from custom_components.meter_hub.vendors.base import (
    AuthError,
    DoubtfulSignIn,
    JsonObject,
    Unavailable,
    UnexpectedAnswer,
)
from custom_components.meter_hub.vendors.oauth2 import request_token
from custom_components.meter_hub.vendors.transport import Transport

from .conftest import SECRET, Clock, Loopback

REPLY = {
    "access_token": "access",
    "refresh_token": "refresh",
    "token_type": "bearer",
    "expires_in": 86393,
    "scope": "read write",
    "enl_uid": "4242001",
}
CODE = {
    "grant_type": "authorization_code",
    "code": "the code",
    "redirect_uri": "https://vendor.example/code_page",
}
REFRESH = {"grant_type": "refresh_token", "refresh_token": "refresh"}


@pytest.fixture
def transport(session: ClientSession, clock: Clock, allowance: Allowance) -> Transport:
    return Transport(session, clock, allowance, attempts=1)


async def ask(
    transport: Transport, loopback: Loopback, form: dict[str, str] = REFRESH
) -> JsonObject:
    """Ask for a token."""
    url = f"{loopback.url}/oauth/token"
    return await request_token(transport, url, "the-id", "secret:ä", form)


@pytest.mark.parametrize("form", [CODE, REFRESH])
async def test_what_is_sent(
    transport: Transport, loopback: Loopback, form: dict[str, str]
) -> None:
    loopback.answer(web.json_response(REPLY))
    assert await ask(transport, loopback, form) == REPLY
    (request,) = loopback.requests
    assert (request.method, request.path_qs) == ("POST", "/oauth/token")
    scheme, pair = request.headers["Authorization"].split()
    assert (scheme, b64decode(pair)) == ("Basic", b"the-id:secret%3A%C3%A4")
    assert dict(parse_qsl(loopback.bodies[0].decode())) == form


@pytest.mark.parametrize(
    ("told", "lifetime"), [(3600, 3600), ("3600", 3600), (3600.5, 3600)]
)
async def test_what_is_empty_in_a_reply_is_left_out(
    transport: Transport, loopback: Loopback, told: object, lifetime: int
) -> None:
    loopback.answer(
        web.json_response(REPLY | {"refresh_token": None, "expires_in": told})
    )
    reply = await ask(transport, loopback)
    assert "refresh_token" not in reply
    assert reply["expires_in"] == lifetime


@pytest.mark.parametrize(
    "answer",
    [
        [],
        None,
        REPLY | {"access_token": None},
        REPLY | {"access_token": ""},
        REPLY | {"access_token": 5},
        REPLY | {"expires_in": None},
        REPLY | {"expires_in": "soon"},
    ],
)
async def test_a_reply_without_a_token_is_unexpected(
    transport: Transport, loopback: Loopback, answer: Any
) -> None:
    loopback.answer(web.json_response(answer))
    with pytest.raises(UnexpectedAnswer):
        await ask(transport, loopback)


@pytest.mark.parametrize(
    ("form", "reason"), [(CODE, "invalid_code"), (REFRESH, "invalid_auth")]
)
@pytest.mark.parametrize("status", [400, 401])
@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({"error": "invalid_grant", "error_description": SECRET}, "invalid_grant"),
        ({"error": "invalid_client"}, "invalid_client"),
        ({"error": SECRET}, "HTTP {}"),
    ],
)
async def test_a_refusal_needs_a_person(
    transport: Transport,
    loopback: Loopback,
    form: dict[str, str],
    reason: str,
    status: int,
    body: object,
    detail: str,
) -> None:
    loopback.answer(web.json_response(body, status=status))
    with pytest.raises(AuthError) as caught:
        await ask(transport, loopback, form)
    assert str(caught.value) == f"{reason}: {detail.format(status)}"


@pytest.mark.parametrize(
    "text", ["Sorry", f'["{SECRET}"]', f'{{"error": ["{SECRET}"]}}']
)
async def test_a_refusal_in_other_words_is_in_doubt(
    transport: Transport, loopback: Loopback, text: str
) -> None:
    """The grant is tried again, but a code that is refused so is typed once more."""
    loopback.answer(web.Response(status=400, text=text))
    with pytest.raises(DoubtfulSignIn, match=r"^sign_in_refused: HTTP 400$"):
        await ask(transport, loopback, REFRESH)
    with pytest.raises(AuthError, match=r"^invalid_code: HTTP 400$"):
        await ask(transport, loopback, CODE)


async def test_an_outage_is_no_refusal(
    transport: Transport, loopback: Loopback
) -> None:
    loopback.answer(web.Response(status=503, text="<html>"))
    with pytest.raises(Unavailable):
        await ask(transport, loopback)
    assert len(loopback.requests) == 1
