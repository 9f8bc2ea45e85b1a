"""Calls that are counted for a key: by all who use it, and over a restart."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, override

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest

from custom_components.meter_hub.allowances import async_get_allowance, async_trial
from custom_components.meter_hub.const import CONF_CREDENTIALS, DOMAIN
from custom_components.meter_hub.metering.budget import Limits
from custom_components.meter_hub.vendors.base import Unavailable, Vendor
from custom_components.meter_hub.vendors.registry import VENDORS

from .conftest import EntryFactory
from .scripted import HOUR, START, Script


async def test_two_entries_with_one_key_share_one_allowance(
    hass: HomeAssistant, script: Script, hass_storage: dict[str, Any]
) -> None:
    """The vendor counts by key, and so do we; other keys are other counts."""
    vendor = script.vendor(pace=timedelta(minutes=1))
    one = await async_get_allowance(hass, vendor, {"api_key": "sesame"})
    assert one is await async_get_allowance(hass, vendor, {"api_key": "sesame"})
    assert one is not await async_get_allowance(hass, vendor, {"api_key": "other"})

    assert await one.spend() is None
    assert await one.spend() == dt_util.utcnow() + timedelta(minutes=1)


async def test_call_is_on_disk_before_it_is_made(
    hass: HomeAssistant,
    script: Script,
    make_entry: EntryFactory,
    hass_storage: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A restart in the middle of a call can't make it a second time."""
    stored: list[dict[str, Any]] = []
    monkeypatch.setitem(VENDORS, "scripted", script.vendor(pace=timedelta(minutes=1)))

    class Calls(list[Any]):
        """Looks at the storage whenever a call is made."""

        @override
        def append(self, call: Any) -> None:
            stored.extend(
                hass_storage.get(f"{DOMAIN}.allowances", {"data": {}})["data"].values()
            )

    script.calls = Calls()
    entry = make_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)

    assert [each["calls"] for each in stored] == [[START.isoformat()]]


async def test_quick_calls_are_not_written_but_holds_are(
    hass: HomeAssistant, script: Script, hass_storage: dict[str, Any]
) -> None:
    """A vendor that is asked each second leaves the storage card alone."""
    vendor = script.vendor(pace=timedelta(seconds=1))
    allowance = await async_get_allowance(hass, vendor, {"api_key": "sesame"})

    assert await allowance.spend() is None
    assert await allowance.spend() == START + timedelta(seconds=1)
    assert f"{DOMAIN}.allowances" not in hass_storage

    await allowance.hold(START + HOUR)
    (stored,) = hass_storage[f"{DOMAIN}.allowances"]["data"].values()
    assert stored["hold"] == (START + HOUR).isoformat()


async def test_allowance_survives_a_restart_and_a_broken_file(
    hass: HomeAssistant, script: Script, hass_storage: dict[str, Any]
) -> None:
    """Calls made before a restart count after it; garbage counts as none."""
    vendor = script.vendor(pace=timedelta(minutes=1))
    key = f"{DOMAIN}_allowances"
    allowance = await async_get_allowance(hass, vendor, {"api_key": "sesame"})
    await allowance.spend()

    hass.data.pop(key)
    allowance = await async_get_allowance(hass, vendor, {"api_key": "sesame"})
    assert allowance.earliest(START) == START + timedelta(minutes=1)

    store = hass_storage[f"{DOMAIN}.allowances"]
    for garbage in (["garbage"], dict.fromkeys(store["data"], "garbage")):
        store["data"] = garbage
        hass.data.pop(key)
        allowance = await async_get_allowance(hass, vendor, {"api_key": "sesame"})
        assert allowance.earliest(START) == START


