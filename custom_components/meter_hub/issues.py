"""Repair issues of an entry."""

from collections.abc import Collection
from datetime import datetime

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .metering.model import Meter

METER_MISSING = "meter_missing"
VENDOR_SILENT = "vendor_silent"

MISSING_ENTRY = "entry"
MISSING_METER = "meter"
"""Under these keys the issue of a missing meter says which one is meant."""


@callback
def async_show_missing(
    hass: HomeAssistant, entry: ConfigEntry, missing: Collection[Meter]
) -> None:
    """Have exactly one issue for each meter that the vendor has no longer."""
    wanted = {f"{_missing_prefix(entry)}{meter.id}": meter for meter in missing}
    for issue_id in _missing_issues(hass, entry) - wanted.keys():
        ir.async_delete_issue(hass, DOMAIN, issue_id)
    for issue_id, meter in wanted.items():
        ir.async_create_issue(
            hass,
            DOMAIN,
            issue_id,
            data={MISSING_ENTRY: entry.entry_id, MISSING_METER: meter.id},
            is_fixable=True,
            severity=ir.IssueSeverity.WARNING,
            translation_key=METER_MISSING,
            translation_placeholders={"meter": meter.name, "account": entry.title},
        )


@callback
def async_show_silent(
    hass: HomeAssistant, entry: ConfigEntry, vendor: str, since: datetime | None
) -> None:
    """Have an issue while a vendor has not answered since an instant, else none."""
    issue_id = _silent_issue(entry)
    if since is None:
        ir.async_delete_issue(hass, DOMAIN, issue_id)
        return
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue_id,
        is_fixable=False,
        severity=ir.IssueSeverity.WARNING,
        translation_key=VENDOR_SILENT,
        translation_placeholders={
            "vendor": vendor,
            "account": entry.title,
            "since": f"{dt_util.as_local(since):%Y-%m-%d %H:%M}",
        },
    )


@callback
def async_remove_issues(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Have no issue of an entry any more, because a person removes it.

    While it is only unloaded its issues stay: one that was ignored would come back.
    """
    for issue_id in {_silent_issue(entry), *_missing_issues(hass, entry)}:
        ir.async_delete_issue(hass, DOMAIN, issue_id)


def _silent_issue(entry: ConfigEntry) -> str:
    return f"{VENDOR_SILENT}_{entry.entry_id}"


def _missing_prefix(entry: ConfigEntry) -> str:
    return f"{METER_MISSING}_{entry.entry_id}_"


def _missing_issues(hass: HomeAssistant, entry: ConfigEntry) -> set[str]:
    return {
        issue_id
        for domain, issue_id in ir.async_get(hass).issues
        if domain == DOMAIN and issue_id.startswith(_missing_prefix(entry))
    }
