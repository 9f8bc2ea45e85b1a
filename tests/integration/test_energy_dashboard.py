"""Adding meters to the Energy dashboard: on request, once, and never against a person."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from homeassistant.components.energy.data import EnergyManager, async_get_manager
from homeassistant.const import STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
import probatio as vol
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, flush_store
from pytest_homeassistant_custom_component.components.recorder.common import (
    do_adhoc_statistics,
)
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.meter_hub.energy_dashboard import (
    Offer,
    async_added,
    async_kinds_present,
    offers,
)
from custom_components.meter_hub.metering.model import Meter, Reading
from custom_components.meter_hub.vendors.registry import VENDORS

from .conftest import EntryFactory, Settle
from .scripted import EXPORT, HOUSE, IMPORT, POWER, START, Script

HISTORY = "meter_hub:scripted_house_grid_import"
EXPORT_HISTORY = "meter_hub:scripted_house_grid_export"
REGISTER = "sensor.house_grid_import"
POWER_SENSOR = "sensor.house_grid_power"

OFFER = Offer("grid/house", "grid", "house")

POLL = timedelta(minutes=20)
"""Long enough for the next poll, and for the history that follows it."""


@pytest.fixture
async def energy(hass: HomeAssistant, hass_storage: dict[str, Any]) -> None:
    """Set the Energy dashboard up, without any preferences."""
    assert await async_setup_component(hass, "energy", {})


@pytest.fixture
def full(script: Script) -> Script:
    """Return a script of a meter with history in both directions and with power."""
    script.readings = (Reading(IMPORT, 100.0), Reading(POWER, -50.0))
    script.know(IMPORT, START - timedelta(days=1), *([0.5] * 24))
    script.know(EXPORT, START - timedelta(days=1), *([0.25] * 24))
    return script


def _grid(**statistics: Any) -> dict[str, Any]:
    """Return a grid source as the dashboard keeps it."""
    return {
        "type": "grid",
        "stat_energy_from": None,
        "stat_energy_to": None,
        "stat_cost": None,
        "entity_energy_price": None,
        "number_energy_price": None,
        "stat_compensation": None,
        "entity_energy_price_export": None,
        "number_energy_price_export": None,
        "cost_adjustment_day": 0.0,
        **statistics,
    }


OURS = _grid(
    stat_energy_from=HISTORY, stat_energy_to=EXPORT_HISTORY, stat_rate=POWER_SENSOR
)


async def _sources(hass: HomeAssistant) -> list[Any]:
    manager = await async_get_manager(hass)
    return list(manager.data["energy_sources"]) if manager.data else []


async def _put(hass: HomeAssistant, *sources: dict[str, Any]) -> None:
    """Do what a person does who edits the dashboard's sources."""
    manager = await async_get_manager(hass)
    preferences: Any = {"energy_sources": list(sources)}
    await manager.async_update(preferences)


async def _set_up(hass: HomeAssistant, entry: MockConfigEntry, settle: Settle) -> None:
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(POLL)


async def _restart(
    hass: HomeAssistant, entry: MockConfigEntry, settle: Settle, *, killed: bool = False
) -> None:
    """Load preferences and entry anew, as after a restart of Home Assistant."""
    manager: EnergyManager = await async_get_manager(hass)
    assert await hass.config_entries.async_unload(entry.entry_id)
    if not killed:
        await flush_store(manager._store)
    for key in ("energy_manager", "meter_hub_dashboard"):
        del hass.data[key]
    await _set_up(hass, entry, settle)


def test_offers_are_made_for_grid_meters() -> None:
    """Each meter of the grid could be a grid connection."""
    assert offers([HOUSE, Meter("barn", "Barn")]) == (
        OFFER,
        Offer("grid/barn", "grid", "barn"),
    )


async def test_nothing_happens_without_a_request(
    hass: HomeAssistant,
    energy: None,
    full: Script,
    make_entry: EntryFactory,
    settle: Settle,
) -> None:
    """Preferences are a person's own."""
    await _set_up(hass, make_entry(), settle)

    assert (await async_get_manager(hass)).data is None


async def test_a_requested_meter_is_added_with_all_it_has(
    hass: HomeAssistant,
    energy: None,
    full: Script,
    make_entry: EntryFactory,
    settle: Settle,
) -> None:
    """Import and export by their exact history, power by its sensor."""
    await _set_up(hass, make_entry(dashboard=[OFFER.key]), settle)

    assert await _sources(hass) == [OURS]
    assert await async_kinds_present(hass) == {"grid"}
    assert await async_added(hass, full.vendor(), [HOUSE, Meter("barn", "Barn")]) == {
        OFFER.key
    }


