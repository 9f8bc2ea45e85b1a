"""What is written of one series, and what to write next."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ulp

from ..energy import TOLERANCE, exact
from ..spans import Spans

CHUNK_ROWS = 1000
"""The rows that are written in one go."""

BRIDGE = 48
"""So many rows that stay as they are may lie between two changes of one chunk."""


@dataclass(frozen=True, slots=True)
class Row:
    """One hour in the recorder."""

    start: datetime
    state: float
    """What the hour itself brought: kWh, or money in a series of costs."""
    sum: float
    """The same of all hours up to the end of this one."""


@dataclass(frozen=True, slots=True)
class Shift:
    """The sums of all rows that start at `start` or later move by `by`, in the unit of the rows."""

    start: datetime
    by: float


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows to write in one transaction, and then, in another, what moves the rest.

    Between the two the series is out of step, but only at the row where the shift
    begins, and by the shift: so `Book.repairs` finds a shift that was lost.
    """

    rows: tuple[Row, ...]
    shift: Shift | None


class Book:
    """The rows of one series as the recorder holds them.

    A row's state is what its own hour brought and its sum the running total, in kWh or
    in money, so the rows can be checked from themselves: each sum must be the one before plus the state.
    """

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        """Take the rows that were read back, in any order."""
        ordered = sorted(rows, key=lambda row: row.start)
        self._starts = array("q", (_number(row.start) for row in ordered))
        self._states = array("d", (row.state for row in ordered))
        self._sums = array("d", (row.sum for row in ordered))
        self._hours = Spans.of_hours(row.start for row in ordered)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self._starts)

    @property
    def hours(self) -> Spans:
        """The hours that are written."""
        return self._hours

    @property
    def total(self) -> float:
        """What all written hours brought: the sum of the last row."""
        return self._sums[-1] if self._sums else 0.0

    def state_at(self, hour: datetime) -> float | None:
        """Return what is written for an hour, in kWh or money; None without a row."""
        at = bisect_left(self._starts, _number(hour))
        return self._states[at] if self._is(at, _number(hour)) else None

    def repairs(self) -> tuple[Shift, ...]:
        """Return the shifts that put right every sum; none where all are right.

        Each finishes a chunk whose own shift was never made.
        """
        shifts: list[Shift] = []
        before = 0.0
        for start, state, total in zip(
            self._starts, self._states, self._sums, strict=True
        ):
            off = before + state - total
            if abs(off) > max(TOLERANCE, 4 * ulp(total)):
                shifts.append(Shift(_hour(start), exact(off)))
            before = total
        return tuple(shifts)

    def next_chunk(
        self, wanted: Mapping[datetime, float], limit: int = CHUNK_ROWS
    ) -> Chunk | None:
        """Return what to write next so that the hours in `wanted` get their values.

        It begins with the oldest hour that is missing or differs, and goes on to
        later ones while they are near and the rows are at most `limit`; the rows
        that lie between are written again with their new sums. None where all is
        written. Whoever plans on a book applies its repairs first.
        """
        changes = sorted(
            (number, energy)
            for number, energy in (
                (_number(hour), exact(energy)) for hour, energy in wanted.items()
            )
            if self._differs(number, energy)
        )
        if not changes:
            return None
        begin = following = bisect_left(self._starts, changes[0][0])
        states: list[tuple[int, float]] = []
        for number, energy in changes:
            at = bisect_left(self._starts, number, following)
            between = at - following
            if states and (between > BRIDGE or len(states) + between >= limit):
                break
            states += zip(
                self._starts[following:at], self._states[following:at], strict=True
            )
            states.append((number, energy))
            following = at + self._is(at, number)
        total = self._sums[begin - 1] if begin else 0.0
        rows: list[Row] = []
        for number, energy in states:
            total = exact(total + energy)
            rows.append(Row(_hour(number), energy, total))
        return Chunk(tuple(rows), self._shift_from(following, total))

    def apply(self, chunk: Chunk) -> None:
        """Do to the book what writing the chunk did to the recorder."""
        if chunk.rows:
            first, last = _number(chunk.rows[0].start), _number(chunk.rows[-1].start)
            begin = bisect_left(self._starts, first)
            end = bisect_left(self._starts, last + 1, begin)
            self._starts[begin:end] = array("q", (_number(r.start) for r in chunk.rows))
            self._states[begin:end] = array("d", (row.state for row in chunk.rows))
            self._sums[begin:end] = array("d", (row.sum for row in chunk.rows))
            self._hours |= Spans.of_hours(row.start for row in chunk.rows)
        if chunk.shift is not None:
            self.move(chunk.shift)

    def move(self, shift: Shift) -> None:
        """Do to the book what making the shift did to the recorder."""
        for at in range(bisect_left(self._starts, _number(shift.start)), len(self)):
            self._sums[at] += shift.by

    def _shift_from(self, at: int, total: float) -> Shift | None:
        """Return what makes the sum of the row at `at` follow on `total`."""
        if at == len(self):
            return None
        by = exact(total + self._states[at] - self._sums[at])
        return Shift(_hour(self._starts[at]), by) if by else None

    def _differs(self, number: int, energy: float) -> bool:
        at = bisect_left(self._starts, number)
        if not self._is(at, number):
            return True
        return abs(self._states[at] - energy) > TOLERANCE

    def _is(self, at: int, number: int) -> bool:
        return at < len(self._starts) and self._starts[at] == number


def _number(hour: datetime) -> int:
    """Return the hour as a count of hours since 1970."""
    return int(hour.timestamp()) // 3600


def _hour(number: int) -> datetime:
    """Return the hour of such a count."""
    return datetime.fromtimestamp(number * 3600, UTC)
