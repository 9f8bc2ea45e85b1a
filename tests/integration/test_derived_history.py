"""Balance, costs and compensation follow the rows of import and export."""

from collections.abc import Iterable
from datetime import date, timedelta
import logging
from typing import Any

from homeassistant.components.recorder import Recorder
from homeassistant.components.recorder.statistics import get_metadata
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import get_instance
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.meter_hub import history_rows
from custom_components.meter_hub.metering.ledger import Shift
from custom_components.meter_hub.metering.model import Quality
from custom_components.meter_hub.recorder_io import (
    Claim,
    async_are_written,
    async_queue_shift,
)
from custom_components.meter_hub.statistic_names import statistic_id
from custom_components.meter_hub.vendors.registry import VENDORS

from .answers import update
from .conftest import EntryFactory, Settle
from .logged import said
from .prosumer import (
    BALANCED_EXPORT,
    BALANCED_IMPORT,
    COMPENSATION,
    COST,
    EXPORT_ZONES,
    IMPORT_ZONES,
    assert_follows,
    know_zones,
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
from .scripted import EXPORT, HOUR, IMPORT, START, Script


@pytest.fixture
def vendor(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the vendor's customers be billed by balance, in a currency."""
    monkeypatch.setitem(VENDORS, "scripted", prosumers(script))


@pytest.fixture
async def prosumer(
    hass: HomeAssistant,
    script: Script,
    vendor: None,
    make_entry: EntryFactory,
    settle: Settle,
) -> MockConfigEntry:
    """Return an entry with prices whose two days of history have arrived."""
    return await async_open(hass, script, make_entry, settle)


async def test_all_that_follows_is_written(
    hass: HomeAssistant, script: Script, prosumer: MockConfigEntry
) -> None:
    await assert_follows(hass, script.truth)


async def test_the_statistics_read_well(
    hass: HomeAssistant, prosumer: MockConfigEntry
) -> None:
    """Money has the currency as its unit, energy is kWh; the names are plain words."""
    wanted = {
        statistic_id("scripted", series): series
        for series in (BALANCED_EXPORT, COST, COMPENSATION)
    }
    found = await get_instance(hass).async_add_executor_job(
        lambda: get_metadata(hass, statistic_ids=set(wanted))
    )

    assert {
        (
            metadata["name"],
            metadata["unit_of_measurement"],
            metadata["unit_class"],
        )
        for _, metadata in found.values()
    } == {
        ("House balanced export", "kWh", "energy"),
        ("House import cost", "PLN", None),
        ("House export compensation", "PLN", None),
    }


async def test_an_hour_waits_for_its_export(
    hass: HomeAssistant, script: Script, prosumer: MockConfigEntry, settle: Settle
) -> None:
    """The newest hour of import is unknown, not all import, until export is there."""
    script.know(IMPORT_ZONES[0], START, 0.5)
    script.know(IMPORT_ZONES[1], START, 0.0)
    await settle(timedelta(hours=1, minutes=30))
    assert START in await async_rows(hass, IMPORT_ZONES[0])
    for series in (BALANCED_IMPORT, BALANCED_EXPORT, COST, COMPENSATION):
        assert max(await async_rows(hass, series)) == START - HOUR

    history = prosumer.runtime_data.history
    for series, energy in zip(EXPORT_ZONES, (0.125, 0.0), strict=True):
        script.know(series, START, energy)
        history.submit(update(START, [energy], series=series))
    await settle()

    assert (await async_rows(hass, BALANCED_IMPORT))[START][0] == 0.375
    await assert_follows(hass, script.truth)


async def test_a_correction_reaches_what_follows(
    hass: HomeAssistant,
    script: Script,
    vendor: None,
    make_entry: EntryFactory,
    settle: Settle,
) -> None:
    """An estimate that gives way changes balance and cost, and all sums after it."""
    script.quality = Quality.ESTIMATED
    entry = await async_open(hass, script, make_entry, settle)
    await assert_follows(hass, script.truth)

    for series in (IMPORT_ZONES[0], EXPORT_ZONES[0]):
        script.truth[series][FIRST + 20 * HOUR] += 1.75
        script.truth[series][FIRST + 2 * HOUR] = 0.25
        for offset in (2, 20):
            hour = FIRST + offset * HOUR
            entry.runtime_data.history.submit(
                update(hour, [script.truth[series][hour]], series=series)
            )
    await settle()

    await assert_follows(hass, script.truth)


async def test_history_before_what_is_there_comes_before_it(
    hass: HomeAssistant, script: Script, prosumer: MockConfigEntry, settle: Settle
) -> None:
    """The import of history goes back in time, and so does what follows."""
    earlier = Script()
    know_zones(earlier, FIRST - 30 * HOUR, 30)
    for series, hours in earlier.truth.items():
        prosumer.runtime_data.history.submit(
            update(min(hours), hours.values(), series=series)
        )
        script.truth[series] |= hours
        await settle()

    await assert_follows(hass, script.truth)


@pytest.mark.parametrize("valid_from", [date(2026, 11, 9), date(2020, 1, 1)])
async def test_new_prices_count_from_their_day_on(
    hass: HomeAssistant,
    script: Script,
    prosumer: MockConfigEntry,
    settle: Settle,
    valid_from: date,
) -> None:
    """Earlier hours keep their cost, unless the new prices begin before them."""
    await hass.config.async_set_time_zone("Europe/Warsaw")
    before = await async_rows(hass, COST)
    dearer = stored(valid_from, imports={"zone1": 2.0, "zone2": 1.2})
    await async_set_prices(hass, prosumer, [LONG_AGO, dearer])
    await settle(timedelta(minutes=1))

    midnight = START.replace(day=8, hour=23)
    expected = {
        hour: cost * (2 if hour >= midnight or valid_from.year == 2020 else 1)
        for hour, (cost, _) in before.items()
    }
    assert min(before) < midnight < max(before)
    assert_same(await async_rows(hass, COST), expected)


@pytest.mark.parametrize("meanwhile", ["running", "stopped"])
@pytest.mark.parametrize("series", [BALANCED_IMPORT, COST, IMPORT_ZONES[0]])
async def test_cleared_statistics_are_filled_again(
    hass: HomeAssistant,
    script: Script,
    prosumer: MockConfigEntry,
    settle: Settle,
    series: Any,
    meanwhile: str,
) -> None:
    """Whichever statistic a person clears, in the end all is there again."""
    if meanwhile == "stopped":
        await hass.config_entries.async_unload(prosumer.entry_id)
    get_instance(hass).async_clear_statistics([statistic_id("scripted", series)])
    if meanwhile == "stopped":
        await hass.config_entries.async_setup(prosumer.entry_id)
    know_next_hour(script)
    await settle(timedelta(hours=2, minutes=10))

    await assert_follows(hass, script.truth)


async def test_somebody_else_moves_the_sums(
    hass: HomeAssistant, script: Script, prosumer: MockConfigEntry, settle: Settle
) -> None:
    """A sum of money that was adjusted by hand is put right with the next hour."""
    async_queue_shift(
        hass,
        statistic_id("scripted", COST),
        Shift(FIRST + 5 * HOUR, 100.0),
        currency="PLN",
    )
    know_next_hour(script)
    await settle(timedelta(hours=1, minutes=30))

    await assert_follows(hass, script.truth)


async def test_recorder_that_refuses_for_a_while(
    hass: HomeAssistant,
    script: Script,
    vendor: None,
    make_entry: EntryFactory,
    settle: Settle,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What follows is tried again, and warned about once."""
    know_zones(script, FIRST, 48)
    entry = make_entry(prices=[LONG_AGO])
    write = Recorder.async_import_statistics

    def refuse_money(recorder: Recorder, metadata: Any, *rest: Any) -> None:
        if metadata["unit_of_measurement"] == "kWh":
            write(recorder, metadata, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(Recorder, "async_import_statistics", refuse_money)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await settle(timedelta(minutes=30))
        assert await async_rows(hass, BALANCED_IMPORT)
        assert await async_rows(hass, COST) == {}
        warnings = said(caplog, logging.WARNING)
        assert [("cost" in each, "compensation" in each) for each in warnings] == [
            (True, False),
            (False, True),
        ]

    await settle(timedelta(minutes=10))
    await assert_follows(hass, script.truth)


async def test_nothing_follows_for_other_vendors(
    hass: HomeAssistant,
    script: Script,
    make_entry: EntryFactory,
    settle: Settle,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where nobody is billed by balance, and without prices, there is nothing more.

    Whether there were prices once is looked up at the start, and not with each hour.
    """
    script.know(IMPORT, FIRST, *([0.5] * 48))
    script.know(EXPORT, FIRST, *([0.25] * 48))
    entry = make_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(timedelta(minutes=10))

    assert len(await async_rows(hass, EXPORT)) == 48
    for series in (BALANCED_IMPORT, BALANCED_EXPORT, COST, COMPENSATION):
        assert await async_rows(hass, series) == {}

    claimed: list[str] = []

    async def listen(hass: HomeAssistant, claims: Iterable[Claim]) -> list[bool]:
        claims = list(claims)
        claimed.extend(claim.statistic_id for claim in claims)
        return await async_are_written(hass, claims)

    monkeypatch.setattr(history_rows, "async_are_written", listen)
    entry.runtime_data.history.submit(update(START, [0.5], series=IMPORT))
    await settle()

    assert {*claimed} == {statistic_id("scripted", IMPORT)}
