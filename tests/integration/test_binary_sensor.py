"""What a person sees of a meter's conditions."""

from datetime import timedelta

from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
import pytest

from custom_components.meter_hub.metering.model import Reading, Series
from custom_components.meter_hub.metering.vocabulary import Quantity
from custom_components.meter_hub.vendors.base import Unavailable

from .conftest import EntryFactory, Settle
from .scripted import HOUSE, START, Script

BATTERY = Series(HOUSE.id, Quantity.READER_BATTERY_LOW)
READER = Series(HOUSE.id, Quantity.READER_PROBLEM)
METER = Series(HOUSE.id, Quantity.METER_PROBLEM)


@pytest.fixture(autouse=True)
def conditions(script: Script) -> None:
    """Let the house have one problem."""
    script.readings = (
        Reading(BATTERY, False, measured_at=START),
        Reading(READER, True),
        Reading(METER, None),
    )


def shown(hass: HomeAssistant) -> dict[str, str]:
    """Return the states of all binary sensors."""
    return {
        state.entity_id: state.state for state in hass.states.async_all("binary_sensor")
    }


async def test_conditions_are_there_or_not_or_unknown(
    hass: HomeAssistant, make_entry: EntryFactory, settle: Settle
) -> None:
    """What is unknown is not taken for fine."""
    await hass.config_entries.async_setup(make_entry().entry_id)
    await settle()

    assert shown(hass) == {
        "binary_sensor.house_reader_battery_low": STATE_OFF,
        "binary_sensor.house_reader_problem": STATE_ON,
        "binary_sensor.house_meter_problem": STATE_UNKNOWN,
    }
    battery = hass.states.get("binary_sensor.house_reader_battery_low")
    assert battery is not None
    assert battery.attributes == {
        "device_class": "battery",
        "friendly_name": "House Reader battery low",
        "measured_at": START.isoformat(),
    }
    assert not hass.states.get("sensor.house_reader_battery")


async def test_a_condition_appears_and_goes(
    hass: HomeAssistant, script: Script, make_entry: EntryFactory, settle: Settle
) -> None:
    """A reading that comes later has its binary sensor then."""
    script.readings = (Reading(READER, True),)
    await hass.config_entries.async_setup(make_entry().entry_id)
    await settle()
    assert shown(hass) == {"binary_sensor.house_reader_problem": STATE_ON}

    script.readings = (Reading(READER, False), Reading(METER, True))
    await settle(timedelta(minutes=20))

    assert shown(hass) == {
        "binary_sensor.house_reader_problem": STATE_OFF,
        "binary_sensor.house_meter_problem": STATE_ON,
    }


async def test_conditions_outlive_a_restart_and_not_the_grace(
    hass: HomeAssistant, script: Script, make_entry: EntryFactory, settle: Settle
) -> None:
    """They follow the values of the meter in that."""
    entry = make_entry()
    await hass.config_entries.async_setup(entry.entry_id)
    await settle()
    script.failure = Unavailable("timeout")

    assert await hass.config_entries.async_reload(entry.entry_id)
    await settle()
    assert shown(hass)["binary_sensor.house_reader_problem"] == STATE_ON

    await settle(script.grace + timedelta(minutes=10))
    assert set(shown(hass).values()) == {STATE_UNAVAILABLE}
