"""What an account tells, after its sign-in and after a restart."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from custom_components.meter_hub.metering.model import Series
from custom_components.meter_hub.metering.vocabulary import MeterKind, Quantity
from custom_components.meter_hub.vendors.base import UnexpectedAnswer
from tests.simulator import Fault, FaultKind, MovableClock, Simulator
from tests.simulator.enphase_cloud import EnphaseCloudApi

from .accounts import count
from .conftest import Open, Simulated
from .houses import House
from .steps import (
    CHARGER,
    DAY,
    EVERYTHING,
    HOUR,
    NO_BATTERY,
    OTHERS,
    catch_up,
    notices,
    paths,
)


async def test_signing_in_is_one_call(
    simulated: Simulated, simulator: Simulator, api: EnphaseCloudApi
) -> None:
    driver = simulated()
    account = await driver.backend.connect()
    assert paths(simulator) == [""]
    assert account.unique_id == EVERYTHING
    assert account.title == "Enphase"
    assert account.meter_ids == frozenset(api.systems)
    named = simulated(credentials={"account": api.oauth.enl_uid})
    assert (await named.backend.connect()).unique_id == api.oauth.enl_uid


async def test_a_gateway_is_enough(
    simulated: Simulated, simulator: Simulator, api: EnphaseCloudApi
) -> None:
    serial = api.systems[NO_BATTERY].gateways[0]
    driver = simulated(credentials={"gateway_serial": f" {serial} "})
    account = await driver.backend.connect()
    assert account.meter_ids == {NO_BATTERY}
    assert account.title == f"Enphase {(account.update.meters or ())[0].name}"
    assert len(paths(simulator)) == 2
    unknown = simulated(credentials={"gateway_serial": "999999999999"})
    with pytest.raises(UnexpectedAnswer, match="gateway_unknown"):
        await unknown.backend.connect()


async def test_a_gateway_that_is_named_no_more(
    simulated: Simulated, api: EnphaseCloudApi
) -> None:
    """All systems are there again once the field is empty."""
    serial = api.systems[EVERYTHING].gateways[0]
    named = simulated(credentials={"gateway_serial": serial})
    await named.connect()
    emptied = simulated(credentials={"gateway_serial": ""})
    emptied.context = replace(emptied.context, state=named.backend.state())
    emptied.backend = emptied.vendor.build(emptied.context)
    update = await emptied.connect()
    assert {meter.id for meter in update.meters or ()} >= set(api.systems)


async def test_the_system_of_a_gateway_stays_the_only_one_where_all_is_forgotten(
    simulated: Simulated, simulator: Simulator, api: EnphaseCloudApi
) -> None:
    """The others may be a customer's; it is found by one more call, and only then."""
    serial = api.systems[NO_BATTERY].gateways[0]
    driver = simulated(credentials={"gateway_serial": serial}, plan="watt")
    await driver.connect()
    driver.backend = driver.vendor.build(driver.context)
    path = "*/retrieve_system_id"
    simulator.add(
        Fault(FaultKind.STATUS, "enphase_cloud", path=path, status=503, times=1)
    )
    await driver.step()
    assert len(driver.errors) == 1
    await driver.run(8 * DAY)
    listed = [update.meters for _, update in driver.updates if update.meters]
    assert {meter.id for meters in listed for meter in meters} == {NO_BATTERY}
    assert count(simulator, "retrieve_system_id") == 3
    assert paths(simulator).count("") == 3


async def test_own_limits_are_needed_before_a_call(
    simulated: Simulated, simulator: Simulator
) -> None:
    driver = simulated(credentials={"plan": "own", "calls_per_month": 2000})
    with pytest.raises(UnexpectedAnswer, match="limits_needed"):
        await driver.backend.connect()
    assert paths(simulator) == []


async def test_all_that_a_system_tells(
    simulated: Simulated, simulator: Simulator, moving: MovableClock
) -> None:
    driver = simulated(excluded=OTHERS)
    await driver.connect()
    await catch_up(driver)
    assert not any(other in path for other in OTHERS for path in paths(simulator))
    listed = [update.meters for _, update in driver.updates if update.meters][-1]
    charger = next(meter for meter in listed if meter.kind is MeterKind.EV_CHARGER)
    assert (charger.id, charger.parent) == (CHARGER, EVERYTHING)
    gateway = next(meter for meter in listed if meter.id == EVERYTHING)
    assert gateway.kind is MeterKind.GATEWAY
    assert gateway.serial
    assert gateway.firmware
    told = {
        series.quantity
        for series, reading in driver.readings.items()
        if series.meter == EVERYTHING and reading.value is not None
    }
    assert told == {
        Quantity.SOLAR,
        Quantity.HOME,
        Quantity.GRID_IMPORT,
        Quantity.GRID_EXPORT,
        Quantity.BATTERY_CHARGE,
        Quantity.BATTERY_DISCHARGE,
        Quantity.SOLAR_TODAY,
        Quantity.HOME_TODAY,
        Quantity.GRID_IMPORT_TODAY,
        Quantity.GRID_EXPORT_TODAY,
        Quantity.BATTERY_CHARGE_TODAY,
        Quantity.BATTERY_DISCHARGE_TODAY,
        Quantity.SOLAR_POWER,
        Quantity.HOME_POWER,
        Quantity.GRID_POWER,
        Quantity.BATTERY_POWER,
        Quantity.BATTERY_LEVEL,
        Quantity.BATTERY_CAPACITY,
        Quantity.MAX_CHARGE_POWER,
        Quantity.MAX_DISCHARGE_POWER,
        Quantity.SYSTEM_SIZE,
        Quantity.MODULES,
        Quantity.SYSTEM_STATUS,
        Quantity.METER_PROBLEM,
        Quantity.LAST_READING,
        Quantity.LAST_HOUR,
        Quantity.DATA_DELAY,
    }
    assert Series(CHARGER, Quantity.EV_CHARGE) in driver.readings
    for series, reading in driver.readings.items():
        if series.quantity.value.endswith("_power") and reading.measured_at:
            assert moving() - reading.measured_at <= HOUR
            assert reading.valid_until is not None
            assert reading.valid_until > moving() + HOUR
    assert notices(driver) == ()


