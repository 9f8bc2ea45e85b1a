"""The paths, the session and the queries of Mój Licznik."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
import json
import re
from typing import Any, ClassVar, Literal, override

from aiohttp import web

from ..api import Truth, VendorApi, World
from ..faults import DistortionKind
from ..house import Flow
from ..truth import ARITHMETIC_KWH, ExpectedHour, expect_from_intervals
from .charts import OBJECTS, ChartType, chart_json
from .local_days import from_milliseconds
from .metering_point import OF_HOURS, RESOLUTION_KWH, MeteringPoint
from .user_data import AgreementShape, user_data_json

SESSION_COOKIE = "JSESSIONID"
FIREWALL_COOKIE = "TS015b8f91"
DEVICE_TOKEN = re.compile(r"[0-9a-f]{64}")
REJECTED = (
    "<html><head><title>Request Rejected</title></head><body>The requested URL was "
    "rejected. Your support ID is: 8912340567</body></html>"
)


@dataclass(frozen=True, slots=True)
class Login:
    """Who is signed in, since when."""

    username: str
    at: datetime


class EnergaApi(VendorApi):
    """Mój Licznik with one metering point in each house.

    Everything below may be changed at any time:

    - `accounts`: user names and their passwords; all see the same metering points.
    - `session_lifetime`: how long after a login data are given.
    - `refusal_status`: the status of a call for data without a session.
    - `login_error`: what a wrong password is answered with; None gives no reason.
    - `outage`: what logins are answered with while the login server is down.
    - `agreement_shape`: where the account's data have the agreements.
    - `with_tm`: whether the points of charts say when they begin.
    - `ignores_meter_object`: charts show import, whatever was asked for.

    Hours that are distorted get over it at `until`, those without it never; wrong
    ones are `amount` kWh off.
    """

    name: ClassVar[str] = "energa"
    base_path: ClassVar[str] = "/dp"
    distortions: ClassVar[frozenset[DistortionKind]] = frozenset(
        {*OF_HOURS, DistortionKind.SWAP, DistortionKind.GONE}
    )

    def __init__(self, world: World) -> None:
        """Put a metering point on the meter of each house."""
        super().__init__(world)
        points = (
            MeteringPoint(world, number, house)
            for number, house in enumerate(world.houses, 1)
        )
        self._points = {point.id: point for point in points}
        self._sessions: dict[str, Login | None] = {}
        self._numbers = count(1)
        self.accounts = {"Simulated@energa.example": "p&ss+w#rd%ż"}
        self.session_lifetime = timedelta(minutes=20)
        self.refusal_status: Literal[401, 403] = 403
        self.login_error: str | None = "error.login.password"
        self.outage: Literal["bare", "html"] | None = None
        self.agreement_shape = AgreementShape.BOTH
        self.with_tm = True
        self.ignores_meter_object = False

    @property
    @override
    def credentials(self) -> Mapping[str, str]:
        username, password = next(iter(self.accounts.items()))
        return {"username": username, "password": password}

    @property
    @override
    def meter_ids(self) -> tuple[str, ...]:
        return tuple(self._points)

    @override
    def routes(self) -> Iterable[web.RouteDef]:
        return (
            web.get("/dp/apihelper/SessionStatus", self._open_session),
            web.get("/dp/apihelper/UserLogin", self._log_in),
            web.get("/dp/resources/user/data", self._get_user_data),
            web.get("/dp/resources/mchart", self._get_chart),
        )

    @override
    def credential(self, request: web.Request) -> str | None:
        login = self._sessions.get(request.cookies.get(SESSION_COOKIE, ""))
        return request.query.get("username", login.username if login else None)

    @override
    def refusal(self, request: web.Request) -> web.HTTPException:
        kind = web.HTTPForbidden if self.refusal_status == 403 else web.HTTPUnauthorized
        return kind(
            text=json.dumps(_envelope(success=False)), content_type="application/json"
        )

    @override
    def truth(self, meter_id: str, since: datetime | None = None) -> Truth:
        point = self._points[meter_id]
        truth: Truth = {}
        for direction in point.directions:
            hours = point.hours(direction)
            for channel in point.channels:
                truth[direction.value, channel] = expect_from_intervals(
                    (hour.interval(channel) for hour in hours), since
                )
        return truth

    @override
    def derived(self, meter_id: str, since: datetime | None = None) -> Truth:
        point = self._points[meter_id]
        if Flow.GRID_EXPORT not in point.directions:
            return {}
        truth = self.truth(meter_id, since)
        balanced: Truth = {}
        for channel in point.channels:
            imported = truth["grid_import", channel]
            exported = truth["grid_export", channel]
            balanced["balanced_import", channel] = _surplus(imported, exported)
            balanced["balanced_export", channel] = _surplus(exported, imported)
        return balanced

    def end_sessions(self) -> None:
        """Forget who is signed in, as the portal does at any time."""
        self._sessions.clear()

    async def _open_session(self, request: web.Request) -> web.Response:
        session = request.cookies.get(SESSION_COOKIE, "")
        if session not in self._sessions:
            session = f"{next(self._numbers):032X}"
            self._sessions[session] = None
        answer = web.json_response(_envelope())
        answer.set_cookie(SESSION_COOKIE, session, path=self.base_path, httponly=True)
        answer.set_cookie(FIREWALL_COOKIE, f"01{session[::-1]}")
        return answer

    async def _log_in(self, request: web.Request) -> web.Response:
        if self.outage == "html":
            return web.Response(text=REJECTED, content_type="text/html")
        if self.outage == "bare":
            return web.json_response({"success": False})
        query = request.query
        session = request.cookies.get(SESSION_COOKIE, "")
        if not (
            session in self._sessions
            and query.get("clientOS")
            and query.get("notifyService")
            and DEVICE_TOKEN.fullmatch(query.get("token", ""))
        ):
            return web.json_response(_envelope(success=False))
        username = query.get("username", "").casefold()
        passwords = {name.casefold(): word for name, word in self.accounts.items()}
        if username not in passwords or query.get("password") != passwords[username]:
            return web.json_response(_envelope(success=False, error=self.login_error))
        self._sessions[session] = Login(query["username"], self.world.clock())
        return web.json_response(_envelope())

    async def _get_user_data(self, request: web.Request) -> web.Response:
        self._demand_session(request)
        points = [point for point in self._points.values() if not point.is_gone()]
        return web.json_response(
            _envelope(user_data_json(points, self.agreement_shape))
        )

    async def _get_chart(self, request: web.Request) -> web.Response:
        self._demand_session(request)
        query = request.query
        point = self._points.get(query.get("meterPoint", ""))
        if point is None or point.is_gone():
            return web.json_response(_envelope(success=False))
        try:
            kind = ChartType(query.get("type", ""))
            at = from_milliseconds(int(query.get("mainChartDate", "")))
        except ValueError, OverflowError:
            return web.json_response(_envelope(success=False))
        chart = chart_json(
            point,
            kind,
            self._direction(query.get("meterObject")),
            at,
            with_tm=self.with_tm,
        )
        return web.json_response(_envelope(chart))

    def _direction(self, meter_object: str | None) -> Flow:
        """Return what a chart shows: import, unless export is asked for."""
        if meter_object == OBJECTS[Flow.GRID_EXPORT] and not self.ignores_meter_object:
            return Flow.GRID_EXPORT
        return Flow.GRID_IMPORT

    def _demand_session(self, request: web.Request) -> None:
        login = self._sessions.get(request.cookies.get(SESSION_COOKIE, ""))
        if login is None or self.world.clock() >= login.at + self.session_lifetime:
            raise self.refusal(request)


def _envelope(
    response: dict[str, Any] | None = None,
    *,
    success: bool = True,
    error: str | None = None,
) -> dict[str, Any]:
    return {
        "success": success,
        "warning": None,
        "error": error,
        "status": 0,
        "response": response,
    }


def _surplus(
    most: Mapping[datetime, ExpectedHour], less: Mapping[datetime, ExpectedHour]
) -> dict[datetime, ExpectedHour]:
    """Return by how much one direction exceeds the other, where both are published."""
    return {
        start: ExpectedHour(
            max(hour.kwh - less[start].kwh, 0.0),
            RESOLUTION_KWH + ARITHMETIC_KWH,
            hour.estimated or less[start].estimated,
        )
        for start, hour in most.items()
        if start in less
    }
