"""When the polls and the nights are, and what is learned for them."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from custom_components.meter_hub.vendors.enphase_cloud.ladder import Rhythm
from custom_components.meter_hub.vendors.enphase_cloud.schedule import (
    Light,
    Nights,
    Phases,
    Slot,
    longest_wait,
    next_slot,
    slots,
)

BERLIN = ZoneInfo("Europe/Berlin")
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
RHYTHM = Rhythm(90, 180)


def here(day: int, hour: int, minute: int = 0) -> datetime:
    """Return an instant of December by the clock in Berlin."""
    return datetime(2026, 12, day, hour, minute, tzinfo=BERLIN).astimezone(UTC)


def test_polls_are_closer_by_day_than_by_night() -> None:
    of_day = [slot.at for slot in slots(RHYTHM, BERLIN, here(10, 12))]
    times = [at.astimezone(BERLIN).strftime("%H:%M") for at in of_day[12:24]]
    assert times[:8] == [
        *("06:00", "07:30", "09:00", "10:30", "12:00", "13:30", "15:00", "16:30"),
    ]
    assert times[8:] == ["19:15", "22:00", "00:30", "03:15"]
    assert longest_wait(RHYTHM) == timedelta(minutes=165)


@pytest.mark.parametrize("change", [date(2026, 3, 29), date(2026, 10, 25)])
def test_a_day_in_which_clocks_are_changed(change: date) -> None:
    noon = datetime.combine(change, time(12), BERLIN).astimezone(UTC)
    every = [slot.at for slot in slots(Rhythm(15, 15), BERLIN, noon)]
    assert {after - at for at, after in pairwise(every)} == {15 * MINUTE}
    mornings = [at for at in every if at.astimezone(BERLIN).time() == time(6)]
    assert [at.astimezone(BERLIN).date() - change for at in mornings] == [
        timedelta(days) for days in (-1, 0, 1)
    ]


def test_a_slot_is_served_once() -> None:
    now = here(10, 7, 37)
    slot = next_slot(RHYTHM, BERLIN, 7, here(10, 6), now)
    assert slot == Slot(here(10, 7, 30), energy=True)
    later = next_slot(RHYTHM, BERLIN, 7, here(10, 7, 30), now)
    assert later == Slot(here(10, 9), energy=True)
    # A phase that comes later does not serve it again.
    assert next_slot(RHYTHM, BERLIN, 13, here(10, 7, 30), now) == later


def test_of_the_slots_that_were_missed_only_the_last_is_made_up_for() -> None:
    now = here(10, 17)
    slot = next_slot(RHYTHM, BERLIN, 7, here(9, 12), now)
    assert slot == Slot(here(10, 16, 30), energy=True)


def test_a_slot_of_the_future_was_served_by_a_wrong_clock() -> None:
    slot = next_slot(RHYTHM, BERLIN, 7, here(30, 12), here(10, 12, 30))
    assert slot == Slot(here(10, 12), energy=True)


def polled(phases: Phases, at: datetime, delay: timedelta) -> Phases:
    """Return what is known after a poll of data that comes so late."""
    now = at + MINUTE * phases.now(at)
    newest = at
    while newest + delay > now:
        newest -= 15 * MINUTE
    return phases.after(Slot(at, energy=True), now, newest)


@pytest.mark.parametrize(
    ("delay", "phase"), [(3, 4), (7, 7), (9, 10), (12, 13), (15, 4), (22, 7)]
)
def test_polls_come_soon_after_the_data(delay: int, phase: int) -> None:
    phases, at = Phases(), here(10, 6)
    for number in range(6):
        phases = polled(phases, at + number * HOUR, delay * MINUTE)
    assert phases.now(at + 6 * HOUR) == phase


def test_a_gateway_that_reports_later_from_now_on() -> None:
    phases, at = Phases(), here(1, 6)
    for number in range(6):
        phases = polled(phases, at + number * HOUR, 3 * MINUTE)
    assert phases.now(at + 6 * HOUR) == 4
    for number in range(6, 20):
        phases = polled(phases, at + number * HOUR, 9 * MINUTE)
    assert phases.now(at + 20 * HOUR) == 10


def test_a_poll_that_is_late_tells_nothing_of_its_phase() -> None:
    slot, newest = Slot(here(10, 6), energy=True), here(10, 6)
    assert Phases().after(slot, here(10, 6, 20), newest) == Phases()
    assert Phases().after(slot, here(10, 6, 7), here(10, 2)) == Phases()


def test_polls_of_production_follow_the_sun() -> None:
    light = Light()
    assert light.expected(date(2026, 12, 10)) == (6 * 60, 18 * 60)
    for day in range(3, 10):
        rows = [(here(day, 8, day), here(day, 8, day + 5))]
        rows.append((here(day, 16, 10), here(day, 16, 15 + day)))
        light = light.seen(rows, BERLIN)
    morning, evening = light.expected(date(2026, 12, 10))
    assert morning <= 8 * 60 + 3
    assert morning >= 7 * 60 + 30
    # The hour of the last light is read in the evening, and not much more.
    assert 17 * 60 + 13 < evening <= 17 * 60 + 30
    # A week of snow, and nobody knows.
    assert light.expected(date(2026, 12, 20)) == (6 * 60, 18 * 60)


def test_nights_are_read_once_each() -> None:
    assert Nights().due(here(10, 15), BERLIN, 1, 0) == here(10, 15)
    nights = Nights(done=date(2026, 12, 10))
    assert nights.due(here(10, 15), BERLIN, 1, 0) == here(11, 0, 52)
    assert nights.due(here(13, 15), BERLIN, 1, 0) == here(11, 0, 52)
    ahead = Nights(done=date(2026, 12, 30))
    assert ahead.due(here(10, 15), BERLIN, 1, 0) == here(10, 15)


def test_few_nights_take_turns() -> None:
    nights = Nights(done=date(2026, 12, 10))
    dues = {nights.due(here(10, 15), BERLIN, 3, number) for number in range(3)}
    assert dues == {here(11, 0, 52), here(12, 0, 52), here(13, 0, 52)}


def test_a_system_that_reports_late_is_read_in_the_morning() -> None:
    nights = Nights(done=date(2026, 12, 9), late=date(2026, 12, 10))
    assert nights.due(here(10, 1), BERLIN, 1, 0) == here(10, 6, 10)
    # After two weeks it is tried again.
    later = Nights(done=date(2026, 12, 24), late=date(2026, 12, 10))
    assert later.due(here(24, 12), BERLIN, 1, 0) == here(25, 0, 52)
