"""The button that removes a meter which the vendor has no longer."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.meter_hub.const import DOMAIN
from custom_components.meter_hub.metering.model import Meter, Reading, Series
from custom_components.meter_hub.metering.vocabulary import Quantity

from ..texts import TEXTS, placeholders
from .conftest import EntryFactory, Settle
from .missing import missing_issues
from .rows import assert_same, async_rows
from .scripted import HOUR, HOUSE, IMPORT, START, Script

BARN = Meter("barn", "Barn")
BARN_IMPORT = Series(BARN.id, Quantity.GRID_IMPORT)
TEXT = TEXTS["issues"]["meter_missing"]
FLOWS = "/api/repairs/issues/fix"


@pytest.fixture
async def entry(
    hass: HomeAssistant,
    script: Script,
    make_entry: EntryFactory,
    settle: Settle,
    socket_enabled: None,
) -> MockConfigEntry:
    """Return the loaded entry of an account that has lost its barn."""
    assert await async_setup_component(hass, "repairs", {})
    script.meters = (HOUSE, BARN)
    script.readings = (Reading(IMPORT, 100.0), Reading(BARN_IMPORT, 7.0))
    script.know(BARN_IMPORT, START - 3 * HOUR, 1.0, 2.0, 3.0)
    entry = make_entry(meters=(HOUSE.id, BARN.id))
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(timedelta(minutes=10))
    script.meters, script.readings = (HOUSE,), (Reading(IMPORT, 101.0),)
    await settle(timedelta(minutes=16))
    return entry


class Repair:
    """The dialog of an issue, as the frontend opens it."""

    def __init__(self, hass: HomeAssistant, client: Any) -> None:
        """Talk to Home Assistant through an authenticated client."""
        self._hass = hass
        self._client = client

    async def begin(self, entry: MockConfigEntry) -> dict[str, Any]:
        """Open the dialog."""
        issue = missing_issues(self._hass, entry)[BARN.id]
        return await self._post(FLOWS, {"handler": DOMAIN, "issue_id": issue.issue_id})

    async def submit(self, dialog: dict[str, Any]) -> dict[str, Any]:
        """Press the button."""
        return await self._post(f"{FLOWS}/{dialog['flow_id']}", {})

    async def _post(self, path: str, data: dict[str, str]) -> dict[str, Any]:
        response = await self._client.post(path, json=data)
        assert response.status == HTTPStatus.OK
        answer: dict[str, Any] = await response.json()
        return answer


@pytest.fixture
async def repair(
    hass: HomeAssistant, entry: MockConfigEntry, hass_client: ClientSessionGenerator
) -> Repair:
    """Return the dialogs of the issues."""
    return Repair(hass, await hass_client())


def barn(hass: HomeAssistant, entry: MockConfigEntry) -> dr.DeviceEntry | None:
    """Return the device of the barn."""
    return dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, "scripted_barn"), entry.entry_id
    )


async def test_person_removes_a_missing_meter(
    hass: HomeAssistant,
    script: Script,
    entry: MockConfigEntry,
    repair: Repair,
    settle: Settle,
) -> None:
    """It asks first; then device, sensors and issue are gone, and statistics are not."""
    dialog = await repair.begin(entry)
    assert (dialog["type"], dialog["step_id"]) == ("form", "confirm")
    assert dialog["description_placeholders"] == {
        "meter": "Barn",
        "account": entry.title,
    }
    assert placeholders(TEXT["title"]) <= dialog["description_placeholders"].keys()
    step = TEXT["fix_flow"]["step"]["confirm"]
    assert placeholders(step) <= dialog["description_placeholders"].keys()
    assert barn(hass, entry) is not None, "nothing happens before it is confirmed"

    assert (await repair.submit(dialog))["type"] == "create_entry"
    await hass.async_block_till_done()

    assert barn(hass, entry) is None
    assert hass.states.get("sensor.barn_grid_import") is None
    assert hass.states.get("sensor.house_grid_import") is not None
    assert not [key for key in ir.async_get(hass).issues if key[0] == DOMAIN]
    assert_same(await async_rows(hass, BARN_IMPORT), script.truth[BARN_IMPORT])

    assert await hass.config_entries.async_reload(entry.entry_id)
    await settle(timedelta(minutes=16))
    assert barn(hass, entry) is None


@pytest.mark.parametrize("event", ["listed again", "unloaded"])
async def test_nothing_to_remove_any_more(
    hass: HomeAssistant,
    script: Script,
    entry: MockConfigEntry,
    repair: Repair,
    settle: Settle,
    event: str,
) -> None:
    """A dialog may stay open for long: what returned meanwhile is not removed."""
    dialog = await repair.begin(entry)
    if event == "unloaded":
        assert await hass.config_entries.async_unload(entry.entry_id)
    else:
        script.meters = (HOUSE, BARN)
        await settle(timedelta(minutes=16))

    result = await repair.submit(dialog)

    assert result["type"] == "abort"
    assert TEXT["fix_flow"]["abort"][result["reason"]]
    assert barn(hass, entry) is not None