async def test_wrong_keys_leave_nothing_behind(
    hass: HomeAssistant,
    script: Script,
    hass_storage: dict[str, Any],
    freezer: FrozenDateTimeFactory,
) -> None:
    """All allowances are in one file, and leave it once they bear on nothing."""
    vendor = script.vendor(pace=timedelta(minutes=1))
    for key in ("typo", "another typo", "sesame"):
        await (await async_get_allowance(hass, vendor, {"api_key": key})).spend()
    (name,) = (name for name in hass_storage if "allowance" in name)
    assert len(hass_storage[name]["data"]) == 3

    freezer.tick(timedelta(days=31))
    allowance = await async_get_allowance(hass, vendor, {"api_key": "sesame"})
    await allowance.spend()

    assert list(hass_storage[name]["data"].values()) == [allowance.budget.to_json()]


SMALL = {"api_key": "sesame", "plan": 3}
LARGE = {"api_key": "sesame", "plan": 50}


@pytest.fixture
def planned(script: Script, monkeypatch: pytest.MonkeyPatch) -> Vendor:
    """Return a vendor that allows so many calls a month as the plan says."""

    def limits(credentials: Mapping[str, Any]) -> Limits:
        return Limits(timedelta(0), per_month=credentials["plan"])

    vendor = replace(script.vendor(), limits=limits)
    monkeypatch.setitem(VENDORS, "scripted", vendor)
    return vendor


async def test_a_plan_that_is_changed_applies_at_once(
    hass: HomeAssistant, planned: Vendor, make_entry: EntryFactory
) -> None:
    """The calls that were made stay counted."""
    entry = make_entry(credentials=SMALL)
    allowance = await async_get_allowance(hass, planned, SMALL)
    for _ in range(3):
        assert await allowance.spend() is None
    assert await allowance.spend() is not None

    hass.config_entries.async_update_entry(
        entry, data={**entry.data, CONF_CREDENTIALS: LARGE}
    )
    assert await async_get_allowance(hass, planned, LARGE) is allowance
    assert allowance.budget.left_this_month(START) == 47


async def test_who_signs_in_anew_with_another_plan_is_held_to_that_one(
    hass: HomeAssistant, planned: Vendor, make_entry: EntryFactory
) -> None:
    """Else nobody could leave a plan whose month is used up."""
    entry = make_entry(credentials=SMALL)
    allowance = await async_get_allowance(hass, planned, SMALL)
    for _ in range(3):
        await allowance.spend()
    async with async_trial(hass, planned, LARGE, replaced=None):
        assert await allowance.spend() is not None

    async with async_trial(hass, planned, LARGE, replaced=entry.entry_id):
        assert await allowance.spend() is None
        await async_get_allowance(hass, planned, SMALL)
        hass.config_entries.async_update_entry(entry, title="Renamed")
        assert await allowance.spend() is None, "whatever else happens meanwhile"
    assert await allowance.spend() is not None


async def test_others_with_the_key_are_kept_to_their_plan_during_a_sign_in(
    hass: HomeAssistant, planned: Vendor, make_entry: EntryFactory
) -> None:
    """Of all plans but that of the entry that gets another one, the strictest counts."""
    medium = make_entry(credentials={**SMALL, "plan": 9}, account="medium")
    small = make_entry(credentials=SMALL)
    allowance = await async_get_allowance(hass, planned, SMALL)

    def limit() -> int | None:
        return allowance.budget.limits.per_month

    async with async_trial(hass, planned, LARGE, replaced=small.entry_id):
        assert limit() == 9
        async with async_trial(hass, planned, LARGE, replaced=medium.entry_id):
            assert limit() == 50
            async with async_trial(hass, planned, SMALL, replaced=None):
                assert limit() == 3
        assert limit() == 9
    assert limit() == 3


