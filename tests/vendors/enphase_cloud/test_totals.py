"""What was ever counted, and today: exact, and never falling."""

from datetime import UTC, date, timedelta
import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from custom_components.meter_hub.metering.vocabulary import Quantity
from custom_components.meter_hub.vendors.enphase_cloud.lifetimes import midnight
from custom_components.meter_hub.vendors.enphase_cloud.telemetry import Register
from custom_components.meter_hub.vendors.enphase_cloud.totals import Totals

from .answers import HOUR, QUARTER, at, rows

SOLAR = Quantity.SOLAR
ZONE = ZoneInfo("Europe/Warsaw")
TODAY = date(2026, 6, 10)
DAY = timedelta(days=1)
START = midnight(TODAY, ZONE)

LIFETIME = {
    TODAY - 4 * DAY: 10.0,
    TODAY - 3 * DAY: 20.0,
    TODAY - 2 * DAY: 30.0,
    TODAY - DAY: 5.0,
}


def total(totals: Totals) -> float | None:
    """Return the total in kWh."""
    known = totals.total(SOLAR)
    return known.energy if known else None


def today(totals: Totals, day: date = TODAY) -> float | None:
    """Return the kWh of a local day."""
    known = totals.today(SOLAR, day, ZONE)
    return known.energy if known else None


def anchored() -> Totals:
    """Return totals that know 60 kWh of closed days, 8 of yesterday and 2 of today."""
    return (
        Totals()
        .with_lifetime(SOLAR, LIFETIME, ZONE, TODAY)
        .with_rows(SOLAR, rows(START - DAY, [1.0] * 8), ZONE)
        .with_rows(SOLAR, rows(START, [0.5] * 4), ZONE)
    )


def test_nothing_is_known_at_first() -> None:
    assert total(Totals()) is None
    assert today(Totals()) is None
    only_rows = Totals().with_rows(SOLAR, rows(START, [0.5]), ZONE)
    assert total(only_rows) is None
    assert today(only_rows) == 0.5
    assert today(only_rows, TODAY - DAY) is None


def test_the_total_is_closed_days_and_the_energy_since() -> None:
    totals = anchored()
    known = totals.total(SOLAR)
    assert known is not None
    assert known.energy == 70
    assert known.at == START + HOUR
    assert total(totals.with_rows(SOLAR, (), ZONE)) == 70


def test_yesterday_is_not_closed() -> None:
    totals = Totals().with_lifetime(SOLAR, LIFETIME, ZONE, TODAY)
    assert total(totals) == 60
    later = totals.with_lifetime(SOLAR, LIFETIME, ZONE, TODAY + DAY)
    assert total(later) == 65


def test_days_that_are_not_closed_or_older_than_known_change_nothing() -> None:
    young = {TODAY - DAY: 5.0, TODAY: 1.0}
    assert total(Totals().with_lifetime(SOLAR, young, ZONE, TODAY)) is None
    old = {TODAY - 4 * DAY: 500.0}
    assert total(anchored().with_lifetime(SOLAR, old, ZONE, TODAY)) == 70


def test_a_day_at_the_end_that_is_zero_may_be_told_by_intervals() -> None:
    told = LIFETIME | {TODAY - 2 * DAY: 0.0}
    totals = Totals().with_lifetime(SOLAR, told, ZONE, TODAY)
    totals = totals.with_rows(SOLAR, rows(START - 2 * DAY, [7.0]), ZONE)
    assert total(totals) == 37


def test_a_battery_that_was_never_used_has_counted_nothing() -> None:
    told = dict.fromkeys(LIFETIME, 0.0)
    assert total(Totals().with_lifetime(SOLAR, told, ZONE, TODAY)) == 0


def test_today_begins_at_local_midnight() -> None:
    before = rows(START - HOUR, [1.0] * 4)
    totals = anchored().with_rows(SOLAR, before, ZONE)
    known = totals.today(SOLAR, TODAY, ZONE)
    assert known is not None
    assert (known.energy, known.since, known.at) == (2, START, START + HOUR)


def test_today_begins_at_local_midnight_where_that_is_no_full_hour() -> None:
    zone = ZoneInfo("Australia/Adelaide")
    start = midnight(TODAY, zone)
    assert start.minute == 30
    totals = Totals().with_rows(SOLAR, rows(start - 2 * QUARTER, [1.0] * 6), zone)
    known = totals.today(SOLAR, TODAY, zone)
    assert known is not None
    assert (known.energy, known.since) == (4, start)


def test_a_zero_before_sunrise_is_known() -> None:
    (dark,) = rows(START, [0.0], step=3 * HOUR)
    assert today(Totals().with_rows(SOLAR, (dark,), ZONE)) == 0


def test_case_07_what_is_read_again_replaces() -> None:
    totals = anchored()
    again = totals.with_rows(SOLAR, rows(START, [0.75] * 4), ZONE)
    assert today(again) == 3
    assert total(again) == 71
    assert total(again.with_rows(SOLAR, rows(START, [0.75] * 4), ZONE)) == 71


def test_a_part_of_a_day_replaces_that_part_only() -> None:
    totals = anchored().with_rows(SOLAR, rows(START + HOUR, [0.25] * 4), ZONE)
    assert today(totals) == 3
    totals = totals.with_rows(SOLAR, rows(START + HOUR, [0.5] * 4), ZONE)
    assert today(totals) == 4
    assert total(totals) == 72


def test_unknown_energy_leaves_what_was_known() -> None:
    totals = anchored().with_rows(SOLAR, rows(START, [None] * 4), ZONE)
    assert today(totals) == 2


