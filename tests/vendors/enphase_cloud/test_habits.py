"""What an account goes on doing as it began, and what it does again."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from custom_components.meter_hub.metering.model import Series
from custom_components.meter_hub.metering.vocabulary import Quantity
from custom_components.meter_hub.vendors.enphase_cloud.errors import NotInPlan
from custom_components.meter_hub.vendors.enphase_cloud.jobs import CloudJob, Purpose
from tests.simulator import MovableClock
from tests.vendors.driver import Driver

from .accounts import begin
from .conftest import Open
from .houses import QUARTER, House
from .model import Cloud
from .steps import DAY, HOUR, alter, called, catch_up, notices

MICROS_ALONE = {"gateways": [{"serial_number": "122"}]}


async def resume(driver: Driver, days: int) -> None:
    """Make the calls that are due after days in which nobody called."""
    driver.clock.advance(days * DAY)
    await catch_up(driver)


async def test_the_source_of_the_production_is_never_switched(
    open_account: Open,
) -> None:
    """Another one would count from elsewhere; a person hears of it."""
    driver, cloud = open_account(House("1"))
    cloud.sparse = True
    await begin(driver)
    assert notices(driver) == ()
    alter(cloud, "summary", lambda data: data.update(source="microinverters"))
    alter(cloud, "devices", lambda data: data.update(devices=MICROS_ALONE))
    for days in (28, 7):
        await resume(driver, days)
    await driver.run(DAY)
    assert len(called(cloud, "summary")) == 2
    assert called(cloud, "production_meter")
    assert not called(cloud, "production_micro")
    [notice] = notices(driver)
    assert (notice.key, notice.meter) == ("source_changed", "1")
    assert notice.values == {"used": "meter", "told": "micro"}


class Meterless:
    """Has the summary name no source, and the devices no meter until it is seen."""

    def __init__(self, cloud: Cloud) -> None:
        """Answer so from now on."""
        self.is_seen = False
        alter(cloud, "summary", lambda data: data.update(source=None))
        alter(cloud, "devices", self._devices)

    def _devices(self, data: dict[str, Any]) -> None:
        if not self.is_seen:
            data["devices"] = {}


async def test_a_source_that_nobody_names_is_the_one_that_was_read(
    open_account: Open,
) -> None:
    """A meter that is seen later is told of, and not taken instead."""
    driver, cloud = open_account(House("1"))
    cloud.sparse = True
    unnamed = Meterless(cloud)
    await begin(driver)
    assert called(cloud, "production_micro")
    assert notices(driver) == ()
    unnamed.is_seen = True
    await resume(driver, days=7)
    driver.restart()
    before = len(called(cloud, "production_micro"))
    await driver.run(DAY)
    assert len(called(cloud, "production_micro")) > before
    assert not called(cloud, "production_meter")
    [notice] = notices(driver)
    assert (notice.key, notice.meter) == ("source_changed", "1")
    assert notice.values == {"used": "micro", "told": "meter"}


async def test_a_source_whose_details_were_refused_is_the_one_that_was_read(
    open_account: Open,
) -> None:
    driver, cloud = open_account(House("1"))
    cloud.sparse = True
    cloud.faults = lambda name: (
        NotInPlan("not_in_plan") if name.endswith(("/summary", "/devices")) else None
    )
    await begin(driver)
    cloud.faults = lambda _: None
    await resume(driver, days=7)
    await driver.run(DAY)
    assert len(called(cloud, "/summary")) == len(called(cloud, "/devices")) == 2
    assert not called(cloud, "production_meter")
    [notice] = notices(driver)
    assert notice.values == {"used": "micro", "told": "meter"}


async def test_a_source_of_which_nothing_was_read_is_known_once_a_meter_is_seen(
    open_account: Open,
) -> None:
    class WithoutMicros(House):
        """Has an inverter of another maker's behind its meter."""

        def watt_hours(self, key: str, end: datetime, length: timedelta) -> int:
            """Return the energy of an interval."""
            return super().watt_hours(key, end, length) if length == QUARTER else 0

    driver, cloud = open_account(WithoutMicros("1"))
    cloud.sparse = True
    unnamed = Meterless(cloud)
    await begin(driver)
    assert not called(cloud, "production_meter")
    unnamed.is_seen = True
    await resume(driver, days=7)
    before = len(called(cloud, "production_micro"))
    await driver.run(DAY)
    assert called(cloud, "production_meter")
    assert len(called(cloud, "production_micro")) == before
    assert notices(driver) == ()


async def test_what_the_meters_have_counted_is_the_total(
    open_account: Open, moving: MovableClock
) -> None:
    """It goes before the sums of days, and what came since is added."""
    house = House("1")
    driver, cloud = open_account(house)
    moving.at = datetime(2026, 12, 10, 13, 22, tzinfo=UTC)
    read_at = datetime(2026, 12, 10, 12, tzinfo=UTC)
    registers = [
        {"serial_number": serial, "value": value, "read_at": int(read_at.timestamp())}
        for serial, value in (("122EIM1", 9_000_000), ("123EIM1", 345_678))
    ]
    alter(
        cloud,
        "production_registers",
        lambda data: data.update(meter_readings=registers),
    )
    await begin(driver)
    since = sum(
        house.watt_hours("production", read_at + QUARTER * number, QUARTER)
        for number in range(1, 6)
    )
    total = driver.readings[Series("1", Quantity.SOLAR)]
    assert since > 0
    assert total.value == pytest.approx((9_345_678 + since) / 1000, abs=1e-3)
    assert total.measured_at == read_at + 5 * QUARTER


