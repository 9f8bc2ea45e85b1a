"""A vendor whose customers enter prices in the options."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.meter_hub.memory import hand_over
from custom_components.meter_hub.metering.model import Meter, Series
from custom_components.meter_hub.metering.vocabulary import Channel, Quantity
from custom_components.meter_hub.vendors.registry import VENDORS

from ..texts import TEXTS
from .dialogs import assert_readable, selectors, shown
from .pretend import HOUSE, PretendCloud, add_entry, register
from .prosumer import stored

NOW = datetime(2026, 11, 10, 12, tzinfo=UTC)
FLOOR = datetime(2026, 10, 20, 22, tzinfo=UTC)
EARLY = stored(date(2026, 1, 1), imports={"total": 1.0}, exports={"total": 0.3})
LATE = stored(date(2026, 7, 1), imports={"total": 1.25}, exports={"total": 0.25})
FUTURE = stored(date(2027, 1, 1), imports={"total": 2.0}, exports={})


async def async_register(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch, freezer: FrozenDateTimeFactory
) -> PretendCloud:
    """Return the cloud of a vendor whose customers pay in a currency."""
    freezer.move_to(NOW)
    await hass.config.async_set_time_zone("Europe/Warsaw")
    cloud = register(monkeypatch)
    vendor = replace(VENDORS["pretend"], currency="PLN")
    monkeypatch.setitem(VENDORS, "pretend", vendor)
    return cloud


async def load(
    hass: HomeAssistant,
    cloud: PretendCloud,
    meters: tuple[Meter, ...] = (HOUSE,),
    channels: tuple[str, ...] = (Channel.TOTAL,),
    quantities: tuple[Quantity, ...] = (Quantity.GRID_IMPORT, Quantity.GRID_EXPORT),
    **options: Any,
) -> MockConfigEntry:
    """Set an entry up whose meters have history since October."""
    account = cloud.add("old-secret", "ada", *meters)
    floors = {
        Series(meter.id, quantity, channel): FLOOR
        for meter in meters
        for quantity in quantities
        for channel in channels
    }
    entry = add_entry(hass, "ada", *(meter.id for meter in meters), **options)
    hand_over(hass, "pretend_ada", replace(account.update, floors=floors), {})
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return entry


async def pick(
    hass: HomeAssistant, entry: MockConfigEntry, choice: str
) -> ConfigFlowResult:
    """Open the options, and pick from their menu."""
    menu = await hass.config_entries.options.async_init(entry.entry_id)
    assert menu["type"] is FlowResultType.MENU
    labels = TEXTS["options"]["step"][menu["step_id"]]["menu_options"]
    assert menu["menu_options"] == list(labels)
    return await hass.config_entries.options.async_configure(
        menu["flow_id"], {"next_step_id": choice}
    )


async def submit(
    hass: HomeAssistant, form: ConfigFlowResult, typed: dict[str, Any]
) -> ConfigFlowResult:
    """Fill in the form that is shown, like a browser that sends what it showed."""
    assert_readable(form, "options")
    texts = TEXTS["options"]["step"][form["step_id"]]
    assert selectors(form).keys() - {"factor"} <= texts["data"].keys()
    values = {key: value for key, value in shown(form).items() if value is not None}
    values |= typed
    result = await hass.config_entries.options.async_configure(
        form["flow_id"],
        {key: value for key, value in values.items() if value is not None},
    )
    await hass.async_block_till_done()
    return result
