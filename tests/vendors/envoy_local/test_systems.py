"""Which of a house's flows are told, by what is installed."""

from datetime import timedelta
from typing import Any

import pytest

from custom_components.meter_hub.metering.vocabulary import MeterKind, Quantity

from .conftest import MINUTE, Open, Owner
from .house import (
    BATTERY,
    NET,
    PRODUCTION,
    SERIAL,
    STORAGE,
    TOTAL,
    a_house,
    add_battery,
    device_data,
    production,
    reading,
    unmetered,
)
from .replay import Replay

Q = Quantity
READINGS = "/ivp/meters/readings"

P = reading(PRODUCTION, 3000, 5_000_000, 10)
N = reading(NET, -200, 900_000, 40_000)
S = reading(STORAGE, -800, 300_000, 350_000)
T = reading(TOTAL, 2000, 7_000_000, 3)

FLOWS = (
    Q.SOLAR_POWER,
    Q.SOLAR,
    Q.GRID_POWER,
    Q.GRID_IMPORT,
    Q.GRID_EXPORT,
    Q.BATTERY_POWER,
    Q.BATTERY_CHARGE,
    Q.BATTERY_DISCHARGE,
    Q.HOME_POWER,
    Q.HOME,
)


def measured(*readings: Any) -> Replay:
    replay = a_house(cts=tuple(each["eid"] for each in readings))
    replay.set(READINGS, list(readings))
    return replay


def with_battery(replay: Replay, milliwatts: int = -800_000) -> Replay:
    add_battery(replay, milliwatts)
    return replay


def with_own_meter(replay: Replay) -> Replay:
    """Have the gateway not tell of its current transformers."""
    replay.break_path("/ivp/meters", 404)
    return replay


def flows(owner: Owner) -> dict[Quantity, Any]:
    values = {quantity: owner.value(quantity) for quantity in FLOWS}
    return {quantity: value for quantity, value in values.items() if value is not None}


SOLAR = {Q.SOLAR_POWER: 3000, Q.SOLAR: 5000}
GRID = {Q.GRID_POWER: -200, Q.GRID_IMPORT: 900, Q.GRID_EXPORT: 40}
BATTERY_COUNTED = {
    Q.BATTERY_POWER: -800,
    Q.BATTERY_CHARGE: 350,
    Q.BATTERY_DISCHARGE: 300,
}
BATTERY_ADDED_UP = {
    Q.BATTERY_POWER: -800,
    Q.BATTERY_CHARGE: 0,
    Q.BATTERY_DISCHARGE: 0,
}


@pytest.mark.parametrize(
    ("replay", "expected"),
    [
        (unmetered(a_house("7.6.175", (), metered=False)), SOLAR),
        (measured(P), SOLAR),
        (measured(P, N), {**SOLAR, **GRID, Q.HOME_POWER: 2800, Q.HOME: 7000}),
        (
            measured(P, N, S),
            {**SOLAR, **GRID, **BATTERY_COUNTED, Q.HOME_POWER: 2000},
        ),
        (
            with_battery(measured(P, N, S), -111_000),
            {**SOLAR, **GRID, **BATTERY_COUNTED, Q.HOME_POWER: 2000},
        ),
        (
            with_battery(measured(P, N)),
            {**SOLAR, **GRID, **BATTERY_ADDED_UP, Q.HOME_POWER: 2000},
        ),
        (
            measured(P, T),
            {
                **SOLAR,
                Q.GRID_POWER: -1000,
                Q.GRID_IMPORT: 0,
                Q.GRID_EXPORT: 0,
                Q.HOME_POWER: 2000,
                Q.HOME: 7000,
            },
        ),
        (
            with_own_meter(measured(P, N)),
            {**SOLAR, Q.GRID_POWER: -1000, Q.HOME_POWER: 2000, Q.HOME: 7000},
        ),
        (
            with_battery(with_own_meter(measured(P, N)), 500_000),
            {
                **SOLAR,
                **BATTERY_ADDED_UP,
                Q.BATTERY_POWER: 500,
                Q.GRID_POWER: -1000,
                Q.HOME_POWER: 2500,
            },
        ),
    ],
    ids=[
        "nothing measured",
        "P",
        "P N",
        "P N S",
        "P N S and units",
        "P N and units",
        "P T",
        "no list of current transformers",
        "no list of current transformers, and units",
    ],
)
async def test_what_each_system_tells(
    open_gateway: Open, replay: Replay, expected: dict[Quantity, float]
) -> None:
    owner = await open_gateway(replay)
    await owner.connect()
    assert flows(owner) == expected


