"""Adding meters to the Energy dashboard: what is added, and never against a person."""

from dataclasses import replace
from typing import Any

from homeassistant.components.energy.data import async_get_manager
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import probatio as vol
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.recorder.common import (
    do_adhoc_statistics,
)
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.meter_hub.energy_dashboard import (
    async_added,
    async_kinds_present,
)
from custom_components.meter_hub.energy_sources import Offer, offers
from custom_components.meter_hub.metering.model import Meter, Reading
from custom_components.meter_hub.vendors.registry import VENDORS

from .conftest import EntryFactory, Settle
from .dashboard import (
    EXPORT_HISTORY,
    HISTORY,
    OFFER,
    OURS,
    POWER_SENSOR,
    Dashboard,
    grid,
)
from .scripted import EXPORT, HOUSE, IMPORT, START, Script

REGISTER = "sensor.house_grid_import"


def test_offers_are_made_for_grid_meters() -> None:
    """Each meter of the grid could be a grid connection, even before it is read."""
    made = offers([HOUSE, Meter("barn", "Barn")], ())

    assert made == (OFFER, Offer("barn", OFFER.source))
    assert [(offer.key, offer.kind) for offer in made] == [
        ("grid/house", "grid"),
        ("grid/barn", "grid"),
    ]


async def test_nothing_happens_without_a_request(
    hass: HomeAssistant,
    dashboard: Dashboard,
    full_script: Script,
    make_entry: EntryFactory,
) -> None:
    """Preferences are a person's own."""
    await dashboard.set_up(make_entry())

    assert (await async_get_manager(hass)).data is None


async def test_a_requested_meter_is_added_with_all_it_has(
    hass: HomeAssistant,
    dashboard: Dashboard,
    full_script: Script,
    asking: MockConfigEntry,
) -> None:
    """Import and export by their exact history, power by its sensor."""
    await dashboard.set_up(asking)

    assert await dashboard.sources() == [OURS]
    assert await async_kinds_present(hass) == {"grid"}
    assert await async_added(
        hass, full_script.vendor(), [HOUSE, Meter("barn", "Barn")]
    ) == {OFFER.key}


async def test_home_assistant_finds_no_fault_with_the_source(
    hass: HomeAssistant,
    dashboard: Dashboard,
    full_script: Script,
    asking: MockConfigEntry,
    settle: Settle,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """The dashboard shows no warning once the power has its first statistics."""
    await dashboard.set_up(asking)
    do_adhoc_statistics(hass, start=START)
    await settle()

    client = await hass_ws_client(hass)
    await client.send_json_auto_id({"type": "energy/validate"})
    answer = await client.receive_json()

    assert answer["result"] == {
        "energy_sources": [[]],
        "device_consumption": [],
        "device_consumption_water": [],
    }


async def test_sources_of_a_person_stay_as_they_are(
    hass: HomeAssistant,
    dashboard: Dashboard,
    full_script: Script,
    asking: MockConfigEntry,
) -> None:
    """Ours comes last, and statistics that are in use stay where they are."""
    own = grid(
        stat_energy_from="sensor.other",
        stat_energy_to=EXPORT_HISTORY,
        power_config={"stat_rate_inverted": POWER_SENSOR},
    )
    solar = {"type": "solar", "stat_energy_from": "sensor.roof"}
    await dashboard.put(own, solar)
    before = await dashboard.sources()

    await dashboard.set_up(asking)

    assert await dashboard.sources() == [*before, grid(stat_energy_from=HISTORY)]
    assert await async_kinds_present(hass) == {"grid", "solar"}


@pytest.mark.parametrize("statistic", [HISTORY, REGISTER])
async def test_energy_that_a_person_added_is_not_counted_twice(
    dashboard: Dashboard, full_script: Script, asking: MockConfigEntry, statistic: str
) -> None:
    """The history and the register of a meter are the same energy."""
    await dashboard.put(grid(stat_energy_from=statistic))

    await dashboard.set_up(asking)

    assert await dashboard.sources() == [grid(stat_energy_from=statistic)]
    assert asking.options["dashboard"] == []


async def test_a_sensor_that_a_person_disabled_is_not_used(
    dashboard: Dashboard,
    full_script: Script,
    asking: MockConfigEntry,
    entity_registry: er.EntityRegistry,
) -> None:
    """It has no statistics, and the source need not wait for it."""
    entity_registry.async_get_or_create(
        "sensor",
        "meter_hub",
        "scripted_house_grid_power",
        suggested_object_id="house_grid_power",
        disabled_by=er.RegistryEntryDisabler.USER,
    )

    await dashboard.set_up(asking)

    assert await dashboard.sources() == [
        grid(stat_energy_from=HISTORY, stat_energy_to=EXPORT_HISTORY)
    ]


async def test_a_vendor_without_history_gives_its_registers(
    dashboard: Dashboard,
    script: Script,
    asking: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What can't be had exactly is better than nothing."""
    monkeypatch.setitem(
        VENDORS, "scripted", replace(script.vendor(), history_days=None)
    )
    script.readings = (Reading(IMPORT, 100.0), Reading(EXPORT, 3.0))

    await dashboard.set_up(asking)

    assert await dashboard.sources() == [
        grid(stat_energy_from=REGISTER, stat_energy_to="sensor.house_grid_export")
    ]


async def test_a_source_that_home_assistant_refuses_is_given_up_with_a_warning(
    dashboard: Dashboard,
    full_script: Script,
    asking: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A later Home Assistant may want sources to look differently."""

    def refuse(sources: list[Any]) -> list[Any]:
        raise vol.Invalid("other keys")

    monkeypatch.setattr(
        "custom_components.meter_hub.energy_dashboard_preferences.ENERGY_SOURCE_SCHEMA",
        refuse,
    )

    await dashboard.set_up(asking)

    assert await dashboard.sources() == []
    assert asking.options["dashboard"] == []
    assert caplog.text.count("refuses a grid source") == 1
