"""The entry of a customer with prices, and what becomes known or changes later."""

from datetime import date, timedelta
from typing import Any

from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from .conftest import EntryFactory, Settle
from .prosumer import EXPORT_ZONES, IMPORT_ZONES, know_zones, stored
from .scripted import HOUR, START, Script

FIRST = START - 48 * HOUR
LONG_AGO = stored(date(2020, 1, 1))


async def async_open(
    hass: HomeAssistant, script: Script, make_entry: EntryFactory, settle: Settle
) -> MockConfigEntry:
    """Return an entry with prices whose two days of history have arrived."""
    know_zones(script, FIRST, 48)
    entry = make_entry(prices=[LONG_AGO])
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(timedelta(minutes=10))
    return entry


def know_next_hour(script: Script) -> None:
    """Let the vendor know the hour that comes after the history."""
    for source in (*IMPORT_ZONES, *EXPORT_ZONES):
        script.know(source, START, 0.25)


async def async_set_prices(
    hass: HomeAssistant, entry: MockConfigEntry, prices: list[dict[str, Any]]
) -> None:
    """Have other prices in the options, and begin anew with them."""
    hass.config_entries.async_update_entry(
        entry, options={**entry.options, "prices": prices}
    )
    await hass.config_entries.async_reload(entry.entry_id)
