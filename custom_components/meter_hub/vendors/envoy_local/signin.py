"""How a gateway is signed in to.

Firmware below 7 asks for a local user with digest authentication. From 7 on a
gateway wants a token, which Enphase's cloud gives to the owner or the installer of
the system; the cloud's user name and password never reach the gateway.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from http import HTTPStatus
from typing import Any, Self

from aiohttp import ClientError
import orjson
from pyenphase import EnvoyAuthenticationError

from ..base import AuthError, JsonObject, Unavailable, VendorError
from .adapter import CloudToken, Gateway
from .errors import UNREADABLE, explained
from .host import clean_host
from .token import check_token, claims_of

PATIENCE = 30.0
"""Seconds that the cloud, or the gateway's check of a token, may take."""

TOKENS_FROM = (7, 0)
"""The firmware from which on gateways want tokens."""

_LOCAL_USERS = ("", "installer", "envoy")
"""Users of firmware below 7 whose passwords follow from the serial."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What opens a gateway."""

    host: str
    serial: str = ""
    username: str = ""
    password: str = ""
    token: str = ""
    manual_token: bool = False
    """Whether the token was pasted, and nobody can get another one."""

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        """Read what a person typed, or what was stored before.

        Raises UnexpectedAnswer `not_a_gateway` where there is no host.
        """
        return cls(
            host=clean_host(_text(stored, "host")),
            serial=_text(stored, "serial"),
            username=_text(stored, "username"),
            password=_text(stored, "password"),
            token="".join(_text(stored, "token").split()),
        )

    @property
    def can_renew(self) -> bool:
        """Whether a new token can be had from the cloud."""
        return bool(self.username and self.password)

    def of_gateway(self, serial: str) -> Self:
        """Return the same for the gateway that was found."""
        return replace(self, serial=serial)

    def stored(self) -> JsonObject:
        """Return what `of` reads."""
        return asdict(self)


async def with_sign_in(
    credentials: Credentials,
    firmware: tuple[int, int],
    now: datetime,
    renewed: Callable[[Credentials], Awaitable[Credentials]],
) -> Credentials:
    """Return the credentials with all that opens a gateway of this firmware.

    Where there is no token that could, one is `renewed`. Raises AuthError `invalid_auth`, `mfa_enabled`, `wrong_account`,
    `token_malformed`, `token_foreign` or `token_expired`; Unavailable
    `cloud_unreachable`.
    """
    if firmware < TOKENS_FROM:
        if credentials.username not in _LOCAL_USERS and not credentials.password:
            raise AuthError("invalid_auth")
        return replace(credentials, token="", manual_token=False)
    if not credentials.token and not credentials.can_renew:
        raise AuthError("invalid_auth")
    if credentials.token:
        try:
            check_token(credentials.token, credentials.serial, now)
        except AuthError:
            if not credentials.can_renew:
                raise
            credentials = replace(credentials, token="")
    if not credentials.token:
        credentials = await renewed(credentials)
    return replace(credentials, manual_token=not credentials.can_renew)


async def use(gateway: Gateway, credentials: Credentials) -> None:
    """Have the gateway be asked with these credentials; asks for nothing yet."""
    if credentials.token:
        gateway.auth = CloudToken(
            credentials.host, serial=credentials.serial, token=credentials.token
        )
        return
    gateway.auth = None
    with explained():
        await gateway.authenticate(
            credentials.username or None, credentials.password or None
        )


async def prove(gateway: Gateway) -> None:
    """Ask the gateway whether it takes the token.

    Raises AuthError `invalid_auth`, or Unavailable where it can't say.
    """
    with explained():
        async with asyncio.timeout(PATIENCE):
            status = await gateway.token_status()
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        raise AuthError("invalid_auth", "token")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        # The part of the gateway that checks tokens starts later than the others.
        raise Unavailable("server_error", f"HTTP {status}")


async def with_new_token(credentials: Credentials) -> Credentials:
    """Return the credentials with a new token from Enphase's cloud.

    Raises AuthError `invalid_auth`, `mfa_enabled` or `wrong_account`; Unavailable
    `cloud_unreachable` for everything that says nothing about the credentials.
    """
    cloud = CloudToken(
        credentials.host,
        serial=credentials.serial,
        username=credentials.username,
        password=credentials.password,
    )
    try:
        async with asyncio.timeout(PATIENCE):
            await cloud.refresh()
    except EnvoyAuthenticationError as err:
        # Its text quotes the answer, and names the address.
        raise _refusal(cloud.statuses, err.__cause__) from None
    except (ClientError, OSError, TimeoutError, *UNREADABLE) as err:
        raise Unavailable("cloud_unreachable", type(err).__name__) from None
    token = cloud.token.strip()
    try:
        claims_of(token)
    except AuthError:
        raise Unavailable("cloud_unreachable", "no token") from None
    return replace(credentials, token=token)


def _refusal(statuses: list[int], cause: BaseException | None) -> VendorError:
    """Return what it means that the cloud gave no token."""
    if isinstance(cause, orjson.JSONDecodeError) or not statuses:
        return Unavailable("cloud_unreachable", "not_json")
    status = statuses[-1]
    if isinstance(cause, KeyError):
        # The account is open, but the cloud waits for a second factor.
        return AuthError("mfa_enabled")
    if (
        status >= HTTPStatus.INTERNAL_SERVER_ERROR
        or status == HTTPStatus.TOO_MANY_REQUESTS
    ):
        return Unavailable("cloud_unreachable", f"HTTP {status}")
    is_sign_in = len(statuses) == 1
    return AuthError(
        "invalid_auth" if is_sign_in else "wrong_account", f"HTTP {status}"
    )


def _text(stored: Mapping[str, Any], key: str) -> str:
    return str(stored.get(key) or "").strip()
