"""How many calls may be made, and when."""

from bisect import bisect_left
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
import json
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.meter_hub.metering.budget import Budget, Limits

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
SLIDE = timedelta(seconds=65)
"""What a call of a full minute is away from the first of it: they may take a different
time on their way."""


def spend(budget: Budget, *calls: datetime) -> Budget:
    """Make calls at these instants."""
    for call in calls:
        budget = budget.spent(call)
    return budget


def stored(budget: Budget) -> Budget:
    """Take a budget through a restart."""
    return Budget.from_json(budget.limits, json.loads(json.dumps(budget.to_json())))


def test_the_first_call_may_be_made_at_once() -> None:
    budget = Budget.fresh(Limits(MINUTE, per_minute=1, per_month=1))
    assert budget.earliest(NOON) == NOON
    assert budget.calls_this_month == 0


def test_calls_keep_the_pace() -> None:
    budget = Budget.fresh(Limits(MINUTE)).spent(NOON)
    assert budget.earliest(NOON + 59 * SECOND) == NOON + MINUTE
    assert budget.earliest(NOON + MINUTE) == NOON + MINUTE
    assert budget.earliest(NOON + 2 * MINUTE) == NOON + 2 * MINUTE


@pytest.mark.parametrize(
    ("limits", "outlasts"),
    [
        (Limits(SECOND), False),
        (Limits(5 * SECOND), False),
        (Limits(6 * SECOND), True),
        (Limits(SECOND, per_minute=10), True),
        (Limits(SECOND, per_month=1000), True),
    ],
)
def test_what_a_restart_can_not_be_quicker_than_need_not_be_kept(
    limits: Limits, outlasts: bool
) -> None:
    assert limits.outlast_a_restart is outlasts


def test_a_minute_slides() -> None:
    calls = (NOON, NOON + 50 * SECOND, NOON + 55 * SECOND)
    budget = spend(Budget.fresh(Limits(SECOND, per_minute=3)), *calls)
    assert budget.earliest(NOON + 56 * SECOND) == NOON + SLIDE
    budget = budget.spent(NOON + SLIDE)
    assert budget.earliest(NOON + 66 * SECOND) == NOON + 50 * SECOND + SLIDE


def test_a_full_month_ends_at_the_next_ones_first_instant_in_utc() -> None:
    limits = Limits(SECOND, per_month=2)
    budget = spend(Budget.fresh(limits), NOON, NOON + MINUTE)
    assert budget.calls_this_month == 2
    december = datetime(2026, 12, 1, tzinfo=UTC)
    assert budget.earliest(NOON + 2 * MINUTE) == december
    assert budget.earliest(december - SECOND) == december
    budget = budget.spent(december)
    assert budget.calls_this_month == 1
    assert budget.earliest(december + SECOND) == december + SECOND


def test_a_month_is_not_full_because_of_the_one_before() -> None:
    budget = spend(Budget.fresh(Limits(SECOND, per_month=2)), NOON, NOON + SECOND)
    new_year = datetime(2027, 1, 1, tzinfo=UTC)
    assert budget.earliest(new_year) == new_year


def test_the_pace_reaches_into_the_next_month() -> None:
    last = datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC)
    budget = Budget.fresh(Limits(MINUTE, per_month=1)).spent(last)
    assert budget.earliest(last) == last + MINUTE


def test_the_later_hold_wins() -> None:
    budget = Budget.fresh(Limits(SECOND)).held(NOON + 2 * MINUTE).held(NOON + MINUTE)
    assert budget.earliest(NOON) == NOON + 2 * MINUTE
    assert budget.earliest(NOON + 3 * MINUTE) == NOON + 3 * MINUTE


def test_a_hold_may_last_until_a_vendors_month_ends() -> None:
    first = datetime(2026, 12, 1, tzinfo=UTC)
    until = datetime(2027, 1, 1, tzinfo=UTC) + SECOND
    assert Budget.fresh(Limits(SECOND)).held(until).earliest(first) == until


def test_a_clock_that_was_years_ahead_blocks_nothing() -> None:
    ahead = datetime(2066, 1, 1, tzinfo=UTC)
    limits = Limits(MINUTE, per_minute=1, per_month=1)
    budget = stored(Budget.fresh(limits).spent(ahead).held(ahead + MINUTE))
    assert budget.earliest(NOON) == NOON
    budget = budget.spent(NOON)
    assert budget.calls_this_month == 1
    assert budget.calls == (NOON,)


