"""Where one thing of a system is younger than the others."""

from datetime import UTC, datetime
from typing import Any

import pytest

from custom_components.meter_hub.metering.model import Series
from custom_components.meter_hub.metering.spans import next_hour
from custom_components.meter_hub.metering.vocabulary import Quantity
from custom_components.meter_hub.vendors.enphase_cloud.client import (
    Granularity,
    Telemetry,
)
from custom_components.meter_hub.vendors.enphase_cloud.errors import WindowRefused
from tests.simulator import MovableClock

from .conftest import Open
from .houses import QUARTER, House
from .model import Cloud
from .steps import DAY, HOUR, called, catch_up

ADDED = datetime(2026, 12, 7, 9, 20, tzinfo=UTC)


class Silent(House):
    """Was off line for nine days."""

    def lacks(self, start: datetime) -> bool:
        """Tell whether an interval was not measured."""
        since = datetime(2026, 12, 12, tzinfo=UTC)
        return since <= start < since + 9 * DAY


def begin_later(
    cloud: Cloud, what: Telemetry, since: datetime, monkeypatch: pytest.MonkeyPatch
) -> list[datetime]:
    """Have the vendor refuse a series before an instant; return when it does."""
    answer, refused = cloud.telemetry, list[datetime]()

    async def telemetry(
        system: str, asked: Telemetry, start: datetime, span: Granularity
    ) -> dict[str, Any]:
        if asked is what and start < since:
            await cloud.hit(f"{system}/{asked}/{span}")
            refused.append(cloud.clock())
            raise WindowRefused(since, cloud.clock())
        return await answer(system, asked, start, span)

    monkeypatch.setattr(cloud, "telemetry", telemetry)
    return refused


async def test_a_battery_that_was_added_later_takes_no_hour_from_others(
    open_account: Open, moving: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own begin with the first whole one, and what was refused is known for good."""
    moving.at = datetime(2026, 12, 10, 13, 22, tzinfo=UTC)
    house = House("1", battery=True)
    driver, cloud = open_account(
        house, limit=50_000, per_minute=50, plan="kilowatt", history=30 * DAY
    )
    refused = begin_later(cloud, Telemetry.BATTERY, ADDED, monkeypatch)
    await driver.connect()
    await catch_up(driver)
    charge = driver.ledger.pages[Series("1", Quantity.BATTERY_CHARGE)]
    assert charge.floor == next_hour(ADDED)
    # The list that comes each week says when the system began.
    moving.advance(7 * DAY)
    await catch_up(driver)
    since, until = datetime(2026, 11, 9, 23, tzinfo=UTC), moving() - HOUR
    keys = {
        Quantity.SOLAR: "production",
        Quantity.HOME: "home",
        Quantity.GRID_IMPORT: "import",
        Quantity.GRID_EXPORT: "export",
        Quantity.BATTERY_CHARGE: "charge",
        Quantity.BATTERY_DISCHARGE: "discharge",
    }
    for quantity, key in keys.items():
        series = Series("1", quantity)
        begins = next_hour(ADDED) if quantity.value.startswith("battery") else since
        hours = {
            row.start: row.state
            for row in driver.rows(series)
            if begins <= row.start <= until - HOUR
        }
        assert len(hours) == int((until - begins) / HOUR), quantity
        for start, energy in hours.items():
            told = sum(
                house.watt_hours(key, start + QUARTER * number, QUARTER)
                for number in range(1, 5)
            )
            assert energy == pytest.approx(told / 1000, abs=1e-3), (quantity, start)
        assert driver.ledger.pages[series].floor == begins
    assert len(called(cloud, "list")) == 2
    assert len(refused) == 1


async def test_the_energy_of_days_moves_no_beginning(
    open_account: Open, moving: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is asked for again after a silence, and begins with the system."""
    moving.at = datetime(2026, 12, 10, 13, 22, tzinfo=UTC)
    driver, cloud = open_account(Silent("1", battery=True), history=30 * DAY)
    begin_later(cloud, Telemetry.BATTERY, ADDED, monkeypatch)
    await driver.connect()
    await catch_up(driver)
    asked = len(called(cloud, "battery_lifetime"))
    charge = Series("1", Quantity.BATTERY_CHARGE)
    floors = set()
    while len(called(cloud, "battery_lifetime")) == asked:
        await driver.run(DAY)
        floors.add(driver.ledger.pages[charge].floor)
    assert floors == {next_hour(ADDED)}
