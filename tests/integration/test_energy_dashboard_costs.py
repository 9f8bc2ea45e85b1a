"""What energy costs, and earns, in the Energy dashboard."""

from datetime import date, timedelta
from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.recorder.common import (
    do_adhoc_statistics,
)
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.meter_hub.vendors.registry import VENDORS

from .conftest import EntryFactory, Settle
from .dashboard import (
    EXPORT_HISTORY,
    HISTORY,
    OFFER,
    OURS,
    POLL,
    POWER_SENSOR,
    Dashboard,
    grid,
)
from .prosumer import prosumers, stored
from .scripted import EXPORT, IMPORT, START, Script

COST = "meter_hub:scripted_house_import_cost"
COMPENSATION = "meter_hub:scripted_house_export_compensation"
PRICES = stored(date(2020, 1, 1), imports={"total": 1.0}, exports={"total": 0.3})
IMPORT_PRICES = stored(date(2020, 1, 1), imports={"total": 1.0}, exports={})

WITHOUT = {**OURS, "name": "At home"}
WITH = {**WITHOUT, "stat_cost": COST, "stat_compensation": COMPENSATION}
OTHER = grid(stat_energy_from="sensor.other")


@pytest.fixture
def script_of_prosumer(full_script: Script, monkeypatch: pytest.MonkeyPatch) -> Script:
    """Return the script of a vendor whose customers can enter prices."""
    monkeypatch.setitem(VENDORS, "scripted", prosumers(full_script))
    return full_script


@pytest.fixture
def wanting_costs(
    script_of_prosumer: Script, make_entry: EntryFactory
) -> MockConfigEntry:
    """Return an entry with prices whose costs a person wants on the dashboard."""
    return make_entry(prices=[PRICES], dashboard=[OFFER.costs_key])


async def test_a_source_is_added_with_its_costs(
    hass: HomeAssistant,
    dashboard: Dashboard,
    script_of_prosumer: Script,
    make_entry: EntryFactory,
    settle: Settle,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """Home Assistant finds no fault with them."""
    await dashboard.set_up(make_entry(prices=[PRICES], dashboard=[OFFER.key]))

    assert await dashboard.sources() == [
        {**OURS, "stat_cost": COST, "stat_compensation": COMPENSATION}
    ]
    do_adhoc_statistics(hass, start=START)
    await settle()
    client = await hass_ws_client(hass)
    await client.send_json_auto_id({"type": "energy/validate"})
    answer = await client.receive_json()
    assert answer["result"]["energy_sources"] == [[]]


async def test_a_source_has_only_costs_of_its_own_energy(
    dashboard: Dashboard, script_of_prosumer: Script, make_entry: EntryFactory
) -> None:
    """Export that another source shows is paid for there, if anywhere."""
    own = grid(stat_energy_from="sensor.other", stat_energy_to=EXPORT_HISTORY)
    await dashboard.put(own)

    await dashboard.set_up(make_entry(prices=[PRICES], dashboard=[OFFER.key]))

    assert await dashboard.sources() == [
        own,
        grid(stat_energy_from=HISTORY, stat_cost=COST, stat_rate=POWER_SENSOR),
    ]


async def test_prices_alone_change_nothing(
    dashboard: Dashboard, script_of_prosumer: Script, make_entry: EntryFactory
) -> None:
    """The dashboard is a person's own."""
    await dashboard.put(WITHOUT)

    await dashboard.set_up(make_entry(prices=[PRICES]))

    assert await dashboard.sources() == [WITHOUT]


async def test_our_source_gets_the_costs_that_it_lacks(
    dashboard: Dashboard, wanting_costs: MockConfigEntry
) -> None:
    """Nothing else changes, in it or around it; a restart ends the request."""
    await dashboard.put(OTHER, WITHOUT, {"type": "solar", "stat_energy_from": "a.b"})
    before, _, after = await dashboard.sources()

    await dashboard.set_up(wanting_costs)
    assert await dashboard.sources() == [before, WITH, after]

    await dashboard.restart(wanting_costs)
    assert await dashboard.sources() == [before, WITH, after]
    assert wanting_costs.options["dashboard"] == []


async def test_costs_that_a_kill_lost_are_added_again(
    hass: HomeAssistant,
    dashboard: Dashboard,
    wanting_costs: MockConfigEntry,
    settle: Settle,
    hass_storage: dict[str, Any],
) -> None:
    """Home Assistant writes preferences a minute late."""
    await dashboard.put(WITHOUT)
    await settle(timedelta(minutes=2))
    saved = hass_storage["energy"]["data"]["energy_sources"]
    assert await hass.config_entries.async_setup(wanting_costs.entry_id)
    await settle(timedelta(seconds=40), timedelta(seconds=2))
    assert await dashboard.sources() == [WITH]
    assert saved == [WITHOUT]

    await dashboard.restart(wanting_costs, killed=True)

    assert await dashboard.sources() == [WITH]
    assert wanting_costs.options["dashboard"] == [OFFER.costs_key]


@pytest.mark.parametrize("later", [False, True])
async def test_costs_that_a_person_removes_stay_away(
    dashboard: Dashboard, wanting_costs: MockConfigEntry, later: bool
) -> None:
    await dashboard.put(WITHOUT)
    await dashboard.set_up(wanting_costs)
    if later:
        await dashboard.restart(wanting_costs)

    await dashboard.put(WITHOUT)
    await dashboard.restart(wanting_costs)

    assert await dashboard.sources() == [WITHOUT]
    assert wanting_costs.options["dashboard"] == []


@pytest.mark.parametrize(
    "source",
    [
        OTHER,
        grid(stat_energy_from=HISTORY, stat_cost="sensor.own_cost"),
        grid(stat_energy_from="sensor.other", stat_energy_to=EXPORT_HISTORY),
    ],
    ids=["not ours", "with a cost", "import not ours"],
)
async def test_a_source_that_lacks_nothing_of_ours_stays_as_it_is(
    dashboard: Dashboard, wanting_costs: MockConfigEntry, source: dict[str, Any]
) -> None:
    await dashboard.put(source)

    await dashboard.set_up(wanting_costs)

    assert await dashboard.sources() == [source]
    assert wanting_costs.options["dashboard"] == []


async def test_a_direction_without_prices_is_not_waited_for(
    dashboard: Dashboard, script_of_prosumer: Script, make_entry: EntryFactory
) -> None:
    await dashboard.put(OURS)

    await dashboard.set_up(
        make_entry(prices=[IMPORT_PRICES], dashboard=[OFFER.costs_key])
    )

    assert await dashboard.sources() == [{**OURS, "stat_cost": COST}]


async def test_costs_wait_until_there_are_any(
    dashboard: Dashboard,
    script_of_prosumer: Script,
    wanting_costs: MockConfigEntry,
    settle: Settle,
) -> None:
    """The hours of import cost something once export is known too."""
    export = script_of_prosumer.truth.pop(EXPORT)
    first = min(export)
    script_of_prosumer.truth[EXPORT] = {first - timedelta(days=3): 0.5}
    await dashboard.put(WITHOUT)
    await dashboard.set_up(wanting_costs)
    assert await dashboard.sources() == [WITHOUT]
    assert wanting_costs.options["dashboard"] == [OFFER.costs_key]

    last = max(script_of_prosumer.truth[IMPORT]) + timedelta(hours=1)
    for series in (IMPORT, EXPORT):
        script_of_prosumer.know(series, last, 0.75)
    await settle(timedelta(hours=1) + POLL)

    assert await dashboard.sources() == [WITH]
