"""A gateway in the local network, from its announcement to what a person sees."""

from datetime import timedelta

from homeassistant.components.energy.data import async_get_manager
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    device_registry as dr,
    entity_registry as er,
    issue_registry as ir,
)
from homeassistant.setup import async_setup_component
import pytest

from custom_components.meter_hub.const import DOMAIN
from tests.simulator.envoy_local import Ct, EnvoyLocalApi, System

from .conftest import Settle
from .dialogs import choices, shown, submit
from .gateways import CONTROLLER, WITH_BATTERIES, announce, set_up

pytest_plugins = ("tests.integration.gateways",)

POWERS = ("solar_power", "grid_power", "home_power", "battery_power")
REGISTERS = {
    "solar_production": "solar",
    "grid_import": "grid_import",
    "grid_export": "grid_export",
    "battery_charged": "battery_charge",
    "battery_discharged": "battery_discharge",
}
"""The simulator's words, by those in entity ids."""


def states(hass: HomeAssistant, serial: str) -> dict[str, str]:
    """Return what is shown of the gateway, by the words in the entity id."""
    prefix = f"sensor.envoy_{serial}_"
    return {
        state.entity_id.removeprefix(prefix): state.state
        for state in hass.states.async_all("sensor")
        if state.entity_id.startswith(prefix)
    }


def enabled(entity_registry: er.EntityRegistry) -> set[str]:
    """Return the unique ids of the entities that are on, without the vendor's key."""
    return {
        entity.unique_id.removeprefix("envoy_local_")
        for entity in entity_registry.entities.values()
        if not entity.disabled
    }


async def test_from_the_announcement_to_the_sensors(
    hass: HomeAssistant,
    gateway: EnvoyLocalApi,
    serial: str,
    settle: Settle,
    entity_registry: er.EntityRegistry,
    device_registry: dr.DeviceRegistry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The simulator's port is not part of an announcement, so it is typed."""
    form = await announce(hass, serial)
    assert form["step_id"] == "envoy_local"
    assert shown(form)["host"] == "127.0.0.1"
    form = await submit(hass, form, dict(gateway.credentials))
    assert set(choices(form, "meters")) == {serial, *gateway.battery_ids, CONTROLLER}
    form = await submit(hass, form, {"meters": shown(form)["meters"]})
    assert shown(form) == {"poll_interval": 60, "all_inverters": False}
    result = await submit(hass, form, {})
    entry = result["result"]
    assert (entry.title, entry.unique_id) == (
        f"Envoy {serial}",
        f"envoy_local_{serial}",
    )
    await settle(timedelta(minutes=2), timedelta(minutes=1))

    assert enabled(entity_registry) == {
        f"{serial}_solar_power",
        f"{serial}_grid_power",
        f"{serial}_home_power",
        f"{serial}_battery_power",
        f"{serial}_solar",
        f"{serial}_grid_import",
        f"{serial}_grid_export",
        f"{serial}_battery_charge",
        f"{serial}_battery_discharge",
        f"{serial}_battery_level",
        *(f"{battery}_battery_level" for battery in gateway.battery_ids),
        f"{CONTROLLER}_grid_connected",
    }
    powers, registers = gateway.powers(serial), gateway.registers(serial)
    told = states(hass, serial)
    assert {key: float(told[key]) for key in POWERS} == {
        key: powers[key, "total"] for key in POWERS
    }
    assert {name: float(told[name]) for name in REGISTERS} == {
        name: pytest.approx(registers[key, "total"], abs=1e-9)
        for name, key in REGISTERS.items()
    }
    devices = dr.async_entries_for_config_entry(device_registry, entry.entry_id)
    gateways = [device for device in devices if device.via_device_id is None]
    assert [device.serial_number for device in gateways] == [serial]
    assert len(devices) == 1 + len(gateway.battery_ids) + 1

    assert await hass.config_entries.async_reload(entry.entry_id)
    assert states(hass, serial)["solar_power"] == told["solar_power"]
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert entry.state is ConfigEntryState.NOT_LOADED
    password = gateway.credentials["password"]
    for secret in (password, entry.data["credentials"]["token"]):
        assert secret not in caplog.text


async def test_each_inverter_on_request(
    hass: HomeAssistant,
    gateway: EnvoyLocalApi,
    settle: Settle,
    entity_registry: er.EntityRegistry,
    issue_registry: ir.IssueRegistry,
) -> None:
    """They come with their power and energy, and go without being missed."""
    gateway.firmware = "8.3.5167"
    entry = await set_up(hass, gateway, settle, all_inverters=True)

    on = enabled(entity_registry)
    assert len(gateway.inverter_ids) == 16
    for inverter in gateway.inverter_ids:
        assert {each for each in on if each.startswith(inverter)} == {
            f"{inverter}_solar_power",
            f"{inverter}_solar",
        }

    form = await hass.config_entries.options.async_init(entry.entry_id)
    typed = {**shown(form), "all_inverters": False}
    await hass.config_entries.options.async_configure(form["flow_id"], typed)
    await settle(timedelta(minutes=2), timedelta(minutes=1))

    left = enabled(entity_registry)
    assert left == {each for each in on if not each.startswith(gateway.inverter_ids)}
    assert len(left) <= 20
    assert not [key for key in issue_registry.issues if key[0] == DOMAIN]


@pytest.mark.parametrize(
    ("system", "firmware", "sources"),
    [
        (System(metered=False), "8.3.5289", {"solar"}),
        (System((Ct.PRODUCTION,)), "8.3.5289", {"solar"}),
        (System((Ct.PRODUCTION, Ct.NET)), "7.6.175", {"grid", "solar"}),
        (System((Ct.PRODUCTION, Ct.TOTAL)), "8.2.4286", {"solar"}),
        (WITH_BATTERIES, "8.2.4286", {"grid", "solar", "battery"}),
        (
            System((Ct.PRODUCTION, Ct.NET), batteries=2, controller=True),
            "8.3.5167",
            {"grid", "solar", "battery"},
        ),
    ],
    ids=["no CT", "P", "P+N", "P+T", "P+N+S", "P+N and batteries"],
)
async def test_sources_of_each_system(
    hass: HomeAssistant,
    gateway: EnvoyLocalApi,
    settle: Settle,
    entity_registry: er.EntityRegistry,
    system: System,
    firmware: str,
    sources: set[str],
) -> None:
    """The dashboard is offered what the system measures, and gets what is ticked."""
    assert await async_setup_component(hass, "energy", {})
    gateway.system, gateway.firmware = system, firmware
    serial = gateway.meter_ids[0]

    await set_up(
        hass, gateway, settle, dashboard=[f"{kind}/{serial}" for kind in sources]
    )
    assert len(enabled(entity_registry)) <= 20
    await settle(timedelta(minutes=10))

    preferences = (await async_get_manager(hass)).data
    assert preferences is not None
    assert {source["type"] for source in preferences["energy_sources"]} == sources
    assert all(source.get("stat_rate") for source in preferences["energy_sources"])