async def test_powers_and_totals_follow_from_the_energy(
    open_account: Open, moving: MovableClock
) -> None:
    """The model's numbers are known: each reading is what it should be."""
    house = House("1", battery=True)
    driver, cloud = open_account(house)
    moving.at = datetime(2026, 12, 10, 13, 22, tzinfo=UTC)
    await driver.connect()
    await catch_up(driver)
    end = datetime(2026, 12, 10, 13, 15, tzinfo=UTC)
    quarter = timedelta(minutes=15)

    def watts(key: str) -> float:
        return 4 * house.watt_hours(key, end, quarter)

    powers = {
        Quantity.SOLAR_POWER: watts("production"),
        Quantity.HOME_POWER: watts("home"),
        Quantity.GRID_POWER: watts("import") - watts("export"),
        Quantity.BATTERY_POWER: watts("discharge") - watts("charge"),
    }
    for quantity, power in powers.items():
        reading = driver.readings[Series("1", quantity)]
        assert (reading.value, reading.measured_at) == (power, end)
    for quantity, key in (
        (Quantity.SOLAR, "production"),
        (Quantity.HOME, "home"),
        (Quantity.GRID_IMPORT, "import"),
        (Quantity.GRID_EXPORT, "export"),
        (Quantity.BATTERY_CHARGE, "charge"),
        (Quantity.BATTERY_DISCHARGE, "discharge"),
    ):
        begins = datetime(2025, 12, 31, 23, tzinfo=UTC)
        ever = sum(
            house.watt_hours(key, begins + quarter * number, quarter)
            for number in range(1, int((end - begins) / quarter) + 1)
        )
        midnight = datetime(2026, 12, 9, 23, tzinfo=UTC)
        today = sum(
            house.watt_hours(key, midnight + quarter * number, quarter)
            for number in range(1, int((end - midnight) / quarter) + 1)
        )
        total = driver.readings[Series("1", quantity)]
        assert total.value == pytest.approx(ever / 1000, abs=1e-3), quantity
        day = driver.readings[Series("1", Quantity[f"{quantity.name}_TODAY"])]
        assert day.value == pytest.approx(today / 1000, abs=1e-3), quantity
        assert day.since == midnight
    assert cloud.refused == 0


async def test_days_before_the_hours(open_account: Open, moving: MovableClock) -> None:
    """A day is told either as one or by its hours; the sum is that of all days."""
    house = House("1")
    driver, _ = open_account(house, limit=50_000, plan="kilowatt", per_minute=50)
    moving.at = datetime(2026, 12, 20, 13, 22, tzinfo=UTC)
    await driver.connect()
    await catch_up(driver)
    first_hour = datetime(2026, 12, 9, 23, tzinfo=UTC)
    for quantity, key in ((Quantity.SOLAR, "production"), (Quantity.HOME, "home")):
        rows = driver.rows(Series("1", quantity))
        days = [row for row in rows if row.start < first_hour]
        assert len(days) == 342 + 1
        assert {row.start.hour for row in days} == {10, 11}
        for row in days:
            energy = house.day_energy(key, row.start.date())
            assert row.state == pytest.approx(energy / 1000)
        hours = [row for row in rows if row.start >= first_hour]
        assert hours[0].start == first_hour
        assert len(hours) == int((moving() - first_hour) / HOUR)


async def test_a_restart_costs_no_call_and_reads_nothing_twice(
    open_account: Open, moving: MovableClock
) -> None:
    """Even in the middle of calls that belong together."""
    calm, cloud_of_calm = open_account(House("1", battery=True, charger="C1"))
    await calm.connect()
    while calm.next_job().due < datetime(2026, 12, 2, tzinfo=UTC):
        await calm.step()
    expected = [name for _, name in cloud_of_calm.calls]

    moving.at = datetime(2026, 12, 1, 0, 30, tzinfo=UTC)
    driver, cloud = open_account(House("1", battery=True, charger="C1"))
    await driver.connect()
    while driver.next_job().due < datetime(2026, 12, 2, tzinfo=UTC):
        await driver.step()
        driver.restart()
        before = len(cloud.calls)
        await driver.step()
        assert len(cloud.calls) == before
    assert [name for _, name in cloud.calls] == expected
    assert {s: r.value for s, r in driver.readings.items()} == {
        s: r.value for s, r in calm.readings.items()
    }
    for series in calm.ledger.books:
        assert driver.rows(series) == calm.rows(series)


@pytest.mark.parametrize(
    "state",
    [
        {"systems": 1},
        {"systems": {"1": {"about": {}}}},
        {"systems": {"1": None}, "spending": "much"},
        {"listed_at": "yesterday"},
    ],
)
async def test_garbage_is_forgotten(
    state: dict[str, object], open_account: Open
) -> None:
    driver, _ = open_account(House("1"))
    backend = driver.vendor.build(replace(driver.context, state=state))
    job = backend.plan(driver.clock(), ())
    assert job is not None
    update = await backend.fetch(job)
    assert [meter.id for meter in update.meters or ()] == ["1"]
