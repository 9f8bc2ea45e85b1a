"""Adds meters to Home Assistant's Energy dashboard where a person asked for it.

A request is an offer's key in the entry's options. It is fulfilled once its
statistics exist, and withdrawn when the source is found in preferences that Home
Assistant loaded later, or when a person removed the source: nothing is added
twice, and nothing that was removed comes back.
"""

from asyncio import Task
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from homeassistant.components.energy.const import DOMAIN as ENERGY_DOMAIN
from homeassistant.components.energy.data import (
    ENERGY_SOURCE_SCHEMA,
    EnergyManager,
    EnergyPreferencesUpdate,
    async_get_manager,
)
from homeassistant.components.recorder.statistics import get_metadata
from homeassistant.components.sensor import DOMAIN as SENSOR_DOMAIN
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant, callback, valid_entity_id
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.helpers.recorder import get_instance
from homeassistant.helpers.singleton import singleton
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey
import probatio as vol

from .const import CONF_DASHBOARD, DOMAIN, LOGGER
from .coordinator import MeterHubConfigEntry
from .metering.model import Meter, Series
from .metering.vocabulary import MeterKind, Quantity
from .quantities import unique_id
from .statistic_names import statistic_id
from .vendors.base import Vendor

SOURCE_KINDS = {MeterKind.GRID: "grid"}
"""The kind of source in the Energy dashboard, for each kind of meter that has one."""

RETRY = timedelta(minutes=5)
"""The coordinator says when something has changed, but not when patience ends."""

PATIENCE = timedelta(minutes=30)
"""How long a source whose energy is there waits for its export and its power.

After that it is added without them: a meter that never exports, or whose power is
never read, must not keep its import out of the dashboard.
"""


@dataclass(frozen=True, slots=True)
class Offer:
    """A source that the Energy dashboard could get."""

    key: str
    """What the options of an entry hold where the offer was accepted."""
    kind: str
    """The type of the source in the Energy dashboard."""
    meter: str


def offers(meters: Iterable[Meter]) -> tuple[Offer, ...]:
    """Return what the meters could add to the Energy dashboard."""
    return tuple(
        Offer(f"{kind}/{meter.id}", kind, meter.id)
        for meter in meters
        if (kind := SOURCE_KINDS.get(meter.kind))
    )


async def async_kinds_present(hass: HomeAssistant) -> frozenset[str]:
    """Return the types of source that the Energy dashboard has already."""
    dashboard = await _async_dashboard(hass)
    return frozenset(source["type"] for source in dashboard.sources)


async def async_added(
    hass: HomeAssistant, vendor: Vendor, meters: Iterable[Meter]
) -> frozenset[str]:
    """Return the keys of those offers whose energy a source uses already."""
    used = (await _async_dashboard(hass)).statistics
    return frozenset(
        offer.key
        for offer in offers(meters)
        if used & _all_statistics(hass, vendor, _energy_of(offer))
    )


async def async_start(hass: HomeAssistant, entry: MeterHubConfigEntry) -> None:
    """Fulfil the requests of an entry, now or as soon as their statistics exist."""
    if ENERGY_DOMAIN in hass.config.components and _requests(entry):
        _Fulfilment(hass, entry, await _async_dashboard(hass)).async_start()


def _energy_of(offer: Offer) -> Series:
    """Return the series without which there is no source."""
    return Series(offer.meter, Quantity.GRID_IMPORT)


def _entity_id(hass: HomeAssistant, vendor: Vendor, series: Series) -> str | None:
    """Return the sensor that shows a series, unless a person disabled it."""
    registry = er.async_get(hass)
    entity_id = registry.async_get_entity_id(
        SENSOR_DOMAIN, DOMAIN, unique_id(vendor.key, series)
    )
    enabled = entity_id is not None and not registry.entities[entity_id].disabled
    return entity_id if enabled else None


def _all_statistics(hass: HomeAssistant, vendor: Vendor, series: Series) -> set[str]:
    """Return the history and the sensor of a series; each counts the same energy."""
    sensor = _entity_id(hass, vendor, series)
    return {statistic_id(vendor.key, series)} | ({sensor} if sensor else set())


def _requests(entry: ConfigEntry) -> list[str]:
    requests: list[str] = entry.options.get(CONF_DASHBOARD, [])
    return requests