def test_a_hold_of_a_clock_that_was_ahead_does_not_come_back() -> None:
    ahead = NOON + timedelta(days=60)
    budget = Budget.fresh(Limits(SECOND)).spent(ahead).held(ahead + MINUTE)
    budget = stored(budget.spent(NOON))
    weeks_later = NOON + timedelta(days=29)
    assert budget.earliest(weeks_later) == weeks_later
    assert budget.held(NOON + MINUTE).earliest(NOON) == NOON + MINUTE


@pytest.mark.parametrize("days", [20, 60])
def test_a_clock_that_was_ahead_does_not_lose_the_count_of_the_month(days: int) -> None:
    budget = spend(Budget.fresh(Limits(SECOND, per_month=4)), NOON, NOON + SECOND)
    budget = stored(budget.spent(NOON + timedelta(days=days)))
    assert budget.left_this_month(NOON + MINUTE) == 2
    budget = stored(spend(budget, NOON + MINUTE, NOON + 2 * MINUTE))
    december = datetime(2026, 12, 1, tzinfo=UTC)
    assert budget.earliest(NOON + 3 * MINUTE) == december
    assert budget.earliest(december) == december


def test_a_budget_that_knows_one_month_only_can_be_read() -> None:
    budget = spend(Budget.fresh(Limits(SECOND, per_month=4)), NOON)
    data = budget.to_json()
    del data["month_before"], data["calls_before"]
    assert Budget.from_json(budget.limits, data) == budget


def test_a_clock_that_steps_back_a_little_still_keeps_pace_and_count() -> None:
    december = datetime(2026, 12, 1, tzinfo=UTC)
    budget = Budget.fresh(Limits(MINUTE, per_month=2)).spent(december)
    just_before = december - 10 * SECOND
    assert budget.earliest(just_before) == december + MINUTE
    budget = budget.spent(december + MINUTE)
    assert budget.calls_this_month == 2
    assert budget.earliest(just_before) == datetime(2027, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        [],
        "text",
        {"calls": 5, "month": None, "calls_this_month": 0, "hold": None},
        {"calls": ["noon"], "month": None, "calls_this_month": 0, "hold": None},
        {"calls": [], "month": None, "calls_this_month": "many", "hold": None},
        {"calls": [], "month": None, "calls_this_month": 1, "hold": 17.5},
        {
            "calls": ["0001-01-01T00:00:00+23:00"],
            "month": None,
            "calls_this_month": 1,
            "hold": None,
        },
    ],
)
def test_what_cannot_be_read_is_a_fresh_budget(data: Any) -> None:
    limits = Limits(MINUTE)
    assert Budget.from_json(limits, data) == Budget.fresh(limits)


def test_a_stored_budget_holds_no_limits() -> None:
    narrow = spend(Budget.fresh(Limits(MINUTE, per_month=1)), NOON)
    wide = Budget.from_json(Limits(SECOND, per_month=9), narrow.to_json())
    assert wide.earliest(NOON + SECOND) == NOON + SECOND
    assert wide.calls_this_month == 1


def test_the_strictest_of_limits() -> None:
    one = Limits(SECOND, per_minute=10, per_month=None)
    other = Limits(MINUTE, per_minute=50, per_month=1000)
    strictest = Limits(MINUTE, per_minute=10, per_month=1000)
    assert Limits.strictest([one, other]) == Limits.strictest([other, one]) == strictest
    assert Limits.strictest([Limits(SECOND)]) == Limits(SECOND)


@pytest.mark.parametrize(
    ("before", "after", "is_over"),
    [(1000, 50_000, True), (1000, None, True), (1000, 1000, False), (None, 9, False)],
)
def test_a_larger_plan_ends_the_wait_for_the_month(
    before: int | None, after: int | None, is_over: bool
) -> None:
    """The vendor has said of the old one that it is used up."""
    december = datetime(2026, 12, 1, tzinfo=UTC)
    budget = spend(Budget.fresh(Limits(SECOND, per_month=before)), NOON).held(december)
    changed = budget.under(Limits(SECOND, per_month=after))
    assert changed.earliest(NOON + MINUTE) == (NOON + MINUTE if is_over else december)
    assert changed.calls_this_month == 1


