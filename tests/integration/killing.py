"""The end of a process at any instant, seen by the recorder and the storage."""

from asyncio import Event
from collections.abc import Awaitable, Callable
from copy import deepcopy
from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder import Recorder
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_recorder_block_till_done,
)

from custom_components.meter_hub import history_rows
from custom_components.meter_hub.const import DOMAIN
from custom_components.meter_hub.memory import Memory

STEPS = (
    (history_rows, "async_fence"),
    (history_rows, "async_read_book"),
    (history_rows, "async_are_written"),
    (Memory, "async_save"),
)
"""All that writing waits for: between two of these nothing can be interrupted."""

MANY = 2000
"""Looks that no writing outlasts, however busy the machine is with other things."""


class Death:
    """Holds writing for ever, at its n-th step from now on."""

    def __init__(self, patch: pytest.MonkeyPatch, steps: int) -> None:
        """Let so many steps pass."""
        self.left = steps
        self.happened = False
        for owner, name in STEPS:
            patch.setattr(owner, name, self._mortal(getattr(owner, name)))

    def _mortal(
        self, step: Callable[..., Awaitable[Any]]
    ) -> Callable[..., Awaitable[Any]]:
        async def take(*args: Any) -> Any:
            if self.left == 0:
                self.happened = True
                await Event().wait()
            self.left -= 1
            return await step(*args)

        return take


def die_after_chunks(patch: pytest.MonkeyPatch, chunks: int) -> Event:
    """Let the recorder get so many chunks from now on; return what the next one sets.

    Nothing that is queued afterwards gets there.
    """
    add, move = Recorder.async_import_statistics, Recorder.async_adjust_statistics
    died = Event()
    left = chunks

    async def never(_: HomeAssistant) -> None:
        await Event().wait()

    def add_or_die(*args: Any) -> None:
        nonlocal left
        if left == 0:
            patch.setattr(history_rows, "async_fence", never)
            died.set()
        if died.is_set():
            return
        left -= 1
        add(*args)

    def move_or_not(*args: Any) -> None:
        if not died.is_set():
            move(*args)

    patch.setattr(Recorder, "async_import_statistics", add_or_die)
    patch.setattr(Recorder, "async_adjust_statistics", move_or_not)
    return died


async def async_until_dead(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, death: Death
) -> None:
    """Let time pass until writing is held for ever."""
    for _ in range(MANY):
        if death.happened:
            return
        await hass.async_block_till_done()
        await async_recorder_block_till_done(hass)
        freezer.tick(timedelta(seconds=1))
        async_fire_time_changed(hass)
    raise AssertionError("all was written before the kill")


async def async_kill(
    hass: HomeAssistant,
    entry: ConfigEntry,
    storage: dict[str, Any],
    *,
    memory_lost: bool,
) -> None:
    """End an entry without its saving anything; what the recorder has stays."""
    key = f"{DOMAIN}.{entry.entry_id}"
    stored = deepcopy(storage.get(key))
    assert await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()
    storage.pop(key, None)
    if stored is not None and not memory_lost:
        storage[key] = stored
