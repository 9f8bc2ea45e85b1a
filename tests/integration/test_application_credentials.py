"""What the dialog for application credentials says of Meter Hub."""

from collections.abc import AsyncGenerator

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.meter_hub.const import DOMAIN

from ..texts import TEXTS, placeholders
from .consents import ConsentCloud, consent_cloud


@pytest.fixture
async def cloud(
    monkeypatch: pytest.MonkeyPatch, socket_enabled: None
) -> AsyncGenerator[ConsentCloud]:
    """Run a vendor that has clients."""
    async with consent_cloud(monkeypatch) as cloud:
        yield cloud


@pytest.mark.parametrize(
    ("component", "url", "redirect_uri"),
    [
        ("my", "https://home.example", "https://my.home-assistant.io/redirect/oauth"),
        ("http", "https://home.example", "https://home.example/auth/external/callback"),
        ("http", None, "https://YOUR_DOMAIN:PORT/auth/external/callback"),
    ],
)
async def test_dialog_says_what_to_enter_at_the_vendor(
    hass: HomeAssistant,
    cloud: ConsentCloud,
    hass_ws_client: WebSocketGenerator,
    component: str,
    url: str | None,
    redirect_uri: str,
) -> None:
    assert await async_setup_component(hass, "application_credentials", {})
    hass.config.components.add(component)
    hass.config.external_url = url
    socket = await hass_ws_client()

    await socket.send_json_auto_id({"type": "application_credentials/config"})
    config = (await socket.receive_json())["result"]

    assert DOMAIN in config["domains"]
    shown = config["integrations"][DOMAIN]["description_placeholders"]
    assert shown == {
        "vendor": "Consent",
        "apps_page": "https://apps.example/",
        "redirect_uri": redirect_uri,
    }
    description = TEXTS["application_credentials"]["description"]
    assert placeholders(description) == shown.keys()
