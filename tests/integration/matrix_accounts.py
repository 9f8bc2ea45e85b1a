"""Sets up accounts of simulated vendors in a real Home Assistant."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
import logging
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.application_credentials import (
    ClientCredential,
    async_import_client_credential,
)
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.meter_hub.const import DOMAIN
from custom_components.meter_hub.vendors import endpoints
from tests.simulator import Simulator
from tests.simulator.enphase_cloud import EnphaseCloudApi

from .dialogs import choose, shown, submit
from .matrix import Account, OpenAccount
from .matrix_cases import VendorCase

CLIENT = "own"


@pytest.fixture
def recorder_config() -> dict[str, Any]:
    """Record no states: who polls each minute has many, and here only rows matter."""
    return {"exclude": {"domains": ["sensor", "binary_sensor"]}}


@pytest.fixture
async def open_account(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    socket_enabled: None,
) -> AsyncGenerator[OpenAccount]:
    """Return a function that sets up an account of a simulated vendor."""
    async with AsyncExitStack() as stack:

        async def open_one(
            case: VendorCase,
            *,
            now: datetime,
            history: timedelta,
            prepare: Callable[[Simulator], None] | None = None,
            **options: Any,
        ) -> Account:
            caplog.set_level(logging.INFO)
            hass.loop.set_debug(False)
            await hass.config.async_set_time_zone("Europe/Warsaw")
            freezer.move_to(now)
            installed = now - history
            simulator = await stack.enter_async_context(_simulator(installed))
            if prepare is not None:
                prepare(simulator)
            for name, host in case.endpoints.items():
                url = simulator.url(case.key, host)
                endpoint = endpoints.Endpoint(url, case.pace)
                monkeypatch.setattr(endpoints, name, endpoint)
            api = simulator.vendor(case.key)
            changes = async_capture_events(hass, EVENT_STATE_CHANGED)
            if isinstance(api, EnphaseCloudApi):
                await _async_add_client(hass, api)
            form = await submit(
                hass, await choose(hass, case.key), dict(api.credentials)
            )
            if isinstance(api, EnphaseCloudApi):
                form = await submit(hass, form, {"implementation": CLIENT})
                form = await submit(hass, form, {"code": api.code()})
            if form["step_id"] == "meters":
                picked = list(case.meters) or shown(form)["meters"]
                form = await submit(hass, form, {"meters": picked})
            result = await submit(hass, form, {**case.options, **options})
            assert result["type"] is FlowResultType.CREATE_ENTRY
            entry = result["result"]
            await hass.async_block_till_done()
            assert entry.state is ConfigEntryState.LOADED
            return Account(
                hass,
                freezer,
                caplog,
                case,
                simulator,
                _simulator(installed),
                entry,
                changes,
            )

        yield open_one


def _simulator(installed: datetime) -> Simulator:
    """Return vendors whose intervals are final as soon as they are published.

    Else what is right would change between two polls.
    """
    simulator = Simulator(clock=dt_util.utcnow, installed=installed)
    cloud = simulator.vendor("enphase_cloud")
    assert isinstance(cloud, EnphaseCloudApi)
    for system in cloud.systems.values():
        system.rhythm.partial_for = timedelta(0)
    return simulator


async def _async_add_client(hass: HomeAssistant, api: EnphaseCloudApi) -> None:
    """Give Home Assistant the client that a person has made at the vendor."""
    assert await async_setup_component(hass, "application_credentials", {})
    client = ClientCredential(api.client_id, api.client_secret)
    await async_import_client_credential(hass, DOMAIN, client, CLIENT)
