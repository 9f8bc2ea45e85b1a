"""A home whose hours a test gives to the portal, and what came of them."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from aiohttp import web

from custom_components.meter_hub.metering.model import Series
from custom_components.meter_hub.metering.vocabulary import Quantity
from tests.simulator import Row
from tests.vendors.driver import Driver

from .portal import (
    IMPORT,
    Portal,
    chart,
    day_of,
    enveloped,
    hour,
    hours,
    metering_point,
    milliseconds,
)

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
TODAY = date(2026, 10, 5)
IMPORTED = Series("339038", Quantity.GRID_IMPORT)
EXPORTED = Series("339038", Quantity.GRID_EXPORT)


def at(*parts: int) -> datetime:
    """Return an instant in UTC."""
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


def midnight(day: date) -> datetime:
    """Return when a day begins in Poland."""
    return datetime.fromtimestamp(milliseconds(day) / 1000, UTC)


def fill(portal: Portal, days: int, energy: float = 0.1, obis: str = IMPORT) -> None:
    """Give the portal the days before today, and today until noon."""
    for number in range(1, days + 1):
        day = TODAY - DAY * number
        portal.days[obis, day] = hours(midnight(day), *[energy] * 24)
    portal.days[obis, TODAY] = hours(midnight(TODAY), *[energy] * 12)


def prosumer() -> dict[str, Any]:
    """Return a metering point that exports."""
    rows = [{"zone": "A+", "value": 5.0}, {"zone": "A-", "value": 7.0}]
    return metering_point(lastMeasurements=rows)


def rows(driver: Driver, of: Series = IMPORTED) -> dict[datetime, Row]:
    """Return the rows of a series by their starts."""
    return {row.start: row for row in driver.rows(of)}


async def polled(driver: Driver) -> None:
    """Make all calls of an hour."""
    await driver.run(HOUR)


def series(quantity: Quantity) -> Series:
    """Return the total of a quantity."""
    return Series("339038", quantity)


def adding_up(portal: Portal) -> Callable[[Mapping[str, str]], web.Response | None]:
    """Return what has the charts of years and months add up the portal's days."""

    def answer(query: Mapping[str, str]) -> web.Response | None:
        scale = query.get("type")
        if scale not in ("MONTH", "YEAR"):
            return None
        first, obis = day_of(query), query["meterObject"]
        begins: dict[date, float] = {}
        for (each, day), points in portal.days.items():
            energies = [slot for point in points or () for slot in point["zones"]]
            known = [energy for energy in energies if energy is not None]
            is_in = day.year == first.year and (scale == "YEAR" or day >= first)
            if scale == "MONTH":
                is_in = is_in and day.month == first.month
            if each == obis and is_in and known:
                begin = day if scale == "MONTH" else day.replace(day=1)
                begins[begin] = round(begins.get(begin, 0.0) + sum(known), 3)
        points = [
            hour(midnight(begin), energy, None, None)
            for begin, energy in sorted(begins.items())
        ]
        response = chart(
            points,
            point=query["meterPoint"],
            obis=obis,
            begin=milliseconds(first),
            scale=str(scale),
        )
        return web.json_response(enveloped(response))

    return answer


def course_of(driver: Driver, direction: str = "grid_import") -> dict[str, Any]:
    """Return what the backend remembers of a direction."""
    course: dict[str, Any] = driver.backend.state()["points"]["339038"]["courses"][
        direction
    ]
    return course
