"""The library reads every kind of system, and finds the house in it."""

from datetime import datetime, timedelta
from typing import Any

from pyenphase import Envoy, EnvoyData
from pyenphase.const import SupportedFeatures
import pytest

from tests.simulator import Flow, House, MovableClock, Simulator
from tests.simulator.envoy_local import Ct, EnvoyLocalApi

from ..conftest import INSTALLED
from .conftest import CHARGING, DISCHARGING, NIGHT, SYSTEMS, Connect

F = SupportedFeatures
FEATURES = {
    "5 no CT": F.INVERTERS | F.PRODUCTION | F.TARIFF,
    "7 no CT": F.INVERTERS | F.PRODUCTION,
    "8 CTs disabled": F.INVERTERS | F.PRODUCTION | F.TARIFF,
    "P": F.METERING | F.CTMETERS | F.DETAILED_INVERTERS,
    "PN 3": F.CTMETERS | F.NET_CONSUMPTION | F.TOTAL_CONSUMPTION | F.THREEPHASE,
    "PT 2": F.CTMETERS | F.DUALPHASE | F.DETAILED_INVERTERS,
    "PNS 2": F.CTMETERS | F.DUALPHASE | F.ENCHARGE | F.ENPOWER,
    "PN 3 batteries": F.THREEPHASE | F.ENCHARGE | F.ENPOWER | F.DETAILED_INVERTERS,
    "PN 1 ACB": F.CTMETERS | F.ENCHARGE | F.ACB,
    "PN no list": F.METERING | F.NET_CONSUMPTION | F.TOTAL_CONSUMPTION,
}
"""What must be found, at least."""
PHASES = {"l1": "L1", "l2": "L2", "l3": "L3"}
CT_ENERGIES = {
    "solar": (Ct.PRODUCTION, "energy_delivered"),
    "grid_import": (Ct.NET, "energy_delivered"),
    "grid_export": (Ct.NET, "energy_received"),
    "home": (Ct.TOTAL, "energy_delivered"),
    "battery_discharge": (Ct.STORAGE, "energy_delivered"),
    "battery_charge": (Ct.STORAGE, "energy_received"),
}
WH = 0.001
"""In kWh."""


async def _read(
    envoy: Envoy, clock: MovableClock, at: datetime = CHARGING
) -> EnvoyData:
    clock.at = at
    return await envoy.update()


def _fit(api: EnvoyLocalApi, name: str) -> None:
    api.firmware, api.system = SYSTEMS[name]


def _shown(data: EnvoyData, quantity: str, channel: str) -> Any:
    """Return the Wh that the library has of a register."""
    ct, name = CT_ENERGIES[quantity]
    if ct in data.ctmeters:
        meters = data.ctmeters_phases[ct] if channel != "total" else {}
        return getattr(meters.get(PHASES.get(channel, ""), data.ctmeters[ct]), name)
    if quantity == "home":
        assert data.system_consumption is not None
        return data.system_consumption.watt_hours_lifetime
    if data.inverters and all(
        inverter.lifetime_energy for inverter in data.inverters.values()
    ):
        return sum(
            inverter.lifetime_energy or 0 for inverter in data.inverters.values()
        )
    assert data.system_production is not None
    return data.system_production.watt_hours_lifetime


@pytest.mark.parametrize("name", SYSTEMS)
@pytest.mark.parametrize(
    "at", [CHARGING, DISCHARGING, NIGHT], ids=lambda at: f"{at:%H}"
)
async def test_what_is_expected_is_what_the_library_reads(
    api: EnvoyLocalApi, connect: Connect, clock: MovableClock, name: str, at: datetime
) -> None:
    _fit(api, name)
    envoy = await connect()
    data = await _read(envoy, clock, at)
    registers = api.registers(api.meter_ids[0])
    powers = api.powers(api.meter_ids[0])

    assert FEATURES.get(name, F(0)) in envoy.supported_features
    assert envoy.serial_number == api.meter_ids[0]
    assert {(key, _shown(data, *key)) for key in registers} == {
        (key, round(kwh * 1000)) for key, kwh in registers.items()
    }
    for (quantity, channel), watts in powers.items():
        ct = {
            "solar_power": Ct.PRODUCTION,
            "grid_power": Ct.NET,
            "battery_power": Ct.STORAGE,
        }.get(quantity, Ct.TOTAL)
        meter = data.ctmeters.get(ct)
        if channel != "total":
            meter = data.ctmeters_phases[ct][PHASES[channel]]
            assert meter is not None
        assert meter is None or meter.active_power == watts
    assert data.system_production is not None
    assert data.system_production.watts_now == powers["solar_power", "total"]


