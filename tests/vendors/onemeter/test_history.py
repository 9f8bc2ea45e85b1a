"""From rows to the energy of hours, by the numbers."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from custom_components.meter_hub.metering.ledger import hourly
from custom_components.meter_hub.metering.model import Meter, Quality, Series
from custom_components.meter_hub.metering.vocabulary import Channel, Quantity
from custom_components.meter_hub.vendors.onemeter.history import (
    Answer,
    Window,
    codes_of,
    read_rows,
)
from custom_components.meter_hub.vendors.onemeter.known import Identity, Known
from custom_components.meter_hub.vendors.onemeter.obis import to_instant
from custom_components.meter_hub.vendors.onemeter.plan import HistoryJob
from custom_components.meter_hub.vendors.onemeter.registers import Register

IMPORT = Series("x", Quantity.GRID_IMPORT)
REGISTER = Register(Quantity.GRID_IMPORT, Channel.TOTAL, ("1_8_0",))
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def at(time: str) -> datetime:
    """Return a time of the day."""
    return datetime.fromisoformat(f"2026-10-05T{time}:00Z").astimezone(UTC)


def row(time: str, **values: Any) -> dict[str, Any]:
    """Return a row with the values of codes."""
    return {"date": f"2026-10-05T{time}:00.000Z", **values}


def rows_of(readings: dict[str, float]) -> list[dict[str, Any]]:
    """Return rows with one register."""
    return [row(time, **{"1_8_0": value}) for time, value in readings.items()]


def known(begins: str, last: str, **more: Any) -> Known:
    """Return a device with one register."""
    return Known(
        Meter("x", "x"), begins=at(begins), last=at(last), registers=(REGISTER,), **more
    )


def answer(
    rows: Iterable[dict[str, Any]], device: Known, start: str, end: str
) -> Answer:
    """Ask for the hours from `start` to `end` and get these rows."""
    job = HistoryJob(due=at(end), live=False, device="x", start=at(start), end=at(end))
    return read_rows(rows, job, Window.around(job, device), device, at(end))


def energies(answer: Answer) -> dict[str, float | None]:
    """Return the kWh of the hours by their times."""
    return {
        f"{hour:%H:%M}": each.energy for hour, each in hourly(answer.intervals).items()
    }


QUARTERS = {
    "10:00": 100.00,
    "10:15": 100.10,
    "10:30": 100.25,
    "10:45": 100.30,
    "11:00": 100.50,
    "11:15": 100.60,
}


@pytest.mark.parametrize("order", [1, -1])
def test_case_08_an_hour_is_the_difference_of_the_register_at_its_ends(
    order: int,
) -> None:
    rows = (rows_of(QUARTERS) + rows_of({"10:30": 100.25}))[::order]
    found = answer(rows, known("10:00", "11:15"), "10:00", "11:00")
    assert energies(found) == {"10:00": pytest.approx(0.50)}
    assert [(span.start, span.end) for span in found.explored] == [
        (at("10:00"), at("11:00"))
    ]
    assert found.intervals[0].quality is Quality.MEASURED


def test_case_09_the_register_on_the_hour_is_interpolated_where_it_was_not_read() -> (
    None
):
    rows = rows_of({"10:00": 100.0, "10:45": 100.3, "11:15": 100.9, "12:00": 101.5})
    found = answer(rows, known("10:00", "12:00"), "10:00", "12:00")
    assert energies(found) == {
        "10:00": pytest.approx(0.60),
        "11:00": pytest.approx(0.90),
    }
    assert {each.quality for each in found.intervals} == {Quality.ESTIMATED}


@pytest.mark.parametrize("date", ["2026-12-01T00:00:00Z", "2026-10-05T13:00:00Z"])
def test_a_row_after_the_window_makes_no_hours(date: str) -> None:
    """A wrong clock has dated it; the reading at the end of the window still counts."""
    rows = rows_of({"10:00": 100.0, "11:00": 101.0})
    rows += [
        {"date": "2026-10-05T12:00:30Z", "1_8_0": 102.0},
        {"date": date, "1_8_0": 103.0},
    ]
    found = answer(rows, known("10:00", "12:00"), "10:00", "12:00")
    assert energies(found) == {"10:00": 1.0, "11:00": 1.0}


def test_a_row_from_the_future_makes_no_hours() -> None:
    """Not even where the newest readout seems to be as late."""
    rows = rows_of({"10:00": 100.0, "11:00": 101.0, "13:00": 103.0})
    found = answer(rows, known("10:00", "23:00"), "10:00", "11:00")
    assert energies(found) == {"10:00": 1.0}


def test_a_row_from_long_before_the_window_encloses_nothing() -> None:
    device = replace(known("10:00", "12:00"), begins=at("10:00") - 9 * DAY)
    rows = rows_of({"10:00": 100.0, "11:00": 101.0, "12:00": 102.0})
    rows.append({"date": "2000-01-01T00:00:00Z", "1_8_0": 0.0})
    found = answer(rows, device, "09:00", "12:00")
    assert energies(found) == {"10:00": 1.0, "11:00": 1.0}
    assert [(span.start, span.end) for span in found.explored] == [
        (at("10:00"), at("12:00"))
    ]


def test_case_10_a_new_meter_is_no_consumption() -> None:
    device = known(
        "10:00",
        "13:00",
        identities=(
            Identity(at("10:00"), at("11:15"), {"serial": "old"}),
            Identity(at("11:30"), at("13:00"), {"serial": "new"}),
        ),
    )
    rows = rows_of(
        {"10:00": 5000.0, "11:00": 5000.4, "11:30": 0.05, "12:00": 0.25, "13:00": 0.65}
    )
    found = answer(rows, device, "10:00", "13:00")
    assert energies(found) == {
        "10:00": pytest.approx(0.40),
        "11:00": pytest.approx(0.20),
        "12:00": pytest.approx(0.40),
    }


def test_case_11_a_dip_is_dropped() -> None:
    rows = rows_of({"10:00": 500.0, "10:15": 499.98, "11:00": 500.3})
    found = answer(rows, known("10:00", "11:00"), "10:00", "11:00")
    assert energies(found) == {"10:00": pytest.approx(0.30)}


@pytest.mark.parametrize("bad", ["", None, [1], True, "NaN", 42949672.95])
def test_case_11_a_row_without_a_number_is_no_reading(bad: object) -> None:
    rows = [*rows_of(QUARTERS), row("10:50", **{"1_8_0": bad}), row("10:55")]
    rows += [{"1_8_0": 7}, {"date": "soon", "1_8_0": 7}]
    found = answer(rows, known("10:00", "11:15"), "10:00", "11:00")
    assert energies(found) == {"10:00": pytest.approx(0.50)}


def test_values_may_lie_deeper_and_have_older_names() -> None:
    register = Register(Quantity.GRID_IMPORT, Channel.TOTAL, ("15_8_0",))
    device = Known(
        Meter("x", "x"),
        begins=at("10:00"),
        last=at("11:00"),
        registers=(register,),
        spelling={"15_8_0": "F_8_0"},
    )
    rows = [row("10:00", OBIS={"F_8_0": "1,5"}), row("11:00", **{"15_8_0": 2})]
    assert energies(answer(rows, device, "10:00", "11:00")) == {"10:00": 0.5}
    assert codes_of(device) == ("F_8_0",)


def test_hours_that_readings_do_not_enclose_are_not_explored() -> None:
    device = replace(known("06:00", "23:00"), begins=at("06:00") - 2 * DAY)
    found = answer(rows_of(QUARTERS), device, "09:00", "14:00")
    assert [(span.start, span.end) for span in found.explored] == [
        (at("10:00"), at("11:00"))
    ]
    assert found.course.margin > device.course.margin


def test_the_first_readings_ever_need_none_before() -> None:
    device = known("09:53", "11:15")
    found = answer(rows_of({"09:53": 99.9, **QUARTERS}), device, "09:53", "11:00")
    assert [(span.start, span.end) for span in found.explored] == [
        (at("09:53"), at("11:00"))
    ]
    assert sum(each.energy or 0 for each in found.intervals) == pytest.approx(0.6)


def test_what_has_not_come_yet_is_left_alone_ever_longer() -> None:
    device = known("06:00", "14:00")
    first = answer(rows_of(QUARTERS), device, "10:00", "14:00")
    pause = first.course.stalled[IMPORT.key]
    assert pause.until == at("14:05")
    again = known("06:00", "14:00", course=first.course)
    second = answer([], again, "11:00", "14:00")
    assert second.explored == ()
    assert second.course.stalled[IMPORT.key].until == at("14:10")
    third = known("06:00", "14:00", course=second.course)
    later = rows_of({"11:00": 100.5, "14:00": 101.0})
    assert answer(later, third, "11:00", "14:00").course.stalled == {}


def test_a_window_stays_within_the_readings_that_exist() -> None:
    device = known("09:30", "14:20")
    job = HistoryJob(
        due=at("15:00"), live=False, device="x", start=at("10:00"), end=at("14:00")
    )
    window = Window.around(job, device)
    assert (window.start, window.end) == (at("09:30"), at("14:20"))
    assert window.from_the_beginning
    assert window.to_the_last


def test_an_hour_within_a_dip_is_not_known_yet() -> None:
    device = replace(known("10:00", "14:00"), begins=at("10:00") - 9 * DAY)
    rows = rows_of(
        {"10:00": 500.0, "11:00": 498.1, "12:00": 498.2, "13:00": 498.4, "14:00": 498.5}
    )
    job = HistoryJob(
        due=at("14:00"), live=False, device="x", start=at("13:00"), end=at("14:00")
    )
    window = Window.around(job, device)
    told = [
        each
        for each in rows
        if (date := to_instant(each["date"])) and window.start <= date <= window.end
    ]
    found = read_rows(told, job, window, device, at("14:00"))
    assert (found.explored, found.intervals) == ((), ())


def test_hours_are_multiplied_for_a_meter_behind_transformers() -> None:
    job = HistoryJob(
        due=at("11:00"), live=False, device="x", start=at("10:00"), end=at("11:00")
    )
    device = known("10:00", "11:15")
    window = Window.around(job, device)
    found = read_rows(rows_of(QUARTERS), job, window, device, at("11:00"), 10)
    assert energies(found) == {"10:00": pytest.approx(5.0)}
