"""Old hours: what is left of a month's calls goes to them, the newest first."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from custom_components.meter_hub.metering.model import Series
from custom_components.meter_hub.metering.vocabulary import Quantity
from custom_components.meter_hub.vendors.enphase_cloud.jobs import CloudJob, Purpose
from tests.simulator import MovableClock
from tests.vendors.driver import Driver

from .conftest import Open
from .houses import House

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def asked_for_history(driver: Driver) -> list[tuple[str, datetime]]:
    """Return the calls for old hours that were made, in turn."""
    return [
        (job.ask.name, job.start)
        for job, _ in driver.updates
        if isinstance(job, CloudJob) and job.purpose is Purpose.HISTORY and job.start
    ]


def missing(driver: Driver, series: Series, since: datetime) -> int:
    """Return how many hours there are no rows of."""
    rows = sum(row.start >= since for row in driver.rows(series))
    return int((driver.clock() - since) / HOUR) - rows


async def test_calls_that_a_month_has_left_bring_history(
    open_account: Open, moving: MovableClock
) -> None:
    """Who begins late in a month has weeks of history within hours."""
    moving.at = datetime(2026, 12, 20, 9, tzinfo=UTC)
    driver, cloud = open_account(House("1"), history=60 * DAY)
    await driver.connect()
    await driver.run(DAY)
    since = datetime(2026, 10, 21, 22, tzinfo=UTC)
    for quantity in (Quantity.SOLAR, Quantity.HOME, Quantity.GRID_IMPORT):
        assert missing(driver, Series("1", quantity), since) <= 4
    asked = asked_for_history(driver)
    assert len(asked) == len(set(asked)) == 4 * 8
    starts = [start for _, start in asked]
    assert starts == sorted(starts, reverse=True)
    assert len(cloud.calls) < 120


async def test_a_full_month_has_few_calls_for_history(
    open_account: Open, moving: MovableClock
) -> None:
    """The polls go on at their rhythm, and each day brings a week of a series."""
    moving.at = datetime(2026, 12, 1, 9, tzinfo=UTC)
    driver, cloud = open_account(
        House("1", battery=True, charger="C"), history=60 * DAY
    )
    await driver.connect()
    await driver.run(8 * DAY)
    asked = asked_for_history(driver)
    assert 12 <= len(asked) == len(set(asked)) <= 30
    polls = [job for job, _ in driver.updates if job.live]
    assert len(polls) >= 8 * 21
    # All of the first day is used, and a part of the ninth.
    assert len(cloud.calls) < 9 * 31


async def test_two_weeks_without_home_assistant(
    open_account: Open, moving: MovableClock
) -> None:
    """What was missed is read, totals are those of the vendor, and none is lower."""
    driver, _ = open_account(House("1"), limit=50_000, per_minute=50, plan="kilowatt")
    await driver.connect()
    await driver.run(3 * HOUR)
    before = driver.readings[Series("1", Quantity.SOLAR)].value
    moving.advance(14 * DAY)
    driver.restart()
    await driver.run(DAY)
    house = House("1")
    since = datetime(2026, 11, 20, 23, tzinfo=UTC)
    for quantity in (Quantity.SOLAR, Quantity.HOME, Quantity.GRID_EXPORT):
        assert missing(driver, Series("1", quantity), since) <= 1
    total = driver.readings[Series("1", Quantity.SOLAR)]
    assert total.measured_at is not None
    quarter, end = timedelta(minutes=15), datetime(2025, 12, 31, 23, tzinfo=UTC)
    ever = 0
    while end < total.measured_at:
        end += quarter
        ever += house.watt_hours("production", end, quarter)
    assert isinstance(total.value, float)
    assert isinstance(before, float)
    assert total.value > before
    assert abs(total.value - ever / 1000) < 0.01


@pytest.mark.parametrize(
    ("zone", "starts_at_half_past"),
    [("Asia/Kolkata", True), ("Australia/Adelaide", True), ("Asia/Tokyo", False)],
)
async def test_a_charger_wherever_it_is(
    zone: str, starts_at_half_past: bool, open_account: Open, moving: MovableClock
) -> None:
    """It is asked about by local days; hours that midnight cuts are there as well."""
    moving.at = datetime(2026, 12, 20, 9, tzinfo=UTC)
    house = House("1", zone=zone, charger="C", consumption=False)
    driver, _ = open_account(house, history=60 * DAY)
    await driver.connect()
    await driver.run(2 * DAY)
    since = datetime(2026, 10, 23, tzinfo=UTC)
    series = Series("C", Quantity.EV_CHARGE)
    assert missing(driver, series, since) <= 24
    rows = [row for row in driver.rows(series) if row.start >= since]
    assert [
        (str(row.start), str(after.start))
        for row, after in pairwise(rows)
        if after.start - row.start != HOUR
    ] == []
    energies = Counter(round(after.sum - row.sum, 3) for row, after in pairwise(rows))
    # It charges from 20:00 to 21:00, which are parts of two hours.
    assert energies.keys() == {0.0, 0.8 if starts_at_half_past else 1.6}
    assert energies[0.8] + 2 * energies[1.6] >= 2 * 56
