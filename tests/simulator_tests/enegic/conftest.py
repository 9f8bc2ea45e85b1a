"""A client that is signed in to the simulated Enegic cloud."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import ClientSession
import pytest

from tests.simulator import Simulator
from tests.simulator.enegic import EnegicApi


@dataclass(frozen=True, slots=True)
class Point:
    """A minute of history."""

    begin: datetime
    """The instant that the label stands for."""
    data: dict[str, Any]

    @property
    def end(self) -> datetime:
        """The instant at which the registers were read."""
        return self.begin + timedelta(minutes=1)


@dataclass(slots=True)
class EnegicClient:
    """Asks the simulated Enegic cloud."""

    session: ClientSession
    url: str
    api: EnegicApi
    token: str | None = None

    @property
    def prosumer(self) -> str:
        """The meter of the first house."""
        return self.api.meter_ids[0]

    @property
    def consumer(self) -> str:
        """The meter of the second house."""
        return self.api.meter_ids[1]

    async def ask(
        self, path: str, body: Any = None, *, verb: str = "PUT", **more: Any
    ) -> tuple[int, Any]:
        """Return status and JSON of a path; None in its place where there is none."""
        headers = {} if self.token is None else {"X-Authorization": self.token}
        async with self.session.request(
            verb, self.url + path, json=body, headers=headers, **more
        ) as answer:
            if answer.content_type != "application/json":
                return answer.status, None
            return answer.status, await answer.json()

    async def sign_in(self) -> Any:
        """Sign in and keep the token; return the answer."""
        status, answer = await self.ask("/createtoken", dict(self.api.credentials))
        assert status == 200
        self.token = answer["TokenInfo"]["Token"]
        return answer

    async def packets(self, meter: str | None = None) -> dict[str, Any]:
        """Return the latest packets of a meter, the prosumer's if not given."""
        status, entries = await self.ask("/getlatestpackets", {})
        assert status == 200
        wanted = int(meter or self.prosumer)
        [packets] = [e["LatestPackets"] for e in entries if e["ItemId"] == wanted]
        return dict(packets)

    async def groups(
        self, start: datetime, end: datetime, meter: str | None = None
    ) -> list[Any]:
        """Return the history between two instants as it is answered."""
        status, groups = await self.ask(
            "/getphasedata",
            {
                "itemId": int(meter or self.prosumer),
                "startTime": _naive_utc(start),
                "endTime": _naive_utc(end),
            },
        )
        assert status == 200
        return list(groups)

    async def points(
        self, start: datetime, end: datetime, meter: str | None = None
    ) -> list[Point]:
        """Return the history between two instants, hour by hour."""
        zone = ZoneInfo(self.api.meters[meter or self.prosumer].timezone)
        points = []
        while start < end:
            until = min(start + timedelta(hours=1), end)
            for group in await self.groups(start, until, meter):
                for each in group["data"]:
                    label = datetime.fromisoformat(each["ts"])
                    instants = {
                        label.replace(tzinfo=zone, fold=fold).astimezone(UTC)
                        for fold in (0, 1)
                    }
                    [begin] = [at for at in instants if start <= at < until]
                    points.append(Point(begin, each["data"]))
            start = until
        return points


def _naive_utc(at: datetime) -> str:
    return at.astimezone(UTC).replace(tzinfo=None).isoformat()


@pytest.fixture
async def enegic(simulator: Simulator) -> AsyncGenerator[EnegicClient]:
    """Return a client with a token."""
    api = simulator.vendor("enegic")
    assert isinstance(api, EnegicApi)
    async with ClientSession() as session:
        client = EnegicClient(session, simulator.url("enegic"), api)
        await client.sign_in()
        yield client
