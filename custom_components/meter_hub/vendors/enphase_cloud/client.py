"""The wire: the paths of the Enphase Monitoring API v4, its key, and its token.

The vendor's developer portal describes the API. All calls read.
"""

from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import quote

from .. import endpoints
from ..base import AccessToken, AuthError, JsonObject, RateLimited, UnexpectedAnswer
from ..transport import Transport
from .errors import NotInPlan, TokenRefused, TooManyCalls, explain
from .values import parts_of, to_amount

SYSTEMS = "/api/v4/systems"

PAGE_SIZE = 100
"""The most systems, or micro-inverters, that a page can have."""

INTERVALS_KEPT = timedelta(days=728)
"""So long the vendor keeps the energy of intervals: two years."""

SESSIONS = 20
"""So many sessions of a charger are asked for, as the vendor does by default."""


class Telemetry(StrEnum):
    """Energy by intervals; the value is where it is asked for."""

    PRODUCTION_MICRO = "telemetry/production_micro"
    """Of 5 minutes, by the micro-inverters; all others are of 15 minutes."""
    PRODUCTION_METER = "telemetry/production_meter"
    CONSUMPTION = "telemetry/consumption_meter"
    BATTERY = "telemetry/battery"
    IMPORT = "energy_import_telemetry"
    EXPORT = "energy_export_telemetry"


class Granularity(StrEnum):
    """How long a stretch is answered; not the length of its intervals."""

    DAY = "day"
    WEEK = "week"


class Lifetime(StrEnum):
    """Energy by local days; the value is where it is asked for."""

    PRODUCTION = "energy_lifetime"
    CONSUMPTION = "consumption_lifetime"
    BATTERY = "battery_lifetime"
    IMPORT = "energy_import_lifetime"
    EXPORT = "energy_export_lifetime"


