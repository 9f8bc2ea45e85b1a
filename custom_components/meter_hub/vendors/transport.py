"""One request to a vendor: counted, bounded in time and size, its failures named."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from http import HTTPStatus
import json
from typing import Any

from aiohttp import (
    ClientError,
    ClientHandlerType,
    ClientOSError,
    ClientRequest,
    ClientResponse,
    ClientSession,
    ClientSSLError,
    ClientTimeout,
    ServerDisconnectedError,
)
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    stop_after_attempt,
    wait_random_exponential,
)

from .allowance import Allowance
from .base import AuthError, RateLimited, Unavailable, UnexpectedAnswer, VendorError

PATIENCE = timedelta(seconds=5)
"""The longest wait for the allowance inside a call; a longer one is the plan's affair."""

_ADMISSIONS = 3
"""Others may use up the allowance while one waits for it."""

TIMEOUT = ClientTimeout(total=60, connect=15)

LARGEST_ANSWER = 16 * 1024 * 1024
LARGEST_REFUSAL = 64 * 1024
_PIECE = 64 * 1024
_LARGE = 256 * 1024
"""A longer answer is decoded beside the event loop, which it would hold up."""

DEFAULT_HOLD = timedelta(minutes=5)
"""How long a vendor is left alone that is being asked too often but names no time."""

LONGEST_HOLD = timedelta(days=1)
"""A vendor that asks for more is believed for a day and then asked again."""

type Explain = Callable[[int, Any], VendorError | None]
"""Gives a vendor's own meaning to a refusal, from its status and its decoded body.

None, for a body that is no JSON as for a result, leaves the usual meaning.
"""


class Transport:
    """Makes the requests of one account."""

    def __init__(
        self,
        session: ClientSession,
        clock: Callable[[], datetime],
        allowance: Allowance,
        *,
        attempts: int = 2,
        heed_hold: bool = True,
    ) -> None:
        """Send through `session`, each attempt counted against `allowance`.

        After a transient failure the request is sent again, up to `attempts` times
        in all, unless the allowance would make the caller wait for it. Whoever has
        waited for an answer in vain is not made to wait again. Requests to a server
        that is none of the vendor's counted ones need not heed its hold.
        """
        self._session = session
        self._clock = clock
        self._allowance = allowance
        self._attempts = attempts
        self._heed_hold = heed_hold

    async def request_json(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        body: object | None = None,
        form: Mapping[str, str] | None = None,
        explain: Explain | None = None,
    ) -> Any:
        """Send a request, with `body` as JSON or a `form`; return the decoded answer.

        Redirects are not followed: the key must not leave the host it is meant for.

        Raises AuthError `invalid_auth`; Unavailable `cannot_connect`, `tls_error`,
        `timeout`, `server_error` or `not_json`; RateLimited `rate_limited`; UnexpectedAnswer
        `bad_request`, `not_found` or `unexpected_answer`; or what `explain` returns.
        403 and 404 mean what they say only in JSON or without a word: a page comes
        from a host that is not the vendor's any more.
        """
        retrying = AsyncRetrying(
            retry=retry_if_exception(_is_transient),
            stop=self._gives_up,
            wait=wait_random_exponential(multiplier=1, max=PATIENCE.total_seconds()),
            reraise=True,
        )
        request = partial(
            self._session.request,
            method,
            url,
            headers=headers,
            params=params,
            json=body,
            data=form,
            timeout=TIMEOUT,
            allow_redirects=False,
            middlewares=(_send_once,),
        )
        return await retrying(self._attempt, request, explain)

    async def _attempt(
        self,
        request: Callable[[], AbstractAsyncContextManager[ClientResponse]],
        explain: Explain | None,
    ) -> Any:
        await self._admit()
        try:
            async with request() as response:
                return await self._answer(response, explain)
        except TimeoutError:
            raise Unavailable("timeout") from None
        except (ClientError, OSError) as err:
            raise _unreachable(err) from None

    def _gives_up(self, state: RetryCallState) -> bool:
        if stop_after_attempt(self._attempts)(state):
            return True
        now = self._clock()
        return self._allowance.earliest(now) > now + PATIENCE

    async def _admit(self) -> None:
        """Count the call, or raise RateLimited where it may not be made soon."""
        for _ in range(_ADMISSIONS):
            allowed_from = await self._allowance.spend(heed_hold=self._heed_hold)
            if allowed_from is None:
                return
            wait = allowed_from - self._clock()
            if wait > PATIENCE:
                break
            await asyncio.sleep(max(wait.total_seconds(), 0))
        raise RateLimited("rate_limited", wait)

    async def _answer(self, response: ClientResponse, explain: Explain | None) -> Any:
        if response.status in (HTTPStatus.OK, HTTPStatus.CREATED):
            content = await _read(response, LARGEST_ANSWER)
            if content is None:
                raise UnexpectedAnswer("unexpected_answer", "too large")
            return await _decoded(content)
        refusal, foreign = await _refusal(response)
        error = explain(response.status, refusal) if explain else None
        retry_after = self._retry_after(response)
        if response.status == HTTPStatus.TOO_MANY_REQUESTS and error is None:
            retry_after = retry_after or DEFAULT_HOLD
        if retry_after:
            await self._allowance.hold(self._clock() + retry_after)
        if error is not None:
            raise error
        raise _error_of(response.status, retry_after, foreign=foreign)

    def _retry_after(self, response: ClientResponse) -> timedelta | None:
        """Read the header in either form; nonsense is as good as nothing."""
        text = response.headers.get("Retry-After", "").strip()
        try:
            if text.isdecimal():
                wait = timedelta(seconds=int(text))
            else:
                until = parsedate_to_datetime(text)
                if until.tzinfo is None:
                    until = until.replace(tzinfo=UTC)
                wait = until - self._clock()
        except ValueError, OverflowError:
            return None
        return min(wait, LONGEST_HOLD) if wait > timedelta(0) else None


