"""Which way the current flows, held against the registers. Pure.

Most meters give imported current a positive sign. The registers tell the direction
beyond doubt, so where they contradict a sign again and again, it is read otherwise.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from ..stored import Stored
from .averages import Rise
from .packets import Measured

_LEAST_ENERGY = 0.002
"""kWh in a minute; less is lost in the rounding of the registers."""

_CLEAR_SHARE = 0.5
"""Phases that oppose one another, or registers that both rise, tell nothing clear."""

_LEAST_RATIO, _MOST_RATIO = 0.5, 3.0
"""How current times voltage compares with the energy of the same time: it holds
reactive power too, and is not measured at the same instants."""

_SHORT = timedelta(minutes=2)

_LEAST_LONG_RATIO, _MOST_LONG_RATIO = 0.8, 1.25
"""The same over a longer time than that, of which the current of the last minute is
only worth something where it was much the same all along."""

_REMEMBERED = 10
"""Observations; a poll a minute makes as many in as many minutes."""

_ENOUGH_ENERGY = 0.02
"""kWh that must contradict before another direction is believed."""

_ENOUGH_OBSERVATIONS = 3

_CLEAR_MAJORITY = 0.8

_HOURS_PER_SECOND = 1 / 3600
_KILO = 1000


class Direction(StrEnum):
    """What the sign of a current means; in the order in which they are supposed."""

    IMPORT_POSITIVE = "import_positive"
    UNSIGNED = "unsigned"
    INVERTED = "inverted"


class Seen(StrEnum):
    """What the registers say, and with which sign the currents came."""

    IMPORT_POSITIVE = "import_positive"
    IMPORT_NEGATIVE = "import_negative"
    EXPORT_POSITIVE = "export_positive"
    EXPORT_NEGATIVE = "export_negative"


_CONTRADICTS = {
    Direction.IMPORT_POSITIVE: {Seen.IMPORT_NEGATIVE, Seen.EXPORT_POSITIVE},
    Direction.UNSIGNED: {Seen.IMPORT_NEGATIVE, Seen.EXPORT_NEGATIVE},
    Direction.INVERTED: {Seen.IMPORT_POSITIVE, Seen.EXPORT_NEGATIVE},
}


@dataclass(frozen=True, slots=True)
class Observation(Stored):
    """One time in which registers and currents could be compared."""

    seen: Seen
    energy: float
    """The kWh that speak for it."""


@dataclass(frozen=True, slots=True)
class Learned(Stored):
    """The direction that is believed, and what was seen lately."""

    direction: Direction = Direction.IMPORT_POSITIVE
    observations: tuple[Observation, ...] = ()

    def after(self, rise: Rise, minute: Measured) -> Learned:
        """Return what is believed after the registers rose while `minute` flowed."""
        observation = _observe(rise, minute)
        if observation is None:
            return self
        observations = (*self.observations, observation)[-_REMEMBERED:]
        direction = _judge(self.direction, observations)
        return Learned(direction, observations)

    def sign(self, rise: Rise | None) -> int | None:
        """Return by what a current is multiplied to be positive for import.

        None where the meter does not tell, and the registers did not rise lately.
        """
        match self.direction:
            case Direction.IMPORT_POSITIVE:
                return 1
            case Direction.INVERTED:
                return -1
            case Direction.UNSIGNED if rise is None or rise.net == 0:
                return None
            case Direction.UNSIGNED:
                return -1 if rise.net < 0 else 1


def _observe(rise: Rise, minute: Measured) -> Observation | None:
    if not minute.tells_power or minute.energy_is_estimated:
        return None
    powers = [power for power in minute.powers if power is not None]
    gross = sum(abs(power) for power in powers)
    energy = sum(powers) / _KILO * rise.time.total_seconds() * _HOURS_PER_SECOND
    net, counted = abs(rise.net), rise.imported + (rise.exported or 0)
    if net < _LEAST_ENERGY or net < _CLEAR_SHARE * counted:
        return None
    least, most = _LEAST_RATIO, _MOST_RATIO
    if rise.time > _SHORT:
        least, most = _LEAST_LONG_RATIO, _MOST_LONG_RATIO
    if not least <= abs(energy) / net <= most:
        return None
    if abs(sum(powers)) < _CLEAR_SHARE * gross:
        return None
    if rise.net > 0:
        seen = Seen.IMPORT_POSITIVE if energy > 0 else Seen.IMPORT_NEGATIVE
    else:
        seen = Seen.EXPORT_POSITIVE if energy > 0 else Seen.EXPORT_NEGATIVE
    return Observation(seen, net)


def _judge(believed: Direction, observations: Iterable[Observation]) -> Direction:
    """Return the direction to believe; another one only for good reasons."""
    observed = [*observations]
    total = sum(each.energy for each in observed)

    def against(direction: Direction) -> list[Observation]:
        return [each for each in observed if each.seen in _CONTRADICTS[direction]]

    def energy_against(direction: Direction) -> float:
        return sum(each.energy for each in against(direction))

    doubts = energy_against(believed)
    if (
        len(against(believed)) < _ENOUGH_OBSERVATIONS
        or doubts < _ENOUGH_ENERGY
        or doubts < _CLEAR_MAJORITY * total
    ):
        return believed
    best = min(Direction, key=energy_against)
    return best if energy_against(best) <= (1 - _CLEAR_MAJORITY) * total else believed
