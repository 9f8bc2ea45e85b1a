"""Picking meters: which are offered, and what they are called."""

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from custom_components.meter_hub.metering.model import Meter
from custom_components.meter_hub.metering.vocabulary import MeterKind

from .dialogs import choices, choose, submit
from .pretend import GARAGE, HOUSE, OLD, TYPED, PretendCloud, add_entry, register


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> PretendCloud:
    """Return the cloud of a vendor that exists in this test only."""
    return register(monkeypatch)


@pytest.fixture
def energy(hass: HomeAssistant) -> None:
    """Let Home Assistant have an Energy dashboard."""
    hass.config.components.add("energy")


async def test_what_hangs_on_a_meter_is_named_with_it(
    hass: HomeAssistant, cloud: PretendCloud, energy: None
) -> None:
    """Two chargers may be called alike; the dashboard is offered none of them."""
    chargers = [
        Meter(
            f"charger-{meter.id}",
            "Zaptec charger",
            MeterKind.EV_CHARGER,
            model="Zaptec",
            parent=meter.id,
        )
        for meter in (HOUSE, GARAGE)
    ]
    cloud.add("hunter2", "ada", HOUSE, GARAGE, *chargers)

    meters = await submit(hass, await choose(hass), TYPED)
    assert choices(meters, "meters") == {
        "house": "House (XM-1)",
        "garage": "Garage",
        "charger-house": "House: Zaptec charger (Zaptec)",
        "charger-garage": "Garage: Zaptec charger (Zaptec)",
    }
    finish = await submit(hass, meters, {"meters": ["house", "charger-garage"]})
    assert choices(finish, "dashboard") == {"grid/house": "House: grid connection"}


async def test_at_least_one_meter(hass: HomeAssistant, cloud: PretendCloud) -> None:
    cloud.add("hunter2", "ada", HOUSE, GARAGE)
    meters = await submit(hass, await choose(hass), TYPED)

    again = await submit(hass, meters, {"meters": []})
    assert again["step_id"] == "meters"
    assert again["errors"] == {"meters": "no_meter_picked"}
    finish = await submit(hass, again, {"meters": ["garage"]})

    assert finish["step_id"] == "finish"


async def test_meters_of_another_entry_are_not_offered(
    hass: HomeAssistant, cloud: PretendCloud
) -> None:
    """A meter that two accounts share is shown once; one that was left out is free."""
    cloud.add("hunter2", "ada", HOUSE, GARAGE, OLD)
    add_entry(hass, "bob", "house", "garage", excluded=["garage"])

    meters = await submit(hass, await choose(hass), TYPED)
    assert set(choices(meters, "meters")) == {"garage", "old"}
    finish = await submit(hass, meters, {"meters": ["garage"]})
    result = await submit(hass, finish, {})

    assert result["options"]["excluded_meters"] == ["house", "old"]


async def test_meters_of_another_vendor_are_others(
    hass: HomeAssistant, cloud: PretendCloud
) -> None:
    cloud.add("hunter2", "ada", HOUSE, GARAGE)
    add_entry(hass, "bob", "house", vendor="plain")

    meters = await submit(hass, await choose(hass), TYPED)

    assert set(choices(meters, "meters")) == {"house", "garage"}


@pytest.mark.parametrize("other", ["ada", "bob"])
async def test_all_meters_are_shown_already(
    hass: HomeAssistant, cloud: PretendCloud, other: str
) -> None:
    """By the same account, or by another one or another key."""
    cloud.add("hunter2", "ada", HOUSE)
    add_entry(hass, other, "house")

    result = await submit(hass, await choose(hass), TYPED)

    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"
