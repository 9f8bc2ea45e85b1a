"""Hours of local days, whatever way a chart tells them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from custom_components.meter_hub.metering.model import Quality
from custom_components.meter_hub.vendors.base import UnexpectedAnswer
from custom_components.meter_hub.vendors.energa.charts import (
    DayChart,
    read_day,
    read_days,
    read_months,
)
from custom_components.meter_hub.vendors.energa.days import (
    day_of,
    hours_of,
    midnight,
    to_milliseconds,
)

from .portal import chart, hour, hours

HOUR = timedelta(hours=1)


def at(*parts: int) -> datetime:
    """Return an instant in UTC."""
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


def read(points: list[dict[str, Any]] | None, day: date, zones: int = 1) -> DayChart:
    """Read the chart of a day."""
    return read_day(chart(points, zones=zones), day)


def without_times(points: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the points as an answer has them that doesn't say when they begin."""
    return [{"zones": [point["zones"][0]]} for point in points]


@pytest.mark.parametrize("timed", [True, False], ids=["tm", "no tm"])
def test_case_05_the_day_on_which_summer_time_begins(timed: bool) -> None:
    day = date(2026, 3, 29)
    assert to_milliseconds(midnight(day)) == "1774738800000"
    points = hours(at(2026, 3, 28, 23), *(0.1 * number for number in range(23)))
    read_chart = read(points if timed else without_times(points), day)
    starts = list(read_chart.hours)
    assert len(starts) == 23
    assert [starts[index] for index in (0, 1, 2, 22)] == [
        at(2026, 3, 28, 23),
        at(2026, 3, 29, 0),
        at(2026, 3, 29, 1),
        at(2026, 3, 29, 21),
    ]
    assert read_chart.hours[at(2026, 3, 29, 1)].energy == pytest.approx(0.2)
    assert read_chart.is_complete
    assert to_milliseconds(midnight(date(2026, 3, 30))) == "1774821600000"


@pytest.mark.parametrize("timed", [True, False], ids=["tm", "no tm"])
def test_case_06_the_day_on_which_summer_time_ends(timed: bool) -> None:
    day = date(2026, 10, 25)
    assert to_milliseconds(midnight(day)) == "1792879200000"
    points = hours(at(2026, 10, 24, 22), *(0.1 * number for number in range(25)))
    if not timed:
        points = without_times(points)
    read_chart = read(points, day)
    starts = list(read_chart.hours)
    assert [starts[index] for index in (2, 3, 4, 24)] == [
        at(2026, 10, 25, 0),
        at(2026, 10, 25, 1),
        at(2026, 10, 25, 2),
        at(2026, 10, 25, 22),
    ]
    assert read_chart.is_complete
    assert not read(points[:24], day).is_complete
    assert to_milliseconds(midnight(date(2026, 10, 26))) == "1792969200000"


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (1749592800000, date(2025, 6, 11)),
        (1749648681282, date(2025, 6, 11)),
        (1766530800000, date(2025, 12, 24)),
    ],
)
def test_case_16_days_are_those_of_poland(instant: int, day: date) -> None:
    assert day_of(datetime.fromtimestamp(instant / 1000, UTC)) == day


def test_every_day_follows_the_one_before() -> None:
    day = date(2026, 1, 1)
    while day.year == 2026:
        assert hours_of(day)[-1] + HOUR == midnight(day + timedelta(days=1))
        day += timedelta(days=1)


def test_case_09_null_is_unknown_and_zero_is_measured() -> None:
    start = at(2026, 10, 4, 22)
    points = [
        hour(start, None, None, None),
        hour(start + HOUR, 0.0, None, None),
        hour(start + 2 * HOUR, 0.4, None, None, est=True),
        hour(start + 3 * HOUR, 0.3, None, None, cplt=False),
        hour(start + 4 * HOUR),
        {"tm": str(int((start + 5 * HOUR).timestamp()) * 1000)},
    ]
    found = [
        (each.energy, each.quality)
        for each in read(points, date(2026, 10, 5)).hours.values()
    ]
    assert found == [
        (None, Quality.INCOMPLETE),
        (0.0, Quality.MEASURED),
        (0.4, Quality.ESTIMATED),
        (0.3, Quality.INCOMPLETE),
        (None, Quality.INCOMPLETE),
        (None, Quality.INCOMPLETE),
    ]


