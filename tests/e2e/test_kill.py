"""A power cut in the middle of an import loses nothing and doubles nothing."""

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.simulator import Simulator

from .demo import add_missing_vendors, endpoints, free_port, until_imported
from .home import Home
from .proof import imported_hours, series_verdicts

HISTORY = timedelta(days=200)
KILLS = 4
IMPORT_SECONDS = 180


@pytest.mark.usefixtures("socket_enabled")
async def test_rows_are_exact_after_kills_in_mid_import(tmp_path: Path) -> None:
    """Home Assistant is killed while rows are being written, again and again."""
    start = (datetime.now(UTC) - HISTORY).replace(minute=53, second=6, microsecond=0)
    async with AsyncExitStack() as stack:
        simulator = await stack.enter_async_context(Simulator(installed=start))
        home = Home(tmp_path, free_port(), endpoints(simulator))
        stack.push_async_callback(home.close)
        await home.start()
        await add_missing_vendors(home, simulator, ["onemeter"])

        seen = [0]
        for _ in range(KILLS):
            seen.append(await _more_hours_than(seen[-1], home))
            await home.kill()
            await home.start()
        await until_imported(home, simulator, ["onemeter"])

        verdicts = await series_verdicts(home, simulator, "onemeter")
    published = sum(verdict.hours for verdict in verdicts.values())
    # The kills have to fall into the import to prove anything.
    assert 0 < seen[1] < seen[-1] < published
    assert [v.problems() for v in verdicts.values() if not v.ok] == []


async def _more_hours_than(hours: int, home: Home) -> int:
    """Wait until the import has gone on, and return how many hours are there."""
    async with asyncio.timeout(IMPORT_SECONDS):
        while (known := await imported_hours(home)) <= hours:
            await asyncio.sleep(0.1)
    return known
