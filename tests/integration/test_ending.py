"""Credentials that end and that only a person can replace."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.meter_hub.const import CONF_CREDENTIALS, DOMAIN
from custom_components.meter_hub.vendors.registry import VENDORS

from ..texts import TEXTS, placeholders
from .conftest import EntryFactory, Settle
from .scripted import START, Script

DAY = timedelta(days=1)
END = START + 20 * DAY
TEXT = TEXTS["issues"]["sign_in_ends"]
FLOWS = "/api/repairs/issues/fix"


def ends_at(credentials: Mapping[str, Any]) -> datetime | None:
    """Return what the key itself says."""
    try:
        return datetime.fromisoformat(credentials["api_key"])
    except ValueError:
        return None


@pytest.fixture
async def entry(
    hass: HomeAssistant,
    script: Script,
    make_entry: EntryFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> MockConfigEntry:
    """Return a loaded entry whose key ends in twenty days."""
    vendor = replace(script.vendor(), ends_at=ends_at)
    monkeypatch.setitem(VENDORS, vendor.key, vendor)
    script.period = timedelta(hours=1)
    entry = make_entry(credentials={"api_key": END.isoformat()})
    assert await hass.config_entries.async_setup(entry.entry_id)
    return entry


def issue_of(hass: HomeAssistant, entry: MockConfigEntry) -> ir.IssueEntry | None:
    """Return what tells a person of the end."""
    issue_id = f"sign_in_ends_{entry.entry_id}"
    return ir.async_get(hass).async_get_issue(DOMAIN, issue_id)


async def pass_until(
    freezer: FrozenDateTimeFactory, settle: Settle, instant: datetime
) -> None:
    """Let time leap, and a poll happen."""
    freezer.move_to(instant - timedelta(hours=2))
    await settle(timedelta(hours=2))


async def test_a_person_is_told_in_time(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    settle: Settle,
) -> None:
    """From two weeks before; after the end the vendor's refusal says enough."""
    await pass_until(freezer, settle, END - 15 * DAY)
    assert issue_of(hass, entry) is None

    await pass_until(freezer, settle, END - 13 * DAY)
    issue = issue_of(hass, entry)
    assert issue is not None
    assert issue.is_fixable
    given = issue.translation_placeholders or {}
    assert placeholders(TEXT["title"]) <= given.keys()
    assert placeholders(TEXT["fix_flow"]["step"]["confirm"]) <= given.keys()
    assert given["account"] == entry.title
    assert given["end"].startswith(f"{END:%Y-%m-%d}")

    await pass_until(freezer, settle, END + DAY)
    assert issue_of(hass, entry) is None


async def test_the_repair_leads_to_new_credentials(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    socket_enabled: None,
    hass_client: ClientSessionGenerator,
) -> None:
    """The dialog opens by itself; the issue stays until it has been filled in."""
    assert await async_setup_component(hass, "repairs", {})
    soon = {"api_key": (START + DAY).isoformat()}
    hass.config_entries.async_update_entry(
        entry, data={**entry.data, CONF_CREDENTIALS: soon}
    )
    assert await hass.config_entries.async_reload(entry.entry_id)
    issue = issue_of(hass, entry)
    assert issue is not None
    client = await hass_client()

    async def post(path: str, data: dict[str, str]) -> dict[str, Any]:
        response = await client.post(path, json=data)
        assert response.status == HTTPStatus.OK
        answer: dict[str, Any] = await response.json()
        return answer

    async def repair() -> dict[str, Any]:
        about = {"handler": DOMAIN, "issue_id": issue.issue_id}
        confirm = await post(FLOWS, about)
        assert (confirm["type"], confirm["step_id"]) == ("form", "confirm")
        return await post(f"{FLOWS}/{confirm['flow_id']}", {})

    opened = await repair()
    assert opened["type"] == "abort"
    assert TEXT["fix_flow"]["abort"][opened["reason"]]
    kind, flow_id = opened["next_flow"]
    assert kind == "config_flow"
    assert hass.config_entries.flow.async_get(flow_id)["step_id"] == "reconfigure"
    assert issue_of(hass, entry) is not None
    assert (await repair())["next_flow"] == ["config_flow", flow_id], "one is enough"

    outdated = await post(FLOWS, {"handler": DOMAIN, "issue_id": issue.issue_id})
    result = await hass.config_entries.flow.async_configure(
        flow_id, {"api_key": "endless"}
    )
    await hass.async_block_till_done()
    assert result["reason"] == "reconfigure_successful"
    assert issue_of(hass, entry) is None
    late = await post(f"{FLOWS}/{outdated['flow_id']}", {})
    assert (late["type"], late["reason"]) == ("abort", "renewed")
    assert TEXT["fix_flow"]["abort"]["renewed"]


async def test_the_issue_outlives_an_unloaded_entry_but_not_a_removed_one(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    settle: Settle,
) -> None:
    """Else one that a person has ignored would come back at each restart."""
    await pass_until(freezer, settle, END - DAY)

    await hass.config_entries.async_unload(entry.entry_id)
    assert issue_of(hass, entry) is not None
    await hass.config_entries.async_remove(entry.entry_id)

    assert issue_of(hass, entry) is None
