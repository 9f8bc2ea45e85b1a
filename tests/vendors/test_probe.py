"""The command line, against a simulated cloud in another process's eyes."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
import json
import os
from pathlib import Path
import sys
from typing import Any

import pytest

from tests.simulator import Simulator
from tests.simulator.enphase_cloud import EnphaseCloudApi
from tests.simulator.envoy_local import Ct, EnvoyLocalApi, System

ROOT = Path(__file__).parents[2]
KEY = "simulated-onemeter-key"

# The cloud's pace would make the test take minutes.
WITHOUT_PACE = """
import sys
from datetime import timedelta
from scripts.lib import probe
from custom_components.meter_hub.vendors import endpoints
nowhere = endpoints.Endpoint("http://127.0.0.1:9", pace=timedelta(0))
endpoints.ONEMETER = endpoints.ENPHASE = nowhere
sys.exit(probe.main())
"""

SIMULATED_CLOUD = """
import sys
from datetime import timedelta
from scripts.lib import probe
from custom_components.meter_hub.vendors import endpoints
cloud = endpoints.Endpoint("{url}", pace=timedelta(0))
endpoints.ENLIGHTEN = endpoints.ENTREZ = cloud
sys.exit(probe.main())
"""


@pytest.fixture
async def simulator(socket_enabled: None) -> AsyncIterator[Simulator]:
    installed = datetime.now(UTC) - timedelta(days=40)
    async with Simulator(installed=installed) as simulator:
        yield simulator


@pytest.fixture
def gateway(simulator: Simulator) -> EnvoyLocalApi:
    """Return a gateway with all current transformers, and with batteries."""
    found = simulator.vendor("envoy_local")
    assert isinstance(found, EnvoyLocalApi)
    found.system = System(
        (Ct.PRODUCTION, Ct.NET, Ct.STORAGE), phases=3, batteries=2, controller=True
    )
    return found


async def run(
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    line: str = "",
    program: str = WITHOUT_PACE,
) -> tuple[int | None, str, str]:
    """Run the probe; return its exit status, its output and its errors."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        program,
        *arguments,
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate(line.encode())
    return process.returncode, output.decode(), errors.decode()


async def ask(simulator: Simulator, *command: str) -> list[dict[str, Any]]:
    """Return what the probe says about the simulated account."""
    url = simulator.url("onemeter")
    status, output, errors = await run(
        "onemeter", "--api-key", KEY, "--url", url, *command
    )
    assert (status, errors) == (0, "")
    answer = json.loads(output)
    assert isinstance(answer, list)
    return answer


async def test_meters(simulator: Simulator) -> None:
    meters = await ask(simulator, "meters")
    ids = simulator.vendor("onemeter").meter_ids
    assert [meter["id"] for meter in meters] == [*ids]
    assert all(meter["name"] and meter["active"] for meter in meters)


async def test_read(simulator: Simulator) -> None:
    readings = await ask(simulator, "read")
    imports = [
        reading
        for reading in readings
        if (reading["quantity"], reading["channel"]) == ("grid_import", "total")
    ]
    assert [reading["unit"] for reading in imports] == ["kWh", "kWh"]
    assert all(reading["value"] > 8000 for reading in imports)
    age = datetime.now(UTC) - datetime.fromisoformat(imports[0]["measured_at"])
    assert timedelta(0) < age < timedelta(minutes=16)


async def test_history(simulator: Simulator) -> None:
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    start, end = today - timedelta(days=34), today - timedelta(days=1)
    rows = await ask(
        simulator, "history", "--from", f"{start:%Y-%m-%d}", "--to", end.isoformat()
    )
    meter = simulator.vendor("onemeter").meter_ids[0]
    truth = simulator.truth("onemeter", meter)["grid_import", "total"]
    mine = {
        datetime.fromisoformat(row["start"]): row["energy"]
        for row in rows
        if (row["meter"], row["quantity"], row["channel"])
        == (meter, "grid_import", "total")
    }
    expected = {hour: each for hour, each in truth.items() if start <= hour < end}
    assert mine.keys() == expected.keys()
    assert len(mine) == 33 * 24
    for hour, energy in mine.items():
        assert energy == pytest.approx(expected[hour].kwh, abs=expected[hour].tolerance)


@pytest.mark.parametrize(
    ("arguments", "environment", "line"),
    [
        ((), {"METER_HUB_API_KEY": KEY}, ""),
        (("--api-key", "-"), {}, f"{KEY}\n"),
    ],
    ids=["environment", "standard input"],
)
async def test_the_key_need_not_stand_on_the_command_line(
    simulator: Simulator, arguments: tuple[str], environment: dict[str, str], line: str
) -> None:
    url = ("--url", simulator.url("onemeter"))
    status, output, _ = await run(
        "onemeter", *arguments, *url, "meters", environment=environment, line=line
    )
    assert status == 0
    assert len(json.loads(output)) == 2


async def test_an_error_is_one_line(simulator: Simulator) -> None:
    url = simulator.url("onemeter")
    status, output, errors = await run(
        "onemeter", "--api-key", "wrong-key", "--url", url, "meters"
    )
    assert (status, output) == (1, "")
    assert errors.count("\n") == 1
    assert "invalid_auth" in errors
    assert "wrong-key" not in errors


async def test_a_host_that_is_not_there_is_one_line_too(socket_enabled: None) -> None:
    status, output, errors = await run("onemeter", "--api-key", KEY, "read")
    assert (status, output) == (1, "")
    assert errors == "scripts/probe: cannot_connect: ClientConnectorError\n"


async def test_a_missing_key_is_asked_for(socket_enabled: None) -> None:
    status, output, errors = await run("onemeter", "meters")
    assert (status, output) == (1, "")
    assert errors == "scripts/probe: --api-key is missing\n"