def test_the_total_never_falls() -> None:
    totals = anchored().with_rows(SOLAR, rows(START, [0.1] * 4), ZONE)
    assert today(totals) == 0.4
    assert total(totals) == 70
    risen = totals.with_rows(SOLAR, rows(START + HOUR, [0.5] * 4), ZONE)
    assert total(risen) == pytest.approx(70.4)


def test_a_day_of_25_hours_is_counted_whole() -> None:
    day = date(2026, 10, 25)
    start = midnight(day, ZONE)
    totals = Totals().with_rows(SOLAR, rows(start, [0.01] * 96), ZONE)
    for _ in range(2):
        last = rows(start + 24 * HOUR, [0.01] * 4)
        totals = totals.with_rows(SOLAR, last, ZONE)
        assert today(totals, day) == pytest.approx(1)
    assert today(totals, day + DAY) is None


def test_a_register_is_preferred_and_stays() -> None:
    register = Register(1000.0, START + 2 * QUARTER)
    totals = anchored().with_register(SOLAR, register)
    assert total(totals) == 1000
    totals = totals.with_rows(SOLAR, rows(START, [0.5] * 4), ZONE)
    assert total(totals) == 1001
    assert today(totals) == 2
    totals = totals.with_lifetime(SOLAR, LIFETIME, ZONE, TODAY + DAY)
    assert total(totals) == 1001


def test_a_later_register_replaces_what_was_added_up() -> None:
    totals = Totals().with_register(SOLAR, Register(1000.0, START + QUARTER))
    totals = totals.with_rows(SOLAR, rows(START, [0.5] * 8), ZONE)
    assert total(totals) == 1003.5
    later = totals.with_register(SOLAR, Register(1003.6, START + 7 * QUARTER))
    later = later.with_rows(SOLAR, rows(START, [0.5] * 8), ZONE)
    assert total(later) == pytest.approx(1004.1)
    assert today(later) == 4
    older = later.with_register(SOLAR, Register(1.0, START))
    assert total(older) == total(later)


def test_an_anchor_that_counts_from_elsewhere_goes_on_from_the_total() -> None:
    totals = anchored().with_register(SOLAR, Register(3.0, START + HOUR))
    assert total(totals) == 70
    totals = totals.with_rows(SOLAR, rows(START + HOUR, [0.5] * 4), ZONE)
    assert total(totals) == 72
    later = totals.with_register(SOLAR, Register(5.5, START + 2 * HOUR))
    assert total(later) == 72.5


def test_days_that_were_corrected_a_little_are_caught_up_with() -> None:
    corrected = LIFETIME | {TODAY - DAY: 7.5}
    totals = anchored().with_lifetime(SOLAR, corrected, ZONE, TODAY + DAY)
    assert total(totals) == 70
    totals = totals.with_rows(SOLAR, rows(START, [0.75] * 4), ZONE)
    assert total(totals) == 70.5


def test_old_energy_is_kept_in_the_anchor_and_not_by_hours() -> None:
    totals = anchored()
    for number in range(1, 30):
        day = rows(midnight(TODAY + number * DAY, ZONE), [0.1] * 96)
        totals = totals.with_rows(SOLAR, day, ZONE)
    assert total(totals) == pytest.approx(70 + 29 * 9.6)
    assert len(totals.counts[SOLAR].hours) <= 24 * 9
    again = totals.with_rows(SOLAR, rows(START, [100.0] * 4), ZONE)
    assert total(again) == total(totals)


def test_what_is_stored_is_what_is_read() -> None:
    totals = anchored().with_register(SOLAR, Register(1000.5, START + QUARTER))
    totals = totals.with_rows(Quantity.HOME, rows(START, [0.1] * 3), ZONE)
    stored = json.loads(json.dumps(totals.to_json()))
    assert Totals.from_json(stored) == totals
    assert Totals.from_json({}) == Totals()


@pytest.mark.parametrize(
    "garbage",
    [
        None,
        [],
        "x",
        {"solar": None},
        {"solar": {}},
        {"no_such": {"anchor": None, "hours": [], "until": None, "published": None}},
        {"solar": {"anchor": "x", "hours": [], "until": None, "published": None}},
        {"solar": {"anchor": None, "hours": [1], "until": None, "published": None}},
        {"solar": {"anchor": None, "hours": [], "until": "x", "published": None}},
        {"solar": {"anchor": None, "hours": [], "until": 1e40, "published": None}},
    ],
)
def test_what_cannot_be_read_is_forgotten(garbage: Any) -> None:
    assert Totals.from_json(garbage) == Totals()


def test_one_broken_quantity_does_not_take_the_others_along() -> None:
    stored = anchored().to_json() | {"home": {"hours": 5}}
    assert Totals.from_json(stored) == anchored()


def test_instants_are_in_utc() -> None:
    known = anchored().today(SOLAR, TODAY, ZONE)
    assert known is not None
    assert known.since.tzinfo is UTC
    assert known.since == at("2026-06-09T22:00")


def test_a_sum_that_was_low_for_once_shifts_nothing_for_good() -> None:
    """The vendor had not added up all of a late day when it was asked again."""
    later = TODAY + 3 * DAY
    days = LIFETIME | {TODAY: 10.0, TODAY + DAY: 10.0}
    totals = Totals().with_lifetime(SOLAR, LIFETIME, ZONE, TODAY)
    for start, quarters in ((START - DAY, 10), (START, 20), (START + DAY, 20)):
        totals = totals.with_rows(SOLAR, rows(start, [0.5] * quarters), ZONE)
    assert total(totals) == 85
    low = totals.with_lifetime(SOLAR, days | {TODAY + DAY: 3.0}, ZONE, later)
    assert total(low) == 85
    full = low.with_lifetime(SOLAR, days, ZONE, later + DAY)
    assert total(full) == 85
    more = full.with_rows(SOLAR, rows(START + 2 * DAY, [1.0]), ZONE)
    assert total(more) == 86
