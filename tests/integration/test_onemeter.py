"""OneMeter accounts, and a recorded device, from the flow to what a person sees."""

import json
from pathlib import Path
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.test_util.aiohttp import AiohttpClientMocker

from custom_components.meter_hub.const import DOMAIN
from custom_components.meter_hub.vendors import endpoints

from .conftest import Settle
from .dialogs import assert_readable, choose, shown, submit

RECORDED = (
    Path(__file__).parents[3] / "shared" / "fixtures" / "onemeter" / "device.json"
)
UNIQUE_ID = "onemeter_00000000-0000-4000-8000-000000000001"
KEY = {"api_key": "a-secret-key"}


@pytest.fixture
def device() -> dict[str, Any]:
    """Return the device, where it lies beside this repository."""
    if not RECORDED.exists():
        pytest.skip("the recorded device is not there")
    body: dict[str, Any] = json.loads(RECORDED.read_text())
    return body


async def to_the_last_step(
    hass: HomeAssistant, aioclient_mock: AiohttpClientMocker, device: dict[str, Any]
) -> ConfigFlowResult:
    """Sign in to an account with this device, which has no history."""
    url = endpoints.ONEMETER.url
    aioclient_mock.get(f"{url}/devices/", json={"devices": [device]})
    aioclient_mock.get(
        f"{url}/devices/{device['_id']}/readings",
        status=404,
        json={"error": "NotFoundError", "message": "No readings found"},
    )
    finish = await submit(hass, await choose(hass, "onemeter"), KEY)
    assert finish["step_id"] == "finish"
    return finish


async def test_case_02_the_recorded_device_is_shown(
    hass: HomeAssistant,
    aioclient_mock: AiohttpClientMocker,
    freezer: FrozenDateTimeFactory,
    settle: Settle,
    device: dict[str, Any],
    device_registry: dr.DeviceRegistry,
    entity_registry: er.EntityRegistry,
) -> None:
    """A person sees few entities, and finds the others in the registry."""
    freezer.move_to("2024-05-23T07:01:30+00:00")
    finish = await to_the_last_step(hass, aioclient_mock, device)
    assert (finish["description_placeholders"] or {})["notices"] == ""

    result = await hass.config_entries.flow.async_configure(finish["flow_id"], {})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await settle()

    account = "sensor.onemeter_home"
    assert {
        state.entity_id: state.state
        for state in hass.states.async_all(("sensor", "binary_sensor"))
        if not state.entity_id.startswith(account)
    } == {
        "sensor.home_grid_import": "141446.31",
        "sensor.home_grid_import_zone_1": "141445.18",
        "sensor.home_grid_import_zone_2": "1.13",
        "sensor.home_usage_this_month": "55.25",
        "sensor.home_reader_battery": "95.0",
        "sensor.home_last_reading": "2024-05-23T07:00:00+00:00",
        "binary_sensor.home_meter_problem": "off",
        "binary_sensor.home_reader_problem": "off",
        "binary_sensor.home_reader_battery_low": "off",
    }
    month = hass.states.get("sensor.home_usage_this_month")
    assert month is not None
    assert month.attributes["last_reset"] == "2024-05-22T09:53:06+00:00"
    hidden = {
        entity.unique_id.removeprefix(f"{UNIQUE_ID}_")
        for entity in entity_registry.entities.values()
        if entity.disabled
    }
    assert hidden == {
        "usage_projection",
        "reader_battery_voltage",
        "reader_temperature",
        "reader_led_power",
        "reader_baud_rate",
        "good_readouts",
        "failed_first_messages",
        "failed_second_messages",
        "multiplier",
        "meter_error",
        "meter_time",
        "meter_serial",
        "meter_address",
    }
    found = device_registry.async_get_device_by_identifier(
        (DOMAIN, UNIQUE_ID), result["result"].entry_id
    )
    assert found is not None
    assert (found.name, found.model) == ("Home", "ZPA meter")
    assert (found.sw_version, found.hw_version) == ("0.20.8-cz", "4.7")


