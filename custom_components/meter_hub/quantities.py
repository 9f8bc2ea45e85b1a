"""How Home Assistant shows each quantity: the one table, for all vendors."""

from collections.abc import Iterable, Mapping
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

from .metering.model import Meter, Reading, Series
from .metering.vocabulary import Kind, MeterStatus, Quantity, SystemStatus, Unit
from .vendors.base import Vendor

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
    options: Iterable[str] = (),
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
        options=[str(option) for option in options] or None,
    )


def _flag(
    quantity: Quantity,
    device_class: BinarySensorDeviceClass | None = None,
    *,
    category: EntityCategory | None = EntityCategory.DIAGNOSTIC,
) -> tuple[Quantity, BinarySensorEntityDescription]:
    return quantity, BinarySensorEntityDescription(
        key=quantity,
        translation_key=quantity,
        device_class=device_class,
        entity_category=category,
    )


_ENERGY = SensorDeviceClass.ENERGY
_STORED = SensorDeviceClass.ENERGY_STORAGE
_REACTIVE = SensorDeviceClass.REACTIVE_ENERGY
_POWER = SensorDeviceClass.POWER
_CURRENT = SensorDeviceClass.CURRENT
_VOLTAGE = SensorDeviceClass.VOLTAGE
_TIMESTAMP = SensorDeviceClass.TIMESTAMP
_DURATION = SensorDeviceClass.DURATION
_PROBLEM = BinarySensorDeviceClass.PROBLEM
_DIAGNOSTIC = EntityCategory.DIAGNOSTIC

_Q = Quantity

HISTORY_ONLY = frozenset(
    {
        _Q.BALANCED_IMPORT,
        _Q.BALANCED_EXPORT,
        _Q.IMPORT_COST,
        _Q.EXPORT_COMPENSATION,
    }
)
"""What is worked out from history, into statistics; no line and no entity shows it."""

