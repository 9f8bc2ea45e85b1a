"""What the refusals of the Enphase Monitoring API v4 mean.

They are told by their HTTP status, as a message may contradict it: "Not Authorized"
also comes with 404. Only what has one status in common is told by its words.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
import re
from typing import Any

from ..base import AuthError, RateLimited, Unavailable, UnexpectedAnswer, VendorError

AFTER_THE_MINUTE = timedelta(seconds=1)
"""What is added to the end of a minute that is used up."""

UNEXPLAINED_WAIT = timedelta(seconds=65)
"""The wait after a refusal that doesn't say whether a minute or a month is used up."""

PROBE_WAIT = timedelta(hours=6)
"""The wait where a month is used up whose end is not known."""

_MINUTE, _MONTH = "minute", "month"

_LONGEST_MINUTE = timedelta(minutes=10)
_LONGEST_MONTH = timedelta(days=32)
"""A period that ends later was not read right, or told by another clock."""

_AFTER_THE_MONTH = timedelta(minutes=5)

_PARAMETERS = (
    "system_id",
    "serial_no",
    "start_date",
    "end_date",
    "start_at",
    "granularity",
    "offset",
    "limit",
)
"""What a refusal may name; the rest of its words may be about a person."""


class NotInPlan(UnexpectedAnswer):
    """The token is good, but the plan of the application lacks what was asked for."""


class Forbidden(UnexpectedAnswer):
    """The system is somebody else's, or the application has no such access control."""


class BadRequest(UnexpectedAnswer):
    """The vendor finds a parameter wrong, such as the serial of a charger."""

    def __init__(self, parameters: Iterable[str]) -> None:
        """Name the parameters, of which all that we send may be told."""
        self.parameters = tuple(parameters)
        super().__init__("bad_request", ", ".join(self.parameters))


class FeatureAbsent(UnexpectedAnswer):
    """The system has no device of the kind that was asked about."""


class WindowRefused(UnexpectedAnswer):
    """The system has no data in the window, or never answers such a one."""

    def __init__(self, first: datetime | None, last: datetime | None) -> None:
        """Name the first and the last interval that there is, where that is known."""
        super().__init__("window_refused")
        self.first = first
        self.last = last


class OutOfOrder(Unavailable):
    """What was asked for is out of order, in the vendor's words; the rest may not be."""


class MonthSpent(RateLimited):
    """The plan's calls of the month are used up, by whomever."""


class TokenRefused(VendorError):
    """The token, or what it was used for, is refused: 401 is said of both."""


class TooManyCalls(VendorError):
    """The vendor counts too many calls."""

    def __init__(self, period: str, end: datetime | None) -> None:
        """Name the period that they are counted in, and its end, as far as it is told."""
        super().__init__("rate_limited")
        self._period = period
        self._end = end

    @property
    def is_unexplained(self) -> bool:
        """Whether it is not told if a minute or a month is used up."""
        return self._period not in (_MINUTE, _MONTH)

    def meant(self, now: datetime, *, again: bool) -> RateLimited:
        """Return for how long no call is worth making.

        What is unexplained is taken for a minute, and where it comes `again`, for a
        month. The zone of the vendor's months is not documented: so one whose end is not
        told is not waited for as a whole.
        """
        wait = None if self._end is None else self._end - now
        if self._period == _MINUTE:
            if wait is None or not timedelta(0) < wait <= _LONGEST_MINUTE:
                return RateLimited("rate_limited", UNEXPLAINED_WAIT)
            return RateLimited("rate_limited", wait + AFTER_THE_MINUTE)
        if self.is_unexplained and not again:
            return RateLimited("rate_limited", UNEXPLAINED_WAIT)
        if wait is None or not timedelta(0) < wait <= _LONGEST_MONTH:
            wait = min(PROBE_WAIT, _until_next_month(now))
        return MonthSpent("calls_spent", wait)


def explain(status: int, body: Any) -> VendorError | None:
    """Give the vendor's own meaning to a refusal; None leaves the usual one."""
    told = body if isinstance(body, dict) else {}
    match status:
        case HTTPStatus.BAD_REQUEST if told:
            words = {
                word
                for text in _texts(told.get("details"))
                for word in re.findall(r"\w+", text)
            }
            return BadRequest(each for each in _PARAMETERS if each in words)
        case HTTPStatus.UNAUTHORIZED:
            if _is_about_the_key(_texts(told)):
                return AuthError("invalid_api_key")
            return TokenRefused("invalid_auth")
        case HTTPStatus.FORBIDDEN if told:
            return Forbidden("forbidden")
        case HTTPStatus.FORBIDDEN:
            # What says nothing in the vendor's words must not end the polling.
            return Unavailable("not_json", f"HTTP {status}")
        case HTTPStatus.INTERNAL_SERVER_ERROR if told:
            return OutOfOrder("server_error", f"HTTP {status}")
        case HTTPStatus.NOT_IMPLEMENTED if told:
            return UnexpectedAnswer("not_found", f"HTTP {status}")
        case HTTPStatus.UNPROCESSABLE_ENTITY:
            return _unprocessable(" ".join(_texts(told)))
        case HTTPStatus.TOO_MANY_REQUESTS:
            return _too_many_calls(told)
    return None


def _unprocessable(text: str) -> UnexpectedAnswer:
    if re.search(r"\bdoesn\W?t have\b", text):
        return FeatureAbsent("feature_absent")
    return WindowRefused(_named(text, "first_interval"), _named(text, "last_interval"))


def _named(text: str, name: str) -> datetime | None:
    """Return an instant from a refusal that shows a hash of Ruby: `:name=>1566930600`."""
    found = re.search(rf"\b{name}\W+(\d+)", text)
    return _instant(found[1]) if found else None


def _too_many_calls(told: dict[str, Any]) -> TooManyCalls:
    return TooManyCalls(
        str(told.get("period")).casefold(), _instant(told.get("period_end"))
    )


def _instant(seconds: object) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(str(seconds)), UTC)
    except OSError, OverflowError, ValueError:
        return None


def _until_next_month(now: datetime) -> timedelta:
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    next_month = (today.replace(day=1) + _LONGEST_MONTH).replace(day=1)
    return next_month + _AFTER_THE_MONTH - now


def _is_about_the_key(texts: Iterable[str]) -> bool:
    return any("api key" in text or text == "not_authenticated" for text in texts)


def _texts(told: object) -> list[str]:
    """Return all words of a refusal, wherever they are, in lower case."""
    if isinstance(told, str):
        return [" ".join(told.casefold().split())]
    if isinstance(told, dict):
        told = list(told.values())
    if isinstance(told, list):
        return [text for each in told for text in _texts(each)]
    return []
