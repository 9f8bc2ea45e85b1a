"""From the JSON of a chart to hours, and to the sums of days and months. Pure.

A point holds up to three slots, one for each tariff zone; a slot is null where its
zone was not in force, and all are where nothing is known.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from ...metering.energy import exact
from ...metering.model import Quality
from ...metering.spans import HOUR, hour_of
from ...metering.vocabulary import ZONES
from ..base import JsonObject, UnexpectedAnswer
from .days import DAY, day_of, hours_of, month_after
from .values import parts_of, to_instant, to_number

MOST_PLAUSIBLE = 100.0
"""kWh that no connection of a household takes or gives in an hour."""


@dataclass(frozen=True, slots=True)
class Hour:
    """What is known of one hour."""

    zones: Mapping[int, float]
    """kWh by the number of the tariff zone; empty where the energy is unknown."""
    quality: Quality

    @property
    def energy(self) -> float | None:
        """The kWh of all zones; None where they are unknown."""
        return exact(sum(self.zones.values())) if self.zones else None


@dataclass(frozen=True, slots=True)
class DayChart:
    """One local day of one direction of a metering point."""

    day: date
    hours: Mapping[datetime, Hour]
    """The hours that the chart has a point for, by their starts."""
    zones: frozenset[int]
    """The tariff zones that the chart knows."""
    implausible: int
    """The hours whose energy was taken out, as no household has so much."""

    @property
    def known(self) -> dict[datetime, Hour]:
        """The hours whose energy is known."""
        return {start: hour for start, hour in self.hours.items() if hour.zones}

    @property
    def is_complete(self) -> bool:
        """Whether every hour of the day was measured."""
        return all(
            start in self.hours
            and self.hours[start].zones
            and self.hours[start].quality is Quality.MEASURED
            for start in hours_of(self.day)
        )

    @property
    def energy(self) -> float | None:
        """The kWh of all known hours; None without any."""
        known = [sum(hour.zones.values()) for hour in self.known.values()]
        return exact(sum(known)) if known else None

    @property
    def until(self) -> datetime | None:
        """The end of the last known hour."""
        return max((start + HOUR for start in self.known), default=None)

    def in_zone(self, zone: int) -> float | None:
        """Return the kWh of a tariff zone in all known hours; None without any."""
        known = [hour.zones.get(zone, 0.0) for hour in self.known.values()]
        return exact(sum(known)) if known else None


def read_day(chart: JsonObject, day: date) -> DayChart:
    """Read the chart of a local day.

    Raises UnexpectedAnswer where it holds other hours than those of the day.
    """
    starts = hours_of(day)
    points = parts_of(chart, "mainChart")
    hours: dict[datetime, Hour] = {}
    implausible = 0
    if len({point.get("tm") is None for point in points}) > 1:
        raise UnexpectedAnswer("unexpected_answer", "hours without a time")
    for number, point in enumerate(points):
        start = _start(point, number, starts)
        if start not in starts or start in hours:
            raise UnexpectedAnswer("unexpected_answer", "other hours")
        hour = _hour(point)
        if not _is_plausible(hour):
            implausible += 1
            hour = Hour({}, Quality.INCOMPLETE)
        hours[start] = hour
    labelled = {
        int(index) + 1
        for zone in parts_of(chart, "zones")
        if (index := to_number(zone.get("index"))) is not None
    }
    used = {zone for hour in hours.values() for zone in hour.zones}
    known = frozenset(zone for zone in labelled | used if 1 <= zone <= len(ZONES))
    return DayChart(day, hours, known, implausible)


def read_days(chart: JsonObject, month: date) -> dict[date, float]:
    """Return the kWh of the days of a month's chart, as far as they are known."""
    end = month_after(month)
    days = [month + DAY * number for number in range((end - month).days)]
    return {day: energy for day, energy in _sums(chart, days) if month <= day < end}


def read_months(chart: JsonObject, year: date) -> dict[date, float]:
    """Return the kWh of the months of a year's chart, as far as they are known."""
    months = [year.replace(month=number, day=1) for number in range(1, 13)]
    return {
        day.replace(day=1): energy
        for day, energy in _sums(chart, months)
        if day.year == year.year
    }


def _sums(chart: JsonObject, days: list[date]) -> Iterator[tuple[date, float]]:
    """Yield the known sums, each with the local day on which its period begins."""
    for number, point in enumerate(parts_of(chart, "mainChart")):
        energy = _hour(point).energy
        began = to_instant(point.get("tm"))
        if began is None and number >= len(days):
            return
        if energy is not None:
            yield day_of(began) if began else days[number], energy


def _start(
    point: JsonObject, number: int, starts: tuple[datetime, ...]
) -> datetime | None:
    """Return when a point's hour began; None where that can't be.

    Where points don't say, they are all hours from midnight on.
    """
    if point.get("tm") is not None:
        start = to_instant(point["tm"])
        return start if start and start == hour_of(start).astimezone(UTC) else None
    return starts[number] if number < len(starts) else None


def _hour(point: JsonObject) -> Hour:
    slots = point.get("zones")
    values = (
        (zone, to_number(slot))
        for zone, slot in enumerate(slots if isinstance(slots, list) else (), start=1)
    )
    zones = {zone: energy for zone, energy in values if energy is not None}
    if not zones:
        return Hour(zones, Quality.INCOMPLETE)
    if point.get("est") is True:
        return Hour(zones, Quality.ESTIMATED)
    complete = point.get("cplt") is not False
    return Hour(zones, Quality.MEASURED if complete else Quality.INCOMPLETE)


def _is_plausible(hour: Hour) -> bool:
    energies = hour.zones.values()
    return all(energy >= 0 for energy in energies) and sum(energies) <= MOST_PLAUSIBLE
