"""Which readings of a register belong together, and which contradict the others."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise, takewhile

from .spans import HOUR

RESTART_BELOW = 0.9
"""A register that falls below this share of its value has restarted, or misread."""

BELIEVED_AFTER = timedelta(days=1)
"""A register that stays low for so long was set back; until then it only dipped."""

_SHORTEST_TIME = timedelta(minutes=1)
"""A display may show a whole kWh at once."""


@dataclass(frozen=True, slots=True)
class Point:
    """One reading of a register."""

    at: datetime
    value: float
    """kWh."""
    identity: str | None = None
    """The serial number or the like of the meter, where the reading tells it."""


def runs(points: Sequence[Point], most_power: float) -> list[list[Point]]:
    """Split readings, the oldest first, into runs that never fall.

    A run is one meter's life: the next one begins where the identity changes, where
    the register restarts, or where it leaps by more than `most_power` in kW could
    make it rise. The energy between two runs is unknown, and so is that of readings
    without identity that could be either meter's.
    """
    return [
        life
        for one_meter in _by_identity(points)
        for run in _never_falling(one_meter)
        for life in _without_leaps(run, most_power)
    ]


def _by_identity(points: Sequence[Point]) -> list[list[Point]]:
    """Split where another meter begins; a reading without identity changes nothing.

    Of the readings without identity between two meters only those are kept whose
    value tells which of the two was read.
    """
    meters: list[list[Point]] = [[]]
    known: Point | None = None
    unknown: list[Point] = []
    for point in points:
        if point.identity is None:
            unknown.append(point)
            continue
        if known and known.identity != point.identity:
            old, new = _told_by_value(known, unknown, point)
            meters[-1] += old
            meters.append(new)
        else:
            meters[-1] += unknown
        meters[-1].append(point)
        known, unknown = point, []
    meters[-1] += unknown
    return meters


def _told_by_value(
    last: Point, unknown: Sequence[Point], first: Point
) -> tuple[list[Point], list[Point]]:
    """Return which readings between two meters' own are the old one's, which the new one's.

    No reading of the old meter is below its `last`, none of the new one above its
    `first`.
    """
    old = [*takewhile(lambda each: first.value < each.value >= last.value, unknown)]
    rest = reversed(unknown[len(old) :])
    new = [*takewhile(lambda each: last.value > each.value <= first.value, rest)]
    return old, new[::-1]


def _never_falling(points: Sequence[Point]) -> list[list[Point]]:
    """Split where the register restarts, and drop the readings that are odd.

    Where a register falls, either the few readings before the fall are odd (a
    peak: 100, 90000, 101), or those after it (a dip: 500.00, 499.98, 500.30), or
    it has restarted. A dip comes back to where it was within a day. A peak is a
    minority: fewer readings than those that follow it and stay below, or after a
    deep fall as many, if the register goes on from a value before the peak. A
    deep fall that is neither is a restart; so is a shallow one after a day, and
    until then its readings are left out. Within that day a shallow fall is only
    taken for the end of a peak where the register had risen as suddenly before.
    """
    kept: list[Point] = []
    found = [kept]
    index = 0
    while index < len(points):
        point = points[index]
        if not kept or point.value >= kept[-1].value:
            kept.append(point)
            index += 1
            continue
        top = kept[-1].value
        deep = point.value < top * RESTART_BELOW
        back, dipped = _end_of_fall(points, index, top, deep=deep)
        following = back - index
        peak = _count_above(kept, point.value, following + 1)
        peak_is_odd = (
            peak <= following and peak < len(kept) if deep else peak < following
        )
        if not deep and (
            dipped or (back == len(points) and not _rose_suddenly(kept, peak, point))
        ):
            index = back
        elif peak_is_odd:
            del kept[-peak:]
        elif dipped or (not deep and back == len(points)):
            index = back
        else:
            kept = []
            found.append(kept)
    return found


def _without_leaps(run: Sequence[Point], most_power: float) -> list[list[Point]]:
    """Split where a register rises faster than any that goes on counting."""
    lives = [[run[0]]]
    for before, point in pairwise(run):
        time = max(point.at - before.at, _SHORTEST_TIME)
        if point.value - before.value > most_power * (time / HOUR):
            lives.append([])
        lives[-1].append(point)
    return lives


def _end_of_fall(
    points: Sequence[Point], index: int, top: float, *, deep: bool
) -> tuple[int, bool]:
    """Return where the readings from `index` on stop being below `top`.

    Also tell whether the fall was a dip, because they came back, or because a
    shallow fall was followed by a deep one. Looks no farther than a day.
    """
    until = points[index].at + BELIEVED_AFTER
    for later in range(index, len(points)):
        point = points[later]
        if point.at >= until:
            return later, False
        if point.value >= top or (not deep and point.value < top * RESTART_BELOW):
            return later, True
    return len(points), False


def _rose_suddenly(kept: Sequence[Point], peak: int, after: Point) -> bool:
    """Tell whether the last `peak` readings came by a step like the fall to `after`."""
    if peak >= len(kept):
        return False
    fall = kept[-1].value - after.value
    return kept[-peak].value - kept[-peak - 1].value >= fall / 2


def _count_above(kept: Sequence[Point], value: float, limit: int) -> int:
    """Count the last readings that are above `value`, up to `limit`."""
    count = 0
    for point in reversed(kept):
        if point.value <= value or count == limit:
            break
        count += 1
    return count
