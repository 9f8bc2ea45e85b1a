"""The cloud, and an application that may read it."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientSession
import pytest

from tests.simulator import Simulator
from tests.simulator.enphase_cloud import App, EnphaseCloudApi

EVERYTHING = "698910101"
MICROS = "698910102"
NO_BATTERY = "698910103"
CHARGER = "202312101001"


@dataclass(slots=True)
class CloudClient:
    """Asks the simulated cloud with a key and a token."""

    session: ClientSession
    url: str
    key: str
    token: str

    async def ask(self, path: str, **query: str | int) -> tuple[int, Any]:
        """Return status and JSON of what follows `/systems`."""
        return await self.request("GET", path, query)

    async def request(
        self, method: str, path: str, query: Mapping[str, str | int]
    ) -> tuple[int, Any]:
        """Return status and JSON of what follows `/systems`, by any verb."""
        headers = {"key": self.key, "Authorization": f"Bearer {self.token}"}
        async with self.session.request(
            method, f"{self.url}/api/v4/systems{path}", headers=headers, params=query
        ) as answer:
            of_chargers = "/ev_charger/" in path and "API key" not in (
                await answer.text()
            )
            assert answer.content_type == (
                "application/octet-stream" if of_chargers else "application/json"
            )
            return answer.status, await answer.json(content_type=None)

    async def get(self, path: str, **query: str | int) -> Any:
        """Return the JSON of a question that is answered."""
        status, body = await self.ask(path, **query)
        assert status == 200, body
        return body


@pytest.fixture
def api(simulator: Simulator) -> EnphaseCloudApi:
    found = simulator.vendor("enphase_cloud")
    assert isinstance(found, EnphaseCloudApi)
    return found


@pytest.fixture
def app(api: EnphaseCloudApi) -> App:
    return api.apps[api.credentials["api_key"]]


@pytest.fixture
async def cloud(
    simulator: Simulator, api: EnphaseCloudApi
) -> AsyncGenerator[CloudClient]:
    token = api.oauth.issue(api.client_id)["access_token"]
    async with ClientSession() as session:
        yield CloudClient(
            session,
            simulator.url("enphase_cloud"),
            api.credentials["api_key"],
            token,
        )
