"""One request: what is sent, what is counted, and what each bad day is called."""

import asyncio
from datetime import timedelta
from email.utils import format_datetime
import json
import logging

from aiohttp import ClientSession, ClientTimeout, web
import pytest

from custom_components.meter_hub.vendors import transport as module
from custom_components.meter_hub.vendors.allowance import Allowance
from custom_components.meter_hub.vendors.base import (
    RateLimited,
    Unavailable,
    VendorError,
)
from custom_components.meter_hub.vendors.transport import Transport

from .conftest import SECRET, Clock, Get, Loopback, allowance_of


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retry at once, as far as the jitter goes."""
    monkeypatch.setattr(module, "PATIENCE", timedelta(milliseconds=20))


async def test_a_body_is_sent_as_json(
    session: ClientSession, clock: Clock, allowance: Allowance, loopback: Loopback
) -> None:
    transport = Transport(session, clock, allowance)
    await transport.request_json("PUT", loopback.url, body={"user": "ä"})
    assert loopback.requests[0].method == "PUT"
    assert json.loads(loopback.bodies[0]) == {"user": "ä"}


async def test_a_redirect_is_not_followed_so_that_the_key_stays(
    get: Get, loopback: Loopback
) -> None:
    moved = web.Response(status=302, headers={"Location": f"{loopback.url}/elsewhere"})
    loopback.answer(moved, web.json_response({"login": "page"}))
    with pytest.raises(Unavailable) as caught:
        await get()
    assert caught.value.reason == "not_json"
    assert [request.path for request in loopback.requests] == ["/things"]


async def test_a_dropped_connection(
    get: Get, loopback: Loopback, allowance: Allowance
) -> None:
    """No request is sent that was not counted."""

    async def drop(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    await get()
    loopback.handler = drop
    with pytest.raises(Unavailable) as caught:
        await get()
    assert caught.value.reason == "cannot_connect"
    assert len(loopback.requests) == allowance.budget.calls_this_month == 2


async def test_a_host_that_is_not_there(
    session: ClientSession, clock: Clock, allowance: Allowance
) -> None:
    transport = Transport(session, clock, allowance, attempts=1)
    with pytest.raises(Unavailable) as caught:
        await transport.request_json("GET", "http://127.0.0.1:9/")
    assert caught.value.reason == "cannot_connect"


async def test_an_answer_that_never_comes(
    session: ClientSession,
    clock: Clock,
    allowance: Allowance,
    loopback: Loopback,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody waits for it twice."""
    monkeypatch.setattr(module, "TIMEOUT", ClientTimeout(total=0.05))

    async def sleep(_: web.Request) -> web.StreamResponse:
        await asyncio.sleep(0.5)
        return web.Response()

    loopback.handler = sleep
    with pytest.raises(Unavailable) as caught:
        await Transport(session, clock, allowance).request_json("GET", loopback.url)
    assert caught.value.reason == "timeout"
    assert len(loopback.requests) == 1


@pytest.mark.parametrize("status", [302, 400, 401, 404, 429, 500, 0])
async def test_no_error_tells_a_secret(
    get: Get, loopback: Loopback, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    caplog.set_level(logging.DEBUG)
    if status:
        loopback.answer(web.Response(status=status, text=f'{{"message": "{SECRET}"}}'))
    else:
        loopback.url = "http://127.0.0.1:9"
    with pytest.raises(VendorError) as caught:
        await get()
    error: BaseException | None = caught.value
    assert str(error)
    while error is not None:
        assert SECRET not in repr(error)
        assert "127.0.0.1" not in repr(error)
        assert "/things" not in repr(error)
        error = error.__cause__ or (
            None if error.__suppress_context__ else error.__context__
        )
    # The server of this test writes a log of its own.
    ours = [record for record in caplog.records if record.name != "aiohttp.access"]
    assert not [record for record in ours if SECRET in record.getMessage()]


async def test_a_transient_failure_is_tried_again_and_counted(
    session: ClientSession,
    clock: Clock,
    allowance: Allowance,
    loopback: Loopback,
    no_waiting: None,
) -> None:
    loopback.answer(web.Response(status=502), web.json_response([7]))
    transport = Transport(session, clock, allowance)
    assert await transport.request_json("GET", loopback.url) == [7]
    assert allowance.budget.calls_this_month == 2


async def test_a_lasting_failure_is_tried_as_often_as_agreed(
    session: ClientSession,
    clock: Clock,
    allowance: Allowance,
    loopback: Loopback,
    no_waiting: None,
) -> None:
    loopback.answer(web.Response(status=502))
    transport = Transport(session, clock, allowance, attempts=3)
    with pytest.raises(Unavailable):
        await transport.request_json("GET", loopback.url)
    assert len(loopback.requests) == 3
    assert allowance.budget.calls_this_month == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 429])
