"""Stretches that are silent, failed or wrongly empty, and the energy around them."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from custom_components.meter_hub.metering.ledger import Gap, Reason
from custom_components.meter_hub.metering.model import Quality, Series
from custom_components.meter_hub.metering.vocabulary import Quantity
from custom_components.meter_hub.vendors.enegic.history import Answer, window_of
from custom_components.meter_hub.vendors.enegic.known import Knowledge, Known, Polls
from custom_components.meter_hub.vendors.enegic.plan import (
    Circumstances,
    HistoryJob,
    next_job,
)
from custom_components.meter_hub.vendors.stored import Pause

from .bodies import METER, STOCKHOLM, ZONE, meter
from .minutes import MINUTE, NOW, answered, energies, groups, job, steady, utc

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
BEGIN = utc("2026-10-05 00:00")
IMPORT = Series(METER, Quantity.GRID_IMPORT)


class House:
    """A meter with a steady load of 1200 W, whose history has holes."""

    def __init__(self, known: Known, *silences: tuple[datetime, datetime]) -> None:
        """Be silent within the given stretches."""
        self.known = known
        self.silences = silences
        self.rows = steady(BEGIN - DAY, BEGIN + 6 * DAY, BEGIN)

    def answers(self, asked: HistoryJob, *, lost: bool = False) -> Answer:
        """Return the answer to a call; `lost` is one that wrongly holds nothing."""
        start, end = window_of(asked)
        rows = {
            at: value
            for at, value in self.rows.items()
            if start <= at - MINUTE < end
            and not lost
            and not any(since < at <= until for since, until in self.silences)
        }
        answer = answered(groups(rows), asked, self.known)
        self.known = answer.known
        return answer


def planned(known: Known, *gaps: tuple[int, int, Reason, timedelta]) -> HistoryJob:
    """Return the next call for history; gaps are hours, and when they are due."""
    missing = [
        Gap(IMPORT, BEGIN + start * HOUR, BEGIN + end * HOUR, reason, NOW + wait)
        for start, end, reason, wait in gaps
    ]
    given = Circumstances(
        interval=365 * DAY,
        offset=timedelta(0),
        valid_to=None,
        allowed_from=NOW,
        excluded=(),
        zones={STOCKHOLM: ZONE},
    )
    polls = Polls(overview=NOW, packets=NOW)
    knowledge = Knowledge(polls=polls, meters={METER: known})
    found = next_job(knowledge, NOW, missing, given)
    assert isinstance(found, HistoryJob)
    return found


def waiting(**more: Any) -> Known:
    """Return a meter that has been heard, and whose history can be asked for."""
    details: dict[str, Any] = {"begins": BEGIN - DAY, "heard_until": NOW} | more
    return meter(**details)


def test_later_hours_wait_for_those_whose_call_failed() -> None:
    wait = timedelta(minutes=15)
    first = planned(
        waiting(),
        (6, 24, Reason.FAILED, wait),
        (24, 42, Reason.UNEXPLORED, timedelta(0)),
    )
    assert (first.start, first.due) == (BEGIN + 6 * HOUR, NOW + wait)
    second = planned(waiting(), (24, 42, Reason.UNEXPLORED, timedelta(0)))
    assert (second.start, second.due) == (BEGIN + DAY, NOW)


def test_hours_that_fail_for_long_hold_up_nothing() -> None:
    found = planned(
        waiting(),
        (0, 24, Reason.FAILED, 2 * HOUR),
        (24, 48, Reason.UNEXPLORED, timedelta(0)),
    )
    assert (found.start, found.due) == (BEGIN + DAY, NOW)


def test_doubtful_hours_are_asked_for_again_meanwhile_and_never_look_back() -> None:
    found = planned(
        waiting(),
        (0, 24, Reason.FAILED, timedelta(minutes=30)),
        (30, 32, Reason.ESTIMATED, timedelta(0)),
    )
    assert (found.start, found.again) == (BEGIN + 30 * HOUR, True)
    answer = answered([], found, waiting())
    assert answer.known.course.looks_back_from is None
    assert answer.explored[0].end == BEGIN + 32 * HOUR
    fresh = planned(waiting(), (0, 24, Reason.FAILED, timedelta(0)))
    assert not fresh.again


def test_what_a_day_that_fails_for_long_counted_is_spread_over_it() -> None:
    house = House(waiting(begins=BEGIN - 9 * DAY))
    first = house.answers(job(BEGIN, BEGIN + DAY))
    silent = BEGIN + 2 * DAY, BEGIN + 2 * DAY + 90 * MINUTE
    house.silences = (silent,)
    # The second day can't be had; the third one begins with a silence.
    third = house.answers(job(BEGIN + 2 * DAY + HOUR, BEGIN + 3 * DAY))
    found = energies(first) | energies(third)
    assert len(found) == 72
    assert sum(kwh or 0 for kwh in found.values()) == pytest.approx(72 * 1.2)
    # The day that failed is read when it can be had.
    second = house.answers(job(BEGIN + DAY, BEGIN + 2 * DAY))
    measured = energies(second)
    assert len(measured) == 24
    assert all(each.quality is Quality.MEASURED for each in second.intervals)


def test_a_look_back_in_vain_hides_no_older_reading() -> None:
    silent = BEGIN + timedelta(hours=6, minutes=17), BEGIN + timedelta(hours=42.5)
    house = House(waiting(begins=BEGIN - 9 * DAY), silent)
    first = house.answers(job(BEGIN, BEGIN + 6 * HOUR))
    in_vain = answered(
        [], job(BEGIN - 5 * DAY, BEGIN + DAY, looks_back=True), house.known
    )
    house.known = in_vain.known
    later = house.answers(job(BEGIN + 6 * HOUR, BEGIN + 2 * DAY))
    found = energies(first) | energies(later)
    assert len(found) == 48
    assert sum(kwh or 0 for kwh in found.values()) == pytest.approx(48 * 1.2)


def test_a_look_back_changes_no_hour_that_is_known() -> None:
    house = House(meter(begins=BEGIN - 9 * DAY))
    asked = job(BEGIN + 20 * HOUR, BEGIN + 22 * HOUR, looks_back=True)
    answer = house.answers(asked)
    assert energies(answer) == {
        "05 20:00": pytest.approx(1.2),
        "05 21:00": pytest.approx(1.2),
    }


def test_an_hour_whose_beginning_is_missing_is_looked_back_for() -> None:
    """The registers at 19:59 and 20:00 are missing, that of 20:01 is none of 20:00."""
    start = BEGIN + 20 * HOUR
    house = House(meter(begins=BEGIN - 9 * DAY), (start - 2 * MINUTE, start))
    answer = house.answers(job(start, start + 2 * HOUR))
    assert energies(answer) == {"05 21:00": pytest.approx(1.2)}
    assert answer.explored[0].start == start + HOUR
    assert answer.known.course.looks_back_from == start
    heard = replace(answer.known, heard_until=NOW)
    again = planned(heard, (20, 21, Reason.UNEXPLORED, timedelta(0)))
    assert again.looks_back
    found = house.answers(again)
    assert energies(found)["05 20:00"] == pytest.approx(1.2, abs=0.021)
    assert found.explored[0].start == start


def test_a_first_day_that_was_wrongly_empty_is_asked_for_again() -> None:
    """The minutes before the second day show that the first one has some."""
    created = BEGIN + timedelta(hours=5, minutes=3)
    first = created + 2 * MINUTE
    house = House(waiting(begins=created), (BEGIN - 2 * DAY, first - MINUTE))
    house.answers(job(BEGIN + 5 * HOUR, BEGIN + DAY), lost=True)
    answer = house.answers(job(BEGIN + DAY, BEGIN + 2 * DAY))
    assert answer.known.begins == created
    assert "05 23:00" not in {
        hour for hour, kwh in energies(answer).items() if kwh is not None
    }
    doubted = [each for each in answer.intervals if each.energy is None]
    assert [(each.start, each.end) for each in doubted] == [
        (BEGIN + 5 * HOUR, BEGIN + DAY)
    ]
    assert answer.explored[0].start == BEGIN + 5 * HOUR
    again = house.answers(job(BEGIN + 5 * HOUR, BEGIN + DAY, again=True))
    assert again.known.begins == first
    found = energies(answer) | energies(again)
    total = sum(kwh or 0 for kwh in found.values())
    assert total == pytest.approx((BEGIN + 2 * DAY - first) / HOUR * 1.2, abs=0.001)


def test_many_empty_days_that_were_wrong_are_asked_for_again_one_by_one() -> None:
    house = House(waiting(begins=BEGIN))
    for day in range(3):
        start = BEGIN + day * DAY
        house.answers(job(start, start + DAY), lost=True)
    found: dict[str, float | None] = {}
    for day in (3, 2, 1, 0):
        start = BEGIN + day * DAY
        answer = house.answers(job(start, start + DAY, again=day < 3))
        found |= {k: v for k, v in energies(answer).items() if v is not None}
        if day:
            assert answer.explored[0].start == start - DAY
    assert len(found) == 4 * 24
    assert sum(kwh or 0 for kwh in found.values()) == pytest.approx(96 * 1.2)


@pytest.mark.parametrize("seconds", [0, 20, 40])
def test_labels_off_the_minute_count_nothing_twice(seconds: int) -> None:
    known = meter(begins=BEGIN - 9 * DAY)
    found: dict[str, float | None] = {}
    for hour in range(10, 14):
        asked = job(BEGIN + hour * HOUR, BEGIN + (hour + 1) * HOUR, newest=True)
        rows = groups(steady(asked.start - MINUTE, asked.end, BEGIN))
        for each in rows[0]["data"]:
            label = datetime.fromisoformat(each["ts"])
            each["ts"] = (label + timedelta(seconds=seconds)).isoformat()
        answer = answered(rows, asked, known)
        known = answer.known
        found |= energies(answer)
    assert found == {f"05 {hour}:00": pytest.approx(1.2) for hour in range(10, 14)}


def test_a_pause_that_a_clock_ahead_has_set_is_over() -> None:
    ahead = Pause.after(None, NOW + 400 * DAY)
    known = waiting()
    known = replace(known, course=replace(known.course, failed=ahead, stalled=ahead))
    assert planned(known, (0, 24, Reason.UNEXPLORED, timedelta(0))).due == NOW
    late = utc("2026-11-20 12:00")
    newest = int((late - BEGIN) / HOUR)
    assert (
        planned(known, (newest - 1, newest, Reason.UNEXPLORED, timedelta(0))).due == NOW
    )


def test_the_newest_minutes_are_waited_for_an_hour_at_most() -> None:
    known = meter(begins=BEGIN - 9 * DAY)
    start = BEGIN + 10 * HOUR
    for _ in range(12):
        rows = groups(steady(start - MINUTE, start + 30 * MINUTE, BEGIN))
        known = answered(rows, job(start, start + HOUR, newest=True), known).known
    assert known.course.stalled is not None
    assert known.course.stalled.until == NOW + HOUR
