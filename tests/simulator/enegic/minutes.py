"""The hourly rows that follow from a register that was read each minute.

Around each full hour there are several readings close enough to count as read at
it. The nearest is the hour's; where none is close, the register at the hour lies
on the line between the two readings around it.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby

from ..truth import (
    HOUR,
    SNAP,
    ExpectedHour,
    RegisterPoint,
    expect_from_registers,
    hour_of,
)


def expect_from_minutes(
    points: Iterable[RegisterPoint], resolution: float, since: datetime | None = None
) -> dict[datetime, ExpectedHour]:
    """Return the hours that readings, oldest first, determine.

    A reading below one before it is void. An hour is estimated where the register
    wasn't read at one of its ends.
    """
    marks: list[RegisterPoint] = []
    interpolated: set[datetime] = set()
    for _, of_segment in groupby(points, key=lambda point: point.segment):
        readings = [*_rising(of_segment)]
        instants = [reading.at for reading in readings]
        first, last = readings[0], readings[-1]
        hour = hour_of(first.at - SNAP - datetime.resolution) + HOUR
        end = hour_of(last.at + SNAP)
        if hour - first.at > SNAP:
            marks.append(first)
        while hour <= end:
            work, was_read = _work_at(hour, readings, instants)
            marks.append(RegisterPoint(hour, work, first.segment))
            if not was_read:
                interpolated.add(hour)
            hour += HOUR
        if last.at - end > SNAP:
            marks.append(last)
    return {
        hour: replace(
            expected, estimated=not interpolated.isdisjoint((hour, hour + HOUR))
        )
        for hour, expected in expect_from_registers(marks, resolution, since).items()
    }


def _work_at(
    hour: datetime, readings: Sequence[RegisterPoint], instants: Sequence[datetime]
) -> tuple[int, bool]:
    """Return a register at a full hour, and whether it was read then."""
    after = bisect_left(instants, hour)
    around = readings[max(after - 1, 0) : after + 1]
    nearest = min(around, key=lambda reading: abs(reading.at - hour))
    if abs(nearest.at - hour) <= SNAP:
        return nearest.work, True
    low, high = around
    share = (hour - low.at) / (high.at - low.at)
    return low.work + round((high.work - low.work) * share), False


def _rising(readings: Iterable[RegisterPoint]) -> Iterator[RegisterPoint]:
    highest: int | None = None
    for reading in readings:
        if highest is None or reading.work >= highest:
            highest = reading.work
            yield reading
