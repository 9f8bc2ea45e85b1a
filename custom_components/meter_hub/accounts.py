"""What the entries say of their accounts, for the flows that must not mix them up."""

from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant, callback

from .const import CONF_EXCLUDED_METERS, CONF_METERS, CONF_VENDOR, DOMAIN
from .memory import Memory
from .vendors.base import Backend, JsonObject, KnownAccount, Vendor


def unique_id(vendor: Vendor, account_id: str) -> str:
    """Return the unique id of the entry of an account."""
    return f"{vendor.key}_{account_id}"


def known_account(vendor: Vendor, entry: ConfigEntry[Any]) -> KnownAccount:
    """Return what an entry remembers of its account."""
    return KnownAccount(
        (entry.unique_id or "").removeprefix(unique_id(vendor, "")),
        frozenset(entry.data[CONF_METERS]),
    )


async def async_backend_state(
    hass: HomeAssistant, entry: ConfigEntry[Any]
) -> JsonObject:
    """Return what the backend of an entry has learned, whether it runs or not."""
    if entry.state is ConfigEntryState.LOADED:
        backend: Backend = entry.runtime_data.backend
        return backend.state()
    memory = Memory(hass, entry.entry_id)
    await memory.async_load()
    return memory.backend


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
def has_rival(hass: HomeAssistant, vendor: Vendor, account_id: str) -> bool:
    """Tell whether Home Assistant's own integration reads the account as well."""
    rival = vendor.discovery.rival if vendor.discovery else None
    return rival is not None and any(
        entry.unique_id == account_id
        for entry in hass.config_entries.async_entries(
            rival, include_ignore=False, include_disabled=False
        )
    )


@callback
def taken_meters(
    hass: HomeAssistant, vendor: Vendor, *, besides: str | None = None
) -> set[str]:
    """Return the meters that entries of a vendor show, without the one `besides`."""
    taken: set[str] = set()
    for entry in entries_of(hass, vendor, besides=besides):
        taken |= meters_of(entry)
    return taken


@callback
def meters_of(entry: ConfigEntry[Any]) -> set[str]:
    """Return the meters that an entry shows, or will show once it is set up."""
    if entry.state is ConfigEntryState.LOADED:
        # The meters that were seen at sign-in may have been let go since then.
        return set(entry.runtime_data.data.meters)
    return claimed_meters(entry)


def claimed_meters(entry: ConfigEntry[Any]) -> set[str]:
    """Return the meters that an entry has seen, without those that are excluded."""
    return {*entry.data[CONF_METERS]} - {*entry.options.get(CONF_EXCLUDED_METERS, ())}