async def test_a_clear_refusal_is_not_tried_again(
    session: ClientSession,
    clock: Clock,
    allowance: Allowance,
    loopback: Loopback,
    status: int,
) -> None:
    loopback.answer(web.Response(status=status))
    transport = Transport(session, clock, allowance, attempts=3)
    with pytest.raises(VendorError):
        await transport.request_json("GET", loopback.url)
    assert len(loopback.requests) == 1


async def test_a_retry_that_the_pace_forbids_is_left_to_the_plan(
    session: ClientSession, clock: Clock, loopback: Loopback
) -> None:
    loopback.answer(web.Response(status=502))
    allowance = allowance_of(clock, timedelta(minutes=1))
    with pytest.raises(Unavailable) as caught:
        await Transport(session, clock, allowance).request_json("GET", loopback.url)
    assert caught.value.reason == "server_error"
    assert len(loopback.requests) == 1


async def test_a_call_before_its_time_is_not_made(
    session: ClientSession, clock: Clock, loopback: Loopback
) -> None:
    allowance = allowance_of(clock, timedelta(minutes=1))
    transport = Transport(session, clock, allowance)
    await transport.request_json("GET", loopback.url)
    clock.advance(timedelta(seconds=20))
    with pytest.raises(RateLimited) as caught:
        await transport.request_json("GET", loopback.url)
    assert caught.value.retry_after == timedelta(seconds=40)
    assert len(loopback.requests) == 1


async def test_a_short_wait_for_the_pace_is_waited(
    session: ClientSession,
    clock: Clock,
    loopback: Loopback,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    allowance = allowance_of(clock, timedelta(seconds=3))
    transport = Transport(session, clock, allowance, attempts=1)
    await transport.request_json("GET", loopback.url)
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        clock.advance(timedelta(seconds=seconds))

    with monkeypatch.context() as patch:
        patch.setattr(asyncio, "sleep", sleep)
        await transport.request_json("GET", loopback.url)
    assert waits == [3.0]
    assert len(loopback.requests) == 2


async def test_a_wait_in_vain_ends(
    session: ClientSession,
    clock: Clock,
    loopback: Loopback,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    allowance = allowance_of(clock, timedelta(seconds=3))
    transport = Transport(session, clock, allowance)
    await transport.request_json("GET", loopback.url)

    async def sleep_while_others_call(seconds: float) -> None:
        clock.advance(timedelta(seconds=seconds))
        await allowance.spend()

    with monkeypatch.context() as patch:
        patch.setattr(asyncio, "sleep", sleep_while_others_call)
        with pytest.raises(RateLimited):
            await transport.request_json("GET", loopback.url)
    assert len(loopback.requests) == 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        ("date", 600),
        ("172800", 86400),
        ("99999999999999999999", 300),
        ("-5", 300),
        ("soon", 300),
        ("0", 300),
        (None, 300),
    ],
)
async def test_after_429_no_call_is_made_before_its_time(
    get: Get,
    loopback: Loopback,
    clock: Clock,
    allowance: Allowance,
    header: str | None,
    seconds: int,
) -> None:
    clock.now = clock.now.replace(microsecond=0)
    if header == "date":
        header = format_datetime(clock.now + timedelta(seconds=600), usegmt=True)
    headers = {} if header is None else {"Retry-After": header}
    loopback.answer(web.Response(status=429, headers=headers))
    with pytest.raises(RateLimited) as caught:
        await get()
    assert caught.value.retry_after == timedelta(seconds=seconds)
    assert allowance.earliest(clock.now) == clock.now + timedelta(seconds=seconds)
    with pytest.raises(RateLimited):
        await get()
    assert len(loopback.requests) == 1


async def test_a_server_that_is_down_can_name_a_time_too(
    session: ClientSession, clock: Clock, allowance: Allowance, loopback: Loopback
) -> None:
    loopback.answer(web.Response(status=503, headers={"Retry-After": "900"}))
    with pytest.raises(Unavailable):
        await Transport(session, clock, allowance).request_json("GET", loopback.url)
    assert allowance.earliest(clock.now) == clock.now + timedelta(minutes=15)
    assert len(loopback.requests) == 1
