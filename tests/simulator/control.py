"""The simulator's own HTTP API, for whoever runs in another process."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from aiohttp import web

from .api import Truth
from .faults import Distortion, DistortionKind, Fault, FaultKind
from .house import Flow

if TYPE_CHECKING:
    from .server import Simulator

INSTANTS = ("since", "until", "start", "end")
LISTS = ("fields", "quantities")


def control_app(simulator: Simulator) -> web.Application:
    """Return the control API of a simulator."""
    control = _Control(simulator)
    app = web.Application()
    app.add_routes(
        [
            web.get("/control/vendors", control.get_vendors),
            web.post("/control/faults", control.add_fault),
            web.get("/control/faults", control.get_faults),
            web.delete("/control/faults", control.clear_faults),
            web.get("/control/calls", control.get_calls),
            web.get("/control/truth", control.get_truth),
            web.get("/control/house", control.get_house),
        ]
    )
    return app


def trouble_from_json(data: Mapping[str, Any]) -> Fault | Distortion:
    """Read a fault or distortion; raises ValueError or TypeError where it isn't one."""
    values: dict[str, Any] = dict(data)
    kind = values.pop("kind", "")
    is_distortion = values.pop("type", "fault") == "distortion"
    for key in INSTANTS:
        if values.get(key) is not None:
            values[key] = datetime.fromisoformat(values[key])
    for key in LISTS:
        if key in values:
            values[key] = tuple(values[key])
    if is_distortion:
        return Distortion(DistortionKind(kind), **values)
    return Fault(FaultKind(kind), **values)


def truth_json(truth: Truth) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """Return expected hours as JSON, by quantity and channel."""
    series: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for (quantity, channel), hours in truth.items():
        series.setdefault(quantity, {})[channel] = [
            {"start": start.isoformat(), **asdict(hour)}
            for start, hour in hours.items()
        ]
    return series


class _Control:
    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    async def get_vendors(self, request: web.Request) -> web.Response:
        return web.json_response(
            {
                name: {
                    "url": self._simulator.url(name),
                    "credentials": dict(api.credentials),
                    "meters": list(api.meter_ids),
                }
                for name, api in self._simulator.vendors.items()
            }
        )

    async def add_fault(self, request: web.Request) -> web.Response:
        try:
            number = self._simulator.add(trouble_from_json(await request.json()))
        except (ValueError, TypeError) as error:
            raise web.HTTPUnprocessableEntity(text=str(error)) from None
        return web.json_response({"id": number}, status=201)

    async def get_faults(self, request: web.Request) -> web.Response:
        return web.json_response(
            {
                str(number): {"kind": trouble.kind, "vendor": trouble.vendor}
                for number, trouble in self._simulator.active.items()
            }
        )

    async def clear_faults(self, request: web.Request) -> web.Response:
        self._simulator.clear(request.query.get("vendor"))
        return web.Response(status=204)

    async def get_calls(self, request: web.Request) -> web.Response:
        calls = self._simulator.calls(
            self._vendor(request),
            request.query.get("path", "*"),
            request.query.get("credential"),
        )
        return web.json_response(
            [asdict(call) | {"at": call.at.isoformat()} for call in calls]
        )

    async def get_truth(self, request: web.Request) -> web.Response:
        since = _instant(request, "since") if "since" in request.query else None
        now = self._simulator.clock()
        truth = self._simulator.truth(
            self._vendor(request), self._meter(request), since
        )
        return web.json_response({"now": now.isoformat(), "series": truth_json(truth)})

    async def get_house(self, request: web.Request) -> web.Response:
        house = self._simulator.vendor(self._vendor(request)).house(
            self._meter(request)
        )
        start, end = _instant(request, "start"), _instant(request, "end")
        return web.json_response(
            {flow: house.energy(flow, start, end) for flow in Flow}
        )

    def _vendor(self, request: web.Request) -> str:
        name = request.query.get("vendor", "")
        if name not in self._simulator.vendors:
            raise web.HTTPNotFound(text="No such vendor")
        return name

    def _meter(self, request: web.Request) -> str:
        meter_id = request.query.get("meter", "")
        if meter_id not in self._simulator.vendor(self._vendor(request)).meter_ids:
            raise web.HTTPNotFound(text="No such meter")
        return meter_id


def _instant(request: web.Request, name: str) -> datetime:
    try:
        instant = datetime.fromisoformat(request.query[name])
    except KeyError, ValueError:
        raise web.HTTPUnprocessableEntity(text=f"{name} is not an instant") from None
    if instant.tzinfo is None:
        raise web.HTTPUnprocessableEntity(text=f"{name} has no time zone")
    return instant
