"""Calls that fail: what is tried again and when, and what a person is told."""

from datetime import timedelta
import logging

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.meter_hub.const import DOMAIN
from custom_components.meter_hub.metering.model import Reading
from custom_components.meter_hub.vendors.base import AuthError, RateLimited, Unavailable

from .conftest import EntryFactory, Settle, value
from .logged import said
from .rows import assert_same, async_rows
from .scripted import HOUR, IMPORT, START, Script, ScriptedBackend


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


async def test_pause_of_a_clock_that_was_ahead_ends(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    script: Script,
    settle: Settle,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Once the clock is right again, a pause lasts no longer than it was meant to."""
    await settle(timedelta(minutes=10))
    script.failure = RateLimited("rate_limited", timedelta(minutes=40))
    freezer.move_to(START + timedelta(days=30))
    await entry.runtime_data.async_refresh()
    calls = len(script.calls)
    script.failure = None
    script.period = timedelta(days=-60)
    freezer.move_to(START + timedelta(minutes=30))
    await entry.runtime_data.async_refresh()

    freezer.tick(timedelta(minutes=39))
    await entry.runtime_data.async_refresh()
    assert len(script.calls) == calls
    freezer.tick(timedelta(minutes=2))
    await entry.runtime_data.async_refresh()
    assert len(script.calls) == calls + 1


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
