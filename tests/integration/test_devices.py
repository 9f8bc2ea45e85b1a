"""Meters come and go: their devices and entities follow, their statistics stay."""

from datetime import timedelta

from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.meter_hub import async_remove_config_entry_device
from custom_components.meter_hub.accounts import taken_meters
from custom_components.meter_hub.const import CONF_EXCLUDED_METERS, DOMAIN
from custom_components.meter_hub.memory import Memory
from custom_components.meter_hub.metering.model import Meter, Reading, Series
from custom_components.meter_hub.metering.vocabulary import Quantity
from custom_components.meter_hub.vendors.base import Unavailable

from .conftest import EntryFactory, Settle
from .missing import missing_issues
from .rows import assert_same, async_rows
from .scripted import HOUR, HOUSE, IMPORT, START, Script

BARN = Meter("barn", "Barn", parent=HOUSE.id)
BARN_IMPORT = Series(BARN.id, Quantity.GRID_IMPORT)
BARN_SENSOR = "sensor.barn_grid_import"
POLL = timedelta(minutes=16)
DAY = timedelta(days=1)


@pytest.fixture
async def entry(
    hass: HomeAssistant, script: Script, make_entry: EntryFactory, settle: Settle
) -> MockConfigEntry:
    """Return a loaded entry of an account with a house and a barn."""
    with_barn(script)
    script.know(IMPORT, START - 5 * HOUR, 1.0, 2.0, 3.0, 4.0, 5.0)
    script.know(BARN_IMPORT, START - 5 * HOUR, 0.5, 0.4, 0.3, 0.2, 0.1)
    entry = make_entry(meters=(HOUSE.id, BARN.id))
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(timedelta(minutes=10))
    return entry


def with_barn(script: Script, register: float = 7.0) -> None:
    """Have the vendor list both meters."""
    script.meters = (HOUSE, BARN)
    script.readings = (Reading(IMPORT, 100.0), Reading(BARN_IMPORT, register))


def without_barn(script: Script) -> None:
    """Have the vendor list the house alone."""
    script.meters = (HOUSE,)
    script.readings = (Reading(IMPORT, 100.0),)


def devices(hass: HomeAssistant, entry: MockConfigEntry) -> set[str | None]:
    """Return the names of the meters that have a device."""
    found = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    return {device.name for device in found} - {entry.title}


def device_of(
    hass: HomeAssistant, entry: MockConfigEntry, meter: Meter
) -> dr.DeviceEntry:
    """Return the device of a meter, which must be there."""
    device = dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, f"scripted_{meter.id}"), entry.entry_id
    )
    assert device is not None
    return device


def is_told(hass: HomeAssistant, entry: MockConfigEntry) -> bool:
    """Tell whether an issue says that the barn is missing."""
    return BARN.id in missing_issues(hass, entry)


def state(hass: HomeAssistant, entity_id: str = BARN_SENSOR) -> str | None:
    """Return the state of a sensor, None where there is no such sensor."""
    found = hass.states.get(entity_id)
    return None if found is None else found.state


async def test_new_meter_appears_by_itself(
    hass: HomeAssistant, script: Script, make_entry: EntryFactory, settle: Settle
) -> None:
    """A meter that is added to the account needs no restart, and brings its history."""
    entry = make_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle()
    coordinator = entry.runtime_data
    assert devices(hass, entry) == {"House"}

    with_barn(script)
    script.know(BARN_IMPORT, START - 5 * HOUR, 0.5, 0.4, 0.3, 0.2, 0.1)
    await settle(POLL)
    await settle(timedelta(minutes=10))

    assert entry.runtime_data is coordinator
    assert devices(hass, entry) == {"House", "Barn"}
    house, barn = device_of(hass, entry, HOUSE), device_of(hass, entry, BARN)
    assert barn.via_device_id == house.id
    assert state(hass) == "7.0"
    assert_same(await async_rows(hass, BARN_IMPORT), script.truth[BARN_IMPORT])


