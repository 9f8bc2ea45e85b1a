"""The demo: simulated vendors and a real Home Assistant that knows them."""

import argparse
import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
import json
from pathlib import Path
import shutil
import signal
import socket
import sys
from time import monotonic

from tests.simulator import Simulator

from .flows import add_vendor
from .home import PASSWORD, REPOSITORY, USERNAME, Home
from .proof import Proof, imported_hours, prove

FOLDER = REPOSITORY / ".demo"
HISTORY = timedelta(days=60)
PACE_SECONDS = 0.05
# A vendor's next slot may begin while we look, and is asked for up to two minutes later.
IMPORT_SECONDS = 420
DASHBOARD_SECONDS = 120
ENDPOINTS = {"onemeter": "ONEMETER"}
"""The finished vendors, and the endpoint that the simulator replaces."""


def main() -> int:
    """Run the demo; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="scripts/demo",
        description="Start simulated vendors and a real Home Assistant that has "
        "imported their history.",
    )
    parser.add_argument("--check", action="store_true", help="assert it all, and exit")
    parser.add_argument("--fresh", action="store_true", help="forget the last demo")
    parser.add_argument("--port", type=int, default=8321, help="of Home Assistant")
    options = parser.parse_args()
    try:
        return asyncio.run(
            _run(check=options.check, fresh=options.fresh, port=options.port)
        )
    except KeyboardInterrupt, asyncio.CancelledError:
        return 0


async def _run(*, check: bool, fresh: bool, port: int) -> int:
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    folder = FOLDER / ("check" if check else "home")
    if fresh or check:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    async with AsyncExitStack() as stack:
        simulator = await stack.enter_async_context(
            Simulator(installed=_installed(folder))
        )
        _say("Starting Home Assistant")
        home = await stack.enter_async_context(
            Home(folder, free_port() if check else port, endpoints(simulator))
        )
        await add_missing_vendors(home, simulator)
        await until_imported(home, simulator)
        await _until_in_dashboard(home)
        if check:
            return _report(await prove(home, simulator, list(ENDPOINTS)), home)
        print(f"\n  {home.url}   user {USERNAME}   password {PASSWORD}\n")
        _say("Press Ctrl-C to end it all")
        return await home.wait()


def endpoints(simulator: Simulator) -> dict[str, dict[str, object]]:
    """Return what the launcher replaces."""
    return {
        name: {"url": simulator.url(vendor), "pace": PACE_SECONDS}
        for vendor, name in ENDPOINTS.items()
    }


async def add_missing_vendors(home: Home, simulator: Simulator) -> None:
    """Add each vendor once; the first house of the first vendor joins the dashboard."""
    present = {
        entry["title"]
        for entry in await home.ask("config_entries/get", domain="meter_hub")
    }
    if len(present) >= len(ENDPOINTS):
        return
    for vendor in ENDPOINTS:
        _say(f"Adding {vendor} through the config flow")
        api = simulator.vendor(vendor)
        await add_vendor(home, vendor, api.credentials, api.meter_ids[0])


async def until_imported(home: Home, simulator: Simulator) -> None:
    """Wait until every published hour is there; says how far it is, and gives up loudly."""
    deadline = monotonic() + IMPORT_SECONDS
    known, published = -1, _published_hours(simulator)
    while monotonic() < deadline:
        if (hours := await imported_hours(home)) != known:
            _say(f"Importing history: {hours} of {published} hours")
            known = hours
        # An hour more may have been published while these were imported.
        if hours >= published and hours >= (published := _published_hours(simulator)):
            return
        await asyncio.sleep(1)
    _say("Giving up: the history is not complete")


def _published_hours(simulator: Simulator) -> int:
    return sum(
        len(series)
        for vendor in ENDPOINTS
        for meter in simulator.vendor(vendor).meter_ids
        for series in simulator.truth(vendor, meter).values()
    )


async def _until_in_dashboard(home: Home) -> None:
    deadline = monotonic() + DASHBOARD_SECONDS
    while monotonic() < deadline:
        if any(
            source["type"] == "grid"
            for source in (await home.preferences())["energy_sources"]
        ):
            return
        await asyncio.sleep(0.5)


def _report(proof: Proof, home: Home) -> int:
    print(json.dumps(proof.as_json()))
    problems = [*proof.problems, *home.unexpected_log_lines()]
    for problem in problems:
        _say(f"WRONG: {problem}")
    return 1 if problems else 0


def _installed(folder: Path) -> datetime:
    """Return when the simulated meters were installed: the same instant in every run."""
    path = folder / "installed"
    if not path.exists():
        start = (datetime.now(UTC) - HISTORY).replace(
            minute=53, second=6, microsecond=0
        )
        path.write_text(start.isoformat())
    return datetime.fromisoformat(path.read_text())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
