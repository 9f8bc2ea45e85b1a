"""Devices that announce themselves in the local network."""

from collections.abc import Mapping
from dataclasses import replace
from ipaddress import ip_address
import json
from pathlib import Path
from typing import Any

from homeassistant.config_entries import (
    SOURCE_IGNORE,
    SOURCE_ZEROCONF,
    ConfigEntryDisabler,
    ConfigEntryState,
    ConfigFlowResult,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

import custom_components.meter_hub
from custom_components.meter_hub.const import DOMAIN
from custom_components.meter_hub.memory import hand_over
from custom_components.meter_hub.vendors.base import Discovered, Discovery
from custom_components.meter_hub.vendors.registry import VENDORS

from ..texts import TEXTS
from .dialogs import assert_readable, choose, shown, submit
from .pretend import HOUSE, TYPED, PretendCloud, add_entry, register

SERVICE = "_pretend._tcp.local."
RIVAL = "rival"
MANIFEST = Path(custom_components.meter_hub.__file__).with_name("manifest.json")


def read(host: str, properties: Mapping[str, Any]) -> Discovered | None:
    """Read what a pretended device announces."""
    account = properties.get("account")
    return Discovered(account, f"Device {account}", {"host": host}) if account else None


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> PretendCloud:
    """Return the cloud of a vendor whose devices announce themselves."""
    cloud = register(monkeypatch)
    vendor = replace(
        VENDORS["pretend"], discovery=Discovery(SERVICE, read, rival=RIVAL)
    )
    monkeypatch.setitem(VENDORS, vendor.key, vendor)
    cloud.add("hunter2", "ada", HOUSE)
    cloud.add("old-secret", "ada", HOUSE)
    return cloud


async def announce(
    hass: HomeAssistant, address: str = "192.0.2.7", **properties: Any
) -> ConfigFlowResult:
    """Let a device announce itself."""
    return await hass.config_entries.flow.async_init(
        DOMAIN,
        context={"source": SOURCE_ZEROCONF},
        data=ZeroconfServiceInfo(
            ip_address=ip_address(address),
            ip_addresses=[ip_address(address)],
            port=80,
            hostname="device.local.",
            type=SERVICE,
            name=f"device.{SERVICE}",
            properties=properties or {"account": "ada"},
        ),
    )


def assert_abort(result: ConfigFlowResult, reason: str) -> None:
    """Check that the announcement leads to nothing, and that a text says why."""
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == reason
    assert TEXTS["config"]["abort"][reason]


def add_rival(hass: HomeAssistant, **entry: Any) -> None:
    """Have Home Assistant's own integration know the device."""
    MockConfigEntry(domain=RIVAL, unique_id="ada", **entry).add_to_hass(hass)


async def load(hass: HomeAssistant, cloud: PretendCloud) -> MockConfigEntry:
    """Set the account up as somebody did earlier."""
    entry = add_entry(hass, "ada", "house")
    assert entry.unique_id is not None
    hand_over(hass, entry.unique_id, cloud.accounts["old-secret"].update, {})
    assert await hass.config_entries.async_setup(entry.entry_id)
    return entry


async def test_a_device_that_no_vendor_listens_for(
    hass: HomeAssistant, cloud: PretendCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor = replace(VENDORS["pretend"], discovery=None)
    monkeypatch.setitem(VENDORS, vendor.key, vendor)
    assert_abort(await announce(hass), "discovery_unusable")


def test_the_manifest_names_what_the_vendors_listen_for() -> None:
    """Home Assistant tells us only of what is there."""
    services = {each["type"] for each in json.loads(MANIFEST.read_text())["zeroconf"]}

    assert services == {
        vendor.discovery.service for vendor in VENDORS.values() if vendor.discovery
    }


async def test_a_device_is_offered_and_signed_in_to(
    hass: HomeAssistant, cloud: PretendCloud
) -> None:
    """The tile names Meter Hub and the device; the form knows where it is."""
    form = await announce(hass)

    [flow] = hass.config_entries.flow.async_progress()
    assert flow["context"]["title_placeholders"] == {"name": "Device ada"}
    assert TEXTS["config"]["flow_title"] == "Meter Hub: {name}"
    assert form["step_id"] == "pretend"
    assert_readable(form)
    assert shown(form)["host"] == "192.0.2.7"
    assert cloud.calls == 0

    finish = await submit(hass, form, TYPED)
    result = await submit(hass, finish, {})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].unique_id == "pretend_ada"


async def test_a_device_that_has_moved(
    hass: HomeAssistant, cloud: PretendCloud
) -> None:
    """Its new address is kept, and used at once; nothing else changes."""
    entry = await load(hass, cloud)

    assert_abort(await announce(hass), "already_configured")
    await hass.async_block_till_done()

    assert entry.data["credentials"] == {
        **TYPED,
        "password": "old-secret",
        "host": "192.0.2.7",
    }
    assert entry.state is ConfigEntryState.LOADED
    assert [context.credentials["host"] for context in cloud.contexts] == [
        "meters.example",
        "192.0.2.7",
    ]
    assert_abort(await announce(hass), "already_configured")
    await hass.async_block_till_done()
    assert len(cloud.contexts) == 2, "it is where it was"


async def test_a_device_that_somebody_ignores(
    hass: HomeAssistant, cloud: PretendCloud
) -> None:
    """It is not offered again, but may be added by hand."""
    MockConfigEntry(
        domain=DOMAIN, unique_id="pretend_ada", source=SOURCE_IGNORE, data={}
    ).add_to_hass(hass)

    assert_abort(await announce(hass), "already_configured")
    finish = await submit(hass, await choose(hass), TYPED)
    assert (await submit(hass, finish, {}))["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(
    ("address", "properties"),
    [("2001:db8::7", {"account": "ada"}), ("192.0.2.7", {"name": "x"})],
)
async def test_what_can_not_be_set_up(
    hass: HomeAssistant,
    cloud: PretendCloud,
    address: str,
    properties: dict[str, str],
) -> None:
    """An IPv6 address, or a device that doesn't say which one it is."""
    assert_abort(await announce(hass, address, **properties), "discovery_unusable")


async def test_a_device_that_home_assistant_reads_itself(
    hass: HomeAssistant, cloud: PretendCloud
) -> None:
    """Two that ask it would be in each other's way."""
    add_rival(hass)

    assert_abort(await announce(hass), "has_rival")


@pytest.mark.parametrize(
    "idle",
    [{"disabled_by": ConfigEntryDisabler.USER}, {"source": SOURCE_IGNORE}],
    ids=["disabled", "ignored"],
)
async def test_a_device_that_home_assistant_does_not_read_any_more(
    hass: HomeAssistant, cloud: PretendCloud, idle: dict[str, Any]
) -> None:
    """Then nothing stands in the way."""
    add_rival(hass, **idle)

    assert (await announce(hass))["type"] is FlowResultType.FORM


async def test_a_move_is_noted_beside_a_rival(
    hass: HomeAssistant, cloud: PretendCloud
) -> None:
    """Who reads it twice wants both to go on."""
    entry = await load(hass, cloud)
    add_rival(hass)

    assert_abort(await announce(hass), "already_configured")

    assert entry.data["credentials"]["host"] == "192.0.2.7"


async def test_adding_by_hand_what_lies_there_discovered(
    hass: HomeAssistant, cloud: PretendCloud
) -> None:
    """It works, and the tile goes."""
    await announce(hass)

    finish = await submit(hass, await choose(hass), TYPED)
    assert "Home Assistant" not in (finish["description_placeholders"] or {})["notices"]
    result = await submit(hass, finish, {})

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert hass.config_entries.flow.async_progress() == []


async def test_adding_by_hand_beside_a_rival(
    hass: HomeAssistant, cloud: PretendCloud
) -> None:
    """A person may want that; the last step, and the options, warn of it."""
    add_rival(hass)
    warning = TEXTS["selector"]["option_notice"]["options"]["has_rival"]

    finish = await submit(hass, await choose(hass), TYPED)
    assert warning in (finish["description_placeholders"] or {})["notices"]
    entry = (await submit(hass, finish, {}))["result"]
    options = await hass.config_entries.options.async_init(entry.entry_id)

    assert warning in (options["description_placeholders"] or {})["notices"]
