"""The table over quantities is whole, and says what Home Assistant needs."""

import json
from pathlib import Path

from homeassistant.components.binary_sensor import BinarySensorDeviceClass
from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.components.sensor.const import (
    DEVICE_CLASS_STATE_CLASSES,
    DEVICE_CLASS_UNITS,
)
from homeassistant.const import EntityCategory
import pytest

from custom_components.meter_hub.const import DOMAIN
from custom_components.meter_hub.metering.model import Series
from custom_components.meter_hub.metering.vocabulary import (
    Channel,
    Kind,
    Quantity,
    Unit,
)
from custom_components.meter_hub.quantities import (
    BINARY_SENSORS,
    SENSORS,
    described,
    naming,
)

COMPONENT = Path(__file__).parents[2] / "custom_components" / DOMAIN

ON_BY_DEFAULT = {
    Quantity.GRID_IMPORT,
    Quantity.GRID_EXPORT,
    Quantity.USAGE_THIS_MONTH,
    Quantity.PRODUCTION_THIS_MONTH,
    Quantity.GRID_POWER,
    Quantity.IMPORT_POWER,
    Quantity.EXPORT_POWER,
    Quantity.CURRENT,
    Quantity.VOLTAGE,
    Quantity.READER_BATTERY,
    Quantity.TARIFF,
    Quantity.LAST_READING,
}

ZONED = {
    quantity
    for quantity in Quantity
    if quantity.kind is Kind.REGISTER and quantity is not Quantity.PULSE_ENERGY
}

PHASED = {Quantity.CURRENT, Quantity.VOLTAGE}

ENERGY_CLASSES = (SensorDeviceClass.ENERGY, SensorDeviceClass.REACTIVE_ENERGY)

ENERGIES = {Unit.KILOWATT_HOUR, Unit.KILOVAR_HOUR}

ABOUT_THE_DEVICE = ("reader_", "meter_", "port_", "good_", "failed_", "last_")


def test_every_quantity_has_a_line_a_name_and_an_icon() -> None:
    """A quantity that is added to the vocabulary can't be forgotten here."""
    names = json.loads((COMPONENT / "translations" / "en.json").read_text())["entity"]
    icons = json.loads((COMPONENT / "icons.json").read_text())["entity"]["sensor"]

    flags = {quantity for quantity in Quantity if quantity.kind is Kind.FLAG}
    assert set(BINARY_SENSORS) == flags
    assert set(SENSORS) == set(Quantity) - flags
    keys = (
        {naming(Series("meter", quantity))[0] for quantity in SENSORS}
        | {naming(Series("meter", quantity, Channel.ZONE1))[0] for quantity in ZONED}
        | {naming(Series("meter", quantity, Channel.L1))[0] for quantity in PHASED}
    )
    assert set(names["sensor"]) == keys | {"history_progress"}
    assert set(names["binary_sensor"]) == flags
    assert set(icons) == {
        quantity for quantity, line in SENSORS.items() if not line.device_class
    } | {"history_progress"}


def test_names_tell_zones_and_phases_apart() -> None:
    """Each channel is named by its number."""
    assert naming(Series("meter", Quantity.GRID_IMPORT, Channel.ZONE2)) == (
        "grid_import_zone",
        {"channel": "2"},
    )
    assert naming(Series("meter", Quantity.GRID_POWER, Channel.L3)) == (
        "grid_power_phase",
        {"channel": "3"},
    )

    assert naming(Series("meter", Quantity.GENERIC, "1_9_0")) == (
        "generic",
        {"channel": "1_9_0"},
    )


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
        quantity.startswith(ABOUT_THE_DEVICE)
        or quantity in (Quantity.MULTIPLIER, Quantity.TARIFF)
    )


@pytest.mark.parametrize("quantity", BINARY_SENSORS)
def test_flags_are_about_the_device_and_shown(quantity: Quantity) -> None:
    """A problem that is hidden helps nobody."""
    line = BINARY_SENSORS[quantity]

    assert line.device_class in (
        BinarySensorDeviceClass.PROBLEM,
        BinarySensorDeviceClass.BATTERY,
    )
    assert line.entity_registry_enabled_default
    assert line.entity_category is EntityCategory.DIAGNOSTIC


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
