"""What a house does in each minute of one UTC day, in whole watts.

Everything follows from the seed and the day alone, so any day can be had
without the days before it: the battery is empty at each midnight (UTC).
"""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import accumulate, repeat
from math import cos, pi, radians, sin
from random import Random
from typing import Self
from zoneinfo import ZoneInfo

MINUTES = 24 * 60
QUARTER = 15
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOTHING = (0,) * MINUTES
NOISE_LENGTH = 8 * MINUTES
STANDBY_CAPACITIVE_VAR = 150
BATTERY_EMPTYING_STARTS = 20 * 60
"""From this minute on the battery only discharges, so that midnight finds it empty."""


@dataclass(frozen=True, slots=True)
class Equipment:
    """What is installed in a house; zero watts means that it isn't."""

    base_watts: int = 420
    solar_peak_watts: int = 0
    battery_watts: int = 0
    battery_watt_minutes: int = 0
    ev_watts: int = 0
    latitude: float = 52.2


@dataclass(frozen=True, slots=True)
class Noise:
    """Tables from which each day cuts its own piece."""

    flicker: array[int]
    """Appliances: watts on top of the base load."""
    clouds: array[int]
    """Per mille of the clear sky's light that reaches the roof."""

    @classmethod
    def of(cls, seed: int) -> Self:
        """Draw the tables of a seed."""
        draw = Random(seed)
        flicker: array[int] = array("i")
        while len(flicker) < NOISE_LENGTH:
            watts = draw.choice((0, 0, 15, 40, 90, 160, 700, 1900))
            flicker.extend(repeat(watts + draw.randrange(9), draw.randrange(2, 25)))
        steps = (draw.randrange(-120, 121) for _ in range(NOISE_LENGTH))
        clouds = accumulate(
            steps, lambda at, by: min(1000, max(120, at + by)), initial=700
        )
        return cls(flicker, array("i", clouds))


@dataclass(frozen=True, slots=True)
class Day:
    """Watts (or var) for each minute of one UTC day; loads and sources are positive."""

    solar: Sequence[int]
    home: Sequence[int]
    """Everything that the house consumes, the car included."""
    ev: Sequence[int]
    battery_charge: Sequence[int]
    battery_discharge: Sequence[int]
    phases: tuple[Sequence[int], Sequence[int], Sequence[int]]
    """What flows in from the grid on each phase; negative flows out."""
    net: Sequence[int]
    """The sum of the phases."""
    reactive: Sequence[int]
    """Positive is inductive."""


def day_start(index: int) -> datetime:
    """Return the start of the UTC day with this number since 1970."""
    return EPOCH + timedelta(days=index)


def simulate_day(
    index: int, seed: int, equipment: Equipment, noise: Noise, timezone: ZoneInfo
) -> Day:
    """Work out the day with this number since 1970."""
    draw = Random(seed * 1_000_003 + index)
    start = day_start(index)
    offset = start.astimezone(timezone).utcoffset() or timedelta()
    local_shift = int(offset.total_seconds()) // 60 % MINUTES

    flicker_at = draw.randrange(NOISE_LENGTH - MINUTES)
    flicker = noise.flicker[flicker_at : flicker_at + MINUTES]
    habits = _habits(equipment.base_watts)
    by_local_clock = habits[local_shift:] + habits[:local_shift]
    base = [usual + more for usual, more in zip(by_local_clock, flicker, strict=True)]
    ev = _charging_car(draw, equipment.ev_watts)
    home = [load + car for load, car in zip(base, ev, strict=True)]
    solar = _sunshine(draw, start, equipment, noise)
    charge, discharge = _battery(home, solar, equipment)
    net = [
        load + stored - sun - back
        for load, stored, sun, back in zip(home, charge, solar, discharge, strict=True)
    ]
    # One phase carries the car, another the battery, and the sun feeds all three.
    first = [
        load // 2 + car - sun // 3
        for load, car, sun in zip(base, ev, solar, strict=True)
    ]
    second = [
        load // 3 + stored - sun // 3 - back
        for load, stored, sun, back in zip(base, charge, solar, discharge, strict=True)
    ]
    third = [
        total - one - two for total, one, two in zip(net, first, second, strict=True)
    ]
    reactive = [load * 3 // 10 - STANDBY_CAPACITIVE_VAR for load in home]
    return Day(
        solar, home, ev, charge, discharge, (first, second, third), net, reactive
    )


def _ints(values: Iterable[int]) -> array[int]:
    return array("i", values)


@cache
def _habits(base_watts: int) -> array[int]:
    """Return the base load over a local day: a morning hill and an evening hill."""
    return _ints(
        base_watts
        + int(
            base_watts
            * 0.7
            * max(0.0, sin((minute - 360) / 240 * pi))
            * (360 <= minute < 600)
        )
        + int(
            base_watts
            * 1.6
            * max(0.0, sin((minute - 990) / 360 * pi))
            * (990 <= minute < 1350)
        )
        for minute in range(MINUTES)
    )


def _charging_car(draw: Random, watts: int) -> Sequence[int]:
    if not watts or draw.random() < 0.45:
        return NOTHING
    begin = draw.randrange(0, 16 * 60)
    length = draw.randrange(40, 5 * 60)
    return [0] * begin + [watts] * length + [0] * (MINUTES - begin - length)


def _sunshine(
    draw: Random, start: datetime, equipment: Equipment, noise: Noise
) -> Sequence[int]:
    clouds_at = draw.randrange(NOISE_LENGTH - MINUTES)
    haze = draw.randrange(300, 1001)
    if not equipment.solar_peak_watts:
        return NOTHING
    week = start.timetuple().tm_yday // 7
    clear = _clear_sky(week, equipment.solar_peak_watts, equipment.latitude)
    clouds = noise.clouds[clouds_at : clouds_at + MINUTES]
    return [
        light * share * haze // 1_000_000
        for light, share in zip(clear, clouds, strict=True)
    ]


@cache
def _clear_sky(week: int, peak_watts: int, latitude: float) -> array[int]:
    """Return the watts of an unclouded day, by the height of the sun in that week."""
    declination = radians(-23.44) * cos(2 * pi * (week * 7 + 10) / 365)
    high = sin(radians(latitude)) * sin(declination)
    swing = cos(radians(latitude)) * cos(declination)
    return _ints(
        int(
            peak_watts * max(0.0, high + swing * cos((minute - 660) / MINUTES * 2 * pi))
        )
        for minute in range(MINUTES)
    )


def _battery(
    home: Sequence[int], solar: Sequence[int], equipment: Equipment
) -> tuple[Sequence[int], Sequence[int]]:
    """Follow the mean of each quarter hour, so that the grid still sees the flicker."""
    charge: list[int] = []
    discharge: list[int] = []
    stored = 0
    for begin in range(0, MINUTES if equipment.battery_watts else 0, QUARTER):
        end = begin + QUARTER
        missing = (sum(home[begin:end]) - sum(solar[begin:end])) // QUARTER
        if begin >= BATTERY_EMPTYING_STARTS:
            must_go = stored // (MINUTES - begin)
            watts = min(
                stored // QUARTER, max(must_go, min(missing, equipment.battery_watts))
            )
        elif missing > 0:
            watts = min(missing, equipment.battery_watts, stored // QUARTER)
        else:
            room = (equipment.battery_watt_minutes - stored) // QUARTER
            watts = -min(-missing, equipment.battery_watts, room)
        stored -= watts * QUARTER
        charge += [max(-watts, 0)] * QUARTER
        discharge += [max(watts, 0)] * QUARTER
    return (charge, discharge) if charge else (NOTHING, NOTHING)
