"""Repairs that a person can have done: removing a meter that the vendor has no longer."""

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import probatio as vol

from .const import DOMAIN
from .coordinator import MeterHubConfigEntry
from .issues import MISSING_ENTRY, MISSING_METER

type IssueData = dict[str, str | int | float | None]


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: IssueData | None
) -> RepairsFlow:
    """Return the flow that removes a missing meter, the one issue that has a flow."""
    known = data or {}
    return RemoveMeterFlow(str(known[MISSING_ENTRY]), str(known[MISSING_METER]))


class RemoveMeterFlow(RepairsFlow):
    """Removes the device of a missing meter, once a person has confirmed it."""

    def __init__(self, entry_id: str, meter_id: str) -> None:
        """Be about one meter of an entry."""
        super().__init__()
        self._entry_id = entry_id
        self._meter_id = meter_id

    async def async_step_init(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Ask first."""
        return await self.async_step_confirm()

    async def async_step_confirm(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Remove the meter, unless it has returned or was removed in the meantime."""
        issue = ir.async_get(self.hass).async_get_issue(DOMAIN, self.issue_id)
        entry: MeterHubConfigEntry | None = self.hass.config_entries.async_get_entry(
            self._entry_id
        )
        if issue is None or entry is None or entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_missing")
        if user_input is None:
            return self.async_show_form(
                step_id="confirm",
                data_schema=vol.Schema({}),
                description_placeholders=issue.translation_placeholders,
            )
        entry.runtime_data.async_forget(self._meter_id)
        return self.async_create_entry(data={})
