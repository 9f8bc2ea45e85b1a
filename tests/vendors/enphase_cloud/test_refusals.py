"""What an account does about plans, refusals, outages and other limits."""

from datetime import UTC, datetime, timedelta

import pytest

from custom_components.meter_hub.metering.model import Series
from custom_components.meter_hub.metering.vocabulary import Quantity
from custom_components.meter_hub.vendors.base import AuthError
from custom_components.meter_hub.vendors.enphase_cloud.errors import NotInPlan
from tests.simulator import Fault, FaultKind, MovableClock, Simulator
from tests.simulator.enphase_cloud import EnphaseCloudApi, Plan

from .accounts import begin, count, deny
from .conftest import Open, Simulated
from .houses import House
from .steps import (
    CHARGER,
    DAY,
    EVERYTHING,
    HOUR,
    MICROS,
    NO_BATTERY,
    OTHERS,
    called,
    notices,
    paths,
)


async def test_what_the_plan_lacks_is_left_alone_for_a_week(
    simulated: Simulated, simulator: Simulator, api: EnphaseCloudApi
) -> None:
    """A person hears of it, is not asked to sign in, and the rest goes on."""
    deny(api, "telemetry/battery")
    driver = await begin(simulated(excluded=OTHERS))
    assert driver.errors == []
    assert [(each.key, each.meter) for each in notices(driver)] == [
        ("feature_not_in_plan", None)
    ]
    told = notices(driver)[0].values
    assert told["feature"] == "Site Level Consumption Monitoring"
    until = datetime.fromisoformat(told["until"])
    assert 6 * DAY < until - driver.clock() <= 7 * DAY
    assert driver.readings[Series(EVERYTHING, Quantity.SOLAR_POWER)].value is not None
    asked = count(simulator, "telemetry/battery")
    assert asked == 2
    await driver.run(HOUR)
    assert count(simulator, "telemetry/battery") == asked


@pytest.mark.parametrize("what", ["summary", "devices"])
async def test_details_that_the_plan_lacks_are_left_alone_for_a_week(
    what: str, open_account: Open
) -> None:
    """A person hears of it as long, and all that is not told of goes on."""
    driver, cloud = open_account(House("1"))
    cloud.sparse = True
    cloud.faults = lambda name: (
        NotInPlan("not_in_plan") if name.endswith(f"/{what}") else None
    )
    await begin(driver)
    await driver.run(6 * DAY + 23 * HOUR)
    assert driver.errors == []
    [notice] = notices(driver)
    assert (notice.key, notice.meter) == ("feature_not_in_plan", None)
    assert notice.values["feature"] == "System Details"
    for quantity in (Quantity.SOLAR_POWER, Quantity.HOME_POWER, Quantity.GRID_POWER):
        at = driver.readings[Series("1", quantity)].measured_at
        assert at is not None
        assert driver.clock() - at < 4 * HOUR
    assert len(called(cloud, f"/{what}")) == 1
    cloud.faults = lambda _: None
    await driver.run(DAY)
    assert len(called(cloud, f"/{what}")) == 2
    assert notices(driver) == ()


async def test_a_production_that_is_all_there_is_is_an_outage_where_it_is_refused(
    simulated: Simulated, api: EnphaseCloudApi
) -> None:
    driver = await begin(
        simulated(excluded=frozenset({EVERYTHING, NO_BATTERY, CHARGER}))
    )
    deny(api, "telemetry/production_micro")
    await driver.run(8 * HOUR)
    assert driver.errors
    assert all(job.live for job, _ in driver.errors)
    assert not any(isinstance(err, AuthError) for _, err in driver.errors)
    deny(api)
    await driver.run(7 * HOUR)
    assert driver.updates[-1][0].due > driver.errors[-1][0].due


async def test_a_token_that_ends_is_renewed(
    simulated: Simulated, simulator: Simulator, api: EnphaseCloudApi
) -> None:
    driver = await begin(simulated(excluded=OTHERS))
    api.oauth.end_access()
    await driver.run(HOUR)
    assert driver.errors == []


async def test_a_key_that_is_refused_needs_a_person(
    simulated: Simulated, api: EnphaseCloudApi
) -> None:
    driver = simulated()
    await driver.connect()
    api.apps.clear()
    await driver.step()
    assert isinstance(driver.errors[-1][1], AuthError)


