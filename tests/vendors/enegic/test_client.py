"""The wire: what is asked, and in which form."""

from datetime import UTC, datetime, timedelta
import json

from aiohttp import ClientSession, web
import pytest

from custom_components.meter_hub.vendors.allowance import Allowance
from custom_components.meter_hub.vendors.base import (
    AuthError,
    Unavailable,
    UnexpectedAnswer,
    VendorError,
)
from custom_components.meter_hub.vendors.endpoints import Endpoint
from custom_components.meter_hub.vendors.enegic.client import EnegicClient, TokenRefused
from custom_components.meter_hub.vendors.enegic.forms import Forms
from custom_components.meter_hub.vendors.transport import Transport
from tests.vendors.conftest import Clock, Loopback

from .bodies import METER, ZONE
from .cloud import PAGE, TOKEN, Cloud

START = datetime(2026, 9, 21, 2, tzinfo=ZONE)


@pytest.fixture
def forms(clock: Clock) -> Forms:
    return Forms({}, clock)


@pytest.fixture
def client(
    session: ClientSession,
    clock: Clock,
    allowance: Allowance,
    loopback: Loopback,
    cloud: Cloud,
    forms: Forms,
) -> EnegicClient:
    endpoint = Endpoint(loopback.url, pace=timedelta(0))
    client = EnegicClient(Transport(session, clock, allowance), endpoint, forms)
    client.token = TOKEN
    return client


async def test_case_10_history_is_asked_for_in_utc_that_does_not_say_so(
    client: EnegicClient, cloud: Cloud
) -> None:
    await client.phase_data(METER, START, START + timedelta(hours=6))
    assert cloud.calls == [("PUT", "/getphasedata")]
    path, body, token = cloud.sent[0]
    assert json.loads(body) == {
        "itemId": int(METER),
        "startTime": "2026-09-21T00:00:00",
        "endTime": "2026-09-21T06:00:00",
    }
    assert (path, token) == ("/getphasedata", TOKEN)


@pytest.mark.parametrize("seconds", [-5, 0, 0.9, 59.99])
async def test_case_10_nothing_is_asked_where_there_can_be_no_minute(
    client: EnegicClient, cloud: Cloud, seconds: float
) -> None:
    end = START + timedelta(seconds=seconds)
    assert await client.phase_data(METER, START, end) == []
    assert cloud.calls == []


async def test_each_call_has_the_form_that_was_seen_to_work(
    client: EnegicClient, cloud: Cloud
) -> None:
    await client.overview()
    await client.latest_packets()
    await client.reporters()
    assert cloud.calls == [
        ("PUT", "/getaccountoverview"),
        ("PUT", "/getlatestpackets"),
        ("GET", "/getreporterssettingsforuser"),
    ]
    assert [body for _, body, _ in cloud.sent] == [
        '{"IncludeSharedItems": true}',
        "{}",
        "",
    ]
    assert {token for *_, token in cloud.sent} == {TOKEN}


@pytest.mark.parametrize(
    "refusal",
    [web.Response(status=405), web.Response(status=404, text='{"Message": "no"}')],
)
async def test_the_documented_form_is_tried_once_and_remembered(
    client: EnegicClient,
    cloud: Cloud,
    forms: Forms,
    clock: Clock,
    refusal: web.Response,
) -> None:
    cloud.refusals["/getaccountoverview"] = [refusal]
    cloud.refusals["/getphasedata"] = [refusal]
    for _ in range(2):
        await client.overview()
        await client.phase_data(METER, START, START + timedelta(hours=1))
    overview = [method for method, path in cloud.calls if path == "/getaccountoverview"]
    history = [method for method, path in cloud.calls if path == "/getphasedata"]
    assert overview == ["PUT", "GET", "GET"]
    assert history == ["PUT", "POST", "POST"]
    assert cloud.sent[-1][1] == (
        f"itemId={METER}&fromDate=2026-09-21T00%3A00%3A00"
        "&toDate=2026-09-21T01%3A00%3A00&dataType=Avg"
    )
    assert sorted(forms.learned) == ["overview", "phase_data"]
    # Also after a restart.
    client._forms = Forms(forms.learned, clock)
    await client.overview()
    assert cloud.calls[-1] == ("GET", "/getaccountoverview")


