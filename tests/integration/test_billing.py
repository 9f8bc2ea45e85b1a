"""What people are billed by: the zone of their meter, and the days of their supplier."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.meter_hub.const import DOMAIN
from custom_components.meter_hub.history import History
from custom_components.meter_hub.metering.model import Update
from custom_components.meter_hub.vendors.registry import VENDORS

from ..texts import TEXTS, placeholders
from .answers import update
from .conftest import EntryFactory, Settle
from .dialogs import shown
from .priced import async_register, load, pick
from .prosumer import (
    BALANCED_EXPORT,
    BALANCED_IMPORT,
    COST,
    EXPORT_PRICES,
    IMPORT_ZONES,
    assert_follows,
    know_zones,
    prosumers,
    stored,
)
from .prosumer_entry import FIRST, async_set_prices
from .rows import assert_same, async_rows
from .scripted import EXPORT, HOUR, HOUSE, IMPORT, START, Script

DAYTIME_ONLY = stored(date(2020, 1, 1), imports={"zone1": 1.0})
TEXT = TEXTS["issues"]["price_missing"]


@pytest.fixture(autouse=True)
def vendor(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the vendor's customers be billed by balance, in Poland."""
    vendor = replace(prosumers(script), time_zone="Europe/Warsaw")
    monkeypatch.setitem(VENDORS, "scripted", vendor)


def unpriced(hass: HomeAssistant) -> list[ir.IssueEntry]:
    """Return the issues that tell of a missing price."""
    return [
        issue
        for issue in ir.async_get(hass).issues.values()
        if (issue.domain, issue.translation_key) == (DOMAIN, "price_missing")
    ]


async def enter(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    settle: Settle,
    prices: list[dict[str, Any]],
) -> None:
    """Let a person enter prices."""
    await async_set_prices(hass, entry, prices)
    await settle(timedelta(minutes=1))


async def test_missing_price_of_a_zone_is_asked_for(
    hass: HomeAssistant, script: Script, make_entry: EntryFactory, settle: Settle
) -> None:
    """Costs of the other hours go on; with the price, those of all hours are there."""
    know_zones(script, FIRST, 48)
    entry = make_entry(prices=[DAYTIME_ONLY])
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(timedelta(minutes=10))

    (issue,) = unpriced(hass)
    assert issue.translation_placeholders == {
        "account": entry.title,
        "meter": HOUSE.name,
        "prices": "Import zone 2",
    }
    assert placeholders(TEXT) <= issue.translation_placeholders.keys()
    assert HOUSE.id not in issue.issue_id, "diagnostics hold the ids"
    nights = {
        hour for hour, energy in script.truth[IMPORT_ZONES[1]].items() if energy > 0
    }
    costs = await async_rows(hass, COST)
    assert {hour for hour in script.truth[IMPORT_ZONES[0]] if hour not in nights} <= {
        *costs
    }
    assert len(costs) < 48

    ir.async_ignore_issue(hass, DOMAIN, issue.issue_id, ignore=True)
    await enter(hass, entry, settle, [DAYTIME_ONLY])
    assert [each.dismissed_version for each in unpriced(hass)] != [None], (
        "still ignored"
    )

    await enter(hass, entry, settle, [stored(date(2020, 1, 1))])
    assert unpriced(hass) == []
    await assert_follows(hass, script.truth)


@pytest.mark.parametrize("after", ["no prices", "removal"])
async def test_nobody_asks_who_wants_no_costs_any_more(
    hass: HomeAssistant,
    script: Script,
    make_entry: EntryFactory,
    settle: Settle,
    after: str,
) -> None:
    know_zones(script, FIRST, 48)
    entry = make_entry(prices=[DAYTIME_ONLY])
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(timedelta(minutes=10))
    assert len(unpriced(hass)) == 1

    if after == "removal":
        await hass.config_entries.async_remove(entry.entry_id)
    else:
        await enter(hass, entry, settle, [])

    assert unpriced(hass) == []


async def test_prices_begin_at_the_suppliers_midnight(
    hass: HomeAssistant, script: Script, make_entry: EntryFactory, settle: Settle
) -> None:
    """Home Assistant may run in another time zone than the meter."""
    await hass.config.async_set_time_zone("America/New_York")
    script.know(IMPORT, FIRST, *([1.0] * 48))
    entry = make_entry(
        prices=[
            stored(date(2020, 1, 1), imports={"total": 1.0}, exports={}),
            stored(date(2026, 11, 9), imports={"total": 2.0}, exports={}),
        ]
    )
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(timedelta(minutes=10))

    midnight = START.replace(day=8, hour=23)
    assert_same(
        await async_rows(hass, COST),
        {hour: 2.0 if hour >= midnight else 1.0 for hour in script.truth[IMPORT]},
    )


async def test_form_counts_days_as_the_supplier_does(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch, freezer: FrozenDateTimeFactory
) -> None:
    """The history begins at midnight in Warsaw; where it is late, tomorrow is today."""
    cloud = await async_register(hass, monkeypatch, freezer)
    abroad = replace(VENDORS["pretend"], time_zone="Europe/Warsaw")
    monkeypatch.setitem(VENDORS, "pretend", abroad)
    await hass.config.async_set_time_zone("America/New_York")
    entry = await load(hass, cloud)
    assert shown(await pick(hass, entry, "prices"))["valid_from"] == "2026-10-21"

    freezer.move_to(START.replace(hour=23, minute=30))
    hass.config_entries.async_update_entry(
        entry,
        options={
            **entry.options,
            "prices": [stored(date(2026, 1, 1), imports={"total": 1}, exports={})],
        },
    )
    assert shown(await pick(hass, entry, "prices"))["valid_from"] == "2026-11-11"


async def test_time_before_the_panels_is_billed_too(
    hass: HomeAssistant, script: Script, make_entry: EntryFactory, settle: Settle
) -> None:
    """There was nothing to net, so that all import counts; no export is made up."""
    script.know(IMPORT, FIRST, *([1.0] * 48))
    script.know(EXPORT, FIRST + 30 * HOUR, *([0.25] * 18))
    entry = make_entry(
        prices=[stored(date(2020, 1, 1), imports={"total": 2.0}, exports=EXPORT_PRICES)]
    )
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(timedelta(minutes=10))

    before = {hour for hour in script.truth[IMPORT] if hour < FIRST + 30 * HOUR}
    left = {hour: 1.0 if hour in before else 0.75 for hour in script.truth[IMPORT]}
    assert_same(await async_rows(hass, BALANCED_IMPORT), left)
    assert_same(await async_rows(hass, BALANCED_EXPORT), dict.fromkeys(left, 0.0))
    assert_same(
        await async_rows(hass, COST),
        {hour: 2 * energy for hour, energy in left.items()},
    )


async def test_beginning_of_export_that_is_found_late(
    hass: HomeAssistant, history: History, settle: Settle
) -> None:
    """What was unknown is known once the vendor told when export began."""
    history.submit(update(FIRST, [1.0] * 48))
    history.submit(update(START - HOUR, [0.25], series=EXPORT))
    history.submit(Update(floors={IMPORT: FIRST, EXPORT: FIRST}))
    await settle()
    assert_same(await async_rows(hass, BALANCED_IMPORT), {START - HOUR: 0.75})

    history.submit(Update(floors={EXPORT: START - HOUR}))
    await settle()

    assert len(await async_rows(hass, BALANCED_IMPORT)) == 48
