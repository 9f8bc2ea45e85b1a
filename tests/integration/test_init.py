"""An entry's life: set up, unload, remove, and what it leaves behind."""

from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigEntryDisabler,
    ConfigEntryState,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, issue_registry as ir
import pytest

from custom_components.meter_hub.const import CONF_CREDENTIALS, DOMAIN
from custom_components.meter_hub.memory import hand_over
from custom_components.meter_hub.metering.model import Meter, Reading, Update
from custom_components.meter_hub.vendors.base import AuthError, Unavailable
from custom_components.meter_hub.vendors.registry import VENDORS

from .conftest import EntryFactory, Settle
from .dialogs import submit
from .missing import missing_issues
from .rows import assert_same, async_rows
from .scripted import HOUR, HOUSE, IMPORT, START, Script


async def test_first_setup_asks_once_and_names_every_device(
    hass: HomeAssistant, script: Script, make_entry: EntryFactory, settle: Settle
) -> None:
    """The first call gives every meter its device; no call follows before its time."""
    script.meters = (HOUSE, Meter("garage", "Garage"))
    entry = make_entry()

    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(timedelta(minutes=14))

    assert entry.state is ConfigEntryState.LOADED
    assert script.live_calls == [START]
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    assert {device.name for device in devices} == {entry.title, "House", "Garage"}
    assert entry.runtime_data.data.readings[IMPORT].value == 100.0


async def test_what_the_flow_learned_is_not_asked_again(
    hass: HomeAssistant, script: Script, make_entry: EntryFactory, settle: Settle
) -> None:
    """The answer that the flow got is the first answer of the entry."""
    entry = make_entry()
    hand_over(
        hass,
        "scripted_account",
        Update((HOUSE,), readings=(Reading(IMPORT, 7.0),)),
        {"polled": START.isoformat()},
    )

    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(timedelta(minutes=14))

    assert script.calls == []
    assert entry.runtime_data.data.readings[IMPORT].value == 7.0
    await settle(timedelta(minutes=2), timedelta(seconds=2))
    assert len(script.live_calls) == 1


async def test_restart_restores_values_and_calls_on_time(
    hass: HomeAssistant, script: Script, make_entry: EntryFactory, settle: Settle
) -> None:
    """After a restart the plan goes on where it was."""
    entry = make_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(timedelta(minutes=5))

    assert await hass.config_entries.async_unload(entry.entry_id)
    await settle(timedelta(minutes=5))
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(timedelta(minutes=4))

    assert script.live_calls == [START]
    assert entry.runtime_data.data.readings[IMPORT].value == 100.0
    assert entry.runtime_data.data.meters == {HOUSE.id: HOUSE}
    await settle(timedelta(minutes=2), timedelta(seconds=2))
    assert len(script.live_calls) == 2
    assert script.live_calls[1] - START < timedelta(minutes=15, seconds=5)


@pytest.mark.parametrize(
    ("failure", "state"),
    [
        (Unavailable("cannot_connect"), ConfigEntryState.SETUP_RETRY),
        (KeyError("a fault of the vendor"), ConfigEntryState.SETUP_RETRY),
        (AuthError("invalid_auth"), ConfigEntryState.SETUP_ERROR),
    ],
)
async def test_first_call_fails(
    hass: HomeAssistant,
    script: Script,
    make_entry: EntryFactory,
    failure: Exception,
    state: ConfigEntryState,
) -> None:
    """Without anything remembered, a failure is a failure to set up."""
    script.failure = failure
    entry = make_entry()

    assert not await hass.config_entries.async_setup(entry.entry_id)

    assert entry.state is state
    assert len(script.calls) == 1


