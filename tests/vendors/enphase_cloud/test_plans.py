"""What the plans allow, and that no call is ever made beyond it."""

import asyncio
from bisect import bisect_right
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.meter_hub.metering.budget import Budget, Limits
from custom_components.meter_hub.vendors import endpoints
from custom_components.meter_hub.vendors.allowance import Allowance
from custom_components.meter_hub.vendors.enphase_cloud.plans import (
    Plan,
    lacks_limits,
    limits,
)
from tests.simulator import MovableClock

from .conftest import Open
from .houses import House

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("credentials", "per_minute", "per_month"),
    [
        ({"plan": "watt"}, 10, 1_000),
        ({"plan": "kilowatt"}, 50, 50_000),
        ({"plan": "megawatt"}, 100, 300_000),
        # It allows more, but that costs money.
        ({"plan": "partner"}, 300, 10_000),
        ({"plan": "own", "calls_per_minute": 5, "calls_per_month": 70.0}, 5, 70),
        # What is not known to be allowed is not done.
        ({}, 10, 1_000),
        ({"plan": "gigawatt"}, 10, 1_000),
        ({"plan": "own"}, 10, 1_000),
        ({"plan": "own", "calls_per_minute": 5, "calls_per_month": 0}, 10, 1_000),
        # Numbers that were typed before another plan was picked.
        ({"plan": "watt", "calls_per_minute": 99, "calls_per_month": 9_999}, 10, 1_000),
    ],
)
def test_the_plan_decides(
    credentials: dict[str, Any], per_minute: int, per_month: int
) -> None:
    assert limits(credentials) == Limits(endpoints.ENPHASE.pace, per_minute, per_month)


def test_own_limits_are_needed_where_they_are_one_s_own() -> None:
    assert lacks_limits({"plan": "own", "calls_per_minute": 5})
    assert lacks_limits({"plan": "own", "calls_per_minute": 0.5, "calls_per_month": 9})
    own = {"plan": "own", "calls_per_minute": 5, "calls_per_month": 9}
    assert not lacks_limits(own)
    assert not lacks_limits({"plan": "watt"})


class Key:
    """An API key, whose calls are noted as the vendor sees them: each after a delay."""

    def __init__(self, plan: Plan, spent: int) -> None:
        """Begin on a plan, with so many calls made in the month."""
        self.now = datetime(2026, 11, 30, 23, 40, tzinfo=UTC)
        self.plan = plan
        self.saved: dict[str, Any] = {
            "calls": [],
            "month": "2026-11-01T00:00:00+00:00",
            "calls_this_month": spent,
            "hold": None,
        }
        self.by_month = Counter({11: spent})
        self.sent: list[datetime] = []
        self.seen: list[datetime] = []
        self.restart()

    @property
    def limits(self) -> Limits:
        """What the plan allows; these are the limits of somebody with two own ones."""
        own = {"calls_per_minute": 3, "calls_per_month": 40}
        return limits({"plan": self.plan, **own})

    def restart(self) -> None:
        """Go on with what was saved last."""
        budget = Budget.from_json(self.limits, self.saved)
        self.allowance = Allowance(budget, lambda: self.now, self._save)

    def change(self, plan: Plan) -> None:
        """Have the person change the plan."""
        self.plan = plan
        self.allowance.follow(self.limits, 1)

    async def _save(self, budget: Budget) -> None:
        self.saved = budget.to_json()

    async def call(self, delay: timedelta) -> None:
        """Make a call as soon as it is allowed within the hour."""
        if (earliest := self.allowance.earliest(self.now)) > self.now + 60 * MINUTE:
            return
        self.now = max(self.now, earliest)
        assert await self.allowance.spend() is None
        assert self.saved == self.allowance.budget.to_json()
        self.sent.append(self.now)
        self.seen = sorted([*self.seen, self.now + delay])
        self.by_month[self.now.month] += 1

    def check(self) -> None:
        """Judge the last call as the vendor does."""
        per_minute, per_month = self.limits.per_minute, self.limits.per_month
        assert per_minute is not None
        assert per_month is not None
        if not self.sent:
            return
        assert self.by_month[self.sent[-1].month] <= per_month
        for index, seen in enumerate(self.seen):
            assert bisect_right(self.seen, seen + MINUTE) - index <= per_minute


steps = st.tuples(
    st.sampled_from([0, 0, 0, 1, 30, 70, 600]),
    st.integers(1, 12),
    st.sampled_from(["none", "none", "restart"]),
    st.floats(0, 4.9),
)


@pytest.mark.parametrize("plan", Plan)
@settings(deadline=None, max_examples=40)
@given(left=st.integers(0, 60), sequence=st.lists(steps, min_size=5, max_size=30))
def test_no_call_is_made_beyond_a_plan(
    plan: Plan, left: int, sequence: list[tuple[int, int, str, float]]
) -> None:
    """In bursts, over restarts and the end of a month, however long a call takes."""
    per_month = Key(plan, 0).limits.per_month
    assert per_month is not None
    key = Key(plan, max(0, per_month - left))

    async def live() -> None:
        for wait, calls, event, delay in sequence:
            key.now += wait * SECOND
            if event == "restart":
                key.restart()
            for _ in range(calls):
                await key.call(delay * SECOND)
            key.check()

    asyncio.run(live())


changes = st.lists(
    st.tuples(st.sampled_from([0, 5, 70, 600]), st.sampled_from(Plan)),
    min_size=2,
    max_size=8,
)


@settings(deadline=None, max_examples=40)
@given(sequence=changes, calls=st.integers(1, 60))
def test_a_changed_plan_counts_what_was_called_before(
    sequence: list[tuple[int, Plan]], calls: int
) -> None:
    key = Key(Plan.WATT, 990)

    async def live() -> None:
        for wait, plan in sequence:
            key.now += wait * SECOND
            key.change(plan)
            before = len(key.sent)
            for _ in range(calls):
                await key.call(timedelta(0))
            made = key.sent[before:]
            per_minute, per_month = key.limits.per_minute, key.limits.per_month
            assert per_minute is not None
            assert per_month is not None
            for call in made:
                recent = [at for at in key.sent if call - MINUTE <= at <= call]
                assert len(recent) <= per_minute
            if made:
                assert key.by_month[made[-1].month] <= per_month

    asyncio.run(live())


@pytest.mark.parametrize(("plan", "most"), [("watt", 30), ("megawatt", 500)])
async def test_another_plan_is_kept_to_from_the_hour_on_that_it_is_chosen(
    open_account: Open, moving: MovableClock, plan: str, most: int
) -> None:
    """What the former one left for the day is not what this one has."""
    driver, cloud = open_account(
        House("1", battery=True), limit=50_000, per_minute=50, plan="kilowatt"
    )
    await driver.connect()
    await driver.run(datetime(2026, 12, 2, 6, 5, tzinfo=UTC) - moving())
    before = len(cloud.calls)

    driver.context.allowance.follow(limits({"plan": plan}), 1)
    driver.restart()
    await driver.run(datetime(2026, 12, 3, tzinfo=UTC) - moving())

    assert most / 4 < len(cloud.calls) - before <= most
