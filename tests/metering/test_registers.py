"""From register readings to hours, against known consumption."""

from itertools import pairwise

from hypothesis import given, strategies as st
import pytest

from custom_components.meter_hub.metering.model import Interval
from custom_components.meter_hub.metering.registers import Point, intervals

from .registers import (
    ESTIMATED,
    INCOMPLETE,
    MEASURED,
    SERIES,
    at,
    curve,
    hourly,
    points,
    rows,
    steps,
)

QUARTERS = [
    ("10:00", 100.00),
    ("10:15", 100.10),
    ("10:30", 100.25),
    ("10:45", 100.30),
    ("11:00", 100.50),
    ("11:15", 100.60),
]


def test_an_hour_is_the_difference_of_its_ends_and_the_running_one_is_left_out() -> (
    None
):
    assert hourly(*QUARTERS) == [("10:00", 0.5, MEASURED)]


def test_a_missing_hour_reading_is_interpolated() -> None:
    assert hourly(
        ("10:00", 100.00), ("10:45", 100.30), ("11:15", 100.90), ("12:00", 101.50)
    ) == [("10:00", 0.6, ESTIMATED), ("11:00", 0.9, ESTIMATED)]


def test_a_long_gap_is_spread_evenly_and_its_total_is_exact() -> None:
    found = hourly(("10:00", 100.0), ("40:00", 131.0), ("41:00", 131.5))
    assert found[:-1] == [
        (f"{hour}:00", pytest.approx(31 / 30, abs=2e-6), ESTIMATED)
        for hour in range(10, 40)
    ]
    assert found[-1] == ("40:00", 0.5, MEASURED)
    energies = [
        each.energy
        for each in intervals(SERIES, points(("10:00", 100.0), ("40:00", 131.0)))
    ]
    assert sum(e for e in energies if e is not None) == pytest.approx(31, abs=1e-9)


@pytest.mark.parametrize("dip", [499.98, 460.0, 0.001])
def test_a_dip_is_dropped_however_deep(dip: float) -> None:
    assert hourly(("10:00", 500.00), ("10:15", dip), ("11:00", 500.30)) == [
        ("10:00", 0.3, MEASURED)
    ]


@pytest.mark.parametrize("peak", [90000.0, 109.0, 100.9])
def test_a_peak_is_dropped_not_what_follows(peak: float) -> None:
    assert hourly(
        ("9:00", 99.5),
        ("10:00", 100.0),
        ("10:30", peak),
        ("11:00", 100.5),
        ("12:00", 100.6),
        ("13:00", 100.7),
    ) == [
        ("9:00", 0.5, MEASURED),
        ("10:00", 0.5, MEASURED),
        ("11:00", 0.1, MEASURED),
        ("12:00", 0.1, MEASURED),
    ]


def test_a_peak_is_dropped_where_only_one_reading_follows() -> None:
    assert hourly(("9:00", 100.0), ("9:30", 90000.0), ("10:00", 101.0)) == [
        ("9:00", 1.0, MEASURED)
    ]


def test_two_peaks_in_a_row_and_apart() -> None:
    assert hourly(
        ("9:00", 100.0),
        ("9:15", 90000.0),
        ("9:30", 90001.0),
        ("9:45", 100.3),
        ("10:00", 100.4),
        ("10:15", 90002.0),
        ("10:30", 100.5),
        ("11:00", 100.6),
    ) == [("9:00", 0.4, MEASURED), ("10:00", 0.2, MEASURED)]


def test_an_odd_first_reading_silences_the_rest_for_a_day_only() -> None:
    """Until then the later readings could as well be a dip."""
    odd, first = ("10:00", 500.0), ("10:15", 460.0)
    rest = [(f"{hour}:00", 460.0 + hour / 10) for hour in range(11, 36)]

    assert hourly(odd, first, *rest[:20]) == []
    assert hourly(odd, first, *rest) == [
        (f"{hour}:00", 0.1, MEASURED) for hour in range(11, 35)
    ]


