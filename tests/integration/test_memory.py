"""What survives a restart, and what a broken file does: nothing."""

from datetime import timedelta
import json
import logging
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest

from custom_components.meter_hub.const import DOMAIN
from custom_components.meter_hub.memory import (
    Absence,
    HandOver,
    Memory,
    hand_over,
    take_over,
)
from custom_components.meter_hub.metering.guard import GuardState
from custom_components.meter_hub.metering.ledger import Page
from custom_components.meter_hub.metering.model import (
    Meter,
    Notice,
    Reading,
    Series,
    Update,
)
from custom_components.meter_hub.metering.spans import Spans
from custom_components.meter_hub.metering.vocabulary import MeterStatus, Quantity
from custom_components.meter_hub.vendors.registry import VENDORS

from .conftest import EntryFactory, Settle
from .scripted import HOUR, HOUSE, IMPORT, START, Script

LAST_READING = Series(HOUSE.id, Quantity.LAST_READING)
SERIAL = Series(HOUSE.id, Quantity.METER_SERIAL)
STATUS = Series(HOUSE.id, Quantity.METER_STATUS)
ACTIVATION = Series(HOUSE.id, Quantity.ACTIVATION_DATE)

PARTS = (
    "meters",
    "missing",
    "readings",
    "guards",
    "pages",
    "backend",
    "notices",
    "polled_at",
    "failure",
    "silent_since",
    "doubted",
    "absences",
)


def remembering(hass: HomeAssistant) -> Memory:
    """Return a memory with something of everything."""
    memory = Memory(hass, "entry")
    memory.meters = {
        HOUSE.id: HOUSE,
        "garage": Meter("garage", "Garage", serial="1", parent=HOUSE.id, active=False),
    }
    memory.missing = frozenset({"garage"})
    memory.readings = {
        reading.series: reading
        for reading in (
            Reading(IMPORT, 12.5, measured_at=START, since=START - HOUR),
            Reading(LAST_READING, START, valid_until=START + HOUR, estimated=True),
            Reading(SERIAL, "0042"),
            Reading(STATUS, MeterStatus.STALE, told="asleep"),
            Reading(ACTIVATION, "2025-06-11"),
            Reading(Series("garage", Quantity.GRID_POWER), None),
        )
    }
    memory.guards = {IMPORT: GuardState(START, 12.5, 12.5, identity="0042")}
    memory.pages = {IMPORT: Page(floor=START, explored=Spans.of((START, START + HOUR)))}
    memory.backend = {"polled": START.isoformat()}
    memory.notices = (
        Notice("implausible_hours", HOUSE.id, {"count": "2"}),
        Notice("vendor_says", None, {"text": "Hello"}),
    )
    memory.polled_at = START
    memory.failure = "server_error"
    memory.silent_since = START - HOUR
    memory.doubted = True
    memory.absences = {"garage": Absence(START, 2)}
    return memory


async def test_everything_survives(
    hass: HomeAssistant, script: Script, hass_storage: dict[str, Any]
) -> None:
    """What is saved is what is loaded."""
    before = remembering(hass)
    await before.async_save()

    after = Memory(hass, "entry")
    await after.async_load()

    for name in PARTS:
        assert getattr(after, name) == getattr(before, name), name


@pytest.mark.parametrize("part", PARTS)
async def test_part_that_can_not_be_read_costs_no_other(
    hass: HomeAssistant,
    script: Script,
    hass_storage: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
    part: str,
) -> None:
    """Whatever became of one section, all others are remembered."""
    before = remembering(hass)
    await before.async_save()
    hass_storage[f"{DOMAIN}.entry"]["data"][part] = 3.5

    after = Memory(hass, "entry")
    await after.async_load()

    for name in PARTS:
        same = getattr(after, name) == getattr(before, name)
        assert same is (name != part), name
    assert f"learned anew ({part})" in caplog.text


async def test_item_that_can_not_be_read_costs_no_other(
    hass: HomeAssistant, script: Script, hass_storage: dict[str, Any]
) -> None:
    """A quantity that this version does not know takes nothing else with it."""
    before = remembering(hass)
    await before.async_save()
    data = hass_storage[f"{DOMAIN}.entry"]["data"]
    for part in ("pages", "guards"):
        known = data[part][IMPORT.key]
        data[part] = {"unheard_of/total/house": known, IMPORT.key: known}
    data["readings"].insert(0, {**data["readings"][0], "series": "unheard_of/a/b"})
    data["meters"].insert(0, {"id": "nameless"})
    data["absences"] = {"house": "yesterday", **data["absences"]}
    data["missing"].insert(0, None)

    after = Memory(hass, "entry")
    await after.async_load()

    for name in PARTS:
        assert getattr(after, name) == getattr(before, name), name


