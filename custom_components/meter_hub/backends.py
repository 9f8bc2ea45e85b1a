"""Gives a vendor's backend what it needs from Home Assistant."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from aiohttp import ClientSession, CookieJar
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.aiohttp_client import (
    async_create_clientsession,
    async_get_clientsession,
)
from homeassistant.util import dt as dt_util

from .allowances import async_get_allowance
from .const import CONF_EXCLUDED_METERS
from .vendors.base import AccessToken, Backend, Context, Vendor


async def async_make_backend(
    hass: HomeAssistant,
    vendor: Vendor,
    session: ClientSession,
    *,
    credentials: Mapping[str, Any],
    options: Mapping[str, Any],
    state: Mapping[str, Any],
    save_credentials: Callable[[Mapping[str, Any]], Awaitable[None]],
    access_token: AccessToken | None = None,
) -> Backend:
    """Build the backend of one account; makes no call.

    `state` is what `Backend.state` returned before a restart, or empty.
    """
    return vendor.build(
        Context(
            session=session,
            clock=dt_util.utcnow,
            time_zone=hass.config.time_zone,
            credentials=credentials,
            options=options,
            excluded=frozenset(options.get(CONF_EXCLUDED_METERS, ())),
            allowance=await async_get_allowance(hass, vendor, credentials),
            state=state,
            save_credentials=save_credentials,
            access_token=access_token,
        )
    )


@callback
def async_entry_session(hass: HomeAssistant, vendor: Vendor) -> ClientSession:
    """Return the session of an entry, to be asked for while the entry is set up.

    Home Assistant closes it when that fails and when the entry is unloaded.
    """
    if not vendor.own_session:
        return async_get_clientsession(hass)
    return async_create_clientsession(
        hass, verify_ssl=vendor.verify_tls, cookie_jar=_jar()
    )


@contextmanager
def passing_session(hass: HomeAssistant, vendor: Vendor) -> Iterator[ClientSession]:
    """Give a session for the time of a sign-in.

    Home Assistant would keep one that a flow makes until it stops.
    """
    if not vendor.own_session:
        yield async_get_clientsession(hass)
        return
    session = async_create_clientsession(
        hass, verify_ssl=vendor.verify_tls, auto_cleanup=False, cookie_jar=_jar()
    )
    try:
        yield session
    finally:
        session.detach()


def _jar() -> CookieJar:
    """Return a jar for one host, which may thus be an address as well as a name."""
    return CookieJar(unsafe=True)
