"""Letting Meter Hub in again: at the key where that is wrong, else by a new consent."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta

from homeassistant.components.application_credentials import ClientCredential
from homeassistant.config_entries import (
    SOURCE_REAUTH,
    ConfigEntryState,
    ConfigFlowResult,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.meter_hub.const import DOMAIN
from custom_components.meter_hub.vendors.base import AuthError

from .conftest import Settle
from .consents import KEY, TYPED, ConsentCloud, add_client, add_entry, consent_cloud
from .dialogs import assert_readable, offered, shown, submit


@pytest.fixture
async def cloud(
    hass: HomeAssistant,
    monkeypatch: pytest.MonkeyPatch,
    socket_enabled: None,
    current_request_with_host: None,
) -> AsyncGenerator[ConsentCloud]:
    """Run the vendor; dialogs are opened by a browser."""
    await add_client(hass)
    async with consent_cloud(monkeypatch) as cloud:
        cloud.codes.add("c0de")
        yield cloud


async def refused(
    hass: HomeAssistant, cloud: ConsentCloud, reason: str
) -> tuple[MockConfigEntry, ConfigFlowResult]:
    """Return an entry that the vendor refuses, and the dialog that opens."""
    entry = add_entry(hass, cloud)
    cloud.failures = [AuthError(reason)]
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    [form] = [
        flow
        for flow in hass.config_entries.flow.async_progress_by_handler(DOMAIN)
        if flow["context"]["source"] == SOURCE_REAUTH
    ]
    form = await hass.config_entries.flow.async_configure(form["flow_id"])
    assert_readable(form)
    return entry, form


async def go(hass: HomeAssistant, menu: ConfigFlowResult, way: str) -> ConfigFlowResult:
    """Pick a way in the menu."""
    assert (menu["type"], menu["step_id"]) == (FlowResultType.MENU, "let_in")
    result = await hass.config_entries.flow.async_configure(
        menu["flow_id"], {"next_step_id": way}
    )
    await hass.async_block_till_done()
    return result


def assert_mended(entry: MockConfigEntry, result: ConfigFlowResult, token: str) -> None:
    """See that the dialog has ended well, and the entry runs with this token."""
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] in ("reauth_successful", "reconfigure_successful")
    assert entry.state is ConfigEntryState.LOADED
    assert entry.data["token"]["access_token"] == token


async def test_wrong_key_is_mended_with_the_consent_that_is_there(
    hass: HomeAssistant, cloud: ConsentCloud
) -> None:
    entry, form = await refused(hass, cloud, "invalid_api_key")
    assert form["step_id"] == "reauth_confirm"
    assert shown(form) == {
        "api_key": None,
        "plan": "small",
        "gateway_serial": None,
    }

    form = await submit(hass, form, TYPED | {"api_key": "wr0ng"})
    assert form["errors"] == {"base": "invalid_api_key"}
    result = await submit(hass, form, TYPED)

    assert_mended(entry, result, "acc3ss-1")
    assert entry.data["credentials"] == TYPED | {"account": "4242"}
    assert cloud.requests == []


async def test_key_of_another_app_is_taken_with_a_consent_for_that_app(
    hass: HomeAssistant, cloud: ConsentCloud
) -> None:
    """The app may be gone at the vendor, and a new one in its place."""
    await add_client(hass, "new", ClientCredential("client-2", "s3cret-2", "New app"))
    cloud.clients["client-2:s3cret-2"] = "k3y-of-the-new-app"
    entry, form = await refused(hass, cloud, "invalid_api_key")
    assert "other_app" not in shown(form)
    typed = TYPED | {"api_key": "k3y-of-the-new-app"}

    form = await submit(hass, form, typed)
    assert form["errors"] == {"base": "invalid_api_key"}
    assert shown(form)["other_app"] is False
    menu = await submit(hass, form, typed | {"other_app": True})
    assert offered(menu) == ["redirect", "paste"]
    pick = await go(hass, menu, "paste")
    assert pick["step_id"] == "pick_implementation"
    code = await submit(hass, pick, {"implementation": "new"})
    result = await submit(hass, code, {"code": "c0de"})

    assert_mended(entry, result, "acc3ss-2")
    assert entry.data["auth_implementation"] == "new"
    assert entry.data["credentials"] == typed | {"account": "4242"}
    assert [form["client"] for form in cloud.requests] == ["client-2:s3cret-2"]


async def test_renewal_that_was_under_way_does_not_undo_a_new_consent(
    hass: HomeAssistant, cloud: ConsentCloud
) -> None:
    entry = add_entry(hass, cloud)
    assert await hass.config_entries.async_setup(entry.entry_id)
    access_token = cloud.contexts[-1].access_token
    assert access_token is not None
    cloud.gate = asyncio.Event()
    asking = asyncio.create_task(access_token(refused="acc3ss-1"))
    await cloud.issued.wait()

    consented = entry.data["token"] | cloud.issue()
    hass.config_entries.async_update_entry(
        entry, data={**entry.data, "token": consented}
    )
    cloud.gate.set()

    assert await asking == "acc3ss-3"
    assert entry.data["token"] == consented


async def test_lost_consent_is_given_again(
    hass: HomeAssistant, cloud: ConsentCloud
) -> None:
    """No key is typed again for that."""
    entry, form = await refused(hass, cloud, "invalid_auth")
    assert (form["step_id"], form["data_schema"]) == ("reauth_let_in", None)

    menu = await submit(hass, form, {})
    assert offered(menu) == ["redirect", "paste"]
    result = await submit(hass, await go(hass, menu, "paste"), {"code": "c0de"})

    assert_mended(entry, result, "acc3ss-2")
    assert entry.data["credentials"] == {
        "api_key": KEY,
        "plan": "small",
        "account": "4242",
    }


async def test_key_that_turns_out_wrong_after_the_consent(
    hass: HomeAssistant, cloud: ConsentCloud
) -> None:
    entry, form = await refused(hass, cloud, "invalid_auth")
    cloud.failures = [AuthError("invalid_api_key")]

    menu = await submit(hass, form, {})
    form = await submit(hass, await go(hass, menu, "paste"), {"code": "c0de"})
    assert (form["step_id"], form["errors"]) == (
        "reauth_confirm",
        {"base": "invalid_api_key"},
    )
    result = await submit(hass, form, TYPED)

    assert_mended(entry, result, "acc3ss-2")
    assert cloud.grants == ["authorization_code"]


async def test_another_account_is_refused(
    hass: HomeAssistant, cloud: ConsentCloud
) -> None:
    """Who signed in to a wrong one may sign in to the right one then."""
    entry, form = await refused(hass, cloud, "invalid_auth")
    stored = dict(entry.data)
    cloud.owner = "5353"

    menu = await submit(hass, form, {})
    form = await submit(hass, await go(hass, menu, "paste"), {"code": "c0de"})

    assert form["errors"] == {"base": "other_account"}
    assert entry.data == stored

    cloud.owner = "4242"
    cloud.codes.add("c0de")
    menu = await submit(hass, form, TYPED)
    result = await submit(hass, await go(hass, menu, "paste"), {"code": "c0de"})
    assert_mended(entry, result, "acc3ss-3")


async def test_reply_that_names_no_account_is_not_taken_for_the_old_one(
    hass: HomeAssistant, cloud: ConsentCloud
) -> None:
    _, form = await refused(hass, cloud, "invalid_auth")
    cloud.owner = None

    menu = await submit(hass, form, {})
    form = await submit(hass, await go(hass, menu, "paste"), {"code": "c0de"})

    assert form["errors"] == {"base": "other_account"}
    assert "account" not in cloud.contexts[-1].credentials


@pytest.mark.parametrize(
    ("way", "token", "grants"),
    [("keep", "acc3ss-1", []), ("paste", "acc3ss-2", ["authorization_code"])],
)
async def test_reconfigure_with_or_without_a_new_consent(
    hass: HomeAssistant, cloud: ConsentCloud, way: str, token: str, grants: list[str]
) -> None:
    entry = add_entry(hass, cloud)
    assert await hass.config_entries.async_setup(entry.entry_id)

    form = await entry.start_reconfigure_flow(hass)
    assert_readable(form)
    menu = await submit(hass, form, TYPED)
    assert offered(menu) == ["keep", "redirect", "paste"]
    result = await go(hass, menu, way)
    if way == "paste":
        result = await submit(hass, result, {"code": "c0de"})

    assert_mended(entry, result, token)
    assert entry.data["credentials"] == TYPED | {"account": "4242"}
    assert cloud.grants == grants


async def test_token_that_is_renewed_in_the_dialog_is_stored_in_the_entry(
    hass: HomeAssistant, cloud: ConsentCloud
) -> None:
    """The old one is dead, whether the dialog comes to an end or not."""
    entry, form = await refused(hass, cloud, "invalid_api_key")
    cloud.access.clear()

    await submit(hass, form, TYPED | {"api_key": "wr0ng"})

    assert entry.data["token"]["refresh_token"] == "refr3sh-2"


async def test_consent_that_turns_out_lost(
    hass: HomeAssistant, cloud: ConsentCloud
) -> None:
    """A new key does not help where the token is refused too; both are mended at once."""
    entry, form = await refused(hass, cloud, "invalid_api_key")
    cloud.access.clear()
    cloud.refresh.clear()

    form = await submit(hass, form, TYPED)
    assert form["errors"] == {"base": "invalid_auth"}
    menu = await submit(hass, form, TYPED)
    result = await submit(hass, await go(hass, menu, "paste"), {"code": "c0de"})

    assert_mended(entry, result, "acc3ss-2")


async def test_polling_passes_the_reason_on(
    hass: HomeAssistant, cloud: ConsentCloud, settle: Settle
) -> None:
    """Also of a refusal that comes while the entry runs."""
    entry = add_entry(hass, cloud)
    assert await hass.config_entries.async_setup(entry.entry_id)
    cloud.failures = [AuthError("invalid_api_key")]

    await settle(timedelta(minutes=20))

    [flow] = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert flow["step_id"] == "reauth_confirm"
