"""EV chargers: devices that hang on the meter that they are steered by."""

from datetime import timedelta

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.meter_hub.const import CONF_EXCLUDED_METERS, DOMAIN
from custom_components.meter_hub.metering.model import Meter, Reading, Series, Value
from custom_components.meter_hub.metering.vocabulary import Channel, MeterKind, Quantity

from .conftest import EntryFactory, Settle
from .scripted import HOUSE, IMPORT, Script

CHARGER = Meter(
    "charger",
    "Zaptec charger",
    MeterKind.EV_CHARGER,
    manufacturer="Perific",
    model="Zaptec",
    parent=HOUSE.id,
)


def charger(quantity: Quantity, value: Value, channel: str = Channel.TOTAL) -> Reading:
    """Return a reading of the charger."""
    return Reading(Series(CHARGER.id, quantity, channel), value)


@pytest.fixture
async def entry(
    hass: HomeAssistant, script: Script, make_entry: EntryFactory, settle: Settle
) -> MockConfigEntry:
    """Return a loaded entry of a house with a charger."""
    # The charger first: its device needs that of the house all the same.
    script.meters = (CHARGER, HOUSE)
    script.readings = (
        Reading(IMPORT, 100.0),
        charger(Quantity.CHARGER_MODE, "Solar"),
        charger(Quantity.CHARGER_ALLOWED_CURRENT, 16.0),
        charger(Quantity.CHARGER_OVERRIDE_CURRENT, 6.0, Channel.L2),
        charger(Quantity.CHARGER_FUSE, 20.0),
        charger(Quantity.CHARGER_SOLAR, True),
    )
    entry = make_entry(meters=(HOUSE.id, CHARGER.id))
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle()
    return entry


def device_of(
    hass: HomeAssistant, entry: MockConfigEntry, identifier: str
) -> dr.DeviceEntry | None:
    """Return a device of the entry, None where it has none of that kind."""
    return dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, identifier), entry.entry_id
    )


async def test_charger_is_a_device_below_its_meter(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """Its settings can be seen, and nothing of it be set."""
    house = device_of(hass, entry, "scripted_house")
    device = device_of(hass, entry, "scripted_charger")
    assert house is not None
    assert device is not None
    assert device.via_device_id == house.id
    assert (device.name, device.model) == ("Zaptec charger", "Zaptec")

    states = {
        state.entity_id: state.state
        for state in hass.states.async_all()
        if ".zaptec_charger_" in state.entity_id
    }
    assert states == {
        "sensor.zaptec_charger_mode": "Solar",
        "sensor.zaptec_charger_allowed_current": "16.0",
        "sensor.zaptec_charger_charger_fuse": "20.0",
        "binary_sensor.zaptec_charger_solar_charging": "on",
    }


async def test_charger_without_its_meter(
    hass: HomeAssistant, entry: MockConfigEntry, settle: Settle
) -> None:
    """Whoever unticks the meter keeps the charger; both ways round."""
    account = device_of(hass, entry, "scripted_account")
    assert account is not None
    hass.config_entries.async_update_entry(
        entry, options={CONF_EXCLUDED_METERS: [HOUSE.id]}
    )
    assert await hass.config_entries.async_reload(entry.entry_id)
    await settle(timedelta(minutes=16))

    assert device_of(hass, entry, "scripted_house") is None
    alone = device_of(hass, entry, "scripted_charger")
    assert alone is not None
    assert alone.via_device_id == account.id
    mode = hass.states.get("sensor.zaptec_charger_mode")
    assert mode is not None
    assert mode.state == "Solar"
    assert hass.states.get("sensor.house_grid_import") is None

    hass.config_entries.async_update_entry(entry, options={})
    assert await hass.config_entries.async_reload(entry.entry_id)
    await settle(timedelta(minutes=16))

    house = device_of(hass, entry, "scripted_house")
    again = device_of(hass, entry, "scripted_charger")
    assert house is not None
    assert again is not None
    assert again.via_device_id == house.id
