"""Never one call too many: a year of restarts, failures and other programs."""

from collections import Counter, deque
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
import random

import pytest

from custom_components.meter_hub.metering.budget import Budget
from custom_components.meter_hub.vendors.base import (
    Backend,
    RateLimited,
    Unavailable,
    UnexpectedAnswer,
    VendorError,
)
from custom_components.meter_hub.vendors.enphase_cloud.governor import tomorrow
from custom_components.meter_hub.vendors.enphase_cloud.plans import Plan, limits
from tests.simulator import MovableClock
from tests.vendors.driver import Driver

from .conftest import Open
from .houses import House
from .model import Cloud

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
PAUSE = timedelta(hours=1)
"""How long a failure of the vendor's goes on."""

OWN = {"calls_per_minute": 4, "calls_per_month": 200}

ALLOWED = {
    Plan.WATT: (10, 1_000),
    Plan.KILOWATT: (50, 50_000),
    Plan.MEGAWATT: (100, 300_000),
    Plan.PARTNER: (300, 10_000),
    Plan.OWN: (4, 200),
}
"""The calls of a minute and of a month, as they are paid for."""

type Taken = tuple[datetime, int]
"""From when on another account of the key has left but so many calls of the month."""


def assert_within_limits(cloud: Cloud) -> None:
    """Assert that no minute and no month had more calls than are allowed."""
    months = Counter(f"{at:%Y-%m}" for at, _ in cloud.calls)
    for month, number in months.items():
        assert number + cloud.others[month] <= cloud.limit, month
    assert busiest_minute(cloud) <= cloud.per_minute


def busiest_minute(cloud: Cloud) -> int:
    """Return the most calls that were made within 60 seconds."""
    recent: deque[datetime] = deque()
    most = 0
    for at, _ in cloud.calls:
        recent.append(at)
        while recent[0] <= at - MINUTE:
            recent.popleft()
        most = max(most, len(recent))
    return most


def leave(cloud: Cloud, number: int) -> None:
    """Let another account of the key have made all but so many of the month's calls."""
    now, budget = cloud.clock(), cloud.allowance.budget
    left = budget.left_this_month(now)
    assert left is not None
    more = max(left - number, 0)
    month = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    saved = budget.to_json() | {
        "month": month.isoformat(),
        "calls_this_month": budget.used_this_month(now) + more,
    }
    cloud.allowance.budget = Budget.from_json(budget.limits, saved)
    cloud.others[f"{now:%Y-%m}"] += more


class Life:
    """What happens to an account over a long time; always the same."""

    def __init__(
        self,
        driver: Driver,
        cloud: Cloud,
        *,
        sharers: int = 0,
        taken: Iterable[Taken] = (),
    ) -> None:
        """Begin to live; other programs take so many calls a day."""
        self._random = random.Random(7)  # a test that can be repeated
        self._driver, self._cloud = driver, cloud
        self._sharers = sharers
        self._taken = deque(sorted(taken))
        self._failing_until: datetime | None = None
        self.restarts = 0
        self.errors: Counter[str] = Counter()

    def fault(self, _: str) -> VendorError | None:
        """Return what goes wrong with a call, now and then."""
        now = self._driver.clock()
        if self._failing_until is None or now >= self._failing_until:
            if self._random.random() > 0.01:
                return None
            self._failing_until = now + self._random.random() * 5 * PAUSE
        kind = self._random.randrange(3)
        if kind == 0:
            return RateLimited("rate_limited", timedelta(seconds=65))
        return Unavailable("timeout") if kind == 1 else UnexpectedAnswer("bad_request")

    async def live(self, until: datetime) -> None:
        """Make all calls until then."""
        driver, cloud, clock = self._driver, self._cloud, self._driver.clock
        backend: Backend = driver.backend
        today = clock().date()
        while True:
            job = backend.plan(clock(), ())
            assert job is not None
            # Home Assistant looks more often; the plan changes with the day.
            clock.at = min(max(job.due, clock()), tomorrow(clock()))
            if clock() >= until:
                return
            if clock().date() != today:
                today = clock().date()
                cloud.spend_elsewhere(self._sharers)
            while self._taken and self._taken[0][0] <= clock():
                leave(cloud, self._taken.popleft()[1])
            if self._random.random() < 0.02:
                self.restarts += 1
                before = len(cloud.calls)
                job = backend.plan(clock(), ())
                driver.backend = backend
                driver.restart()
                backend = driver.backend
                again = backend.plan(clock(), ())
                assert again is not None
                await backend.fetch(again)
                assert len(cloud.calls) == before
                assert backend.plan(clock(), ()) == job
                assert job is not None
            if job.due > clock():
                continue
            try:
                await backend.fetch(job)
            except RateLimited as err:
                self.errors[err.reason] += 1
                clock.advance(err.retry_after)
            except VendorError as err:
                self.errors[err.reason] += 1
            clock.advance(timedelta(seconds=1))


@pytest.mark.parametrize(
    ("houses", "schedule"),
    [
        ((House("1", battery=True, charger="C1"),), "balanced"),
        (
            (
                House("1", zone="America/Los_Angeles"),
                House("2", consumption=False, zone="Australia/Sydney"),
                House("3", battery=True),
            ),
            "live_first",
        ),
    ],
)
async def test_a_year_with_a_thousand_calls_a_month(
    houses: tuple[House, ...],
    schedule: str,
    open_account: Open,
    moving: MovableClock,
) -> None:
    """Each month's calls are used, and none of them twice, whatever happens."""
    moving.at = datetime(2026, 2, 20, 11, tzinfo=UTC)
    driver, cloud = open_account(*houses, options={"schedule": schedule})
    cloud.sparse = True
    await driver.connect()
    life = Life(driver, cloud)
    cloud.faults = life.fault
    await life.live(datetime(2027, 2, 21, tzinfo=UTC))
    assert_within_limits(cloud)
    assert cloud.refused == 0
    assert life.restarts > 100
    assert life.errors["timeout"] > 20
    for month in range(3, 13):
        assert cloud.counted(f"2026-{month:02}") > 800


