"""From a vendor's intervals to the energy of hours."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import pairwise

from ..energy import exact, worst
from ..model import Interval, Quality, Series, Update
from ..spans import HOUR, Spans, hour_of
from .book import Book


@dataclass(frozen=True, slots=True)
class HourEnergy:
    """What is known of one hour."""

    energy: float | None
    """kWh; None where a part of the hour is unknown."""
    quality: Quality
    stands_for: tuple[datetime, datetime] | None = None
    """The stretch whose whole energy this is, where that is longer than the hour."""


@dataclass(slots=True)
class _Share:
    """What one interval gives to one hour."""

    time: timedelta = timedelta()
    needed: timedelta = timedelta()
    """The part of it that covers the hour: what is before the floor doesn't."""
    energy: float = 0.0


def hourly(
    intervals: Iterable[Interval], *, floor: datetime | None = None
) -> dict[datetime, HourEnergy]:
    """Return the energy of every hour that the intervals of one series touch.

    An interval within one hour counts there. One that crosses hours is spread over
    them by time, which makes them estimated; so does one of which only a part
    counts. An hour that is covered wholly gets the sum, with the worst quality of
    its parts; the hour of `floor`, the first instant there is, need be covered only
    from then on. An hour that is covered in part, or by an interval without energy,
    has no energy and is incomplete; it is estimated where all that is kept from it is
    the energy of estimates.

    Where intervals overlap, the shorter one counts, as it knows better; of equally
    long ones the one that was given later.
    """
    given = [interval for interval in intervals if interval.start < interval.end]
    hours: defaultdict[datetime, defaultdict[int, _Share]] = defaultdict(
        lambda: defaultdict(_Share)
    )
    for start, end, owner in _stretches(given):
        for since, until in _cut_at_hours(start, end):
            share = hours[hour_of(since)][owner]
            share.time += until - since
            begins = _begin(hour_of(since), floor)
            share.needed += max(until - max(since, begins), timedelta())
            share.energy += _energy(given[owner], since, until)
    return {
        hour: _sum_up(hour, shares, given, floor)
        for hour, shares in sorted(hours.items(), key=lambda item: item[0])
    }


def explored_in(series: Series, *updates: Update) -> Spans:
    """Return what updates have answered of a series."""
    return Spans.of(
        *(
            (span.start, span.end)
            for update in updates
            for span in update.explored
            if span.series == series
        )
    )


def united(
    answers: Iterable[Mapping[datetime, HourEnergy]],
) -> dict[datetime, HourEnergy]:
    """Return what answers, the newest last, tell of a series: of each hour the last word.

    As with answers that are written one by one, what was measured gives way only to
    what was measured too, and energy only to energy.
    """
    together: dict[datetime, HourEnergy] = {}
    for answer in answers:
        for hour, known in answer.items():
            earlier = together.get(hour)
            if earlier is None or _worth(known) >= _worth(earlier):
                together[hour] = known
    return together


def standing(
    hours: Mapping[datetime, HourEnergy], written: Book
) -> Mapping[datetime, HourEnergy]:
    """Return the hours without those that stand for a stretch of which others are known.

    Others are known where they are told too, or are among the rows that are written.
    """
    if all(known.stands_for is None for known in hours.values()):
        return hours
    known_hours = written.hours | Spans.of_hours(
        hour
        for hour, known in hours.items()
        if known.stands_for is None and known.energy is not None
    )
    return {
        hour: known
        for hour, known in hours.items()
        if known.stands_for is None
        or not known_hours.clip(*known.stands_for) - Spans.of_hours([hour])
    }


def _worth(known: HourEnergy) -> tuple[bool, bool, bool]:
    is_measured = known.quality is Quality.MEASURED
    return known.energy is not None, known.stands_for is None, is_measured


def _stretches(
    intervals: Sequence[Interval],
) -> Iterator[tuple[datetime, datetime, int]]:
    """Yield stretches of time, each with the number of the interval that counts."""
    by_start = sorted(
        range(len(intervals)), key=lambda number: intervals[number].start, reverse=True
    )
    cuts = sorted({instant for each in intervals for instant in (each.start, each.end)})
    running: list[tuple[timedelta, int]] = []
    for start, end in pairwise(cuts):
        while by_start and intervals[by_start[-1]].start == start:
            number = by_start.pop()
            interval = intervals[number]
            heappush(running, (interval.end - interval.start, -number))
        while running and intervals[-running[0][1]].end <= start:
            heappop(running)
        if running:
            yield start, end, -running[0][1]


def _cut_at_hours(
    start: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime]]:
    while start < end:
        cut = min(hour_of(start) + HOUR, end)
        yield start, cut
        start = cut


def _energy(interval: Interval, start: datetime, end: datetime) -> float:
    """Return the share of a part by time; the shares of all parts sum up exactly."""
    if interval.energy is None:
        return 0.0
    length = interval.end - interval.start
    before = exact(interval.energy * ((start - interval.start) / length))
    after = exact(interval.energy * ((end - interval.start) / length))
    return after - before


def _begin(hour: datetime, floor: datetime | None) -> datetime:
    """Return from when on an hour must be covered."""
    return floor if floor is not None and hour < floor < hour + HOUR else hour


def _sum_up(
    hour: datetime,
    shares: dict[int, _Share],
    intervals: Sequence[Interval],
    floor: datetime | None,
) -> HourEnergy:
    """Return what the shares of an hour make together."""
    covered = sum((share.needed for share in shares.values()), timedelta())
    if covered < hour + HOUR - _begin(hour, floor):
        return HourEnergy(None, Quality.INCOMPLETE)
    given = [intervals[number] for number in shares]
    if unknown := {each.quality for each in given if each.energy is None}:
        is_held = unknown == {Quality.ESTIMATED}
        return HourEnergy(None, Quality.ESTIMATED if is_held else Quality.INCOMPLETE)
    return HourEnergy(
        exact(sum(share.energy for share in shares.values())),
        worst(
            _quality(intervals[number], share.time) for number, share in shares.items()
        ),
        next((each.stands_for for each in given if each.stands_for), None),
    )


def _quality(interval: Interval, counted: timedelta) -> Quality:
    """Return how good a share is: the part of an interval is an estimate."""
    whole = counted == interval.end - interval.start
    if whole or interval.quality is not Quality.MEASURED:
        return interval.quality
    return Quality.ESTIMATED
