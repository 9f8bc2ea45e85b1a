"""Home Assistant is killed while it writes what follows from other rows."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.meter_hub.metering.ledger import Book
from custom_components.meter_hub.metering.model import Update
from custom_components.meter_hub.recorder_io import async_fence
from custom_components.meter_hub.vendors.registry import VENDORS

from .answers import update
from .conftest import EntryFactory, Settle
from .killing import Death, async_kill, async_until_dead, die_after_chunks
from .prosumer import (
    BALANCED_IMPORT,
    COMPENSATION,
    COST,
    assert_follows,
    know_zones,
    prosumers,
    stored,
)
from .rows import assert_same, async_rows
from .scripted import HOUR, START, Script

FIRST = START - 40 * HOUR


@pytest.fixture
async def entry(
    hass: HomeAssistant,
    script: Script,
    make_entry: EntryFactory,
    settle: Settle,
    monkeypatch: pytest.MonkeyPatch,
) -> MockConfigEntry:
    """Return an entry with the newer half of its history, written in small chunks."""
    plan = Book.next_chunk
    monkeypatch.setattr(
        Book, "next_chunk", lambda book, wanted: plan(book, wanted, limit=12)
    )
    vendor = replace(prosumers(script), build=script.vendor().build)
    monkeypatch.setitem(VENDORS, "scripted", vendor)
    know_zones(script, FIRST, 40)
    whole = script.truth
    script.truth = {
        series: {hour: hours[hour] for hour in sorted(hours)[20:]}
        for series, hours in whole.items()
    }
    entry = make_entry(prices=[stored(date(2020, 1, 1))], history_days=2)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(timedelta(seconds=6), timedelta(seconds=2))
    await assert_follows(hass, script.truth)
    script.truth = whole
    return entry


def everything(script: Script) -> Update:
    """Return the answer to a question for the whole history."""
    answers = [
        update(min(hours), [hours[hour] for hour in sorted(hours)], series=series)
        for series, hours in script.truth.items()
    ]
    return Update(
        intervals=tuple(each for answer in answers for each in answer.intervals),
        explored=tuple(each for answer in answers for each in answer.explored),
    )


@pytest.mark.parametrize("memory_lost", [False, True], ids=["old memory", "no memory"])
@pytest.mark.parametrize("steps", range(13))
async def test_killed_while_writing_what_follows(
    hass: HomeAssistant,
    script: Script,
    entry: MockConfigEntry,
    hass_storage: dict[str, Any],
    settle: Settle,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
    steps: int,
    memory_lost: bool,
) -> None:
    """Whatever was done last, all that follows ends as in an undisturbed run."""
    with monkeypatch.context() as patch:
        death = Death(patch, steps)
        entry.runtime_data.history.submit(everything(script))
        await async_until_dead(hass, freezer, death)
        await async_kill(hass, entry, hass_storage, memory_lost=memory_lost)

    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(timedelta(minutes=40))

    await assert_follows(hass, script.truth)


@pytest.mark.parametrize("memory_lost", [False, True], ids=["old memory", "no memory"])
@pytest.mark.parametrize("queued", range(1, 24, 4))
async def test_killed_between_series_that_are_written_in_one_go(
    hass: HomeAssistant,
    script: Script,
    entry: MockConfigEntry,
    hass_storage: dict[str, Any],
    settle: Settle,
    monkeypatch: pytest.MonkeyPatch,
    queued: int,
    memory_lost: bool,
) -> None:
    """The rows of some are there, those of the others never came."""
    with monkeypatch.context() as patch:
        died = die_after_chunks(patch, queued)
        entry.runtime_data.history.submit(everything(script))
        await died.wait()
        await async_kill(hass, entry, hass_storage, memory_lost=memory_lost)

    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(timedelta(minutes=40))

    await assert_follows(hass, script.truth)


@pytest.mark.parametrize("queued", range(4))
async def test_killed_while_money_without_prices_is_taken_back(
    hass: HomeAssistant,
    script: Script,
    entry: MockConfigEntry,
    hass_storage: dict[str, Any],
    settle: Settle,
    monkeypatch: pytest.MonkeyPatch,
    queued: int,
) -> None:
    """A part of the hours costs 0 already, or their sums have moved; in the end all."""
    before = {money: await async_rows(hass, money) for money in (COST, COMPENSATION)}
    assert all(any(cost for cost, _ in rows.values()) for rows in before.values())
    assert await hass.config_entries.async_unload(entry.entry_id)
    hass.config_entries.async_update_entry(
        entry, options={**entry.options, "prices": []}
    )
    with monkeypatch.context() as patch:
        died = die_after_chunks(patch, queued)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await died.wait()
        await async_kill(hass, entry, hass_storage, memory_lost=False)
    await async_fence(hass)
    left = {money: await async_rows(hass, money) for money in before}
    assert (left == before) is (queued == 0)
    assert any(cost for rows in left.values() for cost, _ in rows.values())

    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(timedelta(seconds=6), timedelta(seconds=2))

    for money, rows in before.items():
        assert_same(await async_rows(hass, money), dict.fromkeys(rows, 0.0))


async def test_what_follows_needs_no_answer_after_a_kill(
    hass: HomeAssistant,
    script: Script,
    entry: MockConfigEntry,
    hass_storage: dict[str, Any],
    settle: Settle,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Sources that were remembered before the kill are not asked for again."""
    with monkeypatch.context() as patch:
        death = Death(patch, 10)
        entry.runtime_data.history.submit(everything(script))
        await async_until_dead(hass, freezer, death)
        await async_kill(hass, entry, hass_storage, memory_lost=False)
    await async_fence(hass)
    for series in (BALANCED_IMPORT, COST):
        assert len(await async_rows(hass, series)) == 32, "not killed between chunks"
    asked = len(script.history_calls)

    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle()

    assert len(script.history_calls) == asked
    await assert_follows(hass, script.truth)
