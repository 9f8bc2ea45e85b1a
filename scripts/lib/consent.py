"""How the probe is let in by a vendor whose owner signs in with a browser."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
import json
import os
from pathlib import Path
from secrets import token_urlsafe
import sys
from tempfile import NamedTemporaryFile
from typing import Any

from mashumaro import DataClassDictMixin
from mashumaro.exceptions import InvalidFieldValue, MissingField
from yarl import URL

from custom_components.meter_hub.vendors.base import (
    AccessToken,
    Field,
    FieldKind,
    OAuth2,
    UnexpectedAnswer,
)
from custom_components.meter_hub.vendors.oauth2 import request_token
from custom_components.meter_hub.vendors.transport import Transport

TOKEN_FILE = "token_file"  # noqa: S105

CLIENT = (
    Field(key="client_id", kind=FieldKind.TEXT),
    Field(key="client_secret", kind=FieldKind.SECRET),
)
"""What the vendor calls the application that a person has registered there."""

PROMPT = """\
Let the application in on this page, and paste the code that is shown then:
{url}
"""

_MARGIN = timedelta(minutes=1)
"""A token that ends sooner may have ended before the call arrives."""


async def access_token(
    oauth2: OAuth2,
    transport: Transport,
    application: Mapping[str, str],
    file: Path | None,
    clock: Callable[[], datetime],
) -> AccessToken:
    """Return the token of a file, or one that a person lets us have now.

    With a file, each new token is in it before it is used; without, nothing is kept.
    Raises SystemExit where there is no code, or no token in the file; else the
    VendorError family.
    """
    client = _Client(oauth2, transport, **application, clock=clock)

    async def save(token: _Token) -> None:
        if file is not None:
            await asyncio.to_thread(_write, file, json.dumps(token.to_dict()))

    token = await asyncio.to_thread(_read, file) if file else None
    if token is None:
        token = await client.let_in()
        await save(token)
    return _KeptToken(client, token, save)


@dataclass(frozen=True, slots=True)
class _Token(DataClassDictMixin):
    access_token: str
    refresh_token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class _Client:
    """The application, as the vendor knows it."""

    oauth2: OAuth2
    transport: Transport
    client_id: str
    client_secret: str
    clock: Callable[[], datetime]

    async def let_in(self) -> _Token:
        """Have a person fetch a code, and return the token that it is good for."""
        page = self.oauth2.code_page()
        query = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": page,
            "state": token_urlsafe(),
        }
        url = URL(self.oauth2.authorize_url()).with_query(query)
        print(PROMPT.format(url=url), file=sys.stderr, flush=True)
        code = (await asyncio.to_thread(sys.stdin.readline)).strip()
        if not code:
            raise SystemExit("scripts/probe: no code was pasted")
        return await self._token(
            {"grant_type": "authorization_code", "code": code, "redirect_uri": page}
        )

    async def refresh(self, token: _Token) -> _Token:
        """Return the token that renews another one, which may be good no longer."""
        form = {"refresh_token": token.refresh_token}
        return await self._token({"grant_type": "refresh_token", **form}, **form)

    async def _token(self, form: Mapping[str, str], **kept: str) -> _Token:
        asked_at = self.clock().astimezone(UTC)
        reply: dict[str, Any] = {**kept}
        reply |= await request_token(
            self.transport,
            self.oauth2.token_url(),
            self.client_id,
            self.client_secret,
            form,
        )
        if not isinstance(reply.get("refresh_token"), str):
            raise UnexpectedAnswer("unexpected_answer", "nothing renews the token")
        expires_at = asked_at + timedelta(seconds=reply["expires_in"])
        return _Token(reply["access_token"], reply["refresh_token"], expires_at)


class _KeptToken:
    """The `AccessToken` of the probe."""

    def __init__(
        self,
        client: _Client,
        token: _Token,
        save: Callable[[_Token], Awaitable[None]],
    ) -> None:
        self._client = client
        self._token = token
        self._save = save

    async def __call__(self, *, refused: str | None = None) -> str:
        """Return a token that is valid, and another one than was `refused`."""
        ends_soon = self._token.expires_at - _MARGIN <= self._client.clock()
        if ends_soon or self._token.access_token == refused:
            self._token = await self._client.refresh(self._token)
            await self._save(self._token)
        return self._token.access_token


def _read(file: Path) -> _Token | None:
    try:
        return _Token.from_dict(json.loads(file.read_text()))
    except FileNotFoundError:
        return None
    except AttributeError, InvalidFieldValue, MissingField, OSError, ValueError:
        raise SystemExit("scripts/probe: the file holds no token") from None


def _write(file: Path, text: str) -> None:
    """Replace the file at once, so that there is never half a token; for us alone."""
    with NamedTemporaryFile("w", dir=file.parent, delete=False) as new:
        new.write(text)
        new.flush()
        os.fsync(new.fileno())
    os.replace(new.name, file)  # noqa: PTH105
