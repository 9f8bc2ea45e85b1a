"""What a person sees of a meter: its devices and sensors."""

from dataclasses import replace
from datetime import timedelta

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.meter_hub import async_remove_config_entry_device
from custom_components.meter_hub.const import DOMAIN
from custom_components.meter_hub.metering.model import Meter, Reading, Series, Value
from custom_components.meter_hub.metering.vocabulary import Channel, Quantity
from custom_components.meter_hub.vendors.base import Unavailable
from custom_components.meter_hub.vendors.registry import VENDORS

from .conftest import EntryFactory, Settle
from .scripted import EXPORT, HOUSE, IMPORT, POWER, START, Script


async def test_sensors_show_what_was_read(
    hass: HomeAssistant, script: Script, make_entry: EntryFactory, settle: Settle
) -> None:
    """Each reading is a sensor; what is unknown is not zero."""
    script.readings = _readings(
        {
            IMPORT: 1234.567,
            replace(IMPORT, channel=Channel.ZONE1): 1000.5,
            POWER: -410.0,
            EXPORT: None,
            Series(HOUSE.id, Quantity.TARIFF): "G11",
            Series(HOUSE.id, Quantity.LAST_READING): START,
        }
    )
    await _set_up(hass, make_entry(), settle)

    assert {
        entity_id: _state(hass, entity_id)
        for entity_id in hass.states.async_entity_ids("sensor")
    } == {
        "sensor.house_grid_import": "1234.567",
        "sensor.house_grid_import_zone_1": "1000.5",
        "sensor.house_grid_power": "-410.0",
        "sensor.house_grid_export": STATE_UNKNOWN,
        "sensor.house_tariff": "G11",
        "sensor.house_last_reading": START.isoformat(),
        "sensor.scripted_account_history_import_progress": STATE_UNKNOWN,
    }
    total = hass.states.get("sensor.house_grid_import")
    assert total is not None
    assert total.attributes == {
        "device_class": "energy",
        "friendly_name": "House Grid import",
        "state_class": "total_increasing",
        "unit_of_measurement": "kWh",
    }


async def test_personal_details_are_off_by_default(
    hass: HomeAssistant,
    script: Script,
    make_entry: EntryFactory,
    settle: Settle,
    entity_registry: er.EntityRegistry,
) -> None:
    """What identifies a home is not in the states unless a person wants it there."""
    quantities = Quantity.METER_SERIAL, Quantity.METER_ADDRESS
    script.readings = _readings(
        {Series(HOUSE.id, quantity): "4711" for quantity in quantities}
    )
    await _set_up(hass, make_entry(), settle)

    for quantity in quantities:
        entity_id = entity_registry.async_get_entity_id(
            "sensor", DOMAIN, f"scripted_house_{quantity}"
        )
        assert entity_id is not None
        assert entity_registry.entities[entity_id].disabled
        assert hass.states.get(entity_id) is None


async def test_a_sensor_appears_with_its_first_reading(
    hass: HomeAssistant, script: Script, make_entry: EntryFactory, settle: Settle
) -> None:
    """Nothing is shown that the meter doesn't have, and nothing shown twice."""
    await _set_up(hass, make_entry(), settle)
    assert hass.states.get("sensor.house_grid_power") is None

    script.readings = _readings({IMPORT: 101.0, POWER: 250.0})
    await settle(timedelta(minutes=30))

    assert _state(hass, "sensor.house_grid_power") == "250.0"
    assert _state(hass, "sensor.house_grid_import") == "101.0"


async def test_sensors_are_there_after_a_restart_while_the_vendor_is_down(
    hass: HomeAssistant, script: Script, make_entry: EntryFactory, settle: Settle
) -> None:
    """An outage can't make sensors vanish from dashboards."""
    entry = make_entry()
    await _set_up(hass, entry, settle)
    script.failure = Unavailable("cannot_connect")

    assert await hass.config_entries.async_reload(entry.entry_id)
    await settle()

    assert _state(hass, "sensor.house_grid_import") == "100.0"


async def test_a_missing_meter_is_unavailable_and_others_go_on(
    hass: HomeAssistant, script: Script, make_entry: EntryFactory, settle: Settle
) -> None:
    """One meter's end says nothing about the rest of the account."""
    barn = Meter("barn", "Barn")
    script.meters = (HOUSE, barn)
    script.readings = _readings({IMPORT: 1.0, Series("barn", IMPORT.quantity): 2.0})
    await _set_up(hass, make_entry(meters=("house", "barn")), settle)
    assert _state(hass, "sensor.barn_grid_import") == "2.0"

    script.meters, script.gone = (HOUSE,), frozenset({"barn"})
    script.readings = _readings({IMPORT: 1.5})
    await settle(timedelta(minutes=20))

    assert _state(hass, "sensor.barn_grid_import") == STATE_UNAVAILABLE
    assert _state(hass, "sensor.house_grid_import") == "1.5"


