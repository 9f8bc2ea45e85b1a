"""The faults of gateways, as the library passes them on; what is expected stays right."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.simulator import Fault, FaultKind, MovableClock, Simulator
from tests.simulator.envoy_local import Ct, EnvoyLocalApi, Quirks, System, V1Trouble

from .conftest import CHARGING, NIGHT, SYSTEMS, Connect

MINUTE = timedelta(minutes=1)
WRAP_WH = 2**32 / 3600


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(CHARGING)


def _fit(api: EnvoyLocalApi, name: str) -> None:
    api.firmware, api.system = SYSTEMS[name]


async def test_after_a_reboot_all_is_zero_for_a_while(
    api: EnvoyLocalApi, connect: Connect
) -> None:
    _fit(api, "PNS 2")
    envoy = await connect()
    before = api.registers(api.meter_ids[0])
    api.quirks = Quirks(zeros=True)
    data = await envoy.update()

    for meter in data.ctmeters.values():
        assert meter is not None
        shown = (meter.energy_delivered, meter.energy_received, meter.active_power)
        assert shown == (0, 0, 0)
    assert data.system_production is not None
    assert data.system_production.watt_hours_lifetime == 0
    assert api.registers(api.meter_ids[0]) == before
    api.quirks = Quirks()
    back = (await envoy.update()).ctmeters[Ct.PRODUCTION]
    assert back is not None
    assert back.energy_delivered == round(before["solar", "total"] * 1000)


async def test_a_production_ct_may_be_called_inactive(
    api: EnvoyLocalApi, connect: Connect
) -> None:
    _fit(api, "PT 2")
    envoy = await connect()
    assert (await envoy.update()).system_production is not None
    api.quirks = Quirks(inactive=True)
    data = await envoy.update()

    assert data.system_production is None
    assert data.system_consumption is None
    meter = data.ctmeters[Ct.PRODUCTION]
    assert meter is not None
    assert meter.energy_delivered > 0


@pytest.mark.parametrize(
    ("firmware", "same"), [("8.3.5433", True), ("8.3.5422", False)]
)
async def test_new_firmware_calls_the_net_consumption_total(
    api: EnvoyLocalApi, connect: Connect, firmware: str, same: bool
) -> None:
    _, api.system = SYSTEMS["PT 2"]
    api.firmware = firmware
    data = await (await connect()).update()
    total, net = data.raw["/production.json?details=1"]["consumption"]
    meter = data.ctmeters[Ct.TOTAL]

    assert (total["whLifetime"] == net["whLifetime"]) is same
    assert (total["wNow"] == net["wNow"]) is same
    assert data.system_consumption is not None
    assert meter is not None
    assert data.system_consumption.watts_now == meter.active_power
    assert meter.active_power > net["wNow"]


async def test_v1_loses_its_values(api: EnvoyLocalApi, connect: Connect) -> None:
    _fit(api, "7 no CT")
    envoy = await connect()
    right = (await envoy.update()).system_production
    api.quirks = Quirks(v1=V1Trouble.ZERO)
    zero = (await envoy.update()).system_production
    other = (await (await connect()).update()).system_production
    api.quirks = Quirks(v1=V1Trouble.STALLED)
    stalled = (await envoy.update()).system_production

    assert right is not None
    assert zero is not None
    assert other is not None
    assert stalled is not None
    assert zero.watt_hours_lifetime == 0
    assert 0 < stalled.watt_hours_lifetime < right.watt_hours_lifetime
    # Read for the first time, the library turns to a block that counts from elsewhere.
    assert 0 < other.watt_hours_lifetime < right.watt_hours_lifetime - 5_000_000
    assert other.watts_now == right.watts_now


@pytest.mark.parametrize("name", ["7 no CT", "8 CTs disabled", "8.3 no CT, details"])
async def test_a_total_loses_what_an_inverters_counter_holds(
    api: EnvoyLocalApi, connect: Connect, clock: MovableClock, name: str
) -> None:
    _fit(api, name)
    api.quirks = Quirks(wraps_at=CHARGING + timedelta(minutes=30))
    envoy = await connect()
    before, expected = (
        (await envoy.update()).system_production,
        api.registers(api.meter_ids[0]),
    )
    clock.advance(timedelta(hours=1))
    data, later = await envoy.update(), api.registers(api.meter_ids[0])

    after = data.system_production
    assert before is not None
    assert after is not None
    lost = before.watt_hours_lifetime - after.watt_hours_lifetime
    assert lost == pytest.approx(WRAP_WH, rel=0.01)
    grown = (later["solar", "total"] - expected["solar", "total"]) * 1000
    assert grown > 0
    assert lost + grown == pytest.approx(WRAP_WH, abs=len(data.inverters))
    first = data.inverters[api.inverter_ids[0]]
    if first.lifetime_energy is not None:
        assert first.lifetime_energy > WRAP_WH


@pytest.mark.parametrize("name", ["7 no CT", "P"])
async def test_inverters_may_be_missing_from_the_list(
    api: EnvoyLocalApi, connect: Connect, name: str
) -> None:
    _fit(api, name)
    envoy = await connect()
    everyone = (await envoy.update()).inverters
    api.quirks = Quirks(missing_inverters=5)
    some = (await envoy.update()).inverters
    api.quirks = Quirks(missing_inverters=16)
    none = (await envoy.update()).inverters

    assert [len(everyone), len(some), len(none)] == [16, 11, 0]
    assert tuple(everyone) == api.inverter_ids


async def test_inverters_may_draw_a_little_at_night(
    api: EnvoyLocalApi, connect: Connect, clock: MovableClock
) -> None:
    _fit(api, "PN 3")
    api.quirks = Quirks(night_watts=6)
    envoy = await connect()
    clock.at = NIGHT
    first = (await envoy.update()).ctmeters[Ct.PRODUCTION]
    clock.advance(timedelta(hours=2))
    second = (await envoy.update()).ctmeters[Ct.PRODUCTION]

    assert first is not None
    assert second is not None
    assert first.active_power == -6
    assert second.energy_received - first.energy_received == 6
    assert second.energy_delivered == first.energy_delivered
    assert api.powers(api.meter_ids[0])["solar_power", "total"] == 0


@pytest.mark.parametrize(
    ("firmware", "unknown"), [("8.3.6087", True), ("8.2.4286", False)]
)
async def test_half_of_the_storage_ct_may_be_dead(
    api: EnvoyLocalApi, connect: Connect, firmware: str, unknown: bool
) -> None:
    _, api.system = SYSTEMS["PNS 2"]
    api.firmware = firmware
    envoy = await connect()
    api.quirks = Quirks(dead_storage_phase=True)
    data = await envoy.update()
    meter, phases = data.ctmeters[Ct.STORAGE], data.ctmeters_phases[Ct.STORAGE]

    assert (meter is None) is unknown
    whole = api.registers(api.meter_ids[0])["battery_charge", "total"] * 1000
    assert phases["L2"] is not None
    assert 0 < phases["L2"].energy_received < whole
    if meter is not None:
        assert meter.energy_received == phases["L2"].energy_received


async def test_the_net_meter_has_a_channel_that_is_not_its_own(
    api: EnvoyLocalApi, connect: Connect
) -> None:
    _fit(api, "PNS 2")
    data = await (await connect()).update()
    production, net, storage = data.raw["/ivp/meters/readings"]

    values = ("actEnergyDlvd", "actEnergyRcvd", "activePower")
    assert [net["channels"][2][value] for value in values] == [
        storage["channels"][1][value] for value in values
    ]
    assert [production["channels"][2][value] for value in values] == [0, 0, 0]


@pytest.mark.parametrize("path", ["/admin/lib/tariff", "/ivp/ensemble/secctrl"])
async def test_one_path_may_fail_alone(
    api: EnvoyLocalApi, connect: Connect, simulator: Simulator, path: str
) -> None:
    _fit(api, "PNS 2")
    envoy = await connect()
    await envoy.update()
    simulator.add(Fault(FaultKind.STATUS, "envoy_local", path=path, status=503))
    readings = await envoy.request("/ivp/meters/readings")

    assert readings.status == 200
    assert (await envoy.request(path)).status == 503


def test_voltages_of_a_meter_add_up_and_factors_do_in_new_firmware(
    api: EnvoyLocalApi,
) -> None:
    api.system = System((Ct.PRODUCTION, Ct.NET))
    seen = {}
    for firmware in ("8.3.5167", "8.3.5433"):
        gateway = replace(api.gateway, firmware=firmware)
        seen[firmware] = gateway.total(gateway.legs(Ct.PRODUCTION))

    assert seen["8.3.5167"].volts == pytest.approx(693, abs=9)
    assert seen["8.3.5167"].factor == pytest.approx(1)
    assert seen["8.3.5433"].factor == pytest.approx(3)
