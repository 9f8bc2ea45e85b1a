"""Recorded gateways, where they lie beside this repository: grid, battery and home."""

from datetime import timedelta
from typing import Any

import pytest

from custom_components.meter_hub.metering.guard import HeldReason, Rules, check
from custom_components.meter_hub.metering.vocabulary import MeterKind, Quantity

from .conftest import MINUTE, Open, Owner
from .replay import NOW, RECORDED, Replay

pytestmark = pytest.mark.skipif(not RECORDED.exists(), reason="they are not there")

SPLIT = "8.2.4286_with_3cts_and_battery_split"
Q = Quantity


def values(owner: Owner, *quantities: Quantity) -> list[Any]:
    return [owner.value(quantity) for quantity in quantities]


def without_storage_l1(replay: Replay) -> None:
    """Have one phase of the battery read zero, and the total the other phase."""
    readings = replay.get("/ivp/meters/readings")
    storage = readings[2]
    channels = storage["channels"]
    for key, value in channels[0].items():
        if key not in ("eid", "timestamp") and isinstance(value, float):
            channels[0][key] = 0.0
    for key in ("actEnergyDlvd", "actEnergyRcvd", "activePower"):
        storage[key] = channels[1][key]
    replay.set("/ivp/meters/readings", readings)


async def test_case_06_three_current_transformers(open_gateway: Open) -> None:
    owner = await open_gateway(Replay.recorded(SPLIT))
    await owner.connect()
    assert values(owner, Q.SOLAR_POWER, Q.SOLAR) == [7131, 13_431.337]
    assert values(owner, Q.GRID_IMPORT, Q.GRID_EXPORT) == [5855.939, 4173.334]
    assert owner.value(Q.GRID_POWER) == 1750


async def test_case_07_charging_is_no_use(open_gateway: Open) -> None:
    owner = await open_gateway(Replay.recorded(SPLIT))
    await owner.connect()
    assert owner.value(Q.BATTERY_POWER) == -7084
    assert values(owner, Q.BATTERY_CHARGE, Q.BATTERY_DISCHARGE) == [5409.935, 4073.871]
    assert values(owner, Q.BATTERY_LEVEL, Q.BATTERY_AVAILABLE, Q.BATTERY_CAPACITY) == [
        46,
        11.6,
        25,
    ]
    units = [
        owner.value(Q.BATTERY_POWER, meter=meter.id)
        for meter in owner.update.meters or ()
        if meter.kind is MeterKind.BATTERY
    ]
    assert len(units) == 5
    assert sum(unit for unit in units if isinstance(unit, float)) == -6592
    assert owner.value(Q.HOME_POWER) == 1797
    assert not owner.told(Q.HOME)


async def test_case_08_phases(open_gateway: Open) -> None:
    owner = await open_gateway(Replay.recorded(SPLIT))
    await owner.connect()
    assert owner.value(Q.SOLAR_POWER, "l1") == 3562
    assert owner.value(Q.SOLAR_POWER, "l2") == 3569
    assert owner.value(Q.GRID_IMPORT, "l1") == 2817.654
    assert owner.value(Q.GRID_IMPORT, "l2") == 3038.285
    assert owner.value(Q.GRID_EXPORT, "l1") == 2329.054
    assert owner.value(Q.GRID_EXPORT, "l2") == 1844.28
    assert not [channel for *_, channel in owner.readings if channel == "l3"]


async def test_case_09_a_phase_of_the_battery_reads_zero(open_gateway: Open) -> None:
    replay = Replay.recorded(SPLIT)
    replay.set_firmware("8.3.6087")
    without_storage_l1(replay)
    owner = await open_gateway(replay)
    await owner.connect()
    for channel in ("total", "l1"):
        assert owner.value(Q.BATTERY_DISCHARGE, channel) is None
        assert owner.value(Q.BATTERY_POWER, channel) is None
    assert owner.value(Q.BATTERY_DISCHARGE, "l2") == 2037.731
    assert owner.value(Q.HOME_POWER) is None