async def test_values_outlive_failing_polls_for_a_while(
    hass: HomeAssistant, script: Script, make_entry: EntryFactory, settle: Settle
) -> None:
    """A short outage is not shown; a long one makes sensors unavailable."""
    await _set_up(hass, make_entry(), settle)
    script.failure = Unavailable("timeout")

    await settle(script.grace - timedelta(minutes=10))
    assert _state(hass, "sensor.house_grid_import") == "100.0"

    await settle(timedelta(minutes=20))
    assert _state(hass, "sensor.house_grid_import") == STATE_UNAVAILABLE

    script.failure = None
    await settle(timedelta(minutes=20))
    assert _state(hass, "sensor.house_grid_import") == "100.0"


async def test_a_value_that_is_too_old_is_unknown(
    hass: HomeAssistant, script: Script, make_entry: EntryFactory, settle: Settle
) -> None:
    """A power from an hour ago says nothing; no poll is needed to see that."""
    script.period = timedelta(hours=5)
    script.readings = (
        Reading(POWER, 410.0, valid_until=START + timedelta(hours=1)),
        Reading(IMPORT, 100.0),
    )
    await _set_up(hass, make_entry(), settle)

    await settle(timedelta(minutes=55))
    assert _state(hass, "sensor.house_grid_power") == "410.0"

    await settle(timedelta(minutes=10))
    assert _state(hass, "sensor.house_grid_power") == STATE_UNKNOWN
    assert _state(hass, "sensor.house_grid_import") == "100.0"
    assert len(script.live_calls) == 1


async def test_the_progress_of_the_history_is_shown(
    hass: HomeAssistant, script: Script, make_entry: EntryFactory, settle: Settle
) -> None:
    """It reaches 100 percent when everything there is has been written."""
    script.know(IMPORT, START - timedelta(days=2), *([0.5] * 48))
    await _set_up(hass, make_entry(), settle)
    await settle(timedelta(minutes=30))

    assert _state(hass, "sensor.scripted_account_history_import_progress") == "100.0"


async def test_no_progress_is_shown_for_a_vendor_without_history(
    hass: HomeAssistant,
    script: Script,
    make_entry: EntryFactory,
    settle: Settle,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """There is nothing that could make progress."""
    without = replace(script.vendor(), history_days=None)
    monkeypatch.setitem(VENDORS, "scripted", without)
    await _set_up(hass, make_entry(), settle)

    assert hass.states.async_entity_ids("sensor") == ["sensor.house_grid_import"]


async def test_meters_are_devices_below_their_account(
    hass: HomeAssistant,
    script: Script,
    make_entry: EntryFactory,
    settle: Settle,
    device_registry: dr.DeviceRegistry,
) -> None:
    """A meter without any reading has its device too; changes are taken over."""
    inverter = Meter("inverter", "Inverter", parent="house")
    house = replace(
        HOUSE,
        manufacturer="Acme",
        model="X1",
        serial="4711",
        firmware="1.0",
        hardware="B",
    )
    script.meters = (inverter, house)
    script.readings = ()
    entry = make_entry()
    await _set_up(hass, entry, settle)

    def device(name: str) -> dr.DeviceEntry:
        found = device_registry.async_get_device_by_identifier(
            (DOMAIN, f"scripted_{name}"), entry.entry_id
        )
        assert found is not None
        return found

    top = device("account")
    assert (top.name, top.manufacturer, top.entry_type) == (
        "scripted account",
        "Scripted",
        dr.DeviceEntryType.SERVICE,
    )
    below = device("house")
    assert below.via_device_id == top.id
    assert (below.name, below.manufacturer, below.model) == ("House", "Acme", "X1")
    assert below.serial_number == "4711"
    assert (below.sw_version, below.hw_version) == ("1.0", "B")
    assert device("inverter").via_device_id == below.id
    assert device("inverter").manufacturer == "Scripted"

    script.meters = (inverter, replace(house, name="Home", firmware="1.1"))
    await settle(timedelta(minutes=20))

    assert device("house").id == below.id
    assert (device("house").name, device("house").sw_version) == ("Home", "1.1")


async def test_only_the_device_of_a_gone_meter_may_be_deleted(
    hass: HomeAssistant,
    script: Script,
    make_entry: EntryFactory,
    settle: Settle,
    device_registry: dr.DeviceRegistry,
) -> None:
    """Deleting the device of a meter that is there would only bring it back."""
    entry = make_entry()
    await _set_up(hass, entry, settle)
    device_registry.async_get_or_create(
        config_entry_id=entry.entry_id, identifiers={(DOMAIN, "scripted_gone")}
    )

    assert {
        identifier: await async_remove_config_entry_device(hass, entry, device)
        for device in dr.async_entries_for_config_entry(device_registry, entry.entry_id)
        for _, identifier in device.identifiers
    } == {"scripted_account": False, "scripted_house": False, "scripted_gone": True}


def _readings(values: dict[Series, Value | None]) -> tuple[Reading, ...]:
    return tuple(Reading(series, value) for series, value in values.items())


async def _set_up(hass: HomeAssistant, entry: MockConfigEntry, settle: Settle) -> None:
    await hass.config_entries.async_setup(entry.entry_id)
    await settle()
    assert entry.state is ConfigEntryState.LOADED


def _state(hass: HomeAssistant, entity_id: str) -> str | None:
    state = hass.states.get(entity_id)
    return state.state if state else None