async def test_a_month_that_others_have_spent(
    simulated: Simulated, simulator: Simulator, api: EnphaseCloudApi
) -> None:
    """Values stay, a person hears of it, and nobody calls before the month ends."""
    driver = await begin(simulated(excluded=OTHERS))
    app = api.apps[api.credentials["api_key"]]
    app.plan = Plan("Own", 100, app.used("2026-10"))
    await driver.run(HOUR)
    assert driver.errors == []
    assert app.rejected == 1
    [notice] = notices(driver)
    assert (notice.key, notice.meter) == ("calls_spent", None)
    until = datetime.fromisoformat(notice.values["until"])
    assert until == datetime(2026, 11, 1, tzinfo=UTC)
    assert driver.next_job().due == until


async def test_an_outage_is_waited_out(
    simulated: Simulated, simulator: Simulator
) -> None:
    driver = await begin(simulated(excluded=OTHERS, plan="watt"))
    await driver.run(HOUR)
    before = len(paths(simulator))
    simulator.add(Fault(FaultKind.STATUS, "enphase_cloud", status=503, times=10_000))
    await driver.run(DAY)
    assert len(paths(simulator)) - before < 35
    assert driver.errors


async def test_a_system_that_is_gone_is_not_listed(
    simulated: Simulated, api: EnphaseCloudApi
) -> None:
    driver = await begin(simulated(history=2 * DAY, plan="watt"))
    del api.systems[NO_BATTERY]
    driver.updates.clear()
    await driver.run(8 * DAY)
    lists = [update.meters for _, update in driver.updates if update.meters]
    assert {meter.id for meter in lists[-1]} == {EVERYTHING, MICROS, CHARGER}


async def test_whoever_sees_many_systems_is_asked_by_night_alone(
    open_account: Open, moving: MovableClock
) -> None:
    houses = [House(str(number)) for number in range(1, 8)]
    driver, cloud = open_account(*houses)
    cloud.sparse = True
    await driver.connect()
    while driver.next_job().due < datetime(2026, 12, 8, tzinfo=UTC):
        await driver.step()
    of_a_day = [name for at, name in cloud.calls if at.date().day == 5]
    assert of_a_day
    assert all("/week" in name or name in ("token", "list") for name in of_a_day)


async def test_import_and_export_by_days_where_a_week_is_refused(
    open_account: Open, moving: MovableClock
) -> None:
    """Also where a week is asked for, and but its first day answered."""
    house = House("1", weeks_of_grid=False)
    driver, cloud = open_account(house, limit=50_000, per_minute=50, plan="kilowatt")
    moving.at = datetime(2026, 12, 20, 13, 22, tzinfo=UTC)
    await begin(driver)
    grid = [name for _, name in cloud.calls if "energy_import_telemetry" in name]
    assert sum("week" in name for name in grid) == 1
    rows = driver.rows(Series("1", Quantity.GRID_IMPORT))
    hours = [row for row in rows if row.start >= datetime(2026, 12, 9, 23, tzinfo=UTC)]
    assert len(hours) == int((moving() - datetime(2026, 12, 9, 23, tzinfo=UTC)) / HOUR)


async def test_a_balance_that_is_off_is_told(open_account: Open) -> None:
    """And no more once it fits again."""

    class Leaky(House):
        """Consumes what no other meter sees."""

        leak = 60

        def watt_hours(self, key: str, end: datetime, length: timedelta) -> int:
            """Return the energy of an interval."""
            energy = super().watt_hours(key, end, length)
            return energy + (self.leak if key == "home" else 0)

    house = Leaky("1")
    driver, _ = open_account(house)
    await begin(driver)
    [notice] = notices(driver)
    assert (notice.key, notice.meter) == ("balance_off", "1")
    assert notice.values["day"] == "2026-11-30"
    assert float(notice.values["kwh"]) == pytest.approx(0.06 * 96)
    house.leak = 0
    await driver.run(DAY)
    assert notices(driver) == ()


async def test_a_balance_is_judged_in_winter_where_micro_inverters_produce(
    open_account: Open,
) -> None:
    """Its nights are long, and zeros that are provisional for a day and a half."""

    class Dark(House):
        """Has a meter of the consumption alone, which sees too much."""

        @property
        def has_micros_only(self) -> bool:
            """Whether nothing but micro-inverters measures the production."""
            return True

        def watt_hours(self, key: str, end: datetime, length: timedelta) -> int:
            """Return the energy of an interval."""
            energy = super().watt_hours(key, end, length)
            if key == "home":
                return energy + 60
            if 9 <= end.hour < 15:
                return energy
            return super().watt_hours("home", end, length) if key == "import" else 0

    driver, cloud = open_account(Dark("1"))
    await begin(driver)
    assert any("production_micro" in name for _, name in cloud.calls)
    [notice] = notices(driver)
    assert (notice.key, notice.meter) == ("balance_off", "1")
    assert float(notice.values["kwh"]) == pytest.approx(0.06 * 96, abs=0.2)
