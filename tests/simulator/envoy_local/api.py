"""The paths of a gateway, and who gets an answer."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
import json
from typing import Any, ClassVar, override

from aiohttp import web

from ..api import Truth, VendorApi, World
from ..faults import DistortionKind
from ..house import House
from .accounts import INSTALLERS_PASSWORD, SESSION_COOKIE, Tokens, challenge, local_user
from .cloud import Cloud, refusal
from .ensemble import (
    devices_json,
    dry_contact_settings_json,
    dry_contacts_json,
    inventory_json,
    power_json,
    relay_json,
    secctrl_json,
)
from .expected import Values, of_device, powers, registers
from .gateway import SERIAL, Gateway
from .identity import (
    TOKENS_SINCE,
    acb_config_json,
    generator_json,
    home_json,
    info_xml,
    pv_limit_json,
    tariff_json,
)
from .inverters import device_data_json, inverters, inverters_json
from .meters import meters_json, readings_json
from .production import production_json, v1_production_json
from .storage import ac_batteries, iq_batteries
from .system import Ct, Quirks, System, version_of

CLOUD = "cloud"
ANSWERS: dict[str, Callable[[Gateway], Any]] = {
    "/home": home_json,
    "/api/v1/production": v1_production_json,
    "/api/v1/production/inverters": inverters_json,
    "/ivp/meters": meters_json,
    "/ivp/meters/readings": readings_json,
    "/ivp/pdm/device_data": device_data_json,
    "/production": lambda gateway: production_json(gateway, details=False),
    "/inventory.json": devices_json,
    "/admin/lib/tariff": tariff_json,
    "/admin/lib/acb_config": acb_config_json,
}
SINCE_7: dict[str, Callable[[Gateway], Any]] = {
    "/ivp/ensemble/inventory": inventory_json,
    "/ivp/ensemble/power": power_json,
    "/ivp/ensemble/secctrl": secctrl_json,
    "/ivp/ensemble/relay": relay_json,
    "/ivp/ensemble/generator": generator_json,
    "/ivp/ensemble/dry_contacts": dry_contacts_json,
    "/ivp/ss/dry_contact_settings": dry_contact_settings_json,
    "/ivp/ss/gen_config": lambda gateway: {},
    "/ivp/ss/gen_schedule": lambda gateway: {},
    "/ivp/sc/pvlimit": pv_limit_json,
}
"""What the firmware has had only since there are tokens."""


class EnvoyLocalApi(VendorApi):
    """One gateway in the first house; firmware 7 and newer speaks TLS, older doesn't.

    All that is public may be changed, at any time: `firmware`, `system`, `quirks`,
    `tokens` and the `cloud` that issues them, and `users`, the passwords of old
    firmware.
    """

    name: ClassVar[str] = "envoy_local"
    distortions: ClassVar[frozenset[DistortionKind]] = frozenset()

    def __init__(self, world: World) -> None:
        """Put a metered gateway with production and net CTs into the first house."""
        super().__init__(world)
        self.firmware = "8.2.4286"
        self.system = System((Ct.PRODUCTION, Ct.NET))
        self.quirks = Quirks()
        self.tokens = Tokens(world.clock)
        self.cloud = Cloud(self.tokens)
        self.users = {"installer": INSTALLERS_PASSWORD, "envoy": SERIAL[-6:]}

    @property
    @override
    def encrypted(self) -> bool:
        return version_of(self.firmware)[0] >= TOKENS_SINCE

    @property
    def host(self) -> str:
        """Where the gateway is, without a scheme: "127.0.0.1:port"."""
        return self.addresses[""]

    @property
    @override
    def credentials(self) -> Mapping[str, str]:
        if self.encrypted:
            username = next(iter(self.cloud.accounts))
            password = self.cloud.accounts[username].password
        else:
            username, password = next(iter(self.users.items()))
        host = self.addresses.get("", "")
        return {"host": host, "username": username, "password": password}

    @property
    @override
    def meter_ids(self) -> tuple[str, ...]:
        return (SERIAL,)

    @property
    def inverter_ids(self) -> tuple[str, ...]:
        """The serial numbers of the inverters."""
        return tuple(inverter.serial for inverter in inverters(self.gateway))

    @property
    def battery_ids(self) -> tuple[str, ...]:
        """The serial numbers of the batteries of both kinds."""
        batteries = (*iq_batteries(self.gateway), *ac_batteries(self.gateway))
        return tuple(battery.serial for battery in batteries)

    @property
    def gateway(self) -> Gateway:
        """The gateway as it is now."""
        return Gateway(
            self.world.houses[0],
            self.world.installed,
            self.world.clock(),
            self.system,
            self.firmware,
            self.quirks,
        )

    @override
    def routes(self) -> Iterable[web.RouteDef]:
        return (
            web.get("/info", self._identify),
            web.get("/auth/check_jwt", self._check_token),
            web.get("/{path:.*}", self._answer),
        )

    @override
    def other_hosts(self) -> Mapping[str, Iterable[web.RouteDef]]:
        return {CLOUD: self.cloud.routes()}

    @override
    def credential(self, request: web.Request) -> str | None:
        if not self.encrypted:
            return local_user(request, self.users)
        token = self.tokens.bearer(request)
        return None if token is None else self.tokens.user(token)

    @override
    def refusal(self, request: web.Request) -> web.HTTPException:
        if request.method == "POST":
            return refusal("Invalid session")
        return web.HTTPUnauthorized(
            headers=None if self.encrypted else challenge(),
            text="<html><body><h2>401 Unauthorized</h2></body></html>",
            content_type="text/html",
        )

    @override
    def truth(self, meter_id: str, since: datetime | None = None) -> Truth:
        """Return nothing, as a gateway has no history.

        What it shows now is in `registers` and `powers`. Raises KeyError for a meter
        that doesn't exist.
        """
        self.house(meter_id)
        return {}

    @override
    def house(self, meter_id: str) -> House:
        if meter_id not in (*self.meter_ids, *self.inverter_ids, *self.battery_ids):
            raise KeyError(meter_id)
        return self.world.houses[0]

    def registers(self, meter_id: str) -> Values:
        """Return the kWh that a right reading shows now of a gateway or an inverter.

        Raises KeyError for a meter that doesn't exist.
        """
        if meter_id == SERIAL:
            return registers(self.gateway)
        return of_device(self.gateway, meter_id)[0]

    def powers(self, meter_id: str) -> Values:
        """Return the W that a right reading shows now; batteries' + is discharging.

        Raises KeyError for a meter that doesn't exist.
        """
        if meter_id == SERIAL:
            return powers(self.gateway)
        return of_device(self.gateway, meter_id)[1]

    async def _identify(self, request: web.Request) -> web.Response:
        return web.Response(text=info_xml(self.gateway), content_type="text/xml")

    async def _check_token(self, request: web.Request) -> web.Response:
        token = self.tokens.bearer(request) if self.encrypted else None
        if token is None:
            raise self.refusal(request)
        answer = web.Response(
            text="<!DOCTYPE html><h2>Valid token.</h2>", content_type="text/html"
        )
        session = self.tokens.open_session(token)
        answer.set_cookie(SESSION_COOKIE, session, path="/", httponly=True)
        return answer

    async def _answer(self, request: web.Request) -> web.Response:
        if self.credential(request) is None:
            raise self.refusal(request)
        gateway = self.gateway
        answers = {**ANSWERS, **SINCE_7} if self.encrypted else ANSWERS
        if request.path == "/production.json":
            details = request.query.get("details") == "1"
            body: Any = production_json(gateway, details=details)
        else:
            answer = answers.get(request.path)
            body = answer and answer(gateway)
        if body is None:
            raise web.HTTPNotFound(
                text=json.dumps({"error": "404 - Not Found"}),
                content_type="application/json",
            )
        return web.json_response(body)
