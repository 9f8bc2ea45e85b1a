"""Prices beside the other options, and their costs in the Energy dashboard."""

from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.energy.data import async_get_manager
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from custom_components.meter_hub.memory import hand_over
from custom_components.meter_hub.metering.model import Update

from .dialogs import selectors, shown
from .pretend import GARAGE, HOUSE, PretendCloud, add_entry
from .priced import async_register, load, pick, submit

HISTORY = "meter_hub:pretend_house_grid_import"


async def put(hass: HomeAssistant, **statistics: str) -> None:
    """Give the Energy dashboard one source."""
    preferences: Any = {"energy_sources": [{"type": "grid", **statistics}]}
    await (await async_get_manager(hass)).async_update(preferences)


@pytest.fixture
async def cloud(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch, freezer: FrozenDateTimeFactory
) -> PretendCloud:
    """Return the cloud of a vendor whose customers pay in a currency."""
    return await async_register(hass, monkeypatch, freezer)


async def test_prices_and_settings_leave_each_other_alone(
    hass: HomeAssistant, cloud: PretendCloud
) -> None:
    """Neither form forgets what the other one knows."""
    hass.config.components.add("energy")
    entry = await load(
        hass,
        cloud,
        meters=(HOUSE, GARAGE),
        excluded=["garage"],
        factor=2,
        dashboard=["grid/house"],
    )
    before = dict(entry.options)

    await submit(hass, await pick(hass, entry, "prices"), {"import_total": 1.0})
    prices = entry.options["prices"]
    assert entry.options == {**before, "prices": prices}

    form = await pick(hass, entry, "settings")
    assert form["step_id"] == "init"
    await submit(hass, form, {"history_days": 90})
    assert entry.options == {**before, "prices": prices, "history_days": 90}


@pytest.mark.parametrize("ticked", [True, False])
async def test_costs_are_offered_to_a_source_that_lacks_them(
    hass: HomeAssistant, cloud: PretendCloud, ticked: bool
) -> None:
    hass.config.components.add("energy")
    entry = await load(hass, cloud, dashboard=["grid/garage"])
    form = await pick(hass, entry, "prices")
    assert "dashboard_costs" not in selectors(form), "there is no source of ours"

    await put(hass, stat_energy_from=HISTORY)
    form = await pick(hass, entry, "prices")
    assert shown(form)["dashboard_costs"] is False
    await submit(hass, form, {"import_total": 1.0, "dashboard_costs": ticked})

    wanted = ["costs/grid/house"] if ticked else []
    assert entry.options["dashboard"] == ["grid/garage", *wanted]
    form = await pick(hass, entry, "prices")
    assert shown(form)["dashboard_costs"] is ticked


async def test_costs_are_not_offered_to_a_source_that_has_them(
    hass: HomeAssistant, cloud: PretendCloud
) -> None:
    hass.config.components.add("energy")
    entry = await load(hass, cloud)
    await put(hass, stat_energy_from=HISTORY, stat_cost="sensor.own_cost")

    assert "dashboard_costs" not in selectors(await pick(hass, entry, "prices"))


async def test_vendors_without_a_currency_have_no_menu(
    hass: HomeAssistant, cloud: PretendCloud
) -> None:
    entry = add_entry(hass, "bob", "house", vendor="plain")
    hand_over(hass, "plain_bob", Update(meters=(HOUSE,)), {})
    await hass.config_entries.async_setup(entry.entry_id)

    form = await hass.config_entries.options.async_init(entry.entry_id)

    assert form["type"] is FlowResultType.FORM
