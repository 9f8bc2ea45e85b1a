"""What each refusal that the API document shows means, and for how long."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from custom_components.meter_hub.vendors.base import (
    AuthError,
    RateLimited,
    Unavailable,
    UnexpectedAnswer,
    VendorError,
)
from custom_components.meter_hub.vendors.enphase_cloud.errors import (
    BadRequest,
    FeatureAbsent,
    Forbidden,
    MonthSpent,
    OutOfOrder,
    TokenRefused,
    TooManyCalls,
    WindowRefused,
    explain,
)

NOW = datetime(2021, 6, 16, 6, 41, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)

NOT_AUTHORIZED = {
    "message": "Not Authorized",
    "details": "User is not authorized",
    "code": 401,
}
MINUTE_SPENT = {
    "message": "Too Many Requests",
    "details": "Usage limit exceeded for plan Kilowatt",
    "code": 429,
    "period": "minute",
    "period_start": 1623825660,
    "period_end": 1623825720,
    "limit": 5,
}
UNEXPLAINED = {key: MINUTE_SPENT[key] for key in ("message", "details", "code")}
WINDOW = (
    "Invalid request because of 'Requested date range is invalid for this system. "
    "{:start_at=>1566930600, :end_at=>1565333100, :first_interval=>1565072100, "
    ":last_interval=>1565333700}'"
)


def unprocessable(details: object) -> dict[str, Any]:
    """Return the body of a 422."""
    return {"message": "Unprocessable Entity", "details": details, "code": 422}


@pytest.mark.parametrize(
    ("status", "body", "error", "reason"),
    [
        (401, NOT_AUTHORIZED, TokenRefused, "invalid_auth"),
        (401, {"message": "Unauthorised", "code": "401"}, TokenRefused, "invalid_auth"),
        (401, None, TokenRefused, "invalid_auth"),
        (
            401,
            {**NOT_AUTHORIZED, "details": "API Key -Client mismatch"},
            AuthError,
            "invalid_api_key",
        ),
        (
            401,
            {"reason": "401", "message": ["API Key missing in url/headers!"]},
            AuthError,
            "invalid_api_key",
        ),
        (
            401,
            {
                "error": {
                    "code": 401,
                    "details": [{}],
                    "message": "API Key is invalid",
                    "status": "NOT_AUTHENTICATED",
                },
                "type": "authentication_error",
            },
            AuthError,
            "invalid_api_key",
        ),
        (
            401,
            {
                "error": {
                    "message": "Access token has expired",
                    "status": "UNAUTHORIZED",
                }
            },
            TokenRefused,
            "invalid_auth",
        ),
        (
            403,
            {
                "message": "Forbidden",
                "details": "Not authorized to access this resource",
                "code": 403,
            },
            Forbidden,
            "forbidden",
        ),
        (403, None, Unavailable, "not_json"),
        (
            501,
            {"reason": "501", "message": ["Not Implemented"]},
            UnexpectedAnswer,
            "not_found",
        ),
        (
            422,
            unprocessable("System doesn't have encharges"),
            FeatureAbsent,
            "feature_absent",
        ),
        (
            422,
            unprocessable(["System doesn\u2019t have encharge"]),
            FeatureAbsent,
            "feature_absent",
        ),
        (
            422,
            unprocessable("Requested date is in the future"),
            WindowRefused,
            "window_refused",
        ),
        (422, None, WindowRefused, "window_refused"),
        (429, MINUTE_SPENT, TooManyCalls, "rate_limited"),
        (429, None, TooManyCalls, "rate_limited"),
        (
            500,
            {"errorCode": 7, "errorMessages": ["Data is temporarily unavailable"]},
            OutOfOrder,
            "server_error",
        ),
        (
            500,
            {"message": "Error", "details": "unable to fetch data"},
            OutOfOrder,
            "server_error",
        ),
    ],
)
def test_a_refusal(
    status: int, body: Any, error: type[VendorError], reason: str
) -> None:
    found = explain(status, body)
    assert type(found) is error
    assert found.reason == reason


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, None),
        (
            404,
            {"message": "Not Authorized", "details": "System not found", "code": 404},
        ),
        (405, {"reason": "405", "message": ["Method not allowed"]}),
        (500, None),
        (501, None),
    ],
)
def test_what_means_what_it_means_everywhere(status: int, body: Any) -> None:
    assert explain(status, body) is None


@pytest.mark.parametrize(
    "details",
    [
        ["Invalid system_id", "Invalid offset/limit"],
        "Invalid system_id; Invalid offset/limit",
    ],
)
def test_case_13_a_bad_request_names_what_is_wrong(details: object) -> None:
    found = explain(400, {"message": "Bad request", "code": "400", "details": details})
    assert isinstance(found, BadRequest)
    assert found.reason == "bad_request"
    assert found.parameters == ("system_id", "offset", "limit")


@pytest.mark.parametrize("details", [None, 5, [], [None], {"ada@example.org": 1}])
def test_a_bad_request_may_name_nothing(details: object) -> None:
    found = explain(400, {"message": "Bad request", "details": details})
    assert isinstance(found, BadRequest)
    assert found.parameters == ()


def test_a_bad_request_tells_nothing_of_a_person() -> None:
    """Whatever the vendor repeats of what was asked for."""
    found = explain(
        400,
        {
            "message": "No ada@example.org",
            "code": "400",
            "details": ["Invalid serial_no 202312101001 of Ada Lovelace"],
        },
    )
    assert str(found) == "bad_request: serial_no"


@pytest.mark.parametrize("details", [WINDOW, [WINDOW]])
def test_a_refused_window_names_the_one_that_there_is(details: object) -> None:
    found = explain(422, unprocessable(details))
    assert isinstance(found, WindowRefused)
    assert found.first == datetime(2019, 8, 6, 6, 15, tzinfo=UTC)
    assert found.last == datetime(2019, 8, 9, 6, 55, tzinfo=UTC)


@pytest.mark.parametrize(
    "details",
    ["Requested date range is invalid for this system", ":last_interval=>" + 30 * "9"],
)
def test_a_refused_window_may_name_none(details: str) -> None:
    found = explain(422, unprocessable(details))
    assert isinstance(found, WindowRefused)
    assert (found.first, found.last) == (None, None)


def meant(body: Any, now: datetime = NOW, *, again: bool = False) -> RateLimited:
    """Return what a 429 comes to."""
    found = explain(429, body)
    assert isinstance(found, TooManyCalls)
    return found.meant(now, again=again)


def test_a_minute_is_waited_for_until_it_is_over() -> None:
    for body in (MINUTE_SPENT, {**MINUTE_SPENT, "period_end": "1623825720"}):
        for again in (False, True):
            error = meant(body, again=again)
            assert type(error) is RateLimited
            end = datetime(2021, 6, 16, 6, 42, 1, tzinfo=UTC)
            assert NOW + error.retry_after == end


@pytest.mark.parametrize("end", [1623825600, 1623999999, 1623825720000, None, "soon"])
def test_a_minute_with_an_odd_end_is_no_month(end: object) -> None:
    """Where our clock is ahead, the end has passed already."""
    error = meant({**MINUTE_SPENT, "period_end": end}, again=True)
    assert type(error) is RateLimited
    assert error.retry_after == 65 * SECOND


def test_a_month_is_waited_for_until_it_is_over() -> None:
    july = datetime(2021, 7, 1, tzinfo=UTC)
    error = meant(
        {**MINUTE_SPENT, "period": "month", "period_end": int(july.timestamp())}
    )
    assert type(error) is MonthSpent
    assert error.reason == "calls_spent"
    assert NOW + error.retry_after == july


@pytest.mark.parametrize("end", [None, 1623825600, 1700000000])
def test_a_month_without_an_end_is_tried_every_six_hours(end: int | None) -> None:
    error = meant({**MINUTE_SPENT, "period": "month", "period_end": end})
    assert type(error) is MonthSpent
    assert error.retry_after == 6 * HOUR


def test_an_unexplained_refusal_is_a_minute_and_then_a_month() -> None:
    for body in (UNEXPLAINED, None, {"error": {"code": 429}}, {"period": None}):
        first, second = meant(body), meant(body, again=True)
        assert (type(first), first.retry_after) == (RateLimited, 65 * SECOND)
        assert (type(second), second.retry_after) == (MonthSpent, 6 * HOUR)


def test_the_new_month_is_tried_soon() -> None:
    late = datetime(2026, 12, 31, 23, 40, tzinfo=UTC)
    error = meant(UNEXPLAINED, late, again=True)
    assert late + error.retry_after == datetime(2027, 1, 1, 0, 5, tzinfo=UTC)
    early = datetime(2027, 1, 1, 0, 5, tzinfo=UTC)
    assert meant(UNEXPLAINED, early, again=True).retry_after == 6 * HOUR
