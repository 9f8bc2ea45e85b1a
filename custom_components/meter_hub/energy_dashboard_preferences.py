"""The sources in Home Assistant's energy preferences, and what was changed in them."""

from collections.abc import Mapping
from typing import Any, cast

from homeassistant.components.energy.data import (
    DEVICE_CONSUMPTION_SCHEMA,
    ENERGY_SOURCE_SCHEMA,
    EnergyManager,
    EnergyPreferencesUpdate,
    async_get_manager,
)
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.singleton import singleton
from homeassistant.util.hass_dict import HassKey
import probatio as vol

from .const import CONF_DASHBOARD, DOMAIN, LOGGER
from .energy_sources import Place, SourceKind

type Source = dict[str, Any]
"""A source, or a device, as the preferences keep it."""


@callback
def requests(entry: ConfigEntry) -> list[str]:
    """Return what a person asked for and may not be there yet."""
    keys: list[str] = entry.options.get(CONF_DASHBOARD, [])
    return keys


class Dashboard:
    """The Energy dashboard's sources and devices, and what of ours is new in this run."""

    def __init__(self, hass: HomeAssistant, manager: EnergyManager) -> None:
        """Follow the preferences of a manager, which has loaded them."""
        self._hass = hass
        self._manager = manager
        self._added: dict[tuple[str, str], tuple[Place, str]] = {}
        manager.async_listen_updates(self._async_withdraw_removed)

    def sources(self, place: Place) -> list[Source]:
        """Return all that are kept in a place, as they are now."""
        preferences = self._manager.data or EnergyManager.default_preferences()
        return cast("list[Source]", preferences[place.value])

    def statistics(self, place: Place) -> set[str]:
        """Return all statistics that are used in a place, in whatever role."""
        return {
            value
            for source in self.sources(place)
            for role, value in (source | source.get("power_config", {})).items()
            if role.startswith("stat_") and isinstance(value, str)
        }

    def is_new(self, entry_id: str, key: str) -> bool:
        """Tell whether a request was fulfilled since the preferences were loaded."""
        return (entry_id, key) in self._added

    async def async_add(
        self, entry_id: str, key: str, kind: SourceKind, statistics: Mapping[str, str]
    ) -> None:
        """Fulfil a request: append a source to those that are there.

        The caller has found the source missing, and awaited nothing since then.
        """
        source = kind.with_statistics(statistics)
        kept = self._checked(entry_id, key, kind, source)
        if kept is not None:
            self._added[entry_id, key] = kind.place, kept[kind.energy]
            await self._async_save(kind.place, [*self.sources(kind.place), kept])

    async def async_complete(
        self,
        entry_id: str,
        key: str,
        kind: SourceKind,
        source: Source,
        statistics: Mapping[str, str],
    ) -> None:
        """Fulfil a request: give a source the roles that it lacks, and nothing else.

        The caller has found the source, and awaited nothing since then.
        """
        complete = {**source, **statistics}
        if self._checked(entry_id, key, kind, complete) is not None:
            self._added[entry_id, key] = kind.place, next(iter(statistics.values()))
            await self._async_save(
                kind.place,
                [
                    complete if each is source else each
                    for each in self.sources(kind.place)
                ],
            )

    def withdraw(self, entry_id: str, key: str) -> None:
        """End a request that needs nothing more."""
        if entry := self._hass.config_entries.async_get_entry(entry_id):
            left = [other for other in requests(entry) if other != key]
            self._hass.config_entries.async_update_entry(
                entry, options={**entry.options, CONF_DASHBOARD: left}
            )

    def _checked(
        self, entry_id: str, key: str, kind: SourceKind, source: Source
    ) -> Source | None:
        """Return a source as it is kept; end the request where it is refused."""
        try:
            match kind.place:
                case Place.SOURCES:
                    [kept] = ENERGY_SOURCE_SCHEMA([source])
                case Place.DEVICES:
                    kept = DEVICE_CONSUMPTION_SCHEMA(source)
        except vol.Invalid:
            LOGGER.warning(
                "This version of Home Assistant refuses a %s source as Meter Hub makes "
                "it; please add the meter in the settings of the Energy dashboard",
                kind.type,
            )
            self.withdraw(entry_id, key)
            return None
        return cast("Source", kept)

    async def _async_save(self, place: Place, sources: list[Source]) -> None:
        await self._manager.async_update(
            cast("EnergyPreferencesUpdate", {place.value: sources})
        )

    async def _async_withdraw_removed(self) -> None:
        used = {place: self.statistics(place) for place in Place}
        for (entry_id, key), (place, statistic) in tuple(self._added.items()):
            if statistic not in used[place]:
                del self._added[entry_id, key]
                self.withdraw(entry_id, key)


@singleton(HassKey[Dashboard](f"{DOMAIN}_dashboard"), async_=True)
async def async_dashboard(hass: HomeAssistant) -> Dashboard:
    """Return the Energy dashboard of Home Assistant."""
    return Dashboard(hass, await async_get_manager(hass))
