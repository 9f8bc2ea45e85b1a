"""How often a system is asked, by what a day may cost. Pure.

The data comes in quarter hours, so nothing is asked for more often.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from math import ceil

QUARTER = 15
"""Minutes between two values of a meter."""

MORNING, EVENING = 6 * 60, 18 * 60
"""Minutes of the local day between which polls follow each other as by day."""

DAY = 24 * 60

EXACT_EACH = 3
"""Of so many light nights one asks for all that there is."""


class Schedule(StrEnum):
    """What a person would rather have fresh."""

    BALANCED = "balanced"
    """Energy and power alike."""
    LIVE_FIRST = "live_first"
    """Power; energy follows a few times a day."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a system has, as far as it decides what a poll costs."""

    consumption: bool
    battery: bool
    grid: bool
    """Whether import and export can be had."""
    chargers: int
    hides_battery: bool = False
    """Whether there is a battery that can't be had: nothing follows without it."""

    @property
    def derived_cost(self) -> int:
        """The calls of which import and export follow."""
        return 1 + self.consumption + self.battery

    @property
    def exact_cost(self) -> int:
        """The calls that tell import and export, and those consumption follows from."""
        if not self.grid:
            return self.derived_cost
        return 1 + 2 + (self.consumption if self.hides_battery else self.battery)

    @property
    def poll_cost(self) -> int:
        """The calls that tell energy, as few as can be."""
        return self.exact_cost if self.hides_battery else self.derived_cost

    @property
    def night_cost(self) -> int:
        """The calls that tell all of the last days."""
        return self.derived_cost + 2 * self.grid + self.chargers

    @property
    def light_night_cost(self) -> float:
        """The mean of the calls of nights of which few tell all."""
        light = self.derived_cost + self.chargers
        return light + 2 * self.grid / EXACT_EACH


@dataclass(frozen=True, slots=True)
class Rhythm:
    """When a system is asked within a day, and for what."""

    day: int = 0
    """Minutes between two polls by day; 0 for none at all."""
    night: int = 0
    """The most minutes between two polls by night; 0 for none by night."""
    energy: int | None = None
    """How many polls of a day ask for energy, the others for power; None for all."""
    exact: bool = False
    """Whether they ask for import and export."""
    light: bool = False
    """Whether most nights leave import and export out."""
    every: int = 1
    """Nights from one to the next that is read."""
    hourly_chargers: bool = False
    morning: int = MORNING
    evening: int = EVENING
    """The minutes of the local day at which the day's polls begin and end."""

    @property
    def polls(self) -> tuple[int, ...]:
        """The minutes, from local midnight on, of the polls from one morning to the next."""
        return _polls(self.day, self.night, self.morning, self.evening)

    @property
    def energy_polls(self) -> int:
        """How many of them ask for energy."""
        polls = len(self.polls)
        return polls if self.energy is None else min(self.energy, polls)

    def is_for_energy(self, number: int) -> bool:
        """Tell whether the poll of this number asks for energy: they are spread evenly."""
        return number * self.energy_polls % len(self.polls) < self.energy_polls

    def cost(self, parts: Parts) -> float:
        """Return the calls of a day."""
        energy = self.energy_polls
        poll = parts.exact_cost if self.exact else parts.poll_cost
        night = parts.light_night_cost if self.light else parts.night_cost
        chargers = 24 * parts.chargers if self.hourly_chargers else 0
        live = len(self.polls) - energy
        return live + energy * poll + night / self.every + chargers


@lru_cache(maxsize=256)
def _polls(day: int, night: int, morning: int, evening: int) -> tuple[int, ...]:
    if not day:
        return ()
    by_day = list(range(morning, evening, day))
    if not night:
        return tuple(by_day)
    rest = DAY + morning - by_day[-1]
    steps = ceil(rest / night)
    by_night = (
        by_day[-1] + round(rest * step / steps / QUARTER) * QUARTER
        for step in range(1, steps)
    )
    return *by_day, *by_night


_RICH = (
    Rhythm(15, 15, exact=True, hourly_chargers=True),
    Rhythm(15, 15, energy=48, exact=True, hourly_chargers=True),
    Rhythm(30, 30, exact=True),
    Rhythm(30, 30, energy=24, exact=True),
    Rhythm(15, 60, energy=10, exact=True),
)

_LIGHT = (
    Rhythm(150, 300, energy=0, light=True),
    Rhythm(240, 360, energy=0, light=True),
    Rhythm(360, 360, energy=0, light=True),
)

NIGHTS = (
    Rhythm(),
    Rhythm(light=True),
    Rhythm(light=True, every=2),
    Rhythm(light=True, every=3),
    Rhythm(light=True, every=7),
)
"""Nothing but the nights; the last of them is kept to whatever it costs."""

_METERED = {
    Schedule.BALANCED: (
        *_RICH,
        Rhythm(60, 60),
        Rhythm(60, 90),
        Rhythm(60, 120),
        Rhythm(75, 150),
        Rhythm(90, 180),
        Rhythm(120, 180),
        Rhythm(120, 240),
        Rhythm(180, 240),
        Rhythm(180, 300),
        Rhythm(240, 360),
        Rhythm(360, 360),
        *_LIGHT,
        *NIGHTS,
    ),
    Schedule.LIVE_FIRST: (
        *_RICH,
        Rhythm(30, 60, energy=6),
        Rhythm(45, 90, energy=4),
        Rhythm(60, 90, energy=3),
        Rhythm(75, 90, energy=2),
        Rhythm(90, 120, energy=2),
        Rhythm(120, 180, energy=2),
        Rhythm(150, 240, energy=1),
        *_LIGHT,
        *NIGHTS,
    ),
}

_SOLAR_STEP, _LONGEST_SOLAR = 5, 6 * 60
"""Minutes: microinverters report every five."""


def ladder(
    schedule: Schedule, parts: Parts, light: tuple[int, int], step: int | None = None
) -> Iterator[Rhythm]:
    """Yield the rhythms of a system, the one that costs most first.

    A system without any meter of consumption is asked while it produces, from
    `light[0]` until `light[1]` in minutes of the local day, as its data come every
    `step` minutes, which is five where nothing is said.
    """
    if parts.consumption or parts.battery:
        yield from _METERED[schedule]
        return
    morning, evening = light
    step = step or _SOLAR_STEP
    for every in range(step, _LONGEST_SOLAR, step):
        yield Rhythm(every, morning=morning, evening=evening)
    yield from NIGHTS


def affordable(rhythms: Iterator[Rhythm], parts: Parts, allowance: float) -> Rhythm:
    """Return the first rhythm that a day's allowance covers, or else the last one."""
    rhythm = Rhythm()
    for rhythm in rhythms:
        if rhythm.cost(parts) <= allowance:
            break
    return rhythm