async def test_a_meter_behind_transformers_is_warned_of_and_multiplied(
    hass: HomeAssistant,
    aioclient_mock: AiohttpClientMocker,
    freezer: FrozenDateTimeFactory,
    settle: Settle,
    device: dict[str, Any],
) -> None:
    """The warning names the meter, in the flow and later in the options."""
    freezer.move_to("2024-05-23T07:01:30+00:00")
    device["config"]["multiplier"] = 10
    finish = await to_the_last_step(hass, aioclient_mock, device)
    assert "Home (10)" in (finish["description_placeholders"] or {})["notices"]

    result = await hass.config_entries.flow.async_configure(
        finish["flow_id"], {"apply_multiplier": True}
    )
    await settle()

    values = {
        entity_id: hass.states.get(f"sensor.home_{entity_id}")
        for entity_id in ("grid_import", "usage_this_month", "reader_battery")
    }
    assert {key: state and state.state for key, state in values.items()} == {
        "grid_import": "1414463.1",
        "usage_this_month": "552.5",
        "reader_battery": "95.0",
    }
    form = await hass.config_entries.options.async_init(result["result"].entry_id)
    assert_readable(form, "options")
    assert "Home (10)" in (form["description_placeholders"] or {})["notices"]


async def test_a_neighbour_who_shares_a_device_can_add_the_other_one(
    hass: HomeAssistant, aioclient_mock: AiohttpClientMocker
) -> None:
    """Anna's account has device a; Ben's has b, and a because she shares it."""
    anna = {"_id": "a", "own": True, "owner": {"email": "anna@example.org"}}
    ben = {"_id": "b", "own": True, "owner": {"email": "ben@example.org"}}
    url = f"{endpoints.ONEMETER.url}/devices/"
    entries = []
    for devices in ([anna], [anna | {"own": False}, ben]):
        aioclient_mock.clear_requests()
        aioclient_mock.get(url, json={"devices": devices})
        form = await choose(hass, "onemeter")
        finish = await submit(hass, form, {"api_key": devices[-1]["_id"]})
        assert finish["step_id"] == "finish"
        result = await submit(hass, finish, {})
        assert result["type"] is FlowResultType.CREATE_ENTRY
        entries.append(result["result"])

    assert [set(entry.runtime_data.data.meters) for entry in entries] == [{"a"}, {"b"}]
    assert entries[1].options["excluded_meters"] == ["a"]


async def test_a_key_that_was_mistyped(
    hass: HomeAssistant, aioclient_mock: AiohttpClientMocker
) -> None:
    """The right key is asked once, for signing in and setting up together."""
    url = f"{endpoints.ONEMETER.url}/devices/"
    aioclient_mock.get(url, status=401, json={"statusCode": 401})
    failed = await submit(hass, await choose(hass, "onemeter"), {"api_key": "wrong"})
    assert failed["errors"] == {"base": "invalid_auth"}
    assert shown(failed) == {"api_key": None}

    aioclient_mock.clear_requests()
    device = {
        "_id": "9d3c5b1e-0000-4000-8000-000000000001",
        "info": {"name": "Cellar"},
        "lastReading": {"date": "2026-11-21T06:00:00.000Z", "OBIS": {"1_8_0": 1234.5}},
    }
    aioclient_mock.get(url, json={"devices": [device]})
    finish = await submit(hass, failed, {"api_key": " right "})
    result = await submit(hass, finish, {})

    entry = result["result"]
    assert entry.state is ConfigEntryState.LOADED
    assert entry.data["meters"] == [device["_id"]]
    assert [meter.name for meter in entry.runtime_data.data.meters.values()] == [
        "Cellar"
    ]
    [(_, _, _, headers)] = aioclient_mock.mock_calls
    assert headers["Authorization"] == "right"
