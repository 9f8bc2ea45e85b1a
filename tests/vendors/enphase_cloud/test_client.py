"""The wire: what is asked, with what, and what is read."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
import json

from aiohttp import ClientSession, web
import pytest

from custom_components.meter_hub.vendors.allowance import Allowance
from custom_components.meter_hub.vendors.base import (
    AuthError,
    JsonObject,
    Unavailable,
    UnexpectedAnswer,
)
from custom_components.meter_hub.vendors.enphase_cloud.client import (
    EnphaseClient,
    Granularity,
    Lifetime,
    Telemetry,
)
from custom_components.meter_hub.vendors.enphase_cloud.errors import (
    BadRequest,
    NotInPlan,
)
from tests.vendors.conftest import Clock, Loopback

from .clients import DAY, START, SYSTEM, Tokens, asked, client_of, refusal
from .test_errors import NOT_AUTHORIZED

pytest_plugins = ("tests.vendors.enphase_cloud.clients",)


async def test_key_and_token_are_in_headers_not_in_the_address(
    client: EnphaseClient, loopback: Loopback
) -> None:
    await client.latest(SYSTEM)
    (request,) = loopback.requests
    assert request.headers["key"] == "the-key"
    assert request.headers["Authorization"] == "Bearer token-1"
    assert (request.method, request.path_qs) == (
        "GET",
        f"/api/v4/systems/{SYSTEM}/latest_telemetry",
    )


@pytest.mark.parametrize(
    ("call", "path"),
    [
        (lambda client: client.summary(SYSTEM), "summary"),
        (lambda client: client.devices(SYSTEM), "devices"),
        (
            lambda client: client.production_registers(SYSTEM),
            "production_meter_readings",
        ),
        (
            lambda client: client.telemetry(
                SYSTEM, Telemetry.PRODUCTION_MICRO, START, Granularity.DAY
            ),
            "telemetry/production_micro?start_at=1795150800&granularity=day",
        ),
        (
            lambda client: client.telemetry(
                SYSTEM, Telemetry.IMPORT, START, Granularity.WEEK
            ),
            "energy_import_telemetry?start_at=1795150800&granularity=week",
        ),
        (
            lambda client: client.production_by_phase(
                SYSTEM, START, START + timedelta(hours=24)
            ),
            "rgm_stats?start_at=1795150800",
        ),
        (
            lambda client: client.production_by_phase(
                SYSTEM, START, START + timedelta(hours=7)
            ),
            "rgm_stats?start_at=1795150800&end_at=1795176000",
        ),
        (
            lambda client: client.lifetime(SYSTEM, Lifetime.PRODUCTION),
            "energy_lifetime?production=all",
        ),
        (
            lambda client: client.lifetime(SYSTEM, Lifetime.BATTERY),
            "battery_lifetime",
        ),
        (
            lambda client: client.charger_telemetry(
                SYSTEM, "2021 09/1", DAY, Granularity.DAY
            ),
            "ev_charger/2021%2009%2F1/telemetry?start_date=20261120&granularity=day",
        ),
        (
            lambda client: client.charger_lifetime(SYSTEM, "2021", DAY),
            "ev_charger/2021/lifetime?start_date=20261120",
        ),
        (
            lambda client: client.charger_sessions(SYSTEM, "2021", 40),
            "ev_charger/2021/sessions?offset=40&limit=20",
        ),
    ],
)
async def test_what_is_asked_of_a_system(
    client: EnphaseClient,
    loopback: Loopback,
    call: Callable[[EnphaseClient], Awaitable[JsonObject]],
    path: str,
) -> None:
    loopback.answer(web.json_response({"system_id": 7}))
    assert await call(client) == {"system_id": 7}
    (request,) = loopback.requests
    assert request.raw_path == f"/api/v4/systems/{SYSTEM}/{path}"


@pytest.mark.parametrize("system", ["event_types", "", "1/x", "\u0661"])
async def test_only_the_id_of_a_system_stands_where_other_calls_have_names(
    client: EnphaseClient, loopback: Loopback, system: str
) -> None:
    with pytest.raises(UnexpectedAnswer):
        await client.summary(system)
    assert loopback.requests == []


async def test_an_answer_is_read_whatever_it_is_said_to_be(
    client: EnphaseClient, loopback: Loopback
) -> None:
    """Those about chargers come as a stream of bytes."""
    body = json.dumps({"consumption": [{"consumption": 643, "end_at": 1}]}).encode()
    loopback.answer(web.Response(body=body, content_type="application/octet-stream"))
    answer = await client.charger_telemetry(SYSTEM, "1", DAY, Granularity.DAY)
    assert answer["consumption"][0]["consumption"] == 643


async def test_case_13_a_refusal_about_chargers_is_read_too(
    client: EnphaseClient, loopback: Loopback, allowance: Allowance
) -> None:
    """It is no matter of the sign-in, and asked for once."""
    details = ["Invalid system_id", "Invalid offset/limit"]
    body = {"message": "Bad request", "code": "400", "details": details}
    loopback.answer(
        web.Response(
            status=400,
            body=json.dumps(body).encode(),
            content_type="application/octet-stream",
        )
    )
    with pytest.raises(BadRequest) as caught:
        await client.charger_sessions(SYSTEM, "202312101001", 0)
    assert str(caught.value) == "bad_request: system_id, offset, limit"
    assert allowance.budget.calls_this_month == 1


@pytest.mark.parametrize("body", [[], None, "text", 5])
async def test_an_answer_without_an_object_is_unexpected(
    client: EnphaseClient, loopback: Loopback, body: object
) -> None:
    loopback.answer(web.json_response(body))
    with pytest.raises(UnexpectedAnswer):
        await client.summary(SYSTEM)


def page(total: object, *ids: int) -> web.Response:
    """Return a page of systems."""
    systems = [{"system_id": each, "name": f"System {each}"} for each in ids]
    return web.json_response({"total": total, "systems": systems})


@pytest.mark.parametrize(
    ("pages", "found"),
    [
        ([page(0)], 0),
        ([page(2, 1, 2)], 2),
        ([page(250, *range(100)), page(250, *range(100, 200)), page(250, *range(200, 250))], 250),
        ([page(100, *range(100))], 100),
        # Pages that are smaller than was asked for.
        ([page(3, 1), page(3, 2), page(3, 3)], 3),
        # A total that is never reached, and pages that are all the same.
        ([page(9, 1, 2), page(9, 1, 2)], 2),
        ([page(None, 1, 2)], 2),
        ([page(None, *range(100)), page(None, *range(100, 130))], 130),
        ([page("150", *range(100)), page("150", *range(100, 150))], 150),
    ],
)  # fmt: skip
async def test_systems_are_asked_for_page_by_page(
    client: EnphaseClient, loopback: Loopback, pages: list[web.Response], found: int
) -> None:
    loopback.answer(*pages)
    assert len(await client.systems()) == found
    assert [request.query_string for request in loopback.requests] == [
        f"page={number}&size=100" for number in range(1, len(pages) + 1)
    ]


@pytest.mark.parametrize("body", [{}, {"systems": None}, {"systems": {}}])
async def test_no_list_of_systems_is_not_an_empty_one(
    client: EnphaseClient, loopback: Loopback, body: object
) -> None:
    loopback.answer(web.json_response(body))
    with pytest.raises(UnexpectedAnswer):
        await client.systems()


async def test_the_system_of_a_gateway(
    client: EnphaseClient, loopback: Loopback
) -> None:
    not_found = {"message": "Not Found", "details": "Envoy not found", "code": 404}
    loopback.answer(
        web.json_response({"system_id": 123}),
        web.json_response({"system_id": None}),
        refusal(404, not_found),
    )
    assert await client.system_of_gateway("122300001234") == "123"
    (request,) = loopback.requests
    assert request.path == "/api/v4/systems/retrieve_system_id"
    assert dict(request.query) == {"serial_num": "122300001234"}
    for reason in ("unexpected_answer", "gateway_unknown"):
        with pytest.raises(UnexpectedAnswer) as caught:
            await client.system_of_gateway("122300001234")
        assert caught.value.reason == reason


async def test_a_token_that_has_ended_is_renewed_and_nobody_is_asked(
    client: EnphaseClient, loopback: Loopback
) -> None:
    loopback.answer(refusal(401, NOT_AUTHORIZED), web.json_response({"modules": 9}))
    assert await client.summary(SYSTEM) == {"modules": 9}
    assert [request.headers["Authorization"] for request in loopback.requests] == [
        "Bearer token-1",
        "Bearer token-2",
    ]


async def test_what_is_outside_the_plan_is_no_matter_of_the_sign_in(
    client: EnphaseClient, loopback: Loopback, allowance: Allowance
) -> None:
    no = refusal(401, NOT_AUTHORIZED)
    loopback.answer(no, no, page(1, 1))
    with pytest.raises(NotInPlan) as caught:
        await client.devices(SYSTEM)
    assert caught.value.reason == "not_in_plan"
    devices = f"systems/{SYSTEM}/devices"
    assert asked(loopback) == [devices, devices, "systems"]
    assert allowance.budget.calls_this_month == 3


async def test_a_token_that_is_good_for_nothing_needs_a_person(
    client: EnphaseClient, loopback: Loopback
) -> None:
    loopback.answer(refusal(401, NOT_AUTHORIZED))
    with pytest.raises(AuthError) as caught:
        await client.devices(SYSTEM)
    assert caught.value.reason == "invalid_auth"
    assert asked(loopback)[2:] == ["systems"]
    with pytest.raises(AuthError):
        await client.systems()
    assert asked(loopback)[3:] == ["systems", "systems"]


async def test_a_token_that_can_not_be_renewed_needs_a_person(
    client: EnphaseClient, loopback: Loopback, tokens: Tokens
) -> None:
    tokens.is_over = True
    loopback.answer(refusal(401, NOT_AUTHORIZED))
    with pytest.raises(AuthError):
        await client.devices(SYSTEM)
    assert len(loopback.requests) == 1


async def test_an_outage_after_a_refusal_says_nothing_about_plan_or_sign_in(
    client: EnphaseClient, loopback: Loopback
) -> None:
    no = refusal(401, NOT_AUTHORIZED)
    loopback.answer(no, no, refusal(500, {"message": "unable to fetch data"}))
    with pytest.raises(Unavailable):
        await client.devices(SYSTEM)
    assert len(loopback.requests) == 3


async def test_a_wrong_key_is_not_a_wrong_token(
    client: EnphaseClient, loopback: Loopback, tokens: Tokens
) -> None:
    mismatch = {**NOT_AUTHORIZED, "details": "API Key -Client mismatch"}
    loopback.answer(refusal(401, mismatch))
    with pytest.raises(AuthError) as caught:
        await client.systems()
    assert caught.value.reason == "invalid_api_key"
    assert (len(loopback.requests), tokens.number) == (1, 1)


@pytest.mark.parametrize("key", ["", " ", "a\nb", "kluczą"])
async def test_a_key_that_can_not_be_sent(
    session: ClientSession,
    clock: Clock,
    allowance: Allowance,
    tokens: Tokens,
    loopback: Loopback,
    key: str,
) -> None:
    client = client_of(session, clock, allowance, tokens, key)
    with pytest.raises(AuthError) as caught:
        await client.systems()
    assert caught.value.reason == "invalid_api_key"
    assert allowance.budget.calls_this_month == 0
