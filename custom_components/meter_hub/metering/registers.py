"""From the readings of a register to the energy of hours."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from .energy import MOST_POWER, exact, worst
from .model import Interval, Quality, Series
from .runs import Point, runs
from .spans import HOUR, hour_of, next_hour

__all__ = ["Point", "intervals"]

ON_THE_HOUR = timedelta(seconds=60)
"""A reading that is no farther from the full hour counts as read at the hour."""


@dataclass(slots=True)
class _Known:
    """What is known of an hour."""

    energy: float = 0.0
    quality: Quality = Quality.MEASURED

    def add(self, energy: float, quality: Quality) -> None:
        """Add a part; the worst part says how good the hour is."""
        self.energy += energy
        self.quality = worst((self.quality, quality))


def intervals(
    series: Series,
    points: Iterable[Point],
    *,
    floor: datetime | None = None,
    scale: float = 1,
) -> tuple[Interval, ...]:
    """Return the energy of the hours that the readings enclose.

    The value at a full hour is the reading at that time, else linear between its
    neighbours, however far apart they are: a gap is spread evenly, estimated, and
    the total stays exact. An hour is given once the register was read at its end
    or later. The hour that the first reading lies in is given only where that is
    the meter's very first reading (`floor`), from then on. Where a meter replaced
    another, the hours of the last old and of the first new reading hold what is
    known of them, incomplete.

    `scale` is what the meter's own numbers were multiplied by. The order of `points` is free; of two readings at one instant the later given
    counts. Readings that contradict the others are dropped, as `runs` describes.
    """
    ordered = sorted({point.at: point for point in points}.values(), key=_instant)
    if not ordered:
        return ()
    by_meter = runs(ordered, MOST_POWER * max(scale, 1))
    first, last = by_meter[0][0].at, by_meter[-1][-1].at
    from_the_beginning = floor is not None and first <= floor + ON_THE_HOUR
    hours: defaultdict[datetime, _Known] = defaultdict(_Known)
    for number, run in enumerate(by_meter):
        _add(hours, run, first_ever=from_the_beginning and number == 0)
    partial = next_hour(first - ON_THE_HOUR) - HOUR
    if not from_the_beginning:
        hours.pop(partial, None)
    return tuple(
        Interval(
            series,
            max(hour, min(floor, first)) if floor and hour == partial else hour,
            hour + HOUR,
            exact(known.energy),
            known.quality,
        )
        for hour, known in sorted(hours.items(), key=lambda item: item[0])
        if hour + HOUR <= last + ON_THE_HOUR
    )


def _add(
    hours: defaultdict[datetime, _Known], run: list[Point], *, first_ever: bool
) -> None:
    """Add what the readings of one meter say."""
    instants = [point.at for point in run]
    first, last = run[0], run[-1]
    start, end = next_hour(first.at - ON_THE_HOUR), hour_of(last.at + ON_THE_HOUR)
    if start > end:
        hours[end].add(last.value - first.value, Quality.INCOMPLETE)
        return
    marks: list[tuple[datetime, float, bool]] = []
    hour = start
    while hour <= end:
        marks.append((hour, *_value_at(hour, run, instants)))
        hour += HOUR
    for (hour, before, was_read), (_, after, is_read) in pairwise(marks):
        exact = was_read and is_read
        hours[hour].add(
            after - before, Quality.MEASURED if exact else Quality.ESTIMATED
        )
    _, opening, opening_read = marks[0]
    if opening > first.value or start - first.at > ON_THE_HOUR:
        quality = Quality.MEASURED if opening_read else Quality.ESTIMATED
        hours[start - HOUR].add(
            opening - first.value, quality if first_ever else Quality.INCOMPLETE
        )
    closing = marks[-1][1]
    if last.value > closing or last.at - end > ON_THE_HOUR:
        hours[end].add(last.value - closing, Quality.INCOMPLETE)


def _value_at(
    hour: datetime, run: list[Point], instants: list[datetime]
) -> tuple[float, bool]:
    """Return the register at `hour`, and whether it was read then.

    The hour must lie between the first and the last reading, or near one of them.
    """
    after = bisect_left(instants, hour)
    neighbours = run[max(after - 1, 0) : after + 1]
    nearest = min(neighbours, key=lambda point: abs(point.at - hour))
    if abs(nearest.at - hour) <= ON_THE_HOUR:
        return exact(nearest.value), True
    low, high = neighbours
    share = (hour - low.at) / (high.at - low.at)
    return exact(low.value + (high.value - low.value) * share), False


def _instant(point: Point) -> datetime:
    return point.at