async def test_the_batterys_energy_is_added_up(open_gateway: Open) -> None:
    replay = with_battery(measured(P, N), -1_200_000)
    owner = await open_gateway(replay)
    await owner.connect()
    for _ in range(30):
        await owner.poll()
    assert owner.value(Q.BATTERY_CHARGE) == pytest.approx(0.6)
    owner.restart()
    await owner.poll()
    assert owner.value(Q.BATTERY_CHARGE) == pytest.approx(0.62)
    add_battery(replay, 600_000)
    await owner.poll(after=timedelta(hours=1))
    assert owner.value(Q.BATTERY_CHARGE) == pytest.approx(0.62)
    await owner.poll()
    assert owner.value(Q.BATTERY_DISCHARGE) == pytest.approx(0.01)
    for quantity in (Q.BATTERY_CHARGE, Q.BATTERY_DISCHARGE):
        assert owner.readings[SERIAL, quantity, "total"].estimated


async def test_the_sun_does_not_shine_at_night(open_gateway: Open) -> None:
    night = reading(PRODUCTION, -9, 5_000_000, 37_000)
    owner = await open_gateway(measured(night, reading(NET, 309, 900_000, 40_000)))
    await owner.connect()
    assert owner.value(Q.SOLAR_POWER) == 0
    assert owner.value(Q.HOME_POWER) == 300


async def test_the_current_has_a_direction(open_gateway: Open) -> None:
    owner = await open_gateway(measured(P, N))
    await owner.connect()
    assert owner.value(Q.CURRENT, "l1") == pytest.approx(-200 / 230, abs=0.001)
    assert owner.told(Q.VOLTAGE) == {(SERIAL, "l1")}
    assert owner.value(Q.FREQUENCY) == 50
    assert owner.value(Q.CT_STATUS, "net-consumption") == "normal"


async def test_other_circuits(open_gateway: Open) -> None:
    replay = measured(P, N)
    meters = replay.get("/ivp/meters")
    charger = {**meters[0], "eid": 9, "measurementType": "evse"}
    charger["statusFlags"] = ["power-on-unused-phase"]
    replay.set("/ivp/meters", [*meters, charger])
    replay.set(READINGS, [P, N, reading(9, 7200, 812_000, 0)])
    owner = await open_gateway(replay)
    await owner.connect()
    assert owner.value(Q.CIRCUIT_POWER, "evse") == 7200
    assert owner.value(Q.CIRCUIT_DELIVERED, "evse") == 812
    assert owner.value(Q.CIRCUIT_RECEIVED, "evse") == 0
    assert owner.value(Q.CT_STATUS, "evse") == "normal, power-on-unused-phase"


async def test_an_empty_inventory_is_no_battery(open_gateway: Open) -> None:
    replay = with_battery(measured(P, N))
    replay.set("/ivp/ensemble/inventory", [{"type": "ENCHARGE", "devices": []}])
    replay.set("/ivp/ensemble/power", {"devices:": []})
    owner = await open_gateway(replay)
    await owner.connect()
    assert not owner.told(Q.BATTERY_LEVEL)
    assert owner.value(Q.HOME_POWER) == 2800


async def test_a_system_controller(open_gateway: Open) -> None:
    replay = with_battery(measured(P, N))
    unit = {
        **replay.get("/ivp/ensemble/inventory")[0]["devices"][0],
        "serial_num": "480000000001",
        "temperature": 83,
        "Enpwr_grid_mode": "multimode-ongrid",
        "mains_admin_state": "closed",
        "mains_oper_state": "closed",
    }
    batteries = replay.get("/ivp/ensemble/inventory")
    controller = {"type": "ENPOWER", "devices": [unit]}
    replay.set("/ivp/ensemble/inventory", [*batteries, controller])
    owner = await open_gateway(replay)
    await owner.connect()
    kinds = {meter.id: meter.kind for meter in owner.update.meters or ()}
    assert kinds["480000000001"] is MeterKind.CONTROLLER
    assert owner.value(Q.GRID_CONNECTED, meter="480000000001") is True
    assert owner.value(Q.TEMPERATURE, meter="480000000001") == 28.3
    assert owner.value(Q.BATTERY_POWER) == -800
    unit["mains_oper_state"] = "open"
    replay.set("/ivp/ensemble/inventory", [*batteries, controller])
    await owner.poll()
    assert owner.value(Q.GRID_CONNECTED, meter="480000000001") is False


