"""Whether the vendor's series fit together. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from ...metering.energy import exact
from .energy import Energies, consumed
from .telemetry import Row

TOO_MUCH = 0.05
"""kWh that a day's balance may be off, whatever was consumed."""

TOO_LARGE_A_SHARE = 0.02

ENOUGH = timedelta(hours=12)
"""Less of a day says nothing about it."""


@dataclass(frozen=True, slots=True)
class Imbalance:
    """By how much the told consumption differs from what else was told."""

    energy: float
    """kWh; above zero where more consumption is told."""
    share: float
    """Of the larger one of the two."""

    @property
    def is_too_much(self) -> bool:
        """Whether it is more than what rounding and late values make."""
        return abs(self.energy) > TOO_MUCH and self.share > TOO_LARGE_A_SHARE


def balance(
    home: Iterable[Row],
    production: Iterable[Row],
    imported: Iterable[Row],
    exported: Iterable[Row],
    charge: Iterable[Row] | None = None,
    discharge: Iterable[Row] | None = None,
) -> Imbalance | None:
    """Compare a day's told consumption with import - export + production + battery.

    Only the time counts of which all of them are known for good; None is too little
    of it.
    """
    known = Energies(_final(home))
    told, computed, covered = 0.0, 0.0, timedelta()
    for row in consumed(
        _final(production),
        _final(imported),
        _final(exported),
        None if charge is None else _final(charge),
        None if discharge is None else _final(discharge),
    ):
        same = known.between(row.start, row.end)
        if same is None or same.energy is None or row.energy is None:
            continue
        told += same.energy
        computed += row.energy
        covered += row.end - row.start
    if covered < ENOUGH:
        return None
    energy = exact(told - computed)
    return Imbalance(energy, abs(energy) / (max(told, computed) or 1))


def _final(rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if row.final]