async def test_no_call_when_the_allowance_is_spent(
    hass: HomeAssistant,
    script: Script,
    make_entry: EntryFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two entries with one key keep one pace; the second waits for its turn."""
    monkeypatch.setitem(VENDORS, "scripted", script.vendor(pace=timedelta(hours=1)))
    first, second = make_entry(account="one"), make_entry(account="two")

    assert await hass.config_entries.async_setup(first.entry_id)
    await hass.async_block_till_done()

    assert len(script.calls) == 1
    assert second.state is ConfigEntryState.SETUP_RETRY
    assert second.error_reason_translation_key == "rate_limited"


async def test_unknown_vendor(hass: HomeAssistant, make_entry: EntryFactory) -> None:
    """An entry of a vendor that is gone says so."""
    entry = make_entry(vendor="bygone")

    assert not await hass.config_entries.async_setup(entry.entry_id)

    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert entry.error_reason_translation_key == "unknown_vendor"


async def test_renewed_credentials_are_stored(
    hass: HomeAssistant, script: Script, make_entry: EntryFactory
) -> None:
    """What a backend hands back is in the entry before it is used."""
    entry = make_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)

    await script.contexts[0].save_credentials({"api_key": "open"})

    assert entry.data[CONF_CREDENTIALS] == {"api_key": "open"}


async def test_disabled_account_has_no_repairs(
    hass: HomeAssistant, script: Script, make_entry: EntryFactory, settle: Settle
) -> None:
    """None of them could be done; they are there again once it is enabled."""
    garage = Meter("garage", "Garage")
    script.meters = (HOUSE, garage)
    entry = make_entry(meters=(HOUSE.id, garage.id))
    assert await hass.config_entries.async_setup(entry.entry_id)
    script.gone = frozenset({garage.id})
    await settle(timedelta(minutes=16))
    assert missing_issues(hass, entry).keys() == {garage.id}

    await hass.config_entries.async_set_disabled_by(
        entry.entry_id, ConfigEntryDisabler.USER
    )
    assert not [key for key in ir.async_get(hass).issues if key[0] == DOMAIN]

    await hass.config_entries.async_set_disabled_by(entry.entry_id, None)
    assert missing_issues(hass, entry).keys() == {garage.id}


async def test_sign_in_of_a_disabled_account_is_no_news_once_it_is_enabled(
    hass: HomeAssistant,
    script: Script,
    make_entry: EntryFactory,
    settle: Settle,
    freezer: FrozenDateTimeFactory,
) -> None:
    """It may be weeks later."""
    entry = make_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle()
    await hass.config_entries.async_set_disabled_by(
        entry.entry_id, ConfigEntryDisabler.USER
    )
    form = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_RECONFIGURE, "entry_id": entry.entry_id}
    )
    result = await submit(hass, form, {"api_key": "another"})
    assert result["reason"] == "reconfigure_successful"

    freezer.tick(timedelta(days=14))
    script.failure = Unavailable("cannot_connect")
    await hass.config_entries.async_set_disabled_by(entry.entry_id, None)

    assert entry.data[CONF_CREDENTIALS] == {"api_key": "another"}
    assert not entry.runtime_data.last_update_success


async def test_removal_keeps_statistics_and_forgets_the_rest(
    hass: HomeAssistant,
    script: Script,
    make_entry: EntryFactory,
    settle: Settle,
    hass_storage: dict[str, Any],
) -> None:
    """What is in the recorder belongs to the person, not to the entry."""
    script.know(IMPORT, START - 3 * HOUR, 1.0, 2.0, 3.0)
    entry = make_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(timedelta(minutes=20))
    script.gone = frozenset({HOUSE.id})
    await settle(timedelta(minutes=20))
    assert missing_issues(hass, entry).keys() == {HOUSE.id}
    assert f"{DOMAIN}.{entry.entry_id}" in hass_storage

    assert (await hass.config_entries.async_remove(entry.entry_id))[
        "require_restart"
    ] is False
    await hass.async_block_till_done()

    assert f"{DOMAIN}.{entry.entry_id}" not in hass_storage
    assert not [key for key in ir.async_get(hass).issues if key[0] == DOMAIN]
    assert_same(await async_rows(hass), script.truth[IMPORT])