@pytest.mark.parametrize("name", SYSTEMS)
async def test_registers_grow_as_the_house_flows(
    api: EnvoyLocalApi, clock: MovableClock, name: str
) -> None:
    _fit(api, name)
    house = api.house(api.meter_ids[0])
    clock.at = CHARGING.replace(hour=8, minute=0)
    before = api.registers(api.meter_ids[0])
    clock.at = end = NIGHT.replace(minute=0)
    after = api.registers(api.meter_ids[0])
    start = CHARGING.replace(hour=8, minute=0)

    assert before.keys() == after.keys()
    for (quantity, channel), kwh in after.items():
        grown = kwh - before[quantity, channel]
        expected = _house_energy(house, api, quantity, channel, start, end)
        # Inverters report late: at both ends one lacks up to a quarter hour's energy.
        late = 0.5 if quantity == "solar" and not api.system.cts else 2 * WH
        assert grown == pytest.approx(expected, abs=late), (quantity, channel)


def _house_energy(
    house: House,
    api: EnvoyLocalApi,
    quantity: str,
    channel: str,
    start: datetime,
    end: datetime,
) -> float:
    phases = api.system.phases
    if quantity == "home" and channel == "total" and not api.system.has(Ct.TOTAL):
        # The battery that the gateway knows nothing of looks like a load.
        battery = house.energy(Flow.BATTERY_CHARGE, start, end) - house.energy(
            Flow.BATTERY_DISCHARGE, start, end
        )
        return house.energy(Flow.HOME, start, end) + battery
    if phases == 3 and quantity.startswith("grid"):
        channels = list(PHASES) if channel == "total" else [channel]
        return sum(house.energy(quantity, start, end, phase) for phase in channels)
    total = house.energy(quantity, start, end)
    if channel == "total":
        return total
    if phases == 2:
        return total * {"l1": 0.4, "l2": 0.6}[channel]
    if quantity == "solar":
        return total / 3
    if quantity.startswith("battery"):
        return total if channel == "l2" else 0.0
    sun, flows = (
        house.energy(Flow.SOLAR, start, end) / 3,
        (Flow.GRID_IMPORT, Flow.GRID_EXPORT),
    )
    imported, exported = (house.energy(flow, start, end, channel) for flow in flows)
    battery = house.energy(Flow.BATTERY_DISCHARGE, start, end) - house.energy(
        Flow.BATTERY_CHARGE, start, end
    )
    return imported - exported + sun + (battery if channel == "l2" else 0)


@pytest.mark.parametrize(
    "at", [CHARGING, DISCHARGING, NIGHT], ids=lambda at: f"{at:%H}"
)
@pytest.mark.parametrize("name", ["PNS 2", "PNS 3", "PN 3 batteries", "PN 1 ACB"])
async def test_with_its_batteries_known_the_home_is_the_house(
    api: EnvoyLocalApi, clock: MovableClock, name: str, at: datetime
) -> None:
    _fit(api, name)
    clock.at = at
    house = api.house(api.meter_ids[0])
    powers = api.powers(api.meter_ids[0])

    assert powers["home_power", "total"] == house.power(Flow.HOME, at)
    assert powers["solar_power", "total"] == house.power(Flow.SOLAR, at)
    assert powers["grid_power", "total"] == house.net_power(at)
    charge = house.power(Flow.BATTERY_CHARGE, at)
    assert powers["battery_power", "total"] == (
        house.power(Flow.BATTERY_DISCHARGE, at) - charge
    )
    assert (powers["battery_power", "total"] < 0) is (at is CHARGING)


async def test_without_a_list_of_meters_the_summary_tells_the_same(
    api: EnvoyLocalApi, connect: Connect, clock: MovableClock
) -> None:
    _fit(api, "PN no list")
    data = await _read(await connect(), clock)
    powers = api.powers(api.meter_ids[0])

    assert not data.ctmeters
    assert data.system_consumption is not None
    assert data.system_net_consumption is not None
    grid, home = powers["grid_power", "total"], powers["home_power", "total"]
    assert data.system_net_consumption.watts_now == grid
    assert data.system_consumption.watts_now == home
    assert grid == api.house(api.meter_ids[0]).net_power(CHARGING)


@pytest.mark.parametrize("name", ["PT 2", "PT 3"])
def test_a_total_ct_sees_the_loads_and_leaves_the_grid_to_be_worked_out(
    api: EnvoyLocalApi, clock: MovableClock, name: str
) -> None:
    _fit(api, name)
    clock.at = CHARGING
    house, powers = api.house(api.meter_ids[0]), api.powers(api.meter_ids[0])
    home = house.power(Flow.HOME, CHARGING)

    assert powers["home_power", "total"] == home
    assert powers["grid_power", "total"] == home - house.power(Flow.SOLAR, CHARGING)
    assert not any(
        "grid" in quantity for quantity, _ in api.registers(api.meter_ids[0])
    )