async def test_meter_that_is_not_listed_for_a_day_goes(
    hass: HomeAssistant, entry: MockConfigEntry, script: Script, settle: Settle
) -> None:
    """First a person is told, then the device goes; statistics stay, the rest goes on."""
    without_barn(script)

    await settle(DAY, timedelta(minutes=15))
    assert devices(hass, entry) == {"House", "Barn"}
    assert state(hass) == STATE_UNAVAILABLE
    assert is_told(hass, entry)

    await settle(timedelta(minutes=30))
    assert devices(hass, entry) == {"House"}
    assert state(hass) is None
    assert er.async_get(hass).async_get(BARN_SENSOR) is None
    assert not is_told(hass, entry)
    assert state(hass, "sensor.house_grid_import") == "100.0"
    assert_same(await async_rows(hass, BARN_IMPORT), script.truth[BARN_IMPORT])

    assert await hass.config_entries.async_reload(entry.entry_id)
    await settle(POLL)
    assert devices(hass, entry) == {"House"}


async def test_rare_listings_are_waited_for(
    hass: HomeAssistant, entry: MockConfigEntry, script: Script, settle: Settle
) -> None:
    """Two listings without a meter prove nothing, however far apart they are."""
    script.period = timedelta(hours=30)
    without_barn(script)

    await settle(timedelta(hours=61), timedelta(minutes=30))
    assert len(script.live_calls) == 1 + 2
    assert "Barn" in devices(hass, entry)

    await settle(timedelta(hours=31), timedelta(minutes=30))
    assert len(script.live_calls) == 1 + 3
    assert "Barn" not in devices(hass, entry)


@pytest.mark.parametrize("trouble", ["failure", "empty", "listed once"])
async def test_trouble_of_the_vendor_removes_nothing(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    script: Script,
    settle: Settle,
    trouble: str,
) -> None:
    """Only complete listings in a row count; errors and empty answers never do."""
    without_barn(script)
    await settle(timedelta(minutes=31))
    match trouble:
        case "failure":
            script.failure = Unavailable("server_error")
        case "empty":
            script.meters, script.readings = (), ()
        case _:
            await settle(timedelta(hours=20), timedelta(minutes=15))
            with_barn(script)
            await settle(POLL)
            without_barn(script)
            await settle(timedelta(hours=20), timedelta(minutes=15))
    if trouble != "listed once":
        await settle(2 * DAY, timedelta(minutes=30))

    assert devices(hass, entry) == {"House", "Barn"}


async def test_meter_that_returns_goes_on_where_it_was(
    hass: HomeAssistant, entry: MockConfigEntry, script: Script, settle: Settle
) -> None:
    """Its sensor has its old name and id, its history neither a hole nor an hour twice."""
    er.async_get(hass).async_update_entity(BARN_SENSOR, name="Cows")
    before = er.async_get(hass).async_get(BARN_SENSOR)
    assert before is not None
    without_barn(script)
    await settle(DAY + timedelta(minutes=45), timedelta(minutes=15))
    assert state(hass) is None
    calls = len(script.history_calls)
    await settle(DAY, timedelta(minutes=30))
    assert not any(
        span.series == BARN_IMPORT
        for spans in script.history_calls[calls:]
        for span in spans
    ), "nobody asks for a meter that is gone"

    with_barn(script, register=9.0)
    script.know(BARN_IMPORT, START, *(number / 16 for number in range(48)))
    await settle(timedelta(minutes=30))

    assert state(hass) == "9.0"
    after = er.async_get(hass).async_get(BARN_SENSOR)
    assert after is not None
    assert (after.id, after.name) == (before.id, "Cows")
    assert_same(await async_rows(hass, BARN_IMPORT), script.truth[BARN_IMPORT])
    asked = [
        span
        for spans in script.history_calls[calls:]
        for span in spans
        if span.series == BARN_IMPORT
    ]
    assert min(span.start for span in asked) >= START - HOUR


async def test_meters_hang_on_a_parent_that_returns(
    hass: HomeAssistant, entry: MockConfigEntry, script: Script, settle: Settle
) -> None:
    """A gateway that was away takes up what hangs on it."""
    script.meters, script.readings = (BARN,), (Reading(BARN_IMPORT, 7.0),)
    await settle(DAY + timedelta(minutes=45), timedelta(minutes=15))
    assert devices(hass, entry) == {"Barn"}

    with_barn(script)
    await settle(POLL)

    house = device_of(hass, entry, HOUSE)
    assert device_of(hass, entry, BARN).via_device_id == house.id


async def test_register_of_a_meter_that_returns_is_still_guarded(
    hass: HomeAssistant, entry: MockConfigEntry, script: Script, settle: Settle
) -> None:
    """A zero at its return would count all of its energy again."""
    without_barn(script)
    await settle(DAY + timedelta(minutes=45), timedelta(minutes=15))
    assert state(hass) is None

    with_barn(script, register=0.0)
    await settle(POLL)

    assert state(hass) not in {None, "0.0"}


