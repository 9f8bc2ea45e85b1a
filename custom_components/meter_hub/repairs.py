"""Repairs that a person can have done: removing a lost meter, and signing in in time."""

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.components.repairs.const import FlowType
from homeassistant.config_entries import (
    SOURCE_REAUTH,
    SOURCE_RECONFIGURE,
    ConfigEntryState,
    ConfigFlowContext,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import probatio as vol

from .const import DOMAIN
from .coordinator import MeterHubConfigEntry
from .issues import ISSUE_ENTRY, MISSING_METER

type IssueData = dict[str, str | int | float | None]


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: IssueData | None
) -> RepairsFlow:
    """Return the flow of an issue, of which only that of a missing meter names one."""
    known = data or {}
    entry_id = str(known[ISSUE_ENTRY])
    if MISSING_METER in known:
        return RemoveMeterFlow(entry_id, str(known[MISSING_METER]))
    return SignInFlow(entry_id)


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


class SignInFlow(RepairsFlow):
    """Leads to the dialog that replaces credentials; the issue goes when they are."""

    def __init__(self, entry_id: str) -> None:
        """Be about an entry."""
        super().__init__()
        self._entry_id = entry_id

    async def async_step_init(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Say first what is about to end."""
        return await self.async_step_confirm()

    async def async_step_confirm(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Open the dialog, unless it was done in the meantime."""
        issue = ir.async_get(self.hass).async_get_issue(DOMAIN, self.issue_id)
        entry = self.hass.config_entries.async_get_entry(self._entry_id)
        if issue is None or entry is None:
            return self.async_abort(reason="renewed")
        if user_input is None:
            return self.async_show_form(
                step_id="confirm",
                data_schema=vol.Schema({}),
                description_placeholders=issue.translation_placeholders,
            )
        dialogs = entry.async_get_active_flows(
            self.hass, {SOURCE_REAUTH, SOURCE_RECONFIGURE}
        )
        dialog = next(dialogs, None) or await self.hass.config_entries.flow.async_init(
            DOMAIN,
            context=ConfigFlowContext(
                source=SOURCE_RECONFIGURE, entry_id=entry.entry_id
            ),
        )
        return self.async_abort(
            reason="dialog_opened",
            next_flow=(FlowType.CONFIG_FLOW, dialog["flow_id"]),
        )
