"""The table over quantities is whole, and all that it shows has a name and an icon."""

import json
from pathlib import Path

from homeassistant.components.sensor import SensorDeviceClass
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
)
from custom_components.meter_hub.quantities import BINARY_SENSORS, HISTORY_ONLY, SENSORS

COMPONENT = Path(__file__).parents[2] / "custom_components" / DOMAIN

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

ABOUT_THE_ACCOUNT = {"calls_left", "calls_used", "history_progress", "plan"}
"""The keys of sensors that show no quantity; an instant is one more."""

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
