"""A portal whose every answer a test decides: points of charts, registers, refusals."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

IMPORT, EXPORT = "1-0:1.8.0*255", "1-0:2.8.0*255"
WARSAW = ZoneInfo("Europe/Warsaw")
PASSWORD = "p&ss w#rd+%ż"

type Point = dict[str, Any]
type Answer = web.Response | None


def milliseconds(day: date) -> int:
    """Return the midnight of a day in Poland, in the API's measure."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=WARSAW)
    return int(midnight.timestamp()) * 1000


def hour(
    tm: datetime | None, *zones: float | None, est: bool = False, cplt: bool = True
) -> Point:
    """Return a point of a chart; without an instant, none is said."""
    point: Point = {"zones": [*zones], "est": est, "cplt": cplt, "tarAvg": None}
    if tm is not None:
        point["tm"] = str(int(tm.timestamp()) * 1000)
    return point


def hours(start: datetime, *values: float | None) -> list[Point]:
    """Return points with the values of one zone, one hour after the other."""
    return [
        hour(start + timedelta(hours=number), value, None, None)
        for number, value in enumerate(values)
    ]


def chart(
    points: list[Point] | None,
    *,
    point: str = "339038",
    obis: str = IMPORT,
    begin: int = 0,
    end: int = 0,
    scale: str = "DAY",
    zones: int = 1,
) -> dict[str, Any]:
    """Return the inner part of a chart's answer."""
    return {
        "zones": [
            {"index": index, "label": f"Strefa {index + 1}:"} for index in range(zones)
        ],
        "meterObject": obis,
        "unit": "kWh",
        "precision": 5,
        "meterPoint": point,
        "tz": "Europe/Warsaw",
        "mainChartDate": str(begin),
        "mainChartDateTo": str(end),
        "type": scale,
        "mainChart": points,
    }


def enveloped(response: Any, **more: Any) -> dict[str, Any]:
    """Return a whole answer."""
    return {
        "success": True,
        "warning": None,
        "error": None,
        "status": 0,
        "response": response,
        **more,
    }


def metering_point(**more: Any) -> dict[str, Any]:
    """Return a consumer's metering point with one zone."""
    return {
        "id": "339038",
        "name": "Warszawska 1/1",
        "dev": "35166491",
        "tariff": "G11",
        "agreementPoints": [{"code": "590243000000000001", "terminal": None}],
        "lastMeasurements": [
            {"zone": "A+ strefa 1", "value": 51.989, "date": "1791064800000"}
        ],
        "meterObjects": [
            {"obis": IMPORT, "label": "DATA.PANEL.ENERGY.A.PLUS"},
            {"obis": EXPORT, "label": "Energia wyprodukowana"},
        ],
        **more,
    }


@dataclass
class Portal:
    """The answers, and what was asked."""

    points: list[dict[str, Any]] | None = field(
        default_factory=lambda: [metering_point()]
    )
    days: dict[tuple[str, date], list[Point] | None] = field(default_factory=dict)
    """The hours by object and day; a day that is not there has none."""
    months: dict[tuple[str, date], list[Point]] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    login: Callable[[], web.Response] = field(
        default=lambda: web.json_response(enveloped(None))
    )
    status: Callable[[], web.Response] = field(
        default=lambda: web.json_response(enveloped(None))
    )
    intercept: Callable[[Mapping[str, str]], Answer] = field(default=lambda _: None)
    """May give another answer to a call for data, by its query."""
    zones: int = 1
    echo: dict[str, Any] = field(default_factory=dict)
    """What charts say of themselves that is not so."""
    calls: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer a request."""
        name = request.path.rpartition("/")[2]
        self.calls.append((name, request.query))
        if name == "SessionStatus":
            answer = self.status()
            answer.set_cookie("JSESSIONID", f"session-{len(self.calls)}")
            return answer
        if name == "UserLogin":
            return self.login()
        if answer_instead := self.intercept(request.query):
            return answer_instead
        if name == "data":
            return web.json_response(
                enveloped({"meterPoints": self.points, **self.data})
            )
        return web.json_response(enveloped(self._chart(request.query)))

    def asked(self, name: str) -> list[Mapping[str, str]]:
        """Return the queries of the calls of one kind."""
        return [query for called, query in self.calls if called == name]

    def asked_days(self, obis: str = IMPORT) -> list[date]:
        """Return the days that were asked for, in turn."""
        return [
            day_of(query)
            for query in self.asked("mchart")
            if query["type"] == "DAY" and query["meterObject"] == obis
        ]

    def _chart(self, query: Mapping[str, str]) -> dict[str, Any]:
        key = query["meterObject"], day_of(query)
        stock = self.days if query["type"] == "DAY" else self.months
        points = stock.get(key, []) if query["type"] != "YEAR" else []
        begin = int(query["mainChartDate"])
        answer = chart(
            points,
            point=query["meterPoint"],
            obis=query["meterObject"],
            begin=begin,
            end=milliseconds(key[1] + timedelta(days=1)),
            scale=query["type"],
            zones=self.zones,
        )
        return answer | self.echo


def day_of(query: Mapping[str, str]) -> date:
    """Return the day on which the chart begins that a call asks for."""
    instant = datetime.fromtimestamp(int(query["mainChartDate"]) / 1000, UTC)
    return instant.astimezone(WARSAW).date()