async def ask_gateway(
    gateway: EnvoyLocalApi, cloud: str, *arguments: str
) -> tuple[list[dict[str, Any]], str]:
    """Return what the probe says about a gateway, and the errors."""
    _, output, errors = await run(
        "envoy_local",
        "--host",
        gateway.host,
        *arguments,
        program=SIMULATED_CLOUD.format(url=cloud),
    )
    return json.loads(output or "[]"), errors


async def test_a_gateway_with_a_password(
    simulator: Simulator, gateway: EnvoyLocalApi
) -> None:
    """The cloud gives the token; the gateway's certificate is nobody's."""
    sign_in = gateway.credentials
    meters, errors = await ask_gateway(
        gateway,
        simulator.url("envoy_local", "cloud"),
        *("--username", sign_in["username"]),
        *("--password", sign_in["password"]),
        "meters",
    )
    assert errors == ""
    [serial] = gateway.meter_ids
    kinds = {meter["id"]: meter["kind"] for meter in meters}
    assert kinds[serial] == "gateway"
    assert {kinds[battery] for battery in gateway.battery_ids} == {"battery"}


async def test_a_gateway_with_a_token(gateway: EnvoyLocalApi) -> None:
    """Nothing but the gateway is asked."""
    before = gateway.registers(gateway.meter_ids[0])
    readings, errors = await ask_gateway(
        gateway, "http://127.0.0.1:9", "--token", gateway.tokens.issue(), "read"
    )
    after = gateway.registers(gateway.meter_ids[0])
    assert errors == ""
    told = {
        (reading["quantity"], reading["channel"]): reading["value"]
        for reading in readings
        if reading["meter"] == gateway.meter_ids[0]
    }
    for series, energy in before.items():
        assert energy <= told[series] <= after[series]


async def test_a_gateway_that_knows_nobody_like_this(gateway: EnvoyLocalApi) -> None:
    token = gateway.tokens.issue(serial="122300009999")
    said, errors = await ask_gateway(
        gateway, "http://127.0.0.1:9", "--token", token, "read"
    )
    assert said == []
    assert errors == "scripts/probe: token_foreign\n"


async def test_a_gateway_has_no_history(gateway: EnvoyLocalApi) -> None:
    status, _, errors = await run("envoy_local", "--host", gateway.host, "history")
    assert status == 2
    assert "invalid choice: 'history'" in errors


async def test_a_cloud_that_a_person_lets_the_probe_in(
    simulator: Simulator, tmp_path: Path
) -> None:
    """A code is asked for once where the token is kept."""
    cloud = simulator.vendor("enphase_cloud")
    assert isinstance(cloud, EnphaseCloudApi)
    command = (
        *("enphase_cloud", "--url", simulator.url("enphase_cloud")),
        *("--client-id", cloud.client_id, "--api-key", "-"),
        *("--token-file", str(tmp_path / "token.json"), "meters"),
    )
    environment = {
        "METER_HUB_CLIENT_SECRET": cloud.client_secret,
        "METER_HUB_PLAN": "kilowatt",
    }
    key = cloud.credentials["api_key"]
    said = {}
    for line in (f"{key}\n{cloud.code()}\n", f"{key}\n"):
        status, output, said[line] = await run(
            *command, environment=environment, line=line
        )
        assert status == 0
        assert {meter["id"] for meter in json.loads(output)} == {*cloud.systems}
    first, second = said.values()
    assert f"{simulator.url('enphase_cloud')}/oauth/authorize?" in first
    assert second == ""


async def test_a_cloud_tells_hours_that_are_older_than_usual(
    socket_enabled: None,
) -> None:
    """By itself, Home Assistant would ask for those of the last 90 days."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    start, end = today - timedelta(days=100), today - timedelta(days=98)
    async with Simulator(installed=today - timedelta(days=110)) as simulator:
        cloud = simulator.vendor("enphase_cloud")
        assert isinstance(cloud, EnphaseCloudApi)
        system = next(iter(cloud.systems.values()))
        status, output, errors = await run(
            *("enphase_cloud", "--url", simulator.url("enphase_cloud")),
            *("--client-id", cloud.client_id, "--api-key", "-", "--plan", "megawatt"),
            *("--gateway-serial", system.gateways[0]),
            *("history", "--from", start.isoformat(), "--to", end.isoformat()),
            environment={"METER_HUB_CLIENT_SECRET": cloud.client_secret},
            line=f"{cloud.credentials['api_key']}\n{cloud.code()}\n",
        )
        truth = simulator.truth("enphase_cloud", system.id)["home", "total"]
    assert status == 0, errors
    told = {
        datetime.fromisoformat(row["start"]): row["energy"]
        for row in json.loads(output)
        if (row["meter"], row["quantity"]) == (system.id, "home")
    }
    hours = [hour for hour in truth if start <= hour < end]
    assert len(hours) == 48
    assert told == {hour: pytest.approx(truth[hour].kwh, abs=0.01) for hour in hours}


@pytest.mark.parametrize(
    ("option", "value", "complaint"),
    [
        ("--plan", "gigawatt", "--plan is none of its choices"),
        ("--calls-per-month", "many", "--calls-per-month is no number"),
        ("--api-key", "-", "--client-secret is missing"),
    ],
)
async def test_what_can_not_be_is_said(
    option: str, value: str, complaint: str, socket_enabled: None
) -> None:
    environment = {} if option == "--api-key" else {"METER_HUB_CLIENT_SECRET": "secret"}
    command = ("enphase_cloud", "--client-id", "id", "--api-key", KEY, option, value)
    status, output, errors = await run(*command, "meters", environment=environment)
    assert (status, output) == (1, "")
    assert errors == f"scripts/probe: {complaint}\n"
