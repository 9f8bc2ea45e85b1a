"""The portal's JSON of a chart: the hours of a day, or sums of longer periods.

Slots that lie before the last published one are never left out, and those after it
are: so the start of a point follows from its place, though not the other way.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any

from ..house import Flow
from ..truth import HOUR
from .local_days import day_of, midnight, to_milliseconds
from .metering_point import DIGITS, Hour, MeteringPoint

OBJECTS = {Flow.GRID_IMPORT: "1-0:1.8.0*255", Flow.GRID_EXPORT: "1-0:2.8.0*255"}
SLOTS = ("zone1", "zone2", "zone3")
LABELS = {
    1: ("Strefa całodobowa:",),
    2: ("Strefa 1 (dzienna):", "Strefa 2 (nocna):"),
}
"""The names of the zones, by their number."""
NEIGHBOURS_KWH = 3.317244499046468
"""The portal's average of other customers has been seen to make no sense."""


class ChartType(StrEnum):
    """The period of a chart; its points are hours, days or months."""

    DAY = "DAY"
    MONTH = "MONTH"
    YEAR = "YEAR"


def chart_json(
    point: MeteringPoint,
    kind: ChartType,
    direction: Flow,
    at: datetime,
    *,
    with_tm: bool,
) -> dict[str, Any]:
    """Return the chart of the local day, month or year that an instant lies in."""
    timezone = point.house.timezone
    edges = [midnight(day, timezone) for day in _edges(kind, day_of(at, timezone))]
    if kind is ChartType.DAY:
        points = [_hour_json(point, hour) for hour in point.hours(direction, *edges)]
    else:
        points = _sums(point, direction, edges)
    if not with_tm:
        for each in points:
            del each["tm"]
    labels = LABELS[len(point.house.tariff.zones)]
    return {
        "meterObjects": None,
        "meterPoints": None,
        "zones": [
            {"index": index, "label": label} for index, label in enumerate(labels)
        ],
        "tariffs": None,
        "simulatedCost": None,
        "meterObject": OBJECTS[direction],
        "unit": "kWh",
        "precision": 5,
        "meterPoint": point.id,
        "tariffName": point.house.tariff.name.upper(),
        "tz": timezone.key,
        "mainChartDate": str(to_milliseconds(edges[0])),
        "comparisonChartDate": None,
        "mainChartDateTo": str(to_milliseconds(edges[-1])),
        "comparisonChartDateTo": None,
        "type": kind,
        "label1": None,
        "label3": "",
        "alarmThreshold": None,
        "mainChart": points,
        "subChart": None,
        "comparisonChart": None,
    }


def _edges(kind: ChartType, day: date) -> Iterator[date]:
    """Yield the days on which the parts of a chart begin, and on which it ends."""
    if kind is ChartType.DAY:
        yield from (day, day + timedelta(days=1))
    elif kind is ChartType.MONTH:
        each = day.replace(day=1)
        while each.month == day.month:
            yield each
            each += timedelta(days=1)
        yield each
    else:
        yield from (day.replace(month=month, day=1) for month in range(1, 13))
        yield date(day.year + 1, 1, 1)


def _sums(
    point: MeteringPoint, direction: Flow, edges: Sequence[datetime]
) -> list[dict[str, Any]]:
    points = []
    published = 0
    for start, end in pairwise(edges):
        hours = point.hours(direction, start, end)
        known = [hour for hour in hours if hour.kwh is not None]
        sums = {
            zone: round(
                sum(hour.kwh or 0 for hour in known if hour.zone == zone), DIGITS
            )
            for zone in {hour.zone for hour in known}
        }
        whole = len(known) == (end - start) // HOUR and all(
            hour.complete for hour in known
        )
        estimated = any(hour.estimated for hour in known)
        points.append(_point_json(start, None, sums, estimated=estimated, whole=whole))
        if hours:
            published = len(points)
    return points[:published]


def _hour_json(point: MeteringPoint, hour: Hour) -> dict[str, Any]:
    values = {} if hour.kwh is None else {hour.zone: hour.kwh}
    average = None if len(point.house.tariff.zones) > 1 else NEIGHBOURS_KWH
    return _point_json(
        hour.start, average, values, estimated=hour.estimated, whole=hour.complete
    )


def _point_json(
    start: datetime,
    average: float | None,
    values: dict[str, float],
    *,
    estimated: bool,
    whole: bool,
) -> dict[str, Any]:
    return {
        "tm": str(to_milliseconds(start)),
        "tarAvg": average,
        "zones": [values.get(slot) for slot in SLOTS],
        "est": estimated,
        "cplt": whole,
    }
