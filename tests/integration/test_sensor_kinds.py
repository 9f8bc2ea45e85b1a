"""Sensors of totals that restart, of generic readings, and of other scales."""

from dataclasses import replace
from datetime import timedelta

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.meter_hub.const import DOMAIN
from custom_components.meter_hub.metering.model import Meter, Reading, Series
from custom_components.meter_hub.metering.vocabulary import (
    MeterStatus,
    Quantity,
    SystemStatus,
    Unit,
)
from custom_components.meter_hub.vendors.base import Unavailable
from custom_components.meter_hub.vendors.registry import VENDORS

from ..texts import TEXTS
from .conftest import EntryFactory, Settle
from .scripted import EXPORT, HOUSE, IMPORT, START, Script


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


async def test_a_vendor_may_have_details_that_others_have_not(
    hass: HomeAssistant,
    script: Script,
    make_entry: EntryFactory,
    entity_registry: er.EntityRegistry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is usually on is off at first, and what is usually off stays so."""
    voltage = Series(HOUSE.id, Quantity.VOLTAGE, "l1")
    frequency = Series(HOUSE.id, Quantity.FREQUENCY)
    script.readings = (
        Reading(voltage, 231.0),
        Reading(frequency, 50.0),
        Reading(IMPORT, 1.0),
        Reading(EXPORT, 2.0, estimated=True),
    )

    def is_detail(meter: Meter, reading: Reading) -> bool:
        return meter == HOUSE and (reading.series == voltage or reading.estimated)

    vendor = replace(script.vendor(), is_detail=is_detail)
    monkeypatch.setitem(VENDORS, vendor.key, vendor)
    assert await hass.config_entries.async_setup(make_entry().entry_id)

    off = {
        entity.unique_id: entity.disabled
        for entity in entity_registry.entities.values()
    }
    assert off == {
        "scripted_house_voltage_l1": True,
        "scripted_house_frequency": True,
        "scripted_house_grid_import": False,
        "scripted_house_grid_export": True,
        "scripted_account_history_progress": False,
    }


async def test_a_status_is_one_of_a_few_words(
    hass: HomeAssistant, script: Script, make_entry: EntryFactory, settle: Settle
) -> None:
    """Automations may pick from them; the person sees them in their language."""
    status = Series(HOUSE.id, Quantity.METER_STATUS)
    script.readings = (Reading(status, MeterStatus.NO_DATA),)
    entry = make_entry()
    await _set_up(hass, entry, settle)

    state = hass.states.get("sensor.house_meter_status")
    assert state is not None
    assert state.state == "no_data"
    assert state.attributes["options"] == ["ok", "stale", "no_data", "offline"]
    texts = TEXTS["entity"]["sensor"]["meter_status"]["state"]
    assert texts["no_data"] == "No data"

    assert await hass.config_entries.async_reload(entry.entry_id)
    assert _state(hass, "sensor.house_meter_status") == "no_data"


@pytest.mark.parametrize(
    ("value", "state"),
    [("2025-06-11", "2025-06-11"), (None, "unknown"), ("soon", "unknown")],
)
@pytest.mark.usefixtures("entity_registry_enabled_by_default")
async def test_a_day_is_a_date(
    hass: HomeAssistant,
    script: Script,
    make_entry: EntryFactory,
    settle: Settle,
    value: str | None,
    state: str,
) -> None:
    """A vendor's nonsense is no date, and breaks nothing."""
    script.readings = (
        Reading(Series(HOUSE.id, Quantity.ACTIVATION_DATE), value),
        Reading(IMPORT, 1.0),
    )
    await _set_up(hass, make_entry(), settle)

    assert _state(hass, "sensor.house_activation_date") == state
    assert _state(hass, "sensor.house_grid_import") == "1.0"


async def test_a_register_that_is_worked_out_says_so(
    hass: HomeAssistant, script: Script, make_entry: EntryFactory, settle: Settle
) -> None:
    """By its name, and by an attribute, which is not recorded each minute."""
    script.readings = (
        Reading(IMPORT, 100.0, estimated=True),
        Reading(Series(HOUSE.id, Quantity.GRID_IMPORT_TODAY), 1.5, estimated=True),
        Reading(EXPORT, 7.0),
    )
    entry = make_entry()
    await _set_up(hass, entry, settle)

    for entity_id, name in (
        ("sensor.house_grid_import_estimated", "House Grid import (estimated)"),
        ("sensor.house_grid_import_today", "House Grid import today"),
    ):
        state = hass.states.get(entity_id)
        assert state is not None
        assert state.name == name
        assert state.attributes["estimated"] is True
        assert state.state_info is not None
        assert "estimated" in state.state_info["unrecorded_attributes"]
    measured = hass.states.get("sensor.house_grid_export")
    assert measured is not None
    assert "estimated" not in measured.attributes

    script.failure = Unavailable("timeout")
    assert await hass.config_entries.async_reload(entry.entry_id)
    restored = hass.states.get("sensor.house_grid_import_estimated")
    assert restored is not None
    assert restored.name == "House Grid import (estimated)"


async def test_what_lives_in_statistics_has_no_sensor(
    hass: HomeAssistant, script: Script, make_entry: EntryFactory, settle: Settle
) -> None:
    """A vendor that gives it all the same changes nothing."""
    script.readings = (
        Reading(Series(HOUSE.id, Quantity.BALANCED_IMPORT), 5.0),
        Reading(Series(HOUSE.id, Quantity.IMPORT_COST), 3.2),
    )
    await _set_up(hass, make_entry(), settle)

    assert hass.states.async_entity_ids("sensor") == [
        "sensor.scripted_account_history_import_progress"
    ]


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


async def test_a_status_that_nobody_knows_has_the_vendors_word(
    hass: HomeAssistant, script: Script, make_entry: EntryFactory, settle: Settle
) -> None:
    """Which is shown beside it, and not recorded."""
    status = Series(HOUSE.id, Quantity.SYSTEM_STATUS)
    script.readings = (Reading(status, SystemStatus.OTHER, told="sleeping"),)
    await _set_up(hass, make_entry(), settle)
    shown = hass.states.get("sensor.house_system_status")
    assert shown is not None
    assert shown.state == "other"
    assert shown.attributes["told"] == "sleeping"
    assert shown.state_info
    assert "told" in shown.state_info["unrecorded_attributes"]

    script.readings = (Reading(status, SystemStatus.NORMAL),)
    await settle(timedelta(minutes=20))
    shown = hass.states.get("sensor.house_system_status")
    assert shown is not None
    assert shown.state == "normal"
    assert "told" not in shown.attributes
