"""From minutes with local labels to the energy of hours, by the numbers."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from custom_components.meter_hub.metering.model import Series
from custom_components.meter_hub.metering.vocabulary import Quantity
from custom_components.meter_hub.vendors.enegic.labels import fold_between, points_of

from .bodies import METER, ZONE, meter
from .minutes import (
    MINUTE,
    NOW,
    answered,
    energies,
    estimated,
    groups,
    job,
    row,
    steady,
    utc,
)

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
BEGIN = utc("2026-10-05 00:00")


@pytest.mark.parametrize(
    ("values", "energy"),
    [((1000.0, 900.0, 1000.167), 0.167), ((1000.0, 0.001, 0.168), 0.167)],
)
def test_case_08_the_statistics_go_on(values: tuple[float, ...], energy: float) -> None:
    start = utc("2026-10-05 10:00")
    readings: dict[datetime, object] = {
        start + number * MINUTE: value for number, value in enumerate(values)
    }
    for number in range(len(values), 61):
        readings[start + number * MINUTE] = values[-1]
    answer = answered(groups(readings), job(start, start + HOUR))
    total = sum(each.energy or 0 for each in answer.intervals)
    assert total == pytest.approx(energy)


def test_case_09_hours_that_are_not_complete_have_no_energy() -> None:
    """Of the first hour the beginning is missing, of the second one the end."""
    known = {"00:56": 248878.898, "01:00": 248879.629, "01:06": 248880.710}
    readings = {utc(f"2026-09-21 {time}"): value for time, value in known.items()}
    asked = job(utc("2026-09-21 00:00"), utc("2026-09-21 02:00"), newest=True)
    answer = answered(groups(readings), asked)
    assert (answer.intervals, answer.explored) == ((), ())
    # The same minutes, had they been the meter's first ones and gone on.
    readings[utc("2026-09-21 02:00")] = 248890.429
    young = meter(begins=utc("2026-09-21 00:50"))
    later = answered(groups(readings), asked, young)
    assert energies(later) == {"21 00:00": 0.731, "21 01:00": pytest.approx(10.8)}


def test_case_11_the_hour_that_autumn_repeats() -> None:
    labels = [f"2026-10-25T02:{number:02}:00" for number in range(60)] * 2
    rows = [{"ts": label, "data": {"hwi": 5.0}} for label in labels]
    years = [
        {"dt": "2025-01-01T00:00:00", "data": rows[:30]},
        {"dt": "2026-01-01T00:00:00", "data": rows[30:]},
    ]
    window = utc("2026-10-25 00:00"), utc("2026-10-25 02:00")
    ends = [at for at, _ in points_of(years, ZONE, window, 230)]
    assert ends == [window[0] + number * MINUTE for number in range(1, 121)]


def test_case_11_each_pass_alone_is_known_by_its_window() -> None:
    rows = [{"ts": "2026-10-25T02:30:00", "data": {"hwi": 5.0}}]
    for hour in (0, 1):
        start = utc(f"2026-10-25 0{hour}:00")
        ends = [
            at
            for at, _ in points_of([{"data": rows}], ZONE, (start, start + HOUR), 230)
        ]
        assert ends == [start + timedelta(minutes=31)]


def test_a_day_is_cut_where_the_clocks_are_set_back() -> None:
    midnight = utc("2026-10-25 00:00")
    assert fold_between(midnight, midnight + DAY, ZONE) == midnight + HOUR
    assert fold_between(midnight + HOUR, midnight + DAY, ZONE) is None
    spring = utc("2026-03-29 00:00")
    assert fold_between(spring, spring + DAY, ZONE) is None


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25", "2026-10-05"])
@pytest.mark.parametrize(
    "zone", ["Europe/Stockholm", "Europe/Helsinki", "Asia/Kolkata"]
)
def test_hours_are_exact_on_any_day(day: str, zone: str) -> None:
    """Asked for as the plan does: not across the hour at which clocks are set back."""
    place = ZoneInfo(zone)
    start, end = utc(f"{day} 00:00"), utc(f"{day} 00:00") + DAY
    stop = fold_between(start, end, place) or end
    known = meter(begins=BEGIN - 365 * DAY, zone=zone)
    found: dict[str, float | None] = {}
    for first, last in ((start, stop), (stop, end)):
        if first == last:
            continue
        rows = groups(steady(first - MINUTE, last, start, 1234.5), place)
        answer = answered(rows, job(first, last), known, zone=place)
        known = answer.known
        found |= energies(answer)
    inside = {hour: kwh for hour, kwh in found.items() if hour.startswith(day[-2:])}
    assert len(inside) == 24
    assert all(kwh == pytest.approx(1.2345, abs=0.0011) for kwh in inside.values())


def test_an_hour_ends_with_the_minute_before_the_next_one() -> None:
    start = utc("2026-10-05 10:00")
    readings = steady(start, start + HOUR, BEGIN)
    answer = answered(groups(readings), job(start, start + HOUR, newest=True))
    assert energies(answer) == {"05 10:00": pytest.approx(1.2)}
    del readings[start + HOUR]
    early = answered(groups(readings), job(start, start + HOUR, newest=True))
    assert early.intervals == ()
    assert [span.end for span in early.explored] == [start + timedelta(minutes=59)]
    pause = early.known.course.stalled
    assert pause is not None
    assert pause.until == NOW + timedelta(minutes=5)


def test_an_empty_day_is_explored_and_what_was_counted_meanwhile_is_spread() -> None:
    """The meter is silent for a day and a half; nothing is lost, nothing stalls."""
    first = steady(BEGIN - MINUTE, BEGIN + timedelta(hours=22, minutes=20), BEGIN)
    day_one = answered(groups(first), job(BEGIN, BEGIN + DAY))
    day_two = answered([], job(BEGIN + DAY, BEGIN + 2 * DAY), day_one.known)
    assert [(span.start, span.end) for span in day_two.explored] == [
        (BEGIN + DAY, BEGIN + 2 * DAY)
    ]
    assert day_two.intervals == ()
    back = BEGIN + 2 * DAY + timedelta(hours=10, minutes=30)
    third = steady(back, BEGIN + 3 * DAY, BEGIN)
    day_three = answered(
        groups(third), job(BEGIN + 2 * DAY, BEGIN + 3 * DAY), day_two.known
    )
    found = energies(day_one) | energies(day_three)
    assert len(found) == 72
    assert all(kwh == pytest.approx(1.2, abs=0.002) for kwh in found.values())
    assert sum(kwh or 0 for kwh in found.values()) == pytest.approx(72 * 1.2)
    assert len(estimated(day_three)) == 2 + 24 + 10 + 1


def test_the_very_first_hour_is_not_lost() -> None:
    first = utc("2026-10-05 08:58")
    known = meter(begins=utc("2026-10-05 08:56"))
    readings = steady(first, BEGIN + DAY, BEGIN)
    answer = answered(
        groups(readings), job(utc("2026-10-05 08:00"), BEGIN + DAY), known
    )
    assert answer.known.begins == first
    assert answer.known.floors == {Series(METER, Quantity.GRID_IMPORT): first}
    found = energies(answer)
    assert found["05 08:00"] == pytest.approx(0.04, abs=0.001)
    assert len(found) == 16


def test_empty_days_before_the_first_reading_are_skipped() -> None:
    known = meter(begins=BEGIN + timedelta(hours=5))
    for day in range(3):
        start = BEGIN + day * DAY
        answer = answered([], job(start, start + DAY), known)
        assert answer.explored[0].end == start + DAY
        known = answer.known
    start = BEGIN + 3 * DAY
    first = start + timedelta(hours=7, minutes=13)
    readings = steady(first, start + DAY, BEGIN)
    answer = answered(groups(readings), job(start, start + DAY), known)
    assert answer.known.begins == first
    assert len(energies(answer)) == 17


def test_a_walk_that_begins_in_a_hole_looks_back_once() -> None:
    start = utc("2026-10-05 12:00")
    readings = steady(start + timedelta(minutes=40), start + 3 * HOUR, BEGIN)
    asked = job(start, start + 3 * HOUR)
    answer = answered(groups(readings), asked)
    assert answer.explored[0].start == start + HOUR
    assert answer.known.course.looks_back_from == start
    readings = steady(start - 2 * HOUR, start - HOUR, BEGIN) | readings
    again = job(start, start + HOUR, looks_back=True)
    found = answered(groups(readings), again, answer.known)
    assert energies(found)["05 12:00"] == pytest.approx(1.2, abs=0.002)
    assert found.known.course.looks_back_from is None
    in_vain = answered([], again, answer.known)
    assert in_vain.explored[0].end == start + HOUR
    assert in_vain.known.course.looks_back_from is None


@pytest.mark.parametrize(
    "odd",
    [
        {"ts": None, "data": {"hwi": 5}},
        {"ts": 17, "data": {"hwi": 5}},
        {"ts": "soon", "data": {"hwi": 5}},
        {"ts": "2026-10-05T12:30:00"},
        {"ts": "2026-10-05T12:30:00", "data": None},
        {"ts": "2026-10-05T12:30:00", "data": {"hwi": True}},
        {"ts": "2026-10-05T12:30:00", "data": {"hwi": "x"}},
        {"ts": "2026-10-05T12:30:00", "data": {"hwi": float("nan")}},
        {"ts": "2027-10-05T12:30:00", "data": {"hwi": 9000}},
        {"data": {"hwi": 5}},
    ],
)
def test_a_row_that_cannot_be_read_is_left_out(odd: dict[str, Any]) -> None:
    start = utc("2026-10-05 10:00")
    whole = groups(steady(start, start + HOUR, BEGIN))
    whole[0]["data"].insert(30, odd)
    broken: list[dict[str, Any]] = [{}, {"data": None}, {"data": [None, 5]}, *whole]
    answer = answered(broken, job(start, start + HOUR))
    assert energies(answer) == {"05 10:00": pytest.approx(1.2)}


def test_a_label_that_tells_its_zone_is_believed() -> None:
    rows = [row(utc("2026-10-05 10:00"), 1.0)]
    rows[0]["ts"] = "2026-10-05T09:59:00+00:00"
    window = utc("2026-10-05 09:00"), utc("2026-10-05 10:00")
    ends = [at for at, _ in points_of([{"data": rows}], ZONE, window, 230)]
    assert ends == [utc("2026-10-05 10:00")]
