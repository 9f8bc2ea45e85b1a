"""How Home Assistant shows each quantity: the one table, for all vendors."""

from collections.abc import Mapping

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory

from .metering.model import ZONES, Channel, Kind, Quantity, Series

STATE_CLASSES = {
    Kind.REGISTER: SensorStateClass.TOTAL_INCREASING,
    Kind.MEASUREMENT: SensorStateClass.MEASUREMENT,
}


def _row(
    quantity: Quantity,
    device_class: SensorDeviceClass | None = None,
    *,
    precision: int | None = None,
    category: EntityCategory | None = None,
    enabled: bool = True,
) -> tuple[Quantity, SensorEntityDescription]:
    return quantity, SensorEntityDescription(
        key=quantity,
        translation_key=quantity,
        device_class=device_class,
        state_class=STATE_CLASSES.get(quantity.kind),
        native_unit_of_measurement=quantity.unit,
        suggested_display_precision=precision,
        entity_category=category,
        entity_registry_enabled_default=enabled,
    )


_ENERGY = SensorDeviceClass.ENERGY
_POWER = SensorDeviceClass.POWER
_DIAGNOSTIC = EntityCategory.DIAGNOSTIC

QUANTITIES: Mapping[Quantity, SensorEntityDescription] = dict(
    (
        _row(Quantity.GRID_IMPORT, _ENERGY, precision=2),
        _row(Quantity.GRID_EXPORT, _ENERGY, precision=2),
        _row(Quantity.ABSOLUTE_ENERGY, _ENERGY, precision=2, enabled=False),
        _row(Quantity.GRID_POWER, _POWER, precision=0),
        _row(Quantity.IMPORT_POWER, _POWER, precision=0),
        _row(Quantity.EXPORT_POWER, _POWER, precision=0),
        _row(Quantity.ABSOLUTE_POWER, _POWER, precision=0, enabled=False),
        _row(
            Quantity.READER_BATTERY,
            SensorDeviceClass.BATTERY,
            precision=0,
            category=_DIAGNOSTIC,
        ),
        _row(
            Quantity.READER_BATTERY_VOLTAGE,
            SensorDeviceClass.VOLTAGE,
            precision=2,
            category=_DIAGNOSTIC,
            enabled=False,
        ),
        _row(
            Quantity.READER_TEMPERATURE,
            SensorDeviceClass.TEMPERATURE,
            precision=0,
            category=_DIAGNOSTIC,
            enabled=False,
        ),
        _row(Quantity.TARIFF, category=_DIAGNOSTIC),
        _row(Quantity.METER_SERIAL, category=_DIAGNOSTIC, enabled=False),
        _row(Quantity.METER_ADDRESS, category=_DIAGNOSTIC, enabled=False),
        _row(Quantity.LAST_READING, SensorDeviceClass.TIMESTAMP, category=_DIAGNOSTIC),
    )
)


def unique_id(vendor: str, series: Series) -> str:
    """Return the unique id of the entity that shows a series of a vendor's meter."""
    total = f"{vendor}_{series.meter}_{series.quantity}"
    return total if series.channel == Channel.TOTAL else f"{total}_{series.channel}"


def naming(series: Series) -> tuple[str, Mapping[str, str]]:
    """Return the translation key of a series' name, and the placeholders in it."""
    if series.channel == Channel.TOTAL:
        return series.quantity, {}
    part = "zone" if series.channel in ZONES else "phase"
    return f"{series.quantity}_{part}", {"channel": series.channel[-1]}
