"""Signing in, and what becomes of the token."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
import json
from typing import Any

from aiohttp import web
import pytest

from custom_components.meter_hub.metering.model import Series
from custom_components.meter_hub.metering.vocabulary import Quantity
from custom_components.meter_hub.vendors.base import (
    AuthError,
    RateLimited,
    Unavailable,
    VendorError,
)
from custom_components.meter_hub.vendors.enegic.plan import PacketsJob, RenewJob
from tests.simulator import MovableClock
from tests.vendors.driver import Driver

from .bodies import METER
from .cloud import PAGE, TOKEN, Cloud, signed_in

POLL = timedelta(seconds=60)


async def poll(account: Driver) -> VendorError | None:
    """Make the next call, which must be a live one; return its error."""
    before = len(account.errors)
    job = await account.step()
    assert isinstance(job, PacketsJob)
    return account.errors[-1][1] if len(account.errors) > before else None


async def test_signing_in_saves_the_token_but_not_the_password(
    account: Driver, cloud: Cloud, saved: list[Mapping[str, Any]]
) -> None:
    connected = await account.backend.connect()
    assert saved == [
        {
            "username": "Jo@Example.org",
            "token": TOKEN,
            "valid_to": "2027-11-19T08:00:00.123456+00:00",
        }
    ]
    assert (connected.unique_id, connected.title) == ("1000001", "Enegic (Evify)")
    assert connected.meter_ids == {METER}
    assert [path for _, path in cloud.calls] == [
        "/createtoken",
        "/getaccountoverview",
        "/getlatestpackets",
    ]
    assert "geheim" not in json.dumps(account.backend.state())


async def test_the_token_is_saved_before_it_is_used(
    account: Driver, cloud: Cloud
) -> None:
    calls: list[int] = []

    async def save(_: Mapping[str, Any]) -> None:
        calls.append(len(cloud.calls))

    object.__setattr__(account.context, "save_credentials", save)
    account.restart()
    await account.connect()
    assert calls == [1]


async def test_a_token_alone_opens_the_account(account: Driver, cloud: Cloud) -> None:
    credentials = {"username": "jo@example.org", "token": TOKEN, "valid_to": None}
    object.__setattr__(account.context, "credentials", credentials)
    account.restart()
    connected = await account.backend.connect()
    assert (connected.unique_id, connected.title) == ("1000001", "Enegic")
    assert cloud.count("/createtoken") == 0


@pytest.mark.parametrize("status", [400, 401, 403, 404])
async def test_case_15_a_sign_in_that_is_refused(
    account: Driver, cloud: Cloud, status: int, saved: list[Mapping[str, Any]]
) -> None:
    cloud.refusals["/createtoken"] = [web.Response(status=status)]
    with pytest.raises(AuthError) as caught:
        await account.backend.connect()
    assert caught.value.reason == "invalid_auth"
    assert saved == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        None,
        signed_in("00000000-0000-0000-0000-000000000000"),
        {"TokenInfo": {"Token": "00000000-0000-0000-0000-000000000000"}, "User": None},
        {"TokenInfo": None},
        signed_in(""),
    ],
)
async def test_case_15_a_sign_in_without_a_token(
    account: Driver, cloud: Cloud, body: object
) -> None:
    cloud.bodies["/createtoken"] = body
    with pytest.raises(AuthError):
        await account.backend.connect()


async def test_a_token_that_is_refused_at_first_is_tried_again_at_once(
    account: Driver, cloud: Cloud
) -> None:
    cloud.refusals["/getaccountoverview"] = [web.Response(status=401)]
    connected = await account.backend.connect()
    assert connected.meter_ids == {METER}
    assert cloud.count("/createtoken") == 1


async def test_a_token_that_never_ends_is_no_reason_to_stop(
    account: Driver, cloud: Cloud, saved: list[Mapping[str, Any]]
) -> None:
    never = "0001-01-01T00:00:00"
    cloud.bodies["/createtoken"] = signed_in(valid_to=never)
    account.ledger.since += timedelta(days=1000)
    await account.connect()
    await account.run(timedelta(minutes=5))
    assert saved[-1]["valid_to"] is None
    assert cloud.count("/refreshtoken") == 0
    assert cloud.count("/getlatestpackets") > 4


async def test_case_15_a_server_that_is_down_is_no_wrong_password(
    account: Driver, cloud: Cloud
) -> None:
    cloud.refusals["/createtoken"] = [web.Response(status=503)] * 5
    with pytest.raises(Unavailable):
        await account.backend.connect()


async def test_case_15_one_refused_token_is_no_reason_to_sign_in_again(
    signed: Driver, cloud: Cloud, moving: MovableClock
) -> None:
    cloud.refusals["/getlatestpackets"] = [web.Response(status=401)]
    error = await poll(signed)
    assert isinstance(error, Unavailable)
    assert error.reason == "token_refused"
    refused_at = moving()
    assert await poll(signed) is None
    assert moving() - refused_at == timedelta(seconds=5)


async def test_case_15_the_third_refusal_in_a_row_is(
    signed: Driver, cloud: Cloud, moving: MovableClock
) -> None:
    cloud.refusals["/getlatestpackets"] = [web.Response(status=401)] * 4
    errors, instants = [], []
    for _ in range(3):
        errors.append(await poll(signed))
        instants.append(moving())
        signed.restart()
    assert [type(error) for error in errors] == [Unavailable, Unavailable, AuthError]
    waits = [after - before for before, after in pairwise(instants)]
    assert waits == [timedelta(seconds=5), POLL]
    # Who has signed in again is not asked at the first refusal.
    assert isinstance(await poll(signed), Unavailable)


async def test_case_15_refusals_that_are_not_in_a_row_never_add_up(
    signed: Driver, cloud: Cloud
) -> None:
    refused = web.Response(status=401)
    cloud.refusals["/getlatestpackets"] = [refused, refused, None] * 5
    errors = [await poll(signed) for _ in range(15)]
    assert {type(error) for error in errors} == {Unavailable, type(None)}


async def test_case_15_a_vendor_that_asks_for_a_pause_gets_it(
    signed: Driver, cloud: Cloud, moving: MovableClock
) -> None:
    refusal = web.Response(status=429, headers={"Retry-After": "120"})
    cloud.refusals["/getlatestpackets"] = [refusal]
    assert isinstance(await poll(signed), RateLimited)
    held_at = moving()
    assert await poll(signed) is None
    assert moving() - held_at == timedelta(seconds=120)


async def test_case_15_a_page_is_an_outage(signed: Driver, cloud: Cloud) -> None:
    cloud.refusals["/getlatestpackets"] = [PAGE] * 2
    error = await poll(signed)
    assert isinstance(error, Unavailable)
    assert error.reason == "not_json"
    assert await poll(signed) is None


async def test_a_token_is_renewed_in_its_last_month_only(
    signed: Driver,
    cloud: Cloud,
    moving: MovableClock,
    saved: list[Mapping[str, Any]],
) -> None:
    valid_to = datetime(2027, 11, 19, 8, tzinfo=UTC)
    moving.at = valid_to - timedelta(days=30, minutes=5)
    await signed.run(timedelta(minutes=4))
    assert cloud.count("/refreshtoken") == 0
    cloud.bodies["/refreshtoken"] = signed_in("another-token", "2028-11-19T08:00:00Z")
    await signed.run(timedelta(minutes=5))
    moving.advance(timedelta(hours=30))
    await signed.run(timedelta(minutes=5))
    assert cloud.count("/refreshtoken") == 1
    assert saved[-1] == {
        "username": "Jo@Example.org",
        "token": "another-token",
        "valid_to": "2028-11-19T08:00:00+00:00",
    }
    assert cloud.sent[-1][2] == "another-token"


@pytest.mark.parametrize("status", [401, 403, 404, 500])
async def test_a_token_that_cannot_be_renewed_stays_good(
    signed: Driver, cloud: Cloud, moving: MovableClock, status: int
) -> None:
    cloud.refusals["/refreshtoken"] = [web.Response(status=status)] * 100
    moving.at = datetime(2027, 11, 1, tzinfo=UTC)
    for _ in range(4):
        await signed.run(timedelta(minutes=2))
        moving.advance(timedelta(hours=11))
    renewals = [job for job, _ in signed.errors if isinstance(job, RenewJob)]
    assert len(renewals) == 2
    assert len(signed.errors) == 2
    assert not any(isinstance(error, AuthError) for _, error in signed.errors)
    assert signed.readings[Series(METER, Quantity.GRID_IMPORT)].value == 57142.768
