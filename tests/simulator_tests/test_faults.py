"""Every fault is seen by a client over real HTTP, and ends when it should."""

import asyncio
from datetime import timedelta
from email.utils import parsedate_to_datetime
import json
import time

from aiohttp import ClientError, ClientTimeout, ServerDisconnectedError
import pytest

from tests.simulator import Fault, FaultKind, MovableClock, Simulator

from .conftest import NOW, Client

QUICK = ClientTimeout(total=0.2)
KEY = {"Authorization": "simulated-onemeter-key"}


def _fault(kind: FaultKind, **more: object) -> Fault:
    return Fault(kind, "onemeter", **more)  # type: ignore[arg-type]


async def _raw(
    client: Client, path: str = "/devices/"
) -> tuple[int, str, dict[str, str]]:
    async with client.session.get(
        client.url + path, headers=KEY, timeout=QUICK, allow_redirects=False
    ) as answer:
        return answer.status, await answer.text(), dict(answer.headers)


async def test_status_with_body_and_headers(
    client: Client, simulator: Simulator
) -> None:
    simulator.add(
        _fault(
            FaultKind.STATUS,
            status=302,
            body="elsewhere",
            headers={"Location": "http://127.0.0.1:1/"},
        )
    )
    status, text, headers = await _raw(client)

    assert (status, text) == (302, "elsewhere")
    assert headers["Location"] == "http://127.0.0.1:1/"


async def test_a_fault_counts_down(client: Client, simulator: Simulator) -> None:
    simulator.add(_fault(FaultKind.STATUS, status=500, times=2))

    assert [(await _raw(client))[0] for _ in range(3)] == [500, 500, 200]
    assert not simulator.active


async def test_a_fault_keeps_to_its_path(client: Client, simulator: Simulator) -> None:
    simulator.add(_fault(FaultKind.STATUS, path="/api/devices/*/readings"))

    assert (await _raw(client))[0] == 200
    assert (await _raw(client, f"/devices/{client.prosumer}"))[0] == 200
    assert (await _raw(client, f"/devices/{client.prosumer}/Readings"))[0] == 503


async def test_a_fault_keeps_to_its_time(
    client: Client, simulator: Simulator, clock: MovableClock
) -> None:
    hour = timedelta(hours=1)
    simulator.add(_fault(FaultKind.STATUS, since=NOW + hour, until=NOW + 2 * hour))
    seen = []
    for _ in range(3):
        seen.append((await _raw(client))[0])
        clock.advance(hour)

    assert seen == [200, 503, 200]


async def test_clearing_ends_a_fault(client: Client, simulator: Simulator) -> None:
    simulator.add(_fault(FaultKind.STATUS))
    simulator.clear("another")
    assert (await _raw(client))[0] == 503
    simulator.clear("onemeter")
    assert (await _raw(client))[0] == 200


async def test_timeout(client: Client, simulator: Simulator) -> None:
    simulator.add(_fault(FaultKind.TIMEOUT, times=1))

    with pytest.raises(asyncio.TimeoutError):
        await _raw(client)
    assert (await _raw(client))[0] == 200
    assert [call.status for call in simulator.calls("onemeter")] == [None, 200]


async def test_dropped_connection(client: Client, simulator: Simulator) -> None:
    simulator.add(_fault(FaultKind.DROP))

    with pytest.raises((ServerDisconnectedError, ClientError)):
        await _raw(client)


async def test_a_page_instead_of_json(client: Client, simulator: Simulator) -> None:
    simulator.add(_fault(FaultKind.HTML))
    status, text, headers = await _raw(client)

    assert status == 200
    assert "<html>" in text
    assert headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("kind", [FaultKind.TRUNCATED, FaultKind.MALFORMED])
async def test_broken_json(
    client: Client, simulator: Simulator, kind: FaultKind
) -> None:
    simulator.add(_fault(kind))
    status, text, headers = await _raw(client)

    assert status == 200
    assert headers["Content-Type"].startswith("application/json")
    with pytest.raises(json.JSONDecodeError):
        json.loads(text)


async def test_an_answer_without_end(client: Client, simulator: Simulator) -> None:
    simulator.add(_fault(FaultKind.OVERSIZED))
    size = 0
    async with client.session.get(client.url + "/devices/", headers=KEY) as answer:
        async for chunk in answer.content.iter_any():
            size += len(chunk)
            if size > 20 * 1024 * 1024:
                break

    assert size > 20 * 1024 * 1024


