"""Gives a vendor's backend what it needs from Home Assistant."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.util import dt as dt_util

from .allowances import async_get_allowance
from .const import CONF_EXCLUDED_METERS
from .vendors.base import Backend, Context, Vendor


async def async_make_backend(
    hass: HomeAssistant,
    vendor: Vendor,
    *,
    credentials: Mapping[str, Any],
    options: Mapping[str, Any],
    state: Mapping[str, Any],
    save_credentials: Callable[[Mapping[str, Any]], Awaitable[None]],
) -> Backend:
    """Build the backend of one account; makes no call.

    `state` is what `Backend.state` returned before a restart, or empty.
    """
    return vendor.build(
        Context(
            session=async_get_clientsession(hass),
            clock=dt_util.utcnow,
            credentials=credentials,
            options=options,
            excluded=frozenset(options.get(CONF_EXCLUDED_METERS, ())),
            allowance=await async_get_allowance(hass, vendor, credentials),
            state=state,
            save_credentials=save_credentials,
        )
    )
