"""The simulator: all vendor APIs on loopback ports, and their control."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from functools import cache
from typing import Self

from aiohttp import web

from .api import Call, CallLog, Truth, VendorApi, World
from .clock import Clock, real_clock
from .control import control_app
from .day import Equipment
from .faults import Distortion, Fault, Switchboard
from .house import House
from .listener import listen
from .middleware import hang_up, log_calls, spoil_answers
from .tariff import G12W
from .vendors import VENDORS

INSTALLED = datetime(2025, 9, 14, 9, 53, 6, tzinfo=UTC)


@cache
def default_houses() -> tuple[House, ...]:
    """Return a prosumer with two tariff zones, a battery and a car, and a consumer.

    Always the same two, so that their days are worked out once in a process.
    """
    prosumer = Equipment(
        base_watts=420,
        solar_peak_watts=9600,
        battery_watts=3000,
        battery_watt_minutes=5000 * 60,
        ev_watts=3680,
    )
    return House(1, prosumer, tariff=G12W), House(2, Equipment(base_watts=260))


class Simulator:
    """The vendors' clouds and gateways, for the time of an `async with`."""

    def __init__(
        self,
        *,
        clock: Clock = real_clock,
        houses: Sequence[House] | None = None,
        installed: datetime = INSTALLED,
        ports: Mapping[str, int] | None = None,
        control_port: int = 0,
    ) -> None:
        """Watch houses since `installed`; a port of 0 is any free one.

        `ports` are by vendor, or by "vendor.host" for other hosts than the main one.
        """
        self._switchboard = Switchboard(clock)
        self._log = CallLog()
        self._ports = ports or {}
        self._control_port = control_port
        self._stack = AsyncExitStack()
        self.control_url = ""
        self.houses = default_houses() if houses is None else tuple(houses)
        world = World(clock, self.houses, installed, self._switchboard)
        self.clock = clock
        self.vendors: dict[str, VendorApi] = {
            name: api(world) for name, api in VENDORS.items()
        }

    async def __aenter__(self) -> Self:
        """Open the ports."""
        async with AsyncExitStack() as stack:
            for name, api in self.vendors.items():
                await self._open(stack, name, api)
            self.control_url = "http://" + await _serve(
                stack, control_app(self), self._control_port
            )
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        """Close the ports, also those of requests that are never answered."""
        await self._stack.aclose()

    async def _open(self, stack: AsyncExitStack, name: str, api: VendorApi) -> None:
        for host, routes in {"": api.routes(), **api.other_hosts()}.items():
            encrypted = _never if host else lambda: api.encrypted
            app = web.Application(
                middlewares=[
                    hang_up(encrypted),
                    log_calls(api, self._log),
                    spoil_answers(api),
                ]
            )
            app.router.add_routes(routes)
            port = self._ports.get(f"{name}.{host}" if host else name, 0)
            api.addresses[host] = await _serve(stack, app, port, encrypted)

    def vendor(self, name: str) -> VendorApi:
        """Return a vendor's API; raises KeyError for an unknown vendor."""
        return self.vendors[name]

    def url(self, name: str, host: str = "") -> str:
        """Return the base URL of a vendor, without a slash at its end.

        `host` names one of the vendor's other hosts; KeyError if it has none such.
        """
        api = self.vendor(name)
        if host:
            return f"http://{api.addresses[host]}"
        scheme = "https" if api.encrypted else "http"
        return f"{scheme}://{api.addresses[host]}{api.base_path}"

    def truth(self, vendor: str, meter_id: str, since: datetime | None = None) -> Truth:
        """Return the hours that a vendor has published of a meter; see `truth.py`."""
        return self.vendor(vendor).truth(meter_id, since)

    def calls(
        self, vendor: str, path: str = "*", credential: str | None = None
    ) -> list[Call]:
        """Return the requests that a vendor got, oldest first."""
        return self._log.select(vendor, path, credential)

    def add(self, trouble: Fault | Distortion) -> int:
        """Switch on a fault or distortion.

        Raises ValueError where the vendor is unknown or can't show it.
        """
        api = self.vendors.get(trouble.vendor)
        if api is None:
            raise ValueError(f"There is no vendor {trouble.vendor}")
        if isinstance(trouble, Distortion) and trouble.kind not in api.distortions:
            raise ValueError(f"{trouble.vendor} can't show {trouble.kind}")
        return self._switchboard.add(trouble)

    def clear(self, vendor: str | None = None) -> None:
        """Switch off all faults and distortions, or those of one vendor."""
        self._switchboard.clear(vendor)

    @property
    def active(self) -> Mapping[int, Fault | Distortion]:
        """Return the faults and distortions that are on, by number."""
        return self._switchboard.active


def _never() -> bool:
    return False


async def _serve(
    stack: AsyncExitStack,
    app: web.Application,
    port: int,
    encrypted: Callable[[], bool] = _never,
) -> str:
    # Handlers that never answer must end with their client, or with the simulator.
    runner = web.AppRunner(
        app, handler_cancellation=True, shutdown_timeout=0.1, access_log=None
    )
    stack.push_async_callback(runner.cleanup)
    await runner.setup()
    assert runner.server is not None
    return await stack.enter_async_context(listen(runner.server, port, encrypted))
