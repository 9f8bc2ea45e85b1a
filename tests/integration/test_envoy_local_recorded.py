"""Gateways that were recorded at real houses, where they lie beside this repository."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
import logging

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
import pytest

from custom_components.meter_hub.const import DOMAIN
from custom_components.meter_hub.vendors import endpoints
from tests.vendors.envoy_local.replay import (
    NOW,
    PASSWORD,
    RECORDED,
    USERNAME,
    Replay,
    serving,
)

from .conftest import Settle
from .dialogs import choices, choose, shown, submit

CLOUD_USER: Mapping[str, str] = {"username": USERNAME, "password": PASSWORD}


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What a person must see of a recorded gateway."""

    sources: set[str]
    """What the Energy dashboard is offered."""
    enabled: int
    """How many entities are on."""
    watts: float
    kwh: float
    """What the sun gives and gave."""
    sign_in: Mapping[str, str] = field(default_factory=lambda: CLOUD_USER)
    digest: tuple[str, str] | None = None
    """The user and the password of a gateway that speaks no TLS."""


HOUSES = {
    "5.0.62": House(
        sources={"solar"},
        enabled=2,
        watts=7907,
        kwh=133_798.553,
        sign_in={"username": "envoy"},
        digest=("envoy", "012167"),
    ),
    "7.6.175_standard": House(sources={"solar"}, enabled=2, watts=5740, kwh=6139.406),
    "8.2.4264_metered_noct": House(
        sources={"solar"}, enabled=2, watts=5521, kwh=32_465.106
    ),
    "8.2.4286_with_3cts_and_battery_split": House(
        sources={"solar", "grid", "battery"}, enabled=16, watts=7131, kwh=13_431.337
    ),
    "8.2.4382_ACB": House(
        sources={"solar", "grid", "battery"}, enabled=12, watts=308, kwh=19_213.421
    ),
    "8.3.5167_3rd-pv": House(
        sources={"solar", "grid", "battery"}, enabled=13, watts=5236, kwh=569.123
    ),
    "8.3.5289_modGone": House(sources={"solar"}, enabled=2, watts=1635, kwh=10_251.324),
    "8.3.5433_tot_is_net_cons": House(
        sources={"solar"}, enabled=5, watts=353, kwh=14_405.466
    ),
}

pytestmark = pytest.mark.skipif(not RECORDED.exists(), reason="they are not there")


def test_no_recording_is_left_out() -> None:
    assert HOUSES.keys() == {path.name for path in RECORDED.iterdir() if path.is_dir()}


@pytest.mark.parametrize(
    ("folder", "house"), [pytest.param(*each, id=each[0]) for each in HOUSES.items()]
)
async def test_from_the_sign_in_to_the_sensors(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    socket_enabled: None,
    settle: Settle,
    entity_registry: er.EntityRegistry,
    folder: str,
    house: House,
) -> None:
    """Few entities, all of them with values, and the right ones for the dashboard."""
    assert await async_setup_component(hass, "energy", {})
    freezer.move_to(NOW)
    hass.loop.set_debug(False)
    replay = Replay.recorded(folder)
    replay.digest = house.digest
    async with serving(replay, plain=house.digest is not None) as cloud:
        endpoint = endpoints.Endpoint(cloud, timedelta(0))
        monkeypatch.setattr(endpoints, "ENLIGHTEN", endpoint)
        monkeypatch.setattr(endpoints, "ENTREZ", endpoint)

        typed = {"host": replay.host, **house.sign_in}
        form = await submit(hass, await choose(hass, "envoy_local"), typed)
        if form["step_id"] == "meters":
            form = await submit(hass, form, {"meters": shown(form)["meters"]})
        offered = {key.partition("/")[::2] for key in choices(form, "dashboard")}
        result = await submit(hass, form, {})
        assert result["type"] is FlowResultType.CREATE_ENTRY
        entry = result["result"]
        await settle(timedelta(minutes=5), timedelta(minutes=1))
        assert entry.state is ConfigEntryState.LOADED
        assert offered == {(kind, replay.serial) for kind in house.sources}

        enabled = [
            each
            for each in entity_registry.entities.values()
            if each.platform == DOMAIN and not each.disabled
        ]
        states = {each.unique_id: hass.states.get(each.entity_id) for each in enabled}
        assert not {
            unique_id
            for unique_id, state in states.items()
            if state is None or state.state in (STATE_UNAVAILABLE, STATE_UNKNOWN)
        }
        assert len(enabled) == house.enabled <= 20
        for quantity, value in {"solar_power": house.watts, "solar": house.kwh}.items():
            state = states[f"envoy_local_{replay.serial}_{quantity}"]
            assert state is not None
            assert float(state.state) == value
        assert await hass.config_entries.async_unload(entry.entry_id)
    assert [each for each in caplog.records if each.levelno >= logging.ERROR] == []
