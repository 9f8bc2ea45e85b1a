"""Electricity meters of many vendors in Home Assistant."""

from collections.abc import Mapping
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryError

from . import energy_dashboard
from .allowances import async_get_allowance
from .backends import async_entry_session, async_make_backend
from .billing import async_billing_zone
from .const import CONF_CREDENTIALS, CONF_VENDOR, DOMAIN, PLATFORMS
from .coordinator import MeterHubConfigEntry, MeterHubCoordinator
from .devices import async_keep_devices, async_remove_config_entry_device
from .issues import async_remove_issues
from .memory import Memory, take_over
from .oauth2 import async_entry_token, async_keep_alive
from .vendors.registry import VENDORS

__all__ = [
    "async_remove_config_entry_device",
    "async_remove_entry",
    "async_setup_entry",
    "async_unload_entry",
]


async def async_setup_entry(hass: HomeAssistant, entry: MeterHubConfigEntry) -> bool:
    """Set up an account."""
    if (vendor := VENDORS.get(entry.data[CONF_VENDOR])) is None:
        raise ConfigEntryError(
            translation_domain=DOMAIN,
            translation_key="unknown_vendor",
            translation_placeholders={"vendor": entry.data[CONF_VENDOR]},
        )
    access_token = (
        await async_entry_token(hass, entry, vendor) if vendor.oauth2 else None
    )
    memory = Memory(hass, entry.entry_id)
    await memory.async_load()
    entry.async_on_unload(memory.async_close)
    if handed := take_over(hass, entry.unique_id):
        memory.backend = handed.state

    async def save_credentials(credentials: Mapping[str, Any]) -> None:
        hass.config_entries.async_update_entry(
            entry, data={**entry.data, CONF_CREDENTIALS: dict(credentials)}
        )

    backend = await async_make_backend(
        hass,
        vendor,
        async_entry_session(hass, vendor),
        credentials=entry.data[CONF_CREDENTIALS],
        options=entry.options,
        state=memory.backend,
        save_credentials=save_credentials,
        access_token=access_token,
    )
    entry.async_on_unload(backend.close)
    coordinator = MeterHubCoordinator(
        hass,
        entry,
        vendor,
        backend,
        memory,
        await async_billing_zone(vendor),
        await async_get_allowance(hass, vendor, entry.data[CONF_CREDENTIALS]),
    )
    if handed:
        coordinator.async_take(handed.update)
    if memory.meters:
        coordinator.async_restore()
    else:
        await coordinator.async_config_entry_first_refresh()
    entry.runtime_data = coordinator
    async_keep_devices(hass, entry)
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    coordinator.async_start()
    if access_token:
        async_keep_alive(hass, entry, access_token)
    await energy_dashboard.async_start(hass, entry)
    return True


async def async_unload_entry(hass: HomeAssistant, entry: MeterHubConfigEntry) -> bool:
    """Stop polling and writing; what is remembered is saved."""
    unloaded = await hass.config_entries.async_unload_platforms(entry, PLATFORMS)
    if unloaded and entry.disabled_by:
        async_remove_issues(hass, entry)
    return unloaded


async def async_remove_entry(hass: HomeAssistant, entry: MeterHubConfigEntry) -> None:
    """Forget the account; its statistics and dashboard sources stay."""
    async_remove_issues(hass, entry)
    await Memory(hass, entry.entry_id).async_remove()
