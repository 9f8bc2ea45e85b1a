"""The Energy dashboard as a person has it, and the source that is made for a meter."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from homeassistant.components.energy.data import EnergyManager, async_get_manager
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry, flush_store

from custom_components.meter_hub.energy_sources import GRID, Offer

if TYPE_CHECKING:
    from .conftest import Settle

HISTORY = "meter_hub:scripted_house_grid_import"
EXPORT_HISTORY = "meter_hub:scripted_house_grid_export"
POWER_SENSOR = "sensor.house_grid_power"

OFFER = Offer("house", GRID)

POLL = timedelta(minutes=20)
"""Long enough for the next poll, and for the history that follows it."""


def grid(**statistics: Any) -> dict[str, Any]:
    """Return a grid source as the dashboard keeps it."""
    return {
        "type": "grid",
        "stat_energy_from": None,
        "stat_energy_to": None,
        "stat_cost": None,
        "entity_energy_price": None,
        "number_energy_price": None,
        "stat_compensation": None,
        "entity_energy_price_export": None,
        "number_energy_price_export": None,
        "cost_adjustment_day": 0.0,
        **statistics,
    }


OURS = grid(
    stat_energy_from=HISTORY, stat_energy_to=EXPORT_HISTORY, stat_rate=POWER_SENSOR
)


@dataclass(frozen=True, slots=True)
class Dashboard:
    """The dashboard of a Home Assistant that an entry is set up and restarted in."""

    hass: HomeAssistant
    settle: Settle

    async def sources(self) -> list[Any]:
        """Return the sources, none where there are no preferences yet."""
        manager = await async_get_manager(self.hass)
        return list(manager.data["energy_sources"]) if manager.data else []

    async def devices(self) -> list[Any]:
        """Return the individual devices, none where there are no preferences yet."""
        manager = await async_get_manager(self.hass)
        return list(manager.data["device_consumption"]) if manager.data else []

    async def put_devices(self, *devices: dict[str, Any]) -> None:
        """Do what a person does who edits the dashboard's individual devices."""
        manager = await async_get_manager(self.hass)
        preferences: Any = {"device_consumption": list(devices)}
        await manager.async_update(preferences)

    async def put(self, *sources: dict[str, Any]) -> None:
        """Do what a person does who edits the dashboard's sources."""
        manager = await async_get_manager(self.hass)
        preferences: Any = {"energy_sources": list(sources)}
        await manager.async_update(preferences)

    async def set_up(self, entry: MockConfigEntry) -> None:
        """Set an entry up, and wait until it could have added its source."""
        assert await self.hass.config_entries.async_setup(entry.entry_id)
        await self.settle(POLL)

    async def reload(self, entry: MockConfigEntry) -> None:
        """Reload an entry, and wait until it could have added its source again."""
        await self.hass.config_entries.async_reload(entry.entry_id)
        await self.settle(POLL)

    async def restart(self, entry: MockConfigEntry, *, killed: bool = False) -> None:
        """Load preferences and entry anew, as after a restart of Home Assistant."""
        manager: EnergyManager = await async_get_manager(self.hass)
        assert await self.hass.config_entries.async_unload(entry.entry_id)
        if not killed:
            await flush_store(manager._store)
        for key in ("energy_manager", "meter_hub_dashboard"):
            del self.hass.data[key]
        await self.set_up(entry)
