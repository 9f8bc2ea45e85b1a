"""Repair issues of an entry."""

from collections.abc import Collection
from datetime import datetime
from hashlib import sha256

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .metering.model import Meter

METER_MISSING = "meter_missing"
SIGN_IN_ENDS = "sign_in_ends"
VENDOR_SILENT = "vendor_silent"

ISSUE_ENTRY = "entry"
MISSING_METER = "meter"
"""Under these keys issues say which entry, and which meter that is missing, is meant."""


@callback
def async_show_missing(
    hass: HomeAssistant, entry: ConfigEntry, missing: Collection[Meter]
) -> None:
    """Have exactly one issue for each meter that the vendor has no longer."""
    wanted = {issue_about(entry, METER_MISSING, meter.id): meter for meter in missing}
    for issue_id in issues_of(hass, entry, METER_MISSING) - wanted.keys():
        ir.async_delete_issue(hass, DOMAIN, issue_id)
    for issue_id, meter in wanted.items():
        ir.async_create_issue(
            hass,
            DOMAIN,
            issue_id,
            data={ISSUE_ENTRY: entry.entry_id, MISSING_METER: meter.id},
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
            "since": local_time(since),
        },
    )


@callback
def async_show_ending(
    hass: HomeAssistant, entry: ConfigEntry, vendor: str, ends_at: datetime | None
) -> None:
    """Have an issue while credentials are about to end at an instant, else none."""
    issue_id = _ending_issue(entry)
    if ends_at is None:
        ir.async_delete_issue(hass, DOMAIN, issue_id)
        return
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue_id,
        data={ISSUE_ENTRY: entry.entry_id},
        is_fixable=True,
        severity=ir.IssueSeverity.WARNING,
        translation_key=SIGN_IN_ENDS,
        translation_placeholders={
            "vendor": vendor,
            "account": entry.title,
            "end": local_time(ends_at),
        },
    )


@callback
def async_remove_issues(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Have no issue of an entry any more, because a person removes or disables it.

    While it is only unloaded its issues stay: one that was ignored would come back.
    """
    for issue_id in _issues(hass, entry):
        ir.async_delete_issue(hass, DOMAIN, issue_id)


@callback
def issues_of(hass: HomeAssistant, entry: ConfigEntry, kind: str) -> set[str]:
    """Return the ids of an entry's issues of a kind of which it may have several."""
    return {
        issue_id
        for issue_id in _issues(hass, entry)
        if issue_id.startswith(_prefix(entry, kind))
    }


def issue_about(entry: ConfigEntry, kind: str, *about: str) -> str:
    """Return the id of an issue of a kind of which an entry may have several.

    Home Assistant puts the ids into the diagnostics, where no meter may be named.
    """
    digest = sha256(repr(about).encode(errors="replace")).hexdigest()
    return f"{_prefix(entry, kind)}{digest[:16]}"


def local_time(instant: datetime) -> str:
    """Return an instant as a person reads it, in Home Assistant's time zone."""
    return f"{dt_util.as_local(instant):%Y-%m-%d %H:%M}"


def _prefix(entry: ConfigEntry, kind: str) -> str:
    return f"{kind}_{entry.entry_id}_"


def _ending_issue(entry: ConfigEntry) -> str:
    return f"{SIGN_IN_ENDS}_{entry.entry_id}"


def _silent_issue(entry: ConfigEntry) -> str:
    return f"{VENDOR_SILENT}_{entry.entry_id}"


def _issues(hass: HomeAssistant, entry: ConfigEntry) -> set[str]:
    return {
        issue_id
        for domain, issue_id in ir.async_get(hass).issues
        if domain == DOMAIN and entry.entry_id in issue_id
    }
