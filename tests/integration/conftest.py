"""A Home Assistant with a recorder, and accounts of a scripted vendor in it."""

from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder import Recorder
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.meter_hub.const import (
    CONF_CREDENTIALS,
    CONF_METERS,
    CONF_VENDOR,
    DOMAIN,
)
from custom_components.meter_hub.vendors.registry import VENDORS

from .scripted import START, Script

pytest.register_assert_rewrite("tests.integration.rows")

type EntryFactory = Callable[..., MockConfigEntry]
type Settle = Callable[..., Coroutine[Any, Any, None]]


@pytest.fixture(autouse=True)
def integration_in_reach(
    recorder_mock: Recorder, enable_custom_integrations: None
) -> None:
    """Start the recorder before anything else, then let the integration be found."""


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch, freezer: FrozenDateTimeFactory) -> Script:
    """Return the script of the vendor that `make_entry` makes entries of."""
    freezer.move_to(START)
    script = Script()
    monkeypatch.setitem(VENDORS, "scripted", script.vendor())
    return script


@pytest.fixture
def make_entry(hass: HomeAssistant) -> EntryFactory:
    """Return a function that adds an entry as the flow leaves it."""

    def make(
        *,
        vendor: str = "scripted",
        credentials: dict[str, Any] | None = None,
        account: str = "account",
        meters: tuple[str, ...] = ("house",),
        **options: Any,
    ) -> MockConfigEntry:
        entry = MockConfigEntry(
            domain=DOMAIN,
            title=f"{vendor} {account}",
            unique_id=f"{vendor}_{account}",
            data={
                CONF_VENDOR: vendor,
                CONF_CREDENTIALS: credentials or {"api_key": "sesame"},
                CONF_METERS: list(meters),
            },
            options=options,
        )
        entry.add_to_hass(hass)
        return entry

    return make


@pytest.fixture
def settle(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> Settle:
    """Return a function that lets time pass, and everything that is due happen."""

    async def let_pass(
        duration: timedelta = timedelta(0), step: timedelta = timedelta(minutes=5)
    ) -> None:
        passed = timedelta(0)
        await hass.async_block_till_done(wait_background_tasks=True)
        while passed < duration:
            freezer.tick(min(step, duration - passed))
            passed += step
            async_fire_time_changed(hass)
            await hass.async_block_till_done(wait_background_tasks=True)

    return let_pass
