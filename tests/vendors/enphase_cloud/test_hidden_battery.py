"""Where there is a battery of which the plan tells nothing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from custom_components.meter_hub.metering.model import Meter, Series
from custom_components.meter_hub.metering.vocabulary import Quantity
from custom_components.meter_hub.vendors.base import VendorError
from custom_components.meter_hub.vendors.enphase_cloud import asks
from custom_components.meter_hub.vendors.enphase_cloud.client import Telemetry
from custom_components.meter_hub.vendors.enphase_cloud.errors import NotInPlan
from custom_components.meter_hub.vendors.enphase_cloud.jobs import (
    Ask,
    CloudJob,
    Purpose,
)
from custom_components.meter_hub.vendors.enphase_cloud.known import KnownSystem, Refusal
from custom_components.meter_hub.vendors.enphase_cloud.ladder import (
    EXACT_EACH,
    NIGHTS,
    Rhythm,
    Schedule,
    ladder,
)
from custom_components.meter_hub.vendors.enphase_cloud.schedule import Nights
from custom_components.meter_hub.vendors.enphase_cloud.systems import Source
from tests.simulator import MovableClock, Simulator
from tests.simulator.enphase_cloud import EnphaseCloudApi

from .accounts import begin, count, deny
from .conftest import Open, Simulated
from .houses import QUARTER, House
from .steps import DAY, EVERYTHING, HOUR, OTHERS, notices
from .test_year import Life, assert_within_limits

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 12, 10, 13, 22, tzinfo=UTC)
BATTERY = Ask.telemetry(Telemetry.BATTERY)
SYSTEM = KnownSystem(
    Meter("1", "House"),
    NOW - 10 * DAY,
    source=Source.METER,
    has_consumption=True,
    has_battery=True,
    nights=Nights(NOW.date()),
)
HIDDEN = replace(SYSTEM, refused={BATTERY.name: Refusal(NOW + DAY, not_in_plan=True)})


def refuse_battery(name: str) -> VendorError | None:
    """Refuse the battery as a plan does that lacks it."""
    return NotInPlan("not_in_plan") if Telemetry.BATTERY in name else None


def energy(house: House, key: str, since: datetime, until: datetime) -> float:
    """Return the kWh that a house measures in a time."""
    quarters = int((until - since) / QUARTER)
    return (
        sum(
            house.watt_hours(key, since + QUARTER * number, QUARTER)
            for number in range(1, quarters + 1)
        )
        / 1000
    )


async def test_all_but_the_battery_is_told_by_day(
    open_account: Open, moving: MovableClock
) -> None:
    """As often as a thousand calls a month allow, and as it was measured."""
    moving.at = datetime(2026, 11, 30, 9, tzinfo=UTC)
    house = House("1", battery=True)
    driver, cloud = open_account(house)
    cloud.faults = refuse_battery
    await begin(driver)
    await driver.run(datetime(2026, 12, 1, 6, tzinfo=UTC) - moving())
    driver.updates.clear()
    await driver.run(2 * DAY)
    whole = len(driver.updates)
    cloud.sparse = True
    end = datetime(2027, 1, 1, tzinfo=UTC)
    while (job := driver.backend.plan(moving(), ())) and job.due < end:
        moving.at = max(job.due, moving())
        driver.updates.append((job, await driver.backend.fetch(job)))
    powers = {
        Quantity.GRID_POWER: ("import", "export"),
        Quantity.HOME_POWER: ("home", None),
        Quantity.SOLAR_POWER: ("production", None),
    }
    days = {
        Quantity.GRID_IMPORT_TODAY: "import",
        Quantity.GRID_EXPORT_TODAY: "export",
        Quantity.HOME_TODAY: "home",
    }
    told: dict[Quantity, list[datetime]] = {each: [] for each in (*powers, *days)}
    for number, (job, update) in enumerate(driver.updates):
        for reading in update.readings:
            quantity, at = reading.series.quantity, reading.measured_at
            if quantity not in told:
                continue
            assert at is not None
            told[quantity].append(job.due)
            if quantity in powers:
                plus, minus = powers[quantity]
                truth = 4.0 * house.watt_hours(plus, at, QUARTER)
                if minus:
                    truth -= 4 * house.watt_hours(minus, at, QUARTER)
            elif number < whole:
                assert reading.since is not None
                truth = energy(house, days[quantity], reading.since, at)
            else:
                # Of the energy of these days the model tells but the ends.
                continue
            assert reading.value == pytest.approx(truth, abs=1e-3), (quantity, at)
    for quantity, instants in told.items():
        polls = sorted({at.replace(minute=0, second=0) for at in instants})
        by_day = [
            later - at
            for at, later in pairwise(polls)
            if 6 <= at.astimezone(BERLIN).hour < 15
        ]
        assert len(by_day) > 80, quantity
        assert max(by_day) <= 3 * HOUR, quantity
    assert 800 <= cloud.counted("2026-12") <= 1000
    assert cloud.refused == 0


async def test_the_poll_that_a_refusal_comes_in_tells_the_grid_as_well(
    simulated: Simulated, simulator: Simulator, api: EnphaseCloudApi
) -> None:
    """On any plan, with hours that are those of the meters, and no battery in them."""
    deny(api, "telemetry/battery")
    driver = await begin(simulated(excluded=OTHERS, plan="watt"))
    for quantity in (
        Quantity.GRID_POWER,
        Quantity.GRID_IMPORT_TODAY,
        Quantity.GRID_EXPORT_TODAY,
        Quantity.HOME_POWER,
        Quantity.HOME_TODAY,
    ):
        assert driver.readings[Series(EVERYTHING, quantity)].value is not None, quantity
    assert Series(EVERYTHING, Quantity.BATTERY_POWER) not in driver.readings
    asked = count(simulator, "telemetry/battery")
    await driver.run(DAY)
    assert count(simulator, "telemetry/battery") == asked
    assert driver.errors == []


async def test_a_battery_that_is_told_again_is_asked_for_again(
    open_account: Open, moving: MovableClock
) -> None:
    driver, cloud = open_account(House("1", battery=True))
    cloud.sparse = True
    cloud.faults = refuse_battery
    await begin(driver)
    cloud.faults = lambda _: None
    await driver.run(8 * DAY)
    assert Series("1", Quantity.BATTERY_CHARGE_TODAY) in driver.readings
    polls = [
        job
        for job, _ in driver.updates
        if isinstance(job, CloudJob) and job.purpose is Purpose.POLL
    ]
    assert polls[-1].asks[-1] == BATTERY
    assert len(polls[-1].asks) == 3


@pytest.mark.parametrize("per_month", [150, 1000, 3000])
async def test_a_month_has_no_call_too_many(
    per_month: int,
    open_account: Open,
    moving: MovableClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is asked for in vain each week, at the price of three calls."""
    moving.at = datetime(2026, 12, 30, 11, tzinfo=UTC)
    driver, cloud = open_account(
        House("1", battery=True),
        limit=per_month,
        plan="own",
        credentials={"calls_per_minute": 10, "calls_per_month": per_month},
    )
    cloud.sparse, hit = True, cloud.hit

    async def refusing(name: str) -> None:
        await hit(name)
        if Telemetry.BATTERY in name:
            # Once more with another token, then for what every plan allows.
            await hit(name)
            await hit("list")
            raise NotInPlan("not_in_plan")

    monkeypatch.setattr(cloud, "hit", refusing)
    await driver.connect()
    life = Life(driver, cloud)
    cloud.faults = life.fault
    await life.live(datetime(2027, 2, 2, tzinfo=UTC))
    assert_within_limits(cloud)
    assert cloud.refused == 0
    assert cloud.counted("2027-01") > per_month * 0.8
    in_vain = sum(Telemetry.BATTERY in name for _, name in cloud.calls)
    assert in_vain <= 2 * 6


