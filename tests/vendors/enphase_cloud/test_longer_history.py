"""How far back there are hours, and that no day counts beside its own hours."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from custom_components.meter_hub.metering.ledger import Page
from custom_components.meter_hub.metering.model import Series
from custom_components.meter_hub.metering.vocabulary import Quantity
from tests.simulator import MovableClock
from tests.vendors.driver import Driver

from .accounts import begin
from .conftest import Open
from .houses import House
from .model import Cloud
from .steps import DAY, HOUR, alter, catch_up

HOME, SOLAR = Series("1", Quantity.HOME), Series("1", Quantity.SOLAR)
BERLIN = ZoneInfo("Europe/Berlin")
QUARTER = timedelta(minutes=15)
NOON = datetime(2026, 9, 20, 10, tzinfo=UTC)
"""An hour in which a day may stand."""


@pytest.fixture
def moving() -> MovableClock:
    return MovableClock(datetime(2026, 11, 1, 13, 22, tzinfo=UTC))


class Faulty(House):
    """Measured nothing in one hour."""

    def lacks(self, start: datetime) -> bool:
        """Tell whether an interval was not measured."""
        return NOON <= start < NOON + HOUR


def days_of(driver: Driver, series: Series) -> dict[date, tuple[int, float]]:
    """Return how many rows each day has, and its kWh, by the clock of Berlin."""
    found: dict[date, tuple[int, float]] = {}
    for row in driver.rows(series):
        day = row.start.astimezone(BERLIN).date()
        rows, energy = found.get(day, (0, 0.0))
        found[day] = rows + 1, energy + row.state
    return found


def want(driver: Driver, days: int) -> None:
    """Restart with another length of the history."""
    driver.context = replace(driver.context, options={"history_days": days})
    driver.ledger.since = driver.clock() - days * DAY
    driver.restart()


async def fetch_all(driver: Driver, cloud: Cloud) -> None:
    """Make calls until there is no history left to be asked for."""
    await driver.run(3 * DAY)
    assert driver.errors == []


def rich(open_account: Open, house: House, days: int) -> tuple[Driver, Cloud]:
    """Open an account that may call often."""
    return open_account(
        house, limit=50_000, per_minute=50, plan="kilowatt", history=days * DAY
    )


def assert_days(driver: Driver, house: House, key: str, *days: date) -> None:
    """Compare days with the truth."""
    series = HOME if key == "home" else SOLAR
    told = days_of(driver, series)
    for day in days:
        assert told[day][1] == pytest.approx(house.day_energy(key, day) / 1000), day


async def test_an_account_that_is_added_again_counts_no_day_twice(
    open_account: Open, moving: MovableClock
) -> None:
    """Its statistics are still there, with hours where days would be told now."""
    house = House("1")
    driver, _ = rich(open_account, house, 10)
    await begin(driver)
    await driver.run(5 * DAY)
    before = days_of(driver, HOME)
    hourly = [date(2026, 10, 25) + DAY * number for number in range(10)]
    assert {before[day][0] for day in hourly} <= {23, 24, 25}

    driver.ledger.pages = {series: Page() for series in driver.ledger.pages}
    driver.ledger.since = moving() - 10 * DAY
    driver.context = replace(driver.context, state={})
    driver.backend = driver.vendor.build(driver.context)
    await begin(driver)
    assert_days(driver, house, "home", *hourly, date(2026, 10, 1))
    assert_days(driver, house, "production", *hourly, date(2026, 10, 1))
    assert days_of(driver, HOME)[date(2026, 10, 1)][0] == 1


async def test_a_longer_history_has_hours_in_the_place_of_days(
    open_account: Open, moving: MovableClock
) -> None:
    """Also where an hour that stood for a day was never measured."""
    house = Faulty("1")
    driver, cloud = rich(open_account, house, 10)
    await begin(driver)
    late, early = date(2026, 9, 25), date(2026, 7, 1)
    assert days_of(driver, HOME)[late] == (1, house.day_energy("home", late) / 1000)

    want(driver, 60)
    await fetch_all(driver, cloud)
    told = days_of(driver, HOME)
    assert told[late][0] == 24
    assert told[early][0] == 1
    assert_days(driver, house, "home", late, early, date(2026, 10, 20))
    assert_days(driver, house, "production", late, early, date(2026, 10, 20))
    lost = sum(
        house.watt_hours("home", NOON + n * QUARTER, QUARTER) for n in (1, 2, 3, 4)
    )
    whole = house.day_energy("home", NOON.date())
    assert told[NOON.date()][1] == pytest.approx((whole - lost) / 1000)


async def test_what_is_chosen_after_the_sign_in_counts(
    open_account: Open,
) -> None:
    """The dialog asks for the length of the history when the systems are listed."""
    house = House("1")
    driver, cloud = rich(open_account, house, 10)
    await driver.connect()
    want(driver, 40)
    await catch_up(driver)
    await fetch_all(driver, cloud)
    told = days_of(driver, HOME)
    assert told[date(2026, 9, 25)][0] == 24
    assert told[date(2026, 9, 15)][0] == 1


async def test_a_shorter_history_leaves_no_hole(open_account: Open) -> None:
    house = House("1")
    driver, _ = rich(open_account, house, 40)
    await driver.connect()
    want(driver, 10)
    await catch_up(driver)
    told = days_of(driver, HOME)
    days = [date(2026, 9, 1) + DAY * number for number in range(60)]
    assert [day for day in days if day not in told] == []
    assert_days(driver, house, "home", *days)


async def test_a_longer_history_begins_at_once(
    open_account: Open, moving: MovableClock
) -> None:
    """What the vendor has of it was told more than a week ago, and closed then."""
    house = House("1")
    driver, _ = open_account(house)
    await begin(driver)
    await driver.run(8 * DAY)
    want(driver, 40)
    await driver.run(DAY)
    assert driver.errors == []
    early = date(2026, 10, 20)
    assert days_of(driver, HOME)[early][0] == 24
    assert_days(driver, house, "home", early)


class Late(House):
    """Began in the afternoon."""

    def day_energy(self, key: str, day: date) -> int:
        """Return the energy of a local day."""
        start = datetime(day.year, day.month, day.day, tzinfo=BERLIN).astimezone(UTC)
        ends = [start + QUARTER * (number + 1) for number in range(96)]
        return sum(
            self.watt_hours(key, end, QUARTER) for end in ends if end > self.begins
        )


@pytest.mark.parametrize("consumption", [False, True])
async def test_the_day_on_which_a_system_began_counts_once(
    consumption: bool, open_account: Open
) -> None:
    """Of a day that begins after noon there is no hour at noon."""
    began = datetime(2026, 10, 1, 12, 15, tzinfo=UTC)
    house = Late("1", begins=began, consumption=consumption)
    driver, cloud = rich(open_account, house, 10)
    await begin(driver)
    assert days_of(driver, SOLAR)[began.date()][0] == 1
    want(driver, 40)
    await fetch_all(driver, cloud)
    rows, energy = days_of(driver, SOLAR)[began.date()]
    assert rows > 3
    # The hour in which it began is not told as a whole.
    first = house.watt_hours("production", began + QUARTER, QUARTER) * 3 / 1000
    truth = house.day_energy("production", began.date()) / 1000
    assert energy == pytest.approx(truth - first, abs=0.001)


async def test_young_days_whose_hours_are_estimates_count_once(
    open_account: Open,
) -> None:
    """One of the micro-inverters is silent, so that nothing is final for days."""
    house = House("1", consumption=False)
    driver, cloud = rich(open_account, house, 0)

    def lack_one(data: dict[str, Any]) -> None:
        for row in data["intervals"]:
            row["devices_reporting"] = data["total_devices"] - 1

    alter(cloud, "telemetry", lack_one)
    await begin(driver)
    want(driver, 20)
    await driver.run(2 * DAY)
    days = [date(2026, 10, 25) + DAY * number for number in range(7)]
    assert min(days_of(driver, SOLAR)[day][0] for day in days) >= 12
    assert_days(driver, house, "production", *days)


async def test_what_the_vendor_keeps_no_hours_of_comes_as_days(
    open_account: Open, moving: MovableClock
) -> None:
    """With few calls the history grows old before it was asked for."""
    begins = datetime(2024, 6, 1, tzinfo=UTC)
    house = House("1", begins=begins, consumption=False)
    driver, _ = open_account(house, history=728 * DAY)
    await begin(driver)
    await driver.run(30 * DAY)
    assert driver.errors == []
    kept = (moving() - 728 * DAY).date()
    days = [date(2024, 10, 25) + DAY * number for number in range(60)]
    told = days_of(driver, SOLAR)
    old = [day for day in days if day < kept - 3 * DAY]
    assert len(old) > 30
    assert [day for day in old if day not in told] == []
    assert_days(driver, house, "production", *old)
    assert sum(rows > 1 for rows, _ in told.values()) > 100
