"""Changing an entry's options."""

from typing import Any

from homeassistant.components.energy.data import async_get_manager
from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.meter_hub.memory import hand_over

from ..texts import TEXTS, placeholders
from .dialogs import assert_readable, choices, selectors, shown
from .pretend import GARAGE, HOUSE, OLD, PretendCloud, add_entry, register


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> PretendCloud:
    """Return the cloud of a vendor that exists in this test only."""
    return register(monkeypatch)


@pytest.fixture
def energy(hass: HomeAssistant) -> None:
    """Let Home Assistant have an Energy dashboard."""
    hass.config.components.add("energy")


async def load(
    hass: HomeAssistant, cloud: PretendCloud, entry: MockConfigEntry
) -> MockConfigEntry:
    """Set an entry up with all meters that the vendor can have."""
    assert entry.unique_id is not None
    account = cloud.add("old-secret", "ada", HOUSE, GARAGE, OLD)
    hand_over(hass, entry.unique_id, account.update, {})
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return entry


async def submit(
    hass: HomeAssistant, form: ConfigFlowResult, typed: dict[str, Any]
) -> ConfigFlowResult:
    """Fill in the form that is shown."""
    assert form["type"] is FlowResultType.FORM
    assert form["step_id"] == "init"
    assert_readable(form, "options")
    result = await hass.config_entries.options.async_configure(form["flow_id"], typed)
    await hass.async_block_till_done()
    return result


async def test_the_form_shows_how_it_is(
    hass: HomeAssistant, cloud: PretendCloud, energy: None
) -> None:
    """All meters are listed, also those that were left out."""
    entry = add_entry(hass, "ada", "house", "garage", "old", excluded=["old"], factor=2)
    await load(hass, cloud, entry)

    form = await hass.config_entries.options.async_init(entry.entry_id)

    assert list(choices(form, "meters")) == ["house", "garage", "old"]
    assert shown(form) == {
        "meters": ["garage", "house"],
        "history_days": 30,
        "factor": 2,
        "dashboard": [],
    }


async def test_changes_take_effect_at_once(
    hass: HomeAssistant, cloud: PretendCloud, energy: None
) -> None:
    """The entry is loaded again with the new meters, without a call."""
    entry = add_entry(hass, "ada", "house", "garage", "old", excluded=["old"])
    await load(hass, cloud, entry)
    form = await hass.config_entries.options.async_init(entry.entry_id)

    result = await submit(
        hass,
        form,
        {
            "meters": ["house", "old"],
            "history_days": 90,
            "factor": 2.5,
            "dashboard": ["grid/old", "grid/garage"],
        },
    )

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options == {
        "excluded_meters": ["garage"],
        "history_days": 90,
        "factor": 2.5,
        "dashboard": ["grid/old"],
    }
    assert entry.state is ConfigEntryState.LOADED
    assert set(entry.runtime_data.data.meters) == {"house", "old"}
    assert cloud.calls == 0


async def test_no_change_no_reload(hass: HomeAssistant, cloud: PretendCloud) -> None:
    entry = await load(hass, cloud, add_entry(hass, "ada", "house", "garage", "old"))
    before = entry.runtime_data
    form = await hass.config_entries.options.async_init(entry.entry_id)

    await submit(hass, form, {})

    assert entry.runtime_data is before


async def test_at_least_one_meter(hass: HomeAssistant, cloud: PretendCloud) -> None:
    """What else was typed stays in the form."""
    entry = await load(hass, cloud, add_entry(hass, "ada", "house", "garage", "old"))
    form = await hass.config_entries.options.async_init(entry.entry_id)

    again = await submit(hass, form, {"meters": [], "history_days": 90})
    assert again["errors"] == {"meters": "no_meter_picked"}
    assert shown(again) == {"meters": [], "history_days": 90, "factor": 1}
    await submit(hass, again, {"meters": ["old"], "history_days": 90})

    assert entry.options["excluded_meters"] == ["garage", "house"]


