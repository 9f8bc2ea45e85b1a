"""A gateway of a solar system on the Energy dashboard: several sources of one meter."""

from dataclasses import replace
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
    do_adhoc_statistics,
)
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.meter_hub.energy_dashboard import async_offers
from custom_components.meter_hub.energy_sources import BATTERY, GRID, SOLAR, Offer
from custom_components.meter_hub.metering.model import Meter, Reading, Series
from custom_components.meter_hub.metering.vocabulary import MeterKind, Quantity
from custom_components.meter_hub.vendors.registry import VENDORS

from .conftest import EntryFactory, Settle
from .dashboard import POLL, Dashboard, grid
from .dialogs import choices, shown
from .scripted import START, Script

GATEWAY = Meter("gateway", "Gateway", MeterKind.GATEWAY)
METERS = {GATEWAY.id: GATEWAY}
SENSOR = "sensor.gateway_{}".format
SOLAR_SOURCE = {
    "type": "solar",
    "stat_energy_from": SENSOR("solar_production"),
    "stat_rate": SENSOR("solar_power"),
    "config_entry_solar_forecast": None,
}
BATTERY_SOURCE = {
    "type": "battery",
    "stat_energy_from": SENSOR("battery_discharged"),
    "stat_energy_to": SENSOR("battery_charged"),
    "stat_rate": SENSOR("battery_power"),
    "stat_soc": SENSOR("battery_level"),
}
GRID_SOURCE = grid(
    stat_energy_from=SENSOR("grid_import"),
    stat_energy_to=SENSOR("grid_export"),
    stat_rate=SENSOR("grid_power"),
)
ALL = tuple(
    Reading(Series(GATEWAY.id, quantity), 5.0)
    for source in (GRID, SOLAR, BATTERY)
    for quantity in source.roles.values()
    if quantity not in (Quantity.IMPORT_COST, Quantity.EXPORT_COMPENSATION)
)


def reading(quantity: Quantity, *, estimated: bool = False) -> Reading:
    """Return a reading of the gateway."""
    return Reading(Series(GATEWAY.id, quantity), 5.0, estimated=estimated)


def is_detail(meter: Meter, reading: Reading) -> bool:
    """Leave estimates to those who look for them."""
    return meter == GATEWAY and reading.estimated


@pytest.fixture
def script(script: Script, monkeypatch: pytest.MonkeyPatch) -> Script:
    """Return the script of a gateway without history, which has all there can be."""
    monkeypatch.setitem(
        VENDORS,
        "scripted",
        replace(script.vendor(), history_days=None, is_detail=is_detail),
    )
    script.meters, script.readings = (GATEWAY,), ALL
    return script


def offered(hass: HomeAssistant, *readings: Reading) -> tuple[Offer, ...]:
    """Return what a gateway with these readings could add."""
    return async_offers(hass, VENDORS["scripted"], METERS, readings, ())


async def test_what_a_gateway_measures_is_offered(
    hass: HomeAssistant, script: Script
) -> None:
    """A battery needs both directions, and power alone is no source."""
    offers = tuple(Offer(GATEWAY.id, kind) for kind in (GRID, SOLAR, BATTERY))
    solar = reading(Quantity.SOLAR)

    assert offered(hass) == ()
    assert offered(hass, *ALL) == offers
    assert offered(hass, solar) == offers[1:2]
    assert offered(hass, solar, reading(Quantity.GRID_POWER)) == offers[1:2]
    assert offered(hass, reading(Quantity.BATTERY_DISCHARGE)) == ()
    history = {each.series for each in ALL}
    vendor = VENDORS["scripted"]
    assert async_offers(hass, vendor, METERS, (), history) == offers


async def test_an_estimate_is_offered_once_its_sensor_is_on(
    hass: HomeAssistant, script: Script, entity_registry: er.EntityRegistry
) -> None:
    """A sensor that is off has no statistics that the dashboard could show."""
    estimate = reading(Quantity.GRID_IMPORT, estimated=True)
    assert offered(hass, estimate) == ()

    entity = entity_registry.async_get_or_create(
        "sensor",
        "meter_hub",
        "scripted_gateway_grid_import",
        disabled_by=er.RegistryEntryDisabler.INTEGRATION,
    )
    assert offered(hass, estimate) == ()
    entity_registry.async_update_entity(entity.entity_id, disabled_by=None)

    assert offered(hass, estimate) == (Offer(GATEWAY.id, GRID),)


async def test_a_gateway_is_grid_sun_and_battery(
    hass: HomeAssistant,
    dashboard: Dashboard,
    script: Script,
    make_entry: EntryFactory,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """Each is added once, and Home Assistant finds no fault with any."""
    entry = make_entry(
        meters=(GATEWAY.id,),
        dashboard=[f"{kind}/gateway" for kind in ("grid", "solar", "battery")],
    )

    await dashboard.set_up(entry)

    assert await dashboard.sources() == [GRID_SOURCE, SOLAR_SOURCE, BATTERY_SOURCE]
    do_adhoc_statistics(hass, start=START)
    await async_wait_recording_done(hass)
    client = await hass_ws_client(hass)
    await client.send_json_auto_id({"type": "energy/validate"})
    assert (await client.receive_json())["result"]["energy_sources"] == [[], [], []]
    await dashboard.reload(entry)
    assert len(await dashboard.sources()) == 3


@pytest.mark.parametrize(
    "there",
    [
        {"type": "solar", "stat_energy_from": SENSOR("battery_charged")},
        {
            "type": "battery",
            "stat_energy_from": "sensor.other",
            "stat_energy_to": SENSOR("battery_charged"),
        },
    ],
)
async def test_a_battery_that_is_counted_elsewhere_is_not_added(
    dashboard: Dashboard,
    script: Script,
    make_entry: EntryFactory,
    there: dict[str, Any],
) -> None:
    """Whichever direction a person has used already."""
    await dashboard.put(there)
    before = await dashboard.sources()
    entry = make_entry(meters=(GATEWAY.id,), dashboard=["battery/gateway"])

    await dashboard.set_up(entry)

    assert await dashboard.sources() == before
    assert entry.options["dashboard"] == []


async def test_a_battery_waits_for_both_directions(
    dashboard: Dashboard, script: Script, make_entry: EntryFactory, settle: Settle
) -> None:
    """Home Assistant takes no battery without one of them, however long it takes."""
    script.readings = tuple(
        each for each in ALL if each.series.quantity is not Quantity.BATTERY_CHARGE
    )
    entry = make_entry(meters=(GATEWAY.id,), dashboard=["battery/gateway"])
    await dashboard.set_up(entry)
    await settle(3 * POLL)
    assert await dashboard.sources() == []

    script.readings = ALL
    await settle(2 * POLL)

    assert await dashboard.sources() == [BATTERY_SOURCE]


async def test_the_options_offer_what_the_dashboard_lacks(
    hass: HomeAssistant, dashboard: Dashboard, script: Script, make_entry: EntryFactory
) -> None:
    """What is there already is not offered, and no second source of a kind is ticked."""
    await dashboard.put(
        {"type": "solar", "stat_energy_from": "sensor.other"}, GRID_SOURCE
    )
    entry: MockConfigEntry = make_entry(meters=(GATEWAY.id,))
    await dashboard.set_up(entry)

    form = await hass.config_entries.options.async_init(entry.entry_id)

    assert choices(form, "dashboard") == {
        "solar/gateway": "Gateway: solar panels",
        "battery/gateway": "Gateway: home battery",
    }
    assert shown(form)["dashboard"] == []
