"""A charger on the Energy dashboard: one of the devices that energy goes to."""

from dataclasses import replace
from datetime import timedelta

from homeassistant.core import HomeAssistant
import probatio as vol
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.meter_hub.energy_dashboard import (
    async_added,
    async_kinds_present,
)
from custom_components.meter_hub.energy_sources import DEVICE, Offer, offers
from custom_components.meter_hub.metering.model import Meter, Reading, Series
from custom_components.meter_hub.metering.vocabulary import MeterKind, Quantity
from custom_components.meter_hub.vendors.registry import VENDORS

from .conftest import EntryFactory, Settle
from .dashboard import OURS, POLL, Dashboard
from .dialogs import choices, shown
from .scripted import HOUSE, START, Script

WALLBOX = Meter("wallbox", "Wallbox", MeterKind.EV_CHARGER)
CHARGE = Series(WALLBOX.id, Quantity.EV_CHARGE)
HISTORY = "meter_hub:scripted_wallbox_ev_charge"
SENSOR = "sensor.wallbox_vehicle_charging"
OFFER = Offer(WALLBOX.id, DEVICE)
KEY = "device/wallbox"
FRIDGE = {"stat_consumption": "sensor.fridge", "name": "Fridge"}


@pytest.fixture
def script(full_script: Script) -> Script:
    """Return a script of a house with a charger, both with a history."""
    full_script.meters = (HOUSE, WALLBOX)
    full_script.readings = (*full_script.readings, Reading(CHARGE, 40.0))
    full_script.know(CHARGE, START - timedelta(days=1), *([0.125] * 24))
    return full_script


@pytest.fixture
def asking(make_entry: EntryFactory) -> MockConfigEntry:
    """Return an entry whose charger a person wants on the Energy dashboard."""
    return make_entry(meters=(HOUSE.id, WALLBOX.id), dashboard=[KEY])


def test_a_charger_that_counts_is_offered() -> None:
    """Others, which are steered only, have no energy to show."""
    assert offers([WALLBOX], {CHARGE}) == (OFFER,)
    assert offers([WALLBOX], ()) == ()
    assert (OFFER.key, OFFER.kind) == (KEY, "device")


async def test_a_requested_charger_is_added_to_the_devices(
    hass: HomeAssistant,
    dashboard: Dashboard,
    script: Script,
    asking: MockConfigEntry,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """By its exact history, after those of a person; the sources stay as they are."""
    await dashboard.put_devices(FRIDGE)

    await dashboard.set_up(asking)

    assert await dashboard.devices() == [FRIDGE, {"stat_consumption": HISTORY}]
    assert await dashboard.sources() == []
    assert await async_kinds_present(hass) == {"device"}
    assert await async_added(hass, script.vendor(), script.meters) == {KEY}
    client = await hass_ws_client(hass)
    await client.send_json_auto_id({"type": "energy/validate"})
    found = (await client.receive_json())["result"]["device_consumption"]
    assert found[1] == [], "Home Assistant finds no fault with it"


async def test_a_charger_is_added_once(
    dashboard: Dashboard, script: Script, asking: MockConfigEntry
) -> None:
    """Neither a reload nor a restart adds it again; a restart ends the request."""
    await dashboard.set_up(asking)
    await dashboard.reload(asking)
    assert await dashboard.devices() == [{"stat_consumption": HISTORY}]

    await dashboard.restart(asking)

    assert await dashboard.devices() == [{"stat_consumption": HISTORY}]
    assert asking.options["dashboard"] == []


async def test_a_charger_that_a_person_removes_stays_away(
    dashboard: Dashboard, script: Script, asking: MockConfigEntry
) -> None:
    """At once or later, and whatever becomes of the sources."""
    await dashboard.set_up(asking)
    await dashboard.put(OURS)
    assert asking.options["dashboard"] == [KEY]

    await dashboard.put_devices(FRIDGE)
    await dashboard.reload(asking)

    assert await dashboard.devices() == [FRIDGE]
    assert asking.options["dashboard"] == []


@pytest.mark.parametrize("statistic", [HISTORY, SENSOR])
async def test_a_charger_that_is_counted_already_is_not_added(
    dashboard: Dashboard, script: Script, asking: MockConfigEntry, statistic: str
) -> None:
    """Its history and its sensor are the same energy."""
    there = {"stat_consumption": statistic}
    await dashboard.put_devices(there)

    await dashboard.set_up(asking)

    assert await dashboard.devices() == [there]
    assert asking.options["dashboard"] == []


async def test_what_a_device_shows_may_be_a_source_too(
    dashboard: Dashboard, script: Script, make_entry: EntryFactory
) -> None:
    """A barn behind a meter of its own is a part of the house."""
    barn = {"stat_consumption": "meter_hub:scripted_house_grid_import"}
    await dashboard.put_devices(barn)

    await dashboard.set_up(make_entry(dashboard=["grid/house"]))

    assert await dashboard.devices() == [barn]
    assert await dashboard.sources() == [OURS]


async def test_a_charger_waits_for_its_history(
    dashboard: Dashboard, script: Script, asking: MockConfigEntry, settle: Settle
) -> None:
    """The dashboard must not show a device without data."""
    del script.truth[CHARGE]
    await dashboard.set_up(asking)
    assert await dashboard.devices() == []

    script.know(CHARGE, START - timedelta(days=1), *([0.125] * 24))
    await settle(POLL)

    assert await dashboard.devices() == [{"stat_consumption": HISTORY}]


async def test_a_vendor_without_history_gives_the_register(
    dashboard: Dashboard,
    script: Script,
    asking: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As it does for sources."""
    monkeypatch.setitem(
        VENDORS, "scripted", replace(script.vendor(), history_days=None)
    )

    await dashboard.set_up(asking)

    assert await dashboard.devices() == [{"stat_consumption": SENSOR}]


async def test_a_device_that_home_assistant_refuses_is_given_up_with_a_warning(
    dashboard: Dashboard,
    script: Script,
    asking: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A later Home Assistant may want devices to look differently."""
    monkeypatch.setattr(
        "custom_components.meter_hub.energy_dashboard_preferences.DEVICE_CONSUMPTION_SCHEMA",
        vol.Schema({"statistic": str}),
    )

    await dashboard.set_up(asking)

    assert await dashboard.devices() == []
    assert asking.options["dashboard"] == []
    assert caplog.text.count("refuses a device source") == 1


async def test_the_options_offer_the_charger(
    hass: HomeAssistant, dashboard: Dashboard, script: Script, make_entry: EntryFactory
) -> None:
    """Not ticked beside devices of a person: one of them may be the same charger."""
    await dashboard.put_devices(FRIDGE)
    entry = make_entry(meters=(HOUSE.id, WALLBOX.id))
    await dashboard.set_up(entry)

    form = await hass.config_entries.options.async_init(entry.entry_id)

    assert choices(form, "dashboard") == {
        "grid/house": "House: grid connection",
        KEY: "Wallbox: individual device",
    }
    assert shown(form)["dashboard"] == []
    assert form["description_placeholders"]
    assert form["description_placeholders"]["present"] == "individual device"
