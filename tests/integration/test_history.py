"""The rows in the recorder are the truth, whatever order it came in."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
import logging
from typing import Any

from homeassistant.components.recorder import Recorder
from homeassistant.components.recorder.statistics import get_metadata
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.helpers.recorder import get_instance
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.meter_hub.const import CONF_EXCLUDED_METERS, CONF_HISTORY_DAYS
from custom_components.meter_hub.history import History
from custom_components.meter_hub.metering.ledger import Chunk, Row, Shift
from custom_components.meter_hub.metering.model import (
    Channel,
    Interval,
    Quality,
    Quantity,
    Series,
    Span,
    Update,
)
from custom_components.meter_hub.recorder_io import async_queue_chunk, async_queue_shift
from custom_components.meter_hub.statistic_names import statistic_id

from .conftest import EntryFactory, Settle
from .rows import assert_same, async_rows
from .scripted import EXPORT, HOUR, IMPORT, START, Script

STATISTIC = statistic_id("scripted", IMPORT)


def energies(number: int) -> list[float]:
    """Return the energy of so many hours, no two neighbours alike."""
    return [round(0.1 + (hour * 37 % 101) / 50, 3) for hour in range(number)]


def update(
    first: datetime,
    values: Iterable[float | None],
    *,
    quality: Quality = Quality.MEASURED,
    series: Series = IMPORT,
) -> Update:
    """Return an answer with the energies of the hours from `first` on."""
    hours = list(values)
    return Update(
        intervals=tuple(
            Interval(
                series,
                first + number * HOUR,
                first + (number + 1) * HOUR,
                energy,
                quality,
            )
            for number, energy in enumerate(hours)
            if energy is not None
        ),
        explored=(Span(series, first, first + len(hours) * HOUR),),
    )


@pytest.fixture
async def history(
    hass: HomeAssistant, script: Script, make_entry: EntryFactory, settle: Settle
) -> History:
    """Return the history of an entry that the vendor tells nothing of by itself."""
    entry = make_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle()
    found: History = entry.runtime_data.history
    return found


async def test_backfill_in_windows_and_chunks(
    hass: HomeAssistant, script: Script, make_entry: EntryFactory, settle: Settle
) -> None:
    """Sixty days of two series arrive whole, and the hours after them too."""
    first = START - timedelta(days=60)
    for series in (IMPORT, EXPORT):
        script.know(series, first, *energies(60 * 24))
    entry = make_entry(**{CONF_HISTORY_DAYS: 60})
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(timedelta(seconds=10), timedelta(seconds=2))

    assert entry.runtime_data.history.progress == 100.0
    assert len(script.history_calls) == 2
    for series in (IMPORT, EXPORT):
        assert_same(await async_rows(hass, series), script.truth[series])

    script.know(IMPORT, START, 1.5, 2.5)
    script.know(EXPORT, START, 0.0, 0.25)
    await settle(timedelta(hours=2, minutes=10))
    for series in (IMPORT, EXPORT):
        assert_same(await async_rows(hass, series), script.truth[series])


async def test_corrections_prepended_hours_and_gaps(
    hass: HomeAssistant, history: History, settle: Settle
) -> None:
    """Whatever order hours come in, the rows are those of the whole truth."""
    first = START - timedelta(days=5)
    truth: dict[datetime, float] = {}
    answers: list[tuple[int, list[float | None]]] = [
        (48, [1.0, 2.0, 3.0]),
        (60, [4.0, None, 6.0]),
        (0, [0.5, 0.25]),
        (49, [2.5]),
        (60, [4.0, 5.0, 6.5]),
        (0, list(energies(100))),
        (0, [7.0]),
        (99, [0.0]),
        (99, [0.125, 3.0]),
    ]
    for offset, values in answers:
        history.submit(update(first + offset * HOUR, values))
        truth |= {
            first + (offset + number) * HOUR: energy
            for number, energy in enumerate(values)
            if energy is not None
        }
        await settle()
        assert_same(await async_rows(hass), truth)


async def test_updates_queue_up(
    hass: HomeAssistant, history: History, settle: Settle
) -> None:
    """Answers that come faster than they are written are written one by one."""
    first = START - timedelta(days=9)
    values = energies(4 * 24)
    for day in reversed(range(4)):
        history.submit(
            update(first + day * 24 * HOUR, values[day * 24 : (day + 1) * 24])
        )
    assert history.gaps(START) == [], "no more is asked for meanwhile"
    await settle()

    assert_same(
        await async_rows(hass),
        {first + number * HOUR: energy for number, energy in enumerate(values)},
    )


async def test_recorder_that_is_stuck(
    hass: HomeAssistant,
    script: Script,
    make_entry: EntryFactory,
    settle: Settle,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Answers do not pile up; what was dropped is asked for once it writes again."""
    first = START - 40 * HOUR
    script.know(IMPORT, first, *energies(40))
    entry = make_entry()
    released = asyncio.Event()

    async def stuck(_: HomeAssistant) -> None:
        await released.wait()

    with monkeypatch.context() as patch:
        patch.setattr("custom_components.meter_hub.history.async_fence", stuck)
        assert await hass.config_entries.async_setup(entry.entry_id)
        history: History = entry.runtime_data.history
        for number, energy in enumerate(energies(40)):
            history.submit(
                replace(update(first + number * HOUR, [energy]), floors={EXPORT: first})
            )
        script.know(EXPORT, first, *energies(40))
        released.set()
        await settle(timedelta(minutes=20))

    assert script.history_calls[0] == (
        Span(EXPORT, first, START),
        Span(IMPORT, first + 4 * HOUR, START),
    )
    for series in (IMPORT, EXPORT):
        assert_same(await async_rows(hass, series), script.truth[series])