async def test_instants_of_a_clock_that_was_ahead(
    hass: HomeAssistant, script: Script, hass_storage: dict[str, Any]
) -> None:
    """Values outlive failing calls, and a vendor is silent, from now on at the latest."""
    before = remembering(hass)
    before.polled_at = before.silent_since = START + timedelta(days=400)
    await before.async_save()

    after = Memory(hass, "entry")
    await after.async_load()

    assert (after.polled_at, after.silent_since) == (START, START)


async def test_frequent_readings_do_not_put_off_saving(
    hass: HomeAssistant, script: Script, hass_storage: dict[str, Any], settle: Settle
) -> None:
    """A meter that is read every few seconds is saved after a minute."""
    memory = remembering(hass)
    for _ in range(7):
        memory.save_soon()
        await settle(timedelta(seconds=10), timedelta(seconds=10))

    assert hass_storage[f"{DOMAIN}.entry"]["data"]["polled_at"] == START.isoformat()


async def test_readings_wear_no_storage_card_out(
    hass: HomeAssistant, script: Script, hass_storage: dict[str, Any], settle: Settle
) -> None:
    """A meter that is read each minute is saved each ten, history at once."""
    memory = remembering(hass)
    seen = set()
    for _ in range(60):
        memory.polled_at = dt_util.utcnow()
        memory.save_soon()
        await settle(timedelta(minutes=1), timedelta(seconds=30))
        if stored := hass_storage.get(f"{DOMAIN}.entry"):
            seen.add(stored["data"]["polled_at"])
    assert 6 <= len(seen) <= 7

    memory.polled_at = dt_util.utcnow()
    await memory.async_save()
    saved = hass_storage[f"{DOMAIN}.entry"]["data"]["polled_at"]
    assert saved == memory.polled_at.isoformat()

    await settle(timedelta(minutes=20))
    memory.polled_at = dt_util.utcnow()
    memory.save_soon()
    await settle(timedelta(seconds=61), timedelta(seconds=61))
    saved = hass_storage[f"{DOMAIN}.entry"]["data"]["polled_at"]
    assert saved == memory.polled_at.isoformat(), "rare readings do not wait"


async def test_memory_of_an_older_version_is_read_without_a_word(
    hass: HomeAssistant,
    script: Script,
    hass_storage: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What it did not note yet is as at first."""
    await remembering(hass).async_save()
    del hass_storage[f"{DOMAIN}.entry"]["data"]["doubted"]

    after = Memory(hass, "entry")
    await after.async_load()

    assert after.silent_since == START - HOUR
    assert not after.doubted
    assert "learned anew" not in caplog.text


async def test_closed_memory_writes_no_more(
    hass: HomeAssistant, script: Script, hass_storage: dict[str, Any], settle: Settle
) -> None:
    """After unloading, the file belongs to the next set-up."""
    memory = remembering(hass)
    await memory.async_close()
    memory.meters = {}
    memory.save_soon()
    await memory.async_save()
    await settle(timedelta(minutes=2))

    assert len(hass_storage[f"{DOMAIN}.entry"]["data"]["meters"]) == 2


@pytest.mark.parametrize(
    "content",
    [
        [],
        {"foreign": 7},
        {"version": 99, "data": {}},
        {"version": 1, "minor_version": 1, "data": ["foreign"]},
        {"version": 1, "minor_version": 1, "data": {"pages": 3}},
        {"version": 1, "minor_version": 1, "data": {"pages": {"a/b/c": {}}}},
    ],
)
async def test_broken_file_is_started_anew(
    hass: HomeAssistant,
    script: Script,
    make_entry: EntryFactory,
    hass_storage: dict[str, Any],
    content: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """An account is set up whatever its file has become."""
    entry = make_entry()
    hass_storage[f"{DOMAIN}.{entry.entry_id}"] = content

    assert await hass.config_entries.async_setup(entry.entry_id)

    assert entry.state is ConfigEntryState.LOADED
    assert len(script.live_calls) == 1
    warnings = [
        record
        for record in caplog.records
        if record.levelno >= logging.WARNING
        and record.name == "custom_components.meter_hub"
    ]
    assert len(warnings) == 1


async def test_no_secret_is_stored(
    hass: HomeAssistant,
    script: Script,
    make_entry: EntryFactory,
    hass_storage: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Neither the memory nor the allowance holds the key."""
    monkeypatch.setitem(VENDORS, "scripted", script.vendor(pace=timedelta(minutes=1)))
    entry = make_entry(credentials={"api_key": "open-sesame"})
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.config_entries.async_unload(entry.entry_id)

    ours = {key: store for key, store in hass_storage.items() if DOMAIN in key}
    assert len(ours) == 2
    assert "open-sesame" not in json.dumps(ours)


async def test_hand_over_is_taken_once(hass: HomeAssistant) -> None:
    """What a flow left counts for one set-up, not for later ones."""
    update = Update((HOUSE,))
    hand_over(hass, "scripted_account", update, {})

    assert take_over(hass, "scripted_other") is None
    assert take_over(hass, "scripted_account") == HandOver(update, {})
    assert take_over(hass, "scripted_account") is None
    assert take_over(hass, None) is None
