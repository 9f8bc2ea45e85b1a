"""How energies are compared and added up."""

from collections.abc import Iterable

from .model import Quality

DECIMALS = 6

MOST_POWER = 1000.0
"""kW. No meter without transformers measures more: a faster rise is a misread."""

TOLERANCE = 5e-7
"""kWh; energies that differ by no more are the same."""


def exact(energy: float) -> float:
    """Round kWh to the millionth, far below what a meter resolves.

    That takes away what binary fractions add: 0.1 + 0.2 becomes 0.3.
    """
    return round(energy, DECIMALS)


def worst(qualities: Iterable[Quality]) -> Quality:
    """Return the quality of a whole whose parts have these; there is at least one."""
    return max(qualities, key=list(Quality).index)