@pytest.mark.parametrize(("stored", "typed"), [(SMALL, LARGE), (LARGE, SMALL)])
@pytest.mark.parametrize("told", ["before", "meanwhile"])
async def test_sign_in_that_fails_does_not_undo_what_the_vendor_said(
    hass: HomeAssistant,
    planned: Vendor,
    make_entry: EntryFactory,
    hass_storage: dict[str, Any],
    stored: dict[str, Any],
    typed: dict[str, Any],
    told: str,
) -> None:
    """Until then no call is made, also after a restart."""
    entry = make_entry(credentials=stored)
    allowance = await async_get_allowance(hass, planned, stored)
    if told == "before":
        await allowance.hold(START + HOUR)

    async def sign_in() -> None:
        async with async_trial(hass, planned, typed, replaced=entry.entry_id):
            if told == "meanwhile":
                await allowance.hold(START + HOUR)
            raise Unavailable("cannot_connect")

    with pytest.raises(Unavailable):
        await sign_in()

    assert await allowance.spend() == START + HOUR
    hass.data.pop(f"{DOMAIN}_allowances")
    allowance = await async_get_allowance(hass, planned, stored)
    assert await allowance.spend() == START + HOUR


async def test_hold_for_a_plan_that_was_left_is_over_also_after_a_restart(
    hass: HomeAssistant,
    planned: Vendor,
    make_entry: EntryFactory,
    hass_storage: dict[str, Any],
) -> None:
    entry = make_entry(credentials=SMALL)
    allowance = await async_get_allowance(hass, planned, SMALL)
    await allowance.hold(START + HOUR)
    async with async_trial(hass, planned, LARGE, replaced=entry.entry_id):
        assert await allowance.spend() is None

    hass.config_entries.async_update_entry(
        entry, data={**entry.data, CONF_CREDENTIALS: LARGE}
    )
    await hass.async_block_till_done()

    hass.data.pop(f"{DOMAIN}_allowances")
    allowance = await async_get_allowance(hass, planned, LARGE)
    assert await allowance.spend() is None


async def test_entries_with_one_key_are_held_to_the_strictest_plan(
    hass: HomeAssistant, planned: Vendor, make_entry: EntryFactory
) -> None:
    """All that are enabled count, also when one comes or goes."""
    large = make_entry(credentials=LARGE)
    make_entry(credentials={**SMALL, "api_key": "another"}, account="another")
    assert await hass.config_entries.async_setup(large.entry_id)
    allowance = await async_get_allowance(hass, planned, LARGE)

    def shared() -> tuple[int, int | None]:
        return allowance.shares, allowance.budget.limits.per_month

    assert shared() == (1, 50)

    small = make_entry(credentials=SMALL, account="small")
    assert await hass.config_entries.async_setup(small.entry_id)
    assert shared() == (2, 3)

    await hass.config_entries.async_set_disabled_by(
        small.entry_id, ConfigEntryDisabler.USER
    )
    await hass.async_block_till_done()
    assert shared() == (1, 50)

    await hass.config_entries.async_set_disabled_by(small.entry_id, None)
    await hass.async_block_till_done()
    assert shared() == (2, 3)

    await hass.config_entries.async_remove(large.entry_id)
    await hass.async_block_till_done()
    assert shared() == (1, 3)
    await hass.config_entries.async_remove(small.entry_id)
    await hass.async_block_till_done()
    assert shared() == (1, 3)


async def test_a_used_up_month_outlasts_a_restart(
    hass: HomeAssistant,
    planned: Vendor,
    hass_storage: dict[str, Any],
    freezer: FrozenDateTimeFactory,
) -> None:
    """Whether we have counted the calls or the vendor has; the new month is free."""
    december = START.replace(month=12, day=1, hour=0)
    counted = await async_get_allowance(hass, planned, SMALL)
    for _ in range(3):
        await counted.spend()
    told = {**LARGE, "api_key": "another"}
    await (await async_get_allowance(hass, planned, told)).hold(december)

    hass.data.pop(f"{DOMAIN}_allowances")
    for credentials in (SMALL, told):
        allowance = await async_get_allowance(hass, planned, credentials)
        assert await allowance.spend() == december
    freezer.move_to(december)
    for credentials in (SMALL, told):
        allowance = await async_get_allowance(hass, planned, credentials)
        assert await allowance.spend() is None
        assert allowance.budget.calls_this_month == 1
