"""What the system page shows: whether the vendors can be reached, and what is left."""

from collections.abc import Iterable
from typing import Any

from homeassistant.components import system_health
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from .allowances import async_get_allowance
from .const import CONF_CREDENTIALS, CONF_VENDOR, DOMAIN
from .coordinator import MeterHubConfigEntry
from .vendors.base import Vendor
from .vendors.registry import VENDORS


@callback
def async_register(
    hass: HomeAssistant, register: system_health.SystemHealthRegistration
) -> None:
    """Register what the page asks for."""
    register.async_register_info(async_health)


async def async_health(hass: HomeAssistant) -> dict[str, Any]:
    """Return the health of all accounts.

    People paste the page into bug reports, and the title of an entry may be a name:
    so each account goes by its vendor.
    """
    accounts = [
        (VENDORS[entry.data[CONF_VENDOR]], entry)
        for entry in hass.config_entries.async_entries(
            DOMAIN, include_ignore=False, include_disabled=False
        )
        if entry.data[CONF_VENDOR] in VENDORS
    ]
    health: dict[str, Any] = {"accounts": len(accounts)}
    calls_left = [
        (vendor, await _async_calls_left(hass, vendor, entry))
        for vendor, entry in accounts
    ]
    if text := _listed(calls_left):
        health["calls_left"] = text
    progress = [(vendor, _progress(entry)) for vendor, entry in accounts]
    if text := _listed(progress, " %"):
        health["history"] = text
    for vendor in {vendor.key: vendor for vendor, _ in accounts}.values():
        if vendor.host is not None:
            health[f"reach_{vendor.key}"] = system_health.async_check_can_reach_url(
                hass, vendor.host()
            )
    return health


async def _async_calls_left(
    hass: HomeAssistant, vendor: Vendor, entry: ConfigEntry[Any]
) -> int | None:
    """Return how many calls the month still allows; None where nothing limits it."""
    allowance = await async_get_allowance(hass, vendor, entry.data[CONF_CREDENTIALS])
    return allowance.budget.left_this_month(dt_util.utcnow())


def _progress(entry: MeterHubConfigEntry) -> int | None:
    """Return the percentage of the history that was imported, None where unknown."""
    if entry.state is not ConfigEntryState.LOADED:
        return None
    progress = entry.runtime_data.history.progress
    return None if progress is None else int(progress)


def _listed(values: Iterable[tuple[Vendor, int | None]], unit: str = "") -> str:
    return ", ".join(
        f"{vendor.name}: {value}{unit}" for vendor, value in values if value is not None
    )
