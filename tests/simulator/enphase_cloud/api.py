"""The paths of the Enphase cloud, and who gets an answer."""

from collections.abc import Iterable, Mapping
from datetime import datetime
import json
from typing import Any, ClassVar, override
from zoneinfo import ZoneInfo

from aiohttp import web

from ..api import Truth, VendorApi, World
from ..faults import DistortionKind
from ..house import Flow, House
from . import errors
from .endpoints import OF_ACCOUNT, OF_SYSTEM, TERSE
from .errors import Manner
from .houses import californian, with_everything, without_battery
from .oauth import CODE_PAGE, TOKEN, OAuthServer, client_of, invalid_grant
from .plans import PLANS, App
from .published import OF_INTERVALS
from .system import Fitting, System
from .windows import Question

ROOT = "/api/v4/systems"
API_KEY = "simulated-enphase-key"
CHARGER = "202312101001"


class EnphaseCloudApi(VendorApi):
    """An account with three systems, and an application that may read it.

    All that is public may be changed: applications by their key in `apps`, consent and
    tokens in `oauth`, how each system is fitted and how its data come in `systems`, and
    `foreign`, the ids of systems that exist but belong to others.
    """

    name: ClassVar[str] = "enphase_cloud"
    # The cloud adds up what gateways count: a register that falls is none of its own.
    distortions: ClassVar[frozenset[DistortionKind]] = OF_INTERVALS | {
        DistortionKind.SWAP,
        DistortionKind.GONE,
    }

    def __init__(self, world: World) -> None:
        """Fit out the houses."""
        super().__init__(world)
        self.apps = {
            API_KEY: App(
                world.clock,
                "simulated-client",
                "simulated-client-secret",
                PLANS["megawatt"],
            )
        }
        self.oauth = OAuthServer(world.clock, self.apps)
        everything = with_everything(world.houses[0])
        warsaw = ("Warszawa", "PL", "00-001")
        self.systems = {
            system.id: system
            for system in (
                System(
                    world,
                    "698910101",
                    "House with everything",
                    everything,
                    everything.timezone,
                    Fitting(
                        modules=24,
                        production_meters=2,
                        phases=3,
                        consumption_meters=2,
                        batteries=2,
                        charger=CHARGER,
                    ),
                    warsaw,
                    interconnect_date=1_657_080_000,
                ),
                System(
                    world,
                    "698910102",
                    "House in the west",
                    californian(),
                    ZoneInfo("America/Los_Angeles"),
                    Fitting(modules=16),
                    ("Los Angeles", "US", "94954"),
                ),
                System(
                    world,
                    "698910103",
                    "House without battery",
                    without_battery(),
                    without_battery().timezone,
                    Fitting(modules=20, production_meters=1, consumption_meters=1),
                    warsaw,
                ),
            )
        }
        self.foreign = {"698900001"}

    @property
    def client_id(self) -> str:
        """The OAuth client of the first application."""
        return self._app.client_id

    @property
    def client_secret(self) -> str:
        """The secret of the first application's OAuth client."""
        return self._app.client_secret

    @property
    @override
    def credentials(self) -> Mapping[str, str]:
        return {"api_key": next(iter(self.apps)), "plan": "megawatt"}

    @property
    @override
    def meter_ids(self) -> tuple[str, ...]:
        return (*self.systems, *self._chargers)

    def code(self, redirect_uri: str = CODE_PAGE) -> str:
        """Return a code for the first application, as its code page would show it."""
        return self.oauth.code(self.client_id, redirect_uri)

    @override
    def routes(self) -> Iterable[web.RouteDef]:
        return (*self.oauth.routes(), web.route("*", "/{path:.*}", self._answer))

    @override
    def credential(self, request: web.Request) -> str | None:
        if request.path == TOKEN:
            return client_of(request)
        return request.headers.get("key", request.query.get("key"))

    @override
    def refusal(self, request: web.Request) -> web.HTTPException:
        if request.path == TOKEN:
            return invalid_grant()
        of_chargers = "/ev_charger/" in request.path
        return errors.unauthorized(Manner(of_chargers))

    @override
    def truth(self, meter_id: str, since: datetime | None = None) -> Truth:
        if charged := self._chargers.get(meter_id):
            return {("ev_charge", "total"): charged.feed(Flow.EV_CHARGE).hours(since)}
        system = self.systems[meter_id]
        return {
            (flow, "total"): system.feed(
                system.production if flow == Flow.SOLAR else flow
            ).hours(since)
            for flow in system.flows
        }

    @override
    def house(self, meter_id: str) -> House:
        return (self.systems | self._chargers)[meter_id].house

    @property
    def _app(self) -> App:
        return next(iter(self.apps.values()))

    @property
    def _chargers(self) -> dict[str, System]:
        """The systems by the serial number of their charger."""
        return {
            system.fitting.charger: system
            for system in self.systems.values()
            if system.fitting.charger
        }

    async def _answer(self, request: web.Request) -> web.Response:
        root, _, rest = request.path.partition(ROOT)
        if root or (rest and not rest.startswith("/")):
            raise errors.not_implemented()
        first, _, path = rest.strip("/").partition("/")
        if first.isdecimal():
            return self._of_system(request, first, path)
        endpoint = OF_ACCOUNT.get(rest.strip("/"))
        if endpoint is None:
            raise errors.not_implemented()
        app = self._admit(request, endpoint.manner)
        self._demand(app, endpoint.group, first, endpoint.manner)
        listed = [each for each in self.systems.values() if not each.is_gone()]
        return _json(endpoint.answer(listed, request.query), endpoint.manner)

    def _of_system(
        self, request: web.Request, system_id: str, path: str
    ) -> web.Response:
        parts = path.split("/")
        serial = ""
        if parts[0] == "ev_charger" and len(parts) == 3:
            serial, parts[1] = parts[1], "*"
        name = "/".join(parts)
        endpoint = OF_SYSTEM.get(name)
        if endpoint is None:
            raise errors.not_implemented()
        manner = endpoint.manner
        app = self._admit(request, manner)
        system = self.systems.get(system_id)
        if system_id in self.foreign or (system and system.is_gone()):
            raise errors.forbidden(manner)
        if system is None:
            # This one endpoint says so in the words of another problem.
            wrong = name == "production_meter_readings"
            message = "Not Authorized" if wrong else "Not Found"
            raise errors.no_system(manner, system_id, message)
        self._demand(app, endpoint.group, name, manner)
        now = int(self.world.clock().timestamp())
        question = Question(system, name, request.query, now, serial)
        return _json(endpoint.answer(question), manner)

    def _admit(self, request: web.Request, manner: Manner) -> App:
        """Count a call of an application; raises the refusal of one that isn't let in."""
        key = self.credential(request)
        app = self.apps.get(key or "")
        if app is None:
            raise errors.unauthorized(TERSE, errors.KEY_INVALID)
        if exceeded := app.count():
            raise errors.too_many(manner, exceeded)
        if request.method != "GET":
            raise errors.not_allowed(request.method)
        owner = self.oauth.owner(request)
        if owner is None:
            raise errors.unauthorized(manner)
        if owner != app.client_id:
            raise errors.unauthorized(manner, errors.KEY_MISMATCH)
        return app

    def _demand(self, app: App, group: str, name: str, manner: Manner) -> None:
        if not app.may_call(group, name):
            raise errors.unauthorized(manner)


def _json(answer: Any, manner: Manner) -> web.Response:
    kind = errors.BYTES if manner.of_chargers else errors.JSON
    return web.Response(body=json.dumps(answer).encode(), content_type=kind)
