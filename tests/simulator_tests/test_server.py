"""The control API and the command line."""

import asyncio
from datetime import timedelta
import json
from pathlib import Path
import signal
import sys
from typing import Any

from aiohttp import ClientSession
import pytest

from tests.simulator import Simulator

from .conftest import INSTALLED, NOW, Client


async def _control(
    client: Client, simulator: Simulator, path: str, **query: str
) -> tuple[int, Any]:
    async with client.session.get(
        f"{simulator.control_url}/control/{path}", params=query
    ) as answer:
        return answer.status, await (answer.json() if answer.ok else answer.text())


async def test_faults_are_switched_on_and_off(
    client: Client, simulator: Simulator
) -> None:
    faults = simulator.control_url + "/control/faults"
    for trouble in (
        {"kind": "status", "vendor": "onemeter", "status": 502},
        {
            "type": "distortion",
            "kind": "gap",
            "vendor": "onemeter",
            "start": (NOW - timedelta(days=1)).isoformat(),
            "end": NOW.isoformat(),
            "quantities": ["grid_import"],
        },
    ):
        async with client.session.post(faults, json=trouble) as answer:
            assert answer.status == 201
    assert await _control(client, simulator, "faults") == (
        200,
        {
            "1": {"kind": "status", "vendor": "onemeter"},
            "2": {"kind": "gap", "vendor": "onemeter"},
        },
    )
    async with client.session.get(client.url + "/devices/") as answer:
        assert answer.status == 502
    async with client.session.delete(faults, params={"vendor": "onemeter"}) as answer:
        assert answer.status == 204
    assert (await client.get("/devices/"))[0] == 200


@pytest.mark.parametrize(
    "trouble",
    [
        {"kind": "nonsense", "vendor": "onemeter"},
        {"kind": "status", "vendor": "nobody"},
        {"kind": "status", "vendor": "onemeter", "colour": "red"},
        {"type": "distortion", "kind": "gap", "vendor": "onemeter", "start": "soon"},
    ],
)
async def test_nonsense_is_refused(
    client: Client, simulator: Simulator, trouble: dict[str, str]
) -> None:
    url = simulator.control_url + "/control/faults"
    async with client.session.post(url, json=trouble) as answer:
        assert answer.status == 422
    assert not simulator.active


async def test_truth_house_calls_and_vendors(
    client: Client, simulator: Simulator
) -> None:
    meter = {"vendor": "onemeter", "meter": client.prosumer}
    since = NOW.replace(hour=0, minute=0)
    await client.get("/devices/")
    _, truth = await _control(
        client, simulator, "truth", **meter, since=since.isoformat()
    )
    _, house = await _control(
        client, simulator, "house", **meter, start=since.isoformat(), end=NOW.replace(minute=0).isoformat()
    )  # fmt: skip
    _, calls = await _control(client, simulator, "calls", vendor="onemeter")
    _, vendors = await _control(client, simulator, "vendors")

    hours = truth["series"]["grid_import"]["total"]
    assert truth["now"] == NOW.isoformat()
    assert [hours[0]["start"], len(hours)] == [since.isoformat(), 12]
    assert sum(hour["kwh"] for hour in hours) == pytest.approx(house["grid_import"])
    assert house["grid_import"] > 0
    assert [(call["path"], call["status"]) for call in calls] == [
        ("/api/devices/", 200)
    ]
    assert vendors["onemeter"] == {
        "url": client.url,
        "credentials": {"api_key": "simulated-onemeter-key"},
        "meters": [client.prosumer, client.consumer],
    }


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("truth", {"vendor": "nobody"}, 404),
        ("truth", {"vendor": "onemeter", "meter": "none"}, 404),
        ("house", {"vendor": "onemeter", "start": "soon"}, 422),
        ("house", {"vendor": "onemeter", "start": "2026-10-01T00:00:00"}, 422),
        ("house", {"vendor": "onemeter"}, 422),
    ],
)
async def test_bad_questions(
    client: Client, simulator: Simulator, path: str, query: dict[str, str], status: int
) -> None:
    if status == 422:
        query = query | {"meter": client.prosumer}
    assert (await _control(client, simulator, path, **query))[0] == status


async def test_unknown_meters_have_no_house(simulator: Simulator) -> None:
    with pytest.raises(KeyError):
        simulator.vendor("onemeter").house("none")
    with pytest.raises(KeyError):
        simulator.truth("onemeter", "none")


async def test_it_runs_alone(socket_enabled: None) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.simulator", "--installed", INSTALLED.isoformat(),
        cwd=Path(__file__).parents[2], stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        async with asyncio.timeout(20):
            ready = json.loads(await process.stdout.readline())
            async with (
                ClientSession() as session,
                session.get(ready["control"] + "/control/vendors") as answer,
            ):
                vendors = await answer.json()
            process.send_signal(signal.SIGTERM)
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert ready["vendors"]["onemeter"]["url"] == vendors["onemeter"]["url"]
    assert ready["vendors"]["onemeter"]["credentials"] == {
        "api_key": "simulated-onemeter-key"
    }
