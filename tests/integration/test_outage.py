"""A vendor that does not answer: what a person sees of it, in an hour and for good."""

from datetime import timedelta
import logging

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.meter_hub.const import DOMAIN
from custom_components.meter_hub.metering.model import Reading
from custom_components.meter_hub.vendors.base import (
    AuthError,
    RateLimited,
    Unavailable,
    UnexpectedAnswer,
    VendorError,
)

from ..texts import TEXTS, placeholders
from .conftest import EntryFactory, Settle
from .logged import said
from .rows import assert_same, async_rows
from .scripted import HOUR, IMPORT, START, Script

DAY = timedelta(days=1)
SENSOR = "sensor.house_grid_import"
CALM = timedelta(minutes=15)
"""Steps that are fine enough for a vendor that is polled each quarter hour."""


@pytest.fixture
async def entry(
    hass: HomeAssistant, script: Script, make_entry: EntryFactory, settle: Settle
) -> MockConfigEntry:
    """Return a loaded entry whose history is written."""
    script.know(IMPORT, START - 48 * HOUR, *(number / 8 for number in range(48)))
    entry = make_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(timedelta(minutes=10))
    return entry


def silence(hass: HomeAssistant, entry: MockConfigEntry) -> ir.IssueEntry | None:
    """Return the issue that tells of a silent vendor."""
    issue_id = f"vendor_silent_{entry.entry_id}"
    return ir.async_get(hass).async_get_issue(DOMAIN, issue_id)


def state(hass: HomeAssistant, entity_id: str = SENSOR) -> str:
    """Return the state of a sensor, which must be there."""
    found = hass.states.get(entity_id)
    assert found is not None
    return found.state


