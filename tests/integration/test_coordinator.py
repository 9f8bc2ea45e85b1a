"""One account's plan: when calls are made, and what becomes of their answers."""

from dataclasses import replace
from datetime import timedelta
import logging

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.meter_hub.const import CONF_EXCLUDED_METERS, DOMAIN
from custom_components.meter_hub.coordinator import MeterHubCoordinator
from custom_components.meter_hub.metering.model import (
    Meter,
    Quantity,
    Reading,
    Series,
    Update,
)
from custom_components.meter_hub.vendors.base import AuthError, RateLimited, Unavailable

from .conftest import EntryFactory, Settle
from .rows import assert_same, async_rows
from .scripted import HOUR, HOUSE, IMPORT, POWER, START, Script, ScriptedBackend

GARAGE = Meter("garage", "Garage")
SERIAL = Series(HOUSE.id, Quantity.METER_SERIAL)


@pytest.fixture
async def entry(
    hass: HomeAssistant, script: Script, make_entry: EntryFactory
) -> MockConfigEntry:
    """Return a loaded entry with a week of history."""
    script.know(IMPORT, START - 48 * HOUR, *(number / 8 for number in range(48)))
    entry = make_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    return entry


def value(entry: MockConfigEntry, series: Series = IMPORT) -> object:
    """Return what the coordinator has of a series."""
    coordinator: MeterHubCoordinator = entry.runtime_data
    return coordinator.data.readings[series].value


def said(caplog: pytest.LogCaptureFixture, level: int) -> list[str]:
    """Return what the integration logged, from a level on."""
    return [
        record.getMessage()
        for record in caplog.records
        if record.levelno >= level and record.name.startswith("custom_components")
    ]


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


async def test_revoked_key_stops_everything_but_statistics(
    hass: HomeAssistant, entry: MockConfigEntry, script: Script, settle: Settle
) -> None:
    """Only a person can go on: polling and history stop, what is written stays."""
    await settle(timedelta(minutes=10))
    script.failure = AuthError("invalid_auth")
    await settle(timedelta(minutes=10))
    calls = len(script.calls)

    await settle(timedelta(days=1), timedelta(minutes=30))

    flows = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert [flow["context"]["source"] for flow in flows] == [SOURCE_REAUTH]
    assert len(script.calls) == calls
    assert not entry.runtime_data.last_update_success
    assert_same(await async_rows(hass), script.truth[IMPORT])


async def test_server_down_for_a_day(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    script: Script,
    settle: Settle,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Values outlive the grace, one line says down, one line says up."""
    script.period = timedelta(minutes=10)
    await settle(timedelta(minutes=15))
    caplog.clear()
    script.failure = Unavailable("server_error")

    await settle(timedelta(minutes=50))
    assert entry.runtime_data.last_update_success
    assert value(entry) == 100.0
    assert said(caplog, logging.INFO) == []

    await settle(timedelta(minutes=10))
    assert not entry.runtime_data.last_update_success
    assert entry.runtime_data.last_exception.translation_key == "server_error"

    await settle(timedelta(days=1), timedelta(minutes=5))
    assert len(said(caplog, logging.INFO)) == 1
    calls = len(script.calls)
    assert calls > 24 * 6

    script.failure = None
    await settle(timedelta(minutes=15))
    assert entry.runtime_data.last_update_success
    assert len(said(caplog, logging.INFO)) == 2
    assert entry.state is ConfigEntryState.LOADED


async def test_failing_history_leaves_live_values_alone(
    hass: HomeAssistant,
    script: Script,
    make_entry: EntryFactory,
    settle: Settle,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """History that can't be had is asked for less and less often, silently."""
    script.know(IMPORT, START - 5 * HOUR, 1.0, 2.0, 3.0, 4.0, 5.0)
    script.history_failure = Unavailable("timeout")
    entry = make_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)

    await settle(timedelta(hours=4))

    assert entry.runtime_data.last_update_success
    assert 3 <= len(script.history_calls) <= 12
    assert len(script.live_calls) >= 16
    assert said(caplog, logging.WARNING) == []

    script.history_failure = None
    script.know(IMPORT, START, 6.0, 7.0, 8.0, 9.0)
    await settle(timedelta(hours=9))
    assert_same(await async_rows(hass), script.truth[IMPORT])


async def test_retry_after_is_honoured(
    hass: HomeAssistant, entry: MockConfigEntry, script: Script, settle: Settle
) -> None:
    """A vendor that says when to come back is not asked before."""
    await settle(timedelta(minutes=10))
    script.failure = RateLimited("rate_limited", timedelta(minutes=40))
    await settle(timedelta(minutes=6), timedelta(seconds=30))
    refused = script.calls[-1][0]
    calls = len(script.calls)
    script.failure = None

    await settle(timedelta(minutes=38))
    await entry.runtime_data.async_refresh()
    assert len(script.calls) == calls, "a person can't hurry either"

    await settle(timedelta(minutes=5), timedelta(seconds=30))
    assert script.calls[calls][0] - refused >= timedelta(minutes=40)
    assert entry.runtime_data.last_update_success


async def test_fault_of_a_vendor_does_not_end_the_loop(
    entry: MockConfigEntry,
    script: Script,
    settle: Settle,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A bug is logged with its place, without its words, and retried with patience."""
    await settle(timedelta(minutes=10))
    caplog.clear()
    script.failure = KeyError("secret-in-a-body")
    await settle(timedelta(minutes=30))

    assert entry.runtime_data.last_update_success
    errors = said(caplog, logging.ERROR)
    assert len(errors) == 1
    assert "KeyError" in errors[0]
    assert "scripted.py" in errors[0]
    assert "secret-in-a-body" not in caplog.text

    await settle(timedelta(hours=1))
    assert entry.runtime_data.last_exception.translation_key == "unexpected_answer"
    script.failure = None
    script.readings = (Reading(IMPORT, 101.0),)
    await settle(timedelta(minutes=20))
    assert entry.runtime_data.last_update_success
    assert value(entry) == 101.0


async def test_fault_in_a_plan_does_not_end_the_loop(
    entry: MockConfigEntry,
    script: Script,
    settle: Settle,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A backend that can't plan is asked again later."""
    await settle(timedelta(minutes=10))

    with monkeypatch.context() as patch:
        patch.setattr(ScriptedBackend, "plan", lambda *_: 1 / 0)
        await settle(timedelta(minutes=90))
        assert not entry.runtime_data.last_update_success

    script.readings = (Reading(IMPORT, 101.0),)
    await settle(timedelta(minutes=10))
    assert entry.runtime_data.last_update_success
    assert value(entry) == 101.0


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
    issue = (DOMAIN, f"meter_missing_{entry.entry_id}_garage")

    script.meters = (HOUSE,)
    await settle(timedelta(minutes=16))
    assert entry.runtime_data.data.missing == {GARAGE.id}
    assert GARAGE.id in entry.runtime_data.data.meters
    assert issue in ir.async_get(hass).issues

    ir.async_ignore_issue(hass, *issue, True)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await settle()
    assert entry.runtime_data.data.missing == {GARAGE.id}
    ignored = ir.async_get(hass).issues[issue]
    assert ignored.active
    assert ignored.dismissed_version is not None

    script.meters = (HOUSE, replace(GARAGE, name="Shed"))
    await settle(timedelta(minutes=16))
    assert entry.runtime_data.data.missing == frozenset()
    assert entry.runtime_data.data.meters[GARAGE.id].name == "Shed"
    assert issue not in ir.async_get(hass).issues


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
