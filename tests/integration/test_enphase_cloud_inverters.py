"""The micro-inverters of the simulated Enphase cloud, as a person sees them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    device_registry as dr,
    entity_registry as er,
    issue_registry as ir,
)
import pytest

from custom_components.meter_hub.const import DOMAIN
from tests.simulator import Flow, Simulator
from tests.simulator.enphase_cloud import EnphaseCloudApi

from .dialogs import shown
from .matrix import OpenAccount
from .matrix_cases import VENDOR_CASES

pytest_plugins = ("tests.integration.matrix_accounts",)

NOW = datetime(2026, 10, 27, 13, 40, tzinfo=UTC)
SYSTEM = "698910102"
(CLOUD,) = (case for case in VENDOR_CASES if case.key == "enphase_cloud")
SERIAL = f"4822{SYSTEM[-4:]}"
"""How the serials of the system's micro-inverters begin."""


def enlarge(simulator: Simulator) -> None:
    """Have more micro-inverters than a page of the cloud's list has."""
    cloud = simulator.vendor("enphase_cloud")
    assert isinstance(cloud, EnphaseCloudApi)
    system = cloud.systems[SYSTEM]
    system.fitting = replace(system.fitting, modules=104)


async def test_each_inverter_on_request(
    hass: HomeAssistant,
    open_account: OpenAccount,
    entity_registry: er.EntityRegistry,
    device_registry: dr.DeviceRegistry,
    issue_registry: ir.IssueRegistry,
) -> None:
    """Each is a device with its energy, and goes without being missed."""
    account = await open_account(
        replace(CLOUD, meters=(SYSTEM,)),
        now=NOW,
        history=timedelta(days=5),
        prepare=enlarge,
        inverters_by_night=True,
    )
    await account.async_pass(timedelta(minutes=30))

    def inverters() -> dict[str, bool]:
        """Return the entities of micro-inverters, with whether they are switched on."""
        return {
            entity.entity_id: entity.disabled_by is None
            for entity in er.async_entries_for_config_entry(
                entity_registry, account.entry.entry_id
            )
            if SERIAL in entity.unique_id
        }

    energies = [
        float(state.state)
        for entity_id, is_on in inverters().items()
        if is_on and (state := hass.states.get(entity_id)) is not None
    ]
    assert len(energies) == 104
    house = account.simulator.vendor("enphase_cloud").house(SYSTEM)
    energy = house.energy(Flow.SOLAR, NOW - timedelta(days=5), NOW)
    assert sum(energies) == pytest.approx(energy, rel=0.02)
    devices = dr.async_entries_for_config_entry(device_registry, account.entry.entry_id)
    (system,) = (device for device in devices if device.name == "House in the west")
    below = [device for device in devices if device.via_device_id == system.id]
    assert len(below) == 104
    assert {device.model for device in below} == {"IQ8A"}

    form = await hass.config_entries.options.async_init(account.entry.entry_id)
    typed = {**shown(form), "inverters_by_night": False}
    await hass.config_entries.options.async_configure(form["flow_id"], typed)
    await account.async_pass(timedelta(hours=2))
    assert inverters() == {}
    assert not [key for key in issue_registry.issues if key[0] == DOMAIN]