async def test_an_expired_key(client: Client, simulator: Simulator) -> None:
    simulator.add(_fault(FaultKind.EXPIRED))
    status, body = await client.get("/devices/")

    assert status == 401
    assert body["message"] == "Authorization failed"


@pytest.mark.parametrize(("seconds", "header"), [(None, None), (120, "120")])
async def test_rate_limit(
    client: Client, simulator: Simulator, seconds: float | None, header: str | None
) -> None:
    simulator.add(_fault(FaultKind.RATE_LIMIT, seconds=seconds))
    status, _, headers = await _raw(client)

    assert status == 429
    assert headers.get("Retry-After") == header


async def test_rate_limit_until_a_date(client: Client, simulator: Simulator) -> None:
    simulator.add(_fault(FaultKind.RATE_LIMIT_DATE, seconds=90))
    _, _, headers = await _raw(client)

    assert parsedate_to_datetime(headers["Retry-After"]) == NOW + timedelta(seconds=90)


async def test_pace_is_kept_by_key(
    client: Client, simulator: Simulator, clock: MovableClock
) -> None:
    simulator.add(_fault(FaultKind.PACE, seconds=60))

    assert (await client.get("/devices/"))[0] == 200
    clock.advance(timedelta(seconds=45))
    status, _, headers = await _raw(client)
    assert (status, headers["Retry-After"]) == (429, "15")
    assert (await client.get("/devices/", "another"))[0] == 401
    clock.advance(timedelta(seconds=15))
    assert (await client.get("/devices/"))[0] == 200


async def test_fields_are_spoiled(client: Client, simulator: Simulator) -> None:
    simulator.add(
        _fault(FaultKind.MISSING_FIELD, fields=("devices.*.lastReading.OBIS",))
    )
    simulator.add(_fault(FaultKind.NULL_FIELD, fields=("usage",)))
    simulator.add(
        _fault(
            FaultKind.REPLACED_FIELD, fields=("devices.1.info.name",), value={"odd": []}
        )
    )
    _, body = await client.get("/devices/")
    first, second = body["devices"]

    assert "OBIS" not in first["lastReading"]
    assert "OBIS" in first["initialReading"]
    assert first["usage"] is second["usage"] is None
    assert first["info"]["name"] == "House 1"
    assert second["info"]["name"] == {"odd": []}


async def test_a_register_is_taken_out_of_one_row(
    client: Client, simulator: Simulator
) -> None:
    simulator.add(_fault(FaultKind.MISSING_FIELD, fields=("readings.2.1_8_0",)))
    rows = await client.rows(codes="1_8_0", limit=4)

    assert [set(row) for row in rows] == [{"date", "1_8_0"}] * 2 + [{"date"}] + [
        {"date", "1_8_0"}
    ]


async def test_calls_are_logged_with_key_path_and_time(
    client: Client, simulator: Simulator, clock: MovableClock
) -> None:
    await client.get("/devices/", "another")
    clock.advance(timedelta(minutes=1))
    await client.rows(limit=1)
    first, second = simulator.calls("onemeter")

    assert (first.at, first.credential, first.path, first.status) == (
        NOW, "another", "/api/devices/", 401,
    )  # fmt: skip
    assert (second.at, second.query, second.status) == (clock.at, {"limit": "1"}, 200)
    assert simulator.calls("onemeter", "*/readings") == [second]
    assert simulator.calls("onemeter", credential="another") == [first]


async def test_a_simulator_ends_at_once_though_a_request_is_never_answered(
    clock: MovableClock, client: Client
) -> None:
    async with Simulator(clock=clock) as simulator:
        simulator.add(_fault(FaultKind.TIMEOUT))
        url = simulator.url("onemeter") + "/devices/"
        waiting = asyncio.create_task(
            client.session.get(url, timeout=ClientTimeout(total=30))
        )
        await asyncio.wait([waiting], timeout=0.2)
        assert [call.status for call in simulator.calls("onemeter")] == [None]
        began = time.monotonic()

    assert time.monotonic() - began < 2
    with pytest.raises(ClientError):
        await waiting
