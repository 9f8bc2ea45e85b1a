"""Sensors: one per series of a meter, and those of the account."""

from datetime import date, datetime, timedelta
from typing import override

from homeassistant.components.sensor import SensorEntity
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .account_sensors import account_sensors
from .coordinator import MeterHubConfigEntry, MeterHubCoordinator
from .entity import MeterEntity, add_series
from .metering.model import Series, Value
from .metering.vocabulary import Kind
from .quantities import SENSORS, described

PARALLEL_UPDATES = 0
SCAN_INTERVAL = timedelta(minutes=1)
"""Of what is looked at without asking a vendor."""


async def async_setup_entry(
    hass: HomeAssistant,
    entry: MeterHubConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the sensors that are known, and each further one when it first appears."""
    add_series(entry, async_add_entities, SENSORS.__contains__, MeterSensor)
    async_add_entities(account_sensors(entry.runtime_data))


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
