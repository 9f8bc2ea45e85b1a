"""Signs in to an account that a person has typed the credentials of."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import UnknownImplementationError

from .accounts import async_backend_state
from .allowances import async_trial
from .backends import async_make_backend, passing_session
from .const import CONF_ACCOUNT
from .coordinator import MeterHubConfigEntry
from .oauth2 import Grant, async_entry_token, async_granted_token
from .vendors.base import AccessToken, Account, AuthError, Backend, OAuth2, Vendor


@dataclass(frozen=True, slots=True)
class SignIn:
    """An account that the vendor opened; its backend makes no call any more."""

    backend: Backend
    account: Account
    credentials: Mapping[str, Any]


async def async_sign_in(
    hass: HomeAssistant,
    vendor: Vendor,
    typed: dict[str, Any],
    entry: MeterHubConfigEntry | None,
    grant: Grant | None = None,
) -> SignIn:
    """Open the account; raises the VendorError family.

    The backend goes on from what the one of `entry` has learned. Where the vendor has
    OAuth2, it opens the account by `grant`, or by what the entry has.
    """
    if vendor.oauth2 and grant:
        typed = _with_account(vendor.oauth2, typed, grant)
    replaced = entry.entry_id if entry else None
    async with async_trial(hass, vendor, typed, replaced=replaced):
        return await _async_open(hass, vendor, typed, entry, grant)


async def _async_open(
    hass: HomeAssistant,
    vendor: Vendor,
    typed: dict[str, Any],
    entry: MeterHubConfigEntry | None,
    grant: Grant | None,
) -> SignIn:
    access_token: AccessToken | None = None
    if vendor.oauth2 and grant:
        access_token = await async_granted_token(hass, grant, vendor, typed)
    elif vendor.oauth2 and entry:
        try:
            access_token = await async_entry_token(hass, entry, vendor, typed)
        except UnknownImplementationError:
            raise AuthError("invalid_auth") from None
    credentials: Mapping[str, Any] = typed

    async def save_credentials(renewed: Mapping[str, Any]) -> None:
        nonlocal credentials
        credentials = renewed

    with passing_session(hass, vendor) as session:
        backend = await async_make_backend(
            hass,
            vendor,
            session,
            credentials=typed,
            options=entry.options if entry else {},
            state=await async_backend_state(hass, entry) if entry else {},
            save_credentials=save_credentials,
            access_token=access_token,
        )
        try:
            account = await backend.connect()
        finally:
            await backend.close()
    return SignIn(backend, account, dict(credentials))


def _with_account(
    oauth2: OAuth2, credentials: Mapping[str, Any], grant: Grant
) -> dict[str, Any]:
    """Name the account that the token is for, and no longer an earlier one."""
    others = {key: value for key, value in credentials.items() if key != CONF_ACCOUNT}
    named = grant.token.get(oauth2.account_key) if oauth2.account_key else None
    return others if named is None else others | {CONF_ACCOUNT: str(named)}
