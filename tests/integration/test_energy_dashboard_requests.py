"""A request for the Energy dashboard: what it waits for, and when it ends."""

from datetime import timedelta
from typing import Any

from homeassistant.const import STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.meter_hub.energy_dashboard import async_kinds_present
from custom_components.meter_hub.metering.model import Reading

from .conftest import Settle
from .dashboard import (
    EXPORT_HISTORY,
    HISTORY,
    OFFER,
    OURS,
    POLL,
    POWER_SENSOR,
    Dashboard,
    grid,
)
from .scripted import IMPORT, POWER, START, Script


async def test_a_source_is_added_once(
    dashboard: Dashboard, full_script: Script, asking: MockConfigEntry
) -> None:
    """Neither a reload nor a restart adds it again; a restart ends the request."""
    await dashboard.set_up(asking)

    await dashboard.reload(asking)
    assert await dashboard.sources() == [OURS]

    await dashboard.restart(asking)
    assert await dashboard.sources() == [OURS]
    assert asking.options["dashboard"] == []


async def test_a_source_that_a_kill_lost_is_added_again(
    hass: HomeAssistant,
    dashboard: Dashboard,
    full_script: Script,
    asking: MockConfigEntry,
    settle: Settle,
    hass_storage: dict[str, Any],
) -> None:
    """Home Assistant writes preferences a minute late; until then nothing is done."""
    assert await hass.config_entries.async_setup(asking.entry_id)
    await settle(timedelta(seconds=40), timedelta(seconds=2))
    assert await dashboard.sources() == [OURS]
    assert "energy" not in hass_storage

    await dashboard.restart(asking, killed=True)

    assert await dashboard.sources() == [OURS]
    assert asking.options["dashboard"] == [OFFER.key]


async def test_what_a_person_removes_at_once_stays_away(
    hass: HomeAssistant,
    dashboard: Dashboard,
    full_script: Script,
    asking: MockConfigEntry,
) -> None:
    """Also when the entry isn't loaded while the person does it."""
    await dashboard.set_up(asking)
    await hass.config_entries.async_unload(asking.entry_id)

    await dashboard.put()
    await dashboard.set_up(asking)
    await dashboard.restart(asking)

    assert await dashboard.sources() == []
    assert asking.options["dashboard"] == []


async def test_what_a_person_removes_later_stays_away(
    dashboard: Dashboard, full_script: Script, asking: MockConfigEntry
) -> None:
    """The request ended when the source was seen after a restart."""
    await dashboard.set_up(asking)
    await dashboard.restart(asking)

    await dashboard.put()
    await dashboard.reload(asking)

    assert await dashboard.sources() == []


async def test_a_source_waits_for_its_history(
    dashboard: Dashboard, script: Script, asking: MockConfigEntry, settle: Settle
) -> None:
    """The dashboard must not show a source without data."""
    await dashboard.set_up(asking)
    assert await dashboard.sources() == []

    script.know(IMPORT, START - timedelta(days=1), *([0.5] * 24))
    await settle(POLL)

    assert await dashboard.sources() == [grid(stat_energy_from=HISTORY)]


async def test_a_source_waits_for_its_power_but_not_for_ever(
    hass: HomeAssistant,
    dashboard: Dashboard,
    full_script: Script,
    asking: MockConfigEntry,
    settle: Settle,
) -> None:
    """A power that is unknown for half an hour may never be known."""
    full_script.readings = (Reading(IMPORT, 100.0), Reading(POWER, None))
    await dashboard.set_up(asking)
    state = hass.states.get(POWER_SENSOR)
    assert state is not None
    assert state.state == STATE_UNKNOWN
    assert await dashboard.sources() == []

    await settle(timedelta(minutes=20))

    assert await dashboard.sources() == [
        grid(stat_energy_from=HISTORY, stat_energy_to=EXPORT_HISTORY)
    ]


async def test_power_that_comes_in_time_is_part_of_the_source(
    dashboard: Dashboard, full_script: Script, asking: MockConfigEntry, settle: Settle
) -> None:
    """The first number is enough."""
    full_script.readings = (Reading(IMPORT, 100.0), Reading(POWER, None))
    await dashboard.set_up(asking)

    full_script.readings = (Reading(IMPORT, 100.0), Reading(POWER, 0.0))
    await settle(timedelta(minutes=15))

    assert await dashboard.sources() == [OURS]


async def test_a_request_waits_for_the_energy_dashboard(
    hass: HomeAssistant,
    full_script: Script,
    asking: MockConfigEntry,
    settle: Settle,
    hass_storage: dict[str, Any],
) -> None:
    """An installation without the dashboard may get one later."""
    dashboard = Dashboard(hass, settle)
    await dashboard.set_up(asking)
    assert await async_kinds_present(hass) == frozenset()
    assert asking.options["dashboard"] == [OFFER.key]

    assert await async_setup_component(hass, "energy", {})
    await dashboard.reload(asking)

    assert await dashboard.sources() == [OURS]


async def test_removing_the_entry_leaves_the_dashboard_alone(
    hass: HomeAssistant,
    dashboard: Dashboard,
    full_script: Script,
    asking: MockConfigEntry,
) -> None:
    """Its statistics stay, and so does what shows them; a person may remove both."""
    await dashboard.set_up(asking)

    await hass.config_entries.async_remove(asking.entry_id)
    assert await dashboard.sources() == [OURS]

    await dashboard.put()
    assert await dashboard.sources() == []
