"""Sensors: one per series of a meter, and the progress of an account's history."""

from datetime import date, datetime
from typing import override

from homeassistant.components.sensor import SensorEntity
from homeassistant.const import EntityCategory, UnitOfRatio
from homeassistant.core import HomeAssistant
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import CoordinatorEntity
from homeassistant.util import dt as dt_util

from .coordinator import MeterHubConfigEntry, MeterHubCoordinator
from .devices import account_identifier
from .entity import MeterEntity, add_series
from .metering.model import Series, Value
from .metering.vocabulary import Kind
from .quantities import SENSORS, described

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: MeterHubConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the sensors that are known, and each further one when it first appears."""
    add_series(entry, async_add_entities, SENSORS.__contains__, MeterSensor)
    coordinator = entry.runtime_data
    if coordinator.vendor.history_days is not None:
        async_add_entities([HistoryProgressSensor(coordinator)])


class MeterSensor(MeterEntity, SensorEntity):
    """Shows the value of one series of a meter."""

    def __init__(self, coordinator: MeterHubCoordinator, series: Series) -> None:
        """Describe the series by its quantity."""
        super().__init__(coordinator, series)
        self.entity_description = described(series, self.reading.unit)

    @property
    @override
    def native_value(self) -> Value | date | None:
        """The value, or None where it is unknown."""
        value = self.reading.value
        if self.series.quantity.kind is Kind.DATE and isinstance(value, str):
            return dt_util.parse_date(value)
        return value

    @property
    @override
    def last_reset(self) -> datetime | None:
        """When a total that restarts began."""
        restarts = self.series.quantity.kind is Kind.PERIOD
        return self.reading.since if restarts else None


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
    def available(self) -> bool:
        """Always: what was imported stays so while live values are not to be had."""
        return True

    @property
    @override
    def native_value(self) -> float | None:
        """The share that has been imported, or None before that is known."""
        return self.coordinator.history.progress
