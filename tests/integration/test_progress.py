"""How far the import of history has come."""

from datetime import timedelta

from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant

from custom_components.meter_hub.const import CONF_HISTORY_DAYS
from custom_components.meter_hub.metering.model import Meter, Series
from custom_components.meter_hub.metering.vocabulary import Quantity
from custom_components.meter_hub.vendors.base import Unavailable

from .conftest import EntryFactory, Settle
from .scripted import HOUR, HOUSE, IMPORT, START, Script


def state(hass: HomeAssistant, entity_id: str) -> str:
    """Return what an entity shows."""
    found = hass.states.get(entity_id)
    assert found is not None, hass.states.async_entity_ids()
    return found.state


async def test_progress_counts_what_is_written(
    hass: HomeAssistant, script: Script, make_entry: EntryFactory, settle: Settle
) -> None:
    """Half of the history is half of the way."""
    script.window = timedelta(days=5)
    script.know(IMPORT, START - timedelta(days=11), *([0.5] * 11 * 24))
    entry = make_entry(**{CONF_HISTORY_DAYS: 11})
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle()
    assert entry.runtime_data.history.progress == 0

    await settle(timedelta(seconds=2))
    assert entry.runtime_data.history.progress == 50
    await settle(timedelta(seconds=6), timedelta(seconds=2))
    assert entry.runtime_data.history.progress == 100


async def test_progress_of_a_single_day(
    hass: HomeAssistant, script: Script, make_entry: EntryFactory, settle: Settle
) -> None:
    """A person who wants no more than the last day also sees it arrive."""
    script.window = timedelta(hours=6)
    script.know(IMPORT, START - timedelta(days=1), *([0.5] * 24))
    entry = make_entry(**{CONF_HISTORY_DAYS: 1})
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle()
    assert entry.runtime_data.history.progress == 0

    await settle(timedelta(seconds=2))
    assert entry.runtime_data.history.progress == 50
    await settle(timedelta(seconds=6), timedelta(seconds=2))
    assert entry.runtime_data.history.progress == 100


async def test_progress_where_nothing_is_old(
    hass: HomeAssistant, script: Script, make_entry: EntryFactory, settle: Settle
) -> None:
    """A meter that was installed an hour ago has no history to wait for."""
    script.know(IMPORT, START - HOUR, 1.0)
    entry = make_entry(**{CONF_HISTORY_DAYS: 30})
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(timedelta(seconds=8), timedelta(seconds=2))

    assert entry.runtime_data.history.progress == 100


async def test_progress_is_shown_while_live_values_are_not(
    hass: HomeAssistant, script: Script, make_entry: EntryFactory, settle: Settle
) -> None:
    """A vendor that is down for a day takes nothing back of what was imported."""
    script.know(IMPORT, START - timedelta(days=10), *([0.5] * 240))
    entry = make_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(timedelta(minutes=10))
    script.failure = Unavailable("timeout")
    await settle(timedelta(hours=2))

    assert state(hass, "sensor.house_grid_import") == STATE_UNAVAILABLE
    assert state(hass, "sensor.scripted_account_history_import_progress") == "100.0"


async def test_missing_meter_does_not_hold_up_the_progress(
    hass: HomeAssistant, script: Script, make_entry: EntryFactory, settle: Settle
) -> None:
    """What can't be asked for is not waited for."""
    barn = Series("barn", Quantity.GRID_IMPORT)
    script.meters = (HOUSE, Meter(barn.meter, "Barn"))
    for series in (IMPORT, barn):
        script.know(series, START - timedelta(days=10), *([0.5] * 240))
    script.window = timedelta(days=5)
    entry = make_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle()
    assert entry.runtime_data.history.progress == 0

    script.meters = (HOUSE,)
    script.failure = Unavailable("timeout")
    await settle(timedelta(seconds=4), timedelta(seconds=2))
    script.failure = None
    del script.truth[barn]
    await settle(timedelta(minutes=40))

    assert entry.runtime_data.data.missing == {barn.meter}
    assert entry.runtime_data.history.progress == 100
