"""Which old hours are missing, and by which calls they are to be had. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo

from ...metering.ledger import Gap, Reason
from ...metering.model import Span
from ...metering.spans import HOUR, hour_of, next_hour, to_epoch
from . import asks
from .client import Granularity, Telemetry
from .energy import DARK_FOR_GOOD
from .jobs import Ask, What
from .known import KnownSystem
from .rhythms import Circumstances, Course
from .schedule import DAY, midnight

DEPTH = timedelta(days=7)
"""The nights read so much."""

KEPT = timedelta(days=728)
"""So long the vendor keeps intervals: two years."""

_LENGTHS = {Granularity.DAY: DAY, Granularity.WEEK: DEPTH}

_AGAIN, _DOUBTFUL_AGAIN = timedelta(days=1), timedelta(days=7)
"""A stretch that was asked for and is still open is not asked for again before."""

_DOUBTFUL = frozenset({Reason.ESTIMATED, Reason.INCOMPLETE})

_GRID = (Telemetry.IMPORT, Telemetry.EXPORT)


@dataclass(frozen=True, slots=True)
class Window:
    """What one call tells of the past."""

    ask: Ask
    start: datetime
    end: datetime
    span: Granularity
    due: datetime
    spans: tuple[Span, ...]
    """What is missing of it."""


def lacks(
    known: KnownSystem, gaps: Sequence[Gap], now: datetime, given: Circumstances
) -> bool:
    """Tell whether there are hours, older than what nights read, that nobody read."""
    earliest = _earliest(known, now)
    newest = now - DEPTH - DAY
    meters = {meter.id for meter in known.meters} - given.excluded
    return any(
        gap.series.meter in meters
        and gap.reason not in _DOUBTFUL
        and gap.start < newest
        and gap.end > earliest
        for gap in gaps
    )


def windows(course: Course, gaps: Sequence[Gap], now: datetime) -> Iterator[Window]:
    """Yield, of each kind of call, the newest one that is worth making."""
    for ask, series in asks.history(course.known):
        mine = [gap for gap in gaps if gap.series in series]
        found = [
            window
            for gap in mine
            if (window := _window(course, ask, gap, now)) is not None
        ]
        newest = max(found, key=lambda each: (each.due <= now, each.end), default=None)
        if newest is not None:
            yield _with_spans(newest, mine)


def asked_key(ask: Ask, start: datetime) -> str:
    """Return the name of a stretch of what is asked for."""
    return f"{ask.name}@{to_epoch(start):g}"


def not_before(known: KnownSystem, ask: Ask, start: datetime) -> datetime:
    """Return when to begin: what begins before the system does is refused."""
    if known.begins is None or ask.what is What.CHARGER:
        return start
    return max(start, next_hour(known.begins))


def end_of(ask: Ask, start: datetime, span: Granularity, zone: tzinfo) -> datetime:
    """Return where what a call tells is taken to end.

    What micro-inverters count ends with the local day: the dark before and after it is
    told from the gaps of the day by being its edges.
    """
    end = start + _LENGTHS[span]
    if ask.of != Telemetry.PRODUCTION_MICRO:
        return end
    day = (start + HOUR - timedelta.resolution).astimezone(zone).date()
    return min(end, hour_of(midnight(day + DAY, zone)))


def _window(course: Course, ask: Ask, gap: Gap, now: datetime) -> Window | None:
    """Return the call for the end of a gap, if no night reads that."""
    known, zone = course.known, course.zone
    by_night = asks.span_of(known, ask)
    span = by_night
    if ask.of in _GRID and ask.name not in known.spans:
        span = Granularity.DAY
    today = midnight(now.astimezone(zone).date(), zone)
    covered = next_hour(today) - DEPTH
    if by_night is Granularity.DAY:
        yesterday = midnight(now.astimezone(zone).date() - DAY, zone)
        # Of a day of 25 hours the night reads the last 24.
        covered = max(hour_of(yesterday), hour_of(today) - DAY)
    begin = max(gap.start, _earliest(known, now))
    end = min(gap.end, covered)
    if begin >= end:
        return None
    day = (end - timedelta.resolution).astimezone(zone).date()
    if span is Granularity.DAY or ask.what is What.CHARGER:
        start = hour_of(midnight(day, zone))
        if span is Granularity.WEEK:
            start = hour_of(midnight(day - 6 * DAY, zone))
        if begin >= start + _LENGTHS[span]:
            # The last hour of a day of 25 hours.
            start = begin
    else:
        start = min(next_hour(midnight(day + DAY, zone)), covered) - DEPTH
        start = max(start, _earliest(known, now))
    start = not_before(known, ask, start)
    stop = end_of(ask, start, span, zone)
    if begin >= stop or end <= start:
        return None
    due = gap.due
    if ask.of == Telemetry.PRODUCTION_MICRO and gap.reason in _DOUBTFUL:
        due = max(due, stop + DARK_FOR_GOOD)
    if asked := known.asked.get(asked_key(ask, start)):
        due = max(due, asked + (_DOUBTFUL_AGAIN if gap.reason in _DOUBTFUL else _AGAIN))
    return Window(ask, start, stop, span, due, ())


def _with_spans(window: Window, gaps: Sequence[Gap]) -> Window:
    spans = tuple(
        Span(gap.series, max(gap.start, window.start), min(gap.end, window.end))
        for gap in gaps
        if gap.start < window.end and gap.end > window.start
    )
    return replace(window, spans=spans)


def first_hour(known: KnownSystem) -> datetime:
    """Return the first hour that is told as such, and wholly."""
    since = hour_of(known.hourly_since)
    return max(since, next_hour(known.begins)) if known.begins else since


def _earliest(known: KnownSystem, now: datetime) -> datetime:
    """Return the first hour that the vendor still has."""
    return max(first_hour(known), hour_of(now - KEPT) + DAY)
