"""Sets up accounts of simulated vendors in a real Home Assistant."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import datetime, timedelta
import logging
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.meter_hub.vendors import endpoints
from tests.simulator import Simulator

from .conftest import EntryFactory
from .matrix import Account, OpenAccount, VendorCase


@pytest.fixture
async def open_account(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    make_entry: EntryFactory,
    socket_enabled: None,
) -> AsyncGenerator[OpenAccount]:
    """Return a function that sets up an account of a simulated vendor."""
    async with AsyncExitStack() as stack:

        async def open_one(
            case: VendorCase, *, now: datetime, history: timedelta, **options: Any
        ) -> Account:
            caplog.set_level(logging.INFO)
            hass.loop.set_debug(False)
            await hass.config.async_set_time_zone("Europe/Warsaw")
            freezer.move_to(now)
            installed = now - history
            simulator = await stack.enter_async_context(
                Simulator(clock=dt_util.utcnow, installed=installed)
            )
            # The vendor's own pace stays, as time is simulated.
            real: endpoints.Endpoint = getattr(endpoints, case.endpoint)
            monkeypatch.setattr(
                endpoints, case.endpoint, replace(real, url=simulator.url(case.key))
            )
            api = simulator.vendor(case.key)
            entry = make_entry(
                vendor=case.key,
                credentials=dict(api.credentials),
                meters=api.meter_ids,
                **options,
            )
            changes = async_capture_events(hass, EVENT_STATE_CHANGED)
            assert await hass.config_entries.async_setup(entry.entry_id)
            return Account(
                hass,
                freezer,
                caplog,
                case,
                simulator,
                Simulator(clock=dt_util.utcnow, installed=installed),
                entry,
                changes,
            )

        yield open_one
