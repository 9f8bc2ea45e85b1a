"""Calls that are counted for a key: by all who use it, and over a restart."""

from datetime import timedelta
from typing import Any, override

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest

from custom_components.meter_hub.allowances import async_get_allowance
from custom_components.meter_hub.const import DOMAIN
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
