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
from custom_components.meter_hub.entity_names import naming
from custom_components.meter_hub.metering.model import Reading, Series
from custom_components.meter_hub.metering.vocabulary import (
    Channel,
    Circuit,
    Kind,
    MeterStatus,
    Quantity,
    SystemStatus,
    Unit,
)
from custom_components.meter_hub.quantities import (
    BINARY_SENSORS,
    HISTORY_ONLY,
    SENSORS,
    described,
)

COMPONENT = Path(__file__).parents[2] / "custom_components" / DOMAIN

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

LIVES_IN_STATISTICS = {
    Quantity.BALANCED_IMPORT,
    Quantity.BALANCED_EXPORT,
    Quantity.IMPORT_COST,
    Quantity.EXPORT_COMPENSATION,
}

BEHIND_THE_METER = {
    Quantity.SOLAR,
    Quantity.HOME,
    Quantity.BATTERY_CHARGE,
    Quantity.BATTERY_DISCHARGE,
    Quantity.CIRCUIT_DELIVERED,
    Quantity.CIRCUIT_RECEIVED,
    Quantity.EV_CHARGE,
    Quantity.PULSE_ENERGY,
}
"""Registers that no tariff concerns."""

ZONED = {
    quantity
    for quantity in set(Quantity) - LIVES_IN_STATISTICS - BEHIND_THE_METER
    if quantity.kind is Kind.REGISTER
} | {
    Quantity.GRID_IMPORT_TODAY,
    Quantity.GRID_EXPORT_TODAY,
    Quantity.GRID_IMPORT_YESTERDAY,
    Quantity.GRID_EXPORT_YESTERDAY,
    Quantity.BALANCED_IMPORT_TODAY,
    Quantity.BALANCED_EXPORT_TODAY,
}

PHASED = {
    Quantity.GRID_IMPORT,
    Quantity.GRID_EXPORT,
    Quantity.SOLAR,
    Quantity.BATTERY_CHARGE,
    Quantity.BATTERY_DISCHARGE,
    Quantity.SOLAR_POWER,
    Quantity.BATTERY_POWER,
    Quantity.POWER_FACTOR,
    Quantity.GRID_POWER,
    Quantity.GRID_IMPORT_LAST_HOUR,
    Quantity.GRID_EXPORT_LAST_HOUR,
    Quantity.GRID_IMPORT_YESTERDAY,
    Quantity.GRID_EXPORT_YESTERDAY,
    Quantity.CURRENT,
    Quantity.LOWEST_CURRENT,
    Quantity.HIGHEST_CURRENT,
    Quantity.FUSE_HEADROOM,
    Quantity.VOLTAGE,
    Quantity.CHARGER_OVERRIDE_CURRENT,
}

ESTIMATED = {
    Quantity.GRID_IMPORT,
    Quantity.GRID_EXPORT,
    Quantity.BATTERY_CHARGE,
    Quantity.BATTERY_DISCHARGE,
}
"""The registers that a vendor may work out from something else."""

CIRCUITS = {
    Quantity.CT_STATUS: tuple(Circuit),
    **dict.fromkeys(
        (
            Quantity.CIRCUIT_POWER,
            Quantity.CIRCUIT_DELIVERED,
            Quantity.CIRCUIT_RECEIVED,
        ),
        (Circuit.BACKFEED, Circuit.LOAD, Circuit.EVSE, Circuit.PV3P),
    ),
}
"""Around what there are current transformers that tell a quantity."""

ENERGY_CLASSES = (
    SensorDeviceClass.ENERGY,
    SensorDeviceClass.ENERGY_STORAGE,
    SensorDeviceClass.REACTIVE_ENERGY,
)

ENERGIES = {Unit.KILOWATT_HOUR, Unit.KILOVAR_HOUR}

ABOUT_THE_DEVICE = ("reader_", "meter_", "port_", "good_", "failed_", "last_")

ABOUT_THE_ACCOUNT = {"calls_left", "calls_used", "history_progress", "plan"}
"""The keys of sensors that show no quantity; an instant is one more."""

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

# Home Assistant draws each class but this one.
DRAWN_BY_NOBODY = (None, SensorDeviceClass.ENUM)


