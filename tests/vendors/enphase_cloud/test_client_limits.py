"""The wire: what a refusal means, and when to ask again."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from custom_components.meter_hub.vendors.allowance import Allowance
from custom_components.meter_hub.vendors.base import (
    AuthError,
    RateLimited,
    Unavailable,
    VendorError,
)
from custom_components.meter_hub.vendors.enphase_cloud.client import EnphaseClient
from custom_components.meter_hub.vendors.enphase_cloud.errors import (
    MonthSpent,
    WindowRefused,
)
from tests.vendors.conftest import Clock, Loopback

from .clients import NOTHING, SYSTEM, refusal
from .test_errors import MINUTE_SPENT, UNEXPLAINED, WINDOW, unprocessable

pytest_plugins = ("tests.vendors.enphase_cloud.clients",)


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (400, {"code": "400", "details": ["Invalid system_id"]}, "bad_request"),
        (403, {"message": "Forbidden", "code": 403}, "forbidden"),
        # As the readings of production meters are refused that are not there.
        (
            404,
            {"message": "Not Authorized", "details": "System not found", "code": 404},
            "not_found",
        ),
        (
            405,
            {"reason": "405", "message": ["Method not allowed"]},
            "unexpected_answer",
        ),
        (422, unprocessable("System doesn't have encharges"), "feature_absent"),
        (422, unprocessable(WINDOW), "window_refused"),
        (500, {"errorCode": 7, "errorMessages": ["unavailable"]}, "server_error"),
        (501, {"reason": "501", "message": ["Not Implemented"]}, "not_found"),
    ],
)
async def test_a_refusal_is_one_call_and_never_a_reason_to_sign_in(
    client: EnphaseClient, loopback: Loopback, status: int, body: object, reason: str
) -> None:
    loopback.answer(refusal(status, body))
    with pytest.raises(VendorError) as caught:
        await client.production_registers(SYSTEM)
    assert caught.value.reason == reason
    assert not isinstance(caught.value, AuthError)
    assert len(loopback.requests) == 1


async def test_a_used_up_minute_is_waited_for(
    client: EnphaseClient, loopback: Loopback, allowance: Allowance, clock: Clock
) -> None:
    clock.now = datetime(2021, 6, 16, 6, 41, 30, tzinfo=UTC)
    end = datetime(2021, 6, 16, 6, 42, 1, tzinfo=UTC)
    loopback.answer(NOTHING, refusal(429, MINUTE_SPENT), NOTHING)
    await client.summary(SYSTEM)
    with pytest.raises(RateLimited) as caught:
        await client.latest(SYSTEM)
    assert not isinstance(caught.value, MonthSpent)
    assert clock() + caught.value.retry_after == end

    clock.now = end - timedelta(seconds=6)
    with pytest.raises(RateLimited):
        await client.latest(SYSTEM)
    assert allowance.earliest(clock()) == end
    assert (len(loopback.requests), allowance.budget.calls_this_month) == (2, 2)

    clock.now = end
    await client.latest(SYSTEM)
    assert allowance.budget.calls_this_month == 3


async def test_a_used_up_month_is_waited_for(
    client: EnphaseClient, loopback: Loopback, allowance: Allowance, clock: Clock
) -> None:
    december = datetime(2026, 12, 1, tzinfo=UTC)
    month = {"period": "month", "period_end": int(december.timestamp())}
    loopback.answer(refusal(429, {**MINUTE_SPENT, **month}))
    with pytest.raises(MonthSpent) as caught:
        await client.latest(SYSTEM)
    assert caught.value.reason == "calls_spent"
    assert allowance.earliest(clock()) == december


async def refused_until(
    client: EnphaseClient, clock: Clock, allowance: Allowance
) -> tuple[type[VendorError], timedelta]:
    """Make the next call; return its error, and the time until the one after it."""
    clock.now = allowance.earliest(clock())
    with pytest.raises(RateLimited) as caught:
        await client.latest(SYSTEM)
    return type(caught.value), allowance.earliest(clock()) - clock()


async def test_what_is_refused_twice_without_a_word_is_a_used_up_month(
    client: EnphaseClient, loopback: Loopback, allowance: Allowance, clock: Clock
) -> None:
    minute = (RateLimited, timedelta(seconds=65))
    month = (MonthSpent, timedelta(hours=6))
    no = refusal(429, UNEXPLAINED)

    async def next_error() -> Any:
        return await refused_until(client, clock, allowance)

    loopback.answer(no)
    assert [await next_error() for _ in range(3)] == [minute, month, month]

    for answer in (NOTHING, refusal(422, unprocessable(WINDOW))):
        loopback.answer(answer)
        clock.now = allowance.earliest(clock())
        if answer is NOTHING:
            await client.latest(SYSTEM)
        else:
            with pytest.raises(WindowRefused):
                await client.latest(SYSTEM)
        loopback.answer(no)
        assert [await next_error() for _ in range(2)] == [minute, month]


async def test_an_outage_does_not_make_a_refusal_the_first_one_again(
    client: EnphaseClient, loopback: Loopback, allowance: Allowance, clock: Clock
) -> None:
    no = refusal(429, UNEXPLAINED)
    loopback.answer(no, refusal(502, None), no)
    await refused_until(client, clock, allowance)
    clock.now = allowance.earliest(clock())
    with pytest.raises(Unavailable):
        await client.latest(SYSTEM)
    error, _ = await refused_until(client, clock, allowance)
    assert error is MonthSpent
