"""Adds meters to Home Assistant's Energy dashboard where a person asked for it.

A request is a key in the entry's options: of a source that was offered, or of the
costs that a source lacks. It is fulfilled once its statistics exist, and withdrawn
when it is found fulfilled in preferences that Home Assistant loaded later, or when
a person removed what was added: nothing is added twice, and nothing that was
removed comes back.
"""

from asyncio import Task
from collections.abc import Callable, Container, Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial

from homeassistant.components.energy.const import DOMAIN as ENERGY_DOMAIN
from homeassistant.components.recorder.statistics import get_metadata
from homeassistant.components.sensor import DOMAIN as SENSOR_DOMAIN
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant, callback, valid_entity_id
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.helpers.recorder import get_instance
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .coordinator import MeterHubConfigEntry
from .energy_dashboard_preferences import Dashboard, Source, async_dashboard, requests
from .energy_sources import COSTS, DEVICE, Offer, Place, SourceKind, offers, possible
from .entity_names import unique_id
from .metering.model import Meter, Reading, Series
from .metering.vocabulary import Kind
from .quantities import is_shown_at_first
from .statistic_names import statistic_id
from .vendors.base import Vendor

RETRY = timedelta(minutes=5)
"""The coordinator says when something has changed, but not when patience ends."""

PATIENCE = timedelta(minutes=30)
"""How long a source whose energy is there waits for its export, power and costs.

After that it is added without them: a meter that never exports, or whose power is
never read, must not keep its import out of the dashboard.
"""


@callback
def async_offers(
    hass: HomeAssistant,
    vendor: Vendor,
    meters: Mapping[str, Meter],
    readings: Iterable[Reading],
    history: Iterable[Series],
) -> tuple[Offer, ...]:
    """Return what the meters could add to the Energy dashboard.

    It is made of the series that have a history, or a sensor that is not off.
    """
    registry = er.async_get(hass)
    known = set(history)
    for reading in readings:
        series = reading.series
        entity_id = registry.async_get_entity_id(
            SENSOR_DOMAIN, DOMAIN, unique_id(vendor.key, series)
        )
        if entity_id is not None:
            is_on = not registry.entities[entity_id].disabled
        else:
            meter = meters.get(series.meter)
            is_on = meter is not None and is_shown_at_first(vendor, meter, reading)
        if is_on:
            known.add(series)
    return offers(meters.values(), known)


async def async_kinds_present(hass: HomeAssistant) -> frozenset[str]:
    """Return the types of source that the Energy dashboard has already."""
    dashboard = await async_dashboard(hass)
    types = {source["type"] for source in dashboard.sources(Place.SOURCES)}
    return frozenset(types | {DEVICE.type for _ in dashboard.sources(Place.DEVICES)})


async def async_added(
    hass: HomeAssistant, vendor: Vendor, meters: Iterable[Meter]
) -> frozenset[str]:
    """Return the keys of those offers whose energy a source uses already."""
    dashboard = await async_dashboard(hass)
    return frozenset(
        offer.key
        for offer in possible(meters)
        if _is_used(hass, vendor, offer, dashboard.statistics(offer.source.place))
    )


async def async_costless(
    hass: HomeAssistant, vendor: Vendor, meter: Meter
) -> str | None:
    """Return the key by which to ask for the costs of a meter's source.

    None where the source is not in the dashboard, or has all its costs.
    """
    dashboard = await async_dashboard(hass)
    for offer in possible([meter]):
        source = _source_of(dashboard, vendor, offer)
        if source and _lacking(vendor, offer, source):
            return offer.costs_key
    return None


async def async_start(hass: HomeAssistant, entry: MeterHubConfigEntry) -> None:
    """Fulfil the requests of an entry, now or as soon as their statistics exist."""
    if ENERGY_DOMAIN in hass.config.components and requests(entry):
        _Fulfilment(hass, entry, await async_dashboard(hass)).async_start()


def _entity_id(hass: HomeAssistant, vendor: Vendor, series: Series) -> str | None:
    """Return the sensor that shows a series, unless a person disabled it."""
    registry = er.async_get(hass)
    entity_id = registry.async_get_entity_id(
        SENSOR_DOMAIN, DOMAIN, unique_id(vendor.key, series)
    )
    enabled = entity_id is not None and not registry.entities[entity_id].disabled
    return entity_id if enabled else None


def _is_used(
    hass: HomeAssistant, vendor: Vendor, offer: Offer, used: Container[str]
) -> bool:
    """Tell whether a source uses an energy that the offer needs.

    Its history and its sensor count the same.
    """
    return any(
        statistic_id(vendor.key, series) in used
        or _entity_id(hass, vendor, series) in used
        for series in offer.needed
    )


def _source_of(dashboard: Dashboard, vendor: Vendor, offer: Offer) -> Source | None:
    """Return the source that shows the exact history of an offer's energy."""
    role = offer.source.energy
    energy = statistic_id(vendor.key, offer.series[role])
    sources = dashboard.sources(offer.source.place)
    return next((each for each in sources if each.get(role) == energy), None)


