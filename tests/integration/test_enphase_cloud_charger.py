"""The EV charger of the simulated Enphase cloud, as a person sees it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT, STATE_OFF
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
import pytest

from custom_components.meter_hub.const import DOMAIN
from custom_components.meter_hub.diagnostics import async_get_config_entry_diagnostics
from tests.simulator import Flow
from tests.simulator.enphase_cloud import EnphaseCloudApi
from tests.simulator.enphase_cloud.api import API_KEY

from .matrix import OpenAccount
from .matrix_cases import VENDOR_CASES

pytest_plugins = ("tests.integration.matrix_accounts",)

NOW = datetime(2026, 10, 27, 13, 40, tzinfo=UTC)
SYSTEM, CHARGER = "698910101", "202312101001"
(CLOUD,) = (case for case in VENDOR_CASES if case.key == "enphase_cloud")


def shown(hass: HomeAssistant, quantity: str, platform: str = "sensor") -> State:
    """Return what an entity of the charger shows."""
    entities = er.async_get(hass)
    unique_id = f"enphase_cloud_{CHARGER}_{quantity}"
    entity_id = entities.async_get_entity_id(platform, DOMAIN, unique_id)
    assert entity_id is not None, quantity
    state = hass.states.get(entity_id)
    assert state is not None, quantity
    return state


async def test_charger_and_its_last_session(
    hass: HomeAssistant,
    open_account: OpenAccount,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Whoever may call often asks for energy alone, and not for what is done now.
    credentials = {"api_key": API_KEY, "plan": "watt"}
    monkeypatch.setattr(EnphaseCloudApi, "credentials", credentials)
    account = await open_account(
        replace(CLOUD, meters=(SYSTEM,)), now=NOW, history=timedelta(days=13)
    )
    await account.async_pass(timedelta(hours=1))

    start = dt_util.parse_datetime(shown(hass, "session_start").state)
    end = dt_util.parse_datetime(shown(hass, "session_end").state)
    assert start is not None
    assert end is not None
    house = account.simulator.vendor("enphase_cloud").house(CHARGER)
    energy = house.energy(Flow.EV_CHARGE, start, end)
    assert energy > 1
    told = shown(hass, "session_energy")
    assert float(told.state) == pytest.approx(energy, abs=0.001)
    assert told.attributes["last_reset"] == start.isoformat()
    assert told.attributes["friendly_name"] == (
        f"IQ EV Charger {CHARGER} Last session energy"
    )
    duration = shown(hass, "session_duration")
    assert float(duration.state) == (end - start).total_seconds()
    assert duration.attributes[ATTR_UNIT_OF_MEASUREMENT] == "s"
    charged = float(shown(hass, "session_charge_time").state)
    assert 0 < charged < (end - start).total_seconds()
    power = float(shown(hass, "session_power").state)
    assert power == pytest.approx(energy * 3_600_000 / charged, abs=1)
    assert shown(hass, "charger_status").state == "normal"
    assert shown(hass, "charger_mode").state == "Plugged out"
    assert shown(hass, "charger_plugged", "binary_sensor").state == STATE_OFF
    assert float(shown(hass, "ev_power").state) == 0

    cost = er.async_get(hass).async_get(
        er.async_get(hass).async_get_entity_id(
            "sensor", DOMAIN, f"enphase_cloud_{CHARGER}_session_cost"
        )
        or ""
    )
    assert cost is not None
    assert cost.disabled_by is er.RegistryEntryDisabler.INTEGRATION

    told_of_it = str(await async_get_config_entry_diagnostics(hass, account.entry))
    assert "session_energy" in told_of_it
    assert CHARGER not in told_of_it
    assert SYSTEM not in told_of_it
    assert "IQ EV Charger" not in told_of_it