async def test_inverters_are_devices_on_request_only(open_gateway: Open) -> None:
    replay = measured(P, N)
    owner = await open_gateway(replay)
    account = await owner.connect()
    assert account.meter_ids == {SERIAL}
    assert owner.told(Q.SOLAR_POWER) == {(SERIAL, "total")}
    assert account.reread
    chosen = account.reread({"all_inverters": True})
    assert [meter.id for meter in chosen.meters or ()] == [SERIAL, "a", "b"]
    readings = {
        each.series.meter: each.value
        for each in chosen.readings
        if each.series.quantity is Q.SOLAR_POWER
    }
    assert readings == {SERIAL: 3000, "a": 1500, "b": 1500}


async def test_inverters_with_details(open_gateway: Open) -> None:
    replay = unmetered(a_house("7.6.175", (), metered=False))
    joules = {"a": 4_904_101_572, "b": 3_600_000}
    replay.set("/ivp/pdm/device_data", device_data(joules))
    owner = await open_gateway(replay, all_inverters=True)
    await owner.connect()
    assert owner.value(Q.SOLAR, meter="a") == 1362.25
    assert owner.value(Q.SOLAR) == 1363.25
    assert owner.value(Q.VOLTAGE, meter="a") == 231.5
    assert owner.value(Q.CURRENT, meter="a") == 0.43
    assert owner.value(Q.FREQUENCY, meter="a") == 50
    assert owner.value(Q.DC_VOLTAGE, meter="a") == 32.1
    assert owner.value(Q.DC_CURRENT, meter="a") == 3.1
    assert owner.value(Q.TEMPERATURE, meter="a") == 21


async def test_what_is_silent_at_night_stays(open_gateway: Open) -> None:
    replay = unmetered(a_house("7.6.175", (), metered=False))
    replay.set("/ivp/pdm/device_data", device_data({"a": 3_600_000, "b": 7_200_000}))
    owner = await open_gateway(replay, all_inverters=True)
    await owner.connect()
    replay.set("/ivp/pdm/device_data", device_data({"b": 10_800_000}))
    await owner.poll(after=11 * MINUTE)
    assert owner.value(Q.SOLAR) == 4
    assert owner.value(Q.SOLAR_POWER, meter="a") is None
    assert [meter.id for meter in owner.update.meters or ()] == [SERIAL, "a", "b"]
    owner.restart()
    await owner.poll(after=timedelta(days=8))
    assert [meter.id for meter in owner.update.meters or ()] == [SERIAL, "b"]
    assert owner.value(Q.SOLAR) == 4


async def test_a_battery_is_a_device(open_gateway: Open) -> None:
    owner = await open_gateway(with_battery(measured(P, N)))
    await owner.connect()
    (battery,) = [
        meter for meter in owner.update.meters or () if meter.kind is MeterKind.BATTERY
    ]
    assert (battery.id, battery.parent) == (BATTERY, SERIAL)
    assert owner.value(Q.BATTERY_LEVEL, meter=BATTERY) == 54
    assert owner.value(Q.BATTERY_AVAILABLE) == 1.89
    assert owner.value(Q.BATTERY_CAPACITY) == 3.5


async def test_firmware_without_v1_figures_is_believed_where_that_is_usual(
    open_gateway: Open,
) -> None:
    replay = unmetered(a_house("8.3.5422", (), metered=False))
    answer = replay.get("/api/v1/production")
    replay.set("/api/v1/production", dict.fromkeys(answer, 0))
    owner = await open_gateway(replay)
    await owner.connect()
    assert owner.value(Q.SOLAR) == 4900


async def test_the_gateways_meter_may_stop_for_a_moment(open_gateway: Open) -> None:
    replay = with_own_meter(measured(P, N))
    owner = await open_gateway(replay)
    await owner.connect()
    figures = production()
    figures["production"][1]["activeCount"] = 0
    replay.set("/production.json", figures)
    await owner.poll()
    assert owner.value(Q.SOLAR) is None
    replay.set("/production.json", production())
    await owner.poll()
    assert owner.value(Q.SOLAR) == 5000
