"""A register that is read with another scale gets all of its history in that scale."""

from dataclasses import replace
from datetime import timedelta

from homeassistant.core import HomeAssistant

from custom_components.meter_hub.const import CONF_HISTORY_DAYS
from custom_components.meter_hub.metering.model import Reading

from .conftest import EntryFactory, Settle
from .rows import assert_same, async_rows
from .scripted import HOUR, IMPORT, START, Script

DAYS = 3
ENERGIES = [round(0.1 + hour % 7 / 10, 1) for hour in range(DAYS * 24)]


async def test_history_follows_the_scale(
    hass: HomeAssistant, script: Script, make_entry: EntryFactory, settle: Settle
) -> None:
    """The multiplier is switched on after the import, over a restart."""
    first = START - timedelta(days=DAYS)
    script.know(IMPORT, first, *ENERGIES)
    entry = make_entry(**{CONF_HISTORY_DAYS: DAYS + 1})
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(HOUR)
    assert_same(await async_rows(hass), script.truth[IMPORT])

    assert await hass.config_entries.async_unload(entry.entry_id)
    script.know(IMPORT, first, *(10 * energy for energy in ENERGIES))
    script.readings = (Reading(IMPORT, 1000.0, scale=10),)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(HOUR)

    assert_same(await async_rows(hass), script.truth[IMPORT])


async def test_the_same_scale_fetches_nothing_anew(
    hass: HomeAssistant, script: Script, make_entry: EntryFactory, settle: Settle
) -> None:
    script.know(IMPORT, START - timedelta(days=DAYS), *ENERGIES)
    script.readings = (Reading(IMPORT, 1000.0, scale=10),)
    entry = make_entry(**{CONF_HISTORY_DAYS: DAYS + 1})
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(HOUR)
    asked = len(script.history_calls)

    assert await hass.config_entries.async_unload(entry.entry_id)
    script.readings = (replace(script.readings[0], value=1001.0),)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(HOUR)

    assert asked > 0
    assert all(
        span.start >= START for spans in script.history_calls[asked:] for span in spans
    )