@pytest.mark.parametrize("points", [None, []])
def test_a_day_without_points_is_not_complete(points: list[Any] | None) -> None:
    empty = read(points, date(2026, 10, 5))
    assert (empty.energy, empty.until, empty.in_zone(1)) == (None, None, None)
    assert not empty.is_complete


@pytest.mark.parametrize(
    "points",
    [
        hours(at(2026, 10, 4, 21), 0.1),
        hours(at(2026, 10, 5, 22), 0.1),
        hours(at(2026, 10, 4, 22, 30), 0.1),
        [*hours(at(2026, 10, 4, 22), 0.1), *hours(at(2026, 10, 4, 22), 0.1)],
        [*hours(at(2026, 10, 4, 22), 0.1), {"zones": [0.1]}],
        [{"tm": "soon", "zones": [0.1]}],
        [{"tm": "9" * 30, "zones": [0.1]}],
        [{"zones": [0.1]}] * 25,
    ],
    ids=["before", "after", "half", "twice", "mixed", "text", "far", "too many"],
)
def test_hours_of_another_day_are_refused(points: list[dict[str, Any]]) -> None:
    with pytest.raises(UnexpectedAnswer):
        read(points, date(2026, 10, 5))


@pytest.mark.parametrize("energy", [100.001, -0.001])
def test_implausible_energy_is_put_aside(energy: float) -> None:
    found = read(hours(at(2026, 10, 4, 22), 100.0, energy), date(2026, 10, 5))
    assert [each.energy for each in found.hours.values()] == [100.0, None]
    assert found.implausible == 1


def test_zones_are_known_from_labels_and_from_values() -> None:
    points = [hour(at(2026, 10, 4, 22), None, None, 0.25)]
    assert read(points, date(2026, 10, 5), zones=2).zones == {1, 2, 3}
    assert read(points, date(2026, 10, 5), zones=0).zones == {3}


def test_both_zones_of_one_hour_are_added_up() -> None:
    found = read([hour(at(2026, 10, 4, 22), 0.05, 0.11)], date(2026, 10, 5))
    assert found.energy == 0.16


@pytest.mark.parametrize("value", ["0.25", 0.25, "x", True, [], {}, float("nan")])
def test_what_is_no_number_is_unknown(value: Any) -> None:
    points = [{"zones": [value]}]
    known = read(points, date(2026, 10, 5)).energy
    assert known == (0.25 if value in ("0.25", 0.25) else None)


def test_the_days_of_a_month_and_the_months_of_a_year() -> None:
    days = [
        hour(midnight(date(2026, 10, 24)), 1.5, 2.5, None),
        hour(midnight(date(2026, 10, 25)), 3.0),
        hour(midnight(date(2026, 10, 26)), None, None, None),
        hour(midnight(date(2026, 11, 1)), 9.0),
    ]
    assert read_days(chart(days), date(2026, 10, 1)) == {
        date(2026, 10, 24): 4.0,
        date(2026, 10, 25): 3.0,
    }
    untimed = [{"zones": [energy]} for energy in (None, 0.5, *[1.0] * 40)]
    found = read_days(chart(untimed), date(2026, 2, 1))
    assert (min(found), max(found)) == (date(2026, 2, 2), date(2026, 2, 28))
    months = [
        hour(midnight(date(2026, 3, 1)), 5.0),
        hour(midnight(date(2027, 1, 1)), 1),
    ]
    assert read_months(chart(months), date(2026, 1, 1)) == {date(2026, 3, 1): 5.0}