def _lacking(vendor: Vendor, offer: Offer, source: Source) -> dict[str, Series]:
    """Return the roles of money that a source lacks for those energies that are ours."""
    return {
        role: offer.series[role]
        for role, energy in COSTS.items()
        if role in offer.series
        and source.get(role) is None
        and source.get(energy) == statistic_id(vendor.key, offer.series[energy])
    }


class _Fulfilment:
    """Fulfils the requests of one entry, each when its time has come."""

    def __init__(
        self, hass: HomeAssistant, entry: MeterHubConfigEntry, dashboard: Dashboard
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
        for offer in possible(self._entry.runtime_data.data.meters.values()):
            if offer.key in self._pending():
                await self._async_add(offer)
            if offer.costs_key in self._pending():
                await self._async_add_costs(offer)
        if not self._pending():
            self._stop()

    def _pending(self) -> set[str]:
        return {
            key
            for key in requests(self._entry)
            if not self._dashboard.is_new(self._entry.entry_id, key)
        }

    async def _async_add(self, offer: Offer) -> None:
        """Add a source, with all roles that can be had."""
        wanted = self._statistics(offer.series)
        ready = await self._async_ready(wanted.values())

        # From here to the change of the preferences nothing else may run.
        used = self._dashboard.statistics(offer.source.place)
        if _is_used(self._hass, self._vendor, offer, used):
            self._dashboard.withdraw(self._entry.entry_id, offer.key)
            return
        if not all(wanted.get(role) in ready for role in offer.source.needed):
            return
        free = _with_energy(
            offer.source,
            {role: each for role, each in wanted.items() if each not in used},
        )
        there = {role: each for role, each in free.items() if each in ready}
        if self._is_complete(offer.key, free, ready):
            await self._dashboard.async_add(
                self._entry.entry_id,
                offer.key,
                offer.source,
                _with_energy(offer.source, there),
            )

    async def _async_add_costs(self, offer: Offer) -> None:
        """Give the source of an offer the costs that it lacks."""
        wanted = self._statistics(
            {role: each for role, each in offer.series.items() if role in COSTS}
        )
        ready = await self._async_ready(wanted.values())

        # From here to the change of the preferences nothing else may run.
        source = _source_of(self._dashboard, self._vendor, offer)
        lacking = _lacking(self._vendor, offer, source) if source else {}
        free = {role: each for role, each in wanted.items() if role in lacking}
        if source is None or not free:
            self._dashboard.withdraw(self._entry.entry_id, offer.costs_key)
            return
        there = {role: each for role, each in free.items() if each in ready}
        if there and self._is_complete(offer.costs_key, free, ready):
            await self._dashboard.async_complete(
                self._entry.entry_id, offer.costs_key, offer.source, source, there
            )

    def _is_complete(
        self, key: str, wanted: Mapping[str, str], ready: set[str]
    ) -> bool:
        """Tell whether all is there, or was waited for long enough."""
        if ready.issuperset(wanted.values()):
            return True
        now = dt_util.utcnow()
        return now - self._ready_since.setdefault(key, now) >= PATIENCE

    def _statistics(self, series: Mapping[str, Series]) -> dict[str, str]:
        """Return the statistic of each role that the meter has."""
        return {
            role: statistic
            for role, each in series.items()
            if (statistic := self._statistic(each)) is not None
        }

    def _statistic(self, series: Series) -> str | None:
        """Return the statistic that the dashboard should take for a series.

        The vendor's history is exact; the live register is for vendors without one.
        """
        history = self._entry.runtime_data.history
        match series.quantity.kind:
            case Kind.MONEY:
                known = any(each.target == series for each in history.derived)
            case Kind.REGISTER if self._vendor.history_days is not None:
                known = series in history.series
            case _:
                return _entity_id(self._hass, self._vendor, series)
        return statistic_id(self._vendor.key, series) if known else None

    async def _async_ready(self, statistics: Iterable[str]) -> set[str]:
        """Return those that exist by now: a sensor with a number, a series with rows."""
        wanted = set(statistics)
        sensors = {statistic for statistic in wanted if valid_entity_id(statistic)}
        series = await get_instance(self._hass).async_add_executor_job(
            partial(get_metadata, self._hass, statistic_ids=wanted - sensors)
        )
        return set(series) | {
            sensor
            for sensor in sensors
            if (state := self._hass.states.get(sensor))
            and state.state not in {STATE_UNAVAILABLE, STATE_UNKNOWN}
        }


def _with_energy(kind: SourceKind, statistics: Mapping[str, str]) -> dict[str, str]:
    """Leave out the money of an energy that is not part of the source."""
    return {
        role: statistic
        for role, statistic in statistics.items()
        if COSTS.get(role, kind.energy) in statistics
    }
