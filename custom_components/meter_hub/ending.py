"""Credentials that end, and that only a person can replace."""

from datetime import timedelta

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from .const import CONF_CREDENTIALS
from .issues import async_show_ending
from .vendors.base import Vendor

_BEFORE = timedelta(days=14)
"""So long before the end a person is told; after it they are asked to sign in."""


@callback
def async_watch_end(hass: HomeAssistant, entry: ConfigEntry, vendor: Vendor) -> None:
    """Have an issue while the end of an entry's credentials is near, else none."""
    credentials = entry.data[CONF_CREDENTIALS]
    ends_at = vendor.ends_at(credentials) if vendor.ends_at is not None else None
    now = dt_util.utcnow()
    is_near = ends_at is not None and now < ends_at <= now + _BEFORE
    async_show_ending(hass, entry, vendor.name, ends_at if is_near else None)