def key_of(
    quantity: Quantity, channel: str = Channel.TOTAL, *, estimated: bool = False
) -> str:
    """Return the translation key of a reading's name."""
    series = Series("meter", quantity, channel)
    return naming(Reading(series, None, estimated=estimated))[0]


def test_every_quantity_has_a_line_a_name_and_an_icon() -> None:
    """A quantity that is added to the vocabulary can't be forgotten here."""
    names = json.loads((COMPONENT / "translations" / "en.json").read_text())["entity"]
    icons = json.loads((COMPONENT / "icons.json").read_text())["entity"]

    flags = {quantity for quantity in Quantity if quantity.kind is Kind.FLAG}
    assert set(BINARY_SENSORS) == flags
    assert set(HISTORY_ONLY) == LIVES_IN_STATISTICS
    assert set(SENSORS) == set(Quantity) - flags - LIVES_IN_STATISTICS
    keys = (
        {key_of(quantity) for quantity in SENSORS}
        | {key_of(quantity, Channel.ZONE1) for quantity in ZONED}
        | {key_of(quantity, Channel.L1) for quantity in PHASED}
        | {key_of(quantity, estimated=True) for quantity in ESTIMATED}
        | {key_of(each, circuit) for each in CIRCUITS for circuit in CIRCUITS[each]}
    )
    assert set(names["sensor"]) == keys | ABOUT_THE_ACCOUNT | {"next_call"}
    assert set(names["binary_sensor"]) == flags
    assert (
        set(icons["sensor"])
        == {
            quantity
            for quantity, line in SENSORS.items()
            if line.device_class in DRAWN_BY_NOBODY
        }
        | {key_of(Quantity.CT_STATUS, circuit) for circuit in Circuit}
        | ABOUT_THE_ACCOUNT
    )
    assert set(icons["binary_sensor"]) == {
        quantity
        for quantity, line in BINARY_SENSORS.items()
        if line.device_class is None
    }


def test_each_word_of_a_choice_has_a_text() -> None:
    """Home Assistant refuses a word that it was not told of."""
    names = json.loads((COMPONENT / "translations" / "en.json").read_text())["entity"]

    words = {
        quantity: line.options
        for quantity, line in SENSORS.items()
        if quantity.kind is Kind.CHOICE
    }
    assert words == {
        Quantity.METER_STATUS: ["ok", "stale", "no_data", "offline"],
        Quantity.SYSTEM_STATUS: list(SystemStatus),
    }
    assert words[Quantity.METER_STATUS] == list(MeterStatus)
    for quantity, options in words.items():
        assert SENSORS[quantity].device_class is SensorDeviceClass.ENUM
        assert list(names["sensor"][quantity]["state"]) == options
    assert all(
        line.options is None
        for quantity, line in SENSORS.items()
        if quantity not in words
    )


@pytest.mark.parametrize(
    ("quantity", "channel", "name"),
    [
        (Quantity.GRID_IMPORT, Channel.ZONE2, ("grid_import_zone", {"channel": "2"})),
        (Quantity.GRID_POWER, Channel.L3, ("grid_power_phase", {"channel": "3"})),
        (Quantity.GENERIC, "1_9_0", ("generic", {"channel": "1_9_0"})),
        (Quantity.CIRCUIT_POWER, "evse", ("circuit_power_evse", {})),
        (Quantity.CT_STATUS, "net-consumption", ("ct_status_net_consumption", {})),
        (Quantity.CT_STATUS, "heat-pump", ("ct_status", {"channel": "heat-pump"})),
    ],
)
def test_names_tell_channels_apart(
    quantity: Quantity, channel: str, name: tuple[str, dict[str, str]]
) -> None:
    """Zones and phases by their number, circuits by what they are."""
    assert naming(Reading(Series("meter", quantity, channel), None)) == name


def test_only_an_estimated_register_is_named_so() -> None:
    """A day with an estimated hour is an attribute's matter."""
    assert key_of(Quantity.GRID_IMPORT, estimated=True) == "grid_import_estimated"
    assert key_of(Quantity.GRID_IMPORT_TODAY, estimated=True) == "grid_import_today"


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