async def test_a_balance_that_lacks_the_battery_is_not_said_to_be_off(
    open_account: Open,
) -> None:
    """What the battery gives or takes would be all that is off."""
    driver, cloud = open_account(House("1", battery=True))
    cloud.faults = refuse_battery
    await begin(driver)
    for _ in range(3):
        await driver.run(DAY)
        assert [each.key for each in notices(driver)] == ["feature_not_in_plan"]
    nights = [
        job
        for job, _ in driver.updates
        if isinstance(job, CloudJob) and job.purpose is Purpose.NIGHT
    ]
    assert Ask.telemetry(Telemetry.IMPORT) in nights[-1].asks
    assert nights[-1].at != nights[0].at


async def test_a_balance_that_was_off_is_not_said_to_be_once_the_battery_is_hidden(
    open_account: Open,
) -> None:
    class Leaky(House):
        """Consumes what no other meter sees."""

        def watt_hours(self, key: str, end: datetime, length: timedelta) -> int:
            """Return the energy of an interval."""
            return super().watt_hours(key, end, length) + (60 if key == "home" else 0)

    driver, cloud = open_account(Leaky("1", battery=True))
    await begin(driver)
    await driver.run(DAY)
    assert [each.key for each in notices(driver)] == ["balance_off"]
    cloud.faults = refuse_battery
    await driver.run(DAY)
    assert [each.key for each in notices(driver)] == ["feature_not_in_plan"]


