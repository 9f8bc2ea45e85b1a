"""A meter that says nothing for long, or less than before: no hole and no loss remains."""

from datetime import timedelta
from typing import Any

import pytest

from custom_components.meter_hub.metering.vocabulary import Quantity
from tests.vendors.driver import Driver

from .home import (
    DAY,
    HOUR,
    TODAY,
    adding_up,
    course_of,
    fill,
    midnight,
    polled,
    rows,
    series,
)
from .portal import IMPORT, Portal, hours


def open_days(driver: Driver) -> Any:
    """Return of how many days something may still come."""
    return driver.readings[series(Quantity.OPEN_DAYS)].value


@pytest.mark.parametrize("known", [(None,) * 24, (0.1,)])
async def test_a_meter_that_is_silent_for_more_than_a_month(
    driver: Driver, portal: Portal, known: tuple[float | None, ...]
) -> None:
    fill(portal, 5)
    driver.ledger.since = midnight(TODAY - 5 * DAY)
    portal.intercept = adding_up(portal)
    await driver.connect()
    object.__setattr__(driver.context, "options", {"poll_interval_minutes": 720})
    driver.restart()
    days = [TODAY + DAY * number for number in range(40)]
    for day in days:
        portal.days[IMPORT, day] = hours(midnight(day), *known)
    await driver.run(39 * DAY)
    # The oldest of them are not asked for any more.
    assert 28 <= open_days(driver) <= 33
    for day in days:
        portal.days[IMPORT, day] = hours(midnight(day), *[0.1] * 24)
    await driver.run(10 * DAY)
    have = rows(driver)
    missing = [
        day
        for day in days
        for number in range(24)
        if midnight(day) + number * HOUR not in have
    ]
    assert missing == []
    assert sum(row.state for row in have.values()) == pytest.approx(45 * 2.4)


@pytest.mark.parametrize("poorer", [(), (None,) * 24, (0.1,) * 20])
async def test_a_day_that_was_whole_is_not_given_up_for_less(
    driver: Driver, portal: Portal, poorer: tuple[float | None, ...]
) -> None:
    fill(portal, 6)
    driver.ledger.since = midnight(TODAY - 6 * DAY)
    portal.intercept = adding_up(portal)
    await driver.connect()
    await polled(driver)
    day = TODAY - 3 * DAY
    before, was_open = rows(driver), open_days(driver)
    # So it is at the last poll that reads it.
    portal.days[IMPORT, day] = hours(midnight(day), *poorer)
    await driver.run(timedelta(hours=10))
    assert rows(driver) == before
    assert course_of(driver)["totals"][str(day)] == 2.4
    # Only the day that has begun since is open.
    assert open_days(driver) == was_open + 1
    # Its month contradicts it now, in vain, and is asked again when there is more.
    await driver.run(2 * DAY)
    assert rows(driver)[midnight(day)].state == 0.1
    portal.days[IMPORT, day] = hours(midnight(day), *[0.3] * 24)
    await driver.run(2 * DAY)
    assert rows(driver)[midnight(day)].state == 0.3


async def test_yesterday_stays_what_it_was_when_its_chart_gets_poorer(
    driver: Driver, portal: Portal
) -> None:
    fill(portal, 3)
    await driver.connect()
    await polled(driver)
    yesterday = series(Quantity.GRID_IMPORT_YESTERDAY)
    assert driver.readings[yesterday].value == pytest.approx(2.4)
    portal.days[IMPORT, TODAY - DAY] = None
    await polled(driver)
    assert driver.readings[yesterday].value == pytest.approx(2.4)