async def test_cloud_that_is_switched_off(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    script: Script,
    settle: Settle,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """After a day a person is told; polling goes on calmly until there is an answer."""
    caplog.clear()
    script.failure = Unavailable("not_json")

    await settle(DAY, CALM)
    assert state(hass) == STATE_UNAVAILABLE
    assert silence(hass, entry) is None, "a bad day is no end"

    await settle(HOUR, CALM)
    issue = silence(hass, entry)
    assert issue is not None
    assert issue.translation_placeholders == {
        "vendor": "Scripted",
        "account": entry.title,
        # The first poll that failed, in a time zone eight hours behind UTC.
        "since": "2026-11-10 04:25",
    }
    texts = TEXTS["issues"][issue.translation_key]
    assert placeholders(texts) == issue.translation_placeholders.keys()
    assert not issue.is_fixable

    calls = len(script.calls)
    await settle(3 * DAY, CALM)
    assert 3 * 24 - 4 <= len(script.calls) - calls <= 3 * 24
    assert len(said(caplog, logging.INFO)) == 1
    assert_same(await async_rows(hass), script.truth[IMPORT])

    script.failure = None
    script.readings = (Reading(IMPORT, 101.0),)
    await settle(HOUR + CALM, CALM)
    assert silence(hass, entry) is None
    assert state(hass) == "101.0"
    assert len(said(caplog, logging.INFO)) == 2
    assert len(script.live_calls) > 24


async def test_silence_survives_a_restart(
    hass: HomeAssistant, entry: MockConfigEntry, script: Script, settle: Settle
) -> None:
    """The day is not counted anew, and nothing of it outlives the entry."""
    script.failure = Unavailable("cannot_connect")
    await settle(timedelta(hours=20), CALM)
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert silence(hass, entry) is None
    await settle(timedelta(hours=5), CALM)
    told = silence(hass, entry)
    assert told is not None

    assert await hass.config_entries.async_reload(entry.entry_id)
    again = silence(hass, entry)
    assert again is not None
    assert again.translation_placeholders == told.translation_placeholders

    await hass.config_entries.async_remove(entry.entry_id)
    assert silence(hass, entry) is None


@pytest.mark.parametrize(
    "answer", [UnexpectedAnswer("not_found"), UnexpectedAnswer("unexpected_answer")]
)
async def test_vendor_that_answers_is_not_silent(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    script: Script,
    settle: Settle,
    answer: VendorError,
) -> None:
    """A refusal tells that somebody is there, however useless it is."""
    script.failure = Unavailable("timeout")
    await settle(timedelta(hours=20), CALM)
    script.failure = answer
    await settle(timedelta(minutes=16), CALM)
    script.failure = Unavailable("timeout")
    await settle(timedelta(hours=20), CALM)

    assert silence(hass, entry) is None
    assert state(hass) == STATE_UNAVAILABLE


async def test_own_limits_break_no_silence(
    hass: HomeAssistant, entry: MockConfigEntry, script: Script, settle: Settle
) -> None:
    """A call that was not made says nothing about the vendor."""
    script.failure = Unavailable("timeout")
    await settle(timedelta(hours=12), CALM)
    script.failure = RateLimited("rate_limited", HOUR)
    await settle(timedelta(minutes=16), CALM)
    script.failure = Unavailable("timeout")
    await settle(timedelta(hours=14), CALM)

    assert silence(hass, entry) is not None


async def test_refused_credentials_end_the_silence(
    hass: HomeAssistant, entry: MockConfigEntry, script: Script, settle: Settle
) -> None:
    """Who refuses a key is there; the person is asked to sign in instead."""
    script.failure = Unavailable("timeout")
    await settle(timedelta(hours=26), CALM)
    assert silence(hass, entry) is not None

    script.failure = AuthError("invalid_auth")
    await settle(2 * HOUR, CALM)

    assert silence(hass, entry) is None
    assert len(hass.config_entries.flow.async_progress_by_handler(DOMAIN)) == 1


async def test_restart_within_the_grace_shows_the_last_values(
    hass: HomeAssistant, entry: MockConfigEntry, script: Script, settle: Settle
) -> None:
    """A restart during a short outage is not seen, and does not prolong the grace."""
    script.failure = Unavailable("cannot_connect")
    await settle(timedelta(minutes=30))

    assert await hass.config_entries.async_reload(entry.entry_id)
    assert state(hass) == "100.0"

    await settle(timedelta(minutes=25))
    assert state(hass) == STATE_UNAVAILABLE


async def test_restart_after_the_grace_has_the_entities_without_values(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    script: Script,
    settle: Settle,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Old values are not shown as if they were new, and the log says down once."""
    assert await hass.config_entries.async_unload(entry.entry_id)
    await settle(2 * HOUR)
    script.failure = Unavailable("cannot_connect")
    caplog.clear()

    assert await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.LOADED
    assert state(hass) == STATE_UNAVAILABLE
    assert said(caplog, logging.INFO) == []

    await settle(2 * HOUR, CALM)
    assert state(hass) == STATE_UNAVAILABLE
    assert len(said(caplog, logging.INFO)) == 1

    script.failure = None
    await settle(timedelta(minutes=16))
    assert state(hass) == "100.0"
    assert len(said(caplog, logging.INFO)) == 2


async def test_restart_after_a_long_pause_is_no_outage(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    script: Script,
    settle: Settle,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Home Assistant was off for a weekend, and the vendor was not."""
    assert await hass.config_entries.async_unload(entry.entry_id)
    await settle(3 * DAY, DAY)
    caplog.clear()

    assert await hass.config_entries.async_setup(entry.entry_id)
    assert state(hass) == STATE_UNAVAILABLE
    assert silence(hass, entry) is None
    await settle(timedelta(seconds=4), timedelta(seconds=2))

    assert state(hass) == "100.0"
    assert said(caplog, logging.INFO) == []


async def test_history_alone_makes_old_values_no_younger(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    script: Script,
    settle: Settle,
) -> None:
    """After a restart values are shown again once live values were had."""
    assert await hass.config_entries.async_unload(entry.entry_id)
    await settle(2 * HOUR)
    script.period = timedelta(hours=3)

    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(timedelta(minutes=30))
    assert script.history_calls
    assert state(hass) == STATE_UNAVAILABLE
    assert entry.runtime_data.last_exception.translation_key == "no_recent_values"

    await settle(timedelta(minutes=40))
    assert state(hass) == "100.0"


async def test_waiting_set_up_tells_why_the_first_one_failed(
    hass: HomeAssistant, script: Script, make_entry: EntryFactory, settle: Settle
) -> None:
    """That the plan waits is not the reason that a person looks for."""
    script.failure = Unavailable("server_error")
    entry = make_entry()
    assert not await hass.config_entries.async_setup(entry.entry_id)
    assert entry.error_reason_translation_key == "server_error"

    await settle(timedelta(minutes=10))
    assert len(script.calls) == 1
    assert entry.error_reason_translation_key == "server_error"

    script.failure = None
    await settle(timedelta(minutes=10))
    assert entry.state is ConfigEntryState.LOADED
    assert state(hass) == "100.0"
