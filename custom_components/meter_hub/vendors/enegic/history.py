"""From the minutes of `/getphasedata` to the energy of hours. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo

from ...metering.model import Interval, Quality, Series, Span
from ...metering.registers import Point, intervals
from ...metering.runs import BELIEVED_AFTER, RESTART_BELOW
from ...metering.spans import hour_of
from ...metering.vocabulary import Quantity
from ..base import JsonObject
from ..stored import Pause
from .averages import Counted
from .known import Known, Trail
from .labels import MINUTE, points_of
from .plan import HistoryJob

MARGIN = 2 * MINUTE
"""The register at a full hour stands in the minute before, which an exclusive start
would leave out."""

LOOK_BACK = timedelta(hours=12)
"""How far before its hours a call asks that must find the registers at their start."""

LONGEST_STALL = timedelta(hours=1)
"""The newest minutes are never long in coming where the meter is heard."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the minutes say."""

    intervals: tuple[Interval, ...]
    explored: tuple[Span, ...]
    known: Known


def window_of(job: HistoryJob) -> tuple[datetime, datetime]:
    """Return what to ask for: also the minute that tells the first register."""
    margin = LOOK_BACK + MARGIN if job.looks_back else MARGIN
    return job.start - margin, job.end


def read_minutes(
    groups: Iterable[JsonObject],
    job: HistoryJob,
    known: Known,
    zone: tzinfo,
    now: datetime,
) -> Answer:
    """Return the hours of a job, as far as the minutes enclose them.

    The registers before an empty stretch are remembered: where the meter is heard
    again, what it counted meanwhile is spread over the hours between, which may lie
    before those of the job.
    """
    rows = sorted(_rows(groups, job, known, zone, now), key=lambda row: row.at)
    before = known.course.trail_to(job.start) or _beginning(job, known)
    if job.review:
        before = _beginning(job, known)
    doubtful = _wrongly_empty(rows, job, known, before)
    first_ever = before is not None and before.is_at_the_beginning and not doubtful
    known = _learned(known, rows, first_ever=first_ever)
    reached = job.end
    if job.newest:
        newest = rows[-1].at if rows else job.start
        reached = max(job.start, min(job.end, newest))
    seen_before = bool(rows) and rows[0].at <= job.start
    enclosed = before is not None or job.looks_back or job.again or seen_before
    found: list[Interval] = []
    readings = (*(before.readings if before else ()), *rows)
    complete = _complete_until(before, rows, job.start)
    for series in known.historic:
        points = [*_points(series, readings)]
        floor = points[0].at if points and first_ever else None
        found += (
            each
            for each in intervals(series, points, floor=floor)
            # A reading near the full hour is not enough where each minute has one.
            if each.end <= points[-1].at
            and (floor or each.start >= points[0].at)
            and (complete is None or each.end > complete)
        )
    start = job.start
    if not enclosed:
        start = max(start, min((each.start for each in found), default=reached))
    read = known.course.after_reading(job.start, now)
    if job.review:
        # What is not told again stays as it is.
        return Answer(
            tuple(found),
            tuple({Span(each.series, each.start, each.end): None for each in found}),
            replace(known, course=replace(read, failed=None)),
        )
    course = replace(
        read,
        looks_back_from=None if enclosed else job.start,
        failed=None,
        stalled=None,
    )
    trail = _trail(readings, before, reached, enclosed=enclosed)
    trails = [trail] if trail else []
    if doubtful:
        trails.append(Trail(doubtful, from_the_beginning=True))
        start = doubtful
        found += (
            Interval(series, doubtful, job.start, None, Quality.INCOMPLETE)
            for series in known.historic
        )
    replaced = before if before and before.leads_to(job.start) else None
    course = course.with_trails(*trails, instead_of=replaced if trails else None)
    if reached < job.end and enclosed:
        stalled = Pause.after(known.course.stalled, now, LONGEST_STALL)
        course = replace(course, stalled=stalled)
    explored = tuple(Span(series, start, reached) for series in known.historic)
    return Answer(
        tuple(found),
        tuple(span for span in explored if span.start < span.end),
        replace(known, course=course),
    )


