"""The token of an account: had for a code, renewed in time, stored before it is used.

Home Assistant's own session for this counts no request against a quota, knows of no
token that is refused before its time, and needs an entry, which a dialog has not yet.
"""

from asyncio import Lock, shield
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, cast

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntry
from homeassistant.const import CONF_TOKEN
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.config_entry_oauth2_flow import (
    async_get_config_entry_implementation,
)
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from .allowances import async_get_allowance
from .application_credentials import VendorClient
from .const import CONF_AUTH_IMPLEMENTATION, CONF_CREDENTIALS, DOMAIN, LOGGER
from .vendors.base import AuthError, Vendor, VendorError
from .vendors.transport import Transport

type Token = dict[str, Any]

_LOCKS: HassKey[dict[str, Lock]] = HassKey(f"{DOMAIN}_token_locks")

_MARGIN = timedelta(minutes=1)
"""A token that ends sooner may have ended before the call arrives."""

_OLDEST = timedelta(days=3)
"""A token that nobody renews for a week may be the last one."""

_LOOK = timedelta(hours=6)
"""Between two looks at the age of a token."""


class Keeper(Protocol):
    """Where a token is kept."""

    token: Token


@dataclass(slots=True)
class Grant:
    """What a person's consent gave, while no entry keeps it."""

    client: VendorClient
    token: Token

    def entry_data(self) -> dict[str, Any]:
        """Return what an entry keeps of it, by the keys of Home Assistant."""
        return {CONF_AUTH_IMPLEMENTATION: self.client.domain, CONF_TOKEN: self.token}


class TokenSource:
    """The `AccessToken` of one account; of those who ask at once one renews it."""

    def __init__(
        self, hass: HomeAssistant, client: VendorClient, keeper: Keeper, lock: Lock
    ) -> None:
        """Renew what is kept, in turn with all others who hold `lock`."""
        self._hass = hass
        self._client = client
        self._keeper = keeper
        self._lock = lock

    async def __call__(self, *, refused: str | None = None) -> str:
        """Return a token that is valid, and another one than was `refused`.

        Raises AuthError `invalid_auth` where a person must let us in again, and
        whatever else a request may come to.
        """
        # Who is cancelled while waiting must not lose what the vendor hands out.
        return await shield(self._hass.async_create_task(self._async_valid(refused)))

    async def async_keep_alive(self) -> None:
        """Renew a token that has been there for so long that the next may be refused."""
        async with self._lock:
            token = self._keeper.token
            had_at = token["expires_at"] - token["expires_in"]
            if had_at <= (dt_util.utcnow() - _OLDEST).timestamp():
                await self._renew()

    async def _async_valid(self, refused: str | None) -> str:
        async with self._lock:
            token = self._keeper.token
            ends_soon = token["expires_at"] < (dt_util.utcnow() + _MARGIN).timestamp()
            if ends_soon or token["access_token"] == refused:
                await self._renew()
            return cast("str", self._keeper.token["access_token"])

    async def _renew(self) -> None:
        if "refresh_token" not in self._keeper.token:
            raise AuthError("invalid_auth", "nothing to renew the token with")
        ending = self._keeper.token
        renewed = await self._client.async_refresh_token(ending)
        if self._keeper.token == ending:
            # Else a person has let us in again in the meantime.
            self._keeper.token = renewed


async def async_redeem(client: VendorClient, code: str, redirect_uri: str) -> Grant:
    """Return what a code gives; raises AuthError `invalid_code` and other VendorErrors."""
    token = await client.async_resolve_external_data(
        {"code": code, "state": {"redirect_uri": redirect_uri}}
    )
    return Grant(
        client,
        token | {"expires_at": dt_util.utcnow().timestamp() + token["expires_in"]},
    )


async def async_count(
    hass: HomeAssistant,
    client: VendorClient,
    vendor: Vendor,
    credentials: Mapping[str, Any],
) -> None:
    """Let the requests of a client count as the calls with these credentials do.

    A vendor that holds the calls until its month ends would let the token die.
    """
    client.transport = Transport(
        async_get_clientsession(hass),
        dt_util.utcnow,
        await async_get_allowance(hass, vendor, credentials),
        attempts=1,
        heed_hold=False,
    )


async def async_granted_token(
    hass: HomeAssistant, grant: Grant, vendor: Vendor, credentials: Mapping[str, Any]
) -> TokenSource:
    """Return the token of a grant, counted for `credentials`."""
    await async_count(hass, grant.client, vendor, credentials)
    return TokenSource(hass, grant.client, grant, Lock())


async def async_entry_token(
    hass: HomeAssistant,
    entry: ConfigEntry[Any],
    vendor: Vendor,
    credentials: Mapping[str, Any] | None = None,
) -> TokenSource:
    """Return the token of an entry, counted for `credentials` instead of its own.

    Raises Home Assistant's errors where the client is gone or can't be told.
    """
    client = cast(
        "VendorClient", await async_get_config_entry_implementation(hass, entry)
    )
    await async_count(hass, client, vendor, credentials or entry.data[CONF_CREDENTIALS])
    locks = hass.data.setdefault(_LOCKS, {})
    return TokenSource(
        hass,
        client,
        _EntryKeeper(hass, entry),
        locks.setdefault(entry.entry_id, Lock()),
    )


@callback
def async_keep_alive(
    hass: HomeAssistant, entry: ConfigEntry[Any], source: TokenSource
) -> None:
    """Renew the token of an entry also while no call is worth making for weeks."""

    async def keep(_: datetime) -> None:
        if any(entry.async_get_active_flows(hass, {SOURCE_REAUTH})):
            return
        try:
            await source.async_keep_alive()
        except AuthError:
            entry.async_start_reauth(hass)
        except VendorError as err:
            LOGGER.debug("The token of %s was not renewed: %s", entry.domain, err)

    entry.async_on_unload(async_track_time_interval(hass, keep, _LOOK))


class _EntryKeeper:
    """Keeps the token where Home Assistant does."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
        self._hass = hass
        self._entry = entry

    @property
    def token(self) -> Token:
        """Return the token that is stored."""
        return cast("Token", self._entry.data[CONF_TOKEN])

    @token.setter
    def token(self, renewed: Token) -> None:
        self._hass.config_entries.async_update_entry(
            self._entry, data={**self._entry.data, CONF_TOKEN: renewed}
        )
