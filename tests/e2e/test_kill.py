"""A power cut in the middle of an import loses nothing and doubles nothing."""

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.simulator import Simulator

from .demo import add_missing_vendors, endpoints, free_port, until_imported
from .home import Home
from .published import imported_hours, series_verdicts

KILLS = 4
IMPORT_SECONDS = 180
SAVE_SECONDS = 30
NOTHING_LEFT = "no energy at all"
"""What the check says of days so dark that the house uses all that it generates."""


@pytest.mark.usefixtures("socket_enabled")
@pytest.mark.parametrize(("vendor", "days"), [("onemeter", 200), ("energa", 14)])
async def test_rows_are_exact_after_kills_in_mid_import(
    tmp_path: Path, vendor: str, days: int
) -> None:
    """Home Assistant is killed while rows are being written, again and again.

    One vendor gives months at a time. The other gives days, the newest first, with
    tariff zones and with series that follow from its own.
    """
    history = timedelta(days=days)
    start = (datetime.now(UTC) - history).replace(minute=53, second=6, microsecond=0)
    async with AsyncExitStack() as stack:
        simulator = await stack.enter_async_context(Simulator(installed=start))
        home = Home(tmp_path, free_port(), endpoints(simulator))
        stack.push_async_callback(home.close)
        await home.start()
        await add_missing_vendors(home, simulator, [vendor])
        await _until_saved(home)

        seen = [0]
        for _ in range(KILLS):
            seen.append(await _more_hours_than(seen[-1], home))
            await home.kill()
            await home.start()
        await until_imported(home, simulator, [vendor])

        verdicts = await series_verdicts(home, simulator, vendor)
    published = sum(verdict.hours for verdict in verdicts.values())
    # The kills have to fall into the import to prove anything.
    assert 0 < seen[1] < seen[-1] < published
    problems = {series: v.problems() for series, v in verdicts.items() if not v.ok}
    assert {
        series: problem
        for series, problem in problems.items()
        if not ("_balanced_export" in series and problem == NOTHING_LEFT)
    } == {}


async def _until_saved(home: Home) -> None:
    """Wait until the new account is on disk, which takes Home Assistant a second."""
    entries = home.folder / ".storage" / "core.config_entries"
    async with asyncio.timeout(SAVE_SECONDS):
        while not entries.exists() or '"meter_hub"' not in entries.read_text():
            await asyncio.sleep(0.1)


async def _more_hours_than(hours: int, home: Home) -> int:
    """Wait until the import has gone on, and return how many hours are there."""
    async with asyncio.timeout(IMPORT_SECONDS):
        while (known := await imported_hours(home)) <= hours:
            await asyncio.sleep(0.1)
    return known
