"""Adds up power over time where no register counts the energy.

What flows in one direction and what flows in the other are counted apart. Between
two values power is taken to change evenly; where it changes its sign, each part
counts for its own direction. A gap that is too long is left out: nobody knows what
happened in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any, Self

_W_IN_KW = 1000


@dataclass(frozen=True, slots=True)
class Integral:
    """The energy of both directions in kWh, up to an instant."""

    positive: float = 0.0
    negative: float = 0.0
    """As a positive number."""
    at: datetime | None = None
    power: float | None = None
    """W at that instant."""

    def after(self, power: float, at: datetime, longest_gap: timedelta) -> Self:
        """Return the energy up to `at`, where the power is so many W.

        A value from before the last one adds nothing, and takes its place: it was
        known by a clock that was ahead.
        """
        positive, negative = self.positive, self.negative
        if self.at is not None and self.power is not None:
            gap = at - self.at
            if timedelta(0) < gap <= longest_gap:
                gained, lost = _energies(self.power, power, gap / timedelta(hours=1))
                positive, negative = positive + gained, negative + lost
        return type(self)(positive, negative, at, power)

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` reads."""
        return {
            "positive": self.positive,
            "negative": self.negative,
            "at": self.at and self.at.isoformat(),
            "power": self.power,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any] | None) -> Self:
        """Read what `to_json` wrote; zero where it can't be read."""
        try:
            return cls() if data is None else cls._read(data)
        except AttributeError, LookupError, OverflowError, TypeError, ValueError:
            return cls()

    @classmethod
    def _read(cls, data: Mapping[str, Any]) -> Self:
        at, power = data["at"], data["power"]
        return cls(
            positive=_total(data["positive"]),
            negative=_total(data["negative"]),
            at=None if at is None else datetime.fromisoformat(at).astimezone(UTC),
            power=None if power is None else float(power),
        )


def _energies(before: float, after: float, hours: float) -> tuple[float, float]:
    """Return the kWh of both directions while power goes evenly from one value to another."""
    if before >= 0 and after >= 0:
        return (before + after) / 2 * hours / _W_IN_KW, 0.0
    if before <= 0 and after <= 0:
        return 0.0, -(before + after) / 2 * hours / _W_IN_KW
    crossing = before / (before - after)
    first = abs(before) / 2 * crossing * hours / _W_IN_KW
    second = abs(after) / 2 * (1 - crossing) * hours / _W_IN_KW
    return (first, second) if before > 0 else (second, first)


def _total(value: Any) -> float:
    total = float(value)
    if not isfinite(total) or total < 0:
        raise ValueError(value)
    return total
