"""What all entities of a meter share."""

from typing import override

from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .coordinator import MeterHubCoordinator
from .devices import meter_identifier
from .metering.model import Series
from .quantities import naming, unique_id


class MeterEntity(CoordinatorEntity[MeterHubCoordinator]):
    """Shows one series of a meter."""

    _attr_has_entity_name = True

    def __init__(self, coordinator: MeterHubCoordinator, series: Series) -> None:
        """Show a series of one of the coordinator's meters."""
        super().__init__(coordinator)
        self.series = series
        self._attr_unique_id = unique_id(coordinator.vendor.key, series)
        self._attr_translation_key, self._attr_translation_placeholders = naming(series)
        self._attr_device_info = DeviceInfo(
            identifiers={meter_identifier(coordinator, series.meter)}
        )

    @property
    @override
    def available(self) -> bool:
        """Whether the account answers and still has the meter."""
        return (
            super().available and self.series.meter not in self.coordinator.data.missing
        )
