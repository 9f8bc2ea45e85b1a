"""The newest session of a long list, which may begin with the oldest."""

from datetime import UTC, datetime
from typing import Any

import pytest

from custom_components.meter_hub.metering.model import Series
from custom_components.meter_hub.metering.vocabulary import Quantity
from custom_components.meter_hub.vendors.enphase_cloud.client import SESSIONS
from custom_components.meter_hub.vendors.enphase_cloud.errors import BadRequest
from custom_components.meter_hub.vendors.enphase_cloud.sessions import (
    ChargerLog,
    read_sessions,
)
from tests.simulator import Flow, Simulator
from tests.simulator.enphase_cloud import EnphaseCloudApi

from .accounts import begin, count
from .conftest import Open, Simulated
from .houses import House
from .steps import CHARGER, DAY, EVERYTHING, HOUR, OTHERS, called, catch_up

FIRST = datetime(2026, 1, 1, 18, tzinfo=UTC)
NOW = datetime(2026, 12, 1, tzinfo=UTC)


class Charger:
    """A charger that was used each evening, and how its sessions are asked for."""

    def __init__(
        self, number: int, *, oldest_first: bool = True, ignores_offset: bool = False
    ) -> None:
        """Begin with so many sessions."""
        self.number = number
        self.oldest_first, self.ignores_offset = oldest_first, ignores_offset
        self.log = ChargerLog()
        self.calls = 0

    def look(self) -> None:
        """Ask for all pages that are worth it, and keep what a restart keeps."""
        begun = self.calls
        while self.calls == begun or self.log.is_between_pages:
            self.calls += 1
            page = read_sessions(self.answer(self.log.offset))
            self.log = ChargerLog.from_dict(self.log.with_page(page, NOW).to_dict())
            assert self.calls - begun < 30

    def answer(self, offset: int) -> dict[str, Any]:
        """Return a page of the list."""
        days = list(range(self.number))
        if not self.oldest_first:
            days.reverse()
        if not self.ignores_offset:
            days = days[offset:]
        starts = [(FIRST + DAY * day).timestamp() for day in days[:SESSIONS]]
        return {"sessions": [{"start_time": start} for start in starts]}

    @property
    def last(self) -> int | None:
        """The number of the session that is taken for the last one."""
        return (self.log.last.start - FIRST) // DAY + 1 if self.log.last else None


@pytest.mark.parametrize(
    ("number", "calls"),
    [(0, 1), (1, 1), (19, 1), (20, 2), (21, 2), (39, 2), (40, 3), (41, 3), (95, 5)],
)
def test_the_newest_session_is_found_on_the_last_page(number: int, calls: int) -> None:
    charger = Charger(number)
    charger.look()
    assert charger.last == (number or None)
    assert charger.calls == calls


def test_the_last_page_alone_is_asked_for_from_then_on() -> None:
    charger = Charger(90)
    charger.look()
    for number in range(91, 131):
        charger.number, before = number, charger.calls
        charger.look()
        assert charger.last == number
        # A page that has become full is looked behind.
        assert charger.calls - before == (2 if number in (100, 101, 120, 121) else 1)


def test_a_list_that_begins_with_the_newest_costs_one_call() -> None:
    charger = Charger(95, oldest_first=False)
    for number in (95, 96, 140):
        charger.number = number
        charger.look()
        assert charger.last == number
    assert charger.calls == 3


@pytest.mark.parametrize("number", [20, 50])
def test_who_ignores_the_offset_is_not_asked_in_a_circle(number: int) -> None:
    charger = Charger(number, ignores_offset=True)
    for looks in range(1, 4):
        charger.look()
        assert charger.last == SESSIONS
        assert charger.log.offset == 0
        assert charger.calls == 2 * looks


def test_a_list_that_got_shorter_is_found_again() -> None:
    """What was the last session stays so until then."""
    charger = Charger(50)
    charger.look()
    charger.number = 5
    lasts = []
    for _ in range(3):
        charger.look()
        lasts.append(charger.last)
    assert lasts == [50, 50, 5]


