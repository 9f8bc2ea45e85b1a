"""The energy of days is asked for until it was told, by just the calls that it takes."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from custom_components.meter_hub.metering.model import Series
from custom_components.meter_hub.metering.vocabulary import Quantity
from custom_components.meter_hub.vendors.base import UnexpectedAnswer, VendorError
from custom_components.meter_hub.vendors.enphase_cloud.errors import NotInPlan
from custom_components.meter_hub.vendors.enphase_cloud.jobs import CloudJob, Purpose
from tests.simulator import MovableClock
from tests.vendors.driver import Driver

from .accounts import begin
from .conftest import Open
from .houses import House
from .model import Cloud
from .steps import DAY, alter, called

BEGAN = datetime(2026, 11, 19, 23, tzinfo=UTC)
AFTERNOON = datetime(2026, 12, 10, 13, 22, tzinfo=UTC)

FIRST = ["energy_lifetime", "consumption_lifetime", "energy_import_lifetime"]
BATTERY = "battery_lifetime"


def counted(cloud: Cloud) -> Counter[str]:
    """Return how often each energy of days was asked for."""
    return Counter(
        name.partition("/")[2].partition("/2")[0] for name in called(cloud, "lifetime")
    )


def total_of(driver: Driver, meter: str, quantity: Quantity) -> float | None:
    """Return a total in kWh."""
    reading = driver.readings.get(Series(meter, quantity))
    value = reading.value if reading else None
    assert value is None or isinstance(value, float | int)
    return value


async def test_a_battery_and_a_charger_that_are_added_later_have_totals(
    open_account: Open, moving: MovableClock
) -> None:
    """Nothing else is asked for again, and the calls are of the day's plan."""
    moving.at = AFTERNOON
    house = House("1", begins=BEGAN)
    driver, cloud = open_account(house)
    await begin(driver)
    driver.updates.clear()
    before = counted(cloud)
    assert before == dict.fromkeys((*FIRST, "energy_export_lifetime"), 1)
    house.battery, house.charger = True, "C"
    await driver.run(9 * DAY)
    assert counted(cloud) - before == {BATTERY: 1, "C/lifetime": 1}
    later = [
        job.planned
        for job, _ in driver.updates
        if isinstance(job, CloudJob) and job.purpose is Purpose.LIFETIMES
    ]
    assert later == [True, True]
    # Of each day since the house began, the charger gave 1.6 kWh, the last one's
    # at eight in the evening.
    days = (moving() - BEGAN) // DAY
    assert total_of(driver, "C", Quantity.EV_CHARGE) == pytest.approx(1.6 * days)
    for quantity, key in (
        (Quantity.BATTERY_CHARGE, "charge"),
        (Quantity.BATTERY_DISCHARGE, "discharge"),
    ):
        a_day = house.day_energy(key, AFTERNOON.date()) / 1000
        total = total_of(driver, "1", quantity)
        assert total is not None
        assert days * a_day < total < (days + 1) * a_day


@pytest.mark.parametrize(
    ("error", "tries"),
    [(NotInPlan("not_in_plan"), 1), (UnexpectedAnswer("unexpected_answer"), 5)],
    ids=["401", "unreadable"],
)
async def test_what_was_refused_is_asked_for_again_in_a_week(
    error: VendorError, tries: int, open_account: Open, moving: MovableClock
) -> None:
    moving.at = AFTERNOON
    driver, cloud = open_account(House("1", begins=BEGAN))
    cloud.faults = lambda name: error if "consumption_lifetime" in name else None
    await driver.connect()
    await driver.run(6 * DAY)
    assert counted(cloud)["consumption_lifetime"] == tries
    assert total_of(driver, "1", Quantity.HOME) is None
    cloud.faults = lambda _: None
    await driver.run(3 * DAY)
    assert counted(cloud)["consumption_lifetime"] == tries + 1
    assert counted(cloud)["energy_lifetime"] == 1
    assert total_of(driver, "1", Quantity.HOME) is not None


async def test_a_battery_without_a_day_that_is_closed_has_its_total_soon(
    open_account: Open, moving: MovableClock
) -> None:
    moving.at = AFTERNOON
    driver, cloud = open_account(House("1", battery=True, begins=BEGAN))

    def young(data: dict[str, Any]) -> None:
        if "charge" in data:
            days = (moving().date() - AFTERNOON.date()).days
            data["start_date"] = AFTERNOON.date().isoformat()
            data |= {key: data[key][-days:] if days else [] for key in ("charge",)}

    alter(cloud, "lifetime", young)
    await begin(driver)
    assert total_of(driver, "1", Quantity.BATTERY_CHARGE) is None
    await driver.run(8 * DAY)
    assert total_of(driver, "1", Quantity.BATTERY_CHARGE) is not None
    assert counted(cloud)[BATTERY] == 2


async def test_who_has_none_of_it_is_asked_once_a_week(
    open_account: Open, moving: MovableClock
) -> None:
    moving.at = AFTERNOON
    driver, cloud = open_account(House("1", battery=True, begins=BEGAN))
    alter(cloud, "lifetime", lambda data: data.update({key: [] for key in data}))
    await begin(driver)
    asked = counted(cloud)
    await driver.run(13 * DAY)
    assert counted(cloud) == {name: 2 * times for name, times in asked.items()}


async def test_a_state_that_does_not_say_what_was_told_has_it_told_once_more(
    open_account: Open, moving: MovableClock
) -> None:
    """So former versions left it; what their totals lack is made up for."""
    moving.at = AFTERNOON
    driver, cloud = open_account(House("1", begins=BEGAN))
    await begin(driver)
    asked = counted(cloud)
    state = driver.backend.state()
    del state["systems"]["1"]["lifetimes"]
    driver.backend = driver.vendor.build(replace(driver.context, state=state))
    await driver.run(3 * DAY)
    assert counted(cloud) == {name: 2 * times for name, times in asked.items()}
