"""The lines of the table over quantities say what Home Assistant needs."""

from homeassistant.components.binary_sensor import BinarySensorDeviceClass
from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.components.sensor.const import (
    DEVICE_CLASS_STATE_CLASSES,
    DEVICE_CLASS_UNITS,
)
from homeassistant.const import EntityCategory
import pytest

from custom_components.meter_hub.metering.model import Series
from custom_components.meter_hub.metering.vocabulary import Kind, Quantity, Unit
from custom_components.meter_hub.quantities import BINARY_SENSORS, SENSORS, described

ON_BY_DEFAULT = {
    Quantity.GRID_IMPORT,
    Quantity.GRID_EXPORT,
    Quantity.SOLAR,
    Quantity.HOME,
    Quantity.BATTERY_CHARGE,
    Quantity.BATTERY_DISCHARGE,
    Quantity.EV_CHARGE,
    Quantity.SOLAR_TODAY,
    Quantity.HOME_TODAY,
    Quantity.BATTERY_CHARGE_TODAY,
    Quantity.BATTERY_DISCHARGE_TODAY,
    Quantity.EV_CHARGE_TODAY,
    Quantity.GRID_IMPORT_TODAY,
    Quantity.GRID_EXPORT_TODAY,
    Quantity.BALANCED_IMPORT_TODAY,
    Quantity.BALANCED_EXPORT_TODAY,
    Quantity.USAGE_THIS_MONTH,
    Quantity.PRODUCTION_THIS_MONTH,
    Quantity.GRID_POWER,
    Quantity.SOLAR_POWER,
    Quantity.HOME_POWER,
    Quantity.BATTERY_POWER,
    Quantity.CIRCUIT_POWER,
    Quantity.BATTERY_LEVEL,
    Quantity.IMPORT_POWER,
    Quantity.EXPORT_POWER,
    Quantity.CURRENT,
    Quantity.VOLTAGE,
    Quantity.MAIN_FUSE,
    Quantity.FUSE_HEADROOM,
    Quantity.CHARGER_MODE,
    Quantity.CHARGER_STATUS,
    Quantity.EV_POWER,
    Quantity.SESSION_START,
    Quantity.SESSION_END,
    Quantity.SESSION_ENERGY,
    Quantity.SESSION_DURATION,
    Quantity.SESSION_CHARGE_TIME,
    Quantity.SESSION_POWER,
    Quantity.CHARGER_ALLOWED_CURRENT,
    Quantity.CHARGER_FUSE,
    Quantity.CHARGER_SAFE_CURRENT,
    Quantity.CHARGER_SOLAR_START,
    Quantity.CHARGER_SOLAR_MAX,
    Quantity.READER_BATTERY,
    Quantity.TARIFF,
    Quantity.CLIENT_TYPE,
    Quantity.METERING_POINT,
    Quantity.METER_STATUS,
    Quantity.SYSTEM_STATUS,
    Quantity.SIGNAL_STRENGTH,
    Quantity.LAST_READING,
    Quantity.LAST_HOUR,
    Quantity.DATA_DELAY,
    Quantity.OPEN_DAYS,
}

ENERGY_CLASSES = (
    SensorDeviceClass.ENERGY,
    SensorDeviceClass.ENERGY_STORAGE,
    SensorDeviceClass.REACTIVE_ENERGY,
)

ENERGIES = {Unit.KILOWATT_HOUR, Unit.KILOVAR_HOUR}

ABOUT_THE_DEVICE = ("reader_", "meter_", "port_", "good_", "failed_", "last_")

ABOUT_THE_CONNECTION = {
    Quantity.MAX_CHARGE_POWER,
    Quantity.MAX_DISCHARGE_POWER,
    Quantity.SYSTEM_SIZE,
    Quantity.MODULES,
    Quantity.SYSTEM_STATUS,
    Quantity.MULTIPLIER,
    Quantity.TARIFF,
    Quantity.CLIENT_TYPE,
    Quantity.METERING_POINT,
    Quantity.ADDRESS,
    Quantity.ACTIVATION_DATE,
    Quantity.MAIN_FUSE,
    Quantity.FUSE_HEADROOM,
    Quantity.SIGNAL_STRENGTH,
    Quantity.CT_STATUS,
    Quantity.TOKEN_EXPIRY,
    Quantity.DATA_DELAY,
    Quantity.OPEN_DAYS,
    Quantity.CHARGER_PREVIOUS_MODE,
    Quantity.CHARGER_STATUS,
    Quantity.CHARGER_FUSE,
    Quantity.CHARGER_SAFE_CURRENT,
    Quantity.CHARGER_SOLAR_START,
    Quantity.CHARGER_SOLAR_MAX,
}


@pytest.mark.parametrize("quantity", SENSORS)
def test_lines_say_what_home_assistant_needs(quantity: Quantity) -> None:
    """Units, classes and defaults fit the quantity."""
    line = SENSORS[quantity]

    assert line.native_unit_of_measurement == quantity.unit
    assert line.entity_registry_enabled_default == (quantity in ON_BY_DEFAULT)
    match quantity.kind:
        case Kind.REGISTER | Kind.COUNTER:
            assert line.state_class is SensorStateClass.TOTAL_INCREASING
        case Kind.PERIOD:
            assert line.state_class is SensorStateClass.TOTAL
        case Kind.MEASUREMENT:
            assert line.state_class is SensorStateClass.MEASUREMENT
        case _:
            assert line.state_class is None
    assert (line.device_class in ENERGY_CLASSES) == (quantity.unit in ENERGIES)
    if line.device_class is not None and line.state_class is not None:
        assert line.state_class in DEVICE_CLASS_STATE_CLASSES[line.device_class]
        assert quantity.unit in DEVICE_CLASS_UNITS[line.device_class]
    assert (line.entity_category is EntityCategory.DIAGNOSTIC) == (
        quantity.startswith(ABOUT_THE_DEVICE) or quantity in ABOUT_THE_CONNECTION
    )


@pytest.mark.parametrize("quantity", BINARY_SENSORS)
def test_flags_are_shown(quantity: Quantity) -> None:
    """A problem that is hidden helps nobody; grid and car are not about the device."""
    line = BINARY_SENSORS[quantity]

    assert line.device_class in (
        BinarySensorDeviceClass.PROBLEM,
        BinarySensorDeviceClass.BATTERY,
        BinarySensorDeviceClass.CONNECTIVITY,
        BinarySensorDeviceClass.PLUG,
        None,
    )
    assert (line.device_class is None) == (quantity is Quantity.CHARGER_SOLAR)
    assert line.entity_registry_enabled_default
    assert (line.entity_category is None) == (
        quantity in (Quantity.GRID_CONNECTED, Quantity.CHARGER_PLUGGED)
    )


@pytest.mark.parametrize("unit", Unit)
def test_a_generic_reading_is_what_its_unit_says(unit: Unit) -> None:
    """Home Assistant accepts the line, and keeps no statistics of what may restart."""
    line = described(Series("meter", Quantity.GENERIC, "1_9_0"), unit)

    assert line.native_unit_of_measurement == unit
    assert not line.entity_registry_enabled_default
    assert (line.state_class is None) == (unit in ENERGIES)
    if unit is Unit.PERCENT:
        assert line.device_class is None
    else:
        assert line.device_class is not None
        assert unit in DEVICE_CLASS_UNITS[line.device_class]