async def test_person_deletes_a_missing_meter(
    hass: HomeAssistant, entry: MockConfigEntry, script: Script, settle: Settle
) -> None:
    """The button on the page of a device works for a meter that is gone, at once."""
    barn = device_of(hass, entry, BARN)
    assert not await async_remove_config_entry_device(hass, entry, barn)
    without_barn(script)
    await settle(POLL)
    assert is_told(hass, entry)

    assert await async_remove_config_entry_device(hass, entry, barn)
    await hass.async_block_till_done()

    assert devices(hass, entry) == {"House"}
    assert state(hass) is None
    assert not is_told(hass, entry)
    assert entry.runtime_data.data.meters.keys() == {HOUSE.id}
    await settle(POLL)
    assert devices(hass, entry) == {"House"}


async def test_nothing_is_deleted_while_the_entry_is_not_loaded(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """Nobody knows then which meters are listed."""
    barn = device_of(hass, entry, BARN)
    assert await hass.config_entries.async_unload(entry.entry_id)

    assert not await async_remove_config_entry_device(hass, entry, barn)


async def test_unticked_meter_has_no_device(
    hass: HomeAssistant, entry: MockConfigEntry, script: Script, settle: Settle
) -> None:
    """A meter that a person takes out of the options leaves its statistics only."""
    hass.config_entries.async_update_entry(
        entry, options={CONF_EXCLUDED_METERS: [BARN.id]}
    )
    assert await hass.config_entries.async_reload(entry.entry_id)
    await settle(POLL)

    assert devices(hass, entry) == {"House"}
    assert state(hass) is None
    assert_same(await async_rows(hass, BARN_IMPORT), script.truth[BARN_IMPORT])


async def test_first_listing_after_a_lost_memory_removes_nothing(
    hass: HomeAssistant, entry: MockConfigEntry, script: Script, settle: Settle
) -> None:
    """What is not remembered was not let go: its device waits for the next listing."""
    memory: Memory = entry.runtime_data.memory
    assert await hass.config_entries.async_unload(entry.entry_id)
    await memory.async_remove()
    without_barn(script)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(POLL)
    assert devices(hass, entry) == {"House", "Barn"}

    with_barn(script, register=8.0)
    await settle(POLL)
    assert state(hass) == "8.0"


async def test_meter_that_was_let_go_may_belong_to_another_account(
    hass: HomeAssistant, entry: MockConfigEntry, script: Script, settle: Settle
) -> None:
    """It was seen at sign-in, but it is not this account's any more."""
    vendor = entry.runtime_data.vendor
    without_barn(script)
    await settle(POLL)
    assert taken_meters(hass, vendor) == {HOUSE.id, BARN.id}

    entry.runtime_data.async_forget(BARN.id)

    assert taken_meters(hass, vendor) == {HOUSE.id}


async def test_account_that_is_one_device(
    hass: HomeAssistant, script: Script, make_entry: EntryFactory, settle: Settle
) -> None:
    """A gateway has no second device for its account; left out, it stands for others."""
    with_barn(script)
    entry = make_entry(account=HOUSE.id, meters=(HOUSE.id, BARN.id))
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle()

    house = device_of(hass, entry, HOUSE)
    assert (house.name, house.entry_type, house.via_device_id) == ("House", None, None)
    assert device_of(hass, entry, BARN).via_device_id == house.id
    assert devices(hass, entry) == {"House", "Barn"}

    hass.config_entries.async_update_entry(
        entry, options={CONF_EXCLUDED_METERS: [HOUSE.id]}
    )
    assert await hass.config_entries.async_reload(entry.entry_id)
    service = device_of(hass, entry, HOUSE)
    assert service.entry_type is dr.DeviceEntryType.SERVICE
    assert device_of(hass, entry, BARN).via_device_id == service.id
    assert hass.states.get("sensor.house_grid_import") is None

    hass.config_entries.async_update_entry(entry, options={CONF_EXCLUDED_METERS: []})
    assert await hass.config_entries.async_reload(entry.entry_id)
    await settle(POLL)
    assert device_of(hass, entry, HOUSE).entry_type is None
    assert hass.states.get("sensor.house_grid_import") is not None
