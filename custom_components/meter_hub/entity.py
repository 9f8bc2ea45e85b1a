"""What all entities of a meter share."""

from collections.abc import Callable
from typing import override

from homeassistant.core import callback
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .coordinator import MeterHubConfigEntry, MeterHubCoordinator
from .devices import meter_identifier
from .entity_names import naming, unique_id
from .metering.model import Reading, Series
from .metering.vocabulary import Quantity
from .quantities import is_shown_at_first


@callback
def add_series(
    entry: MeterHubConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    has_entity: Callable[[Quantity], bool],
    make: Callable[[MeterHubCoordinator, Series], Entity],
) -> None:
    """Add the entities that are known, and each further one when it first appears."""
    coordinator = entry.runtime_data
    added: set[Series] = set()

    @callback
    def add_new() -> None:
        data = coordinator.data
        known = {
            series
            for series in data.readings
            if series.meter in data.meters and has_entity(series.quantity)
        }
        new = sorted(known - added)
        added.intersection_update(known)
        added.update(new)
        async_add_entities(make(coordinator, series) for series in new)

    add_new()
    entry.async_on_unload(coordinator.async_add_listener(add_new))


class MeterEntity(CoordinatorEntity[MeterHubCoordinator]):
    """Shows one series of a meter."""

    _attr_has_entity_name = True
    _unrecorded_attributes = frozenset({"estimated", "measured_at", "told"})

    def __init__(self, coordinator: MeterHubCoordinator, series: Series) -> None:
        """Show a series of one of the coordinator's meters."""
        super().__init__(coordinator)
        self.series = series
        self._attr_unique_id = unique_id(coordinator.vendor.key, series)
        self._attr_entity_registry_enabled_default = is_shown_at_first(
            coordinator.vendor, coordinator.data.meters[series.meter], self.reading
        )
        if label := self.reading.label:
            self._attr_name = label
        else:
            self._attr_translation_key, self._attr_translation_placeholders = naming(
                self.reading
            )
        self._attr_device_info = DeviceInfo(
            identifiers={meter_identifier(coordinator, series.meter)}
        )

    @property
    def reading(self) -> Reading:
        """What is known of the series."""
        return self.coordinator.data.readings[self.series]

    @property
    @override
    def available(self) -> bool:
        """Whether the account answers and still has the meter."""
        data = self.coordinator.data
        return (
            super().available
            and self.series in data.readings
            and self.series.meter not in data.missing
        )

    @property
    @override
    def extra_state_attributes(self) -> dict[str, str | bool]:
        """When the value was measured, and how well, and what the vendor calls it."""
        reading = self.reading
        measured_at = reading.measured_at
        attributes: dict[str, str | bool] = {}
        if measured_at is not None and measured_at != reading.value:
            attributes["measured_at"] = measured_at.isoformat()
        if reading.estimated:
            attributes["estimated"] = True
        if reading.told is not None:
            attributes["told"] = reading.told
        return attributes
