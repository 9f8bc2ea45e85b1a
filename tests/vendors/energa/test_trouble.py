"""What fails, ends or says something else: it costs few calls, and the rows are right in the end."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from aiohttp import web
import pytest

from custom_components.meter_hub.metering.model import Series
from custom_components.meter_hub.vendors.base import Unavailable
from tests.simulator import MovableClock
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
)
from .portal import EXPORT, IMPORT, Portal, milliseconds


def refusing(status: int, *calls: int) -> Any:
    """Return what refuses these calls for days, counted from 1."""
    count = 0

    def refuse(query: Mapping[str, str]) -> web.Response | None:
        nonlocal count
        count += query.get("type") == "DAY"
        if query.get("type") == "DAY" and count in calls:
            return web.Response(status=status)
        return None

    return refuse


async def test_case_10_a_session_that_ends_in_mid_import(
    driver: Driver, portal: Portal
) -> None:
    fill(portal, 4)
    driver.ledger.since = midnight(TODAY - 4 * DAY)
    await driver.connect()
    portal.intercept = refusing(403, 3)
    await polled(driver)
    asked = [(TODAY - day).days for day in portal.asked_days()]
    assert asked[:6] == [0, 1, 2, 2, 3, 4]
    assert len(portal.asked("UserLogin")) == 2
    names = [name for name, _ in portal.calls]
    again = names.index("mchart") + 3
    assert names[again : again + 3] == ["SessionStatus", "UserLogin", "mchart"]
    assert driver.errors == []
    assert len(rows(driver)) == 4 * 24 + 12


async def test_case_10_a_session_that_ends_twice_pauses_the_import(
    driver: Driver, portal: Portal, moving: MovableClock
) -> None:
    fill(portal, 4)
    driver.ledger.since = midnight(TODAY - 4 * DAY)
    await driver.connect()
    portal.intercept = refusing(403, 3, 4)
    while not driver.errors:
        await driver.step()
    assert driver.errors[0][1].reason == "session_refused"
    assert min(rows(driver)) == midnight(TODAY - DAY)
    assert len(portal.asked("UserLogin")) == 2
    calls, paused = len(portal.calls), moving()
    await driver.step()
    assert moving() - paused > timedelta(minutes=10)
    assert len(portal.calls) > calls
    await polled(driver)
    assert [row.state for row in driver.rows(IMPORTED)] == [0.1] * (4 * 24 + 12)
    assert rows(driver)[at(2026, 10, 5, 9)].sum == pytest.approx(10.8)
    # It is neither asked for all the time nor taken for a wrong password.
    assert len(portal.asked("UserLogin")) == 3


async def test_case_11_a_day_that_fails_leaves_the_others_alone(
    driver: Driver, portal: Portal, moving: MovableClock
) -> None:
    fill(portal, 3)
    failing = TODAY - DAY
    tried: list[datetime] = []

    def refuse(query: Mapping[str, str]) -> web.Response | None:
        if query.get("mainChartDate") != str(milliseconds(failing)):
            return None
        tried.append(moving())
        return web.Response(status=500)

    portal.intercept = refuse
    await driver.connect()
    await polled(driver)
    before = rows(driver)
    assert midnight(TODAY - 2 * DAY) in before
    assert midnight(failing) not in before
    last = at(2026, 10, 5, 9)
    assert before[last].sum == pytest.approx(6.0)
    # Four times in a row, once all others have been asked; then at the next poll.
    assert {type(error) for _, error in driver.errors} == {Unavailable}
    waits = [(after - earlier).total_seconds() for earlier, after in pairwise(tried)]
    assert 5 <= waits[1] <= 9
    assert 15 <= waits[2] <= 22
    assert 60 <= waits[3] <= 81
    assert waits[4] > 600
    portal.intercept = lambda _: None
    await polled(driver)
    after = rows(driver)
    assert after[midnight(failing)].state == 0.1
    assert after[last].sum == pytest.approx(8.4)


async def test_a_failing_portal_costs_few_calls(driver: Driver, portal: Portal) -> None:
    fill(portal, 3)
    await driver.connect()
    await polled(driver)
    portal.intercept = lambda _: web.Response(status=503)
    calls = len(portal.calls)
    await driver.run(6 * HOUR)
    names = [name for name, _ in portal.calls[calls:]]
    # Four tries at each poll, and a session of its own.
    assert len(names) - 2 * names.count("UserLogin") <= 6 * 4 + 4
    assert 5 <= names.count("UserLogin") <= 7
    portal.intercept = lambda _: None
    await polled(driver)
    assert len(rows(driver)) == 3 * 24 + 12


async def test_case_15_a_chart_of_another_object_is_refused(
    driver: Driver, portal: Portal
) -> None:
    portal.points = [prosumer()]
    fill(portal, 3)
    fill(portal, 3, 0.05, EXPORT)
    portal.echo = {"meterObject": IMPORT}
    await driver.connect()
    await polled(driver)
    assert len(rows(driver)) == 3 * 24 + 12
    assert driver.rows(EXPORTED) == []
    assert {error.reason for _, error in driver.errors} == {"unexpected_answer"}
    # Once a poll, not all the time.
    assert len(portal.asked_days(EXPORT)) <= 2


@pytest.mark.parametrize(
    "echo",
    [
        {"meterPoint": "1"},
        {"type": "MONTH"},
        {"mainChartDate": "1791151200001"},
        {"unit": "Wh"},
    ],
)
async def test_case_15_a_chart_of_something_else_is_refused(
    driver: Driver, portal: Portal, echo: dict[str, str]
) -> None:
    fill(portal, 3)
    portal.echo = echo
    await driver.connect()
    await polled(driver)
    assert driver.rows(IMPORTED) == []
    assert {error.reason for _, error in driver.errors} == {"unexpected_answer"}


@pytest.mark.parametrize("direction", [IMPORTED, EXPORTED])
async def test_case_15_what_says_nothing_of_itself_is_no_export(
    driver: Driver, portal: Portal, direction: Series
) -> None:
    portal.points = [prosumer()]
    fill(portal, 3)
    fill(portal, 3, 0.05, EXPORT)
    nothing = ("meterPoint", "meterObject", "type", "mainChartDate", "unit")
    portal.echo = dict.fromkeys(nothing)
    await driver.connect()
    await polled(driver)
    assert bool(driver.rows(direction)) == (direction == IMPORTED)


async def test_case_19_a_start_with_the_portal_down(
    driver: Driver, portal: Portal, moving: MovableClock
) -> None:
    fill(portal, 3)
    await driver.connect()
    await polled(driver)
    before = driver.backend.state()
    driver.restart()
    portal.login = lambda: web.Response(status=503)
    await driver.run(3 * HOUR)
    assert {error.reason for _, error in driver.errors} == {"server_error"}
    assert driver.backend.state()["points"] == before["points"]
    portal.login = lambda: web.json_response({"success": True, "response": None})
    await polled(driver)
    assert driver.next_job().due > moving()
    assert len(rows(driver)) == 3 * 24 + 12


@pytest.mark.parametrize("points", [None, []])
async def test_case_19_an_account_that_seems_to_have_lost_all_its_meters(
    driver: Driver, portal: Portal, points: list[Any] | None
) -> None:
    fill(portal, 3)
    await driver.connect()
    await polled(driver)
    before = driver.backend.state()["points"]
    portal.points = points
    await driver.run(7 * HOUR)
    assert "server_error" in {error.reason for _, error in driver.errors}
    assert driver.backend.state()["points"].keys() == before.keys()
    assert not [update for _, update in driver.updates if update.meters == ()]
    # The charts go on.
    assert portal.asked_days()[-1] >= TODAY - 3 * DAY


@pytest.mark.parametrize("points", [None, []])
async def test_case_19_a_new_account_without_meters(
    driver: Driver, portal: Portal, points: list[Any] | None
) -> None:
    portal.points = points
    update = await driver.connect()
    assert update.meters == ()


async def test_an_answer_without_an_envelope_is_refused(
    driver: Driver, portal: Portal
) -> None:
    fill(portal, 3)
    await driver.connect()
    portal.intercept = lambda _: web.json_response([1, 2])
    await polled(driver)
    assert {error.reason for _, error in driver.errors} == {"unexpected_answer"}
    portal.intercept = lambda _: None
    await polled(driver)
    assert len(rows(driver)) == 3 * 24 + 12


async def test_a_month_that_cannot_be_read_is_left_alone_for_a_day(
    driver: Driver, portal: Portal
) -> None:
    fill(portal, 3)
    await driver.connect()
    await polled(driver)

    def refuse(query: Mapping[str, str]) -> web.Response | None:
        return web.json_response([]) if query.get("type") == "MONTH" else None

    portal.intercept = refuse
    await driver.run(2 * DAY)
    asked = [query for query in portal.asked("mchart") if query["type"] == "MONTH"]
    assert 1 <= len(asked) <= 2 * 2
    assert rows(driver)[at(2026, 10, 5, 9)].sum == pytest.approx(8.4)
