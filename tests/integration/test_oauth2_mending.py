"""What goes wrong in a sign-in that needs a consent is mended where it can be."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

from aiohttp import web
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.meter_hub.vendors.base import (
    AuthError,
    RateLimited,
    UnexpectedAnswer,
)

from .consents import (
    TYPED,
    ConsentCloud,
    add_client,
    come_back,
    consent_cloud,
    paste,
    pick,
)
from .dialogs import choose, shown, submit


@pytest.fixture
async def cloud(
    hass: HomeAssistant,
    monkeypatch: pytest.MonkeyPatch,
    socket_enabled: None,
    current_request_with_host: None,
) -> AsyncGenerator[ConsentCloud]:
    """Run the vendor; dialogs are opened by a browser."""
    async with consent_cloud(monkeypatch) as cloud:
        cloud.codes.add("c0de")
        yield cloud


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (AuthError("invalid_api_key"), "invalid_api_key"),
        (UnexpectedAnswer("limits_needed"), "limits_needed"),
        (UnexpectedAnswer("gateway_unknown"), "gateway_unknown"),
        (RateLimited("rate_limited", timedelta(minutes=2)), "rate_limited"),
    ],
)
async def test_fields_are_mended_without_a_second_consent(
    hass: HomeAssistant, cloud: ConsentCloud, failure: Exception, error: str
) -> None:
    await add_client(hass)
    cloud.failures = [failure]

    form = await paste(hass, TYPED | {"gateway_serial": "1234"})
    assert (form["step_id"], form["errors"]) == ("consent", {"base": error})
    assert shown(form) == {"api_key": None, "plan": "large", "gateway_serial": "1234"}
    result = await submit(hass, form, TYPED)

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"]["credentials"] == TYPED | {"account": "4242"}
    assert cloud.grants == ["authorization_code"]


async def test_token_that_is_refused_needs_a_second_consent(
    hass: HomeAssistant, cloud: ConsentCloud
) -> None:
    await add_client(hass)
    cloud.failures = [AuthError("invalid_auth")]
    cloud.codes.add("sec0nd")

    form = await paste(hass)
    assert (form["step_id"], form["errors"]) == ("consent", {"base": "invalid_auth"})
    menu = await submit(hass, form, TYPED)
    form = await pick(hass, menu, "paste")
    result = await submit(hass, form, {"code": "sec0nd"})

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"]["token"]["access_token"] == "acc3ss-2"


async def test_token_that_is_renewed_in_the_dialog_is_the_one_that_is_kept(
    hass: HomeAssistant, cloud: ConsentCloud
) -> None:
    await add_client(hass)
    menu = await submit(hass, await choose(hass, "consent"), TYPED | {"api_key": "?"})
    form = await submit(hass, await pick(hass, menu, "paste"), {"code": "c0de"})
    assert form["errors"] == {"base": "invalid_api_key"}
    cloud.access.clear()

    result = await submit(hass, form, TYPED)

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"]["token"]["access_token"] == "acc3ss-2"
    assert result["data"]["token"]["refresh_token"] in cloud.refresh


ODD_REPLIES = pytest.mark.parametrize(
    ("answer", "error"),
    [
        (lambda: web.Response(status=503, text="maintenance"), "server_error"),
        (lambda: web.Response(text="<html>s3cret</html>"), "not_json"),
        (lambda: web.json_response(["s3cret"]), "unexpected_answer"),
        (lambda: web.json_response({"expires_in": 5}), "unexpected_answer"),
        (lambda: web.json_response({"access_token": "s3cret"}), "unexpected_answer"),
        (
            lambda: web.json_response({"access_token": "s3cret", "expires_in": "soon"}),
            "unexpected_answer",
        ),
        (lambda: web.json_response({}, status=429), "rate_limited"),
        (
            lambda: web.json_response({"error": "invalid_client"}, status=401),
            "invalid_code",
        ),
    ],
)


@ODD_REPLIES
async def test_odd_reply_to_a_redirect(
    hass: HomeAssistant,
    cloud: ConsentCloud,
    hass_client_no_auth: ClientSessionGenerator,
    caplog: pytest.LogCaptureFixture,
    answer: Any,
    error: str,
) -> None:
    """It is said at the first form, from which the way is open again."""
    await add_client(hass)
    menu = await submit(hass, await choose(hass, "consent"), TYPED)
    step = await pick(hass, menu, "redirect")
    cloud.answers = [answer()]

    form = await come_back(hass, hass_client_no_auth, step, code="c0de")

    assert (form["step_id"], form["errors"]) == ("consent", {"base": error})
    assert shown(form)["plan"] == "large"
    assert "s3cret" not in caplog.text
    menu = await submit(hass, form, TYPED)
    assert menu["step_id"] == "let_in"


@ODD_REPLIES
async def test_odd_reply_to_a_pasted_code(
    hass: HomeAssistant, cloud: ConsentCloud, answer: Any, error: str
) -> None:
    await add_client(hass)
    cloud.answers = [answer()]

    form = await paste(hass)

    assert (form["step_id"], form["errors"]) == ("code", {"base": error})
