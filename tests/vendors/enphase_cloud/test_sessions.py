"""The sessions of a charger, and whether there may be a newer one."""

from datetime import timedelta
from typing import Any

import pytest

from custom_components.meter_hub.metering.model import Reading, Series
from custom_components.meter_hub.metering.vocabulary import Quantity
from custom_components.meter_hub.vendors.base import UnexpectedAnswer
from custom_components.meter_hub.vendors.enphase_cloud.charger_readings import (
    session_readings,
)
from custom_components.meter_hub.vendors.enphase_cloud.sessions import (
    PATIENCE,
    ChargerLog,
    Page,
    Session,
    read_sessions,
)

from .answers import HOUR, QUARTER, at, documented, rows, schema_sample

CASE_13 = {
    "start_time": 1700059683,
    "end_time": 1700071180,
    "duration": 11497,
    "energy_added": 14.83,
    "charge_time": 7080,
    "miles_added": 1.2,
    "cost": 0.5,
}
START, END = at("2023-11-15T14:48:03"), at("2023-11-15T17:59:40")
NIGHT = at("2023-11-16T00:52:00")
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


def answer(*sessions: object) -> dict[str, Any]:
    """Return an answer with these sessions."""
    return {"system_id": 698989834, "count": len(sessions), "sessions": [*sessions]}


def test_case_13_a_session() -> None:
    session = read_sessions(answer(CASE_13)).newest
    assert session == Session(START, END, 14.83, 11497, 7080, 0.5)
    assert session.power is not None
    assert session.power / 1000 == pytest.approx(7.54, abs=0.005)


@documented
def test_case_13_the_documented_session() -> None:
    shown = {key: schema_sample("ChargeSessionDetail", key)[key] for key in CASE_13}
    assert shown == CASE_13


def test_case_13_what_a_person_sees_of_it() -> None:
    readings = session_readings("C", read_sessions(answer(CASE_13)).newest, None)
    told = {each.series.quantity: (each.value, each.since) for each in readings}
    assert told == {
        Quantity.SESSION_START: (START, None),
        Quantity.SESSION_END: (END, None),
        Quantity.SESSION_ENERGY: (14.83, START),
        Quantity.SESSION_DURATION: (11497, None),
        Quantity.SESSION_CHARGE_TIME: (7080, None),
        Quantity.SESSION_POWER: (pytest.approx(7540.7, abs=0.1), None),
        Quantity.SESSION_COST: (0.5, None),
    }


def test_what_a_new_session_does_not_tell_is_that_of_no_older_one() -> None:
    before = read_sessions(answer(CASE_13)).newest
    readings = [*session_readings("C", Session(END + HOUR, energy=1.0), before)]
    told = {each.series.quantity: each.value for each in readings}
    assert told.keys() == {
        each.series.quantity for each in session_readings("C", before, None)
    }
    assert {each for each, value in told.items() if value is not None} == {
        Quantity.SESSION_START,
        Quantity.SESSION_ENERGY,
    }


def test_a_charger_that_never_told_a_cost_has_none() -> None:
    free = {key: CASE_13[key] for key in CASE_13.keys() - {"cost"}}
    readings = [*session_readings("C", read_sessions(answer(free)).newest, None)]
    cost = Series("C", Quantity.SESSION_COST)
    assert not any(reading.series == cost for reading in readings)
    assert Reading(Series("C", Quantity.SESSION_END), END) in readings


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_the_newest_session_counts_in_whatever_order(order: tuple[int, ...]) -> None:
    sessions = [
        CASE_13 | {"start_time": 1700059683 + 86400 * day, "end_time": None}
        for day in range(3)
    ]
    session = read_sessions(answer(*(sessions[number] for number in order))).newest
    assert session is not None
    assert (session.start, session.end) == (START + 2 * DAY, None)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({key: str(value) for key, value in CASE_13.items()}, {}),
        ({"start_time": "2023-11-15T14:48:03+00:00"}, {}),
        ({"start_time": None}, {}),
        ({"duration": None}, {}),
        ({"end_time": None}, {"end": None}),
        ({"end_time": 0, "duration": None}, {"end": None, "duration": None}),
        ({"energy_added": None}, {"energy": None, "power": None}),
        ({"energy_added": -1}, {"energy": None, "power": None}),
        ({"charge_time": None}, {"charge_time": None, "power": None}),
        ({"charge_time": 0, "energy_added": 0}, {"charge_time": 0, "energy": 0, "power": None}),
        ({"cost": None, "miles_added": None}, {"cost": None}),
        # As the document has it: Wh.
        ({"energy_added": 14830}, {}),
    ],
)  # fmt: skip
def test_sessions_are_read_whatever_form_they_come_in(
    changed: dict[str, Any], expected: dict[str, Any]
) -> None:
    usual = {
        "start": START,
        "end": END,
        "energy": 14.83,
        "duration": 11497,
        "charge_time": 7080,
        "power": 7540.7,
        "cost": 0.5,
    }
    session = read_sessions(answer(CASE_13 | changed)).newest
    told = {key: getattr(session, key) for key in usual}
    assert told == usual | expected


