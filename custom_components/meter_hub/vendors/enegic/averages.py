"""What the registers counted from one minute to the next. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self

from ...metering.energy import MOST_POWER, exact
from ..stored import Stored

LONGEST = timedelta(minutes=10)
"""Over a longer time a mean says little about the present."""

_HOUR = timedelta(hours=1)
_WATTS = 1000

_FINE = 0.1
"""kW; what one step of a register means as power when it matters little."""

_MOST_DECIMALS = 3
"""Registers count no less than watt-hours."""


@dataclass(frozen=True, slots=True)
class Counted(Stored):
    """The registers in kWh at one instant."""

    at: datetime
    imported: float | None = None
    exported: float | None = None
    """None where the meter has no such register."""

    @property
    def decimals(self) -> int:
        """With how many decimals the registers were given."""
        values = (self.imported, self.exported)
        return max(_decimals(value) for value in values)

    def is_below(self, other: Self) -> bool:
        """Tell whether a register reads less than before."""
        rises = (
            _rise(other.imported, self.imported),
            _rise(other.exported, self.exported),
        )
        return any(rise is not None and rise < 0 for rise in rises)


@dataclass(frozen=True, slots=True)
class Rise:
    """By how many kWh the registers rose, in what time."""

    end: datetime
    time: timedelta
    imported: float
    exported: float | None

    @property
    def net(self) -> float:
        """What was imported less what was exported, in kWh."""
        return exact(self.imported - (self.exported or 0))

    @property
    def import_power(self) -> float:
        """In W."""
        return self._power(self.imported)

    @property
    def export_power(self) -> float | None:
        """In W; None where the meter has no such register."""
        return None if self.exported is None else self._power(self.exported)

    def _power(self, energy: float) -> float:
        return round(energy * _WATTS / (self.time / _HOUR), 1)


@dataclass(frozen=True, slots=True)
class Minutes(Stored):
    """The last readings of the registers that are worth comparing."""

    base: Counted | None = None
    latest: Counted | None = None
    doubtful: Counted | None = None
    """A reading below the one before it: a dip, or the first after a restart."""
    decimals: int = 0
    """The most that a reading had: the registers count in steps of the last one."""

    def after(self, counted: Counted) -> Minutes:
        """Return what is known after a reading; one that repeats changes nothing.

        A dip is passed over. Registers that have begun anew are believed at the
        second low reading.
        """
        newest = self.doubtful or self.latest
        if newest is not None and counted.at <= newest.at:
            return self
        decimals = max(self.decimals, counted.decimals)
        if self.latest is None or not counted.is_below(self.latest):
            return Minutes(self.latest, counted, decimals=decimals)
        if self.doubtful is not None and not counted.is_below(self.doubtful):
            return Minutes(self.doubtful, counted, decimals=decimals)
        return replace(self, doubtful=counted, decimals=decimals)

    def until(self, instant: datetime) -> Minutes:
        """Return the same without readings of later, which a wrong clock has noted."""
        known = (each for each in (self.latest, self.doubtful) if each is not None)
        return Minutes() if any(each.at > instant for each in known) else self

    @property
    def rise(self) -> Rise | None:
        """The last rise, None where two readings don't tell it."""
        if self.base is None or self.latest is None:
            return None
        time = self.latest.at - self.base.at
        imported = _rise(self.base.imported, self.latest.imported)
        if imported is None:
            return None
        exported = _rise(self.base.exported, self.latest.exported)
        rise = Rise(self.latest.at, time, imported, exported)
        most = max(rise.imported, rise.exported or 0)
        if time > LONGEST or most > MOST_POWER * (time / _HOUR):
            return None
        step = 10.0**-self.decimals
        # Of a coarse register one step more or less says nothing about a minute.
        is_coarse = step > _FINE * (time / _HOUR)
        return None if is_coarse and most <= step else rise


def _rise(before: float | None, after: float | None) -> float | None:
    return None if before is None or after is None else exact(after - before)


def _decimals(value: float | None) -> int:
    if value is None:
        return 0
    exactly = (n for n in range(_MOST_DECIMALS) if round(value, n) == value)
    return next(exactly, _MOST_DECIMALS)
