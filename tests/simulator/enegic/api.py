"""The paths of the Enegic cloud, its sign-in and its errors."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime
import json
from typing import Any, ClassVar, override

from aiohttp import web

from ..api import Truth, VendorApi, World
from ..faults import DistortionKind
from ..house import House
from .accounts import EMAIL, FIRST_USER_ID, Accounts, Token
from .history import (
    HistoryQuery,
    IncompleteQueryError,
    UnreadableQueryError,
    phase_data,
)
from .meter import RESOLUTION_KWH, Family, Meter
from .minutes import expect_from_minutes
from .overview import KINDS_OF_REPORTERS, Reporters, items, zaptec_reporter
from .packets import latest_packets

NOT_FOUND_PAGE = (
    "<!DOCTYPE html><html><head><title>404 - Not Found</title></head>"
    "<body><h1>404</h1><p>Not Found</p></body></html>"
)
DOCUMENTED_PARAMETERS = {"fromdate": "starttime", "todate": "endtime"}
GET, PUT = frozenset({"GET"}), frozenset({"PUT"})


class EnegicApi(VendorApi):
    """The Enegic cloud with one meter in each house, and a charger in the first.

    All that is public may be changed: people, passwords and tokens in `accounts`,
    how each meter is fitted in `meters`, chargers in `reporters`, and which verbs a
    path answers in `verbs`. History by POST, if it is made to answer that, has the
    parameters that are documented for it: a form with `fromDate` and `toDate`.
    """

    name: ClassVar[str] = "enegic"
    # Readings carry no serial number, and clocks that are set from the network; what
    # else a register may hold than a number nobody has seen.
    distortions: ClassVar[frozenset[DistortionKind]] = frozenset(
        {
            DistortionKind.GAP,
            DistortionKind.LATE,
            DistortionKind.CORRECTED,
            DistortionKind.LACKING,
            DistortionKind.DIP,
            DistortionKind.RESET,
            DistortionKind.GONE,
        }
    )

    def __init__(self, world: World) -> None:
        """Put an EM2One on the grid meter of each house."""
        super().__init__(world)
        meters = [
            Meter(world, number, house) for number, house in enumerate(world.houses, 1)
        ]
        self.meters = {meter.id: meter for meter in meters}
        self.accounts = Accounts(world.clock)
        self.refuses_with_no_token = False
        """Whether a wrong password is answered with 200 and an empty token."""
        self.reporters: Reporters = {kind: [] for kind in KINDS_OF_REPORTERS}
        for meter in meters[:1]:
            self.reporters["ZaptecReporters"].append(
                zaptec_reporter(meter, FIRST_USER_ID)
            )
        self._handlers: dict[str, Callable[[web.Request], Awaitable[Any]]] = {
            "/createtoken": self._create_token,
            "/refreshtoken": self._refresh_token,
            "/isactivated": self._is_activated,
            "/getaccountoverview": self._get_overview,
            "/getlatestpackets": self._get_packets,
            "/getphasedata": self._get_phase_data,
            "/getreporterssettingsforuser": self._get_reporters,
        }
        self.verbs: dict[str, frozenset[str]] = dict.fromkeys(self._handlers, PUT) | {
            "/getaccountoverview": GET | PUT,
            "/getreporterssettingsforuser": GET,
        }

    @property
    @override
    def credentials(self) -> Mapping[str, str]:
        username = next(iter(self.accounts.passwords), EMAIL)
        return {
            "username": username,
            "password": self.accounts.passwords.get(username, ""),
        }

    @property
    @override
    def meter_ids(self) -> tuple[str, ...]:
        return tuple(self.meters)

    @override
    def house(self, meter_id: str) -> House:
        return self.meters[meter_id].house

    def add_clamps(self, house: House | None = None) -> str:
        """Add an EM1, in the last house if not given; return its id."""
        meter = Meter(
            self.world,
            len(self.meters) + 1,
            house or self.world.houses[-1],
            Family.EM1,
        )
        self.meters[meter.id] = meter
        return meter.id

    def add_shared(self, house: House | None = None) -> str:
        """Have another person share an EM2One, in the last house if not given."""
        meter = Meter(
            self.world,
            len(self.meters) + 1,
            house or self.world.houses[-1],
            owner=FIRST_USER_ID - 1,
        )
        self.meters[meter.id] = meter
        return meter.id

    @override
    def routes(self) -> Iterable[web.RouteDef]:
        return (web.route("*", "/{path:.*}", self._answer),)

    @override
    def credential(self, request: web.Request) -> str | None:
        return request.headers.get("X-Authorization")

    @override
    def refusal(self, request: web.Request) -> web.HTTPException:
        return web.HTTPUnauthorized(text="")

    @override
    def truth(self, meter_id: str, since: datetime | None = None) -> Truth:
        meter = self.meters[meter_id]
        if meter.family is Family.EM1:
            return {}
        return {
            (register.quantity, register.channel): expect_from_minutes(
                meter.points(register), RESOLUTION_KWH, since
            )
            for register in meter.registers.values()
        }

    async def _answer(self, request: web.Request) -> web.Response:
        path = request.path.lower()
        if path not in self._handlers:
            raise web.HTTPNotFound(text=NOT_FOUND_PAGE, content_type="text/html")
        if request.method not in self.verbs[path]:
            raise web.HTTPMethodNotAllowed(request.method, self.verbs[path])
        return web.json_response(await self._handlers[path](request))

    async def _create_token(self, request: web.Request) -> dict[str, Any]:
        body = await _body(request)
        username, password = body.get("username"), body.get("password")
        if not isinstance(username, str) or not isinstance(password, str):
            raise web.HTTPBadRequest
        if self.accounts.passwords.get(username) == password:
            return self.accounts.signed_in(self.accounts.issue(username))
        if self.refuses_with_no_token:
            return self.accounts.refused()
        raise self.refusal(request)

    async def _refresh_token(self, request: web.Request) -> dict[str, Any]:
        token = self._token(request)
        if (await _body(request)).get("token") != token.text:
            raise web.HTTPBadRequest
        return self.accounts.signed_in(self.accounts.issue(token.username))

    async def _is_activated(self, request: web.Request) -> dict[str, bool]:
        username = (await _body(request)).get("username")
        if username is None:
            raise web.HTTPBadRequest
        known = username in self.accounts.passwords
        return {"IsTaken": known, "UserIsActivated": known}

    async def _get_overview(self, request: web.Request) -> dict[str, Any]:
        username = self._token(request).username
        user_id = self.accounts.user_id(username)
        # A GET has no body that the cloud would read.
        wishes = await _body(request) if request.method == "PUT" else {}
        meters = [
            meter
            for meter in self._listed().values()
            if meter.owner is None or wishes.get("includeshareditems") is True
        ]
        listed = items(meters, self.reporters, user_id)
        return {
            "Chargers": [],
            "Items": [*listed],
            "User": self.accounts.user(username),
        }

    async def _get_packets(self, request: web.Request) -> list[dict[str, Any]]:
        self._token(request)
        return [
            {
                "Control": {"ActualParameters": {}, "DesiredParameters": {}},
                "ItemId": meter.item_id,
                "LatestPackets": latest_packets(meter),
                "State": {},
            }
            for meter in self._listed().values()
            if meter.has_packets
        ]

    async def _get_phase_data(self, request: web.Request) -> list[dict[str, Any]]:
        self._token(request)
        parameters = await _body(request)
        if request.method == "POST":
            parameters = {
                DOCUMENTED_PARAMETERS.get(name, name): value
                for name, value in parameters.items()
            }
        try:
            query = HistoryQuery.parse(parameters, self.world.clock())
        except IncompleteQueryError:
            raise web.HTTPBadRequest from None
        except UnreadableQueryError:
            raise web.HTTPInternalServerError from None
        meter = self._listed().get(str(query.item_id))
        if meter is None or query.start is None:
            return []
        return phase_data(meter, query.start, query.end)

    async def _get_reporters(self, request: web.Request) -> Reporters:
        self._token(request)
        return self.reporters

    def _token(self, request: web.Request) -> Token:
        token = self.accounts.find(self.credential(request))
        if token is None:
            raise self.refusal(request)
        return token

    def _listed(self) -> dict[str, Meter]:
        return {
            meter_id: meter
            for meter_id, meter in self.meters.items()
            if not meter.is_gone()
        }


async def _body(request: web.Request) -> dict[str, Any]:
    """Return the JSON or the form of a request, whose keys may be of any case."""
    if request.content_type == "application/x-www-form-urlencoded":
        return {key.lower(): value for key, value in (await request.post()).items()}
    text = await request.text()
    if not text.strip():
        return {}
    try:
        body = json.loads(text)
    except ValueError:
        raise web.HTTPBadRequest from None
    if not isinstance(body, dict):
        raise web.HTTPBadRequest
    return {key.lower(): value for key, value in body.items()}