async def test_three_phases_may_oppose_one_another(
    api: EnvoyLocalApi, connect: Connect, clock: MovableClock
) -> None:
    _fit(api, "PN 3")
    data = await _read(await connect(), clock)
    net, house = data.ctmeters[Ct.NET], api.house(api.meter_ids[0])
    phases = data.ctmeters_phases[Ct.NET]
    balanced = house.energy(Flow.GRID_IMPORT, INSTALLED, CHARGING)
    summed = sum(
        house.energy(Flow.GRID_IMPORT, INSTALLED, CHARGING, phase) for phase in PHASES
    )

    assert net is not None
    watts = [meter.active_power for meter in phases.values() if meter is not None]
    assert watts == [house.net_power(CHARGING, phase) for phase in PHASES]
    assert min(watts) < 0 < max(watts)
    assert summed > balanced + 1
    clock.at = INSTALLED
    before = api.registers(api.meter_ids[0])["grid_import", "total"]
    assert net.energy_delivered / 1000 - before == pytest.approx(summed, abs=2 * WH)


@pytest.mark.parametrize("at", [CHARGING, DISCHARGING], ids=lambda at: f"{at:%H}")
async def test_batteries_share_the_power_and_have_one_level(
    api: EnvoyLocalApi, connect: Connect, clock: MovableClock, at: datetime
) -> None:
    _fit(api, "PN 1 ACB")
    data = await _read(await connect(), clock, at)
    house = api.house(api.meter_ids[0])
    midnight = at.replace(hour=0, minute=0)
    held = house.energy(Flow.BATTERY_CHARGE, midnight, at) - house.energy(
        Flow.BATTERY_DISCHARGE, midnight, at
    )
    capacity = house.equipment.battery_watt_minutes / 60_000
    watts = house.power(Flow.BATTERY_DISCHARGE, at) - house.power(
        Flow.BATTERY_CHARGE, at
    )

    assert data.acb_power is not None
    assert data.battery_aggregate is not None
    assert data.encharge_aggregate is not None
    assert data.acb_inventory is not None
    units = {
        serial: power.real_power_mw / 1000
        for serial, power in (data.encharge_power or {}).items()
    }
    assert data.acb_power.power + sum(units.values()) == watts
    assert data.acb_power.state == ("charging" if watts < 0 else "discharging")
    assert {*units, *data.acb_inventory} == set(api.battery_ids)
    assert data.battery_aggregate.max_available_capacity == capacity * 1000
    assert data.encharge_aggregate.max_available_capacity == capacity * 250
    percent = round(100 * held / capacity)
    assert 0 < percent < 100
    assert data.battery_aggregate.state_of_charge == percent
    assert data.acb_power.state_of_charge == percent
    for serial in api.battery_ids:
        assert ("battery_power", "total") in api.powers(serial)
        assert not api.registers(serial)


async def test_inverters_report_every_quarter_hour_what_they_made_in_it(
    api: EnvoyLocalApi, connect: Connect, clock: MovableClock
) -> None:
    _fit(api, "P")
    envoy = await connect()
    first = (await _read(envoy, clock)).inverters
    later = (await _read(envoy, clock, CHARGING + timedelta(hours=1))).inverters
    house = api.house(api.meter_ids[0])

    assert tuple(first) == api.inverter_ids
    assert len({inverter.last_report_date for inverter in first.values()}) == 16
    for serial, inverter in later.items():
        age = clock().timestamp() - inverter.last_report_date
        assert 0 <= age < 900
        assert inverter.last_report_date == first[serial].last_report_date + 3600
        assert api.powers(serial) == {
            ("solar_power", "total"): inverter.last_report_watts
        }
        assert inverter.lifetime_energy is not None
        assert api.registers(serial) == {
            ("solar", "total"): inverter.lifetime_energy / 1000
        }
        assert 0 < inverter.last_report_watts < inverter.max_report_watts
    grown = sum(
        (inverter.lifetime_energy or 0) - (first[serial].lifetime_energy or 0)
        for serial, inverter in later.items()
    )
    made = house.energy(Flow.SOLAR, CHARGING, clock())
    assert grown / 1000 == pytest.approx(made, rel=0.15)


async def test_details_vanish_for_all_inverters_when_there_are_too_many(
    api: EnvoyLocalApi, connect: Connect
) -> None:
    found = []
    for count in (46, 47):
        api.firmware, system = SYSTEMS["P"]
        api.system = type(system)(system.cts, inverters=count)
        data = await (await connect()).update()
        found.append(
            [
                inverter.lifetime_energy is not None
                for inverter in data.inverters.values()
            ]
        )

    assert found == [[True] * 46, [False] * 47]


async def test_the_system_controller_and_the_network(
    api: EnvoyLocalApi, connect: Connect
) -> None:
    _fit(api, "PNS 2")
    envoy = await connect()
    data = await envoy.update()
    home = await envoy.interface_settings()

    assert data.enpower is not None
    assert (data.enpower.mains_oper_state, data.enpower.temperature) == ("closed", 83)
    assert set(data.dry_contact_status) == {"NC1", "NC2", "NO1", "NO2"}
    assert home is not None
    assert home.timezone == "Europe/Warsaw"


def test_a_gateway_has_no_history(api: EnvoyLocalApi, simulator: Simulator) -> None:
    assert simulator.truth("envoy_local", api.meter_ids[0]) == {}
    for ask in (api.truth, api.registers, api.powers, api.house):
        with pytest.raises(KeyError):
            ask("none")