@pytest.mark.parametrize("until_now", [4, 8, 12])
def test_a_dip_of_hours_is_no_energy_while_it_lasts(until_now: int) -> None:
    """A short window holds less of what was before than of the dip."""
    before = [("9:30", 499.0), ("9:45", 499.5), ("10:00", 500.0)]
    dip = [
        (f"{10 + quarter // 4}:{quarter % 4 * 15:02}", 498.0 + quarter / 10)
        for quarter in range(1, 13)
    ]

    assert hourly(*before, *dip[:until_now]) == []
    assert hourly(*before, *dip, ("13:15", 501.3), ("14:00", 501.6)) == [
        ("10:00", pytest.approx(0.4, abs=1e-6), ESTIMATED),
        ("11:00", pytest.approx(0.4, abs=1e-6), ESTIMATED),
        ("12:00", pytest.approx(0.4, abs=1e-6), ESTIMATED),
        ("13:00", pytest.approx(0.4, abs=1e-6), ESTIMATED),
    ]


def test_a_leap_is_no_energy() -> None:
    """Two meters of which nothing tells that they are two, or a misread that lasts."""
    found = hourly(
        ("9:00", 4999.0),
        ("10:00", 5000.0),
        ("10:15", 7000.0),
        ("11:00", 7000.4),
        ("12:00", 7001.0),
    )

    assert found == [
        ("9:00", 1.0, MEASURED),
        ("10:00", pytest.approx(0.4, abs=1e-6), INCOMPLETE),
        ("11:00", pytest.approx(0.6, abs=1e-6), MEASURED),
    ]


def test_a_misread_at_the_end_is_not_measured() -> None:
    assert hourly(("9:00", 100.0), ("9:45", 100.3), ("10:00", 90000.0)) == [
        ("9:00", pytest.approx(0.3, abs=1e-6), INCOMPLETE)
    ]


def test_the_scale_of_a_large_meter_is_no_leap() -> None:
    readings = points(("10:00", 0.0), ("11:00", 1500.0))

    assert [each.energy for each in intervals(SERIES, readings, scale=40)] == [1500.0]


def test_a_register_that_is_set_back_goes_on_after_a_day() -> None:
    before = [(f"{hour}:00", 500.0 + hour / 10) for hour in range(36)]
    after = [(f"{hour}:00", 480.0 + hour / 10) for hour in range(36, 72)]
    found = intervals(SERIES, points(*before, *after))
    energies = [each.energy for each in found if each.energy is not None]
    assert all(energy == pytest.approx(0.1) for energy in energies)
    assert {each.start for each in found} == {
        at(f"{hour}:00") for hour in range(71) if hour != 35
    }


def test_a_shallow_dip_hides_no_new_meter() -> None:
    assert hourly(
        ("10:00", 500.0),
        ("10:30", 499.9),
        ("11:00", 0.1),
        ("11:30", 0.2),
        ("12:00", 0.4),
    ) == [("11:00", 0.3, MEASURED)]


def test_order_and_duplicates_do_not_matter() -> None:
    expected = hourly(*QUARTERS)
    assert hourly(*reversed(QUARTERS)) == expected
    assert hourly(*QUARTERS, *QUARTERS[2:4], *reversed(QUARTERS)) == expected


def test_a_reading_near_the_hour_is_the_reading_at_the_hour() -> None:
    assert hourly(("10:00:40", 1.0), ("10:59:10", 1.5), ("11:00:20", 1.6)) == [
        ("10:00", 0.6, MEASURED)
    ]
    assert hourly(("9:59:05", 1.0), ("10:59:00", 1.5)) == [("10:00", 0.5, MEASURED)]
    assert hourly(("9:59:05", 1.0), ("10:58:59", 1.5)) == []