class _Dashboard:
    """The Energy dashboard's sources, and those of ours that are new in this run."""

    def __init__(self, hass: HomeAssistant, manager: EnergyManager) -> None:
        self._hass = hass
        self._manager = manager
        self._added: dict[tuple[str, str], str] = {}
        manager.async_listen_updates(self._async_withdraw_removed)

    @property
    def sources(self) -> list[dict[str, Any]]:
        preferences = self._manager.data or EnergyManager.default_preferences()
        return cast("list[dict[str, Any]]", preferences["energy_sources"])

    @property
    def statistics(self) -> set[str]:
        """All statistics that a source uses, in whatever role."""
        return {
            value
            for source in self.sources
            for role, value in (source | source.get("power_config", {})).items()
            if role.startswith("stat_") and isinstance(value, str)
        }

    def is_new(self, entry_id: str, key: str) -> bool:
        """Tell whether a source was added since the preferences were loaded."""
        return (entry_id, key) in self._added

    async def async_add(
        self, entry_id: str, offer: Offer, statistics: dict[str, str]
    ) -> None:
        """Append a source to those that are there.

        `statistics` holds the statistic of each role, `stat_energy_from` among them.
        """
        try:
            [source] = ENERGY_SOURCE_SCHEMA(
                [{"type": offer.kind, "cost_adjustment_day": 0, **statistics}]
            )
        except vol.Invalid:
            LOGGER.warning(
                "This version of Home Assistant refuses a %s source as Meter Hub makes "
                "it; please add the meter in the settings of the Energy dashboard",
                offer.kind,
            )
            self.withdraw(entry_id, offer.key)
            return
        self._added[entry_id, offer.key] = statistics["stat_energy_from"]
        await self._manager.async_update(
            cast("EnergyPreferencesUpdate", {"energy_sources": [*self.sources, source]})
        )

    def withdraw(self, entry_id: str, key: str) -> None:
        """End a request that needs nothing more."""
        if entry := self._hass.config_entries.async_get_entry(entry_id):
            left = [other for other in _requests(entry) if other != key]
            self._hass.config_entries.async_update_entry(
                entry, options={**entry.options, CONF_DASHBOARD: left}
            )

    async def _async_withdraw_removed(self) -> None:
        used = self.statistics
        for (entry_id, key), statistic in tuple(self._added.items()):
            if statistic not in used:
                del self._added[entry_id, key]
                self.withdraw(entry_id, key)


@singleton(HassKey[_Dashboard](f"{DOMAIN}_dashboard"), async_=True)
async def _async_dashboard(hass: HomeAssistant) -> _Dashboard:
    return _Dashboard(hass, await async_get_manager(hass))


class _Fulfilment:
    """Adds the sources that one entry was asked for, each when its time has come."""

    def __init__(
        self, hass: HomeAssistant, entry: MeterHubConfigEntry, dashboard: _Dashboard
    ) -> None:
        self._hass = hass
        self._entry = entry
        self._vendor = entry.runtime_data.vendor
        self._dashboard = dashboard
        self._ready_since: dict[str, datetime] = {}
        self._task: Task[None] | None = None
        self._unsubscribe: list[Callable[[], None]] = []

    @callback
    def async_start(self) -> None:
        self._unsubscribe = [
            self._entry.runtime_data.async_add_listener(self._try_soon),
            async_track_time_interval(self._hass, self._try_soon, RETRY),
        ]
        self._entry.async_on_unload(self._stop)
        self._try_soon()

    @callback
    def _stop(self) -> None:
        while self._unsubscribe:
            self._unsubscribe.pop()()

    @callback
    def _try_soon(self, _now: datetime | None = None) -> None:
        if self._task is None or self._task.done():
            self._task = self._entry.async_create_background_task(
                self._hass, self._async_try(), f"{DOMAIN} energy dashboard"
            )

    async def _async_try(self) -> None:
        for offer in offers(self._entry.runtime_data.data.meters.values()):
            if offer.key in self._pending():
                await self._async_fulfil(offer)
        if not self._pending():
            self._stop()

    def _pending(self) -> set[str]:
        return {
            key
            for key in _requests(self._entry)
            if not self._dashboard.is_new(self._entry.entry_id, key)
        }

    async def _async_fulfil(self, offer: Offer) -> None:
        wanted = {
            "stat_energy_from": self._energy(_energy_of(offer)),
            "stat_energy_to": self._energy(Series(offer.meter, Quantity.GRID_EXPORT)),
            "stat_rate": _entity_id(
                self._hass, self._vendor, Series(offer.meter, Quantity.GRID_POWER)
            ),
        }
        ready = await self._async_ready({each for each in wanted.values() if each})

        # From here to the change of the preferences nothing else may run.
        used = self._dashboard.statistics
        if used & _all_statistics(self._hass, self._vendor, _energy_of(offer)):
            self._dashboard.withdraw(self._entry.entry_id, offer.key)
            return
        if wanted["stat_energy_from"] not in ready:
            return
        free = {
            role: each for role, each in wanted.items() if each and each not in used
        }
        if not ready.issuperset(free.values()):
            now = dt_util.utcnow()
            if now - self._ready_since.setdefault(offer.key, now) < PATIENCE:
                return
        await self._dashboard.async_add(
            self._entry.entry_id,
            offer,
            {role: each for role, each in free.items() if each in ready},
        )

    def _energy(self, series: Series) -> str | None:
        """Return the statistic that the dashboard should take energy from.

        The vendor's history is exact; the live register is for vendors without one.
        """
        if self._vendor.history_days is None:
            return _entity_id(self._hass, self._vendor, series)
        if series not in self._entry.runtime_data.history.series:
            return None
        return statistic_id(self._vendor.key, series)

    async def _async_ready(self, statistics: set[str]) -> set[str]:
        """Return those that exist by now: a sensor with a number, a series with rows."""
        sensors = {statistic for statistic in statistics if valid_entity_id(statistic)}
        series = await get_instance(self._hass).async_add_executor_job(
            lambda: get_metadata(self._hass, statistic_ids=statistics - sensors)
        )
        return set(series) | {
            sensor
            for sensor in sensors
            if (state := self._hass.states.get(sensor))
            and state.state not in {STATE_UNAVAILABLE, STATE_UNKNOWN}
        }
