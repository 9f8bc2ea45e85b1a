"""The demo: simulated vendors and a real Home Assistant that knows them."""

import argparse
import asyncio
from collections.abc import AsyncGenerator, Collection, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
import json
from pathlib import Path
import shutil
import signal
import socket
import sys
from time import monotonic
from typing import NoReturn

from tests.simulator import Simulator
from tests.simulator.enphase_cloud import EnphaseCloudApi
from tests.simulator.envoy_local import Ct, EnvoyLocalApi, System

from .entities import enabled_entities
from .flows import add_client, add_vendor
from .home import PASSWORD, REPOSITORY, USERNAME, Home, HomeEndedError, HomeError
from .proof import Proof, prove
from .published import imported_hours, published_hours, unfinished
from .screenshot import NoPictureError, find_browser, picture_of_dashboard

FOLDER = REPOSITORY / ".demo"
HISTORY = timedelta(days=60)
PACE_SECONDS = 0.05
# Until a cloud is asked again, the newest hour may lack or be an estimate: for up to 25
# minutes by day, and by night until the last hour of a local day is read.
IDLE_SECONDS = 3000
CHECK_SECONDS = 10
DASHBOARD_SECONDS = 120
ENDPOINTS: Mapping[str, Mapping[str, str]] = {
    "onemeter": {"ONEMETER": ""},
    "enegic": {"ENEGIC": ""},
    "energa": {"ENERGA": ""},
    "enphase_cloud": {"ENPHASE": ""},
    "envoy_local": {"ENLIGHTEN": "cloud", "ENTREZ": "cloud"},
}
"""The finished vendors, and the endpoints that hosts of the simulator replace.

A gateway in the local network is named by its sign-in, only its cloud is replaced.
"""
DASHBOARD: Mapping[str, Collection[str]] = {
    "enegic": ("grid",),
    "envoy_local": ("solar", "battery"),
}
"""What the Energy dashboard gets of the first house from which vendor: each flow once."""
SYSTEM = System(
    (Ct.PRODUCTION, Ct.NET, Ct.STORAGE), phases=3, batteries=2, controller=True
)
"""What is installed around the gateway."""


def main() -> int:
    """Run the demo; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="scripts/demo",
        description="Start simulated vendors and a real Home Assistant that has "
        "imported their history.",
    )
    alone = parser.add_mutually_exclusive_group()
    alone.add_argument("--check", action="store_true", help="assert it all, and exit")
    alone.add_argument(
        "--screenshot",
        type=Path,
        metavar="FILE",
        help="save a picture of the Energy dashboard as a PNG, and exit; "
        "needs an installed Chromium",
    )
    parser.add_argument("--fresh", action="store_true", help="forget the last demo")
    parser.add_argument("--port", type=int, default=8321, help="of Home Assistant")
    options = parser.parse_args()
    try:
        if options.check:
            return asyncio.run(_check())
        if options.screenshot:
            options.screenshot.parent.mkdir(parents=True, exist_ok=True)
            options.screenshot.write_bytes(asyncio.run(_picture(find_browser())))
            _say(f"Saved {options.screenshot}")
            return 0
        return asyncio.run(_show(fresh=options.fresh, port=options.port))
    except asyncio.CancelledError:
        # Ending the demo is how it is meant to end; a check that ended early proved nothing.
        return 1 if options.check or options.screenshot else 0
    except (HomeError, HomeEndedError, NoPictureError) as error:
        _say(f"scripts/demo: {error}")
        return 1


async def _check() -> int:
    async with _demo("check", free_port(), fresh=True) as (home, simulator):
        kinds = [kind for kinds in DASHBOARD.values() for kind in kinds]
        return _report(await prove(home, simulator, ENDPOINTS, kinds), home)


async def _picture(browser: str) -> bytes:
    async with _demo("screenshot", free_port(), fresh=True) as (home, _):
        _say("Opening the Energy dashboard")
        return await picture_of_dashboard(home, browser)


async def _show(*, fresh: bool, port: int) -> NoReturn:
    if not _is_free(port):
        raise HomeError(f"Port {port} is in use; choose another one with --port")
    async with _demo("home", port, fresh=fresh) as (home, _):
        print(f"\n  {home.url}   user {USERNAME}   password {PASSWORD}\n", flush=True)
        _say("Press Ctrl-C to end it all")
        await home.wait()
        raise home.ended()


@asynccontextmanager
async def _demo(
    name: str, port: int, *, fresh: bool
) -> AsyncGenerator[tuple[Home, Simulator]]:
    """Run vendors and Home Assistant in the folder of that name, all of it set up."""
    _end_on_signals()
    folder = FOLDER / name
    if fresh:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    ports = {"envoy_local": _gateway_port(folder)}
    async with Simulator(installed=_installed(folder), ports=ports) as simulator:
        gateway = simulator.vendor("envoy_local")
        assert isinstance(gateway, EnvoyLocalApi)
        gateway.system = SYSTEM
        cloud = simulator.vendor("enphase_cloud")
        assert isinstance(cloud, EnphaseCloudApi)
        for system in cloud.systems.values():
            # A call for each day of each flow would take minutes.
            system.refused_weeks = set()
        _say("Starting Home Assistant")
        async with Home(folder, port, endpoints(simulator)) as home:
            if await add_missing_vendors(home, simulator, ENDPOINTS):
                await until_imported(home, simulator, ENDPOINTS)
                await _until_in_dashboard(home)
                # An hour may have ended meanwhile.
                await until_imported(home, simulator, ENDPOINTS)
            yield home, simulator


def _end_on_signals() -> None:
    """Let the first SIGINT or SIGTERM end the task; more don't interrupt its tidying up."""
    task = asyncio.current_task()
    assert task is not None

    def end() -> None:
        if not task.cancelling():
            _say("Ending")
            task.cancel()

    loop = asyncio.get_running_loop()
    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, end)


