"""Signing in to a gateway, and what is kept of it."""

from datetime import timedelta
import json
from typing import Any

from homeassistant.config_entries import SOURCE_RECONFIGURE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.meter_hub.const import DOMAIN
from tests.simulator.envoy_local import CloudAccount, EnvoyLocalApi

from ..texts import TEXTS
from .conftest import Settle
from .dialogs import choose, shown, submit
from .gateways import CONTROLLER, set_up

pytest_plugins = ("tests.integration.gateways",)


async def test_a_pasted_token_is_called_to_mind(
    hass: HomeAssistant,
    gateway: EnvoyLocalApi,
    settle: Settle,
    issue_registry: ir.IssueRegistry,
) -> None:
    """One that Meter Hub can renew by itself is nobody's business."""
    token = gateway.tokens.issue(lifetime=timedelta(days=10))
    form = await submit(
        hass, await choose(hass, "envoy_local"), {"host": gateway.host, "token": token}
    )
    form = await submit(hass, form, {"meters": shown(form)["meters"]})
    entry = (await submit(hass, form, {}))["result"]
    await settle(timedelta(minutes=2), timedelta(minutes=1))
    assert (DOMAIN, f"sign_in_ends_{entry.entry_id}") in issue_registry.issues

    renewal = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_RECONFIGURE, "entry_id": entry.entry_id}
    )
    assert shown(renewal)["host"] == gateway.host
    assert shown(renewal)["token"] is None
    gateway.cloud.lifetime = timedelta(days=10)
    result = await submit(hass, renewal, dict(gateway.credentials))

    assert result["reason"] == "reconfigure_successful"
    assert entry.data["credentials"]["token"] != token
    assert (DOMAIN, f"sign_in_ends_{entry.entry_id}") not in issue_registry.issues


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"password": "wrong"}, "invalid_auth"),
        ({"username": "", "password": ""}, "invalid_auth"),
        ({"username": "second.factor@example.org"}, "mfa_enabled"),
        ({"username": "neighbour@example.org"}, "wrong_account"),
        ({"token": "nonsense", "password": ""}, "token_malformed"),
        ({"host": "/"}, "not_a_gateway"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
async def test_what_can_go_wrong_is_told(
    hass: HomeAssistant,
    gateway: EnvoyLocalApi,
    change: dict[str, str],
    error: str,
) -> None:
    """Each failure has its own text, and the right data works after it."""
    right = dict(gateway.credentials)
    password = right["password"]
    gateway.cloud.accounts["second.factor@example.org"] = CloudAccount(
        password, mfa=True
    )
    gateway.cloud.accounts["neighbour@example.org"] = CloudAccount(password, serials=())

    typed = {key: value for key, value in (right | change).items() if value}
    failed = await submit(hass, await choose(hass, "envoy_local"), typed)

    assert failed["errors"] == {"base": error}
    assert TEXTS["exceptions"][error]
    form = await submit(hass, failed, right)
    assert form["step_id"] == "meters"


async def test_diagnostics_hide_who_owns_the_gateway(
    hass: HomeAssistant,
    gateway: EnvoyLocalApi,
    serial: str,
    settle: Settle,
    hass_client: ClientSessionGenerator,
) -> None:
    """Serials, token and account are left out; what was concluded is shown."""
    assert await async_setup_component(hass, "diagnostics", {})
    entry = await set_up(hass, gateway, settle)

    diagnostics: Any = await get_diagnostics_for_config_entry(hass, hass_client, entry)

    text = json.dumps(diagnostics)
    credentials = entry.data["credentials"]
    for hidden in (
        serial,
        CONTROLLER,
        *gateway.battery_ids,
        *gateway.inverter_ids,
        *(credentials[key] for key in ("host", "username", "password", "token")),
    ):
        assert hidden not in text
    pin = diagnostics["backend"]["pin"]
    lifetime = gateway.registers(serial)["solar", "total"]
    assert pin["source"] == "ct"
    assert pin["raw"] / 1000 == pytest.approx(lifetime, abs=0.5)