@pytest.mark.parametrize("data", [{"sessions": None}, {"sessions": []}])
def test_a_charger_that_was_never_used(data: dict[str, Any]) -> None:
    assert read_sessions(data) == Page()


@pytest.mark.parametrize("told", ["none", {}, [None], [{}], [{"end_time": 1700071180}]])
def test_what_can_not_be_read_is_unexpected(told: object) -> None:
    with pytest.raises(UnexpectedAnswer):
        read_sessions({"sessions": told})


def test_an_answer_without_sessions_is_unexpected() -> None:
    with pytest.raises(UnexpectedAnswer):
        read_sessions({"consumption": []})


def log(
    *energies: float, asked_at: Any = NIGHT, last: Session | None = None
) -> ChargerLog:
    """Return what is known after quarter hours from the session's end on."""
    return ChargerLog(asked_at=asked_at, last=last).after(
        rows(END.replace(minute=0, second=0), energies)
    )


FINISHED, RUNNING = Session(START, END), Session(START)


def test_nobody_asks_twice_for_what_is_over() -> None:
    tonight = NIGHT + DAY
    assert not log(0.5, 0.5, 0.5, 0.4, last=FINISHED).lacks(tonight)
    assert not log(last=FINISHED).lacks(tonight)
    assert not log().lacks(tonight)


def test_nobody_asks_for_what_a_charger_takes_for_itself() -> None:
    assert not log(0.5, 0.0, 0.0, 0.0, 0.002, 0.002, last=FINISHED).lacks(NIGHT + DAY)


def test_energy_after_the_last_session_is_news() -> None:
    assert log(0.5, 0.0, 0.0, 0.0, 0.5, last=FINISHED).lacks(NIGHT + DAY)
    assert log(0.5).lacks(NIGHT + DAY)


def test_a_session_that_goes_on_is_asked_for_again() -> None:
    assert log(0.5, last=RUNNING).lacks(NIGHT + DAY)
    assert log(last=RUNNING).lacks(NIGHT + DAY)


@pytest.mark.parametrize("last", [None, RUNNING, Session(START - DAY, END - DAY)])
def test_a_session_that_is_never_told_is_given_up(last: Session | None) -> None:
    """Until the charger is used again."""
    in_vain = END + PATIENCE + HOUR
    assert not log(0.5, asked_at=in_vain, last=last).lacks(in_vain + DAY)
    again = log(0.5, asked_at=in_vain, last=last).after(rows(in_vain, [0.5]))
    assert again.lacks(in_vain + DAY)


def test_the_first_time_is_always_worth_it() -> None:
    """And what a clock has noted that was ahead counts for nothing."""
    assert ChargerLog().lacks(NIGHT)
    assert ChargerLog(asked_at=NIGHT + DAY).lacks(NIGHT)
    assert not ChargerLog(asked_at=NIGHT).lacks(NIGHT + DAY)


def test_older_energy_is_no_news() -> None:
    """As history tells it, from the newest to the oldest."""
    newest = log(0.5)
    assert newest.after(rows(START, [0.5])) == newest
    assert newest.charged == END.replace(minute=0, second=0)
    assert newest.after(rows(END, [0.0])).charged == newest.charged
    assert newest.after(rows(END + QUARTER, [0.5])).charged == END + QUARTER
