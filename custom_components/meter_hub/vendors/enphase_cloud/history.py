"""Which old hours are missing, and by which calls they are to be had. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo

from ...metering.ledger import Gap, Reason
from ...metering.model import Series, Span
from ...metering.spans import HOUR, hour_of, next_hour, to_epoch
from . import asks
from .client import INTERVALS_KEPT, Granularity, Telemetry
from .energy import DARK_FOR_GOOD
from .jobs import Ask, What
from .known import KnownSystem
from .rhythms import Circumstances, Course
from .schedule import DAY, midnight

DEPTH = timedelta(days=7)
"""The nights read so much."""

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
    zone = given.zones[known.zone]
    earliest = _earliest(known, now, zone)
    younger = {
        series: _earliest(known, now, zone, ask)
        for ask, all_series in asks.history(known)
        if ask.name in known.begins_of
        for series in all_series
    }
    newest = now - DEPTH - DAY
    meters = {meter.id for meter in known.meters} - given.excluded
    return any(
        gap.series.meter in meters
        and gap.reason not in _DOUBTFUL
        and gap.start < newest
        and gap.end > younger.get(gap.series, earliest)
        for gap in gaps
    )


def newest_window(course: Course, gaps: Sequence[Gap], now: datetime) -> Window | None:
    """Return the call for the newest hours, those that are due before all others."""
    return _newest(_windows(course, gaps, now), now)


def _windows(course: Course, gaps: Sequence[Gap], now: datetime) -> Iterator[Window]:
    """Yield, of each kind of call, the newest one that is worth making."""
    by_ask: list[tuple[Ask, list[Gap]]] = []
    by_series: dict[Series, list[Gap]] = {}
    for ask, series in asks.history(course.known):
        mine: list[Gap] = []
        by_ask.append((ask, mine))
        by_series |= dict.fromkeys(series, mine)
    for gap in gaps:
        if gap.series in by_series:
            by_series[gap.series].append(gap)
    for ask, mine in by_ask:
        if not mine:
            continue
        since, until = _reach(course, ask, now)
        found = (_window(course, ask, gap, since, until) for gap in mine)
        newest = _newest((window for window in found if window), now)
        if newest is not None:
            yield _with_spans(newest, mine)


def _newest(found: Iterable[Window], now: datetime) -> Window | None:
    return max(found, key=lambda each: (each.due <= now, each.end), default=None)


def asked_key(ask: Ask, start: datetime) -> str:
    """Return the name of a stretch of what is asked for."""
    return f"{ask.name}@{to_epoch(start):g}"


def not_before(known: KnownSystem, ask: Ask, start: datetime) -> datetime:
    """Return when to begin: what begins before there is anything is refused."""
    begins = known.beginning(ask.name)
    if begins is None or ask.what is What.CHARGER:
        return start
    return max(start, next_hour(begins))


def end_of(ask: Ask, start: datetime, span: Granularity, zone: tzinfo) -> datetime:
    """Return where what a call tells is taken to end.

    What micro-inverters count ends with the local day: the dark before and after it is
    told from the gaps of the day by being its edges. Chargers are asked about by local
    days, which don't end with an hour everywhere.
    """
    end = start + _LENGTHS[span]
    if ask.of != Telemetry.PRODUCTION_MICRO and ask.what is not What.CHARGER:
        return end
    return min(end, hour_of(midnight(first_day(start, zone) + _LENGTHS[span], zone)))


def first_day(start: datetime, zone: tzinfo) -> date:
    """Return the local day of a window that begins with the hour of its midnight."""
    return (start + HOUR - timedelta.resolution).astimezone(zone).date()


def _reach(course: Course, ask: Ask, now: datetime) -> tuple[datetime, datetime]:
    """Return between when there are hours that no night reads."""
    known, zone = course.known, course.zone
    day = now.astimezone(zone).date()
    today = midnight(day, zone)
    covered = next_hour(today) - DEPTH
    if asks.span_of(known, ask) is Granularity.DAY:
        # Of a day of 25 hours the night reads the last 24.
        covered = max(hour_of(midnight(day - DAY, zone)), hour_of(today) - DAY)
    return _earliest(known, now, zone, ask), covered


def _window(
    course: Course, ask: Ask, gap: Gap, since: datetime, until: datetime
) -> Window | None:
    """Return the call for the end of a gap, as far as it is between these instants."""
    begin, end = max(gap.start, since), min(gap.end, until)
    if begin >= end:
        return None
    known, zone = course.known, course.zone
    span = asks.span_of(known, ask)
    if ask.of in _GRID and ask.name not in known.spans:
        span = Granularity.DAY
    day = (end - timedelta.resolution).astimezone(zone).date()
    if span is Granularity.DAY or ask.what is What.CHARGER:
        start = hour_of(midnight(day, zone))
        if span is Granularity.WEEK:
            # The hour that midnight cuts is in the week before as a whole.
            start = next_hour(midnight(day - 6 * DAY, zone))
        if begin >= start + _LENGTHS[span]:
            # The last hour of a day of 25 hours.
            start = begin
    else:
        start = min(next_hour(midnight(day + DAY, zone)), until) - DEPTH
        start = max(start, since)
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


def first_kept(now: datetime, zone: tzinfo) -> date:
    """Return the first local day of which the vendor still has all intervals."""
    return (now - INTERVALS_KEPT).astimezone(zone).date() + DAY


def first_hour(known: KnownSystem, ask: Ask | None = None) -> datetime:
    """Return the first hour that is told as such, and wholly; of a system, or an ask."""
    since = hour_of(known.hourly_since)
    begins = known.beginning(ask.name) if ask else known.begins
    return max(since, next_hour(begins)) if begins else since


def _earliest(
    known: KnownSystem, now: datetime, zone: tzinfo, ask: Ask | None = None
) -> datetime:
    """Return the first hour that the vendor still has."""
    return max(first_hour(known, ask), hour_of(midnight(first_kept(now, zone), zone)))