SENSORS: Mapping[Quantity, SensorEntityDescription] = dict(
    (
        _row(_Q.GRID_IMPORT, _ENERGY, precision=2),
        _row(_Q.GRID_EXPORT, _ENERGY, precision=2),
        _row(_Q.SOLAR, _ENERGY, precision=2),
        _row(_Q.HOME, _ENERGY, precision=2),
        _row(_Q.BATTERY_CHARGE, _ENERGY, precision=2),
        _row(_Q.BATTERY_DISCHARGE, _ENERGY, precision=2),
        _row(_Q.CIRCUIT_DELIVERED, _ENERGY, precision=2, enabled=False),
        _row(_Q.CIRCUIT_RECEIVED, _ENERGY, precision=2, enabled=False),
        _row(_Q.EV_CHARGE, _ENERGY, precision=2),
        _row(_Q.SOLAR_TODAY, _ENERGY, precision=2),
        _row(_Q.HOME_TODAY, _ENERGY, precision=2),
        _row(_Q.BATTERY_CHARGE_TODAY, _ENERGY, precision=2),
        _row(_Q.BATTERY_DISCHARGE_TODAY, _ENERGY, precision=2),
        _row(_Q.EV_CHARGE_TODAY, _ENERGY, precision=2),
        _row(_Q.GRID_IMPORT_TODAY, _ENERGY, precision=2),
        _row(_Q.GRID_EXPORT_TODAY, _ENERGY, precision=2),
        _row(_Q.BALANCED_IMPORT_TODAY, _ENERGY, precision=2),
        _row(_Q.BALANCED_EXPORT_TODAY, _ENERGY, precision=2),
        *(
            _row(quantity, _ENERGY, precision=2, enabled=False)
            for quantity in (
                _Q.GRID_IMPORT_YESTERDAY,
                _Q.GRID_EXPORT_YESTERDAY,
                _Q.GRID_IMPORT_LAST_HOUR,
                _Q.GRID_EXPORT_LAST_HOUR,
            )
        ),
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
        _row(_Q.SOLAR_POWER, _POWER, precision=0),
        _row(_Q.HOME_POWER, _POWER, precision=0),
        _row(_Q.BATTERY_POWER, _POWER, precision=0),
        _row(_Q.EV_POWER, _POWER, precision=0),
        _row(_Q.CIRCUIT_POWER, _POWER, precision=0),
        _row(_Q.IMPORT_POWER, _POWER, precision=0),
        _row(_Q.EXPORT_POWER, _POWER, precision=0),
        _row(_Q.AVERAGE_IMPORT_POWER, _POWER, precision=0, enabled=False),
        _row(_Q.AVERAGE_EXPORT_POWER, _POWER, precision=0, enabled=False),
        _row(_Q.ABSOLUTE_POWER, _POWER, precision=0, enabled=False),
        _row(_Q.DEMAND, _POWER, precision=0, enabled=False),
        _row(_Q.MAX_DEMAND, _POWER, precision=0, enabled=False),
        _row(_Q.MAX_ABSOLUTE_DEMAND, _POWER, precision=0, enabled=False),
        _row(_Q.CUMULATIVE_DEMAND, _POWER, precision=0, enabled=False),
        _row(_Q.CURRENT, _CURRENT, precision=1),
        _row(_Q.LOWEST_CURRENT, _CURRENT, precision=1, enabled=False),
        _row(_Q.HIGHEST_CURRENT, _CURRENT, precision=1, enabled=False),
        _row(_Q.MAIN_FUSE, _CURRENT, precision=0, category=_DIAGNOSTIC),
        _row(_Q.FUSE_HEADROOM, _CURRENT, precision=1, category=_DIAGNOSTIC),
        _row(_Q.VOLTAGE, _VOLTAGE, precision=1),
        _row(_Q.DC_VOLTAGE, _VOLTAGE, precision=1, enabled=False),
        _row(_Q.DC_CURRENT, _CURRENT, precision=1, enabled=False),
        _row(_Q.FREQUENCY, SensorDeviceClass.FREQUENCY, precision=2, enabled=False),
        _row(
            _Q.POWER_FACTOR, SensorDeviceClass.POWER_FACTOR, precision=2, enabled=False
        ),
        _row(_Q.BATTERY_LEVEL, SensorDeviceClass.BATTERY, precision=0),
        _row(_Q.BATTERY_AVAILABLE, _STORED, precision=2, enabled=False),
        _row(_Q.BATTERY_CAPACITY, _STORED, precision=2, enabled=False),
        *(
            _row(quantity, _POWER, precision=0, category=_DIAGNOSTIC, enabled=False)
            for quantity in (
                _Q.MAX_CHARGE_POWER,
                _Q.MAX_DISCHARGE_POWER,
                _Q.SYSTEM_SIZE,
            )
        ),
        _row(_Q.MODULES, precision=0, category=_DIAGNOSTIC, enabled=False),
        _row(
            _Q.SYSTEM_STATUS,
            SensorDeviceClass.ENUM,
            category=_DIAGNOSTIC,
            options=SystemStatus,
        ),
        _row(_Q.TEMPERATURE, SensorDeviceClass.TEMPERATURE, precision=0, enabled=False),
        _row(_Q.CHARGER_MODE),
        _row(_Q.CHARGER_PREVIOUS_MODE, category=_DIAGNOSTIC, enabled=False),
        _row(_Q.CHARGER_STATUS, category=_DIAGNOSTIC),
        _row(_Q.SESSION_START, _TIMESTAMP),
        _row(_Q.SESSION_END, _TIMESTAMP),
        _row(_Q.SESSION_ENERGY, _ENERGY, precision=2),
        _row(_Q.SESSION_DURATION, _DURATION, precision=0),
        _row(_Q.SESSION_CHARGE_TIME, _DURATION, precision=0),
        _row(_Q.SESSION_POWER, _POWER, precision=0),
        _row(_Q.SESSION_COST, precision=2, enabled=False),
        _row(_Q.CHARGER_ALLOWED_CURRENT, _CURRENT, precision=1),
        _row(_Q.CHARGER_OVERRIDE_CURRENT, _CURRENT, precision=1, enabled=False),
        *(
            _row(quantity, _CURRENT, precision=0, category=_DIAGNOSTIC)
            for quantity in (
                _Q.CHARGER_FUSE,
                _Q.CHARGER_SAFE_CURRENT,
                _Q.CHARGER_SOLAR_START,
                _Q.CHARGER_SOLAR_MAX,
            )
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
        _row(
            _Q.METER_STATUS,
            SensorDeviceClass.ENUM,
            category=_DIAGNOSTIC,
            options=MeterStatus,
        ),
        _row(
            _Q.SIGNAL_STRENGTH,
            SensorDeviceClass.SIGNAL_STRENGTH,
            precision=0,
            category=_DIAGNOSTIC,
        ),
        *(
            _row(quantity, category=_DIAGNOSTIC)
            for quantity in (_Q.TARIFF, _Q.CLIENT_TYPE, _Q.METERING_POINT)
        ),
        _row(
            _Q.ACTIVATION_DATE,
            SensorDeviceClass.DATE,
            category=_DIAGNOSTIC,
            enabled=False,
        ),
        *(
            _row(quantity, category=_DIAGNOSTIC, enabled=False)
            for quantity in (
                _Q.ADDRESS,
                _Q.MULTIPLIER,
                _Q.METER_ERROR,
                _Q.METER_TIME,
                _Q.METER_DATE,
                _Q.METER_SERIAL,
                _Q.METER_ADDRESS,
                _Q.PORT_SERIAL,
            )
        ),
        _row(_Q.CT_STATUS, category=_DIAGNOSTIC, enabled=False),
        _row(_Q.TOKEN_EXPIRY, _TIMESTAMP, category=_DIAGNOSTIC, enabled=False),
        _row(_Q.LAST_READING, _TIMESTAMP, category=_DIAGNOSTIC),
        _row(_Q.LAST_HOUR, _TIMESTAMP, category=_DIAGNOSTIC),
        _row(
            _Q.DATA_DELAY,
            _DURATION,
            precision=1,
            category=_DIAGNOSTIC,
        ),
        _row(_Q.OPEN_DAYS, precision=0, category=_DIAGNOSTIC),
    )
)

BINARY_SENSORS: Mapping[Quantity, BinarySensorEntityDescription] = dict(
    (
        _flag(_Q.READER_BATTERY_LOW, BinarySensorDeviceClass.BATTERY),
        _flag(_Q.READER_PROBLEM, _PROBLEM),
        _flag(_Q.METER_PROBLEM, _PROBLEM),
        _flag(_Q.CHARGER_SOLAR),
        _flag(_Q.CHARGER_PLUGGED, BinarySensorDeviceClass.PLUG, category=None),
        _flag(_Q.GRID_CONNECTED, BinarySensorDeviceClass.CONNECTIVITY, category=None),
    )
)

GENERIC_CLASSES: Mapping[Unit, SensorDeviceClass] = {
    Unit.KILOWATT_HOUR: _ENERGY,
    Unit.KILOVAR_HOUR: _REACTIVE,
    Unit.WATT: _POWER,
    Unit.VAR: SensorDeviceClass.REACTIVE_POWER,
    Unit.VOLT_AMPERE: SensorDeviceClass.APPARENT_POWER,
    Unit.VOLT: _VOLTAGE,
    Unit.AMPERE: _CURRENT,
    Unit.HERTZ: SensorDeviceClass.FREQUENCY,
    Unit.CELSIUS: SensorDeviceClass.TEMPERATURE,
    Unit.DECIBEL_MILLIWATT: SensorDeviceClass.SIGNAL_STRENGTH,
    Unit.HOUR: _DURATION,
    Unit.SECOND: _DURATION,
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


def is_shown_at_first(vendor: Vendor, meter: Meter, reading: Reading) -> bool:
    """Tell whether the entity of a reading is on until a person decides otherwise."""
    quantity = reading.series.quantity
    line = BINARY_SENSORS.get(quantity) or SENSORS[quantity]
    detail = vendor.is_detail is not None and vendor.is_detail(meter, reading)
    return line.entity_registry_enabled_default and not detail
