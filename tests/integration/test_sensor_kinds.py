"""Sensors of totals that restart, of generic readings, and of other scales."""

from datetime import timedelta

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.meter_hub.const import DOMAIN
from custom_components.meter_hub.metering.model import Reading, Series
from custom_components.meter_hub.metering.vocabulary import Quantity, Unit
from custom_components.meter_hub.vendors.base import Unavailable

from .conftest import EntryFactory, Settle
from .scripted import HOUSE, IMPORT, START, Script


async def test_a_total_that_restarts_tells_since_when(
    hass: HomeAssistant, script: Script, make_entry: EntryFactory, settle: Settle
) -> None:
    """Home Assistant needs it to sum over months; a finished month has no such sum."""
    since = START - timedelta(days=9)
    usage = Series(HOUSE.id, Quantity.USAGE_THIS_MONTH)
    script.readings = (Reading(usage, 25.21, measured_at=START, since=since),)
    await _set_up(hass, make_entry(), settle)

    state = hass.states.get("sensor.house_usage_this_month")
    assert state is not None
    assert state.state == "25.21"
    assert state.attributes["state_class"] == "total"
    assert state.attributes["last_reset"] == since.isoformat()
    assert state.attributes["measured_at"] == START.isoformat()


async def test_the_age_of_a_value_is_not_recorded(
    hass: HomeAssistant, script: Script, make_entry: EntryFactory, settle: Settle
) -> None:
    """It changes with each reading, and can be seen from the state's own time."""
    script.readings = (
        Reading(IMPORT, 100.0, measured_at=START),
        Reading(Series(HOUSE.id, Quantity.LAST_READING), START, measured_at=START),
    )
    await _set_up(hass, make_entry(), settle)

    state = hass.states.get("sensor.house_grid_import")
    assert state is not None
    assert state.attributes["measured_at"] == START.isoformat()
    assert state.state_info is not None
    assert "measured_at" in state.state_info["unrecorded_attributes"]
    last = hass.states.get("sensor.house_last_reading")
    assert last is not None
    assert "measured_at" not in last.attributes


async def test_a_generic_reading_is_named_by_its_vendor(
    hass: HomeAssistant,
    script: Script,
    make_entry: EntryFactory,
    settle: Settle,
    entity_registry: er.EntityRegistry,
) -> None:
    """It is off by default; a person who wants it gets its unit too, also restored."""
    labelled = Series(HOUSE.id, Quantity.GENERIC, "1_9_0")
    nameless = Series(HOUSE.id, Quantity.GENERIC, "21_7_0")
    script.readings = (
        Reading(labelled, 12.5, label="Energy since reset", unit=Unit.KILOWATT_HOUR),
        Reading(nameless, 1500.0, unit=Unit.WATT),
    )
    entry = make_entry()
    await _set_up(hass, entry, settle)
    assert hass.states.async_entity_ids("sensor") == [
        "sensor.scripted_account_history_import_progress"
    ]

    ids = []
    for series in (labelled, nameless):
        entity_id = entity_registry.async_get_entity_id(
            "sensor", DOMAIN, f"scripted_house_generic_{series.channel}"
        )
        assert entity_id is not None
        entity_registry.async_update_entity(entity_id, disabled_by=None)
        ids.append(entity_id)
    script.failure = Unavailable("cannot_connect")
    assert await hass.config_entries.async_reload(entry.entry_id)
    await settle()

    assert ids == ["sensor.house_energy_since_reset", "sensor.house_register_21_7_0"]
    energy, power = (hass.states.get(entity_id) for entity_id in ids)
    assert energy is not None
    assert energy.state == "12.5"
    assert energy.attributes == {
        "device_class": "energy",
        "friendly_name": "House Energy since reset",
        "unit_of_measurement": "kWh",
    }
    assert power is not None
    assert power.attributes["unit_of_measurement"] == "W"
    assert power.attributes["state_class"] == "measurement"


async def test_another_scale_of_a_register_is_no_consumption(
    hass: HomeAssistant, script: Script, make_entry: EntryFactory, settle: Settle
) -> None:
    """Whoever begins to multiply a register has not used ten times as much."""
    serial = Reading(Series(HOUSE.id, Quantity.METER_SERIAL), "4711")
    script.readings = (serial, Reading(IMPORT, 22750.0))
    await _set_up(hass, make_entry(), settle)

    script.readings = (serial, Reading(IMPORT, 227500.0, scale=10))
    await settle(timedelta(minutes=20))
    assert _state(hass, "sensor.house_grid_import") == "22750.0"
    script.readings = (serial, Reading(IMPORT, 227510.0, scale=10))
    await settle(timedelta(minutes=20))
    assert _state(hass, "sensor.house_grid_import") == "22760.0"


async def _set_up(hass: HomeAssistant, entry: MockConfigEntry, settle: Settle) -> None:
    await hass.config_entries.async_setup(entry.entry_id)
    await settle()
    assert entry.state is ConfigEntryState.LOADED


def _state(hass: HomeAssistant, entity_id: str) -> str | None:
    state = hass.states.get(entity_id)
    return state.state if state else None
