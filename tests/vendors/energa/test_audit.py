"""Months and registers against the hours of days."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from custom_components.meter_hub.vendors.energa.account import Register
from custom_components.meter_hub.vendors.energa.audit import (
    audited,
    compared,
    midnight_total,
    registered,
    reread,
)
from custom_components.meter_hub.vendors.energa.charts import DayChart, read_day
from custom_components.meter_hub.vendors.energa.course import Course
from custom_components.meter_hub.vendors.energa.days import midnight
from tests.simulator import MovableClock
from tests.vendors.driver import Driver

from .home import IMPORTED, TODAY, at, fill, polled, rows
from .portal import IMPORT, Portal, chart, hour, hours, metering_point, milliseconds

DAY = timedelta(days=1)
NOW = datetime(2026, 10, 5, 12, 20, tzinfo=UTC)
OLD = date(2026, 9, 7)
MONTH = date(2026, 9, 1)

COURSE = Course("x", totals={OLD: 2.4, TODAY: 1.0, TODAY - DAY: 2.4})


def whole(day: date) -> DayChart:
    """Return the chart of a day of which every hour is measured."""
    return read_day(chart(hours(midnight(day), *[0.1] * 24)), day)


def test_days_that_differ_from_their_month_are_contradicted() -> None:
    sums = {OLD: 2.5, OLD + DAY: 9.0, TODAY - DAY: 9.0}
    course = compared(COURSE, MONTH, sums, NOW)
    # The other days were never read, or are read again anyway.
    assert course.contradicted == {OLD: 2.5}
    assert course.months == {MONTH: NOW}


@pytest.mark.parametrize("said", [2.4, 2.409, 2.391])
def test_sums_of_rounded_values_are_the_same(said: float) -> None:
    assert compared(COURSE, MONTH, {OLD: said}, NOW).contradicted == {}


def test_an_open_day_is_not_compared() -> None:
    course = replace(COURSE, totals={}, partial={OLD: 2.4}, open={OLD: NOW})
    assert compared(course, MONTH, {OLD: 9.0}, NOW).contradicted == {}


def test_a_day_that_stays_as_it_was_is_read_again_once() -> None:
    course = reread(compared(COURSE, MONTH, {OLD: 2.5}, NOW), whole(OLD))
    assert (course.contradicted, course.disputed) == ({}, {OLD: 2.5})
    assert compared(course, MONTH, {OLD: 2.5}, NOW).contradicted == {}
    again = compared(course, MONTH, {OLD: 2.6}, NOW)
    assert again.contradicted == {OLD: 2.6}
    corrected = reread(replace(again, totals={OLD: 2.6}), whole(OLD))
    assert (corrected.contradicted, corrected.disputed) == ({}, {})


def test_registers_and_hours_that_say_the_same() -> None:
    course = registered(registered(COURSE, TODAY - DAY, 100.0), TODAY, 102.402)
    assert audited(course, TODAY).audit == {}
    differing = registered(course, TODAY, 102.5)
    assert audited(differing, TODAY).audit == {TODAY - DAY: 0.1}
    # It is put right once both agree, and says nothing of a day that is open.
    assert (
        audited(registered(audited(differing, TODAY), TODAY, 102.4), TODAY).audit == {}
    )
    partial = replace(differing, totals={}, partial={TODAY - DAY: 2.4})
    assert audited(partial, TODAY).audit == {}


def test_registers_count_together_when_they_were_read_at_one_midnight() -> None:
    now, before = midnight(TODAY), midnight(TODAY - DAY)
    both = {1: Register(1.0, now), 2: Register(2.0, now)}
    assert midnight_total(both, (1, 2), TODAY) == (TODAY, 3.0)
    mixed = both | {2: Register(2.0, before)}
    assert midnight_total(mixed, (1, 2), TODAY) is None
    assert midnight_total(both, (1, 2, 3), TODAY) is None
    assert midnight_total(both | {2: Register(None, now)}, (1, 2), TODAY) is None
    noon = {1: Register(1.0, now + timedelta(hours=12))}
    assert midnight_total(noon, (1,), TODAY) is None


def test_what_the_vendor_has_no_longer_is_forgotten() -> None:
    gone, last = TODAY - 731 * DAY, TODAY - 730 * DAY
    both = {gone: 1.0, last: 1.0}
    course = Course(
        "x",
        totals=both,
        partial=both,
        open={gone: NOW - 32 * DAY, last: NOW - 30 * DAY},
        implausible={gone: 1, last: 1},
        contradicted=both,
        disputed=both,
    ).kept(TODAY)
    for days in (
        course.totals,
        course.partial,
        course.open,
        course.implausible,
        course.contradicted,
        course.disputed,
    ):
        assert list(days) == [last]


async def test_a_correction_of_an_old_day_is_found_through_its_month(
    driver: Driver, portal: Portal, moving: MovableClock
) -> None:
    fill(portal, 8)
    driver.ledger.since = midnight(TODAY - 8 * DAY)
    await driver.connect()
    await polled(driver)
    old = TODAY - 5 * DAY
    corrected = hours(midnight(old), *[0.1] * 23, 0.7)
    portal.days[IMPORT, old] = corrected
    portal.months[IMPORT, date(2026, 9, 1)] = [hour(midnight(old), 3.0, None, None)]
    before = rows(driver)
    assert before[at(2026, 10, 5, 9)].sum == pytest.approx(20.4)
    await driver.run(DAY + timedelta(hours=1))
    after = rows(driver)
    assert after[midnight(old) + timedelta(hours=23)].state == 0.7
    assert after[at(2026, 10, 5, 9)].sum == pytest.approx(21.0)
    # One chart a day for each month, and one more for the day.
    months = [query for query in portal.asked("mchart") if query["type"] == "MONTH"]
    assert len(months) == 2


async def test_registers_that_contradict_the_hours_are_reported(
    driver: Driver, portal: Portal
) -> None:
    fill(portal, 3)
    for day, energy in ((TODAY - DAY, 100.0), (TODAY, 102.5)):
        row = {"zone": "A+", "value": energy, "date": milliseconds(day)}
        portal.points = [metering_point(lastMeasurements=[row])]
        await driver.connect()
    await polled(driver)
    course = driver.backend.state()["points"]["339038"]["courses"]["grid_import"]
    assert course["audit"] == {str(TODAY - DAY): 0.1}
    assert rows(driver)[at(2026, 10, 5, 9)].sum == pytest.approx(8.4)
    assert IMPORTED in driver.readings
