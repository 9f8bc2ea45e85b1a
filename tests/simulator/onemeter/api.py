"""The paths, the API key and the queries of the OneMeter cloud."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
import json
from typing import Any, ClassVar, Self, override
from uuid import UUID

from aiohttp import web

from ..api import Truth, VendorApi, World
from ..faults import DistortionKind
from ..truth import expect_from_registers
from .beacon import HISTORY_OF, RESOLUTION_KWH, Beacon
from .obis import describe
from .payload import device_json, iso

DEFAULT_KEY = "simulated-onemeter-key"
LONGEST = 357_120
CLOCK_SLACK = timedelta(days=1)
"""How far a reader's clock may be off and its readings still be found."""
UNTRUSTWORTHY_COUNT = 1910
"""The cloud's `meta.count` has been seen to have nothing to do with the rows."""


class OneMeterApi(VendorApi):
    """The OneMeter cloud with one device in each house.

    `keys` maps each API key to the ids of its devices, and `multipliers` devices to
    what their registers are to be multiplied by; both may be changed.
    """

    name: ClassVar[str] = "onemeter"
    base_path: ClassVar[str] = "/api"
    distortions: ClassVar[frozenset[DistortionKind]] = frozenset(DistortionKind) - {
        DistortionKind.ESTIMATED
    }

    def __init__(self, world: World) -> None:
        """Put a beacon on the meter of each house."""
        super().__init__(world)
        beacons = (
            Beacon(world, number, house) for number, house in enumerate(world.houses, 1)
        )
        self._beacons = {beacon.id: beacon for beacon in beacons}
        self.multipliers: dict[str, int] = dict.fromkeys(self._beacons, 1)
        self.keys: dict[str, tuple[str, ...]] = {DEFAULT_KEY: self.meter_ids}

    @property
    @override
    def credentials(self) -> Mapping[str, str]:
        return {"api_key": next(iter(self.keys), DEFAULT_KEY)}

    @property
    @override
    def meter_ids(self) -> tuple[str, ...]:
        return tuple(self._beacons)

    @override
    def routes(self) -> Iterable[web.RouteDef]:
        device = "/api/devices/{id}"
        return (
            web.get("/api/devices{slash:/?}", self._list_devices),
            web.get(device + "{slash:/?}", self._get_device),
            web.get(device + "/{readings:[Rr]eadings}{slash:/?}", self._get_readings),
        )

    @override
    def credential(self, request: web.Request) -> str | None:
        return request.headers.get("Authorization")

    @override
    def refusal(self, request: web.Request) -> web.HTTPException:
        return _error(
            web.HTTPUnauthorized, "Unauthorized", "Authorization failed", statusCode=401
        )

    @override
    def truth(self, meter_id: str, since: datetime | None = None) -> Truth:
        beacon = self._beacons[meter_id]
        return {
            (register.quantity, register.channel): expect_from_registers(
                beacon.points(register), RESOLUTION_KWH, since
            )
            for register in beacon.registers.values()
            if register.quantity in HISTORY_OF
            and (register.quantity != "grid_export" or beacon.house.has_solar)
        }

    def _devices_of(self, request: web.Request) -> dict[str, Beacon]:
        ids = self.keys.get(self.credential(request) or "")
        if ids is None:
            raise self.refusal(request)
        return {
            meter_id: self._beacons[meter_id]
            for meter_id in ids
            if not self._beacons[meter_id].is_gone()
        }

    def _device_of(self, request: web.Request) -> Beacon:
        beacons = self._devices_of(request)
        try:
            wanted = str(UUID(request.match_info["id"]))
        except ValueError:
            raise _error(web.HTTPBadRequest, "InvalidQuery", "Invalid UUID") from None
        if wanted not in beacons:
            raise _error(
                web.HTTPNotFound, "DeviceNotFound", "Device of given UUID not found"
            )
        return beacons[wanted]

    async def _list_devices(self, request: web.Request) -> web.Response:
        beacons = self._devices_of(request).values()
        return web.json_response(
            {"devices": [self._describe(beacon) for beacon in beacons]}
        )

    async def _get_device(self, request: web.Request) -> web.Response:
        return web.json_response(self._describe(self._device_of(request)))

    def _describe(self, beacon: Beacon) -> dict[str, Any]:
        return device_json(beacon, self.multipliers[beacon.id])

    async def _get_readings(self, request: web.Request) -> web.Response:
        beacon = self._device_of(request)
        try:
            query = _Query.parse(request.query)
        except ValueError:
            raise _error(
                web.HTTPBadRequest, "QueryError", "Invalid query parameters"
            ) from None
        return web.json_response(_readings(beacon, query))


@dataclass(frozen=True, slots=True)
class _Query:
    """The parameters of a call for readings."""

    start: datetime | None
    end: datetime | None
    limit: int
    skip: int
    descending: bool
    codes: tuple[str, ...]

    @classmethod
    def parse(cls, query: Mapping[str, str]) -> Self:
        """Read a query string; raises ValueError where the cloud would answer 400."""
        sort = query.get("sort", "ascending")
        limit, skip = int(query.get("limit", LONGEST)), int(query.get("skip", 0))
        if (
            not 1 <= limit <= LONGEST
            or skip < 0
            or sort not in ("ascending", "descending")
            or query.get("locale", "en") not in ("en", "pl")
        ):
            raise ValueError("a parameter is out of its range")
        codes = query.get("codes") or query.get("columns") or ""
        return cls(
            _instant(query.get("from")),
            _instant(query.get("to")),
            limit,
            skip,
            sort == "descending",
            tuple(code for code in codes.split(",") if code),
        )


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _readings(beacon: Beacon, query: _Query) -> dict[str, Any]:
    start = query.start or beacon.installed
    end = query.end or beacon.world.clock()
    known = beacon.history_codes
    codes = tuple(code for code in known if code in query.codes or not query.codes)
    feed = beacon.feed()
    readouts = sorted(
        (
            readout
            for readout in feed.readouts(start - CLOCK_SLACK, end + CLOCK_SLACK)
            if start <= readout.stamped <= end
        ),
        key=lambda readout: readout.stamped,
        reverse=query.descending,
    )
    page = readouts[query.skip : query.skip + query.limit]
    if not page:
        raise _error(web.HTTPNotFound, "NotFoundError", "No readings found")
    stamps = [readout.stamped for readout in page]
    return {
        "readings": [
            {"date": iso(readout.stamped), **beacon.values(feed, readout, codes)}
            for readout in page
        ],
        "meta": {
            "keys": list(codes),
            "range": {"from": iso(min(stamps)), "to": iso(max(stamps))},
            "OBIS": {code: describe(code) for code in codes},
            "count": UNTRUSTWORTHY_COUNT,
        },
    }


def _error(
    kind: type[web.HTTPException], error: str, message: str, **more: int
) -> web.HTTPException:
    body = {"status": "error", "error": error, "message": message, **more}
    return kind(text=json.dumps(body), content_type="application/json")
