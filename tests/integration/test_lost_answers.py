"""Answers that were had, but never written: the vendor's side takes them for known."""

import asyncio
from asyncio import Event
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.meter_hub import history_rows
from custom_components.meter_hub.const import CONF_HISTORY_DAYS
from custom_components.meter_hub.metering.model import Update
from custom_components.meter_hub.recorder_io import async_fence

from .answers import energies, update
from .conftest import EntryFactory, Settle
from .killing import async_kill
from .rows import assert_same, async_rows
from .scripted import HOUR, IMPORT, START, Script

FIRST = START - 60 * HOUR
CORRECTED = FIRST + 10 * HOUR


@pytest.fixture
async def entry(
    hass: HomeAssistant, script: Script, make_entry: EntryFactory, settle: Settle
) -> MockConfigEntry:
    """Return an entry whose measured history is written, and about to be corrected."""
    script.know(IMPORT, FIRST, *energies(60))
    entry = make_entry(**{CONF_HISTORY_DAYS: 3})
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(timedelta(seconds=6), timedelta(seconds=2))
    assert_same(await async_rows(hass), script.truth[IMPORT])
    script.truth[IMPORT][CORRECTED] += 2.5
    return entry


class Gate(Event):
    """Holds all writing until it is set."""

    def __init__(self) -> None:
        """Be shut, before anything was written."""
        super().__init__()
        self.reached = Event()


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    """Hold all writing until the gate is set."""
    gate = Gate()

    async def wait(hass: HomeAssistant) -> None:
        gate.reached.set()
        await gate.wait()
        await async_fence(hass)

    monkeypatch.setattr(history_rows, "async_fence", wait)
    yield gate
    gate.set()


def correction(script: Script) -> Update:
    """Return the answer that a backend got which had a reason to ask again."""
    return update(CORRECTED, [script.truth[IMPORT][CORRECTED]])


async def test_killed_before_the_correction_was_written(
    hass: HomeAssistant,
    script: Script,
    entry: MockConfigEntry,
    hass_storage: dict[str, Any],
    settle: Settle,
    held: Gate,
) -> None:
    """What the backend knows was saved, and so was that its answer is not written."""
    coordinator = entry.runtime_data
    coordinator.history.submit(correction(script))
    await coordinator.memory.async_save()
    await async_kill(hass, entry, hass_storage, memory_lost=False)
    held.set()

    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(timedelta(minutes=10))

    assert_same(await async_rows(hass), script.truth[IMPORT])


@pytest.mark.parametrize("others", [0, 1])
async def test_reloaded_before_the_correction_was_written(
    hass: HomeAssistant,
    script: Script,
    entry: MockConfigEntry,
    settle: Settle,
    held: Gate,
    others: int,
) -> None:
    """Also where an older answer about the same hours was written before it."""
    history = entry.runtime_data.history
    for _ in range(others):
        history.submit(update(FIRST, list(energies(60))))
    history.submit(correction(script))
    await hass.config_entries.async_reload(entry.entry_id)
    held.set()
    await settle(timedelta(minutes=10))

    assert_same(await async_rows(hass), script.truth[IMPORT])


async def test_older_answer_is_written_but_not_the_correction(
    hass: HomeAssistant,
    script: Script,
    entry: MockConfigEntry,
    hass_storage: dict[str, Any],
    settle: Settle,
    held: Gate,
) -> None:
    """The one does not pass for the other when Home Assistant is killed in between."""
    coordinator = entry.runtime_data
    coordinator.history.submit(update(FIRST, list(energies(60))))
    await asyncio.wait_for(held.reached.wait(), 10)
    coordinator.history.submit(correction(script))
    save, saved = coordinator.memory.async_save, Event()

    async def save_and_wait() -> None:
        await save()
        saved.set()
        await Event().wait()

    coordinator.memory.async_save = save_and_wait
    held.set()
    await saved.wait()
    assert (await async_rows(hass))[CORRECTED][0] != script.truth[IMPORT][CORRECTED]
    await async_kill(hass, entry, hass_storage, memory_lost=False)

    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(timedelta(minutes=10))

    assert_same(await async_rows(hass), script.truth[IMPORT])


async def test_more_answers_than_may_wait(
    hass: HomeAssistant,
    script: Script,
    entry: MockConfigEntry,
    settle: Settle,
    held: Gate,
) -> None:
    """The one that was dropped is asked for again, once, when the others are written."""
    history = entry.runtime_data.history
    asked = len(script.history_calls)
    for _ in range(64):
        history.submit(update(FIRST, list(energies(60))))
    history.submit(correction(script))
    await hass.async_block_till_done()
    assert history.progress == 100, "measured hours stay known"
    held.set()
    await settle(timedelta(minutes=10))

    assert_same(await async_rows(hass), script.truth[IMPORT])
    (again,) = script.history_calls[asked:]
    assert [(span.start, span.end) for span in again] == [(CORRECTED, CORRECTED + HOUR)]


async def test_what_polls_bring_while_others_wait_is_kept(
    hass: HomeAssistant,
    script: Script,
    entry: MockConfigEntry,
    settle: Settle,
    held: Gate,
) -> None:
    """Nobody asks for it before the next poll, so it must not be dropped."""
    history = entry.runtime_data.history
    asked = len(script.history_calls)
    for _ in range(10):
        history.submit(update(FIRST, list(energies(60))))
    history.submit(correction(script))
    held.set()
    await settle(timedelta(minutes=10))

    assert_same(await async_rows(hass), script.truth[IMPORT])
    assert script.history_calls[asked:] == []


async def test_correction_that_is_written_costs_no_call(
    hass: HomeAssistant,
    script: Script,
    entry: MockConfigEntry,
    settle: Settle,
    held: Gate,
) -> None:
    """While it waits, and after it was written, nothing is asked for again."""
    history = entry.runtime_data.history
    asked = len(script.history_calls)
    history.submit(correction(script))
    await hass.async_block_till_done()
    assert history.gaps(START) == []
    assert history.progress == 100
    held.set()
    await settle(timedelta(minutes=10))
    assert await hass.config_entries.async_reload(entry.entry_id)
    await settle(timedelta(minutes=10))

    assert_same(await async_rows(hass), script.truth[IMPORT])
    assert len(script.history_calls) == asked
