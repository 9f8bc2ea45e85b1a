"""One account's plan: when calls are made, and what becomes of their answers."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.meter_hub.const import CONF_EXCLUDED_METERS, DOMAIN
from custom_components.meter_hub.metering.model import Meter, Reading, Series, Update
from custom_components.meter_hub.metering.vocabulary import Quantity
from custom_components.meter_hub.vendors.base import AuthError, Job, Unavailable

from .conftest import EntryFactory, Settle, value
from .missing import missing_issues
from .rows import async_rows
from .scripted import HOUR, HOUSE, IMPORT, POWER, START, Script, ScriptedBackend

GARAGE = Meter("garage", "Garage")
SERIAL = Series(HOUSE.id, Quantity.METER_SERIAL)


async def test_register_passes_the_guard(
    entry: MockConfigEntry, script: Script, settle: Settle
) -> None:
    """A zero between two values would count the whole register again."""
    script.readings = (Reading(IMPORT, 0.0),)
    await settle(timedelta(minutes=16))
    assert value(entry) == 100.0

    script.readings = (Reading(IMPORT, 100.5),)
    await settle(timedelta(minutes=16))
    assert value(entry) == 100.5


async def test_guard_remembers_over_a_restart(
    hass: HomeAssistant, entry: MockConfigEntry, script: Script, settle: Settle
) -> None:
    """A glitch is as harmful after a restart."""
    await hass.config_entries.async_reload(entry.entry_id)
    script.readings = (Reading(IMPORT, 0.0),)
    await settle(timedelta(minutes=16))

    assert len(script.live_calls) == 2
    assert value(entry) == 100.0


async def test_new_serial_is_a_new_meter(
    entry: MockConfigEntry, script: Script, settle: Settle
) -> None:
    """A fall is doubted, unless the meter itself says that it is another one."""
    script.readings = (Reading(IMPORT, 100.0), Reading(SERIAL, "old"))
    await settle(timedelta(minutes=16))
    script.readings = (Reading(IMPORT, 3.0), Reading(SERIAL, "old"))
    await settle(timedelta(minutes=16))
    assert value(entry) == 100.0

    script.readings = (Reading(IMPORT, 3.0), Reading(SERIAL, "new"))
    await settle(timedelta(minutes=16))
    assert value(entry) == 3.0


@pytest.mark.parametrize("nonsense", ["12", float("nan"), float("inf"), -1.0])
async def test_register_that_is_no_register(
    entry: MockConfigEntry, script: Script, settle: Settle, nonsense: str | float
) -> None:
    """What can't be a register's value is unknown, not zero."""
    script.readings = (Reading(IMPORT, nonsense),)
    await settle(timedelta(minutes=16))

    assert value(entry) is None


async def test_older_reading_replaces_nothing(
    entry: MockConfigEntry, script: Script, settle: Settle
) -> None:
    """Vendors deliver out of order."""
    script.readings = (Reading(POWER, 500.0, measured_at=START),)
    await settle(timedelta(minutes=16))
    script.readings = (Reading(POWER, 1.0, measured_at=START - HOUR),)
    await settle(timedelta(minutes=16))

    assert value(entry, POWER) == 500.0
    assert value(entry, IMPORT) == 100.0, "what an update does not tell stays"


async def test_value_expires_without_a_call(
    entry: MockConfigEntry, script: Script, settle: Settle
) -> None:
    """From `valid_until` on, a value says nothing about the present."""
    until = START + timedelta(minutes=22)
    script.readings = (Reading(POWER, 500.0, valid_until=until),)
    await settle(timedelta(minutes=20))
    assert value(entry, POWER) == 500.0
    calls = len(script.calls)

    await settle(timedelta(minutes=3), timedelta(seconds=30))
    assert value(entry, POWER) is None
    assert len(script.calls) == calls


async def test_excluded_meter_is_not_shown(
    hass: HomeAssistant, script: Script, make_entry: EntryFactory, settle: Settle
) -> None:
    """A meter that was not picked has neither values nor history."""
    script.meters = (HOUSE, GARAGE)
    theirs = Series(GARAGE.id, Quantity.GRID_IMPORT)
    script.readings = (Reading(IMPORT, 1.0), Reading(theirs, 2.0))
    script.know(theirs, START - 5 * HOUR, 1.0, 2.0)
    entry = make_entry(**{CONF_EXCLUDED_METERS: [GARAGE.id]})
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(timedelta(minutes=30))

    assert entry.runtime_data.data.meters.keys() == {HOUSE.id}
    assert entry.runtime_data.data.readings.keys() == {IMPORT}
    assert entry.runtime_data.history.series == frozenset()
    assert await async_rows(hass, theirs) == {}


async def test_disabled_polling_makes_no_call(
    hass: HomeAssistant, script: Script, make_entry: EntryFactory, settle: Settle
) -> None:
    """A person may poll by an automation instead."""
    script.know(IMPORT, START - 5 * HOUR, 1.0, 2.0)
    entry = make_entry()
    hass.config_entries.async_update_entry(entry, pref_disable_polling=True)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(timedelta(hours=3))
    assert len(script.calls) == 1

    await entry.runtime_data.async_refresh()
    assert len(script.calls) == 2


async def test_meter_that_disappears_and_returns(
    hass: HomeAssistant,
    script: Script,
    make_entry: EntryFactory,
    settle: Settle,
) -> None:
    """A meter that is not listed is missing, also after a restart, until it is back."""
    script.meters = (HOUSE, GARAGE)
    entry = make_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle()

    script.meters = (HOUSE,)
    await settle(timedelta(minutes=16))
    assert entry.runtime_data.data.missing == {GARAGE.id}
    assert GARAGE.id in entry.runtime_data.data.meters
    issue = missing_issues(hass, entry)[GARAGE.id]

    ir.async_ignore_issue(hass, DOMAIN, issue.issue_id, True)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await settle()
    assert entry.runtime_data.data.missing == {GARAGE.id}
    ignored = missing_issues(hass, entry)[GARAGE.id]
    assert ignored.active
    assert ignored.dismissed_version is not None

    script.meters = (HOUSE, replace(GARAGE, name="Shed"))
    await settle(timedelta(minutes=16))
    assert entry.runtime_data.data.missing == frozenset()
    assert entry.runtime_data.data.meters[GARAGE.id].name == "Shed"
    assert missing_issues(hass, entry) == {}


@pytest.mark.parametrize(
    "failure", [None, AuthError("invalid_auth"), Unavailable("cannot_connect")]
)
async def test_answer_that_comes_after_the_removal_tells_a_person_nothing(
    hass: HomeAssistant,
    script: Script,
    make_entry: EntryFactory,
    settle: Settle,
    monkeypatch: pytest.MonkeyPatch,
    freezer: FrozenDateTimeFactory,
    failure: Exception | None,
) -> None:
    """Somebody may have asked for an update of an entity just before."""
    script.meters = (HOUSE, GARAGE)
    entry = make_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    script.failure = failure
    await settle(timedelta(days=2), step=timedelta(hours=2))
    calls = len(script.calls)
    asked, answered = asyncio.Event(), asyncio.Event()
    fetch = ScriptedBackend.fetch

    async def slowly(backend: ScriptedBackend, job: Job) -> Update:
        asked.set()
        await answered.wait()
        return await fetch(backend, job)

    monkeypatch.setattr(ScriptedBackend, "fetch", slowly)
    script.gone = frozenset({GARAGE.id})
    freezer.tick(timedelta(hours=2))
    asking = asyncio.create_task(entry.runtime_data.async_refresh())
    await asked.wait()
    await hass.config_entries.async_remove(entry.entry_id)

    answered.set()
    await asking
    await settle()

    assert len(script.calls) == calls + 1
    assert not [key for key in ir.async_get(hass).issues if key[0] == DOMAIN]
    assert not hass.config_entries.flow.async_progress()


async def test_empty_listing_is_no_disappearance(
    entry: MockConfigEntry, script: Script, settle: Settle
) -> None:
    """A vendor that lists nothing at all has a bad day."""
    script.meters = ()
    script.readings = ()
    await settle(timedelta(minutes=16))

    assert entry.runtime_data.data.missing == frozenset()
    assert entry.runtime_data.data.meters == {HOUSE.id: HOUSE}


async def test_update_without_a_change_wakes_nobody(
    entry: MockConfigEntry, script: Script, settle: Settle
) -> None:
    """Equal answers cause no state changes."""
    await settle(timedelta(minutes=10))
    woken: list[Update] = []
    stop = entry.runtime_data.async_add_listener(lambda: woken.append(Update()))

    await settle(timedelta(minutes=31))

    assert len(script.live_calls) >= 3
    assert woken == []
    stop()
