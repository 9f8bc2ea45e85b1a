"""Binary sensors: the conditions of a meter that are there or not."""

from typing import override

from homeassistant.components.binary_sensor import BinarySensorEntity
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import MeterHubConfigEntry, MeterHubCoordinator
from .entity import MeterEntity, add_series
from .metering.model import Series
from .quantities import BINARY_SENSORS

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: MeterHubConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the conditions that are known, and each further one when it first appears."""
    add_series(
        entry, async_add_entities, BINARY_SENSORS.__contains__, MeterBinarySensor
    )


class MeterBinarySensor(MeterEntity, BinarySensorEntity):
    """Shows whether one condition of a meter is there."""

    def __init__(self, coordinator: MeterHubCoordinator, series: Series) -> None:
        """Describe the condition by its quantity."""
        super().__init__(coordinator, series)
        self.entity_description = BINARY_SENSORS[series.quantity]

    @property
    @override
    def is_on(self) -> bool | None:
        """Whether the condition is there, or None where that is unknown."""
        value = self.reading.value
        return None if value is None else bool(value)
