"""The issues of meters that the vendor has no longer."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.meter_hub.const import DOMAIN


def missing_issues(
    hass: HomeAssistant, entry: MockConfigEntry
) -> dict[str, ir.IssueEntry]:
    """Return the issues of an entry by the ids of the meters."""
    return {
        str(issue.data["meter"]): issue
        for issue in ir.async_get(hass).issues.values()
        if issue.domain == DOMAIN
        and issue.translation_key == "meter_missing"
        and issue.data
        and issue.data["entry"] == entry.entry_id
    }
