"""Two accounts that share a device: one entry shows it and writes its statistics."""

from datetime import timedelta

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.meter_hub.const import DOMAIN
from custom_components.meter_hub.metering.model import Meter, Reading, Series
from custom_components.meter_hub.metering.vocabulary import Quantity

from .conftest import EntryFactory, Settle
from .rows import assert_same, async_rows
from .scripted import HOUSE, IMPORT, START, Script

POLL = timedelta(minutes=16)
BARN = Meter("barn", "Barn")
BARN_IMPORT = Series(BARN.id, Quantity.GRID_IMPORT)


@pytest.fixture
async def entries(
    hass: HomeAssistant, script: Script, make_entry: EntryFactory, settle: Settle
) -> tuple[MockConfigEntry, MockConfigEntry]:
    """Return two loaded entries; the second was made while it had no meter yet.

    The vendor lists all meters to both.
    """
    script.know(IMPORT, START - timedelta(days=9), *([0.5] * 9 * 24))
    first = make_entry(account="first")
    second = make_entry(
        account="second", meters=(), credentials={"api_key": "of the second"}
    )
    assert await hass.config_entries.async_setup(first.entry_id)
    await settle(POLL)
    return first, second


def shown(entry: MockConfigEntry) -> set[str]:
    """Return the meters that an entry shows."""
    return set(entry.runtime_data.data.meters)


def owns_barn(shown_by: tuple[set[str], MockConfigEntry]) -> bool:
    """Tell whether an entry that shows these meters has the barn."""
    return BARN.id in shown_by[0]


def share_barn(script: Script) -> None:
    """Let the vendor list one more meter to both accounts."""
    script.meters = (HOUSE, BARN)
    script.readings = (Reading(IMPORT, 100.0), Reading(BARN_IMPORT, 7.0))
    script.know(BARN_IMPORT, START - timedelta(days=2), *([0.25] * 48))


async def test_meter_of_another_entry_is_left_to_it(
    hass: HomeAssistant,
    script: Script,
    entries: tuple[MockConfigEntry, MockConfigEntry],
) -> None:
    """It is neither shown twice nor written by two."""
    first, second = entries

    assert (shown(first), shown(second)) == ({HOUSE.id}, set())
    assert first.runtime_data.history.series == {IMPORT}
    assert second.runtime_data.history.series == set()
    assert_same(await async_rows(hass), script.truth[IMPORT])


@pytest.mark.parametrize("owner_starts", ["first", "last"])
async def test_meter_that_both_see_at_once_stays_with_one_over_restarts(
    hass: HomeAssistant,
    script: Script,
    entries: tuple[MockConfigEntry, MockConfigEntry],
    settle: Settle,
    owner_starts: str,
) -> None:
    """Whichever is set up first, and though neither saw it when it signed in."""
    share_barn(script)
    await settle(POLL)
    before = [shown(entry) for entry in entries]
    assert sum(map(len, before)) == 2
    assert set.union(*before) == {HOUSE.id, BARN.id}, "each meter has one owner"

    for entry in entries:
        assert await hass.config_entries.async_unload(entry.entry_id)
    others_first = sorted(zip(before, entries, strict=True), key=owns_barn)
    for _, entry in others_first[:: -1 if owner_starts == "first" else 1]:
        # One that has no meter yet may have to wait for its next call.
        await hass.config_entries.async_setup(entry.entry_id)
        await settle(POLL)

    assert [shown(entry) for entry in entries] == before
    assert_same(await async_rows(hass, BARN_IMPORT), script.truth[BARN_IMPORT])


async def test_meter_that_both_have_signed_in_with_is_dropped_by_one_only(
    hass: HomeAssistant, script: Script, make_entry: EntryFactory, settle: Settle
) -> None:
    """Set up at the same time and remembering nothing, the older one takes it."""
    older = make_entry(account="older")
    newer = make_entry(account="newer", credentials={"api_key": "of the newer"})
    assert await async_setup_component(hass, DOMAIN, {})
    await settle(2 * POLL)

    assert (shown(older), shown(newer)) == ({HOUSE.id}, set())


async def test_meter_whose_entry_is_removed_goes_to_the_other(
    hass: HomeAssistant,
    script: Script,
    entries: tuple[MockConfigEntry, MockConfigEntry],
    settle: Settle,
) -> None:
    """Nobody has to do anything for it."""
    first, second = entries
    await hass.config_entries.async_remove(first.entry_id)
    await settle(POLL)

    assert shown(second) == {HOUSE.id}
    assert second.runtime_data.data.readings[IMPORT].value == 100.0
