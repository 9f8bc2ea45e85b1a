"""A meter that replaces another, by the readings of their registers."""

from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import given, strategies as st

from custom_components.meter_hub.metering.registers import Point, intervals

from .registers import (
    DAY,
    ESTIMATED,
    INCOMPLETE,
    MEASURED,
    SERIES,
    curve,
    hourly,
    steps,
)


def test_a_meter_swap_consumes_nothing_and_never_goes_back() -> None:
    assert hourly(
        ("10:00", 5000.00, "old"),
        ("11:00", 5000.40, "old"),
        ("11:30", 0.05, "new"),
        ("12:00", 0.25, "new"),
        ("13:00", 0.65, "new"),
    ) == [
        ("10:00", 0.4, MEASURED),
        ("11:00", 0.2, INCOMPLETE),
        ("12:00", 0.4, MEASURED),
    ]


def test_a_new_identity_begins_anew_even_where_the_register_rises() -> None:
    assert hourly(
        ("10:00", 5.0, "old"),
        ("10:45", 5.3, "old"),
        ("11:15", 700.0, "new"),
        ("12:00", 700.2, "new"),
        ("13:00", 700.9),
        ("14:00", 701.0, "new"),
    ) == [
        ("10:00", 0.3, INCOMPLETE),
        ("11:00", 0.2, INCOMPLETE),
        ("12:00", 0.7, MEASURED),
        ("13:00", 0.1, MEASURED),
    ]


def test_readings_of_unknown_meters_bridge_no_swap() -> None:
    """Between 5000.5 and 7000 lies a swap, nobody knows where."""
    assert hourly(
        ("9:00", 5000.0, "old"),
        ("10:00", 5000.5, "old"),
        ("11:00", 5001.0),
        ("12:00", 6999.2),
        ("13:00", 6999.6),
        ("14:00", 7000.0, "new"),
        ("15:00", 7000.4, "new"),
    ) == [("9:00", 0.5, MEASURED), ("14:00", 0.4, MEASURED)]


def test_readings_of_unknown_meters_count_where_their_value_tells_the_meter() -> None:
    """No reading of the old meter is below 5000.5, none of the new one above 4800."""
    assert hourly(
        ("9:00", 5000.0, "old"),
        ("10:00", 5000.5, "old"),
        ("11:00", 5001.0),
        ("12:00", 0.0),
        ("13:00", 5001.7),
        ("14:00", 4799.1),
        ("15:00", 4799.5),
        ("16:00", 4800.0, "new"),
        ("17:00", 4800.4, "new"),
    ) == [
        ("9:00", 0.5, MEASURED),
        ("10:00", 0.5, MEASURED),
        ("14:00", 0.4, MEASURED),
        ("15:00", 0.5, MEASURED),
        ("16:00", 0.4, MEASURED),
    ]


def test_readings_of_unknown_meters_belong_to_the_one_on_both_sides() -> None:
    assert hourly(
        ("9:00", 5.0, "a"), ("10:00", 5.5), ("11:00", 6.1, "a"), ("12:00", 6.2)
    ) == [("9:00", 0.5, MEASURED), ("10:00", 0.6, MEASURED), ("11:00", 0.1, MEASURED)]


def test_both_parts_of_the_hour_of_a_swap_count() -> None:
    assert hourly(
        ("10:00", 5000.0), ("10:20", 5000.2), ("10:40", 0.1), ("11:00", 0.4)
    ) == [("10:00", 0.5, INCOMPLETE)]


def test_hours_without_any_reading_during_a_swap_are_unknown() -> None:
    assert hourly(
        ("10:00", 900.0, "old"),
        ("11:30", 901.5, "old"),
        ("14:40", 3.0, "new"),
        ("15:00", 3.1, "new"),
    ) == [
        ("10:00", 1.0, ESTIMATED),
        ("11:00", 0.5, INCOMPLETE),
        ("14:00", 0.1, INCOMPLETE),
    ]


def test_a_meter_that_lived_for_minutes_only() -> None:
    assert hourly(
        ("10:00", 50.0, "a"),
        ("10:10", 50.1, "a"),
        ("10:20", 7.0, "b"),
        ("10:30", 7.2, "b"),
        ("10:40", 0.0, "c"),
        ("11:00", 0.4, "c"),
    ) == [("10:00", 0.7, INCOMPLETE)]


def test_a_deep_fall_that_stays_is_a_new_meter() -> None:
    assert hourly(
        ("10:00", 1000.0), ("11:00", 1000.4), ("12:00", 0.001), ("13:00", 0.168)
    ) == [("10:00", 0.4, MEASURED), ("12:00", 0.167, MEASURED)]


@given(steps, steps, st.integers(0, 1_000_000), st.integers(0, 1_000_000), st.data())
def test_no_hour_gets_energy_across_a_swap(
    before: list[int], after: list[int], old: int, new: int, data: st.DataObject
) -> None:
    """Whatever part of the readings tells which meter was read."""
    first, second = curve(before, old), curve(after, new)
    later = first[-1].at - DAY + timedelta(minutes=15)
    second = [Point(point.at + later, point.value) for point in second]
    told_old = data.draw(st.integers(1, len(first)))
    told_new = data.draw(st.integers(0, len(second) - 1))
    readings = [
        *(replace(point, identity="old") for point in first[:told_old]),
        *first[told_old:],
        *second[:told_new],
        *(replace(point, identity="new") for point in second[told_new:]),
    ]
    used: dict[datetime, float] = defaultdict(float)
    for low, high in (*pairwise(first), *pairwise(second)):
        used[low.at.replace(minute=0)] += high.value - low.value
    for each in intervals(SERIES, readings):
        assert each.energy is not None
        assert each.energy <= used[each.start] + 1e-6