limits_of_all_kinds = st.builds(
    Limits,
    st.sampled_from([timedelta(0), SECOND, timedelta(seconds=7.5), 2 * MINUTE]),
    st.none() | st.integers(1, 6),
    st.none() | st.integers(1, 12),
)
steps = st.tuples(
    st.sampled_from([0, 0, 0, 0.25, 1, 13, 61, 86_400, 9 * 86_400]),
    st.sampled_from(["none", "none", "none", "restart", "hold"]),
)


@given(limits_of_all_kinds, st.lists(steps, min_size=1, max_size=40))
def test_no_limit_is_ever_broken(
    limits: Limits, sequence: list[tuple[float, str]]
) -> None:
    now = datetime(2026, 11, 30, 23, 58, tzinfo=UTC)
    budget = Budget.fresh(limits)
    calls: list[datetime] = []
    for seconds, event in sequence:
        now += timedelta(seconds=seconds)
        held_until = now
        if event == "hold":
            held_until = now + 3 * MINUTE
            budget = budget.held(held_until)
        if event == "restart":
            assert stored(budget) == budget
            budget = stored(budget)
        earliest = budget.earliest(now)
        assert earliest >= held_until
        assert budget.earliest(earliest) == earliest
        now = earliest
        budget = budget.spent(now)
        calls.append(now)

    for before, after in pairwise(calls):
        assert after - before >= limits.pace
    if limits.per_minute is not None:
        for index, call in enumerate(calls):
            in_window = bisect_left(calls, call + MINUTE) - index
            assert in_window <= limits.per_minute
    by_month = Counter((call.year, call.month) for call in calls)
    if limits.per_month is not None:
        assert max(by_month.values()) <= limits.per_month
    assert budget.calls_this_month == by_month[now.year, now.month]


@given(limits_of_all_kinds, st.lists(st.floats(0, 200), min_size=1, max_size=20))
def test_a_call_waits_no_longer_than_a_limit_asks(
    limits: Limits, waits: list[float]
) -> None:
    budget = Budget.fresh(limits)
    now = NOON
    calls: list[datetime] = []
    for wait in waits:
        now += timedelta(seconds=wait)
        earliest = budget.earliest(now)
        if earliest > now:
            binding = {calls[-1] + limits.pace}
            if limits.per_minute is not None and len(calls) >= limits.per_minute:
                binding.add(calls[-limits.per_minute] + SLIDE)
            if len(calls) == limits.per_month:
                binding.add(datetime(2026, 12, 1, tzinfo=UTC))
            assert earliest == max(binding)
            if earliest.month != NOON.month:
                return
        now = earliest
        budget = budget.spent(now)
        calls.append(now)
    assert len(calls) == len(waits)


def test_calls_that_are_left() -> None:
    """They are counted by the month, and a new one begins without a call."""
    budget = spend(Budget.fresh(Limits(SECOND, per_month=3)), NOON, NOON + SECOND)

    assert budget.left_this_month(NOON + MINUTE) == 1
    assert budget.left_this_month(NOON + timedelta(days=32)) == 3
    assert spend(budget, NOON + MINUTE, NOON + 2 * MINUTE).left_this_month(NOON) == 0
    assert Budget.fresh(Limits(SECOND)).left_this_month(NOON) is None


@pytest.mark.parametrize(
    ("later", "matters"),
    [
        (MINUTE, True),
        (timedelta(hours=30), True),
        (timedelta(days=32), False),
        (timedelta(days=-400), False),
    ],
)
def test_calls_matter_until_the_month_is_over(later: timedelta, matters: bool) -> None:
    """Afterwards, and before a clock that was far ahead, nothing need be kept."""
    assert spend(Budget.fresh(Limits(SECOND)), NOON).matters(NOON + later) is matters


def test_what_else_matters() -> None:
    """A call just before a new month, and a hold."""
    midnight = datetime(2026, 12, 1, tzinfo=UTC)
    last = spend(Budget.fresh(Limits(SECOND)), midnight - SECOND)
    assert last.matters(midnight + SECOND)
    assert not last.matters(midnight + timedelta(days=2))

    held = Budget.fresh(Limits(SECOND)).held(NOON + MINUTE)
    assert held.matters(NOON)
    assert not held.matters(NOON + MINUTE)
    assert not Budget.fresh(Limits(SECOND)).matters(NOON)
