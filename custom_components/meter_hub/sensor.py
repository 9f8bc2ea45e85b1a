"""Sensors: one per series of a meter, and the progress of an account's history."""

from typing import override

from homeassistant.components.sensor import SensorEntity
from homeassistant.const import EntityCategory, UnitOfRatio
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .coordinator import MeterHubConfigEntry, MeterHubCoordinator
from .devices import account_identifier
from .entity import MeterEntity
from .metering.model import Series, Value
from .quantities import QUANTITIES

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: MeterHubConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the sensors that are known, and each further one when it first appears."""
    coordinator = entry.runtime_data
    added: set[Series] = set()

    @callback
    def add_new() -> None:
        data = coordinator.data
        new = {
            series for series in data.readings if series.meter in data.meters
        } - added
        added.update(new)
        async_add_entities(MeterSensor(coordinator, series) for series in sorted(new))

    add_new()
    entry.async_on_unload(coordinator.async_add_listener(add_new))
    if coordinator.vendor.history_days is not None:
        async_add_entities([HistoryProgressSensor(coordinator)])


class MeterSensor(MeterEntity, SensorEntity):
    """Shows the value of one series of a meter."""

    def __init__(self, coordinator: MeterHubCoordinator, series: Series) -> None:
        """Describe the series by its quantity."""
        super().__init__(coordinator, series)
        self.entity_description = QUANTITIES[series.quantity]

    @property
    @override
    def native_value(self) -> Value | None:
        """The value, or None where it is unknown."""
        return self.coordinator.data.readings[self.series].value


class HistoryProgressSensor(CoordinatorEntity[MeterHubCoordinator], SensorEntity):
    """Shows how much of an account's history has been imported, in percent."""

    _attr_has_entity_name = True
    _attr_translation_key = "history_progress"
    _attr_entity_category = EntityCategory.DIAGNOSTIC
    _attr_native_unit_of_measurement = UnitOfRatio.PERCENTAGE
    _attr_suggested_display_precision = 0

    def __init__(self, coordinator: MeterHubCoordinator) -> None:
        """Hang the sensor on the device of the account."""
        super().__init__(coordinator)
        self._attr_unique_id = f"{coordinator.account_id}_history_progress"
        self._attr_device_info = DeviceInfo(
            identifiers={account_identifier(coordinator)}
        )

    @property
    @override
    def native_value(self) -> float | None:
        """The share that has been imported, or None before that is known."""
        return self.coordinator.history.progress