def test_the_first_partial_hour_is_unknown() -> None:
    readings = [("10:10", 1.0), ("10:40", 1.5), ("11:00", 1.6), ("12:00", 2.0)]
    assert hourly(*readings) == [("11:00", 0.4, MEASURED)]


def test_the_first_partial_hour_counts_from_the_first_reading_ever() -> None:
    readings = points(("9:53:06", 1.0), ("10:00", 1.1), ("11:00", 1.6))
    assert intervals(SERIES, readings, floor=at("9:53:06")) == (
        Interval(SERIES, at("9:53:06"), at("10:00"), 0.1, MEASURED),
        Interval(SERIES, at("10:00"), at("11:00"), 0.5, MEASURED),
    )
    assert rows(intervals(SERIES, readings, floor=at("9:20"))) == [
        ("10:00", 0.5, MEASURED)
    ]


def test_the_first_partial_hour_is_estimated_where_its_end_was_not_read() -> None:
    readings = points(("9:30", 1.0), ("10:30", 2.0), ("11:00", 2.25))
    assert intervals(SERIES, readings, floor=at("9:30")) == (
        Interval(SERIES, at("9:30"), at("10:00"), 0.5, ESTIMATED),
        Interval(SERIES, at("10:00"), at("11:00"), 0.75, ESTIMATED),
    )


def test_no_complete_hour_gives_nothing() -> None:
    assert hourly() == []
    assert hourly(("10:00", 1.0)) == []
    minutes = [(f"0:{minute}", 20.0 + minute / 100) for minute in range(56, 60)]
    minutes += [(f"1:0{minute}", 20.6 + minute / 100) for minute in range(7)]
    assert hourly(*minutes[1:4], *minutes[5:]) == []


def test_an_idle_meter_consumes_zero() -> None:
    assert hourly(("10:00", 7.0), ("11:00", 7.0), ("12:00", 7.0)) == [
        ("10:00", 0.0, MEASURED),
        ("11:00", 0.0, MEASURED),
    ]


def test_binary_fractions_leave_no_trace() -> None:
    assert hourly(("10:00", 0.1), ("11:00", 0.3), ("12:00", 0.6)) == [
        ("10:00", 0.2, MEASURED),
        ("11:00", 0.3, MEASURED),
    ]


@given(steps, st.integers(0, 10_000_000), st.data())
def test_any_readings_give_what_they_enclose(
    increments: list[int], start: int, data: st.DataObject
) -> None:
    whole = curve(increments, start)
    seen = data.draw(st.lists(st.sampled_from(whole), min_size=1))
    found = intervals(SERIES, seen)
    by_instant = {point.at: point.value for point in seen}
    read = sorted(instant for instant in by_instant if instant.minute == 0)
    for each in found:
        assert each.energy is not None
        assert each.energy >= 0
        exact = each.start in by_instant and each.end in by_instant
        assert each.quality is (MEASURED if exact else ESTIMATED)
    for before, after in pairwise(read):
        between = sum(
            each.energy or 0.0 for each in found if before <= each.start < after
        )
        assert between == pytest.approx(
            by_instant[after] - by_instant[before], abs=1e-6
        )
    if read:
        assert found == () or found[-1].end <= max(by_instant)


@given(
    st.lists(st.integers(0, 400), min_size=3, max_size=120),
    st.integers(1000, 10_000_000),
    st.sampled_from([0.0, 0.001, 0.5, 3.0, 50.0]),
    st.data(),
)
def test_a_misread_value_never_becomes_consumption(
    increments: list[int], start: int, misread: float, data: st.DataObject
) -> None:
    readings = curve(increments, start)
    consumed = readings[-1].value - readings[0].value
    odd = data.draw(st.integers(1, len(increments) - 1))
    readings[odd] = Point(readings[odd].at, readings[odd].value * misread)
    total = sum(each.energy or 0.0 for each in intervals(SERIES, readings))
    assert total <= consumed + 1e-6
