"""The token of an account: renewed in time and once, stored, counted, never let die."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

from aiohttp import web
from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.application_credentials import DATA_COMPONENT
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.meter_hub.allowances import async_get_allowance
from custom_components.meter_hub.vendors.base import (
    AccessToken,
    AuthError,
    RateLimited,
    Unavailable,
    UnexpectedAnswer,
    VendorError,
)
from custom_components.meter_hub.vendors.registry import VENDORS

from .conftest import Settle
from .consents import (
    CLIENT,
    KEY,
    LIFETIME,
    ConsentCloud,
    add_client,
    add_entry,
    consent_cloud,
)
from .scripted import START

DAY = timedelta(days=1)


@pytest.fixture
async def cloud(
    hass: HomeAssistant,
    monkeypatch: pytest.MonkeyPatch,
    socket_enabled: None,
    freezer: FrozenDateTimeFactory,
) -> AsyncGenerator[ConsentCloud]:
    """Run the vendor, which has nothing to tell between two sign-ins."""
    freezer.move_to(START)
    await add_client(hass)
    async with consent_cloud(monkeypatch) as cloud:
        yield cloud


@pytest.fixture
async def entry(hass: HomeAssistant, cloud: ConsentCloud) -> MockConfigEntry:
    """Return a loaded entry whose vendor is not called by itself any more."""
    entry = add_entry(hass, cloud)
    assert await hass.config_entries.async_setup(entry.entry_id)
    cloud.idle = True
    return entry


@pytest.fixture
def access_token(cloud: ConsentCloud, entry: MockConfigEntry) -> AccessToken:
    """Return what the backend of the entry asks for tokens."""
    found = cloud.contexts[-1].access_token
    assert found is not None
    return found


def asked_to_sign_in(hass: HomeAssistant) -> bool:
    """Tell whether a person is asked to sign in again."""
    return any(
        flow["context"]["source"] == SOURCE_REAUTH
        for flow in hass.config_entries.flow.async_progress()
    )


async def test_token_that_is_good_is_used(
    cloud: ConsentCloud, entry: MockConfigEntry, access_token: AccessToken
) -> None:
    assert await access_token() == "acc3ss-1"
    assert cloud.calls == ["acc3ss-1"]
    assert cloud.requests == []


async def test_token_that_has_ended_is_renewed_by_one_of_many(
    cloud: ConsentCloud,
    entry: MockConfigEntry,
    access_token: AccessToken,
    freezer: FrozenDateTimeFactory,
) -> None:
    """What is renewed is stored as soon as anybody has it."""
    freezer.tick(DAY)

    tokens = await asyncio.gather(*(access_token() for _ in range(3)))

    assert tokens == ["acc3ss-2"] * 3
    assert cloud.requests == [
        {
            "grant_type": "refresh_token",
            "refresh_token": "refr3sh-1",
            "client": f"{CLIENT.client_id}:{CLIENT.client_secret}",
        }
    ]
    assert entry.data["token"]["access_token"] == "acc3ss-2"
    assert entry.data["token"]["refresh_token"] == "refr3sh-2"
    assert entry.data["token"]["expires_at"] == dt_util.utcnow().timestamp() + LIFETIME


async def test_token_that_is_refused_is_renewed_once(
    cloud: ConsentCloud, access_token: AccessToken
) -> None:
    """Of those who were refused the same token, one renews it."""
    tokens = await asyncio.gather(*(access_token(refused="acc3ss-1") for _ in range(3)))

    assert tokens == ["acc3ss-2"] * 3
    assert cloud.grants == ["refresh_token"]


async def test_renewal_outlives_who_asked_for_it(
    cloud: ConsentCloud, entry: MockConfigEntry, access_token: AccessToken
) -> None:
    """The old token is dead from the moment on at which the vendor answers."""
    cloud.gate = asyncio.Event()
    asking = asyncio.create_task(access_token(refused="acc3ss-1"))
    await cloud.issued.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    cloud.gate.set()

    assert await access_token(refused="acc3ss-1") == "acc3ss-2"
    assert entry.data["token"]["refresh_token"] == "refr3sh-2"
    assert cloud.grants == ["refresh_token"]


async def test_reply_without_a_refresh_token_keeps_the_old_one(
    cloud: ConsentCloud, entry: MockConfigEntry, access_token: AccessToken
) -> None:
    cloud.omitted = {"refresh_token"}
    assert await access_token(refused="acc3ss-1") == "acc3ss-2"

    assert entry.data["token"]["refresh_token"] == "refr3sh-1"


@pytest.mark.parametrize(
    ("answer", "error", "reason"),
    [
        (web.Response(status=500), Unavailable, "server_error"),
        (web.Response(status=429), RateLimited, "rate_limited"),
        (web.json_response({}, status=401), AuthError, "invalid_auth"),
        (
            web.json_response({"error": "invalid_grant"}, status=400),
            AuthError,
            "invalid_auth",
        ),
        (web.Response(text="<html>"), Unavailable, "not_json"),
        (web.json_response("acc3ss"), UnexpectedAnswer, "unexpected_answer"),
        (web.json_response({"expires_in": 1}), UnexpectedAnswer, "unexpected_answer"),
    ],
)
async def test_failure_keeps_what_is_stored(
    cloud: ConsentCloud,
    entry: MockConfigEntry,
    access_token: AccessToken,
    answer: web.Response,
    error: type[VendorError],
    reason: str,
) -> None:
    stored = entry.data["token"]
    cloud.answers = [answer]

    with pytest.raises(error) as raised:
        await access_token(refused="acc3ss-1")

    assert raised.value.reason == reason
    assert entry.data["token"] == stored
    assert len(cloud.requests) == 1


async def test_nobody_answers(cloud: ConsentCloud, access_token: AccessToken) -> None:
    client: Any = access_token
    client._client.token_url = "http://127.0.0.1:9/token"

    with pytest.raises(Unavailable) as raised:
        await access_token(refused="acc3ss-1")

    assert raised.value.reason == "cannot_connect"


async def test_each_request_is_counted(
    hass: HomeAssistant, cloud: ConsentCloud, access_token: AccessToken
) -> None:
    allowance = await async_get_allowance(hass, VENDORS["consent"], {"api_key": KEY})
    assert allowance.budget.calls_this_month == 0

    await access_token(refused="acc3ss-1")
    await access_token(refused="acc3ss-2")

    assert allowance.budget.calls_this_month == 2


async def test_no_request_beyond_the_limit(
    hass: HomeAssistant,
    cloud: ConsentCloud,
    access_token: AccessToken,
) -> None:
    allowance = await async_get_allowance(hass, VENDORS["consent"], {"api_key": KEY})
    for _ in range(cloud.per_month):
        await allowance.spend()

    with pytest.raises(RateLimited):
        await access_token(refused="acc3ss-1")

    assert cloud.requests == []


async def test_token_that_nobody_uses_is_renewed_every_three_days(
    hass: HomeAssistant, cloud: ConsentCloud, entry: MockConfigEntry, settle: Settle
) -> None:
    await settle(10 * DAY, step=timedelta(hours=1))

    assert len(cloud.requests) == 3
    assert entry.data["token"]["access_token"] == "acc3ss-4"


async def test_vendor_that_holds_all_calls_does_not_end_the_sign_in(
    hass: HomeAssistant, cloud: ConsentCloud, entry: MockConfigEntry, settle: Settle
) -> None:
    """A month that others have spent is longer than a token lives."""
    allowance = await async_get_allowance(hass, VENDORS["consent"], {"api_key": KEY})
    await allowance.hold(START + 20 * DAY)

    await settle(7 * DAY, step=timedelta(hours=1))

    assert len(cloud.requests) == 2


async def test_renewal_that_is_refused_asks_a_person_once(
    hass: HomeAssistant, cloud: ConsentCloud, entry: MockConfigEntry, settle: Settle
) -> None:
    cloud.refresh.clear()

    await settle(7 * DAY, step=timedelta(hours=1))

    assert asked_to_sign_in(hass)
    assert len(cloud.requests) == 1


async def test_renewal_that_fails_is_tried_again(
    hass: HomeAssistant, cloud: ConsentCloud, entry: MockConfigEntry, settle: Settle
) -> None:
    cloud.answers = [web.Response(status=500)]

    await settle(4 * DAY, step=timedelta(hours=1))

    assert not asked_to_sign_in(hass)
    assert entry.data["token"]["access_token"] == "acc3ss-2"


async def test_unloaded_entry_renews_nothing(
    hass: HomeAssistant, cloud: ConsentCloud, entry: MockConfigEntry, settle: Settle
) -> None:
    assert await hass.config_entries.async_unload(entry.entry_id)

    await settle(7 * DAY, step=timedelta(hours=1))

    assert cloud.requests == []


async def test_restart_goes_on_with_what_was_stored_last(
    hass: HomeAssistant, cloud: ConsentCloud, entry: MockConfigEntry
) -> None:
    access_token = cloud.contexts[-1].access_token
    assert access_token is not None
    await access_token(refused="acc3ss-1")

    await hass.config_entries.async_reload(entry.entry_id)

    renewed = cloud.contexts[-1].access_token
    assert renewed is not None
    assert await renewed() == "acc3ss-2"
    assert cloud.grants == ["refresh_token"]


async def test_token_that_can_not_be_renewed(
    hass: HomeAssistant, cloud: ConsentCloud
) -> None:
    """A reply may bring no refresh token at all."""
    cloud.omitted = {"refresh_token"}
    entry = add_entry(hass, cloud)
    assert await hass.config_entries.async_setup(entry.entry_id)
    access_token = cloud.contexts[-1].access_token
    assert access_token is not None

    with pytest.raises(AuthError) as raised:
        await access_token(refused="acc3ss-1")

    assert raised.value.reason == "invalid_auth"
    assert cloud.requests == []


async def test_client_that_is_gone(
    hass: HomeAssistant, cloud: ConsentCloud, entry: MockConfigEntry
) -> None:
    """Home Assistant says so, and asks a person to sign in with another client."""
    assert await hass.config_entries.async_unload(entry.entry_id)
    for item in hass.data[DATA_COMPONENT].async_items():
        hass.data[DATA_COMPONENT].data.pop(item["id"])

    assert not await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()

    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert entry.error_reason_translation_key == "oauth2_unknown_implementation"
    assert asked_to_sign_in(hass)


async def test_diagnostics_hold_no_secret(
    hass: HomeAssistant,
    cloud: ConsentCloud,
    entry: MockConfigEntry,
    hass_client: ClientSessionGenerator,
) -> None:
    shown = str(await get_diagnostics_for_config_entry(hass, hass_client, entry))

    secrets = (KEY, "acc3ss", "refr3sh", CLIENT.client_id, CLIENT.client_secret, "4242")
    assert not [secret for secret in secrets if secret in shown]
    assert "auth_implementation" not in shown
