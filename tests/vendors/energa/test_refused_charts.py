"""Charts that the vendor does not give, or gives another's: the rest goes on."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from aiohttp import web
import pytest

from custom_components.meter_hub.metering.model import Series
from custom_components.meter_hub.metering.vocabulary import Quantity
from tests.vendors.driver import Driver

from .home import (
    DAY,
    EXPORTED,
    HOUR,
    IMPORTED,
    TODAY,
    adding_up,
    course_of,
    fill,
    midnight,
    polled,
    prosumer,
    rows,
    series,
)
from .portal import (
    EXPORT,
    IMPORT,
    Portal,
    chart,
    day_of,
    enveloped,
    hour,
    hours,
    metering_point,
    milliseconds,
)

REFUSALS: dict[str, Callable[[], web.Response]] = {
    "no success": lambda: web.json_response({"success": False}),
    "no response": lambda: web.json_response(enveloped(None)),
}


def refusing_empty(portal: Portal, refusal: str) -> Any:
    """Return what refuses all charts that would hold nothing, and adds up the others."""
    sums = adding_up(portal)

    def intercept(query: Mapping[str, str]) -> web.Response | None:
        if "type" not in query:
            return None
        first, scale = day_of(query), query["type"]
        length = {"DAY": 0, "MONTH": 27, "YEAR": 365}[scale]
        days = (first + DAY * number for number in range(length + 1))
        if any(portal.days.get((query["meterObject"], day)) for day in days):
            return sums(query)
        return REFUSALS[refusal]()

    return intercept


@pytest.mark.parametrize("refusal", REFUSALS)
async def test_a_vendor_that_refuses_what_it_has_no_data_for(
    driver: Driver, portal: Portal, refusal: str
) -> None:
    """Floor, comparison and the days that are there come through nevertheless."""
    fill(portal, 10)
    for number in range(70, 80):
        day = TODAY - DAY * number
        portal.days[IMPORT, day] = hours(midnight(day), *[0.1] * 24)
    driver.ledger.since = midnight(TODAY - 120 * DAY)
    portal.intercept = refusing_empty(portal, refusal)
    await driver.connect()
    await polled(driver)
    assert len(rows(driver)) == 20 * 24 + 12
    assert course_of(driver)["floor"] == str(TODAY - 79 * DAY)
    assert len(portal.asked_days()) <= 79 + 10
    await driver.run(2 * DAY)
    # An old day that was refused three times is empty, and asked for no more.
    old, newer = TODAY - 40 * DAY, TODAY - 15 * DAY
    assert portal.asked_days().count(old) == 3
    assert midnight(old) in driver.ledger.pages[IMPORTED].empty
    assert midnight(newer) not in driver.ledger.pages[IMPORTED].empty
    corrected = TODAY - 8 * DAY
    portal.days[IMPORT, corrected] = hours(midnight(corrected), *[0.2] * 24)
    portal.days[IMPORT, old] = hours(midnight(old), *[0.3] * 24)
    await driver.run(8 * DAY)
    assert rows(driver)[midnight(corrected)].state == 0.2
    # It was not empty after all, as its month says.
    assert rows(driver)[midnight(old)].state == 0.3
    assert len(portal.asked("UserLogin")) == 1


async def test_days_that_fail_do_not_shut_out_the_comparison(
    driver: Driver, portal: Portal
) -> None:
    fill(portal, 60)
    driver.ledger.since = midnight(TODAY - 60 * DAY)
    sums = adding_up(portal)

    def fail(query: Mapping[str, str]) -> web.Response | None:
        if query.get("type") == "DAY" and day_of(query) < TODAY - 10 * DAY:
            return web.Response(status=500)
        return sums(query)

    portal.intercept = fail
    await driver.connect()
    await polled(driver)
    assert len(rows(driver)) == 10 * 24 + 12
    corrected = TODAY - 8 * DAY
    portal.days[IMPORT, corrected] = hours(midnight(corrected), *[0.2] * 24)
    await driver.run(2 * DAY)
    assert rows(driver)[midnight(corrected)].state == 0.2


INACTIVE: dict[str, Callable[[], web.Response]] = REFUSALS | {
    "down": lambda: web.Response(status=500),
    "bad request": lambda: web.json_response({}, status=400),
    "forbidden": lambda: web.json_response({}, status=403),
}


@pytest.mark.parametrize("healthy", ["1", "339038"])
@pytest.mark.parametrize("refusal", INACTIVE)
async def test_an_inactive_metering_point_leaves_the_other_alone(
    driver: Driver, portal: Portal, refusal: str, healthy: str
) -> None:
    inactive = {"1": "339038", "339038": "1"}[healthy]
    portal.points = [metering_point(), metering_point(id="1", dev="2", name="3")]
    fill(portal, 40)
    driver.ledger.since = midnight(TODAY - 40 * DAY)
    sums = adding_up(portal)

    def intercept(query: Mapping[str, str]) -> web.Response | None:
        if query.get("meterPoint") == inactive:
            return INACTIVE[refusal]()
        return sums(query)

    portal.intercept = intercept
    await driver.connect()
    await driver.run(3 * HOUR)
    mine = Series(healthy, Quantity.GRID_IMPORT)
    assert len(rows(driver, mine)) == 40 * 24 + 12
    asked = [
        query
        for query in portal.asked("mchart")
        if query["meterPoint"] == healthy and day_of(query) == TODAY
    ]
    assert len(asked) >= 3


async def test_case_15_another_chart_stops_its_direction_until_the_next_poll(
    driver: Driver, portal: Portal
) -> None:
    portal.points = [prosumer()]
    fill(portal, 120)
    fill(portal, 120, 0.05, EXPORT)
    driver.ledger.since = midnight(TODAY - 120 * DAY)
    portal.echo = {"meterObject": IMPORT}
    await driver.connect()
    await driver.run(3 * DAY)
    assert len(rows(driver)) == 120 * 24 + 12
    assert driver.rows(EXPORTED) == []
    # One try at each poll, whatever number of days is missing.
    polls = 3 * 24 + 1
    assert polls - 2 <= len(portal.asked_days(EXPORT)) <= polls + 1
    assert {error.reason for _, error in driver.errors} == {"unexpected_answer"}
    portal.echo = {}
    await polled(driver)
    assert len(rows(driver, EXPORTED)) == 120 * 24 + 12


async def test_one_day_that_is_mistaken_for_another_holds_up_little(
    driver: Driver, portal: Portal
) -> None:
    fill(portal, 40)
    driver.ledger.since = midnight(TODAY - 40 * DAY)
    odd = TODAY - 10 * DAY

    def intercept(query: Mapping[str, str]) -> web.Response | None:
        if query.get("mainChartDate") != str(milliseconds(odd)):
            return None
        return web.json_response(enveloped(chart([], obis=EXPORT)))

    portal.intercept = intercept
    await driver.connect()
    await driver.run(DAY)
    assert len(rows(driver)) == 39 * 24 + 12
    assert portal.asked_days().count(odd) <= 8


async def test_old_estimates_are_asked_for_once_a_day(
    driver: Driver, portal: Portal
) -> None:
    fill(portal, 120)
    old = [TODAY - DAY * number for number in range(41, 121)]
    for day in old:
        points = portal.days[IMPORT, day]
        assert points is not None
        points[3]["est"] = True
    driver.ledger.since = midnight(TODAY - 120 * DAY)
    await driver.connect()
    await driver.run(3 * DAY)
    for day in old:
        assert 3 <= portal.asked_days().count(day) <= 4
    # They are counted as long as they are asked for.
    assert driver.readings[series(Quantity.OPEN_DAYS)].value == 80 + 3


async def test_a_floor_that_was_set_too_late_moves_down(
    driver: Driver, portal: Portal
) -> None:
    fill(portal, 300)
    driver.ledger.since = midnight(TODAY - 300 * DAY)
    sums, is_gone = adding_up(portal), True

    def intercept(query: Mapping[str, str]) -> web.Response | None:
        if query.get("type") == "YEAR" and day_of(query).year == 2025 and is_gone:
            return web.json_response(enveloped(None))
        return sums(query)

    portal.intercept = intercept
    await driver.connect()
    await polled(driver)
    assert min(rows(driver)) == midnight(date(2026, 1, 1))
    is_gone = False
    await driver.run(DAY + HOUR)
    assert min(rows(driver)) == midnight(TODAY - 300 * DAY)
    years = len([query for query in portal.asked("mchart") if query["type"] == "YEAR"])
    # It was found without doubt then, and is looked for again once a month.
    await driver.run(5 * DAY)
    asked = [query for query in portal.asked("mchart") if query["type"] == "YEAR"]
    assert len(asked) == years


async def test_a_floor_does_not_move_up(driver: Driver, portal: Portal) -> None:
    fill(portal, 60)
    driver.ledger.since = midnight(TODAY - 60 * DAY)
    sums = adding_up(portal)
    portal.intercept = sums
    await driver.connect()
    await polled(driver)
    first = TODAY - 60 * DAY
    assert course_of(driver)["floor"] == str(first)

    def later(query: Mapping[str, str]) -> web.Response | None:
        if query.get("type") != "YEAR" or day_of(query).year < 2026:
            return sums(query)
        points = [hour(midnight(date(2026, 10, 1)), 9.0, None, None)]
        begin = milliseconds(day_of(query))
        return web.json_response(enveloped(chart(points, begin=begin, scale="YEAR")))

    portal.intercept = later
    object.__setattr__(driver.context, "options", {"poll_interval_minutes": 720})
    driver.restart()
    await driver.run(timedelta(days=32))
    years = [query for query in portal.asked("mchart") if query["type"] == "YEAR"]
    assert len(years) >= 4
    assert course_of(driver)["floor"] == str(first)
