"""What the last poll brought, and a kill took, of a vendor that reads days once a poll."""

import asyncio
from datetime import timedelta
from threading import Event
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.meter_hub import history_rows

from .killing import async_kill
from .matrix import HOUR, Account, OpenAccount
from .matrix_cases import VENDOR_CASES
from .matrix_faults import START

pytest_plugins = ("tests.integration.matrix_accounts",)

(ENERGA,) = (case for case in VENDOR_CASES if case.key == "energa")

MINUTE = timedelta(minutes=1)

MANY = 500
"""So many looks no poll outlasts."""


async def never(_: HomeAssistant) -> None:
    """Wait for a recorder that is stuck."""
    await asyncio.Event().wait()


@pytest.mark.parametrize("memory_lost", [False, True], ids=["old memory", "no memory"])
async def test_recent_days_that_a_kill_took_are_read_at_once(
    hass: HomeAssistant,
    open_account: OpenAccount,
    hass_storage: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    memory_lost: bool,
) -> None:
    """Nobody has to wait for the next poll, and no day is read twice until then."""
    account = await open_account(ENERGA, now=START, history=timedelta(days=2))
    await account.async_pass(45 * MINUTE)
    assert await account.async_problems() == {}

    with monkeypatch.context() as patch:
        patch.setattr(history_rows, "async_fence", never)
        await _async_poll(account)
        await account.coordinator.memory.async_save()
        await async_kill(hass, account.entry, hass_storage, memory_lost=memory_lost)
    assert await account.async_problems() != {}, "nothing new was lost"

    restarted = dt_util.utcnow()
    assert await hass.config_entries.async_setup(account.entry.entry_id)
    await account.async_pass(2 * MINUTE)
    assert await account.async_problems() == {}
    charts = [
        call
        for call in account.calls_since(restarted)
        if call.path == ENERGA.history_path
    ]
    await account.async_pass(8 * MINUTE)
    later = account.calls_since(restarted + 2 * MINUTE)
    assert charts
    assert later == []


async def _async_poll(account: Account) -> None:
    """Let the first poll of a few hours later be made while nothing can be written."""
    account.freezer.tick(5 * HOUR)
    for _ in range(MANY):
        async_fire_time_changed(account.hass)
        # The loop's own clock stands still as all others do.
        await asyncio.to_thread(Event().wait, 0.02)
        interval = account.coordinator.update_interval
        assert interval is not None
        if account.calls_since(dt_util.utcnow() - MINUTE) and interval > MINUTE:
            return
        account.freezer.tick(timedelta(seconds=2))
    raise AssertionError("the poll goes on for ever")
