"""How Home Assistant shows each quantity: the one table, for all vendors."""

from collections.abc import Mapping
from dataclasses import replace

from homeassistant.components.binary_sensor import (
    BinarySensorDeviceClass,
    BinarySensorEntityDescription,
)
from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory

from .metering.model import Series
from .metering.vocabulary import PHASES, ZONES, Channel, Kind, Quantity, Unit

STATE_CLASSES = {
    Kind.REGISTER: SensorStateClass.TOTAL_INCREASING,
    Kind.PERIOD: SensorStateClass.TOTAL,
    Kind.COUNTER: SensorStateClass.TOTAL_INCREASING,
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


def _flag(
    quantity: Quantity, device_class: BinarySensorDeviceClass
) -> tuple[Quantity, BinarySensorEntityDescription]:
    return quantity, BinarySensorEntityDescription(
        key=quantity,
        translation_key=quantity,
        device_class=device_class,
        entity_category=_DIAGNOSTIC,
    )


_ENERGY = SensorDeviceClass.ENERGY
_REACTIVE = SensorDeviceClass.REACTIVE_ENERGY
_POWER = SensorDeviceClass.POWER
_VOLTAGE = SensorDeviceClass.VOLTAGE
_PROBLEM = BinarySensorDeviceClass.PROBLEM
_DIAGNOSTIC = EntityCategory.DIAGNOSTIC

_Q = Quantity

SENSORS: Mapping[Quantity, SensorEntityDescription] = dict(
    (
        _row(_Q.GRID_IMPORT, _ENERGY, precision=2),
        _row(_Q.GRID_EXPORT, _ENERGY, precision=2),
        _row(_Q.ABSOLUTE_ENERGY, _ENERGY, precision=2, enabled=False),
        _row(_Q.PULSE_ENERGY, _ENERGY, precision=2, enabled=False),
        _row(_Q.REACTIVE_IMPORT, _REACTIVE, precision=2, enabled=False),
        _row(_Q.REACTIVE_EXPORT, _REACTIVE, precision=2, enabled=False),
        _row(_Q.REACTIVE_Q1, _REACTIVE, precision=2, enabled=False),
        _row(_Q.REACTIVE_Q2, _REACTIVE, precision=2, enabled=False),
        _row(_Q.REACTIVE_Q3, _REACTIVE, precision=2, enabled=False),
        _row(_Q.REACTIVE_Q4, _REACTIVE, precision=2, enabled=False),
        _row(_Q.USAGE_THIS_MONTH, _ENERGY, precision=2),
        _row(_Q.USAGE_PREVIOUS_MONTH, _ENERGY, precision=2, enabled=False),
        _row(_Q.USAGE_PROJECTION, _ENERGY, precision=2, enabled=False),
        _row(_Q.PRODUCTION_THIS_MONTH, _ENERGY, precision=2),
        _row(_Q.PRODUCTION_PREVIOUS_MONTH, _ENERGY, precision=2, enabled=False),
        _row(_Q.GRID_POWER, _POWER, precision=0),
        _row(_Q.IMPORT_POWER, _POWER, precision=0),
        _row(_Q.EXPORT_POWER, _POWER, precision=0),
        _row(_Q.ABSOLUTE_POWER, _POWER, precision=0, enabled=False),
        _row(_Q.DEMAND, _POWER, precision=0, enabled=False),
        _row(_Q.MAX_DEMAND, _POWER, precision=0, enabled=False),
        _row(_Q.MAX_ABSOLUTE_DEMAND, _POWER, precision=0, enabled=False),
        _row(_Q.CUMULATIVE_DEMAND, _POWER, precision=0, enabled=False),
        _row(_Q.CURRENT, SensorDeviceClass.CURRENT, precision=1),
        _row(_Q.VOLTAGE, _VOLTAGE, precision=1),
        _row(_Q.FREQUENCY, SensorDeviceClass.FREQUENCY, precision=2, enabled=False),
        _row(
            _Q.POWER_FACTOR, SensorDeviceClass.POWER_FACTOR, precision=2, enabled=False
        ),
        _row(_Q.GENERIC, enabled=False),
        _row(
            _Q.READER_BATTERY,
            SensorDeviceClass.BATTERY,
            precision=0,
            category=_DIAGNOSTIC,
        ),
        _row(
            _Q.READER_BATTERY_VOLTAGE,
            _VOLTAGE,
            precision=2,
            category=_DIAGNOSTIC,
            enabled=False,
        ),
        _row(
            _Q.READER_TEMPERATURE,
            SensorDeviceClass.TEMPERATURE,
            precision=0,
            category=_DIAGNOSTIC,
            enabled=False,
        ),
        *(
            _row(quantity, precision=0, category=_DIAGNOSTIC, enabled=False)
            for quantity in (
                _Q.READER_LED_POWER,
                _Q.READER_BAUD_RATE,
                _Q.GOOD_READOUTS,
                _Q.FAILED_READOUTS,
                _Q.FAILED_FIRST_MESSAGES,
                _Q.FAILED_SECOND_MESSAGES,
            )
        ),
        _row(_Q.TARIFF, category=_DIAGNOSTIC),
        *(
            _row(quantity, category=_DIAGNOSTIC, enabled=False)
            for quantity in (
                _Q.MULTIPLIER,
                _Q.METER_ERROR,
                _Q.METER_TIME,
                _Q.METER_DATE,
                _Q.METER_SERIAL,
                _Q.METER_ADDRESS,
                _Q.PORT_SERIAL,
            )
        ),
        _row(_Q.LAST_READING, SensorDeviceClass.TIMESTAMP, category=_DIAGNOSTIC),
    )
)

BINARY_SENSORS: Mapping[Quantity, BinarySensorEntityDescription] = dict(
    (
        _flag(_Q.READER_BATTERY_LOW, BinarySensorDeviceClass.BATTERY),
        _flag(_Q.READER_PROBLEM, _PROBLEM),
        _flag(_Q.METER_PROBLEM, _PROBLEM),
    )
)

GENERIC_CLASSES: Mapping[Unit, SensorDeviceClass] = {
    Unit.KILOWATT_HOUR: _ENERGY,
    Unit.KILOVAR_HOUR: _REACTIVE,
    Unit.WATT: _POWER,
    Unit.VAR: SensorDeviceClass.REACTIVE_POWER,
    Unit.VOLT_AMPERE: SensorDeviceClass.APPARENT_POWER,
    Unit.VOLT: _VOLTAGE,
    Unit.AMPERE: SensorDeviceClass.CURRENT,
    Unit.HERTZ: SensorDeviceClass.FREQUENCY,
    Unit.CELSIUS: SensorDeviceClass.TEMPERATURE,
}
"""What a generic reading is, by its unit; a percentage can be anything."""


def described(series: Series, unit: Unit | None) -> SensorEntityDescription:
    """Return the line of a series; a generic one is described by its unit.

    Whether a generic energy only grows is not known, so that it gets no statistics.
    """
    line = SENSORS[series.quantity]
    if series.quantity is not Quantity.GENERIC or unit is None:
        return line
    device_class = GENERIC_CLASSES.get(unit)
    energy = device_class in (_ENERGY, _REACTIVE)
    return replace(
        line,
        device_class=device_class,
        native_unit_of_measurement=unit,
        state_class=None if energy else line.state_class,
    )


def unique_id(vendor: str, series: Series) -> str:
    """Return the unique id of the entity that shows a series of a vendor's meter."""
    total = f"{vendor}_{series.meter}_{series.quantity}"
    return total if series.channel == Channel.TOTAL else f"{total}_{series.channel}"


def naming(series: Series) -> tuple[str, Mapping[str, str]]:
    """Return the translation key of a series' name, and the placeholders in it."""
    if series.channel in ZONES:
        return f"{series.quantity}_zone", {"channel": series.channel[-1]}
    if series.channel in PHASES:
        return f"{series.quantity}_phase", {"channel": series.channel[-1]}
    if series.channel == Channel.TOTAL:
        return series.quantity, {}
    return series.quantity, {"channel": series.channel}
