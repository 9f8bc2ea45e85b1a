"""What the entries say of their accounts, for the flows that must not mix them up."""

from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant, callback

from .const import CONF_EXCLUDED_METERS, CONF_METERS, CONF_VENDOR, DOMAIN
from .vendors.base import KnownAccount, Vendor


def unique_id(vendor: Vendor, account_id: str) -> str:
    """Return the unique id of the entry of an account."""
    return f"{vendor.key}_{account_id}"


def known_account(vendor: Vendor, entry: ConfigEntry[Any]) -> KnownAccount:
    """Return what an entry remembers of its account."""
    return KnownAccount(
        (entry.unique_id or "").removeprefix(unique_id(vendor, "")),
        frozenset(entry.data[CONF_METERS]),
    )


@callback
def entries_of(
    hass: HomeAssistant, vendor: Vendor, *, besides: str | None = None
) -> list[ConfigEntry[Any]]:
    """Return the entries of a vendor, without the one with the id `besides`."""
    return [
        entry
        for entry in hass.config_entries.async_entries(DOMAIN, include_ignore=False)
        if entry.data[CONF_VENDOR] == vendor.key and entry.entry_id != besides
    ]


@callback
def taken_meters(
    hass: HomeAssistant, vendor: Vendor, *, besides: str | None = None
) -> set[str]:
    """Return the meters that entries of a vendor show, without the one `besides`."""
    taken: set[str] = set()
    for entry in entries_of(hass, vendor, besides=besides):
        seen = {*entry.data[CONF_METERS]}
        if entry.state is ConfigEntryState.LOADED:
            seen |= set(entry.runtime_data.data.meters)
        taken |= seen - {*entry.options.get(CONF_EXCLUDED_METERS, ())}
    return taken
