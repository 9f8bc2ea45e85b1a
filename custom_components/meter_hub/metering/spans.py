"""Sets of stretches of time."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Any, Self

HOUR = timedelta(hours=1)

type Stretch = tuple[datetime, datetime]


def hour_of(instant: datetime) -> datetime:
    """Return the start of the UTC hour that `instant` lies in."""
    return instant.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def next_hour(instant: datetime) -> datetime:
    """Return the first start of an hour that is not before `instant`."""
    hour = hour_of(instant)
    return hour if hour == instant else hour + HOUR


def to_epoch(instant: datetime) -> float:
    """Return an instant as seconds since 1970, an integer where it is one."""
    seconds = instant.timestamp()
    return int(seconds) if seconds.is_integer() else seconds


def from_epoch(seconds: float) -> datetime:
    """Read what `to_epoch` wrote."""
    return datetime.fromtimestamp(seconds, UTC)


@dataclass(frozen=True, slots=True)
class Spans:
    """An immutable set of half-open stretches of time, [start, end) each.

    The stretches are sorted and never touch, so that equal sets are equal.
    """

    _stretches: tuple[Stretch, ...] = ()

    @classmethod
    def of(cls, *stretches: Stretch) -> Self:
        """Make the set that covers all `stretches`, which may overlap."""
        joined: list[Stretch] = []
        for start, end in sorted(stretches):
            if start >= end:
                continue
            if joined and start <= joined[-1][1]:
                joined[-1] = joined[-1][0], max(joined[-1][1], end)
            else:
                joined.append((start, end))
        return cls(tuple(joined))

    @classmethod
    def of_hours(cls, hours: Iterable[datetime]) -> Self:
        """Make the set of the whole hours that start at `hours`."""
        return cls.of(*((hour, hour + HOUR) for hour in hours))

    def __iter__(self) -> Iterator[Stretch]:
        """Iterate over the stretches, the oldest first."""
        return iter(self._stretches)

    def __bool__(self) -> bool:
        """Tell whether there is any time in the set."""
        return bool(self._stretches)

    def __contains__(self, instant: datetime) -> bool:
        """Tell whether `instant` lies in the set."""
        at = bisect_right(self._stretches, instant, key=itemgetter(0))
        return at > 0 and instant < self._stretches[at - 1][1]

    def __or__(self, other: Spans) -> Spans:
        """Return the time that is in either set."""
        if not other:
            return self
        return Spans.of(*self, *other)

    def __and__(self, other: Spans) -> Spans:
        """Return the time that is in both sets."""
        both: list[Stretch] = []
        mine, theirs = iter(self), iter(other)
        a, b = next(mine, None), next(theirs, None)
        while a and b:
            start, end = max(a[0], b[0]), min(a[1], b[1])
            if start < end:
                both.append((start, end))
            if a[1] <= b[1]:
                a = next(mine, None)
            else:
                b = next(theirs, None)
        return Spans(tuple(both))

    def __sub__(self, other: Spans) -> Spans:
        """Return the time that is in this set and not in the other."""
        rest: list[Stretch] = []
        theirs = iter(other)
        taken = next(theirs, None)
        for start, end in self:
            free = start
            while taken and taken[1] <= free:
                taken = next(theirs, None)
            while taken and taken[0] < end:
                if free < taken[0]:
                    rest.append((free, taken[0]))
                free = taken[1]
                if free >= end:
                    break
                taken = next(theirs, None)
            if free < end:
                rest.append((free, end))
        return Spans(tuple(rest))

    def covers(self, start: datetime, end: datetime) -> bool:
        """Tell whether all of [start, end) lies in the set."""
        at = bisect_right(self._stretches, start, key=itemgetter(0))
        return at > 0 and end <= self._stretches[at - 1][1]

    def clip(self, start: datetime, end: datetime) -> Spans:
        """Return the part that lies in [start, end)."""
        first = bisect_right(self._stretches, start, key=itemgetter(0))
        last = bisect_left(self._stretches, end, key=itemgetter(0))
        touched = self._stretches[max(first - 1, 0) : last]
        return Spans.of(*((max(a, start), min(b, end)) for a, b in touched))

    def widened(self) -> Spans:
        """Return the set of all hours that it has a part of."""
        return Spans.of(*((hour_of(start), next_hour(end)) for start, end in self))

    def hours(self) -> Iterator[datetime]:
        """Iterate over the starts of the hours that lie wholly in the set."""
        for start, end in self:
            hour = next_hour(start)
            while hour + HOUR <= end:
                yield hour
                hour += HOUR

    def to_json(self) -> list[list[float]]:
        """Return the stretches as pairs of seconds since 1970."""
        return [[to_epoch(start), to_epoch(end)] for start, end in self]

    @classmethod
    def from_json(cls, data: Iterable[Any]) -> Self:
        """Read what `to_json` wrote.

        Raises TypeError, ValueError or OverflowError where it was something else.
        """
        return cls.of(*((from_epoch(start), from_epoch(end)) for start, end in data))
