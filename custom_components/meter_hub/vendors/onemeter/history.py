"""From the rows of `/readings` to the energy of hours. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ...metering.model import Interval, Span
from ...metering.registers import ON_THE_HOUR, Point, intervals
from ...metering.runs import BELIEVED_AFTER
from ...metering.spans import hour_of
from ..base import JsonObject
from ..stored import Pause
from .known import Course, Known
from .obis import by_code, to_instant
from .plan import LATE_MONTH, HistoryJob
from .registers import Register


@dataclass(frozen=True, slots=True)
class Window:
    """The instants that a call asks for: its hours, and a margin on both sides."""

    start: datetime
    end: datetime
    from_the_beginning: bool
    """There are no readings before."""
    to_the_last: bool
    """There are no readings after."""

    @classmethod
    def around(cls, job: HistoryJob, known: Known) -> Window:
        """Return the window of a job, within the readings that the device has.

        It begins so early that no dip fills it: readings that are all too low agree
        with one another.
        """
        margin = known.course.margin
        begins, last = known.begins or job.start, known.last or job.end
        start = max(begins, job.start - BELIEVED_AFTER - margin)
        end = min(last, job.end + margin)
        return cls(start, end, start <= begins, end >= last)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the rows say."""

    intervals: tuple[Interval, ...]
    explored: tuple[Span, ...]
    course: Course


def codes_of(known: Known) -> tuple[str, ...]:
    """Return the codes to ask for, as the vendor spells them."""
    codes = {code for each in known.historic.values() for code in each.codes}
    return tuple(known.spelling.get(code, code) for code in sorted(codes))


def read_rows(
    rows: Iterable[JsonObject],
    job: HistoryJob,
    window: Window,
    known: Known,
    now: datetime,
    multiplier: float = 1,
) -> Answer:
    """Return the hours of a job and after, as far as the rows enclose them.

    An hour that no readings enclose is not explored: the next call for it asks with
    a wider margin, so that in the end a gap of any length is bridged by the readings
    on its two sides. Where there are no newer readings to be had, the series is
    left alone for a while.
    """
    read = [*_read(rows, window, now)]
    found: list[Interval] = []
    explored: list[Span] = []
    stalled = dict(known.course.stalled)
    enclosed = True
    for series, register in known.historic.items():
        points = [*_points(read, register, known, multiplier)]
        hours = [
            interval
            for interval in intervals(
                series, points, floor=known.begins, scale=register.scale(multiplier)
            )
            if interval.start >= hour_of(job.start)
        ]
        found += hours
        seen_before = window.from_the_beginning or any(
            point.at <= job.start + ON_THE_HOUR for point in points
        )
        enclosed = enclosed and seen_before
        if hours:
            start = job.start if seen_before else max(job.start, hours[0].start)
            explored.append(Span(series, start, hours[-1].end))
            reached = hours[-1].end
        else:
            enclosed = enclosed and window.to_the_last
            reached = job.start
        if reached >= job.end or not window.to_the_last:
            stalled.pop(series.key, None)
        elif job.review is None:
            stalled[series.key] = Pause.after(stalled.get(series.key), now)
    course = replace(
        known.course,
        margin=known.course.next_margin(enclosed=enclosed),
        stalled=stalled,
        failed=None,
    )
    return Answer(tuple(found), tuple(explored), _noted(course, job, now))


def _noted(course: Course, job: HistoryJob, now: datetime) -> Course:
    """Remember when what was asked; a first fetch stands for the first review."""
    if job.review is None:
        return replace(
            course,
            read_days_at=course.read_days_at or now,
            read_month_at=course.read_month_at or now,
        )
    month = now if job.review == LATE_MONTH else course.read_month_at
    return replace(course, read_days_at=now, read_month_at=month)


def _read(
    rows: Iterable[JsonObject], window: Window, now: datetime
) -> Iterator[tuple[datetime, Mapping[str, Any]]]:
    """Yield the instants of rows with their values, which may lie one level deeper.

    A row that was not asked for, or is from the future, was dated by a wrong clock.
    """
    earliest = window.start - ON_THE_HOUR
    latest = min(window.end, now) + ON_THE_HOUR
    for row in rows:
        date = to_instant(row.get("date"))
        if date is not None and earliest <= date <= latest:
            deeper = row.get("OBIS")
            yield date, by_code({**row, **(deeper if isinstance(deeper, dict) else {})})


def _points(
    read: Iterable[tuple[datetime, Mapping[str, Any]]],
    register: Register,
    known: Known,
    multiplier: float,
) -> Iterator[Point]:
    for date, values in read:
        if (value := register.value(values, multiplier)) is not None:
            yield Point(date, value, known.marks_at(date))
