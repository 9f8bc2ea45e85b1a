"""Run the simulated vendors until SIGTERM or Ctrl-C."""

import argparse
import asyncio
from datetime import UTC, datetime, timedelta
import json
import signal
import sys

from .server import INSTALLED, Simulator
from .vendors import VENDORS


def main() -> int:
    """Parse the command line and serve."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.simulator", description=__doc__
    )
    parser.add_argument(
        "--port",
        action="append",
        default=[],
        type=_vendor_port,
        metavar="VENDOR=N",
        help=f"port of a vendor ({', '.join(VENDORS)}), or VENDOR.HOST=N of another of its "
        "hosts; any free one if not given",
    )
    parser.add_argument("--control-port", type=int, default=0, metavar="N")
    history = parser.add_mutually_exclusive_group()
    history.add_argument(
        "--installed",
        type=_instant,
        default=INSTALLED,
        metavar="ISO",
        help="when the meters' readers were installed (default: %(default)s)",
    )
    history.add_argument(
        "--days", type=int, metavar="N", help="the same, as days before now"
    )
    arguments = parser.parse_args()
    installed = arguments.installed
    if arguments.days is not None:
        installed = datetime.now(UTC) - timedelta(days=arguments.days)
    simulator = Simulator(
        installed=installed,
        ports=dict(arguments.port),
        control_port=arguments.control_port,
    )
    asyncio.run(_serve(simulator))
    return 0


def _vendor_port(text: str) -> tuple[str, int]:
    name, _, port = text.partition("=")
    if name.partition(".")[0] not in VENDORS:
        raise argparse.ArgumentTypeError(f"there is no vendor {name}")
    return name, int(port)


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


async def _serve(simulator: Simulator) -> None:
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    async with simulator:
        vendors = {
            name: {
                "url": simulator.url(name),
                "hosts": {
                    host: simulator.url(name, host) for host in api.other_hosts()
                },
                "credentials": dict(api.credentials),
            }
            for name, api in simulator.vendors.items()
        }
        ready = {"control": simulator.control_url, "vendors": vendors}
        sys.stdout.write(json.dumps(ready) + "\n")
        sys.stdout.flush()
        await ended.wait()


if __name__ == "__main__":
    sys.exit(main())