@pytest.mark.parametrize("per_month", [60, 300, 3000])
async def test_other_limits(
    per_month: int, open_account: Open, moving: MovableClock
) -> None:
    """What a person names as their limits is kept to, however little it is."""
    moving.at = datetime(2026, 12, 30, 11, tzinfo=UTC)
    credentials = {"calls_per_minute": 5, "calls_per_month": per_month}
    driver, cloud = open_account(
        House("1", battery=True),
        House("2"),
        limit=per_month,
        per_minute=5,
        plan="own",
        credentials=credentials,
    )
    cloud.sparse = True
    await driver.connect()
    life = Life(driver, cloud)
    await life.live(datetime(2027, 2, 2, tzinfo=UTC))
    assert_within_limits(cloud)
    assert cloud.refused == 0
    assert cloud.counted("2027-01") > per_month * 0.5


async def test_other_programs_spend_too(
    open_account: Open, moving: MovableClock
) -> None:
    """Nobody tells what others spend: after one refusal a month is left alone."""
    moving.at = datetime(2026, 12, 28, 11, tzinfo=UTC)
    driver, cloud = open_account(House("1"))
    cloud.sparse = True
    await driver.connect()
    life = Life(driver, cloud, sharers=20)
    await life.live(datetime(2027, 3, 3, tzinfo=UTC))
    assert_within_limits(cloud)
    assert cloud.counted("2027-01") + cloud.others["2027-01"] == 1000
    assert cloud.refused == 2
    assert cloud.counted("2027-03") > 20


@pytest.mark.parametrize("plan", Plan)
async def test_a_year_on_every_plan(
    plan: Plan, open_account: Open, moving: MovableClock
) -> None:
    """In a year of failures and restarts, all of each month's calls are made, and none more.

    One system can't spend the months of the larger plans. So another account of the
    key leaves but a few calls at the begin of each month but June's, and once more, in
    the middle of whatever is going on, fewer than the tokens to come, or none.
    """
    per_minute, per_month = ALLOWED[plan]
    moving.at = datetime(2026, 2, 26, 11, tzinfo=UTC)
    driver, cloud = open_account(
        House("1"), limit=per_month, per_minute=per_minute, plan=plan, credentials=OWN
    )
    assert cloud.allowance.budget.limits == limits(driver.context.credentials)
    cloud.sparse = True
    await driver.connect()
    months = [datetime(2026, month, 1, tzinfo=UTC) for month in range(3, 13)]
    months += [datetime(2027, month, 1, tzinfo=UTC) for month in (1, 2)]
    chance = random.Random(8)  # a test that can be repeated
    taken: list[Taken] = []
    for month in months:
        if month.month == 6:
            taken.append((month + 1.6 * DAY, 90))
        else:
            taken.append((month, chance.choice((60, 200, 500, 900))))
        some_time = month + chance.uniform(9, 26) * DAY
        taken.append((some_time, chance.choice((0, 20, 45))))
    life = Life(driver, cloud, taken=taken)
    cloud.faults = life.fault
    await life.live(datetime(2027, 2, 28, tzinfo=UTC))
    assert_within_limits(cloud)
    assert cloud.refused == 0
    # Fewest where a plan has but few calls.
    assert life.restarts >= len(months)
    assert life.errors["timeout"] > 10
    for month in months:
        name = f"{month:%Y-%m}"
        # What is left is for the tokens of the days to come.
        assert cloud.counted(name) + cloud.others[name] >= per_month - 31, name
        assert cloud.counted(name) >= 20, name


@pytest.mark.parametrize("plan", Plan)
async def test_many_systems_on_one_key(
    plan: Plan, open_account: Open, moving: MovableClock
) -> None:
    """Ten systems want more than the last days of a month have left, and each minute has.

    No minute has more than 60 calls, whatever a plan allows, as they keep a distance.
    """
    per_minute, per_month = ALLOWED[plan]
    moving.at = datetime(2026, 11, 25, 11, tzinfo=UTC)
    houses = [House(str(number), battery=True) for number in range(1, 11)]
    driver, cloud = open_account(
        *houses, limit=per_month, per_minute=per_minute, plan=plan, credentials=OWN
    )
    cloud.sparse = True
    leave(cloud, 1_200)
    await driver.connect()
    await Life(driver, cloud).live(datetime(2026, 12, 1, tzinfo=UTC))
    assert_within_limits(cloud)
    assert cloud.refused == 0
    assert busiest_minute(cloud) == min(per_minute, 60)
    if plan is not Plan.WATT:  # on which many systems are asked by night alone
        assert cloud.counted("2026-11") + cloud.others["2026-11"] >= per_month - 100


@pytest.mark.parametrize("plan", [Plan.KILOWATT, Plan.MEGAWATT])
async def test_the_richest_day(
    plan: Plan, open_account: Open, moving: MovableClock
) -> None:
    """At the closest rhythm one system takes much less than the larger plans allow."""
    per_minute, per_month = ALLOWED[plan]
    house = House("1", battery=True, charger="C1")
    driver, cloud = open_account(
        house, limit=per_month, per_minute=per_minute, plan=plan
    )
    cloud.sparse = True
    await driver.connect()
    await Life(driver, cloud).live(moving() + 2 * DAY)
    of_a_day = sum(at.day == 2 for at, _ in cloud.calls)
    assert 4 * 96 + 24 < of_a_day < 450
    assert 31 * of_a_day < per_month / 3