def endpoints(simulator: Simulator) -> dict[str, dict[str, object]]:
    """Return what the launcher replaces."""
    return {
        name: {"url": simulator.url(vendor, host), "pace": PACE_SECONDS}
        for vendor, hosts in ENDPOINTS.items()
        for name, host in hosts.items()
    }


async def add_missing_vendors(
    home: Home, simulator: Simulator, vendors: Iterable[str]
) -> bool:
    """Add each vendor that isn't there yet; tells if any was missing."""
    missing = [vendor for vendor in vendors if not await enabled_entities(home, vendor)]
    for vendor in missing:
        _say(f"Adding {vendor} through the config flow")
        api = simulator.vendor(vendor)
        if isinstance(api, EnphaseCloudApi):
            await add_client(home, api.client_id, api.client_secret)
        sources = [f"{kind}/{api.meter_ids[0]}" for kind in DASHBOARD.get(vendor, ())]
        await add_vendor(home, vendor, api.credentials, sources)
    return bool(missing)


async def until_imported(
    home: Home, simulator: Simulator, vendors: Collection[str]
) -> None:
    """Wait until every published hour is there, and what it is published to be.

    Says how far it is. Gives up, and says what lacks, once nothing has come for long.
    """
    known, published = -1, published_hours(simulator, vendors)
    problems: Mapping[str, str] = {}
    idle_since = monotonic()
    while monotonic() < idle_since + IDLE_SECONDS:
        if (hours := await imported_hours(home)) != known:
            _say(f"Importing history: {hours} of {published} hours")
            known, idle_since = hours, monotonic()
        # An hour more may have been published while these were imported.
        if hours < published or hours < (
            published := published_hours(simulator, vendors)
        ):
            await asyncio.sleep(1)
            continue
        found = await unfinished(home, simulator, vendors)
        if not found:
            return
        if found != problems:
            _say(f"Waiting for the newest values of {len(found)} series")
            problems, idle_since = found, monotonic()
        await asyncio.sleep(CHECK_SECONDS)
    _say("Giving up: the history is not complete")
    for series, problem in (await unfinished(home, simulator, vendors)).items():
        _say(f"{series}: {problem}")


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
    start = (datetime.now(UTC) - HISTORY).replace(minute=53, second=6, microsecond=0)
    return datetime.fromisoformat(_remembered(folder / "installed", start.isoformat()))


def _gateway_port(folder: Path) -> int:
    """Return where the gateway is in every run: its address is what opens its account."""
    port = int(_remembered(folder / "gateway_port", str(free_port())))
    if not _is_free(port):
        raise HomeError(f"Port {port} is in use; --fresh takes another one")
    return port


def _remembered(path: Path, first: str) -> str:
    if not path.exists():
        path.write_text(first)
    return path.read_text()


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
