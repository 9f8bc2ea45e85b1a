"""A session with Mój Licznik: cookies that a login makes good for some time."""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from aiohttp.abc import AbstractCookieJar

from ..base import AuthError, DoubtfulSignIn, Unavailable, UnexpectedAnswer, VendorError
from ..endpoints import Endpoint
from ..transport import Transport
from .sign_in import login_error, server_token

HEADERS = {
    "User-Agent": "Energa/3.1.2 (pl.energa-operator.mojlicznik; build:1; iOS 16.6.1) "
    "Alamofire/5.6.4",
    "Accept": "application/json",
    "Accept-Language": "pl-PL;q=1.0, en-PL;q=0.9",
    "Content-Type": "application/json",
}
"""What the operator's own app sends; others may be refused."""

STATUS_PATH = "/apihelper/SessionStatus"
LOGIN_PATH = "/apihelper/UserLogin"

_REFUSALS = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


class _SessionEnded(VendorError):
    """The cookies are no longer good for anything."""


class EnergaSession:
    """Makes calls as somebody who is signed in, and signs in when that is needed.

    The login carries the password in its query: nothing that could name a URL
    leaves the transport.
    """

    def __init__(
        self,
        transport: Transport,
        endpoint: Endpoint,
        cookies: AbstractCookieJar,
        *,
        username: str,
        password: str,
        device_token: str,
    ) -> None:
        """Begin without a session; the first call opens one."""
        self._transport = transport
        self._url = endpoint.url
        self._cookies = cookies
        self._login = {
            "clientOS": "ios",
            "notifyService": "APNs",
            "username": username,
            "password": password,
            "token": device_token,
        }
        self._lock = asyncio.Lock()
        self._logins = 0
        self._open: int | None = None
        self._token: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether the last login was a good one, and nothing says that it is over."""
        return self._open is not None

    def end(self) -> None:
        """Give the session up: not all ends of one are called by their name."""
        self._open = None

    async def get(self, path: str, params: Mapping[str, str]) -> Any:
        """Return the decoded answer; raises the VendorError family.

        Where the session has ended, another one is opened, once.
        """
        session = await self._opened(None)
        try:
            return await self._get(path, params)
        except _SessionEnded:
            await self._opened(session)
        try:
            return await self._get(path, params)
        except _SessionEnded:
            self.end()
            raise Unavailable("session_refused") from None

    async def _get(self, path: str, params: Mapping[str, str]) -> Any:
        token = {"token": self._token} if self._token else {}
        return await self._transport.request_json(
            "GET",
            self._url + path,
            headers=HEADERS,
            params={**params, **token},
            explain=_explain_data,
        )

    async def _opened(self, ended: int | None) -> int:
        """Return the number of the open session, which is another than `ended`.

        Calls that need one at the same time cause one login.
        """
        async with self._lock:
            if self._open is None or self._open == ended:
                self._open = None
                self._token = await self._log_in()
                self._logins += 1
                self._open = self._logins
            return self._open

    async def _log_in(self) -> str | None:
        """Return the token of a new session; any refusal is one of the login."""
        try:
            return await self._request_login()
        except UnexpectedAnswer:
            raise DoubtfulSignIn("sign_in_refused") from None

    async def _request_login(self) -> str | None:
        if not _can_be_sent(self._login):
            raise AuthError("invalid_auth")
        self._cookies.clear()
        await self._transport.request_json(
            "GET", self._url + STATUS_PATH, headers=HEADERS, explain=_explain_status
        )
        answer = await self._transport.request_json(
            "GET",
            self._url + LOGIN_PATH,
            headers=HEADERS,
            params=self._login,
            explain=_explain_login,
        )
        if error := login_error(answer):
            raise error
        return server_token(answer)


def _can_be_sent(params: Mapping[str, str]) -> bool:
    """Tell whether all values can be written into a URL; half a character can't."""
    try:
        for value in params.values():
            value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _explain_data(status: int, _: Any) -> VendorError | None:
    return _SessionEnded("session_refused") if status in _REFUSALS else None


def _explain_status(status: int, _: Any) -> VendorError | None:
    return Unavailable("session_refused") if status in _REFUSALS else None


def _explain_login(status: int, body: Any) -> VendorError | None:
    """Read the vendor's words in whatever refusal they come, but not in a delay."""
    is_worded = (
        HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
        and status != HTTPStatus.TOO_MANY_REQUESTS
        and isinstance(body, dict)
    )
    if not is_worded and status not in _REFUSALS:
        return None
    return login_error(body) or DoubtfulSignIn("sign_in_refused")