async def test_dashboard_offers_what_is_not_there(
    hass: HomeAssistant, cloud: PretendCloud, energy: None
) -> None:
    """A request that waits is ticked; one that was fulfilled is not asked again."""
    manager = await async_get_manager(hass)
    await manager.async_update(
        {
            "energy_sources": [
                {
                    "type": "grid",
                    "stat_energy_from": "meter_hub:pretend_house_grid_import",
                    "cost_adjustment_day": 0.0,
                }
            ]
        }  # type: ignore[typeddict-item]
    )
    entry = add_entry(hass, "ada", "house", "garage", "old", dashboard=["grid/garage"])
    await load(hass, cloud, entry)

    form = await hass.config_entries.options.async_init(entry.entry_id)

    assert list(choices(form, "dashboard")) == ["grid/garage", "grid/old"]
    assert shown(form)["dashboard"] == ["grid/garage"]
    assert form["description_placeholders"] == {
        "present": "grid connection",
        "notices": "",
    }


async def test_requests_that_were_not_asked_for_stay(
    hass: HomeAssistant, cloud: PretendCloud
) -> None:
    """Without an Energy dashboard in this run, what was asked for waits."""
    entry = add_entry(hass, "ada", "house", "garage", "old", dashboard=["grid/house"])
    await load(hass, cloud, entry)
    form = await hass.config_entries.options.async_init(entry.entry_id)

    await submit(hass, form, {"history_days": 90})

    assert entry.options["dashboard"] == ["grid/house"]


async def test_a_request_can_be_withdrawn(
    hass: HomeAssistant, cloud: PretendCloud, energy: None
) -> None:
    entry = add_entry(hass, "ada", "house", "garage", "old", dashboard=["grid/house"])
    await load(hass, cloud, entry)
    form = await hass.config_entries.options.async_init(entry.entry_id)

    await submit(hass, form, {"dashboard": []})

    assert entry.options["dashboard"] == []


async def test_meters_of_another_entry_stay_there(
    hass: HomeAssistant, cloud: PretendCloud
) -> None:
    """A meter that two accounts share can't be shown twice, nor is it picked by chance."""
    entry = add_entry(hass, "ada", "house", "garage", "old", excluded=["garage", "old"])
    add_entry(hass, "bob", "garage")
    await load(hass, cloud, entry)
    form = await hass.config_entries.options.async_init(entry.entry_id)

    assert list(choices(form, "meters")) == ["house", "old"]
    await submit(hass, form, {"meters": ["house", "old"]})

    assert entry.options["excluded_meters"] == ["garage"]


async def test_a_new_meter_of_a_running_entry_is_taken(
    hass: HomeAssistant, cloud: PretendCloud
) -> None:
    """A meter that appeared after signing in is shown by the entry that found it."""
    await load(hass, cloud, add_entry(hass, "ada", "house"))
    other = add_entry(hass, "bob", "garage")
    hand_over(hass, "pretend_bob", cloud.add("x", "bob", GARAGE, OLD).update, {})
    assert await hass.config_entries.async_setup(other.entry_id)

    form = await hass.config_entries.options.async_init(other.entry_id)

    assert "meters" not in selectors(form)


async def test_entry_that_is_not_loaded(
    hass: HomeAssistant, cloud: PretendCloud
) -> None:
    """The meters are known from before; the change counts from the next start on."""
    entry = await load(hass, cloud, add_entry(hass, "ada", "house", "garage", "old"))
    await hass.config_entries.async_unload(entry.entry_id)
    form = await hass.config_entries.options.async_init(entry.entry_id)

    assert list(choices(form, "meters")) == ["house", "garage", "old"]
    await submit(hass, form, {"meters": ["house"]})

    assert entry.options["excluded_meters"] == ["garage", "old"]


async def test_entry_that_never_ran(hass: HomeAssistant, cloud: PretendCloud) -> None:
    """Its meters have no names yet: the rest can be changed all the same."""
    cloud.add("old-secret", "ada", HOUSE)
    entry = add_entry(hass, "ada", "house", "garage", excluded=["garage"])
    form = await hass.config_entries.options.async_init(entry.entry_id)

    assert list(selectors(form)) == ["history_days", "factor"]
    await submit(hass, form, {"history_days": 7})

    assert entry.options["history_days"] == 7
    assert entry.options["excluded_meters"] == ["garage"]


async def test_vendor_that_is_not_known(hass: HomeAssistant) -> None:
    """Nobody can tell which options there would be."""
    entry = add_entry(hass, "ada", "house", vendor="bygone")

    result = await hass.config_entries.options.async_init(entry.entry_id)

    assert (result["type"], result["reason"]) == (
        FlowResultType.ABORT,
        "unknown_vendor",
    )
    assert placeholders(TEXTS["options"]["abort"]["unknown_vendor"]) == {"vendor"}
    assert result["description_placeholders"] == {"vendor": "bygone"}
