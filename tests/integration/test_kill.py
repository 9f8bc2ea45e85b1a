"""Home Assistant is killed at any instant, and started again over the same database."""

from asyncio import Event
from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder import Recorder
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.meter_hub import history_rows
from custom_components.meter_hub.const import CONF_HISTORY_DAYS
from custom_components.meter_hub.metering.ledger import Book
from custom_components.meter_hub.metering.model import Interval, Span, Update
from custom_components.meter_hub.recorder_io import async_fence

from .answers import energies
from .conftest import EntryFactory, Settle
from .killing import Death, async_kill, async_until_dead
from .rows import assert_same, async_rows
from .scripted import HOUR, IMPORT, START, Script

FIRST = START - 60 * HOUR


@pytest.fixture
async def entry(
    hass: HomeAssistant,
    script: Script,
    make_entry: EntryFactory,
    settle: Settle,
    monkeypatch: pytest.MonkeyPatch,
) -> MockConfigEntry:
    """Return an entry with rows in the middle of its history, about to learn more.

    What comes next is put before the rows, into a gap between them, over one of
    them that was estimated too low, and behind them; in several chunks.
    """
    plan = Book.next_chunk
    monkeypatch.setattr(
        Book, "next_chunk", lambda book, wanted: plan(book, wanted, limit=12)
    )
    values = energies(60)
    script.know(IMPORT, FIRST + 20 * HOUR, *values[20:30], 0.01)
    script.know(IMPORT, FIRST + 35 * HOUR, *values[35:45])
    entry = make_entry(**{CONF_HISTORY_DAYS: 3})
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(timedelta(seconds=4), timedelta(seconds=2))
    assert_same(await async_rows(hass), script.truth[IMPORT])
    script.truth[IMPORT].clear()
    script.know(IMPORT, FIRST, *values)
    return entry


def everything(script: Script) -> Update:
    """Return the answer to a question for the whole history."""
    return Update(
        intervals=tuple(
            Interval(IMPORT, hour, hour + HOUR, energy)
            for hour, energy in script.truth[IMPORT].items()
        ),
        explored=(Span(IMPORT, FIRST, START),),
    )


@pytest.mark.parametrize("memory_lost", [False, True], ids=["old memory", "no memory"])
@pytest.mark.parametrize("steps", range(13))
async def test_killed_while_writing(
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
    """Whatever was done last, the rows end as those of an undisturbed run."""
    with monkeypatch.context() as patch:
        death = Death(patch, steps)
        entry.runtime_data.history.submit(everything(script))
        await async_until_dead(hass, freezer, death)
        await async_kill(hass, entry, hass_storage, memory_lost=memory_lost)

    assert await hass.config_entries.async_setup(entry.entry_id)
    entry.runtime_data.history.submit(everything(script))
    await settle(timedelta(minutes=20))

    assert_same(await async_rows(hass), script.truth[IMPORT])


@pytest.mark.parametrize("memory_lost", [False, True], ids=["old memory", "no memory"])
@pytest.mark.parametrize("shifts", range(3))
async def test_killed_between_rows_and_their_move(
    hass: HomeAssistant,
    script: Script,
    entry: MockConfigEntry,
    hass_storage: dict[str, Any],
    settle: Settle,
    monkeypatch: pytest.MonkeyPatch,
    shifts: int,
    memory_lost: bool,
) -> None:
    """Rows whose successors were not moved any more are found, and the move is made."""
    moved = 0
    move = Recorder.async_adjust_statistics
    died = Event()

    async def never(*_: Any) -> None:
        await Event().wait()

    with monkeypatch.context() as patch:

        def die_on_the_way(recorder: Recorder, *args: Any) -> None:
            nonlocal moved
            if moved < shifts:
                moved += 1
                move(recorder, *args)
                return
            patch.setattr(history_rows, "async_fence", never)
            died.set()

        patch.setattr(Recorder, "async_adjust_statistics", die_on_the_way)
        entry.runtime_data.history.submit(everything(script))
        await died.wait()
        await async_kill(hass, entry, hass_storage, memory_lost=memory_lost)

    await async_fence(hass)
    torn = await async_rows(hass)
    sums = [torn[hour][1] for hour in sorted(torn)]
    states = [torn[hour][0] for hour in sorted(torn)]
    assert sums[-1] != pytest.approx(sum(states)), "the kill came too late"

    assert await hass.config_entries.async_setup(entry.entry_id)
    entry.runtime_data.history.submit(everything(script))
    await settle(timedelta(minutes=20))
    assert_same(await async_rows(hass), script.truth[IMPORT])


@pytest.mark.parametrize("memory_lost", [False, True], ids=["old memory", "no memory"])
async def test_what_was_not_written_is_asked_for_again(
    hass: HomeAssistant,
    script: Script,
    make_entry: EntryFactory,
    hass_storage: dict[str, Any],
    settle: Settle,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
    memory_lost: bool,
) -> None:
    """The answer that died with the process is fetched again, and only that."""
    script.know(IMPORT, FIRST, *energies(60))
    entry = make_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    with monkeypatch.context() as patch:
        death = Death(patch, 3)
        await async_until_dead(hass, freezer, death)
        await async_kill(hass, entry, hass_storage, memory_lost=memory_lost)

    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(timedelta(minutes=10))
    assert_same(await async_rows(hass), script.truth[IMPORT])
    asked = len(script.history_calls)

    assert await hass.config_entries.async_reload(entry.entry_id)
    await settle(timedelta(minutes=20))
    assert len(script.history_calls) == asked