async def _send_once(
    request: ClientRequest, handler: ClientHandlerType
) -> ClientResponse:
    """Send a request; aiohttp would send a GET again at once, and nobody would count it.

    It does so after exactly these errors.
    """
    try:
        return await handler(request)
    except (ClientOSError, ServerDisconnectedError) as err:
        raise _unreachable(err) from None


def _unreachable(err: ClientError | OSError) -> Unavailable:
    """Return what a failed connection means; the text of the error names the URL."""
    name = type(err).__name__
    if isinstance(err, ClientSSLError):
        return Unavailable("tls_error", name)
    return Unavailable("cannot_connect", name)


def _is_transient(err: BaseException) -> bool:
    return isinstance(err, Unavailable) and err.reason != "timeout"


def _error_of(
    status: int, retry_after: timedelta | None, *, foreign: bool
) -> VendorError:
    """Return what a refusal means; a `foreign` one is not in the vendor's words."""
    detail = f"HTTP {status}"
    match status:
        case HTTPStatus.FORBIDDEN | HTTPStatus.NOT_FOUND if foreign:
            # The page of a host that now serves something else, or nothing.
            return Unavailable("not_json", detail)
        case HTTPStatus.TOO_MANY_REQUESTS:
            return RateLimited("rate_limited", retry_after or DEFAULT_HOLD)
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            return AuthError("invalid_auth", detail)
        case HTTPStatus.BAD_REQUEST:
            return UnexpectedAnswer("bad_request", detail)
        case HTTPStatus.NOT_FOUND:
            return UnexpectedAnswer("not_found", detail)
        case HTTPStatus.GONE:
            return Unavailable("server_error", detail)
        case _ if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return Unavailable("server_error", detail)
        case _ if status < HTTPStatus.BAD_REQUEST:
            # A redirect or an empty answer: a sign-in page, or a host that has moved.
            return Unavailable("not_json", detail)
        case _:
            return UnexpectedAnswer("unexpected_answer", detail)


async def _read(response: ClientResponse, limit: int) -> bytes | None:
    """Return the body, or None where it is longer than `limit`."""
    content = bytearray()
    async for piece in response.content.iter_chunked(_PIECE):
        content += piece
        if len(content) > limit:
            return None
    return bytes(content)


async def _decoded(content: bytes) -> Any:
    try:
        if len(content) > _LARGE:
            return await asyncio.to_thread(json.loads, content)
        return json.loads(content)
    except ValueError, RecursionError:
        raise Unavailable("not_json") from None


async def _refusal(response: ClientResponse) -> tuple[Any, bool]:
    """Return the body of a refusal, and whether it is there but is no JSON."""
    try:
        content = await _read(response, LARGEST_REFUSAL)
        if content is None:
            return None, True
        return json.loads(content or b"null"), False
    except ClientError, OSError, ValueError, RecursionError:
        return None, True