async def test_home_assistant_finds_no_fault_with_the_source(
    hass: HomeAssistant,
    energy: None,
    full: Script,
    make_entry: EntryFactory,
    settle: Settle,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """The dashboard shows no warning once the power has its first statistics."""
    await _set_up(hass, make_entry(dashboard=[OFFER.key]), settle)
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


async def test_a_source_is_added_once(
    hass: HomeAssistant,
    energy: None,
    full: Script,
    make_entry: EntryFactory,
    settle: Settle,
) -> None:
    """Neither a reload nor a restart adds it again; a restart ends the request."""
    entry = make_entry(dashboard=[OFFER.key])
    await _set_up(hass, entry, settle)

    await hass.config_entries.async_reload(entry.entry_id)
    await settle(POLL)
    assert await _sources(hass) == [OURS]

    await _restart(hass, entry, settle)
    assert await _sources(hass) == [OURS]
    assert entry.options["dashboard"] == []


async def test_a_source_that_a_kill_lost_is_added_again(
    hass: HomeAssistant,
    energy: None,
    full: Script,
    make_entry: EntryFactory,
    settle: Settle,
    hass_storage: dict[str, Any],
) -> None:
    """Home Assistant writes preferences a minute late; until then nothing is done."""
    entry = make_entry(dashboard=[OFFER.key])
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(timedelta(seconds=40), timedelta(seconds=2))
    assert await _sources(hass) == [OURS]
    assert "energy" not in hass_storage

    await _restart(hass, entry, settle, killed=True)

    assert await _sources(hass) == [OURS]
    assert entry.options["dashboard"] == [OFFER.key]


async def test_what_a_person_removes_at_once_stays_away(
    hass: HomeAssistant,
    energy: None,
    full: Script,
    make_entry: EntryFactory,
    settle: Settle,
) -> None:
    """Also when the entry isn't loaded while the person does it."""
    entry = make_entry(dashboard=[OFFER.key])
    await _set_up(hass, entry, settle)
    await hass.config_entries.async_unload(entry.entry_id)

    await _put(hass)
    await _set_up(hass, entry, settle)
    await _restart(hass, entry, settle)

    assert await _sources(hass) == []
    assert entry.options["dashboard"] == []


async def test_what_a_person_removes_later_stays_away(
    hass: HomeAssistant,
    energy: None,
    full: Script,
    make_entry: EntryFactory,
    settle: Settle,
) -> None:
    """The request ended when the source was seen after a restart."""
    entry = make_entry(dashboard=[OFFER.key])
    await _set_up(hass, entry, settle)
    await _restart(hass, entry, settle)

    await _put(hass)
    await hass.config_entries.async_reload(entry.entry_id)
    await settle(POLL)

    assert await _sources(hass) == []


async def test_sources_of_a_person_stay_as_they_are(
    hass: HomeAssistant,
    energy: None,
    full: Script,
    make_entry: EntryFactory,
    settle: Settle,
) -> None:
    """Ours comes last, and statistics that are in use stay where they are."""
    own = _grid(
        stat_energy_from="sensor.other",
        stat_energy_to=EXPORT_HISTORY,
        power_config={"stat_rate_inverted": POWER_SENSOR},
    )
    solar = {"type": "solar", "stat_energy_from": "sensor.roof"}
    await _put(hass, own, solar)
    before = await _sources(hass)

    await _set_up(hass, make_entry(dashboard=[OFFER.key]), settle)

    assert await _sources(hass) == [*before, _grid(stat_energy_from=HISTORY)]
    assert await async_kinds_present(hass) == {"grid", "solar"}


@pytest.mark.parametrize("statistic", [HISTORY, REGISTER])
async def test_energy_that_a_person_added_is_not_counted_twice(
    hass: HomeAssistant,
    energy: None,
    full: Script,
    make_entry: EntryFactory,
    settle: Settle,
    statistic: str,
) -> None:
    """The history and the register of a meter are the same energy."""
    await _put(hass, _grid(stat_energy_from=statistic))
    entry = make_entry(dashboard=[OFFER.key])

    await _set_up(hass, entry, settle)

    assert await _sources(hass) == [_grid(stat_energy_from=statistic)]
    assert entry.options["dashboard"] == []


async def test_a_source_waits_for_its_history(
    hass: HomeAssistant,
    energy: None,
    script: Script,
    make_entry: EntryFactory,
    settle: Settle,
) -> None:
    """The dashboard must not show a source without data."""
    entry = make_entry(dashboard=[OFFER.key])
    await _set_up(hass, entry, settle)
    assert await _sources(hass) == []

    script.know(IMPORT, START - timedelta(days=1), *([0.5] * 24))
    await settle(POLL)

    assert await _sources(hass) == [_grid(stat_energy_from=HISTORY)]


async def test_a_source_waits_for_its_power_but_not_for_ever(
    hass: HomeAssistant,
    energy: None,
    full: Script,
    make_entry: EntryFactory,
    settle: Settle,
) -> None:
    """A power that is unknown for half an hour may never be known."""
    full.readings = (Reading(IMPORT, 100.0), Reading(POWER, None))
    await _set_up(hass, make_entry(dashboard=[OFFER.key]), settle)
    state = hass.states.get(POWER_SENSOR)
    assert state is not None
    assert state.state == STATE_UNKNOWN
    assert await _sources(hass) == []

    await settle(timedelta(minutes=20))

    assert await _sources(hass) == [
        _grid(stat_energy_from=HISTORY, stat_energy_to=EXPORT_HISTORY)
    ]


async def test_power_that_comes_in_time_is_part_of_the_source(
    hass: HomeAssistant,
    energy: None,
    full: Script,
    make_entry: EntryFactory,
    settle: Settle,
) -> None:
    """The first number is enough."""
    full.readings = (Reading(IMPORT, 100.0), Reading(POWER, None))
    await _set_up(hass, make_entry(dashboard=[OFFER.key]), settle)

    full.readings = (Reading(IMPORT, 100.0), Reading(POWER, 0.0))
    await settle(timedelta(minutes=15))

    assert await _sources(hass) == [OURS]


async def test_a_sensor_that_a_person_disabled_is_not_used(
    hass: HomeAssistant,
    energy: None,
    full: Script,
    make_entry: EntryFactory,
    settle: Settle,
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

    await _set_up(hass, make_entry(dashboard=[OFFER.key]), settle)

    assert await _sources(hass) == [
        _grid(stat_energy_from=HISTORY, stat_energy_to=EXPORT_HISTORY)
    ]


async def test_a_vendor_without_history_gives_its_registers(
    hass: HomeAssistant,
    energy: None,
    script: Script,
    make_entry: EntryFactory,
    settle: Settle,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What can't be had exactly is better than nothing."""
    monkeypatch.setitem(
        VENDORS, "scripted", replace(script.vendor(), history_days=None)
    )
    script.readings = (Reading(IMPORT, 100.0), Reading(EXPORT, 3.0))

    await _set_up(hass, make_entry(dashboard=[OFFER.key]), settle)

    assert await _sources(hass) == [
        _grid(stat_energy_from=REGISTER, stat_energy_to="sensor.house_grid_export")
    ]


async def test_a_source_that_home_assistant_refuses_is_given_up_with_a_warning(
    hass: HomeAssistant,
    energy: None,
    full: Script,
    make_entry: EntryFactory,
    settle: Settle,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A later Home Assistant may want sources to look differently."""

    def refuse(sources: list[Any]) -> list[Any]:
        raise vol.Invalid("other keys")

    monkeypatch.setattr(
        "custom_components.meter_hub.energy_dashboard.ENERGY_SOURCE_SCHEMA", refuse
    )
    entry = make_entry(dashboard=[OFFER.key])

    await _set_up(hass, entry, settle)

    assert await _sources(hass) == []
    assert entry.options["dashboard"] == []
    assert caplog.text.count("refuses a grid source") == 1


async def test_a_request_waits_for_the_energy_dashboard(
    hass: HomeAssistant,
    full: Script,
    make_entry: EntryFactory,
    settle: Settle,
    hass_storage: dict[str, Any],
) -> None:
    """An installation without the dashboard may get one later."""
    entry = make_entry(dashboard=[OFFER.key])
    await _set_up(hass, entry, settle)
    assert await async_kinds_present(hass) == frozenset()
    assert entry.options["dashboard"] == [OFFER.key]

    assert await async_setup_component(hass, "energy", {})
    await hass.config_entries.async_reload(entry.entry_id)
    await settle(POLL)

    assert await _sources(hass) == [OURS]


async def test_removing_the_entry_leaves_the_dashboard_alone(
    hass: HomeAssistant,
    energy: None,
    full: Script,
    make_entry: EntryFactory,
    settle: Settle,
) -> None:
    """Its statistics stay, and so does what shows them; a person may remove both."""
    entry = make_entry(dashboard=[OFFER.key])
    await _set_up(hass, entry, settle)

    await hass.config_entries.async_remove(entry.entry_id)
    assert await _sources(hass) == [OURS]

    await _put(hass)
    assert await _sources(hass) == []
