"""Repair issues of an entry."""

from collections.abc import Collection

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN
from .metering.model import Meter

METER_MISSING = "meter_missing"


@callback
def async_show_missing(
    hass: HomeAssistant, entry: ConfigEntry, missing: Collection[Meter]
) -> None:
    """Have exactly one issue for each meter that the vendor has no longer."""
    wanted = {f"{_prefix(entry)}{meter.id}": meter for meter in missing}
    for issue_id in _present(hass, entry) - wanted.keys():
        ir.async_delete_issue(hass, DOMAIN, issue_id)
    for issue_id, meter in wanted.items():
        ir.async_create_issue(
            hass,
            DOMAIN,
            issue_id,
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key=METER_MISSING,
            translation_placeholders={"meter": meter.name, "account": entry.title},
        )


def _prefix(entry: ConfigEntry) -> str:
    return f"{METER_MISSING}_{entry.entry_id}_"


def _present(hass: HomeAssistant, entry: ConfigEntry) -> set[str]:
    return {
        issue_id
        for domain, issue_id in ir.async_get(hass).issues
        if domain == DOMAIN and issue_id.startswith(_prefix(entry))
    }
