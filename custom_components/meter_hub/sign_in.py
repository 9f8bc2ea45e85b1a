"""Signs in to an account that a person has typed the credentials of."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from homeassistant.core import HomeAssistant

from .accounts import async_backend_state
from .backends import async_make_backend, passing_session
from .coordinator import MeterHubConfigEntry
from .vendors.base import Account, Backend, Vendor


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
) -> SignIn:
    """Open the account; raises the VendorError family.

    The backend goes on from what the one of `entry` has learned.
    """
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
        )
        try:
            account = await backend.connect()
        finally:
            await backend.close()
    return SignIn(backend, account, dict(credentials))
