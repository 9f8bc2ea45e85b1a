"""The wire: what is asked, and how odd answers are taken."""

from datetime import UTC, datetime, timedelta, timezone

from aiohttp import ClientSession, web
import pytest

from custom_components.meter_hub.vendors.allowance import Allowance
from custom_components.meter_hub.vendors.base import AuthError, UnexpectedAnswer
from custom_components.meter_hub.vendors.endpoints import Endpoint
from custom_components.meter_hub.vendors.onemeter.client import (
    OneMeterClient,
    UnknownDevice,
)
from custom_components.meter_hub.vendors.transport import Transport
from tests.vendors.conftest import Clock, Loopback

START = datetime(2026, 10, 5, tzinfo=UTC)


def client_of(
    session: ClientSession,
    clock: Clock,
    allowance: Allowance,
    loopback: Loopback,
    key: str = " the-key\n",
) -> OneMeterClient:
    """Return a client of the loopback server."""
    endpoint = Endpoint(f"{loopback.url}/api", pace=timedelta(0))
    return OneMeterClient(Transport(session, clock, allowance), endpoint, key)


@pytest.fixture
def client(
    session: ClientSession, clock: Clock, allowance: Allowance, loopback: Loopback
) -> OneMeterClient:
    return client_of(session, clock, allowance, loopback)


def refusal(status: int, error: str, message: str) -> web.Response:
    """Return an error as the API document shows it."""
    body = {"status": "error", "error": error, "message": message}
    return web.json_response(body, status=status)


async def test_the_key_is_sent_as_it_is(
    client: OneMeterClient, loopback: Loopback
) -> None:
    loopback.answer(web.json_response({"devices": [{"_id": "x"}, {"SN": "1"}, None]}))
    assert await client.devices() == [{"_id": "x"}]
    request = loopback.requests[0]
    assert request.headers["Authorization"] == "the-key"
    assert (request.method, request.path) == ("GET", "/api/devices/")


@pytest.mark.parametrize("body", [[], {}, {"devices": None}, {"devices": {}}, 5])
async def test_an_answer_without_a_list_is_unexpected(
    client: OneMeterClient, loopback: Loopback, body: object
) -> None:
    loopback.answer(web.json_response(body))
    with pytest.raises(UnexpectedAnswer):
        await client.devices()
    with pytest.raises(UnexpectedAnswer):
        await client.device("x")
    with pytest.raises(UnexpectedAnswer):
        await client.readings("x", START, START, ["1_8_0"])


@pytest.mark.parametrize("key", ["", "  ", "a\nb", "schlüssel"])
async def test_a_key_that_no_header_can_carry_is_wrong(
    session: ClientSession,
    clock: Clock,
    allowance: Allowance,
    loopback: Loopback,
    key: str,
) -> None:
    client = client_of(session, clock, allowance, loopback, key)
    with pytest.raises(AuthError):
        await client.devices()
    assert loopback.requests == []


async def test_a_device_may_come_bare_or_wrapped(
    client: OneMeterClient, loopback: Loopback
) -> None:
    other, mine = {"_id": "other"}, {"_id": "my/id"}
    loopback.answer(
        web.json_response(mine),
        web.json_response({"devices": [other, mine]}),
        web.json_response({"devices": [other]}),
    )
    assert await client.device("my/id") == mine
    assert await client.device("my/id") == mine
    with pytest.raises(UnexpectedAnswer):
        await client.device("my/id")
    assert loopback.requests[0].raw_path == "/api/devices/my%2Fid"


async def test_readings_are_asked_for_with_all_parameters(
    client: OneMeterClient, loopback: Loopback
) -> None:
    loopback.answer(web.json_response({"readings": [{"date": "d"}, 5]}))
    start = datetime(2026, 10, 5, 12, 0, 0, 123456, timezone(timedelta(hours=2)))
    rows = await client.readings("x", start, start + timedelta(days=1), ["a", "b"])
    assert rows == [{"date": "d"}]
    assert loopback.requests[0].path == "/api/devices/x/readings"
    assert loopback.requests[0].query == {
        "from": "2026-10-05T10:00:00.123Z",
        "to": "2026-10-06T10:00:00.123Z",
        "codes": "a,b",
        "limit": "357120",
        "skip": "0",
        "sort": "ascending",
    }


@pytest.mark.parametrize("message", ["No readings found", "No results"])
async def test_case_13_no_readings_is_no_error(
    client: OneMeterClient, loopback: Loopback, message: str
) -> None:
    loopback.answer(refusal(404, "NotFoundError", message))
    assert await client.readings("x", START, START, ["1_8_0"]) == []


async def test_case_13_a_device_that_is_gone(
    client: OneMeterClient, loopback: Loopback
) -> None:
    gone = refusal(404, "DeviceNotFound", "Device of given UUID not found")
    loopback.answer(gone)
    with pytest.raises(UnknownDevice):
        await client.device("x")
    with pytest.raises(UnknownDevice):
        await client.readings("x", START, START, ["1_8_0"])


async def test_other_refusals_keep_their_meaning(
    client: OneMeterClient, loopback: Loopback
) -> None:
    loopback.answer(
        refusal(404, "NotFoundError", "No such page"),
        refusal(400, "InvalidQuery", "Invalid UUID"),
    )
    for reason in ("not_found", "bad_request"):
        with pytest.raises(UnexpectedAnswer) as caught:
            await client.device("x")
        assert caught.value.reason == reason
