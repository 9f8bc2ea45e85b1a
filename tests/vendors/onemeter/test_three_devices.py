"""Three devices of one account, one call a minute."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from custom_components.meter_hub.metering.model import Series
from custom_components.meter_hub.metering.vocabulary import Quantity
from custom_components.meter_hub.vendors import endpoints
from tests.simulator import (
    Distortion,
    DistortionKind,
    Equipment,
    Fault,
    FaultKind,
    House,
    MovableClock,
    Simulator,
    default_houses,
)
from tests.vendors.driver import Driver

from .conftest import PACE

QUARTER = timedelta(minutes=15)


@pytest.fixture
async def simulator(
    moving: MovableClock,
    installed: datetime,
    socket_enabled: None,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Simulator]:
    """Run the cloud with three houses."""
    houses = (*default_houses(), House(3, Equipment(base_watts=300)))
    async with Simulator(clock=moving, houses=houses, installed=installed) as simulator:
        endpoint = endpoints.Endpoint(simulator.url("onemeter"), pace=PACE)
        monkeypatch.setattr(endpoints, "ONEMETER", endpoint)
        yield simulator


async def test_case_14_a_full_listing_is_one_call_per_slot(
    driver: Driver, simulator: Simulator, moving: MovableClock
) -> None:
    driver.ledger.since = moving()
    update = await driver.connect()
    assert len(update.meters or ()) == 3
    before = len(simulator.calls("onemeter"))
    await driver.run(3 * QUARTER)
    calls = simulator.calls("onemeter")[before:]
    assert [call.path for call in calls] == ["/api/devices/"] * 3


async def test_case_14_without_readouts_three_calls_are_spread(
    driver: Driver, simulator: Simulator, moving: MovableClock
) -> None:
    simulator.add(
        Fault(
            FaultKind.MISSING_FIELD,
            "onemeter",
            path="/api/devices/",
            fields=("devices.*.lastReading",),
        )
    )
    driver.ledger.since = moving()
    await driver.connect()
    await driver.run(timedelta(minutes=7))
    before = len(simulator.calls("onemeter"))
    await driver.run(QUARTER)
    calls = simulator.calls("onemeter")[before:]
    meters = simulator.vendor("onemeter").meter_ids
    assert sorted(call.path for call in calls) == [
        f"/api/devices/{meter}" for meter in sorted(meters)
    ]
    assert calls[-1].at - calls[0].at >= 2 * PACE
    for meter in meters:
        assert driver.readings[Series(meter, Quantity.GRID_IMPORT)].value


async def test_a_device_that_was_unticked_costs_no_call(
    driver: Driver, simulator: Simulator, moving: MovableClock
) -> None:
    """Neither its values nor its history are asked for; the other two have both."""
    simulator.add(
        Fault(
            FaultKind.MISSING_FIELD,
            "onemeter",
            path="/api/devices/",
            fields=("devices.*.lastReading",),
        )
    )
    unticked, *picked = sorted(simulator.vendor("onemeter").meter_ids)
    driver.context = replace(driver.context, excluded=frozenset({unticked}))
    driver.restart()
    driver.ledger.since = moving() - timedelta(days=2)
    await driver.connect()
    await driver.run(timedelta(hours=26))
    paths = [call.path for call in simulator.calls("onemeter")]
    assert not [path for path in paths if unticked in path]
    for meter in picked:
        assert f"/api/devices/{meter}" in paths
        assert f"/api/devices/{meter}/readings" in paths


async def test_a_late_reader_that_was_unticked_repeats_no_listing(
    driver: Driver, simulator: Simulator, moving: MovableClock
) -> None:
    late, *_ = sorted(simulator.vendor("onemeter").meter_ids)
    simulator.add(
        Distortion(
            DistortionKind.LATE,
            "onemeter",
            meter=late,
            start=moving(),
            end=moving() + 3 * QUARTER,
            until=moving() + timedelta(hours=2),
        )
    )
    driver.context = replace(driver.context, excluded=frozenset({late}))
    driver.restart()
    driver.ledger.since = moving()
    await driver.connect()
    before = len(simulator.calls("onemeter"))
    await driver.run(3 * QUARTER)
    calls = simulator.calls("onemeter")[before:]
    assert [call.path for call in calls] == ["/api/devices/"] * 3
