"""Signing in to the simulated Enphase cloud, as a person with a browser does."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import ClientSession
from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.application_credentials import (
    ClientCredential,
    async_import_client_credential,
)
from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from yarl import URL

from custom_components.meter_hub.const import DOMAIN
from custom_components.meter_hub.vendors import endpoints
from tests.simulator import Simulator
from tests.simulator.enphase_cloud import App, EnphaseCloudApi

from .conftest import Settle
from .dialogs import choices, choose, shown, submit

NOON = datetime(2026, 10, 26, 13, 7, tzinfo=UTC)
EVERYTHING = "698910101"


@pytest.fixture
async def simulator(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
    socket_enabled: None,
    current_request_with_host: None,
) -> AsyncGenerator[Simulator]:
    """Run the cloud; dialogs are opened by a browser."""
    freezer.move_to(NOON)
    hass.loop.set_debug(False)
    async with Simulator(
        clock=dt_util.utcnow, installed=NOON - timedelta(days=30)
    ) as simulator:
        cloud = endpoints.Endpoint(simulator.url("enphase_cloud"), timedelta(0))
        monkeypatch.setattr(endpoints, "ENPHASE", cloud)
        yield simulator


@pytest.fixture
async def cloud(hass: HomeAssistant, simulator: Simulator) -> EnphaseCloudApi:
    """Return the cloud, with whose application Home Assistant has been made known."""
    found = simulator.vendor("enphase_cloud")
    assert isinstance(found, EnphaseCloudApi)
    assert await async_setup_component(hass, "application_credentials", {})
    await async_import_client_credential(
        hass, DOMAIN, ClientCredential(found.client_id, found.client_secret), "own"
    )
    return found


def app(cloud: EnphaseCloudApi) -> App:
    """Return the application that counts the calls."""
    return cloud.apps[cloud.credentials["api_key"]]


async def open_menu(
    hass: HomeAssistant, cloud: EnphaseCloudApi, **typed: Any
) -> ConfigFlowResult:
    """Type what the form asks for, up to the menu of the ways to sign in."""
    form = await choose(hass, "enphase_cloud")
    return await submit(hass, form, {**cloud.credentials, **typed})


async def go(hass: HomeAssistant, menu: ConfigFlowResult, way: str) -> ConfigFlowResult:
    """Pick a way to sign in."""
    assert (menu["type"], menu["step_id"]) == (FlowResultType.MENU, "let_in")
    return await hass.config_entries.flow.async_configure(
        menu["flow_id"], {"next_step_id": way}
    )


async def agree(link: str) -> Mapping[str, str]:
    """Open the consent page, and return what it sends to the redirect."""
    async with (
        ClientSession() as browser,
        browser.get(link, allow_redirects=False) as response,
    ):
        assert response.status == 302
        return URL(response.headers["Location"]).query


async def redirected(
    hass: HomeAssistant,
    hass_client_no_auth: ClientSessionGenerator,
    menu: ConfigFlowResult,
) -> ConfigFlowResult:
    """Go to the consent page, and come back."""
    step = await go(hass, menu, "redirect")
    assert step["type"] is FlowResultType.EXTERNAL_STEP
    browser = await hass_client_no_auth()
    answer = await agree(step["url"])
    response = await browser.get("/auth/external/callback", params=answer)
    assert response.status == 200
    return await hass.config_entries.flow.async_configure(step["flow_id"])


async def pasted(hass: HomeAssistant, menu: ConfigFlowResult) -> ConfigFlowResult:
    """Go to the consent page, and copy the code."""
    form = await go(hass, menu, "paste")
    assert form["description_placeholders"] is not None
    answer = await agree(form["description_placeholders"]["authorize_url"])
    return await submit(hass, form, {"code": answer["code"]})


async def test_redirect_and_three_systems(
    hass: HomeAssistant,
    cloud: EnphaseCloudApi,
    hass_client_no_auth: ClientSessionGenerator,
    settle: Settle,
) -> None:
    meters = await redirected(hass, hass_client_no_auth, await open_menu(hass, cloud))
    assert meters["step_id"] == "meters"
    assert set(cloud.systems) <= choices(meters, "meters").keys()
    finish = await submit(hass, meters, {"meters": [EVERYTHING]})
    result = await submit(hass, finish, {})

    assert result["type"] is FlowResultType.CREATE_ENTRY
    entry = result["result"]
    assert entry.unique_id == f"enphase_cloud_{cloud.oauth.enl_uid}"
    assert entry.data["credentials"]["account"] == cloud.oauth.enl_uid
    assert entry.data["auth_implementation"] == "own"
    assert entry.data["token"]["refresh_token"]
    await settle()
    assert entry.state is ConfigEntryState.LOADED
    assert app(cloud).rejected == 0


async def test_an_installer_ticks_the_systems_to_read(
    hass: HomeAssistant, cloud: EnphaseCloudApi, settle: Settle
) -> None:
    """Those of customers are not added unasked, neither now nor later."""
    meters = await pasted(hass, await open_menu(hass, cloud))
    assert set(shown(meters)["meters"]) == set(cloud.systems)
    west = cloud.systems["698910102"]
    for number in range(4):
        customers = f"69892000{number}"
        cloud.systems[customers] = replace(west, id=customers)

    meters = await pasted(hass, await open_menu(hass, cloud))
    assert choices(meters, "meters").keys() == cloud.systems.keys()
    assert shown(meters)["meters"] == []
    meters = await submit(hass, meters, {"meters": []})
    assert meters["errors"] == {"meters": "no_meter_picked"}
    finish = await submit(hass, meters, {"meters": [EVERYTHING]})
    entry = (await submit(hass, finish, {}))["result"]
    await settle()

    assert entry.state is ConfigEntryState.LOADED
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    identifiers = {each for device in devices for _, each in device.identifiers}
    assert any(EVERYTHING in each for each in identifiers)
    assert not any(
        each in text
        for each in cloud.systems.keys() - {EVERYTHING}
        for text in identifiers
    )


async def test_pasted_code(hass: HomeAssistant, cloud: EnphaseCloudApi) -> None:
    """A code that was used once is no code any more."""
    used = cloud.code()
    form = await go(hass, await open_menu(hass, cloud), "paste")
    await submit(hass, form, {"code": used})
    form = await go(hass, await open_menu(hass, cloud), "paste")

    form = await submit(hass, form, {"code": used})
    assert (form["step_id"], form["errors"]) == ("code", {"base": "invalid_code"})
    result = await submit(hass, form, {"code": cloud.code()})

    assert result["step_id"] == "meters"


async def test_denial(
    hass: HomeAssistant,
    cloud: EnphaseCloudApi,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    cloud.oauth.consents = False

    result = await redirected(hass, hass_client_no_auth, await open_menu(hass, cloud))

    assert (result["type"], result["reason"]) == (
        FlowResultType.ABORT,
        "user_rejected_authorize",
    )
    assert result["description_placeholders"] == {"error": "access_denied"}


async def test_key_of_another_app(hass: HomeAssistant, cloud: EnphaseCloudApi) -> None:
    """It is mended at its form, without a second consent."""
    form = await pasted(hass, await open_menu(hass, cloud, api_key="of-another-app"))
    assert (form["step_id"], form["errors"]) == (
        "enphase_cloud",
        {"base": "invalid_api_key"},
    )
    assert shown(form)["api_key"] is None
    result = await submit(hass, form, dict(cloud.credentials))

    assert result["step_id"] == "meters"


async def test_gateway_serial_finds_its_system(
    hass: HomeAssistant, cloud: EnphaseCloudApi
) -> None:
    form = await pasted(
        hass, await open_menu(hass, cloud, gateway_serial="000000000000")
    )
    assert form["errors"] == {"base": "gateway_unknown"}
    [serial, *_] = cloud.systems[EVERYTHING].gateways
    result = await submit(hass, form, {**cloud.credentials, "gateway_serial": serial})

    offered = choices(result, "meters") if result["step_id"] == "meters" else {}
    assert not offered.keys() & (cloud.systems.keys() - {EVERYTHING})


async def test_limits_of_ones_own_are_asked_for(
    hass: HomeAssistant, cloud: EnphaseCloudApi
) -> None:
    form = await pasted(hass, await open_menu(hass, cloud, plan="own"))
    assert form["errors"] == {"base": "limits_needed"}
    result = await submit(
        hass,
        form,
        {
            **cloud.credentials,
            "plan": "own",
            "calls_per_minute": 5,
            "calls_per_month": 900,
        },
    )

    assert result["step_id"] == "meters"


async def test_rotated_token_outlives_a_restart(
    hass: HomeAssistant, cloud: EnphaseCloudApi, settle: Settle
) -> None:
    """Each renewal kills the token before it, so the last one must be the stored one."""
    meters = await pasted(hass, await open_menu(hass, cloud))
    finish = await submit(hass, meters, {"meters": [EVERYTHING]})
    entry = (await submit(hass, finish, {}))["result"]
    first = entry.data["token"]

    await settle(timedelta(hours=50), step=timedelta(minutes=15))
    second = entry.data["token"]
    assert second["refresh_token"] != first["refresh_token"]
    assert await hass.config_entries.async_reload(entry.entry_id)
    await settle(timedelta(hours=26), step=timedelta(minutes=15))

    assert entry.data["token"]["refresh_token"] != second["refresh_token"]
    assert entry.state is ConfigEntryState.LOADED
    assert not hass.config_entries.flow.async_progress()


async def test_consent_that_is_withdrawn_is_asked_for_again(
    hass: HomeAssistant, cloud: EnphaseCloudApi, settle: Settle
) -> None:
    meters = await pasted(hass, await open_menu(hass, cloud))
    finish = await submit(hass, meters, {"meters": [EVERYTHING]})
    entry = (await submit(hass, finish, {}))["result"]
    cloud.oauth.end_grants()

    await settle(timedelta(hours=4), step=timedelta(minutes=15))
    [flow] = hass.config_entries.flow.async_progress()
    assert flow["step_id"] == "reauth_let_in"
    form = await hass.config_entries.flow.async_configure(flow["flow_id"])
    result = await pasted(hass, await submit(hass, form, {}))

    assert (result["type"], result["reason"]) == (
        FlowResultType.ABORT,
        "reauth_successful",
    )
    assert entry.state is ConfigEntryState.LOADED
