"""The answers have the fields and types of the API's published document."""

from pathlib import Path
from typing import Any

from homeassistant.util.yaml import parse_yaml
import pytest

from .conftest import CHARGER, EVERYTHING, MICROS, NO_BATTERY, CloudClient

DOCUMENT = Path(__file__).parents[4] / "shared" / "specs" / "enphase_cloud.openapi.yaml"
pytestmark = pytest.mark.skipif(
    not DOCUMENT.exists(), reason="the API document is not here"
)
PATHS = (
    "",
    "/{system_id}",
    "/{system_id}/summary",
    "/{system_id}/devices",
    "/{system_id}/production_meter_readings",
    "/{system_id}/rgm_stats",
    "/{system_id}/energy_lifetime",
    "/{system_id}/consumption_lifetime",
    "/{system_id}/battery_lifetime",
    "/{system_id}/energy_import_lifetime",
    "/{system_id}/energy_export_lifetime",
    "/{system_id}/telemetry/production_micro",
    "/{system_id}/telemetry/production_meter",
    "/{system_id}/telemetry/consumption_meter",
    "/{system_id}/telemetry/battery",
    "/{system_id}/energy_import_telemetry",
    "/{system_id}/energy_export_telemetry",
    "/{system_id}/latest_telemetry",
    "/{system_id}/ev_charger/devices",
    "/{system_id}/ev_charger/{serial_no}/telemetry",
    "/{system_id}/ev_charger/{serial_no}/lifetime",
    "/{system_id}/ev_charger/{serial_no}/sessions",
)
# Recorded answers have epoch seconds in place of the date, and days in a list.
WRONG_IN_THE_DOCUMENT = {
    "interconnect_date",
    "/{system_id}/ev_charger/{serial_no}/lifetime.consumption",
}
SOME_ONLY = {"start_at", "end_at", "start_date", "end_date", "meter_start_date"}
TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
}


@pytest.fixture(scope="module")
def document() -> Any:
    return parse_yaml(DOCUMENT.read_text())


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("system", [EVERYTHING, NO_BATTERY])
async def test_answers_follow_the_document(
    cloud: CloudClient, document: Any, path: str, system: str
) -> None:
    if system == NO_BATTERY and ("battery" in path or "ev_charger" in path):
        system = EVERYTHING
    query = {}
    if path.endswith("}/lifetime"):
        query["start_date"] = "20261020"
    elif path.endswith("energy_lifetime"):
        query["production"] = "all"
    body = await cloud.get(path.format(system_id=system, serial_no=CHARGER), **query)
    schema, example = _answer_of(document, path)
    assert not _violations(document, schema, body, path)
    if example and path != "/{system_id}/devices":
        # A document's example says what is there; two of the dates are by wish.
        assert example.keys() - SOME_ONLY <= body.keys()


async def test_devices_have_the_fields_of_the_example(
    cloud: CloudClient, document: Any
) -> None:
    body = await cloud.get(f"/{EVERYTHING}/devices")
    _, example = _answer_of(document, "/{system_id}/devices")
    for kind, devices in body["devices"].items():
        fields = set.intersection(*(set(each) for each in example["devices"][kind]))
        for device in devices:
            assert fields - {"cellular_modem"} <= device.keys()


async def test_micros_list_follows_the_document(
    cloud: CloudClient, document: Any
) -> None:
    path = "/inverters_summary_by_envoy_or_site"
    schema, _ = _answer_of(document, path)
    body = await cloud.get(path, site_id=MICROS)
    assert not _violations(document, schema, body, path)


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        ("", {"total": "3"}),
        ("/{system_id}/telemetry/battery", {"intervals": [{"charge": 1}]}),
        ("/{system_id}/energy_import_telemetry", {"intervals": [{"end_at": 1}]}),
    ],
)
async def test_the_document_is_strict(
    document: Any, path: str, wrong: dict[str, Any]
) -> None:
    schema, _ = _answer_of(document, path)
    assert _violations(document, schema, wrong, path)


def _answer_of(document: Any, path: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the schema of an answer, and an example of it, empty if there is none."""
    operation = document["paths"][f"/api/v4/systems{path}"]["get"]
    (content,) = operation["responses"]["200"]["content"].values()
    examples = [each["value"] for each in content.get("examples", {}).values()]
    return content["schema"], next(iter(examples), content.get("example", {}))


def _violations(
    document: Any, schema: dict[str, Any], value: Any, path: str
) -> list[str]:
    for part in schema.get("allOf", ()):
        schema = part | schema
    if reference := schema.get("$ref"):
        schema = document["components"]["schemas"][reference.rpartition("/")[2]]
    if value is None:
        return []
    if not isinstance(value, TYPES.get(schema.get("type", "any"), object)):
        return [f"{path} is {value!r}, not of type {schema['type']}"]
    found = []
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{path} is {value!r}, none of {schema['enum']}")
    if isinstance(value, dict):
        for key, part in schema.get("properties", {}).items():
            below = f"{path}.{key}"
            if key in value and not {key, below} & WRONG_IN_THE_DOCUMENT:
                found += _violations(document, part, value[key], below)
    if isinstance(value, list):
        if "properties" in schema.get("items", {}) and not all(
            isinstance(each, dict) for each in value
        ):
            found.append(f"{path} has other elements than objects")
        for each in value:
            found += _violations(document, schema.get("items", {}), each, path)
    return found
