"""An app that is signed in to the simulated Mój Licznik."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import ClientSession, CookieJar
import pytest

from tests.simulator import Simulator
from tests.simulator.energa import EnergaApi

WARSAW = ZoneInfo("Europe/Warsaw")
IMPORT = "1-0:1.8.0*255"
EXPORT = "1-0:2.8.0*255"


@dataclass(frozen=True, slots=True)
class App:
    """Asks the simulated portal as the app of a telephone does."""

    session: ClientSession
    url: str
    api: EnergaApi

    @property
    def prosumer(self) -> str:
        """The metering point with two zones and export."""
        return self.api.meter_ids[0]

    @property
    def consumer(self) -> str:
        """The metering point with one zone and without export."""
        return self.api.meter_ids[1]

    async def get(self, path: str, **query: str) -> tuple[int, Any]:
        """Return status and JSON of a path."""
        async with self.session.get(self.url + path, params=query) as answer:
            return answer.status, await answer.json()

    async def log_in(self, **changed: str) -> tuple[int, Any]:
        """Return the answer to a login; an empty change leaves a parameter out."""
        query = {
            "clientOS": "ios",
            "notifyService": "APNs",
            **self.api.credentials,
            "token": "0123456789abcdef" * 4,
        }
        return await self.get(
            "/apihelper/UserLogin",
            **{key: value for key, value in (query | changed).items() if value},
        )

    async def sign_in(self) -> None:
        """Open a session and log in."""
        await self.get("/apihelper/SessionStatus")
        _, body = await self.log_in()
        assert body["success"] is True

    async def chart(
        self,
        meter: str,
        day: date,
        meter_object: str = IMPORT,
        kind: str = "DAY",
    ) -> dict[str, Any]:
        """Return the chart of the period that a local day lies in."""
        midnight = datetime(day.year, day.month, day.day, tzinfo=WARSAW)
        status, body = await self.get(
            "/resources/mchart",
            meterPoint=meter,
            meterObject=meter_object,
            type=kind,
            mainChartDate=str(int(midnight.timestamp()) * 1000),
        )
        assert (status, body["success"]) == (200, True)
        return dict(body["response"])

    async def points(self, meter: str, day: date, *more: str) -> list[dict[str, Any]]:
        """Return the points of such a chart."""
        return list((await self.chart(meter, day, *more))["mainChart"])

    async def user_data(self) -> dict[str, Any]:
        """Return what the portal tells about the account."""
        _, body = await self.get("/resources/user/data")
        return dict(body["response"])


def energa(simulator: Simulator) -> EnergaApi:
    """Return the simulated portal with its switches."""
    api = simulator.vendor("energa")
    assert isinstance(api, EnergaApi)
    return api


@pytest.fixture
async def stranger(simulator: Simulator) -> AsyncGenerator[App]:
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as session:
        yield App(session, simulator.url("energa"), energa(simulator))


@pytest.fixture
async def app(stranger: App) -> App:
    await stranger.sign_in()
    return stranger
