"""Never one call too many: a year of restarts, failures and other programs."""

from collections import Counter, deque
from datetime import UTC, datetime, timedelta
import random

import pytest

from custom_components.meter_hub.vendors.base import (
    Backend,
    RateLimited,
    Unavailable,
    UnexpectedAnswer,
    VendorError,
)
from tests.simulator import MovableClock
from tests.vendors.driver import Driver

from .conftest import Open
from .houses import House
from .model import Cloud

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
PAUSE = timedelta(hours=1)
"""How long a failure of the vendor's goes on."""


def assert_within_limits(cloud: Cloud) -> None:
    """Assert that no minute and no month had more calls than are allowed."""
    months = Counter(f"{at:%Y-%m}" for at, _ in cloud.calls)
    for month, number in months.items():
        assert number + cloud.others[month] <= cloud.limit, month
    recent: deque[datetime] = deque()
    for at, _ in cloud.calls:
        recent.append(at)
        while recent[0] <= at - MINUTE:
            recent.popleft()
        assert len(recent) <= cloud.per_minute, at


class Life:
    """What happens to an account over a long time; always the same."""

    def __init__(self, driver: Driver, cloud: Cloud, *, sharers: int = 0) -> None:
        """Begin to live; other programs take so many calls a day."""
        self._random = random.Random(7)  # a test that can be repeated
        self._driver, self._cloud = driver, cloud
        self._sharers = sharers
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
            clock.at = max(job.due, clock())
            if clock() >= until:
                return
            if clock().date() != today:
                today = clock().date()
                cloud.spend_elsewhere(self._sharers)
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
