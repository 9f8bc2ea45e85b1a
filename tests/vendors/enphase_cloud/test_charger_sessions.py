"""When the sessions of chargers are asked for, and what becomes of the answers."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from custom_components.meter_hub.metering.model import Series, Value
from custom_components.meter_hub.metering.vocabulary import Quantity
from custom_components.meter_hub.vendors.enphase_cloud.errors import BadRequest
from custom_components.meter_hub.vendors.enphase_cloud.jobs import CloudJob, Purpose
from tests.simulator import Distortion, DistortionKind, Flow, MovableClock, Simulator
from tests.simulator.enphase_cloud import EnphaseCloudApi
from tests.vendors.driver import Driver

from .accounts import begin, count, deny
from .conftest import Open, Simulated
from .houses import House
from .model import Cloud
from .steps import CHARGER, DAY, EVERYTHING, HOUR, OTHERS, notices

BERLIN = ZoneInfo("Europe/Berlin")
SESSION = [quantity for quantity in Quantity if quantity.startswith("session_")]


class Seldom(House):
    """Charges its car in few evenings."""

    evenings: tuple[date, ...] = ()

    def watt_hours(self, key: str, end: datetime, length: timedelta) -> int:
        """Return the energy of an interval."""
        is_evening = (end - length).astimezone(BERLIN).date() in self.evenings
        return super().watt_hours(key, end, length) if key != "ev" or is_evening else 0


def asked(cloud: Cloud) -> list[datetime]:
    """Return when sessions were asked for."""
    return [at for at, name in cloud.calls if name.endswith("/sessions")]


def value(driver: Driver, quantity: Quantity, charger: str = CHARGER) -> Value | None:
    """Return what is known of a charger."""
    reading = driver.readings.get(Series(charger, quantity))
    return reading.value if reading else None


async def test_the_last_session_is_the_simulated_one(
    simulated: Simulated, simulator: Simulator, api: EnphaseCloudApi
) -> None:
    driver = await begin(simulated(excluded=OTHERS))
    assert driver.errors == []
    start, end = (
        value(driver, quantity)
        for quantity in (Quantity.SESSION_START, Quantity.SESSION_END)
    )
    assert isinstance(start, datetime)
    assert isinstance(end, datetime)
    assert start < end < driver.clock()
    house, until = api.house(CHARGER), driver.clock() - HOUR
    energy = house.energy(Flow.EV_CHARGE, start, end)
    assert energy > 1
    assert house.energy(Flow.EV_CHARGE, end, until) == 0
    assert value(driver, Quantity.SESSION_ENERGY) == pytest.approx(energy, abs=0.001)
    assert driver.readings[Series(CHARGER, Quantity.SESSION_ENERGY)].since == start
    assert value(driver, Quantity.SESSION_DURATION) == (end - start).total_seconds()
    charged = value(driver, Quantity.SESSION_CHARGE_TIME)
    assert isinstance(charged, float)
    power = energy * 1000 / (charged / 3600)
    assert value(driver, Quantity.SESSION_POWER) == pytest.approx(power, abs=1)
    assert value(driver, Quantity.SESSION_COST) == pytest.approx(energy * 0.2, abs=0.01)
    assert value(driver, Quantity.CHARGER_STATUS) == "normal"
    assert count(simulator, "/sessions") == 1


async def test_a_charger_is_asked_only_after_it_was_used(
    open_account: Open, moving: MovableClock
) -> None:
    """On the night after, and once at the beginning; a restart costs no call."""
    house = Seldom("1", battery=True, charger="C1")
    house.evenings = date(2026, 12, 2), date(2026, 12, 3), date(2026, 12, 5)
    driver, cloud = open_account(house, history=2 * DAY)
    await begin(driver)
    first = moving()
    while driver.next_job().due < datetime(2026, 12, 8, tzinfo=UTC):
        await driver.step()
        driver.restart()
        await driver.step()
    assert driver.errors == []
    nights = [at.astimezone(BERLIN).date() for at in asked(cloud) if at > first]
    assert len(asked(cloud)) - len(nights) == 1
    assert nights == [day + DAY for day in house.evenings]
    start = datetime(2026, 12, 5, 19, tzinfo=UTC)
    told = {quantity: value(driver, quantity, "C1") for quantity in SESSION}
    assert told == {
        Quantity.SESSION_START: start,
        Quantity.SESSION_END: start + HOUR,
        Quantity.SESSION_ENERGY: 1.6,
        Quantity.SESSION_DURATION: 3600,
        Quantity.SESSION_CHARGE_TIME: 3600,
        Quantity.SESSION_POWER: 1600,
        Quantity.SESSION_COST: None,
    }


async def test_whoever_may_call_often_sees_the_session_that_goes_on(
    open_account: Open, moving: MovableClock
) -> None:
    house = Seldom("1", battery=True, charger="C1")
    house.evenings = (date(2026, 12, 2),)
    moving.at = datetime(2026, 12, 2, 12, 30, tzinfo=UTC)
    driver, cloud = open_account(house, limit=50_000, per_minute=50, plan="kilowatt")
    await begin(driver)
    noon, end = moving(), datetime(2026, 12, 2, 20, tzinfo=UTC)
    await driver.run(end + timedelta(minutes=14) - noon)
    assert value(driver, Quantity.SESSION_ENERGY, "C1") == pytest.approx(1.6)
    assert value(driver, Quantity.SESSION_END, "C1") is None
    assert value(driver, Quantity.EV_POWER, "C1") == pytest.approx(1600)
    await driver.run(16 * HOUR)
    assert value(driver, Quantity.SESSION_END, "C1") == end
    assert value(driver, Quantity.EV_POWER, "C1") == 0
    hours = [at.astimezone(BERLIN).hour for at in asked(cloud) if at > noon]
    assert hours == [21, 22]


async def test_sessions_wait_for_a_day_with_calls_to_spare(
    open_account: Open, moving: MovableClock
) -> None:
    driver, _ = open_account(House("1", battery=True, charger="C1"))
    await driver.connect()
    job = driver.next_job()
    while not (isinstance(job, CloudJob) and job.purpose is Purpose.SESSIONS):
        await driver.step()
        job = driver.next_job()
    assert job.due < moving() + timedelta(minutes=1)
    assert not job.live
    state = driver.backend.state()
    state["spending"]["spent"] = 500
    driver.backend = driver.vendor.build(replace(driver.context, state=state))
    await driver.step()
    tomorrow = datetime(2026, 12, 2, tzinfo=UTC)
    while (job := driver.next_job()).due < tomorrow:
        assert isinstance(job, CloudJob)
        assert job.purpose is not Purpose.SESSIONS
        await driver.step()


async def test_case_13_a_refusal_is_left_alone_for_a_week(
    open_account: Open, moving: MovableClock
) -> None:
    """It is no outage: nobody hears of it, and all else goes on."""
    driver, cloud = open_account(House("1", battery=True, charger="C1"))
    error = BadRequest(["system_id", "offset", "limit"])
    cloud.faults = lambda name: error if name.endswith("/sessions") else None
    await begin(driver)
    assert len(asked(cloud)) == 1
    await driver.run(6 * DAY + 23 * HOUR)
    assert driver.errors == []
    assert notices(driver) == ()
    assert len(asked(cloud)) == 1
    assert value(driver, Quantity.EV_CHARGE, "C1") is not None
    assert not any(Series("C1", each) in driver.readings for each in SESSION)
    cloud.faults = lambda _: None
    await driver.run(2 * DAY)
    assert len(asked(cloud)) > 1
    assert value(driver, Quantity.SESSION_ENERGY, "C1") == pytest.approx(1.6)


async def test_a_plan_without_sessions_is_named(
    simulated: Simulated, simulator: Simulator, api: EnphaseCloudApi
) -> None:
    deny(api, "ev_charger/*/sessions")
    driver = await begin(simulated(excluded=OTHERS))
    assert driver.errors == []
    [notice] = notices(driver)
    assert notice.key == "feature_not_in_plan"
    assert notice.values["feature"] == "EV Charger Monitoring"
    tries = count(simulator, "/sessions")
    await driver.run(DAY)
    assert count(simulator, "/sessions") == tries


async def test_what_a_charger_does_comes_with_the_power(
    simulated: Simulated, simulator: Simulator, api: EnphaseCloudApi
) -> None:
    """And is dropped where the charger has fallen silent."""
    driver = simulated(excluded=OTHERS, plan="watt", options={"schedule": "live_first"})
    driver.clock.at = datetime(2026, 10, 27, 4, 40, tzinfo=UTC)
    await begin(driver)
    await driver.run(DAY)
    updates = [
        {reading.series.quantity: reading for reading in update.readings}
        for _, update in driver.updates
    ]
    told = [update for update in updates if Quantity.CHARGER_MODE in update]
    assert len(told) > 10
    house = api.house(CHARGER)
    for update in told:
        power, mode = update[Quantity.EV_POWER], update[Quantity.CHARGER_MODE]
        at = power.measured_at
        assert at is not None
        assert at == mode.measured_at
        energy = house.energy(Flow.EV_CHARGE, at - timedelta(minutes=15), at)
        assert power.value == pytest.approx(energy * 4000, abs=4)
        assert (mode.value == "Charging") == (energy > 0)
        plugged = update[Quantity.CHARGER_PLUGGED].value
        assert plugged == (mode.value != "Plugged out")
    assert {update[Quantity.CHARGER_MODE].value for update in told} == {
        "Charging",
        "Idle",
        "Plugged out",
    }
    silent_since = driver.clock() - 2 * HOUR
    simulator.add(
        Distortion(
            DistortionKind.LATE,
            "enphase_cloud",
            meter=CHARGER,
            start=silent_since,
            end=silent_since + 3 * DAY,
        )
    )
    driver.updates.clear()
    await driver.run(6 * HOUR)
    readings = [each for _, update in driver.updates for each in update.readings]
    quantities = {each.series.quantity for each in readings}
    assert Quantity.SOLAR_POWER in quantities
    assert not quantities & {Quantity.CHARGER_MODE, Quantity.EV_POWER}
    assert driver.readings[Series(EVERYTHING, Quantity.HOME_POWER)].value is not None
    assert driver.readings[Series(CHARGER, Quantity.EV_POWER)].value_at(driver.clock()) is None  # fmt: skip