def test_what_polls_ask_for() -> None:
    """A battery that is told of stands for import and export, where these are dear."""
    derived, exact = Rhythm(180, 240), Rhythm(15, 15, exact=True)

    def poll(known: KnownSystem, rhythm: Rhythm) -> list[str]:
        return [each.of for each in asks.poll(known, rhythm, energy=True)]

    production, home = Telemetry.PRODUCTION_METER, Telemetry.CONSUMPTION
    grid = [Telemetry.IMPORT, Telemetry.EXPORT]
    assert poll(SYSTEM, derived) == [production, home, Telemetry.BATTERY]
    assert poll(SYSTEM, exact) == [production, *grid, Telemetry.BATTERY]
    for rhythm in (derived, exact):
        assert poll(HIDDEN, rhythm) == [production, home, *grid]
    no_battery = replace(HIDDEN, has_battery=False)
    assert poll(no_battery, derived) == [production, home]
    assert poll(no_battery, exact) == [production, *grid]


def test_a_light_night_leaves_the_grid_out_as_ever() -> None:
    at = datetime(2026, 12, 10, 23, tzinfo=UTC)
    nights = [at + DAY * number for number in range(EXACT_EACH)]
    lengths = [len(asks.night(HIDDEN, NIGHTS[1], night)) for night in nights]
    assert sorted(lengths) == [2, 2, 4]


@pytest.mark.parametrize("schedule", Schedule)
@pytest.mark.parametrize("has_battery", [True, False])
@pytest.mark.parametrize(
    "lacks",
    [
        (),
        (Telemetry.BATTERY,),
        (Telemetry.BATTERY, Telemetry.IMPORT),
        (Telemetry.BATTERY, Telemetry.CONSUMPTION),
        (Telemetry.EXPORT,),
    ],
)
def test_a_rhythm_costs_what_is_asked_for(
    lacks: tuple[Telemetry, ...], has_battery: bool, schedule: Schedule
) -> None:
    """Or else a month would have too many calls."""
    refused = {Ask.telemetry(each).name: Refusal(NOW + DAY) for each in lacks}
    known = replace(SYSTEM, refused=refused, has_battery=has_battery)
    parts = asks.parts(known)
    nights = [NOW + timedelta(days=number) for number in range(EXACT_EACH)]
    for rhythm in ladder(schedule, parts, (360, 1080)):
        polls = sum(
            len(asks.poll(known, rhythm, energy=rhythm.is_for_energy(number)))
            for number in range(len(rhythm.polls))
        )
        of_nights = [len(asks.night(known, rhythm, night)) for night in nights]
        cost = polls + sum(of_nights) / len(of_nights) / rhythm.every
        assert rhythm.cost(parts) == pytest.approx(cost), rhythm
