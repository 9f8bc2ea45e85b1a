"""Readings of a register, and the hours made of them, in the short words of a test."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate

from hypothesis import strategies as st

from custom_components.meter_hub.metering.model import Interval, Quality, Series
from custom_components.meter_hub.metering.registers import Point, intervals
from custom_components.meter_hub.metering.vocabulary import Quantity

SERIES = Series("m", Quantity.GRID_IMPORT)
DAY = datetime(2026, 10, 24, tzinfo=UTC)
MEASURED, ESTIMATED, INCOMPLETE = Quality

steps = st.lists(st.integers(0, 400), min_size=1, max_size=120)


def at(clock: str) -> datetime:
    """Return an instant of the day; hours may go beyond 24."""
    hours, minutes, *seconds = map(int, clock.split(":"))
    return DAY + timedelta(hours=hours, minutes=minutes, seconds=sum(seconds))


def points(*readings: tuple[str, float] | tuple[str, float, str]) -> list[Point]:
    return [Point(at(clock), value, *identity) for clock, value, *identity in readings]


def rows(found: Iterable[Interval]) -> list[tuple[str, float | None, Quality]]:
    """Return the start of each interval, a whole hour, with what it says."""
    result = []
    for each in found:
        assert each.end - each.start == timedelta(hours=1)
        hour = (each.start - DAY) // timedelta(hours=1)
        assert each.start == DAY + timedelta(hours=hour)
        result.append((f"{hour}:00", each.energy, each.quality))
    return result


def hourly(*readings: tuple[str, float] | tuple[str, float, str]) -> list[object]:
    return [*rows(intervals(SERIES, points(*readings)))]


def curve(increments: Sequence[int], start: int) -> list[Point]:
    """Quarter-hourly readings in hundredths of a kWh."""
    values = accumulate(increments, initial=start)
    return [
        Point(DAY + timedelta(minutes=15 * index), value / 100)
        for index, value in enumerate(values)
    ]
