"""Nights without import and export, which follow from all else by quarter hours."""

from datetime import UTC, datetime, timedelta
from typing import override

import pytest

from custom_components.meter_hub.metering.model import Series
from custom_components.meter_hub.metering.vocabulary import Quantity
from custom_components.meter_hub.vendors.enphase_cloud.client import Telemetry
from custom_components.meter_hub.vendors.enphase_cloud.jobs import CloudJob, Purpose
from tests.simulator import MovableClock
from tests.vendors.driver import Driver

from .accounts import begin
from .conftest import Open
from .houses import QUARTER, House
from .steps import DAY

BEGAN = datetime(2026, 11, 19, 23, tzinfo=UTC)

GRID = {Quantity.GRID_IMPORT: "import", Quantity.GRID_EXPORT: "export"}

BOTH = 20
"""Wh that flow either way within a quarter hour of light."""


class TurningHouse(House):
    """Takes and gives within each quarter hour in which the sun shines."""

    @override
    def watt_hours(self, key: str, end: datetime, length: timedelta) -> int:
        is_grid = key in GRID.values()
        is_lit = bool(super().watt_hours("production", end, length))
        return super().watt_hours(key, end, length) + BOTH * (is_grid and is_lit)

    def netted(self, key: str, end: datetime) -> int:
        """Return what follows from all else."""
        return super().watt_hours(key, end, QUARTER)


def nights(driver: Driver, house: House) -> dict[datetime, bool]:
    """Return the nights of a house, and whether they asked for import and export."""
    return {
        job.at: any(ask.of == Telemetry.IMPORT for ask in job.asks)
        for job, _ in driver.updates
        if isinstance(job, CloudJob)
        and job.purpose is Purpose.NIGHT
        and job.system == house.id
        and job.at is not None
    }


async def test_they_leave_what_other_nights_have_read(
    open_account: Open, moving: MovableClock
) -> None:
    moving.at = datetime(2026, 12, 1, 13, 22, tzinfo=UTC)
    houses = [TurningHouse(str(number), begins=BEGAN) for number in (1, 2, 3)]
    driver, _ = open_account(*houses)
    await begin(driver)
    await driver.run(13 * DAY)
    after_each: set[bool] = set()
    for house in houses:
        read = nights(driver, house)
        exact_until = max(at for at, is_exact in read.items() if is_exact)
        after_each.add(exact_until < max(read))
        assert list(read.values()).count(False) > 6
        for quantity, key in GRID.items():
            total = driver.readings[Series(house.id, quantity)]
            assert total.measured_at is not None
            expected, end = 0, BEGAN
            while end < total.measured_at:
                end += QUARTER
                if end <= exact_until:
                    expected += house.watt_hours(key, end, QUARTER)
                else:
                    expected += house.netted(key, end)
            assert total.value == pytest.approx(expected / 1000, abs=0.01)
    assert True in after_each, "a light night was the last one"
