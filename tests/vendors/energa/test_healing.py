"""What comes late or changes: the rows are right in the end."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from custom_components.meter_hub.metering.ledger import PATIENCE, Reason
from custom_components.meter_hub.metering.prices import PriceList, Prices
from custom_components.meter_hub.metering.vocabulary import Channel, Quantity
from tests.vendors.driver import Driver

from .home import (
    DAY,
    EXPORTED,
    HOUR,
    IMPORTED,
    TODAY,
    at,
    fill,
    midnight,
    polled,
    prosumer,
    rows,
    series,
)
from .portal import EXPORT, IMPORT, Portal, hour, hours, metering_point, milliseconds


async def test_case_08_a_late_correction(driver: Driver, portal: Portal) -> None:
    day = TODAY - DAY
    portal.days[IMPORT, day] = hours(midnight(day), *[4.0] * 23, 8.0)
    first = midnight(TODAY)
    assert first == at(2026, 10, 4, 22)
    today = hours(first, 0.5, 0.25, 0.4, 0.3)
    today[2]["est"] = True
    portal.days[IMPORT, TODAY] = today
    await driver.connect()
    await polled(driver)
    before = rows(driver)
    assert before[at(2026, 10, 4, 21)].sum == pytest.approx(100.0)
    sums = [before[first + number * HOUR].sum for number in range(4)]
    assert sums == pytest.approx([100.5, 100.75, 101.15, 101.45])
    assert driver.readings[series(Quantity.GRID_IMPORT_TODAY)].estimated
    today[2] = hour(at(2026, 10, 5, 0), 0.7, None, None)
    await polled(driver)
    after = rows(driver)
    sums = [after[first + number * HOUR].sum for number in range(4)]
    assert sums == pytest.approx([100.5, 100.75, 101.45, 101.75])
    assert {start: row for start, row in after.items() if start < first} == {
        start: row for start, row in before.items() if start < first
    }
    assert min(row.state for row in after.values()) >= 0


async def test_case_08_estimates_can_be_held_back(
    driver: Driver, portal: Portal
) -> None:
    today = hours(midnight(TODAY), 0.5, 0.25, 0.4)
    today[1]["est"] = True
    portal.days[IMPORT, TODAY] = today
    object.__setattr__(driver.context, "options", {"hold_estimates": True})
    driver.restart()
    await driver.connect()
    await polled(driver)
    assert [row.state for row in driver.rows(IMPORTED)] == [0.5, 0.4]
    later = midnight(TODAY) + 2 * PATIENCE
    assert (midnight(TODAY) + HOUR, Reason.ESTIMATED) in {
        (gap.start, gap.reason)
        for gap in driver.ledger.gaps(later)
        if gap.series == IMPORTED
    }
    today[1]["est"] = False
    await polled(driver)
    assert [row.state for row in driver.rows(IMPORTED)] == [0.5, 0.25, 0.4]


async def test_case_09_an_hour_of_nulls_is_no_row_until_it_comes(
    driver: Driver, portal: Portal
) -> None:
    day = TODAY - DAY
    points = hours(midnight(day), *[0.0] * 24)
    five = at(2026, 10, 4, 5)
    number = (five - midnight(day)) // HOUR
    points[number - 1] = hour(five - HOUR, 0.2, None, None)
    points[number] = hour(five, None, None, None)
    points[number + 1] = hour(five + HOUR, 0.3, None, None)
    portal.days[IMPORT, day] = points
    portal.days[IMPORT, TODAY] = hours(midnight(TODAY), 0.1)
    await driver.connect()
    await polled(driver)
    before = rows(driver)
    assert five not in before
    assert before[five - HOUR].sum == pytest.approx(0.2)
    assert before[five + HOUR].sum == pytest.approx(0.5)
    # Zero is measured, and has a row.
    assert before[midnight(day)].state == 0.0
    yesterday = series(Quantity.GRID_IMPORT_YESTERDAY)
    assert driver.readings[yesterday].value is None
    open_days = series(Quantity.OPEN_DAYS)
    assert driver.readings[open_days].value == 3.0
    points[number] = hour(five, 0.6, None, None)
    await polled(driver)
    after = rows(driver)
    assert after[five].state == 0.6
    assert after[five + HOUR].sum == pytest.approx(1.1)
    assert driver.readings[yesterday].value == pytest.approx(1.1)
    assert driver.readings[open_days].value == 2.0


async def test_case_04_export_that_lags_behind_import(
    driver: Driver, portal: Portal
) -> None:
    portal.points = [prosumer()]
    fill(portal, 3)
    fill(portal, 3, 0.05, EXPORT)
    eleven = at(2026, 10, 5, 9)
    in_, out = portal.days[IMPORT, TODAY], portal.days[EXPORT, TODAY]
    assert in_ is not None
    assert out is not None
    out.pop()
    await driver.connect()
    await polled(driver)
    before_in, before_out = rows(driver), rows(driver, EXPORTED)
    assert max(before_in) == eleven
    assert max(before_out) == eleven - HOUR
    balance = series(Quantity.BALANCED_IMPORT_TODAY)
    assert driver.readings[balance].value == pytest.approx(11 * 0.05)
    assert driver.readings[series(Quantity.LAST_HOUR)].value == eleven
    out.append(hour(eleven, 0.02, None, None))
    in_.append(hour(eleven + HOUR, 0.4, None, None))
    await polled(driver)
    after_in, after_out = rows(driver), rows(driver, EXPORTED)
    assert after_out.keys() - before_out.keys() == {eleven}
    total = before_out[eleven - HOUR].sum
    assert after_out[eleven].sum == pytest.approx(total + 0.02)
    assert after_in[eleven] == before_in[eleven]
    assert after_in[eleven + HOUR].state == 0.4
    assert driver.readings[balance].value == pytest.approx(11 * 0.05 + 0.08)


async def test_case_14_nobody_asks_for_the_export_of_a_consumer(
    driver: Driver, portal: Portal
) -> None:
    fill(portal, 3)
    await driver.connect()
    await polled(driver)
    assert portal.asked_days()
    assert {query["meterObject"] for query in portal.asked("mchart")} == {IMPORT}
    assert Quantity.GRID_EXPORT not in {series.quantity for series in driver.readings}


async def test_case_17_a_price_is_that_of_its_hour(
    driver: Driver, portal: Portal
) -> None:
    """The hours keep their energy however often they are read: so does their cost."""
    day = TODAY - DAY
    portal.days[IMPORT, day] = hours(midnight(day), *[100.0] * 10, *[0.0] * 14)
    portal.days[IMPORT, TODAY] = hours(midnight(TODAY), 1.0)
    prices = PriceList(
        [
            Prices(since, {Quantity.GRID_IMPORT: {Channel.TOTAL: price}})
            for since, price in ((date(2026, 1, 1), 1.0), (TODAY, 1.2))
        ],
        ZoneInfo("Europe/Warsaw"),
    )
    await driver.connect()
    for _ in range(2):
        await polled(driver)
        costs = [
            row.state * (prices.at(row.start, Quantity.GRID_IMPORT, "total") or 0)
            for row in driver.rows(IMPORTED)
        ]
        assert sum(costs[:-1]) == pytest.approx(1000.0)
        assert sum(costs) == pytest.approx(1001.2)


async def test_case_18_a_swapped_meter_goes_on_with_its_series(
    driver: Driver, portal: Portal
) -> None:
    fill(portal, 3)
    await driver.connect()
    await polled(driver)
    before = rows(driver)
    new = [{"zone": "A+", "value": 12.345, "date": milliseconds(TODAY)}]
    portal.points = [metering_point(dev="99", lastMeasurements=new)]
    today = portal.days[IMPORT, TODAY]
    assert today is not None
    today += hours(midnight(TODAY) + 12 * HOUR, 0.2)
    await driver.run(7 * HOUR)
    (listed,) = [update.meters for _, update in driver.updates if update.meters][-1]
    assert (listed.id, listed.serial) == ("339038", "99")
    assert driver.readings[IMPORTED].value == 12.345
    after = rows(driver)
    assert after.keys() - before.keys() == {at(2026, 10, 5, 10)}
    assert after[at(2026, 10, 5, 10)].sum == pytest.approx(8.6)
