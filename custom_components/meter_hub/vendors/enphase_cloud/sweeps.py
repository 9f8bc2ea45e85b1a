"""What several calls tell together, while not all of them were made. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Self

from ...metering.spans import from_epoch, to_epoch
from ...metering.vocabulary import Quantity
from ..stored import Stored
from .telemetry import QUARTER, Row

_FIRST_WAIT = timedelta(minutes=15)

_DIGITS = 4
"""A tenth of a watt-hour is more than the vendor tells."""


@dataclass(frozen=True, slots=True)
class Packed(Stored):
    """Rows of a quarter hour or less each, as few numbers."""

    start: float
    """Seconds since 1970."""
    length: float
    """Seconds."""
    energy: tuple[float | None, ...]
    """kWh of each length in turn; None where there is no row."""
    partial: tuple[int, ...] = ()
    """Which of them may grow yet."""

    @classmethod
    def of(cls, rows: Iterable[Row]) -> Self | None:
        """Pack rows, each into the nearest place; None where there is none.

        A longer row, as that of a dark night, is as many of the others.
        """
        ordered = sorted(rows, key=lambda row: row.start)
        if not ordered:
            return None
        lengths = Counter(row.end - row.start for row in ordered)
        most = max(lengths, key=lambda each: (lengths[each], -each))
        length = min(most, QUARTER)
        start = ordered[0].start
        energy: list[float | None] = []
        partial: list[int] = []
        for row in ordered:
            first = round((row.start - start) / length)
            places = max((row.end - start) // length - first, 1)
            for number in range(max(first, len(energy)), first + places):
                energy += [None] * (number - len(energy))
                kwh = row.energy
                energy.append(None if kwh is None else round(kwh / places, _DIGITS))
                if not row.final:
                    partial.append(number)
        return cls(
            to_epoch(start), length.total_seconds(), tuple(energy), tuple(partial)
        )

    def rows(self) -> tuple[Row, ...]:
        """Return the rows."""
        length = timedelta(seconds=self.length)
        start, partial = from_epoch(self.start), frozenset(self.partial)
        return tuple(
            Row(
                start + length * number,
                start + length * (number + 1),
                energy,
                final=number not in partial,
            )
            for number, energy in enumerate(self.energy)
            if energy is not None
        )


@dataclass(frozen=True, slots=True)
class Sweep(Stored):
    """How far the calls that belong together have come."""

    at: datetime
    """When they were to be made."""
    done: tuple[str, ...] = ()
    """The names of what was asked for."""
    rows: dict[Quantity, Packed] = field(default_factory=dict)
    doubtful: tuple[tuple[float, float], ...] = ()
    """The stretches that meters have not told for good, in seconds since 1970."""

    def after(self, name: str) -> Self:
        """Return how far it has come after one more call."""
        return replace(self, done=(*self.done, name))


@dataclass(frozen=True, slots=True)
class Failure(Stored):
    """Calls that failed, one after the other."""

    tries: int
    until: datetime
    """When it is worth trying again."""

    @classmethod
    def after(cls, earlier: Self | None, now: datetime, longest: timedelta) -> Self:
        """Return the failure after one more, which is waited out a while."""
        tries = earlier.tries + 1 if earlier else 1
        wait = min(_FIRST_WAIT * 2 ** min(tries - 1, 16), longest)
        return cls(tries, now + wait)
