"""An account from its sign-in on: which calls are made, what survives, what is told."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
import json
from typing import Any

import pytest

from custom_components.meter_hub.metering.model import Series
from custom_components.meter_hub.metering.vocabulary import Channel, Quantity
from custom_components.meter_hub.vendors import endpoints
from custom_components.meter_hub.vendors.base import Job
from custom_components.meter_hub.vendors.energa import ENERGA
from tests.simulator import MovableClock
from tests.vendors.driver import Driver

from .home import HOUR, IMPORTED, TODAY, fill, midnight, polled, rows
from .portal import IMPORT, PASSWORD, Portal, hour

DAY = timedelta(days=1)


async def test_a_restart_makes_no_call_before_its_time(
    driver: Driver, portal: Portal, moving: MovableClock
) -> None:
    fill(portal, 3)
    await driver.connect()
    await polled(driver)
    state, job = driver.backend.state(), driver.next_job()
    calls = len(portal.calls)
    driver.restart()
    assert json.loads(json.dumps(state)) == state
    assert driver.backend.state() == state
    assert driver.next_job() == job
    assert job.due > moving()
    assert len(portal.calls) == calls
    # The session was lost: the call that is due opens another one.
    await driver.step()
    names = [name for name, _ in portal.calls[calls:]]
    assert names == ["SessionStatus", "UserLogin", "data"]


@pytest.mark.parametrize(
    "state", [{"points": 5}, {"points": {"x": {}}}, {"listed_at": "soon"}]
)
async def test_a_state_that_cannot_be_read_is_forgotten(
    driver: Driver, moving: MovableClock, state: dict[str, Any]
) -> None:
    object.__setattr__(driver.context, "state", state)
    backend = driver.vendor.build(driver.context)
    job = backend.plan(moving(), [])
    assert job is not None
    assert (job.live, job.due <= moving()) == (True, True)
    assert backend.state() == {}


async def test_a_quiet_day_costs_few_calls(driver: Driver, portal: Portal) -> None:
    fill(portal, 3)
    await driver.connect()
    await polled(driver)
    calls = len(portal.calls)
    await driver.run(DAY)
    names = [name for name, _ in portal.calls[calls:]]
    # The registers here never move after midnight, so each poll looks for them.
    assert names.count("data") <= 24
    days = [query["type"] for _, query in portal.calls[calls:] if "type" in query]
    assert days.count("DAY") == 24 * 4
    assert days.count("MONTH") <= 2
    assert names.count("UserLogin") == 0


@pytest.mark.parametrize(("minutes", "polls"), [(30, 48), (720, 2), (1, 48)])
async def test_polls_are_as_frequent_as_a_person_wants(
    driver: Driver, portal: Portal, minutes: int, polls: int
) -> None:
    options = {"poll_interval_minutes": minutes}
    object.__setattr__(driver.context, "options", options)
    driver.restart()
    await driver.connect()
    await polled(driver)
    asked = portal.asked_days().count(TODAY)
    await driver.run(9 * HOUR)
    assert portal.asked_days().count(TODAY) - asked == pytest.approx(
        polls * 9 / 24, abs=1
    )


async def test_the_history_begins_where_the_charts_of_years_and_months_say(
    driver: Driver, portal: Portal
) -> None:
    fill(portal, 20)
    floor = TODAY - 15 * DAY
    driver.ledger.since = midnight(TODAY - 100 * DAY)
    portal.months[IMPORT, date(2026, 9, 1)] = [hour(midnight(floor), 2.4, None, None)]
    years = portal._chart

    def with_years(query: Any) -> dict[str, Any]:
        answer = years(query)
        if query["type"] == "YEAR" and answer["mainChartDate"] == _epoch(2026):
            answer["mainChart"] = [hour(midnight(date(2026, 9, 1)), 50.0, None, None)]
        return answer

    portal._chart = with_years  # type: ignore[method-assign]
    await driver.connect()
    await polled(driver)
    asked = [query["type"] for query in portal.asked("mchart")]
    assert asked.count("YEAR") == 3
    assert asked.count("MONTH") == 1
    assert min(portal.asked_days()) == floor
    assert driver.ledger.pages[IMPORTED].floor == midnight(floor)


def _epoch(year: int) -> str:
    return str(int(midnight(date(year, 1, 1)).timestamp()) * 1000)


async def test_an_old_day_without_any_hours_is_empty_and_a_newer_one_open(
    driver: Driver, portal: Portal
) -> None:
    fill(portal, 3)
    driver.ledger.since = midnight(TODAY - 40 * DAY)
    await driver.connect()
    await polled(driver)
    page = driver.ledger.pages[IMPORTED]
    assert midnight(TODAY - 35 * DAY) in page.empty
    assert midnight(TODAY - 20 * DAY) not in page.empty
    assert len(rows(driver)) == 3 * 24 + 12
    # An empty day is closed, until its month says that there was something.
    asked = portal.asked_days().count(TODAY - 35 * DAY)
    assert asked == 1


async def test_another_zone_makes_series_of_its_own(
    driver: Driver, portal: Portal
) -> None:
    fill(portal, 3)
    await driver.connect()
    await polled(driver)
    assert len(driver.ledger.books) == 1
    portal.zones = 2
    await polled(driver)
    zone1 = Series("339038", Quantity.GRID_IMPORT, Channel.ZONE1)
    zone2 = Series("339038", Quantity.GRID_IMPORT, Channel.ZONE2)
    assert driver.ledger.books.keys() == {IMPORTED, zone1, zone2}
    await polled(driver)
    assert [row.state for row in driver.rows(zone1)] == [0.1] * (3 * 24 + 12)
    assert [row.state for row in driver.rows(zone2)] == [0.0] * (3 * 24 + 12)


async def test_today_and_yesterday(
    driver: Driver, portal: Portal, moving: MovableClock
) -> None:
    fill(portal, 3)
    await driver.connect()
    await polled(driver)
    today = driver.readings[Series("339038", Quantity.GRID_IMPORT_TODAY)]
    assert today.value == pytest.approx(1.2)
    assert today.since == midnight(TODAY)
    assert today.valid_until == midnight(TODAY + DAY)
    assert today.value_at(midnight(TODAY + DAY)) is None
    yesterday = driver.readings[Series("339038", Quantity.GRID_IMPORT_YESTERDAY)]
    assert yesterday.value == pytest.approx(2.4)
    assert yesterday.since == midnight(TODAY - DAY)
    assert yesterday.valid_until == midnight(TODAY + DAY)
    last = driver.readings[Series("339038", Quantity.LAST_HOUR)]
    delay = driver.readings[Series("339038", Quantity.DATA_DELAY)]
    assert last.value == datetime(2026, 10, 5, 10, tzinfo=UTC)
    assert delay.value == pytest.approx(2.3, abs=1)
    # The next day begins without anything known.
    moving.at = midnight(TODAY + DAY)
    await polled(driver)
    today = driver.readings[Series("339038", Quantity.GRID_IMPORT_TODAY)]
    assert (today.value, today.since) == (None, midnight(TODAY + DAY))


async def test_too_much_energy_is_put_aside_and_counted(
    driver: Driver, portal: Portal
) -> None:
    fill(portal, 3)
    points = portal.days[IMPORT, TODAY]
    assert points is not None
    points[3]["zones"][0] = 100.5
    await driver.connect()
    await polled(driver)
    start = midnight(TODAY) + 3 * HOUR
    assert start not in rows(driver)
    course = driver.backend.state()["points"]["339038"]["courses"]["grid_import"]
    assert course["implausible"] == {str(TODAY): 1}
    points[3]["zones"][0] = 0.5
    await polled(driver)
    assert rows(driver)[start].state == 0.5
    course = driver.backend.state()["points"]["339038"]["courses"]["grid_import"]
    assert "implausible" not in course


async def test_no_state_holds_a_credential(
    driver: Driver, portal: Portal, saved: list[Mapping[str, Any]]
) -> None:
    fill(portal, 3)
    await driver.connect()
    await polled(driver)
    told = json.dumps(driver.backend.state(), ensure_ascii=False)
    assert PASSWORD not in told
    assert saved[0]["device_token"] not in told
    assert "Example.org" not in told


async def test_a_backend_makes_only_its_own_calls(
    driver: Driver, moving: MovableClock
) -> None:
    with pytest.raises(TypeError):
        await driver.backend.fetch(Job(moving(), live=True))


def test_what_the_vendor_declares() -> None:
    assert (ENERGA.own_session, ENERGA.balanced, ENERGA.currency) == (True, True, "PLN")
    assert ENERGA.quota_owner({"username": " Jo@Example.ORG "}) == "jo@example.org"
    assert ENERGA.limits({}).pace == endpoints.ENERGA.pace
    assert ENERGA.host is not None
    assert ENERGA.host() == endpoints.ENERGA.url
    assert [field.key for field in ENERGA.sign_in] == ["username", "password"]
