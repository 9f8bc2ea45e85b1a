"""A recorder that is stuck, refuses, or holds what somebody else changed."""

import asyncio
from dataclasses import replace
from datetime import timedelta
import logging
from typing import Any

from homeassistant.components.recorder import Recorder
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import get_instance
import pytest

from custom_components.meter_hub.history import History
from custom_components.meter_hub.metering.ledger import Chunk, Row, Shift
from custom_components.meter_hub.metering.model import Span
from custom_components.meter_hub.recorder_io import async_queue_chunk, async_queue_shift
from custom_components.meter_hub.statistic_names import statistic_id

from .answers import energies, update
from .conftest import EntryFactory, Settle
from .rows import assert_same, async_rows
from .scripted import EXPORT, HOUR, IMPORT, START, Script

STATISTIC = statistic_id("scripted", IMPORT)


async def test_recorder_that_is_stuck(
    hass: HomeAssistant,
    script: Script,
    make_entry: EntryFactory,
    settle: Settle,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Answers do not pile up; what was dropped is asked for once it writes again."""
    first = START - 80 * HOUR
    script.know(IMPORT, first, *energies(80))
    entry = make_entry()
    released = asyncio.Event()

    async def stuck(_: HomeAssistant) -> None:
        await released.wait()

    with monkeypatch.context() as patch:
        patch.setattr("custom_components.meter_hub.history_rows.async_fence", stuck)
        assert await hass.config_entries.async_setup(entry.entry_id)
        history: History = entry.runtime_data.history
        for number, energy in enumerate(energies(80)):
            history.submit(
                replace(update(first + number * HOUR, [energy]), floors={EXPORT: first})
            )
        script.know(EXPORT, first, *energies(80))
        released.set()
        await settle(timedelta(minutes=20))

    assert script.history_calls[0] == (
        Span(EXPORT, first, START),
        Span(IMPORT, first + 64 * HOUR, START),
    )
    for series in (IMPORT, EXPORT):
        assert_same(await async_rows(hass, series), script.truth[series])


@pytest.mark.parametrize("meanwhile", ["running", "stopped"])
async def test_cleared_statistics_are_filled_again(
    hass: HomeAssistant,
    script: Script,
    make_entry: EntryFactory,
    settle: Settle,
    meanwhile: str,
) -> None:
    """A person who clears the statistic in the developer tools gets it whole again."""
    script.know(IMPORT, START - 48 * HOUR, *energies(52))
    entry = make_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(timedelta(minutes=10))
    assert len(await async_rows(hass)) == 48

    if meanwhile == "stopped":
        await hass.config_entries.async_unload(entry.entry_id)
    get_instance(hass).async_clear_statistics([STATISTIC])
    if meanwhile == "stopped":
        await hass.config_entries.async_setup(entry.entry_id)
    await settle(timedelta(hours=3, minutes=10))

    script.truth[IMPORT].popitem()
    assert_same(await async_rows(hass), script.truth[IMPORT])


async def test_recorder_that_refuses(
    hass: HomeAssistant,
    script: Script,
    make_entry: EntryFactory,
    settle: Settle,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What was not read back is not written: one warning, and the hours stay open."""
    script.know(IMPORT, START - 24 * HOUR, *energies(34))
    entry = make_entry()
    with monkeypatch.context() as patch:
        patch.setattr(Recorder, "async_import_statistics", lambda *_: None)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await settle(timedelta(hours=2))
        assert await async_rows(hass) == {}
        assert entry.runtime_data.history.progress == 0
        assert entry.runtime_data.last_update_success
        warnings = [
            record
            for record in caplog.records
            if record.levelno >= logging.WARNING
            and record.name.startswith("custom_components")
        ]
        assert len(warnings) == 1
        assert "grid_import" in warnings[0].getMessage()
        assert IMPORT.meter not in warnings[0].getMessage()
        assert len(script.history_calls) <= 8

    await settle(timedelta(hours=8, minutes=20))
    assert_same(await async_rows(hass), script.truth[IMPORT])


async def test_database_that_breaks(
    hass: HomeAssistant,
    script: Script,
    make_entry: EntryFactory,
    settle: Settle,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A database that can't be read is tried again by and by."""
    script.know(IMPORT, START - 24 * HOUR, *energies(24))
    entry = make_entry()

    async def broken(*_: Any) -> None:
        raise OSError("disk I/O error")

    with monkeypatch.context() as patch:
        patch.setattr(
            "custom_components.meter_hub.history_rows.async_read_book", broken
        )
        assert await hass.config_entries.async_setup(entry.entry_id)
        await settle(timedelta(minutes=20))
        assert script.history_calls == []

    await settle(timedelta(minutes=20))
    assert_same(await async_rows(hass), script.truth[IMPORT])


async def test_series_that_was_torn_is_mended_when_first_touched(
    hass: HomeAssistant, history: History, settle: Settle
) -> None:
    """Sums that do not follow on are put right before anything is added."""
    first = START - 24 * HOUR
    rows = tuple(
        Row(first + number * HOUR, 1.0, number + 1.0 + (5.0 if number > 2 else 0))
        for number in range(6)
    )
    async_queue_chunk(hass, STATISTIC, "House", Chunk(rows, None))
    history.submit(update(first + 6 * HOUR, [2.0]))
    await settle()

    assert_same(
        await async_rows(hass),
        {first + number * HOUR: 1.0 for number in range(6)} | {first + 6 * HOUR: 2.0},
    )


async def test_series_that_stays_torn_is_left_alone(
    hass: HomeAssistant,
    history: History,
    settle: Settle,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing is added to sums that can't be put right."""
    first = START - 24 * HOUR
    rows = (Row(first, 1.0, 1.0), Row(first + HOUR, 1.0, 9.0))
    async_queue_chunk(hass, STATISTIC, "House", Chunk(rows, None))
    monkeypatch.setattr(Recorder, "async_adjust_statistics", lambda *_: None)
    history.submit(update(first + 2 * HOUR, [2.0]))
    await settle()

    assert await async_rows(hass) == {first: (1.0, 1.0), first + HOUR: (1.0, 9.0)}


async def test_somebody_else_moves_the_sums(
    hass: HomeAssistant, history: History, settle: Settle
) -> None:
    """A sum that a person adjusted by hand is put right with the next hour."""
    first = START - 24 * HOUR
    history.submit(update(first, [1.0, 2.0]))
    await settle()
    async_queue_shift(hass, STATISTIC, Shift(first + HOUR, 100.0))
    history.submit(update(first + 2 * HOUR, [3.0]))
    await settle()

    assert_same(
        await async_rows(hass), {first: 1.0, first + HOUR: 2.0, first + 2 * HOUR: 3.0}
    )
