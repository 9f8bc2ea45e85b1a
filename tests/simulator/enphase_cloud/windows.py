"""The stretch of time that a question is about, and the refusal of others."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Self

from aiohttp import web

from .errors import bad_request, unprocessable
from .published import Feed
from .series import DAY, QUARTER, day_of, instant, midnight
from .system import System

OLDEST = timedelta(days=730)
METER_SPANS = {"15mins": QUARTER, "day": DAY, "week": 7 * DAY}
MICRO_SPANS = {"5mins": 300, "15mins": QUARTER, "day": DAY, "week": 7 * DAY}
CHARGER_SPANS = {"day": DAY, "week": 7 * DAY}


@dataclass(frozen=True, slots=True)
class Question:
    """A call about a system."""

    system: System
    endpoint: str
    query: Mapping[str, str]
    now: int
    serial: str = ""
    """Of a charger."""


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of telemetry."""

    granularity: str
    start: int
    end: int
    edges: Mapping[str, Any]
    """Start and end as the answer has them: in the words of the question."""

    @classmethod
    def of_telemetry(
        cls, question: Question, feed: Feed, spans: Mapping[str, int]
    ) -> Self:
        """Read the parameters; raises the cloud's answer to those that it refuses."""
        system, query = question.system, question.query
        granularity = query.get("granularity", "day")
        if granularity not in spans or (
            granularity == "week" and question.endpoint in system.refused_weeks
        ):
            raise unprocessable(
                f"Invalid request because of 'Granularity {granularity} is not supported'"
            )
        dated = "start_date" in query
        try:
            if dated:
                start = midnight(_dashed(query["start_date"]), system.zone)
            else:
                start = int(query.get("start_at", system.today))
        except ValueError:
            raise unprocessable(
                f"Failed to parse date {query.get('start_date', query.get('start_at'))}"
            ) from None
        if not _oldest(question) - DAY < start <= question.now:
            end = min(question.now, start + spans[granularity])
            raise _invalid(question, feed, start, end)
        start = max(start - start % feed.series.step, system.first_day)
        end = min(question.now, start + spans[granularity])
        return cls(granularity, start, end, _edges(system, start, end, dated=dated))

    @classmethod
    def of_statistics(cls, question: Question, feed: Feed) -> Self:
        """Read the parameters of what has a start and an end, a week at most apart."""
        system, query = question.system, question.query
        try:
            start = int(query.get("start_at", system.today))
            end = int(query.get("end_at", min(question.now, start + 7 * DAY)))
        except ValueError:
            raise unprocessable("Failed to parse date") from None
        start, end = start - start % QUARTER, end - end % QUARTER
        if not _oldest(question) - DAY < start <= question.now or not (
            start <= end <= min(question.now, start + 7 * DAY)
        ):
            raise _invalid(question, feed, start, end)
        return cls("", max(start, system.first_day), end, {})

    @classmethod
    def of_charger(cls, question: Question) -> Self:
        """Read the parameters of charger telemetry, whose dates have no dashes."""
        system, query = question.system, question.query
        granularity = query.get("granularity", "day")
        if granularity not in CHARGER_SPANS:
            raise bad_request("Invalid granularity")
        dated = "start_at" not in query
        try:
            if dated:
                yesterday = day_of(system.today - 1, system.zone)
                day = _undashed(query.get("start_date", f"{yesterday:%Y%m%d}"))
                start = midnight(day, system.zone)
            else:
                start = int(query["start_at"])
        except ValueError:
            raise bad_request("Invalid start_date") from None
        if start > question.now:
            raise bad_request("Invalid start_date")
        start = max(start - start % QUARTER, system.first_day)
        end = min(question.now, start + CHARGER_SPANS[granularity])
        return cls(granularity, start, end, _edges(system, start, end, dated=dated))


@dataclass(frozen=True, slots=True)
class Days:
    """Local days of a lifetime, as the instants at which they begin."""

    start: int
    end: int
    """The start of the day after the last."""

    @classmethod
    def of_lifetime(cls, question: Question) -> Self:
        """Read the parameters; raises the cloud's answer to those that it refuses."""
        system = question.system
        try:
            start, end = _asked_days(question, _dashed)
        except ValueError:
            raise unprocessable("Failed to parse date") from None
        if start > system.today or end > system.today:
            raise unprocessable("Requested date is in the future")
        if "end_date" in question.query and start > end:
            raise unprocessable("Requested date range is invalid for this system")
        return cls(max(start, system.first_day), _day_after(system, end))

    @classmethod
    def of_charger(cls, question: Question) -> Self:
        """Read the parameters of a charger's lifetime, whose dates have no dashes."""
        refused = bad_request("Invalid start_date/end_date")
        try:
            start, end = _asked_days(question, _undashed)
        except ValueError:
            raise refused from None
        system = question.system
        if "start_date" not in question.query or max(start, end) > system.today:
            raise refused
        if "end_date" in question.query and start > end:
            raise refused
        return cls(max(start, system.first_day), _day_after(system, end))


def _oldest(question: Question) -> int:
    return int((instant(question.now) - OLDEST).timestamp())


def _invalid(question: Question, feed: Feed, start: int, end: int) -> web.HTTPException:
    first = max(question.system.begin, _oldest(question))
    return unprocessable(
        "Invalid request because of 'Requested date range is invalid for this "
        f"system. {{:start_at=>{start}, :end_at=>{end}, "
        f":first_interval=>{first}, :last_interval=>{feed.newest()}}}'"
    )


def _asked_days(question: Question, parse: Callable[[str], date]) -> tuple[int, int]:
    """Return the starts of the first and the last day: all until yesterday."""
    system, query = question.system, question.query
    start, end = (
        system.first_day,
        midnight(day_of(system.today - 1, system.zone), system.zone),
    )
    if "start_date" in query:
        start = midnight(parse(query["start_date"]), system.zone)
    if "end_date" in query:
        end = midnight(parse(query["end_date"]), system.zone)
    return start, end


def _day_after(system: System, day: int) -> int:
    after = day_of(day, system.zone) + timedelta(days=1)
    return midnight(after, system.zone)


def _undashed(text: str) -> date:
    return date.strptime(text, "%Y%m%d")


def _dashed(text: str) -> date:
    return date.strptime(text, "%Y-%m-%d")


def _edges(system: System, start: int, end: int, *, dated: bool) -> dict[str, Any]:
    if not dated:
        return {"start_at": start, "end_at": end}
    return {
        "start_date": day_of(start, system.zone).isoformat(),
        "end_date": day_of(max(start, end - 1), system.zone).isoformat(),
    }