async def test_a_page_or_two_are_no_reason_to_remember_the_documented_form(
    client: EnegicClient, cloud: Cloud, forms: Forms
) -> None:
    cloud.refusals["/getaccountoverview"] = [PAGE, None, PAGE, None, None]
    for _ in range(3):
        await client.overview()
    assert [method for method, _ in cloud.calls] == ["PUT", "GET", "PUT", "GET", "PUT"]
    assert forms.learned == {}


async def test_the_usual_form_is_tried_again_once_a_day(
    client: EnegicClient, cloud: Cloud, forms: Forms, clock: Clock
) -> None:
    cloud.verbs["/getaccountoverview"] = "GET"
    for _ in range(2):
        for _ in range(3):
            await client.overview()
        methods = [method for method, _ in cloud.calls]
        assert methods == ["PUT", "GET", "GET", "GET"]
        cloud.calls.clear()
        clock.advance(timedelta(days=1))
    cloud.verbs.clear()
    for _ in range(3):
        await client.overview()
    assert [method for method, _ in cloud.calls] == ["PUT"] * 3
    assert forms.learned == {}


async def test_a_documented_form_that_works_no_more_is_forgotten(
    client: EnegicClient, cloud: Cloud
) -> None:
    cloud.verbs["/getaccountoverview"] = "GET"
    await client.overview()
    cloud.verbs["/getaccountoverview"] = "PUT"
    with pytest.raises(UnexpectedAnswer):
        await client.overview()
    assert await client.overview()


async def test_where_neither_form_works_the_other_is_tried_once_a_day(
    client: EnegicClient, cloud: Cloud, clock: Clock
) -> None:
    cloud.refusals["/getlatestpackets"] = [PAGE] * 100
    for _ in range(10):
        with pytest.raises(Unavailable) as caught:
            await client.latest_packets()
        assert caught.value.reason == "not_json"
    assert cloud.count("/getlatestpackets") == 11
    clock.advance(timedelta(days=1))
    for _ in range(10):
        with pytest.raises(Unavailable):
            await client.latest_packets()
    assert cloud.count("/getlatestpackets") == 11 + 11
    cloud.refusals.clear()
    assert await client.latest_packets()


@pytest.mark.parametrize(
    ("status", "error", "reason"),
    [
        (400, UnexpectedAnswer, "bad_request"),
        (401, TokenRefused, "token_refused"),
        (405, UnexpectedAnswer, "not_found"),
        (500, Unavailable, "server_error"),
    ],
)
async def test_refusals_and_their_meaning(
    client: EnegicClient,
    cloud: Cloud,
    status: int,
    error: type[VendorError],
    reason: str,
) -> None:
    cloud.refusals["/getreporterssettingsforuser"] = [web.Response(status=status)] * 9
    with pytest.raises(error) as caught:
        await client.reporters()
    assert caught.value.reason == reason
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("body", [{}, None, 5, "x"])
async def test_an_answer_without_a_list_is_unexpected(
    client: EnegicClient, cloud: Cloud, body: object
) -> None:
    cloud.bodies["/getlatestpackets"] = cloud.bodies["/getphasedata"] = body
    with pytest.raises(UnexpectedAnswer):
        await client.latest_packets()
    with pytest.raises(UnexpectedAnswer):
        await client.phase_data(METER, START, START + timedelta(hours=1))


@pytest.mark.parametrize("token", ["", "a\nb", "schlüssel"])
async def test_a_token_that_no_header_can_carry_is_not_sent(
    client: EnegicClient, cloud: Cloud, token: str
) -> None:
    client.token = token
    with pytest.raises(AuthError):
        await client.overview()
    assert cloud.calls == []


async def test_case_15_seven_digits_of_a_second(
    client: EnegicClient, cloud: Cloud
) -> None:
    info = cloud.bodies["/createtoken"]["TokenInfo"]
    info["ValidTo"] = "2026-04-21T07:04:40.8966468Z"
    signed_in = await client.sign_in("jo@example.org", "geheim")
    assert signed_in.valid_to == datetime(2026, 4, 21, 7, 4, 40, 896646, UTC)
    info["ValidTo"] = "2026-04-21T07:04:40"
    naive = await client.sign_in("jo@example.org", "geheim")
    assert naive.valid_to == datetime(2026, 4, 21, 7, 4, 40, tzinfo=UTC)
