"""Measures how fast history is written; `scripts/bench` is how to call it."""

import argparse
import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import batched
import json
import logging
import sys
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any
from unittest.mock import patch

from homeassistant.components.recorder.statistics import list_statistic_ids
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import async_initialize_recorder, get_instance
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_test_home_assistant,
)

from custom_components.meter_hub import history_rows
from custom_components.meter_hub.const import CONF_HISTORY_DAYS, DOMAIN
from custom_components.meter_hub.history import History
from custom_components.meter_hub.memory import Memory
from custom_components.meter_hub.metering.ledger import CHUNK_ROWS, Chunk, Row
from custom_components.meter_hub.metering.model import (
    Interval,
    Meter,
    Series,
    Span,
    Update,
)
from custom_components.meter_hub.metering.spans import HOUR
from custom_components.meter_hub.metering.vocabulary import Channel, Quantity
from custom_components.meter_hub.recorder_io import (
    async_fence,
    async_queue_chunk,
    async_read_book,
)
from custom_components.meter_hub.vendors.registry import VENDORS

HELP = """
Measures how long the history of a prosumer with two tariff zones takes to be written
to a real recorder on SQLite: answers of one day and direction, the newest first, with
the balance that follows from them. Prints JSON. A "time" is the ratio to what the
recorder itself needs for the same rows, in order and at once; of some tries of each,
in turns, the fastest counts. Other work on the machine disturbs it all the same.
"""

VENDOR = VENDORS["energa"]
METER = Meter("bench", "Bench")
CHANNELS = (Channel.TOTAL, Channel.ZONE1, Channel.ZONE2)
SERIES = tuple(
    Series(METER.id, quantity, channel)
    for quantity in (Quantity.GRID_IMPORT, Quantity.GRID_EXPORT)
    for channel in CHANNELS
)
FOLLOWING = len(SERIES)
"""As many series follow from these: the balance of each."""

TRIES = 3
"""Of so many of each kind the fastest counts."""

type Run = Callable[[HomeAssistant, int], Awaitable[None]]


@dataclass(frozen=True, slots=True, order=True)
class Cost:
    """What writing took."""

    seconds: float
    waits: int
    """How often the recorder was waited for."""

    def beside(self, recorder: Cost, rows: int) -> dict[str, float]:
        """Return the cost as ratios, to the recorder's time and to the rows."""
        return {
            "time": round(self.seconds / recorder.seconds, 2),
            "waits_per_1000_rows": round(1000 * self.waits / rows, 1),
        }


def main() -> int:
    """Measure, and print; returns the exit code."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=HELP)
    parser.add_argument(
        "--days", type=int, default=15, help="of history (default: %(default)s)"
    )
    parser.add_argument(
        "--waiting",
        type=int,
        default=4,
        help="answers that wait when writing begins (default: %(default)s)",
    )
    options = parser.parse_args()
    if min(options.days, options.waiting) < 1:
        parser.error("--days and --waiting must be at least 1")
    logging.disable(logging.WARNING)
    results = asyncio.run(_measure(options.days, options.waiting))
    print(json.dumps(results, indent=2))
    return 0


async def _measure(days: int, waiting: int) -> dict[str, Any]:
    rows = (len(SERIES) + FOLLOWING) * 24 * days
    runs = [_write_plainly, _writer(1), _writer(waiting)]
    tries = [[await _cost(run, days, rows) for run in runs] for _ in range(TRIES)]
    recorder, alone, together = (min(costs) for costs in zip(*tries, strict=True))
    return {
        "rows": rows,
        "recorder_s_per_1000_rows": round(1000 * recorder.seconds / rows, 3),
        "answers_one_by_one": alone.beside(recorder, rows),
        f"answers_{waiting}_at_a_time": together.beside(recorder, rows),
    }


async def _cost(run: Run, days: int, rows: int) -> Cost:
    """Return what it takes to have so many rows in a new database."""
    async with _home() as hass:
        with patch.object(history_rows, "async_fence", wraps=async_fence) as waits:
            begin = perf_counter()
            await run(hass, days)
            seconds = perf_counter() - begin
        if (written := await _count(hass)) != rows:
            sys.exit(f"scripts/bench: {written} of {rows} rows were written")
    return Cost(seconds, waits.await_count)


@asynccontextmanager
async def _home() -> AsyncGenerator[HomeAssistant]:
    with TemporaryDirectory() as folder:
        async with async_test_home_assistant(config_dir=folder) as hass:
            async_initialize_recorder(hass)
            config = {"recorder": {"db_url": f"sqlite:///{folder}/home.db"}}
            if not await async_setup_component(hass, "recorder", config):
                sys.exit("scripts/bench: the recorder does not start")
            await hass.async_start()
            await hass.async_block_till_done()
            yield hass
            await hass.async_stop(force=True)


async def _count(hass: HomeAssistant) -> int:
    known = await get_instance(hass).async_add_executor_job(list_statistic_ids, hass)
    books = [await async_read_book(hass, each["statistic_id"]) for each in known]
    return sum(map(len, books))


async def _write_plainly(hass: HomeAssistant, days: int) -> None:
    """Give the recorder all rows of each series, and wait until it is done."""
    first = _end() - timedelta(days=days)
    rows = tuple(Row(first + n * HOUR, 0.5, 0.5 * (n + 1)) for n in range(24 * days))
    for number in range(len(SERIES) + FOLLOWING):
        for some in batched(rows, CHUNK_ROWS, strict=False):
            statistic = f"{DOMAIN}:plain_{number}"
            async_queue_chunk(hass, statistic, "Plain", Chunk(some, None))
    await async_fence(hass)


def _writer(waiting: int) -> Run:
    """Return what writes a history when so many answers are there at a time."""

    async def write(hass: HomeAssistant, days: int) -> None:
        history = _history(hass, days)
        for answers in batched(_answers(days), waiting, strict=False):
            for answer in answers:
                history.submit(answer)
            await hass.async_block_till_done(wait_background_tasks=True)

    return write


def _history(hass: HomeAssistant, days: int) -> History:
    entry = MockConfigEntry(domain=DOMAIN, options={CONF_HISTORY_DAYS: days})
    entry.add_to_hass(hass)
    memory = Memory(hass, entry.entry_id)
    memory.meters[METER.id] = METER
    history = History(
        hass,
        entry,
        VENDOR,
        memory,
        excluded=frozenset(),
        billing_zone=UTC,
        notify=lambda: None,
    )
    history.async_start()
    return history


def _answers(days: int) -> Iterator[Update]:
    """Yield a day of one direction after the other, the newest first."""
    end = _end()
    for number in range(days):
        start = end - timedelta(days=number + 1)
        for mine in batched(SERIES, len(CHANNELS), strict=True):
            yield Update(
                intervals=tuple(
                    Interval(series, start + n * HOUR, start + (n + 1) * HOUR, 0.5)
                    for series in mine
                    for n in range(24)
                ),
                explored=tuple(
                    Span(series, start, start + timedelta(days=1)) for series in mine
                ),
            )


def _end() -> datetime:
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


if __name__ == "__main__":
    sys.exit(main())