class EnphaseClient:
    """Makes the calls of one account; each raises the VendorError family.

    A call is one request, but for one that is refused with 401: the token is renewed
    and the call made again, and where that is in vain, the systems are asked for.
    """

    def __init__(
        self,
        transport: Transport,
        access_token: AccessToken,
        api_key: str,
        hold: Callable[[datetime], Awaitable[None]],
        clock: Callable[[], datetime],
    ) -> None:
        """Send through a transport that makes one attempt: each one is counted.

        `hold` keeps all from calling until an instant that the vendor has named.
        """
        self._transport = transport
        self._access_token = access_token
        self._key = api_key.strip()
        self._hold = hold
        self._clock = clock
        self._is_refused_unexplained = False

    async def systems(self) -> list[JsonObject]:
        """Return all systems that the owner of the token sees."""
        return await self._pages(SYSTEMS, {}, _systems_of, "system_id")

    async def inverters(self, system: str) -> JsonObject:
        """Return all micro-inverters of a system, by a call for each page of them."""
        if not _is_id(system):
            raise UnexpectedAnswer("unexpected_answer", "no id of a system")
        path = f"{SYSTEMS}/inverters_summary_by_envoy_or_site"
        wanted = {"site_id": system}
        found = await self._pages(path, wanted, _inverters_of, "serial_number")
        return {"micro_inverters": found}

    async def system_of_gateway(self, serial: str) -> str:
        """Return the id of the system that a gateway belongs to.

        Raises UnexpectedAnswer `gateway_unknown` where there is none, or none any more.
        """
        try:
            answer = await self._get(
                f"{SYSTEMS}/retrieve_system_id", {"serial_num": serial}
            )
        except UnexpectedAnswer as err:
            if err.reason == "not_found":
                raise UnexpectedAnswer("gateway_unknown") from None
            raise
        system = str(answer.get("system_id"))
        if not _is_id(system):
            raise UnexpectedAnswer("unexpected_answer", "no id of a system")
        return system

    async def summary(self, system: str) -> JsonObject:
        """Return what a system is, and has produced so far."""
        return await self._of_system(system, "summary")

    async def devices(self, system: str) -> JsonObject:
        """Return the devices of a system that are in use."""
        return await self._of_system(system, "devices")

    async def telemetry(
        self, system: str, what: Telemetry, start: datetime, span: Granularity
    ) -> JsonObject:
        """Return the intervals of a day or week from `start` on, until now at most.

        Raises WindowRefused and FeatureAbsent.
        """
        start_at = str(int(start.timestamp()))
        params = {"start_at": start_at, "granularity": span}
        return await self._of_system(system, what, params)

    async def production_by_phase(
        self, system: str, since: datetime, until: datetime
    ) -> JsonObject:
        """Return the intervals of the production meters, and those of their phases.

        A week at most, until now at most; raises as `telemetry`.
        """
        params = {"start_at": str(int(since.timestamp()))}
        if until <= self._clock():
            # An end that is yet to come is refused; without one it is now.
            params["end_at"] = str(int(until.timestamp()))
        return await self._of_system(system, "rgm_stats", params)

    async def charger_telemetry(
        self, system: str, serial: str, day: date, span: Granularity
    ) -> JsonObject:
        """Return the intervals of a charger from the local midnight of `day` on."""
        params = {"start_date": f"{day:%Y%m%d}", "granularity": span}
        return await self._of_system(system, _of_charger(serial, "telemetry"), params)

    async def lifetime(self, system: str, what: Lifetime) -> JsonObject:
        """Return the energy of all local days until yesterday."""
        # Without it, what micro-inverters and a meter have measured is mixed.
        params = {"production": "all"} if what is Lifetime.PRODUCTION else None
        return await self._of_system(system, what, params)

    async def charger_lifetime(
        self, system: str, serial: str, since: date
    ) -> JsonObject:
        """Return the energy of a charger on all local days since then."""
        params = {"start_date": f"{since:%Y%m%d}"}
        return await self._of_system(system, _of_charger(serial, "lifetime"), params)

    async def charger_sessions(
        self, system: str, serial: str, offset: int
    ) -> JsonObject:
        """Return the sessions of a charger after the first `offset`, in whatever order.

        Raises BadRequest where the vendor knows no such charger.
        """
        params = {"offset": str(offset), "limit": str(SESSIONS)}
        return await self._of_system(system, _of_charger(serial, "sessions"), params)

    async def latest(self, system: str) -> JsonObject:
        """Return the power that the devices of a system have reported last."""
        return await self._of_system(system, "latest_telemetry")

    async def production_registers(self, system: str) -> JsonObject:
        """Return the cumulative readings of the production meters."""
        return await self._of_system(system, "production_meter_readings")

    async def _of_system(
        self, system: str, path: str, params: dict[str, str] | None = None
    ) -> JsonObject:
        if not _is_id(system):
            # Other words in its place would be the names of other calls.
            raise UnexpectedAnswer("unexpected_answer", "no id of a system")
        return await self._get(f"{SYSTEMS}/{system}/{path}", params)

    async def _pages(
        self,
        path: str,
        params: dict[str, str],
        read: Callable[[Any], tuple[list[JsonObject], float | None]],
        key: str,
    ) -> list[JsonObject]:
        """Return what all pages list, which `read` gets from one, with their total.

        Where no total is told, a page that is not full is the last one.
        """
        found: dict[str, JsonObject] = {}
        page = 0
        while True:
            page += 1
            answer = await self._answer(
                path, {**params, "page": str(page), "size": str(PAGE_SIZE)}
            )
            listed, total = read(answer)
            before = len(found)
            found |= {str(item[key]): item for item in listed if key in item}
            is_last = len(listed) < PAGE_SIZE if total is None else len(found) >= total
            if is_last or len(found) == before:
                return list(found.values())

    async def _get(self, path: str, params: dict[str, str] | None = None) -> JsonObject:
        answer = await self._answer(path, params)
        if not isinstance(answer, dict):
            raise UnexpectedAnswer("unexpected_answer", "no object")
        return answer

    async def _answer(self, path: str, params: dict[str, str] | None) -> Any:
        token = await self._access_token()
        try:
            return await self._request(path, params, token)
        except TokenRefused:
            token = await self._access_token(refused=token)
        try:
            return await self._request(path, params, token)
        except TokenRefused:
            await self._probe(path, token)
        raise NotInPlan("not_in_plan")

    async def _probe(self, refused: str, token: str) -> None:
        """Ask for what every plan allows; AuthError means that the token is to blame."""
        try:
            if refused != SYSTEMS:
                await self._request(SYSTEMS, {"size": "1"}, token)
                return
        except TokenRefused:
            pass
        raise AuthError("invalid_auth")

    async def _request(
        self, path: str, params: dict[str, str] | None, token: str
    ) -> Any:
        if not (self._key.isascii() and self._key.isprintable() and self._key):
            # No header can carry such a key.
            raise AuthError("invalid_api_key")
        try:
            answer: Any = await self._transport.request_json(
                "GET",
                endpoints.ENPHASE.url + path,
                headers={"Authorization": f"Bearer {token}", "key": self._key},
                params=params,
                explain=explain,
            )
        except TooManyCalls as refusal:
            raise await self._held(refusal) from None
        except TokenRefused, UnexpectedAnswer:
            self._is_refused_unexplained = False
            raise
        self._is_refused_unexplained = False
        return answer

    async def _held(self, refusal: TooManyCalls) -> RateLimited:
        """Leave the vendor alone; return for how long."""
        now = self._clock()
        error = refusal.meant(now, again=self._is_refused_unexplained)
        self._is_refused_unexplained = refusal.is_unexplained
        await self._hold(now + error.retry_after)
        return error


def _systems_of(answer: Any) -> tuple[list[JsonObject], float | None]:
    if not isinstance(answer, dict) or not isinstance(answer.get("systems"), list):
        raise UnexpectedAnswer("unexpected_answer", "no list of systems")
    return parts_of(answer, "systems"), to_amount(answer.get("total"))


def _inverters_of(answer: Any) -> tuple[list[JsonObject], float | None]:
    if not isinstance(answer, list):
        raise UnexpectedAnswer("unexpected_answer", "no list of micro-inverters")
    groups = [group for group in answer if isinstance(group, dict)]
    listed = [each for group in groups for each in parts_of(group, "micro_inverters")]
    return listed, None


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal()


def _of_charger(serial: str, path: str) -> str:
    return f"ev_charger/{quote(serial, safe='')}/{path}"
