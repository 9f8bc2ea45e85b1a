"""A Home Assistant with a recorder, and accounts of a scripted vendor in it."""

from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder import Recorder
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity import Entity
from homeassistant.setup import async_setup_component
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
from custom_components.meter_hub.coordinator import MeterHubCoordinator
from custom_components.meter_hub.history import History
from custom_components.meter_hub.metering.model import Reading, Series
from custom_components.meter_hub.vendors.registry import VENDORS

from .dashboard import OFFER, Dashboard
from .scripted import EXPORT, HOUR, IMPORT, POWER, START, Script

pytest.register_assert_rewrite("tests.integration.rows", "tests.integration.gateways")

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


@pytest.fixture
async def entry(
    hass: HomeAssistant, script: Script, make_entry: EntryFactory
) -> MockConfigEntry:
    """Return a loaded entry with two days of history."""
    script.know(IMPORT, START - 48 * HOUR, *(number / 8 for number in range(48)))
    entry = make_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    return entry


@pytest.fixture
def entity_registry_enabled_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all entities be enabled that are off by default."""
    monkeypatch.setattr(Entity, "entity_registry_enabled_default", True)


def value(entry: MockConfigEntry, series: Series = IMPORT) -> object:
    """Return what the coordinator has of a series."""
    coordinator: MeterHubCoordinator = entry.runtime_data
    return coordinator.data.readings[series].value


@pytest.fixture
async def history(
    hass: HomeAssistant, script: Script, make_entry: EntryFactory, settle: Settle
) -> History:
    """Return the history of an entry that the vendor tells nothing of by itself."""
    entry = make_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle()
    found: History = entry.runtime_data.history
    return found


@pytest.fixture
def full_script(script: Script) -> Script:
    """Return a script of a meter with history in both directions and with power."""
    script.readings = (Reading(IMPORT, 100.0), Reading(POWER, -50.0))
    script.know(IMPORT, START - timedelta(days=1), *([0.5] * 24))
    script.know(EXPORT, START - timedelta(days=1), *([0.25] * 24))
    return script


@pytest.fixture
async def dashboard(
    hass: HomeAssistant, hass_storage: dict[str, Any], settle: Settle
) -> Dashboard:
    """Set the Energy dashboard up, without any preferences."""
    assert await async_setup_component(hass, "energy", {})
    return Dashboard(hass, settle)


@pytest.fixture
def asking(make_entry: EntryFactory) -> MockConfigEntry:
    """Return an entry whose meter a person wants on the Energy dashboard."""
    return make_entry(dashboard=[OFFER.key])