async def test_long_answer_of_several_meters(
    hass: HomeAssistant, script: Script, make_entry: EntryFactory, settle: Settle
) -> None:
    """Months in one answer are written; a meter that was not picked is left out."""
    entry = make_entry(**{CONF_EXCLUDED_METERS: ["garage"]})
    assert await hass.config_entries.async_setup(entry.entry_id)
    first = START - timedelta(days=100)
    other = Series("garage", Quantity.GRID_IMPORT)
    long, unwanted = update(first, energies(2400)), update(first, [1.0], series=other)
    entry.runtime_data.history.submit(
        Update(
            intervals=long.intervals + unwanted.intervals,
            explored=long.explored + unwanted.explored,
            floors={IMPORT: first, other: first},
        )
    )
    await settle()

    assert_same(
        await async_rows(hass),
        {first + number * HOUR: energy for number, energy in enumerate(energies(2400))},
    )
    assert await async_rows(hass, other) == {}
    assert entry.runtime_data.history.series == {IMPORT}


async def test_estimate_gives_way_and_never_comes_back(
    hass: HomeAssistant, history: History, settle: Settle
) -> None:
    """A measured row is final; an estimated one is asked for again."""
    first = START - 24 * HOUR
    history.submit(update(first, [1.0, 1.0], quality=Quality.ESTIMATED))
    await settle()
    assert (first, first + 2 * HOUR) in [
        (gap.start, gap.end) for gap in history.gaps(START)
    ]

    history.submit(update(first, [1.25, 0.75]))
    await settle()
    history.submit(update(first, [9.0, 9.0], quality=Quality.ESTIMATED))
    await settle()

    assert_same(await async_rows(hass), {first: 1.25, first + HOUR: 0.75})


async def test_metadata_reads_well(
    hass: HomeAssistant, history: History, settle: Settle
) -> None:
    """People pick the statistic by its name."""
    zone = Series("house", Quantity.GRID_IMPORT, Channel.ZONE2)
    history.submit(update(START - HOUR, [1.0], series=zone))
    await settle()

    statistic = statistic_id("scripted", zone)
    found = await get_instance(hass).async_add_executor_job(
        lambda: get_metadata(hass, statistic_ids={statistic})
    )
    metadata = found[statistic][1]
    assert metadata["name"] == "House grid import zone 2"
    assert metadata["unit_of_measurement"] == "kWh"
    assert metadata["unit_class"] == "energy"
    assert metadata["has_sum"]


@pytest.mark.parametrize(
    ("series", "statistic"),
    [
        (IMPORT, "meter_hub:onemeter_house_grid_import"),
        (
            Series("8A-0__b ", Quantity.GRID_EXPORT, Channel.ZONE1),
            "meter_hub:onemeter_8a_0_b_grid_export_zone1",
        ),
    ],
)
def test_statistic_id(series: Series, statistic: str) -> None:
    """The id holds nothing that the recorder refuses."""
    assert statistic_id("onemeter", series) == statistic


async def test_nothing_is_asked_or_written_before_the_start(
    hass: HomeAssistant, script: Script, make_entry: EntryFactory, settle: Settle
) -> None:
    """Home Assistant's start never waits for history."""
    hass.set_state(CoreState.starting)
    script.know(IMPORT, START - 24 * HOUR, *energies(24))
    entry = make_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(timedelta(minutes=5))
    assert script.history_calls == []
    assert entry.runtime_data.history.progress is None

    hass.set_state(CoreState.running)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await settle(timedelta(minutes=5))
    assert_same(await async_rows(hass), script.truth[IMPORT])


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
        patch.setattr("custom_components.meter_hub.history.async_read_book", broken)
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


async def test_unload_in_the_middle_of_an_import(
    hass: HomeAssistant, script: Script, make_entry: EntryFactory, settle: Settle
) -> None:
    """Cut short by a reload, the import ends the same."""
    script.know(IMPORT, START - timedelta(days=9), *energies(9 * 24))
    entry: MockConfigEntry = make_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle()
    entry.runtime_data.history.submit(
        update(START - timedelta(days=9), energies(9 * 24))
    )
    await hass.async_block_till_done()

    await hass.config_entries.async_reload(entry.entry_id)
    await settle(timedelta(minutes=10))

    assert_same(await async_rows(hass), script.truth[IMPORT])
