"""What an answer means by its status and its body."""

from datetime import timedelta
import json
import threading
from typing import Any

from aiohttp import ClientSession, web
import pytest

from custom_components.meter_hub.vendors import transport as module
from custom_components.meter_hub.vendors.allowance import Allowance
from custom_components.meter_hub.vendors.base import (
    AuthError,
    RateLimited,
    Unavailable,
    UnexpectedAnswer,
    VendorError,
)
from custom_components.meter_hub.vendors.transport import Transport

from .conftest import SECRET, Clock, Get, Loopback


async def test_an_answer_is_decoded_whatever_its_content_type_says(
    get: Get, loopback: Loopback
) -> None:
    loopback.answer(web.Response(text='{"a": [1, null]}', content_type="text/plain"))
    assert await get() == {"a": [1, None]}
    assert loopback.requests[0].headers["Authorization"] == SECRET
    assert loopback.requests[0].query == {"password": SECRET}


@pytest.mark.parametrize(
    ("status", "error", "reason"),
    [
        (204, Unavailable, "not_json"),
        (400, UnexpectedAnswer, "bad_request"),
        (401, AuthError, "invalid_auth"),
        (403, AuthError, "invalid_auth"),
        (404, UnexpectedAnswer, "not_found"),
        (405, UnexpectedAnswer, "unexpected_answer"),
        (410, Unavailable, "server_error"),
        (429, RateLimited, "rate_limited"),
        (500, Unavailable, "server_error"),
        (503, Unavailable, "server_error"),
    ],
)
async def test_each_refusal_has_its_name(
    get: Get,
    loopback: Loopback,
    status: int,
    error: type[VendorError],
    reason: str,
) -> None:
    loopback.answer(web.Response(status=status))
    with pytest.raises(error) as caught:
        await get()
    assert type(caught.value) is error
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    "body",
    ["<html><body>Sorry</body></html>", '{"a": [1, 2', "", "[" * 100_000, "\udcff"],
    ids=["html", "truncated", "empty", "endless nesting", "no text"],
)
async def test_what_is_not_json_means_that_the_service_is_out_of_order(
    get: Get, loopback: Loopback, body: str
) -> None:
    content = body.encode(errors="surrogateescape")
    loopback.answer(web.Response(body=content, content_type="text/html"))
    with pytest.raises(Unavailable) as caught:
        await get()
    assert caught.value.reason == "not_json"


@pytest.mark.parametrize("status", [403, 404])
@pytest.mark.parametrize(
    "body",
    ["<html>This domain is for sale</html>", "Not Found", '{"error": ', "[" * 70_000],
    ids=["html", "text", "truncated", "endless"],
)
async def test_a_refusal_that_is_not_the_vendors_comes_from_a_dead_host(
    get: Get, loopback: Loopback, status: int, body: str
) -> None:
    loopback.answer(web.Response(status=status, text=body, content_type="text/html"))
    with pytest.raises(Unavailable) as caught:
        await get()
    assert caught.value.reason == "not_json"


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (401, "<html>Sign in</html>", "invalid_auth"),
        (401, '{"error": "UnauthorizedError"}', "invalid_auth"),
        (403, '{"error": "ForbiddenError"}', "invalid_auth"),
        (404, '{"error": "NotFoundError"}', "not_found"),
    ],
)
async def test_a_refusal_in_the_vendors_words_means_what_it_says(
    get: Get, loopback: Loopback, status: int, body: str, reason: str
) -> None:
    loopback.answer(web.Response(status=status, text=body))
    with pytest.raises(VendorError) as caught:
        await get()
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("status", "error"), [(401, AuthError), (403, Unavailable), (429, RateLimited)]
)
async def test_a_refusal_that_breaks_off(
    get: Get, loopback: Loopback, status: int, error: type[VendorError]
) -> None:
    async def break_off(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=status, headers={"Content-Length": "99"})
        await response.prepare(request)
        await response.write(b'{"error": ')
        assert request.transport is not None
        request.transport.close()
        return response

    loopback.handler = break_off
    with pytest.raises(error):
        await get()


@pytest.mark.parametrize(("rows", "in_the_loop"), [(10, True), (100_000, False)])
async def test_a_large_answer_is_decoded_beside_the_loop(
    get: Get,
    loopback: Loopback,
    monkeypatch: pytest.MonkeyPatch,
    rows: int,
    in_the_loop: bool,
) -> None:
    body = list(range(rows))
    loopback.answer(web.json_response(body))
    decode, threads = json.loads, []

    def loads(content: bytes) -> Any:
        threads.append(threading.current_thread())
        return decode(content)

    monkeypatch.setattr(json, "loads", loads)
    assert await get() == body
    assert [thread is threading.main_thread() for thread in threads] == [in_the_loop]


async def test_a_large_answer_that_is_no_json(get: Get, loopback: Loopback) -> None:
    loopback.answer(web.Response(text="[1," * 200_000))
    with pytest.raises(Unavailable) as caught:
        await get()
    assert caught.value.reason == "not_json"


async def test_an_endless_answer_is_cut_off(
    get: Get, loopback: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LARGEST_ANSWER", 100_000)
    sent = 0

    async def endless(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(request)
        while sent < 50_000_000:
            await response.write(b"[" * 10_000)
            sent += 10_000
        return response

    loopback.handler = endless
    with pytest.raises(UnexpectedAnswer) as caught:
        await get()
    assert caught.value.reason == "unexpected_answer"
    assert sent < 50_000_000


async def test_a_vendor_may_explain_a_refusal_by_its_body(
    session: ClientSession, clock: Clock, allowance: Allowance, loopback: Loopback
) -> None:
    class Sleeping(VendorError):
        """What only this vendor knows."""

    def explain(status: int, body: Any) -> VendorError | None:
        return Sleeping("asleep") if status == 409 and body == {"zzz": 1} else None

    transport = Transport(session, clock, allowance)
    loopback.answer(
        web.json_response({"zzz": 1}, status=409), web.Response(status=409, text="<p>")
    )
    with pytest.raises(Sleeping):
        await transport.request_json("GET", loopback.url, explain=explain)
    with pytest.raises(UnexpectedAnswer):
        await transport.request_json("GET", loopback.url, explain=explain)


async def test_a_vendor_is_left_alone_as_long_as_it_asks_whatever_it_means(
    session: ClientSession, clock: Clock, allowance: Allowance, loopback: Loopback
) -> None:
    def explain(status: int, body: Any) -> VendorError | None:
        return VendorError("asleep") if body else None

    transport = Transport(session, clock, allowance)
    headers = {"Retry-After": "90"}
    loopback.answer(
        web.json_response("zzz", status=429),
        web.json_response("zzz", status=429, headers=headers),
    )
    for hold in (timedelta(0), timedelta(seconds=90)):
        with pytest.raises(VendorError, match="asleep"):
            await transport.request_json("GET", loopback.url, explain=explain)
        assert allowance.earliest(clock()) == clock() + hold
