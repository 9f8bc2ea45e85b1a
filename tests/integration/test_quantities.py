"""The table over quantities is whole, and says what Home Assistant needs."""

import json
from pathlib import Path

from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import EntityCategory
import pytest

from custom_components.meter_hub.const import DOMAIN
from custom_components.meter_hub.metering.model import Channel, Kind, Quantity, Series
from custom_components.meter_hub.quantities import QUANTITIES, naming

COMPONENT = Path(__file__).parents[2] / "custom_components" / DOMAIN

ON_BY_DEFAULT = {
    Quantity.GRID_IMPORT,
    Quantity.GRID_EXPORT,
    Quantity.GRID_POWER,
    Quantity.IMPORT_POWER,
    Quantity.EXPORT_POWER,
    Quantity.READER_BATTERY,
    Quantity.TARIFF,
    Quantity.LAST_READING,
}


def test_every_quantity_has_a_line_a_name_and_an_icon() -> None:
    """A quantity that is added to the vocabulary can't be forgotten here."""
    names = json.loads((COMPONENT / "translations" / "en.json").read_text())["entity"]
    icons = json.loads((COMPONENT / "icons.json").read_text())["entity"]["sensor"]

    assert set(QUANTITIES) == set(Quantity)
    keys = {naming(Series("meter", quantity))[0] for quantity in Quantity} | {
        naming(Series("meter", quantity, Channel.ZONE1))[0]
        for quantity in Quantity
        if quantity.kind is Kind.REGISTER
    }
    assert set(names["sensor"]) == keys | {"history_progress"}
    assert set(icons) == {
        quantity for quantity, line in QUANTITIES.items() if not line.device_class
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


@pytest.mark.parametrize("quantity", list(Quantity))
def test_lines_say_what_home_assistant_needs(quantity: Quantity) -> None:
    """Units, classes and defaults fit the quantity."""
    line = QUANTITIES[quantity]

    assert line.native_unit_of_measurement == quantity.unit
    assert line.entity_registry_enabled_default == (quantity in ON_BY_DEFAULT)
    assert (line.suggested_display_precision is None) == (quantity.unit is None)
    match quantity.kind:
        case Kind.REGISTER:
            assert line.state_class is SensorStateClass.TOTAL_INCREASING
            assert line.device_class is SensorDeviceClass.ENERGY
        case Kind.MEASUREMENT:
            assert line.state_class is SensorStateClass.MEASUREMENT
        case _:
            assert line.state_class is None
    assert (line.entity_category is EntityCategory.DIAGNOSTIC) == (
        not quantity.endswith(("_power", "_energy", "_import", "_export"))
    )