def test_an_order_that_turned_round_is_noticed() -> None:
    charger = Charger(90)
    charger.look()
    charger.oldest_first, charger.number = False, 91
    charger.look()
    assert charger.last == 90
    charger.look()
    assert charger.last == 91


def test_what_was_stored_before_there_were_pages_begins_with_the_first() -> None:
    charger = Charger(50)
    session = {"start": FIRST.isoformat()}
    stored = {"asked_at": NOW.isoformat(), "last": session}
    charger.log = ChargerLog.from_dict(stored)
    assert charger.log.offset == 0
    assert not charger.log.is_between_pages
    charger.look()
    assert charger.last == 50


@pytest.mark.parametrize("installed", [datetime(2026, 8, 1, 8, 40, tzinfo=UTC)])
async def test_a_charger_of_many_sessions_whose_oldest_come_first(
    simulated: Simulated, simulator: Simulator, api: EnphaseCloudApi, opened: datetime
) -> None:
    api.systems[EVERYTHING].oldest_session_first = True
    driver = await begin(simulated(excluded=OTHERS, history=3 * DAY))
    assert driver.errors == []
    first = count(simulator, "/sessions")
    assert first > 2
    for _ in range(2):
        values = {
            quantity: driver.readings[Series(CHARGER, quantity)].value
            for quantity in (
                Quantity.SESSION_START,
                Quantity.SESSION_END,
                Quantity.SESSION_ENERGY,
            )
        }
        start, end, energy = values.values()
        assert isinstance(start, datetime)
        assert isinstance(end, datetime)
        house, until = api.house(CHARGER), driver.clock() - HOUR
        assert energy == pytest.approx(
            house.energy(Flow.EV_CHARGE, start, end), abs=0.001
        )
        assert house.energy(Flow.EV_CHARGE, end, until) == 0
        before = count(simulator, "/sessions")
        await driver.run(2 * DAY)
        await catch_up(driver)
    assert before > first
    told = [
        reading.value
        for _, update in driver.updates
        for reading in update.readings
        if reading.series.quantity is Quantity.SESSION_START
    ]
    # The pages before the last are of the months before.
    assert all(isinstance(at, datetime) and at > opened - 4 * DAY for at in told)


async def test_a_page_that_is_refused_is_beyond_the_last(
    open_account: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full list may end with its page, and no feature is lacking for that."""
    driver, cloud = open_account(House("1", battery=True, charger="C1"))
    charger = Charger(SESSIONS)

    async def sessions(system: str, serial: str, offset: int) -> dict[str, Any]:
        await cloud.hit(f"{system}/{serial}/sessions/{offset}")
        if offset:
            raise BadRequest(["offset", "limit"])
        return charger.answer(0)

    monkeypatch.setattr(cloud, "charger_sessions", sessions)
    await begin(driver)
    await driver.run(2 * DAY)
    assert driver.errors == []
    begun = driver.readings[Series("C1", Quantity.SESSION_START)].value
    assert begun == FIRST + (SESSIONS - 1) * DAY
    asked = [name.rpartition("/")[2] for name in called(cloud, "/sessions/")]
    assert asked[:2] == ["0", "20"]


async def test_a_long_list_leaves_the_day_its_calls(
    open_account: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the smallest plan a list of years takes days, and polls go on beside it."""
    driver, cloud = open_account(House("1", battery=True, charger="C1"), history=DAY)
    charger = Charger(700)

    async def sessions(system: str, serial: str, offset: int) -> dict[str, Any]:
        await cloud.hit(f"{system}/{serial}/sessions")
        return charger.answer(offset)

    monkeypatch.setattr(cloud, "charger_sessions", sessions)
    cloud.sparse = True
    await begin(driver)
    for _ in range(25):
        begun = len(cloud.calls)
        await driver.run(DAY)
        names = [name for _, name in cloud.calls[begun:]]
        assert any("telemetry/production_meter" in name for name in names)
        assert len(names) <= 36
    begun_at = driver.readings[Series("C1", Quantity.SESSION_START)].value
    assert begun_at == FIRST + 699 * DAY
    assert cloud.counted("2026-12") <= 1000
