"""Costs give way when the prices that made them move, or are removed."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import get_instance
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.meter_hub.statistic_names import statistic_id
from custom_components.meter_hub.vendors.registry import VENDORS

from .conftest import EntryFactory, Settle
from .prosumer import (
    BALANCED_IMPORT,
    COMPENSATION,
    COST,
    IMPORT_ZONES,
    assert_follows,
    prosumers,
    stored,
)
from .prosumer_entry import (
    FIRST,
    LONG_AGO,
    async_open,
    async_set_prices,
    know_next_hour,
)
from .rows import assert_same, async_rows
from .scripted import HOUR, START, Script

MIDNIGHT = START.replace(day=8, hour=23)
"""When the 9th begins in Poland."""

ALWAYS, NEVER = (FIRST, START), (START, START)
"""Hours of the history that have prices."""


@pytest.fixture
async def prosumer(
    hass: HomeAssistant,
    script: Script,
    make_entry: EntryFactory,
    settle: Settle,
    monkeypatch: pytest.MonkeyPatch,
) -> MockConfigEntry:
    """Return an entry of a vendor in Poland, with two days of history and their costs."""
    vendor = replace(prosumers(script), time_zone="Europe/Warsaw")
    monkeypatch.setitem(VENDORS, "scripted", vendor)
    return await async_open(hass, script, make_entry, settle)


@pytest.mark.parametrize(
    ("left", "cost", "compensation"),
    [
        ([stored(date(2026, 11, 9))], (MIDNIGHT, START), (MIDNIGHT, START)),
        ([stored(date(2027, 1, 1))], NEVER, NEVER),
        ([stored(date(2020, 1, 1), imports={})], NEVER, ALWAYS),
        ([LONG_AGO, stored(date(2026, 11, 9), exports={})], ALWAYS, (FIRST, MIDNIGHT)),
        ([stored(date(2020, 1, 1), meter="garage")], NEVER, NEVER),
        ([], NEVER, NEVER),
    ],
    ids=["moved", "future", "direction", "ended", "other meter", "all"],
)
async def test_prices_that_are_gone_take_their_costs_along(
    hass: HomeAssistant,
    script: Script,
    prosumer: MockConfigEntry,
    settle: Settle,
    left: list[dict[str, Any]],
    cost: tuple[datetime, datetime],
    compensation: tuple[datetime, datetime],
) -> None:
    """The hours cost 0 and the sums are right; entered again, all is back."""
    expected = {
        money: {
            hour: value if start <= hour < end else 0.0
            for hour, (value, _) in (await async_rows(hass, money)).items()
        }
        for money, (start, end) in ((COST, cost), (COMPENSATION, compensation))
    }

    for _ in ("changed", "restarted"):
        await async_set_prices(hass, prosumer, left)
        await settle(timedelta(minutes=1))
        for money, hours in expected.items():
            assert_same(await async_rows(hass, money), hours)

    await async_set_prices(hass, prosumer, [LONG_AGO])
    await settle(timedelta(minutes=1))
    await assert_follows(hass, script.truth)


async def test_costs_without_prices_wait_for_their_energy(
    hass: HomeAssistant, prosumer: MockConfigEntry, settle: Settle
) -> None:
    """A person clears the energy and removes the prices; it comes back, and costs 0."""
    before = await async_rows(hass, COST)
    cleared = statistic_id("scripted", IMPORT_ZONES[0])
    get_instance(hass).async_clear_statistics([cleared])
    await async_set_prices(hass, prosumer, [])
    assert await async_rows(hass, COST) == before
    await settle(timedelta(hours=2, minutes=10))

    assert_same(await async_rows(hass, COST), dict.fromkeys(before, 0.0))


async def test_hours_that_never_had_a_price_get_no_costs(
    hass: HomeAssistant, script: Script, prosumer: MockConfigEntry, settle: Settle
) -> None:
    """Those that come after all prices were removed leave the costs as they are."""
    await async_set_prices(hass, prosumer, [])
    know_next_hour(script)
    await settle(timedelta(hours=1, minutes=30))

    assert max(await async_rows(hass, BALANCED_IMPORT)) == START
    for money in (COST, COMPENSATION):
        assert max(await async_rows(hass, money)) == START - HOUR


async def test_an_account_that_is_added_again_keeps_its_costs(
    hass: HomeAssistant,
    script: Script,
    prosumer: MockConfigEntry,
    make_entry: EntryFactory,
    settle: Settle,
) -> None:
    """Its prices went with the entry; nobody has taken back what they made."""
    before = await async_rows(hass, COST)
    assert before
    await hass.config_entries.async_remove(prosumer.entry_id)
    again = make_entry()
    assert await hass.config_entries.async_setup(again.entry_id)
    await settle(timedelta(minutes=10))
    assert await async_rows(hass, COST) == before