@pytest.mark.parametrize(("number", "is_added"), [(4, True), (5, False)])
async def test_what_is_new_to_an_installer_is_not_ours_to_add(
    number: int, is_added: bool, open_account: Open
) -> None:
    houses = [House(str(each)) for each in range(number)]
    driver, cloud = open_account(*houses)
    cloud.sparse = True
    await driver.connect()
    driver.context = replace(driver.context, excluded=frozenset({"2"}))
    driver.restart()
    await catch_up(driver)
    cloud.houses = {**cloud.houses, "900": House("900")}
    await resume(driver, days=7)
    await driver.run(HOUR)
    assert len(called(cloud, "list")) == 2
    meters = [update.meters for _, update in driver.updates if update.meters][-1]
    assert ("900" in {meter.id for meter in meters}) is is_added
    assert bool(called(cloud, "900/")) is is_added
    assert called(cloud, "1/")
    assert not called(cloud, "2/")


def energy_of(house: House, key: str, since: datetime, until: datetime) -> float:
    """Return the kWh that a house measures in a time."""
    quarters = int((until - since) / QUARTER)
    watt_hours = (
        house.watt_hours(key, since + QUARTER * (number + 1), QUARTER)
        for number in range(quarters)
    )
    return sum(watt_hours) / 1000


async def test_days_and_hours_meet_where_they_met_first(
    open_account: Open, moving: MovableClock
) -> None:
    """Neither a later list moves that, nor an outage after which all is read again."""
    house = House("1")
    driver, cloud = open_account(house)
    moving.at = datetime(2026, 12, 20, 13, 22, tzinfo=UTC)
    await begin(driver)
    await resume(driver, days=7)
    assert len(called(cloud, "list")) == 2
    assert len(called(cloud, "consumption_lifetime")) == 1

    await resume(driver, days=20)
    await driver.run(DAY)
    assert len(called(cloud, "consumption_lifetime")) == 2
    first_hour = datetime(2026, 12, 9, 23, tzinfo=UTC)
    newest = datetime(2027, 1, 16, 23, tzinfo=UTC)
    hours = {
        row.start: row.state
        for row in driver.rows(Series("1", Quantity.HOME))
        if first_hour <= row.start < newest
    }
    assert len(hours) == int((newest - first_hour) / HOUR)
    for start, energy in hours.items():
        told = energy_of(house, "home", start, start + HOUR)
        assert energy == pytest.approx(told, abs=1e-3), start


async def test_the_total_has_what_no_night_has_read(
    open_account: Open, moving: MovableClock
) -> None:
    house = House("1")
    driver, _ = open_account(house)
    moving.at = datetime(2026, 12, 20, 13, 22, tzinfo=UTC)
    await begin(driver)
    await resume(driver, days=20)
    total = driver.readings[Series("1", Quantity.HOME)]
    assert total.measured_at is not None
    assert moving() - total.measured_at < 3 * HOUR
    began = datetime(2025, 12, 31, 23, tzinfo=UTC)
    assert total.value == pytest.approx(
        energy_of(house, "home", began, total.measured_at), abs=1e-2
    )


def nights(driver: Driver) -> list[datetime]:
    """Return when the nights were read."""
    jobs = (job for job, _ in driver.updates)
    return sorted(
        {
            job.due
            for job in jobs
            if isinstance(job, CloudJob)
            and job.purpose is Purpose.NIGHT
            and job.ask == job.asks[0]
        }
    )


async def test_a_day_that_is_reported_late_is_read_again_in_the_morning(
    open_account: Open, moving: MovableClock
) -> None:
    """And only then in the nights that follow, local time being an hour ahead."""
    moving.at = datetime(2026, 12, 10, 13, 22, tzinfo=UTC)
    house = House("1", delay=3 * HOUR)
    driver, _ = open_account(house)
    await begin(driver)
    driver.updates.clear()
    await driver.run(2 * DAY)
    assert nights(driver) == [
        datetime(2026, 12, 10, 23, 52, tzinfo=UTC),
        datetime(2026, 12, 11, 5, 10, tzinfo=UTC),
        datetime(2026, 12, 12, 5, 10, tzinfo=UTC),
    ]
    punctual, _ = open_account(House("1"))
    await begin(punctual)
    punctual.updates.clear()
    await punctual.run(2 * DAY)
    assert [at.time() for at in nights(punctual)] == [time(23, 52)] * 2


async def test_the_night_reads_the_last_hour_of_a_day_of_25(
    open_account: Open, moving: MovableClock
) -> None:
    """A call tells of 24; the first hour is what the polls have read."""
    moving.at = datetime(2026, 10, 24, 13, 22, tzinfo=UTC)
    house = House("1", weeks_of_grid=False)
    driver, _ = open_account(house, limit=50_000, per_minute=50, plan="kilowatt")
    await begin(driver)
    moving.at = datetime(2026, 10, 25, 22, 45, tzinfo=UTC)
    await catch_up(driver)
    driver.updates.clear()
    await driver.run(2 * HOUR)
    last = datetime(2026, 10, 25, 22, tzinfo=UTC)
    for quantity, key in (
        (Quantity.GRID_IMPORT, "import"),
        (Quantity.GRID_EXPORT, "export"),
    ):
        told = [
            interval.energy
            for job, update in driver.updates
            if isinstance(job, CloudJob) and job.purpose is Purpose.NIGHT
            for interval in update.intervals
            if interval.series == Series("1", quantity)
            and last <= interval.start < last + HOUR
        ]
        assert len(told) == 4, quantity
        energy = energy_of(house, key, last, last + HOUR)
        assert sum(each or 0 for each in told) == pytest.approx(energy)
    assert energy_of(house, "import", last, last + HOUR) > 0