def _rows(
    groups: Iterable[JsonObject],
    job: HistoryJob,
    known: Known,
    zone: tzinfo,
    now: datetime,
) -> Iterator[Counted]:
    """Yield the minutes that tell a register, none from the future."""
    for at, measured in points_of(groups, zone, window_of(job), known.nominal):
        told = measured.imported is not None or measured.exported is not None
        if told and at <= now + MINUTE:
            yield Counted(at, measured.imported, measured.exported)


def _beginning(job: HistoryJob, known: Known) -> Trail | None:
    """Return the trail that leads to a job where the history begins."""
    if known.begins is None or job.start > known.begins:
        return None
    return Trail(job.start, from_the_beginning=True)


def _wrongly_empty(
    rows: Sequence[Counted], job: HistoryJob, known: Known, before: Trail | None
) -> datetime | None:
    """Return from when on hours that were answered with nothing are to be asked again.

    Minutes before those of the job show that the answer was wrong. A day is asked
    for again; where it begins with minutes too, so will be the one before.
    """
    at_the_beginning = before is not None and before.is_at_the_beginning
    if not at_the_beginning or not rows or rows[0].at > job.start:
        return None
    if known.begins is None or job.start <= known.begins:
        return None
    return max(hour_of(known.begins), hour_of(job.start - MINUTE).replace(hour=0))


def _complete_until(
    before: Trail | None, rows: Iterable[Counted], start: datetime
) -> datetime | None:
    """Return until when all hours have been given; None where there were none."""
    if before is not None and before.readings:
        return before.newest
    return max((row.at for row in rows if row.at <= start), default=None)


def _learned(known: Known, rows: Sequence[Counted], *, first_ever: bool) -> Known:
    """Note the meter's very first reading, and that it has an export register."""
    exports = any(row.exported is not None for row in rows)
    known = replace(known, exports=known.exports or exports)
    if known.begins_with_reading or not rows or not first_ever:
        return known
    return replace(known, begins=rows[0].at, begins_with_reading=True)


def _points(series: Series, readings: Iterable[Counted]) -> Iterator[Point]:
    """Yield the readings of one register."""
    imports = series.quantity is Quantity.GRID_IMPORT
    for reading in readings:
        value = reading.imported if imports else reading.exported
        if value is not None:
            yield Point(reading.at, value)


def _trail(
    readings: Sequence[Counted],
    before: Trail | None,
    reached: datetime,
    *,
    enclosed: bool,
) -> Trail | None:
    """Return how the registers stood when the next hour to ask for began.

    None where that is not known, and may be found by looking farther back.
    """
    last = _trusted([reading for reading in readings if reading.at <= hour_of(reached)])
    if last is None:
        begins = before is not None and before.from_the_beginning
        return Trail(reached, from_the_beginning=begins) if enclosed else None
    opening = _last_until(hour_of(last.at), readings)
    kept = (last,) if opening in (None, last) else (opening, last)
    return Trail(reached, tuple(filter(None, kept)))


def _trusted(readings: Sequence[Counted]) -> Counted | None:
    """Return the last reading; the one before a small fall that may only be a dip.

    A register that stays low for long was set back.
    """
    if not readings:
        return None
    ordered = sorted(readings, key=lambda reading: reading.at)
    last = trusted = ordered[-1]
    for reading in reversed(ordered[:-1]):
        if last.at - reading.at >= BELIEVED_AFTER:
            break
        if _fell(reading.imported, trusted.imported) or _fell(
            reading.exported, trusted.exported
        ):
            trusted = reading
    return trusted


def _fell(before: float | None, after: float | None) -> bool:
    """Tell whether a register fell, but not as far as one that begins anew."""
    if before is None or after is None:
        return False
    return before * RESTART_BELOW <= after < before


def _last_until(instant: datetime, readings: Iterable[Counted]) -> Counted | None:
    earlier = (reading for reading in readings if reading.at <= instant)
    return max(earlier, key=lambda reading: reading.at, default=None)
