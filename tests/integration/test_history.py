"""The rows in the recorder are the truth, whatever order it came in."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from homeassistant.components.recorder import Recorder
from homeassistant.components.recorder.db_schema import Statistics
from homeassistant.components.recorder.models import StatisticData, StatisticMetaData
from homeassistant.components.recorder.statistics import get_metadata
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.helpers.recorder import get_instance
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.meter_hub import history_rows
from custom_components.meter_hub.const import (
    CONF_EXCLUDED_METERS,
    CONF_HISTORY_DAYS,
    DOMAIN,
)
from custom_components.meter_hub.history import History
from custom_components.meter_hub.metering.model import (
    Interval,
    Meter,
    Quality,
    Series,
    Update,
)
from custom_components.meter_hub.metering.vocabulary import Channel, Quantity
from custom_components.meter_hub.recorder_io import async_fence
from custom_components.meter_hub.statistic_names import statistic_id

from .answers import energies, update
from .conftest import EntryFactory, Settle
from .rows import assert_same, async_rows
from .scripted import EXPORT, HOUR, IMPORT, START, Script


@dataclass
class Queue:
    """What was given to the recorder."""

    goes: list[int] = field(default_factory=list)
    """How many rows came between two waits for it, where there were any."""
    rows: int = 0


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> Queue:
    """Note what is given to the recorder from now on."""
    queue = Queue()
    add = Recorder.async_import_statistics

    def note(
        recorder: Recorder,
        metadata: StatisticMetaData,
        stats: Sequence[StatisticData],
        table: type[Statistics],
    ) -> None:
        queue.rows += len(stats)
        add(recorder, metadata, stats, table)

    async def wait(hass: HomeAssistant) -> None:
        if queue.rows:
            queue.goes.append(queue.rows)
        queue.rows = 0
        await async_fence(hass)

    monkeypatch.setattr(Recorder, "async_import_statistics", note)
    monkeypatch.setattr(history_rows, "async_fence", wait)
    return queue


async def test_nothing_is_written_once_the_entry_is_unloaded(
    hass: HomeAssistant, history: History, queue: Queue, settle: Settle
) -> None:
    """The same rows may have another writer then."""
    first = START - 3 * HOUR
    history.submit(update(first, [1.0, 2.0]))
    await settle()
    assert queue.goes == [2]
    (entry,) = hass.config_entries.async_entries(DOMAIN)
    assert await hass.config_entries.async_unload(entry.entry_id)

    history.submit(update(first, [3.0, 4.0, 5.0]))
    await settle()

    assert queue.goes == [2]
    assert_same(await async_rows(hass), {first: 1.0, first + HOUR: 2.0})


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
    hass: HomeAssistant, history: History, settle: Settle, queue: Queue
) -> None:
    """Answers that come faster than they are written are written in one go."""
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
    assert queue.goes == [4 * 24]


@pytest.mark.parametrize(("hours", "goes"), [(24, [4 * 24]), (300, [900, 300])])
async def test_series_are_written_in_one_go_while_they_are_one_chunk(
    hass: HomeAssistant,
    script: Script,
    history: History,
    settle: Settle,
    queue: Queue,
    hours: int,
    goes: list[int],
) -> None:
    """Others that record something never wait for more than 1,000 rows."""
    first = START - timedelta(days=60)
    for number in range(4):
        meter = Series(f"{number}", Quantity.GRID_IMPORT)
        script.know(meter, first, *energies(hours))
    script.meters = tuple(Meter(each.meter, each.meter) for each in script.truth)
    answers = [update(first, energies(hours), series=series) for series in script.truth]
    history.submit(
        Update(
            intervals=tuple(each for answer in answers for each in answer.intervals),
            explored=tuple(each for answer in answers for each in answer.explored),
        )
    )
    await settle()

    for series, truth in script.truth.items():
        assert_same(await async_rows(hass, series), truth)
    assert queue.goes == goes


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


async def test_a_day_is_not_written_beside_its_hours(
    hass: HomeAssistant, history: History, settle: Settle
) -> None:
    """An account that is added again may tell as a day what has hours already."""
    first = START - 48 * HOUR
    history.submit(update(first, [0.5, 0.25]))
    await settle()
    days = tuple(
        Interval(
            IMPORT,
            begin + 12 * HOUR,
            begin + 13 * HOUR,
            9.0,
            stands_for=(begin, begin + 24 * HOUR),
        )
        for begin in (first, first + 24 * HOUR)
    )
    history.submit(Update(intervals=days))
    await settle()

    assert_same(
        await async_rows(hass),
        {first: 0.5, first + HOUR: 0.25, first + 36 * HOUR: 9.0},
    )
