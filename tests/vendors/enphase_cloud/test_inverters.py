"""Micro-inverters, each as a meter of its own, once a person wants to see them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web
import pytest

from custom_components.meter_hub.metering.model import Series
from custom_components.meter_hub.metering.vocabulary import MeterKind, Quantity
from custom_components.meter_hub.vendors.base import UnexpectedAnswer
from custom_components.meter_hub.vendors.enphase_cloud.client import EnphaseClient
from custom_components.meter_hub.vendors.enphase_cloud.inverters import (
    Counted,
    Inverter,
    inverter_readings,
    read_inverters,
)
from custom_components.meter_hub.vendors.enphase_cloud.jobs import CloudJob, Purpose
from tests.simulator import Flow, MovableClock, Simulator
from tests.simulator.enphase_cloud import EnphaseCloudApi
from tests.vendors.conftest import Loopback
from tests.vendors.driver import Driver

from .accounts import deny
from .answers import documented, sample
from .clients import SYSTEM
from .conftest import Open, Simulated
from .houses import House
from .steps import (
    CHARGER,
    DAY,
    EVERYTHING,
    MICROS,
    NO_BATTERY,
    called,
    catch_up,
    notices,
    paths,
)

pytest_plugins = ("tests.vendors.enphase_cloud.clients",)

WANTED = {"inverters_by_night": True}
PATH = "/inverters_summary_by_envoy_or_site"
ONLY_MICROS = frozenset({EVERYTHING, NO_BATTERY, CHARGER})


def page(numbers: Sequence[int]) -> web.Response:
    """Return one page of micro-inverters, in two groups."""
    listed = [{"serial_number": str(number)} for number in numbers]
    groups = [listed[::2], listed[1::2]]
    return web.json_response([{"micro_inverters": group} for group in groups])


@pytest.mark.parametrize(
    "sizes",
    [(0,), (16,), (99,), (100, 0), (100, 1), (100, 100, 50)],
    ids=lambda sizes: str(sum(sizes)),
)
async def test_pages_of_100_until_one_is_not_full(
    client: EnphaseClient, loopback: Loopback, sizes: Sequence[int]
) -> None:
    numbers = iter(range(sum(sizes)))
    loopback.answer(
        *(page([next(numbers) for _ in range(size)]) for size in sizes),
    )
    answer = await client.inverters(SYSTEM)
    found = {each["serial_number"] for each in answer["micro_inverters"]}
    assert found == {str(number) for number in range(sum(sizes))}
    assert [request.path_qs for request in loopback.requests] == [
        f"/api/v4/systems{PATH}?site_id={SYSTEM}&page={number}&size=100"
        for number in range(1, len(sizes) + 1)
    ]


async def test_a_list_that_has_no_pages_is_asked_for_but_twice(
    client: EnphaseClient, loopback: Loopback
) -> None:
    loopback.answer(page(range(100)), page(range(100)))
    answer = await client.inverters(SYSTEM)
    assert len(answer["micro_inverters"]) == 100
    assert len(loopback.requests) == 2


async def test_an_answer_that_is_no_list(
    client: EnphaseClient, loopback: Loopback
) -> None:
    loopback.answer(web.json_response({"micro_inverters": []}))
    with pytest.raises(UnexpectedAnswer, match="no list"):
        await client.inverters(SYSTEM)
    with pytest.raises(UnexpectedAnswer, match="no id"):
        await client.inverters("1&page=2")
    assert len(loopback.requests) == 1


@documented
def test_the_sample_of_the_document() -> None:
    pages: Any = sample(PATH)
    (group,) = pages
    reported = datetime(2020, 9, 18, 11, 17, 23, tzinfo=UTC)
    firmware = "521-00005-r00-v02.32.01"
    assert read_inverters(group) == (
        Counted(Inverter("688346865858", "M215", firmware), 0.232, reported),
        Counted(Inverter("686868727227", "M215", firmware), 0.12, reported),
    )


@pytest.mark.parametrize(
    ("energy", "kilowatt_hours"),
    [
        ({"value": 1234, "units": "Wh"}, 1.234),
        ({"value": "1234"}, 1.234),
        ({"value": 56.7, "units": "kWh"}, 56.7),
        ({"value": 1.5, "units": "MWh"}, 1500),
        (1234, 1.234),
        # What is not known is not zero.
        ({"value": 7, "units": "J"}, None),
        ({"value": -1, "units": "Wh"}, None),
        ({"value": None}, None),
        (None, None),
    ],
)
def test_what_one_has_counted(energy: object, kilowatt_hours: float | None) -> None:
    listed: list[Any] = [{"serial_number": 4822, "energy": energy}, {}, "odd"]
    (counted,) = read_inverters({"micro_inverters": listed})
    assert counted == Counted(Inverter("4822"), kilowatt_hours, None)
    now = datetime(2026, 11, 20, tzinfo=UTC)
    told = [reading.value for reading in inverter_readings([counted], now)]
    assert told == ([] if kilowatt_hours is None else [kilowatt_hours])


def test_an_answer_of_which_nothing_can_be_read() -> None:
    assert read_inverters({"micro_inverters": []}) == ()
    with pytest.raises(UnexpectedAnswer):
        read_inverters({"micro_inverters": [{"id": 1}]})


def counted(driver: Driver, serials: Sequence[str]) -> list[Any]:
    """Return the kWh of some micro-inverters."""
    series = (Series(serial, Quantity.SOLAR) for serial in serials)
    return [driver.readings[each].value for each in series]


def listed(driver: Driver) -> list[str]:
    """Return the micro-inverters that were listed last."""
    lists = [update.meters for _, update in driver.updates if update.meters is not None]
    kind = MeterKind.INVERTER
    return [meter.id for meter in lists[-1] if meter.kind is kind]


async def test_each_of_a_large_system_every_night(
    simulated: Simulated,
    simulator: Simulator,
    api: EnphaseCloudApi,
    installed: datetime,
) -> None:
    """Each is there, hangs on its system, and all together count what it produced."""
    system = api.systems[MICROS]
    system.fitting = replace(system.fitting, modules=230)
    driver = simulated(excluded=ONLY_MICROS, options=WANTED)
    await driver.connect()
    await catch_up(driver)
    assert driver.errors == []
    serials = listed(driver)
    assert len(serials) == 230
    (meters,) = (
        update.meters
        for _, update in driver.updates
        if update.meters and len(update.meters) > 230
    )
    assert {meter.parent for meter in meters if meter.id in serials} == {MICROS}
    assert sum(PATH in path for path in paths(simulator)) == 3

    await driver.run(2 * DAY)
    assert driver.errors == []
    assert sum(PATH in path for path in paths(simulator)) == 9
    house, night = api.house(MICROS), datetime(2026, 10, 29, 8, tzinfo=UTC)
    truth = house.energy(Flow.SOLAR, installed, night)
    # Each has counted whole watt-hours of its share.
    assert sum(counted(driver, serials)) == pytest.approx(truth, abs=0.231)
    heard = driver.readings[Series(serials[0], Quantity.LAST_READING)].value
    assert isinstance(heard, datetime)
    assert night - DAY < heard <= driver.clock()


async def test_nobody_asks_for_them_unasked(
    simulated: Simulated, simulator: Simulator
) -> None:
    driver = simulated(excluded=ONLY_MICROS)
    await driver.connect()
    await catch_up(driver)
    await driver.run(DAY)
    assert listed(driver) == []
    assert not any(PATH in path for path in paths(simulator))


async def test_they_are_not_missed_by_who_wants_them_no_longer(
    open_account: Open,
) -> None:
    driver, cloud = open_account(House("1"), options=WANTED)
    await driver.connect()
    await catch_up(driver)
    serials = frozenset(listed(driver))
    assert len(serials) == 12
    driver.context = replace(driver.context, options={"history_days": 10})
    driver.restart()
    await driver.run(DAY)
    assert all(update.unwanted == serials for _, update in driver.updates[-3:])
    assert len(called(cloud, "/inverters/")) == 1
    driver.context = replace(driver.context, options=WANTED | {"history_days": 10})
    driver.restart()
    await driver.step()
    await catch_up(driver)
    assert frozenset(listed(driver)) == serials
    assert driver.updates[-1][1].unwanted == frozenset()


async def test_those_of_a_system_that_is_unticked_go_with_it(
    open_account: Open,
) -> None:
    driver, cloud = open_account(House("1"), House("2"), options=WANTED)
    await driver.connect()
    await catch_up(driver)
    serials = listed(driver)
    assert len(serials) == 24
    driver.context = replace(driver.context, excluded=frozenset({"2"}))
    driver.restart()
    await driver.run(8 * DAY)
    left = [serial for serial in serials if serial.startswith("480001")]
    assert listed(driver) == left
    assert driver.updates[-1][1].unwanted == {*serials} - {*left}
    assert len(called(cloud, "2/inverters/")) == 1


async def test_they_follow_the_night_and_cost_no_call_more(
    open_account: Open, moving: MovableClock
) -> None:
    """Also where the plan has few calls, and Home Assistant is restarted all the time."""
    driver, cloud = open_account(House("1", inverters=130), options=WANTED)
    await driver.connect()
    await catch_up(driver)
    begin = moving()
    while moving() < begin + 31 * DAY:
        await driver.step()
        driver.restart()
        await driver.step()
    assert driver.errors == []
    asked = [
        job.due
        for job, _ in driver.updates
        if isinstance(job, CloudJob) and job.purpose is Purpose.INVERTERS
    ]
    assert 30 <= len(asked) <= 32
    assert len(called(cloud, "/inverters/")) == 2 * len(asked)
    berlin = ZoneInfo("Europe/Berlin")
    nights = {at.astimezone(berlin).hour for at in asked if at > begin}
    assert nights == {0}
    assert cloud.counted("2026-12") <= 1000
    assert cloud.refused == 0
    assert len(called(cloud, "production_meter/day")) > 200


async def test_a_plan_without_them_is_told_of_and_all_else_goes_on(
    simulated: Simulated, simulator: Simulator, api: EnphaseCloudApi
) -> None:
    deny(api, PATH.strip("/"))
    driver = simulated(excluded=ONLY_MICROS, options=WANTED)
    await driver.connect()
    await catch_up(driver)
    await driver.run(DAY)
    assert driver.errors == []
    (notice,) = notices(driver)
    assert notice.key == "feature_not_in_plan"
    assert notice.values["feature"] == "System Details"
    # The first was asked again with a new token.
    assert sum(PATH in path for path in paths(simulator)) == 2
    assert driver.readings[Series(MICROS, Quantity.SOLAR)].value is not None


async def test_a_list_that_is_empty_for_once_takes_none_away(
    open_account: Open,
) -> None:
    house = House("1")
    driver, _ = open_account(house, options=WANTED)
    await driver.connect()
    await catch_up(driver)
    serials = listed(driver)
    house.inverters = 0
    await driver.run(DAY + timedelta(hours=3))
    assert listed(driver) == serials