async def test_case_09_older_firmware_leaves_it_to_the_guard(
    open_gateway: Open,
) -> None:
    replay = Replay.recorded(SPLIT)
    owner = await open_gateway(replay)
    await owner.connect()
    assert owner.value(Q.BATTERY_DISCHARGE) == 4073.871
    without_storage_l1(replay)
    await owner.poll()
    assert owner.value(Q.BATTERY_DISCHARGE) == 2037.731
    state = check(None, 4073.871, NOW, None, Rules()).state
    verdict = check(state, 2037.731, NOW + MINUTE, None, Rules())
    assert verdict.value == 4073.871
    assert verdict.held
    assert verdict.held.reason is HeldReason.RESET_UNCONFIRMED


async def test_case_10_ac_batteries_are_no_inverters(open_gateway: Open) -> None:
    replay = Replay.recorded("8.2.4382_ACB")
    owner = await open_gateway(replay, all_inverters=True)
    await owner.connect()
    kinds = [meter.kind for meter in owner.update.meters or ()]
    assert kinds.count(MeterKind.INVERTER) == 17
    assert values(owner, Q.GRID_IMPORT, Q.GRID_EXPORT) == [14_153.292, 6665.131]
    assert values(owner, Q.GRID_POWER, Q.BATTERY_POWER) == [23, 365]
    assert owner.value(Q.BATTERY_LEVEL) == 39
    acb, iq = f"{replay.serial}_acb", "937196519557"
    assert owner.value(Q.BATTERY_LEVEL, meter=acb) == 25
    assert owner.value(Q.BATTERY_LEVEL, meter=iq) == 54
    assert owner.value(Q.HOME_POWER) == 696


async def test_case_11_three_phases(open_gateway: Open) -> None:
    owner = await open_gateway(Replay.recorded("8.3.5167_3rd-pv"), all_inverters=True)
    await owner.connect()
    assert values(owner, Q.SOLAR_POWER, Q.SOLAR) == [5236, 569.123]
    assert values(owner, Q.GRID_POWER, Q.GRID_IMPORT, Q.GRID_EXPORT) == [
        -4912,
        99.056,
        415.089,
    ]
    assert owner.value(Q.GRID_EXPORT, "l1") == 247.449
    assert values(owner, Q.BATTERY_POWER, Q.BATTERY_LEVEL) == [32, 100]
    assert owner.value(Q.VOLTAGE, "l1") == pytest.approx(237.8, abs=0.05)
    gateway = (owner.update.meters or ())[0].id
    assert (gateway, "total") not in owner.told(Q.VOLTAGE)
    powers = [
        owner.value(Q.SOLAR_POWER, meter=meter.id)
        for meter in owner.update.meters or ()
        if meter.kind is MeterKind.INVERTER
    ]
    assert sum(power for power in powers if isinstance(power, int)) == 3555
    assert len(owner.told(Q.DC_VOLTAGE)) == len(powers) == 12


async def test_case_14_only_the_use_is_measured(open_gateway: Open) -> None:
    owner = await open_gateway(Replay.recorded("8.3.5433_tot_is_net_cons"))
    await owner.connect()
    assert values(owner, Q.SOLAR_POWER, Q.SOLAR) == [353, 14_405.466]
    assert values(owner, Q.HOME_POWER, Q.HOME) == [787, 20_055.053]
    assert owner.value(Q.GRID_POWER) == 434
    gateway = (owner.update.meters or ())[0].id
    for quantity in (Q.GRID_POWER, Q.GRID_IMPORT, Q.GRID_EXPORT):
        assert owner.readings[gateway, quantity, "total"].estimated
    assert values(owner, Q.GRID_IMPORT, Q.GRID_EXPORT) == [0, 0]
    await owner.poll(timedelta(minutes=3))
    assert values(owner, Q.GRID_IMPORT, Q.GRID_EXPORT) == [
        pytest.approx(434 * 3 / 60 / 1000),
        0,
    ]


async def test_case_15_the_gateways_own_figures_flicker(open_gateway: Open) -> None:
    replay = Replay.recorded("8.3.5433_tot_is_net_cons")
    for path in ("/production.json?details=1", "/production.json", "/production"):
        figures = replay.get(path)
        for block in figures["production"]:
            if block["type"] == "eim":
                block["activeCount"] = 0
        replay.set(path, figures)
    owner = await open_gateway(replay)
    await owner.connect()
    assert values(owner, Q.SOLAR_POWER, Q.SOLAR) == [353, 14_405.466]
    assert values(owner, Q.HOME_POWER, Q.HOME) == [787, 20_055.053]
