"""What a month's calls are for, and what a day's share of them buys."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from math import inf

import pytest

from custom_components.meter_hub.vendors.enphase_cloud.governor import (
    Purse,
    Spending,
    days_left,
    tomorrow,
)
from custom_components.meter_hub.vendors.enphase_cloud.ladder import (
    Parts,
    Rhythm,
    Schedule,
    affordable,
    ladder,
)

NOON = datetime(2026, 12, 11, 12, tzinfo=UTC)
DAYLIGHT = (6 * 60, 18 * 60)

MICROS = Parts(consumption=False, battery=False, grid=False, chargers=0)
METERS = Parts(consumption=True, battery=False, grid=True, chargers=0)
ALL = Parts(consumption=True, battery=True, grid=True, chargers=1)
HIDDEN = replace(METERS, hides_battery=True)


def purse(left: int | None, spent: int = 0, *, now: datetime = NOON) -> Purse:
    """Return what there is of a thousand calls, of which some were made today."""
    day = None if left is None else left + spent
    spending = Spending(now.date(), day, spent)
    return Purse(spending, now, left, None if left is None else 1000)


def test_a_day_has_its_share_of_what_is_left() -> None:
    # With the 11th, 21 days are left, and 50 calls are planned by nobody.
    assert days_left(NOON) == 21
    assert purse(680).allowance == pytest.approx((680 - 50) / 21)
    assert purse(670, spent=10).allowance == pytest.approx((680 - 50) / 21)
    assert purse(None).allowance == inf


def test_who_shares_a_key_shares_its_calls() -> None:
    alone = purse(680)
    shared = Purse(alone.spending, alone.now, alone.left, alone.limit, shares=2)
    assert shared.allowance == alone.allowance / 2


def test_a_day_ends_where_its_share_does() -> None:
    assert purse(680).is_within_the_day
    assert purse(680 - 30, spent=30).is_within_the_day
    assert not purse(680 - 33, spent=33).is_within_the_day


def test_the_token_can_always_be_renewed() -> None:
    assert purse(22).is_within_the_month
    assert not purse(21).is_within_the_month
    assert not purse(21).is_within_the_day


def test_what_is_left_over_is_spare() -> None:
    assert purse(680, spent=0).spare(20) == pytest.approx(630 / 21 - 20)
    assert purse(660, spent=20).spare(5) == pytest.approx(630 / 21 - 20 - 5)


def test_a_new_day_begins_with_what_is_left() -> None:
    spending = Spending(date(2026, 12, 11), 680, 25, limit=1000)
    assert spending.on(NOON, 655, 1000) == spending
    for day, left in ((tomorrow(NOON), 655), (datetime(2027, 1, 1, tzinfo=UTC), 1000)):
        assert spending.on(day, left, 1000) == Spending(day.date(), left, limit=1000)


@pytest.mark.parametrize("limit", [1000, None])
def test_another_plan_begins_the_day_anew(limit: int | None) -> None:
    day = date(2026, 12, 11)
    left = None if limit is None else 690
    changed = Spending(day, 40_000, 310, limit=50_000).on(NOON, left, limit)
    assert changed == Spending(day, left, limit=limit)
    assert Purse(changed, NOON, left, limit).is_within_the_day


def test_setting_up_a_system_is_no_part_of_the_day() -> None:
    spending = Spending(NOON.date(), 680)
    assert spending.with_calls(12, planned=False) == Spending(NOON.date(), 668)
    assert spending.with_calls(2, planned=True) == Spending(NOON.date(), 680, 2)


def rhythm_of(
    calls: int, systems: int, parts: Parts, schedule: Schedule = Schedule.BALANCED
) -> tuple[Rhythm, float]:
    """Return what a month of 31 days buys each of the systems, and all of its calls."""
    each = ((calls - 50) / 31 - 1 - systems * 5 / 31) / systems
    rhythm = affordable(ladder(schedule, parts, DAYLIGHT), parts, each)
    return rhythm, (rhythm.cost(parts) * 31 + 5) * systems + 50 + 31


@pytest.mark.parametrize(
    ("calls", "systems", "parts", "schedule", "day", "night", "energy", "total"),
    [
        (1000, 1, MICROS, "balanced", 30, 0, 24, 861),
        (1000, 1, METERS, "balanced", 90, 180, 12, 954),
        (1000, 1, METERS, "live_first", 60, 90, 3, 923),
        (1000, 1, ALL, "balanced", 180, 240, 7, 923),
        (1000, 1, HIDDEN, "balanced", 180, 300, 6, 954),
        (1000, 1, ALL, "live_first", 75, 90, 2, 954),
        (1000, 3, MICROS, "balanced", 90, 0, 8, 933),
        (1000, 3, METERS, "balanced", 150, 300, 0, 995),
        (1000, 3, ALL, "balanced", 240, 360, 0, 995),
        (10_000, 1, MICROS, "balanced", 5, 0, 144, 4581),
        (10_000, 1, METERS, "balanced", 15, 15, 96, 9138),
        (10_000, 1, ALL, "balanced", 15, 15, 48, 8456),
        (10_000, 3, MICROS, "balanced", 10, 0, 72, 6885),
        (10_000, 3, METERS, "balanced", 30, 30, 24, 9396),
        (10_000, 3, ALL, "balanced", 15, 60, 10, 9024),
    ],
)
def test_what_a_month_buys(
    calls: int,
    systems: int,
    parts: Parts,
    schedule: str,
    day: int,
    night: int,
    energy: int,
    total: int,
) -> None:
    """Minutes between polls by day and by night, those for energy, and all calls."""
    rhythm, cost = rhythm_of(calls, systems, parts, Schedule(schedule))
    assert (rhythm.day, rhythm.night, rhythm.energy_polls) == (day, night, energy)
    assert cost == pytest.approx(total)
    assert cost <= calls


@pytest.mark.parametrize("parts", [MICROS, METERS, ALL])
@pytest.mark.parametrize("schedule", Schedule)
def test_more_calls_never_buy_less(parts: Parts, schedule: Schedule) -> None:
    costs = [rhythm.cost(parts) for rhythm in ladder(schedule, parts, DAYLIGHT)]
    assert costs == sorted(costs, reverse=True)
    for allowance in range(1, 500):
        rhythm = affordable(ladder(schedule, parts, DAYLIGHT), parts, allowance)
        assert rhythm.cost(parts) <= allowance


def test_polls_for_energy_are_spread_over_the_day() -> None:
    rhythm = Rhythm(60, 90, energy=3)
    chosen = [
        number for number in range(len(rhythm.polls)) if rhythm.is_for_energy(number)
    ]
    assert chosen == [0, 7, 14]
    assert timedelta(minutes=rhythm.polls[7]) == timedelta(hours=13)
