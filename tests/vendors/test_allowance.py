"""Calls that several tasks share."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from custom_components.meter_hub.metering.budget import Budget, Limits
from custom_components.meter_hub.vendors.allowance import Allowance

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


class Disk:
    """A store that takes its time, and may be full."""

    def __init__(self) -> None:
        """Start with nothing saved."""
        self.saved: list[Budget] = []
        self.full = False

    async def save(self, budget: Budget) -> None:
        """Save after other tasks had their turn."""
        await asyncio.sleep(0)
        if self.full:
            raise OSError("no space left")
        self.saved.append(budget)


class Clock:
    """A clock that stands still."""

    def __init__(self) -> None:
        """Start at noon."""
        self.now = NOON

    def __call__(self) -> datetime:
        """Tell the time."""
        return self.now


def make(limits: Limits) -> tuple[Allowance, Disk, Clock]:
    """Return an unspent allowance with its disk and clock."""
    disk, clock = Disk(), Clock()
    return Allowance(Budget.fresh(limits), clock, disk.save), disk, clock


async def test_tasks_that_spend_at_once_share_one_limit() -> None:
    allowance, disk, _ = make(Limits(timedelta(0), per_minute=3))
    answers = await asyncio.gather(*(allowance.spend() for _ in range(10)))
    assert answers.count(None) == 3
    assert answers.count(NOON + timedelta(seconds=65)) == 7
    assert [budget.calls_this_month for budget in disk.saved] == [1, 2, 3]


async def test_tasks_that_spend_at_once_keep_the_pace() -> None:
    allowance, _, clock = make(Limits(5 * SECOND))
    answers = await asyncio.gather(allowance.spend(), allowance.spend())
    assert list(answers) == [None, NOON + 5 * SECOND]
    clock.now += 5 * SECOND
    answers = await asyncio.gather(allowance.spend(), allowance.spend())
    assert list(answers) == [None, NOON + 10 * SECOND]


async def test_a_call_is_saved_before_it_may_be_made() -> None:
    allowance, disk, _ = make(Limits(60 * SECOND))
    assert await allowance.spend() is None
    assert disk.saved == [allowance.budget]
    assert disk.saved[0].calls == (NOON,)


async def test_a_call_that_a_restart_outlasts_costs_no_writing() -> None:
    allowance, disk, _ = make(Limits(SECOND))
    assert await allowance.spend() is None
    assert allowance.budget.calls == (NOON,)
    assert await allowance.spend() == NOON + SECOND
    assert disk.saved == []


async def test_a_refused_call_is_not_counted() -> None:
    allowance, disk, _ = make(Limits(60 * SECOND))
    await allowance.spend()
    assert await allowance.spend() == NOON + 60 * SECOND
    assert allowance.budget.calls_this_month == 1
    assert len(disk.saved) == 1


async def test_a_call_that_cannot_be_saved_is_not_made() -> None:
    allowance, disk, clock = make(Limits(60 * SECOND))
    disk.full = True
    with pytest.raises(OSError, match="no space left"):
        await allowance.spend()
    disk.full = False
    clock.now += 60 * SECOND
    assert await allowance.spend() is None


async def test_a_restart_after_the_save_knows_the_call() -> None:
    allowance, disk, clock = make(Limits(60 * SECOND))
    await allowance.spend()
    clock.now += SECOND
    restarted = Allowance(disk.saved[-1], clock, disk.save)
    assert await restarted.spend() == NOON + 60 * SECOND


async def test_what_the_vendor_holds_is_held_and_saved() -> None:
    allowance, disk, clock = make(Limits(SECOND))
    await allowance.hold(NOON + 120 * SECOND)
    assert disk.saved[-1].hold == NOON + 120 * SECOND
    assert allowance.earliest(NOON) == NOON + 120 * SECOND
    assert await allowance.spend() == NOON + 120 * SECOND
    clock.now += 120 * SECOND
    assert await allowance.spend() is None


async def test_a_call_that_need_not_heed_the_hold_is_counted() -> None:
    allowance, _, clock = make(Limits(SECOND, per_month=1))
    await allowance.hold(NOON + 120 * SECOND)
    assert await allowance.spend(heed_hold=False) is None
    assert allowance.budget.calls_this_month == 1
    clock.now += SECOND
    assert await allowance.spend(heed_hold=False) == datetime(2026, 12, 1, tzinfo=UTC)


async def test_other_limits_count_the_calls_that_were_made() -> None:
    allowance, disk, clock = make(Limits(SECOND, per_minute=10, per_month=4))
    for _ in range(4):
        assert await allowance.spend() is None
        clock.now += SECOND
    december = datetime(2026, 12, 1, tzinfo=UTC)
    assert await allowance.spend() == december

    allowance.follow(Limits(SECOND, per_minute=5, per_month=100), shares=2)
    assert allowance.shares == 2
    assert await allowance.spend() is None
    assert await allowance.spend() == NOON + 65 * SECOND
    assert disk.saved[-1].calls_this_month == 5

    allowance.follow(Limits(SECOND, per_minute=5, per_month=4), shares=1)
    assert (allowance.shares, await allowance.spend()) == (1, december)
