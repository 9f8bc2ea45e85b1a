"""The simulated OneMeter cloud: its payloads, errors and queries."""

from datetime import UTC, datetime, timedelta
import itertools
import json
from pathlib import Path
from typing import Any

from homeassistant.util.yaml import parse_yaml
import pytest

from tests.simulator import Flow, MovableClock, Simulator
from tests.simulator.onemeter import OneMeterApi

from .conftest import INSTALLED, NOW, Client

# Published documents and recorded answers that are no part of the project.
DOCUMENTS = Path(__file__).parents[3] / "shared"
SPEC = DOCUMENTS / "specs" / "onemeter.openapi.yaml"
RECORDED = DOCUMENTS / "fixtures" / "onemeter" / "device.json"
UNAUTHORIZED = {
    "status": "error",
    "error": "Unauthorized",
    "message": "Authorization failed",
    "statusCode": 401,
}


def _date(row: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(row["date"])


async def test_the_list_has_both_devices_whole(client: Client) -> None:
    for path in ("/devices/", "/devices"):
        status, body = await client.get(path)
        assert status == 200
        assert [device["_id"] for device in body["devices"]] == [
            client.prosumer,
            client.consumer,
        ]
        assert all(
            "1_8_0" in device["lastReading"]["OBIS"] for device in body["devices"]
        )
    _, detail = await client.get(f"/devices/{client.prosumer}")
    assert detail == body["devices"][0]


@pytest.mark.parametrize("key", [None, "", "wrong", "Bearer simulated-onemeter-key"])
async def test_a_bad_key_is_refused(client: Client, key: str | None) -> None:
    for path in (
        "/devices/",
        f"/devices/{client.prosumer}",
        f"/devices/{client.prosumer}/readings",
    ):
        assert await client.get(path, key) == (401, UNAUTHORIZED)


async def test_a_key_sees_its_own_devices(client: Client, simulator: Simulator) -> None:
    api = simulator.vendor("onemeter")
    assert isinstance(api, OneMeterApi)
    api.keys |= {"empty": (), "shared": (client.consumer,)}

    assert await client.get("/devices/", "empty") == (200, {"devices": []})
    assert (await client.get(f"/devices/{client.consumer}", "shared"))[0] == 200
    assert (await client.get(f"/devices/{client.prosumer}", "shared"))[0] == 404


@pytest.mark.parametrize(
    ("path", "status", "error", "message"),
    [
        ("/devices/nonsense", 400, "InvalidQuery", "Invalid UUID"),
        ("/devices/nonsense/readings", 400, "InvalidQuery", "Invalid UUID"),
        ("/devices/00000000-0000-4000-8000-000000000001", 404, "DeviceNotFound", "Device of given UUID not found"),
        ("/devices/{id}/readings?limit=0", 400, "QueryError", "Invalid query parameters"),
        ("/devices/{id}/readings?limit=357121", 400, "QueryError", "Invalid query parameters"),
        ("/devices/{id}/readings?skip=-1", 400, "QueryError", "Invalid query parameters"),
        ("/devices/{id}/readings?sort=asc", 400, "QueryError", "Invalid query parameters"),
        ("/devices/{id}/readings?from=yesterday", 400, "QueryError", "Invalid query parameters"),
        ("/devices/{id}/readings?locale=sv", 400, "QueryError", "Invalid query parameters"),
        ("/devices/{id}/readings?to=2026-10-01T00:00:00Z", 404, "NotFoundError", "No readings found"),
    ],
)  # fmt: skip
async def test_errors_have_the_clouds_words(
    client: Client, path: str, status: int, error: str, message: str
) -> None:
    assert await client.get(path.format(id=client.prosumer)) == (
        status,
        {"status": "error", "error": error, "message": message},
    )


async def test_history_starts_with_the_initial_reading_and_ends_at_the_last(
    client: Client,
) -> None:
    rows = await client.rows(codes="1_8_0")
    _, device = await client.get(f"/devices/{client.prosumer}")

    assert _date(rows[0]) == INSTALLED
    assert rows[0]["1_8_0"] == device["initialReading"]["OBIS"]["1_8_0"]
    assert rows[-1] == {
        "date": device["lastReading"]["date"],
        "1_8_0": device["lastReading"]["OBIS"]["1_8_0"],
    }
    gaps = {_date(after) - _date(row) for row, after in itertools.pairwise(rows[1:])}
    assert gaps == {timedelta(minutes=15)}


async def test_registers_follow_the_house(client: Client, simulator: Simulator) -> None:
    house = simulator.vendor("onemeter").house(client.prosumer)
    rows = await client.rows()
    first, last = rows[1], rows[-1]
    span = (_date(first), _date(last))

    for code, flow, channel in (
        ("1_8_0", Flow.GRID_IMPORT, "total"),
        ("1_8_1", Flow.GRID_IMPORT, "zone1"),
        ("1_8_2", Flow.GRID_IMPORT, "zone2"),
        ("2_8_0", Flow.GRID_EXPORT, "total"),
        ("5_8_0", Flow.REACTIVE_Q1, "total"),
        ("8_8_0", Flow.REACTIVE_Q4, "total"),
    ):
        grown = last[code] - first[code]
        assert grown > 0.1
        assert grown == pytest.approx(house.energy(flow, *span, channel), abs=0.0101)
    assert last["15_8_0"] - first["15_8_0"] == pytest.approx(
        last["1_8_0"] - first["1_8_0"] + last["2_8_0"] - first["2_8_0"], abs=0.03
    )
    assert last["16_7_0"] == round(house.net_power(_date(last)) / 1000, 2)


async def test_pages_join_to_the_whole(client: Client) -> None:
    span = {"from": "2026-10-24T22:00:00.000Z", "to": "2026-10-25T23:00:00.000Z"}
    whole = await client.rows(**span, codes="1_8_0,2_8_0")

    assert len(whole) == 25 * 4 + 1
    pages = [
        row
        for skip in range(0, 120, 40)
        for row in await client.rows(**span, columns="1_8_0,2_8_0", skip=skip, limit=40)
    ]
    assert pages == whole
    assert (
        await client.rows(**span, codes="1_8_0,2_8_0", sort="descending") == whole[::-1]
    )
    assert set(whole[0]) == {"date", "1_8_0", "2_8_0"}


async def test_meta_describes_the_codes_but_miscounts(client: Client) -> None:
    _, body = await client.get(f"/devices/{client.consumer}/readings", limit=3)

    assert body["meta"]["keys"] == ["1_8_0", "2_8_0"]
    assert body["meta"]["OBIS"]["1_8_0"]["unit"] == "kWh"
    assert body["meta"]["range"]["from"] == body["readings"][0]["date"]
    assert body["meta"]["count"] != len(body["readings"]) == 3


async def test_a_reading_appears_soon_after_its_quarter(
    client: Client, clock: MovableClock
) -> None:
    clock.at = datetime(2026, 10, 27, 12, 15, tzinfo=UTC)
    _, before = await client.get(f"/devices/{client.prosumer}")
    clock.advance(timedelta(seconds=30))
    _, after = await client.get(f"/devices/{client.prosumer}")

    assert before["lastReading"]["date"] == "2026-10-27T12:00:00.000Z"
    assert after["lastReading"]["date"] == "2026-10-27T12:15:00.000Z"
    assert after["lastReading"]["updatedAt"]["1_8_0"] == "2026-10-27T12:15:00.000Z"
    assert "0_9_1" not in after["lastReading"]["updatedAt"]


async def test_usage_is_what_the_register_grew(client: Client) -> None:
    _, device = await client.get(f"/devices/{client.prosumer}")
    last, initial = (
        device[name]["OBIS"]["1_8_0"] for name in ("lastReading", "initialReading")
    )

    assert device["usage"]["thisMonth"] == pytest.approx(last - initial, abs=0.011)
    assert device["usage"]["fullTime"] == device["usage"]["thisMonth"]
    assert device["usage"]["previousMonth"] is None
    assert device["usage"]["projection"] > device["usage"]["thisMonth"]
    assert device["production"]["lastHour"] is not None


async def test_the_consumer_reports_no_production(client: Client) -> None:
    _, device = await client.get(f"/devices/{client.consumer}")

    assert device["negativeEnergyExists"] is False
    assert set(device["production"].values()) == {None}
    assert not {"1_8_1", "15_8_0", "16_7_0"} & set(device["lastReading"]["OBIS"])


async def test_truth_is_every_full_hour_that_was_published(
    client: Client, simulator: Simulator
) -> None:
    truth = simulator.truth("onemeter", client.prosumer)
    house = simulator.vendor("onemeter").house(client.prosumer)

    assert set(truth) == {
        ("grid_import", "total"),
        ("grid_import", "zone1"),
        ("grid_import", "zone2"),
        ("grid_export", "total"),
    }
    assert set(simulator.truth("onemeter", client.consumer)) == {
        ("grid_import", "total")
    }
    for (quantity, channel), hours in truth.items():
        starts = list(hours)
        assert starts[0] == INSTALLED.replace(minute=0, second=0)
        assert starts[-1] == NOW.replace(hour=11, minute=0)
        assert len(starts) == (starts[-1] - starts[0]) // timedelta(hours=1) + 1
        assert not any(hour.estimated for hour in hours.values())
        assert sum(hour.kwh for hour in hours.values()) == pytest.approx(
            house.energy(quantity, INSTALLED, NOW.replace(minute=0), channel)
        )


@pytest.mark.skipif(not RECORDED.exists(), reason="the recorded answer is not here")
async def test_a_device_has_the_shape_of_a_recorded_one(client: Client) -> None:
    recorded = json.loads(RECORDED.read_text())
    _, device = await client.get(f"/devices/{client.prosumer}")

    assert not _differences(recorded, device)


def _differences(recorded: Any, simulated: Any, path: str = "") -> list[str]:
    """Return where a simulated answer lacks a field, or has one of another type."""
    if recorded is None or simulated is None:
        return []
    if isinstance(recorded, dict) and isinstance(simulated, dict):
        missing = recorded.keys() - simulated.keys() - {"shortcode"}
        found = [f"{path}.{key} is missing" for key in missing]
        for key in recorded.keys() & simulated.keys():
            found += _differences(recorded[key], simulated[key], f"{path}.{key}")
        return found
    numbers = (int, float)
    alike = type(recorded) is type(simulated) or (
        isinstance(recorded, numbers) and isinstance(simulated, numbers)
    )
    return [] if alike else [f"{path} is {simulated!r}, not {recorded!r}"]


@pytest.mark.skipif(not SPEC.exists(), reason="the API document is not here")
async def test_answers_follow_the_api_document(client: Client) -> None:
    document: Any = parse_yaml(SPEC.read_text())
    schemas = document["components"]["schemas"]
    for path, name in (
        ("/devices/", "device-response"),
        (f"/devices/{client.prosumer}", "device"),
        (f"/devices/{client.prosumer}/readings", "readings-response"),
        ("/devices/nonsense", "error-response"),
    ):
        _, body = await client.get(path, limit=9)
        assert not _violations(schemas[name], body, schemas)
    assert _violations(schemas["error-response"], {"error": 1}, schemas)


# Real devices have texts where the document has numbers, nulls in places, and rows
# whose keys are codes, not the placeholder `obis-name`.
WRONG_IN_THE_DOCUMENT = ("idNumber", "0_0_0", "obis-name", "previousMonth")
TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
}


def _violations(
    schema: dict[str, Any], value: Any, schemas: dict[str, Any]
) -> list[str]:
    if reference := schema.get("$ref"):
        schema = schemas[reference.rpartition("/")[2]] | {
            key: part for key, part in schema.items() if key != "$ref"
        }
    if value is None:
        return []
    if not isinstance(value, TYPES.get(schema.get("type", "any"), object)):
        return [f"{value!r} is not of type {schema['type']}"]
    found = []
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{value!r} is none of {schema['enum']}")
    if isinstance(value, dict):
        found += [
            f"{key} is missing"
            for key in schema.get("required", ())
            if key not in value and key not in WRONG_IN_THE_DOCUMENT
        ]
        for key, part in schema.get("properties", {}).items():
            if key in value and key not in WRONG_IN_THE_DOCUMENT:
                found += [
                    f"{key}: {text}" for text in _violations(part, value[key], schemas)
                ]
    if isinstance(value, list):
        for item in value:
            found += _violations(schema.get("items", {}), item, schemas)
    return found
