"""Who may read a gateway: tokens with their sessions, and the users of old firmware."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import md5
from itertools import count
from typing import Any
from urllib.request import parse_http_list, parse_keqv_list

from aiohttp import web
import jwt

from ..clock import Clock
from .gateway import SERIAL

OWNERS_LIFETIME = timedelta(days=365)
INSTALLERS_LIFETIME = timedelta(hours=12)
SESSION_IDLE = timedelta(minutes=10)
SESSION_COOKIE = "sessionId"
SIGNING_KEY = "The real gateway has only the public half of a key pair."
REALM = "enphaseenergy.com"
NONCE = "Td4AZZWMIuPzNdOwn+N1MAFCm9k="
INSTALLERS_PASSWORD = "db3fh2ef"
"""What the well-known formula gives for this gateway's serial number."""


@dataclass(frozen=True, slots=True)
class CloudAccount:
    """An account of the cloud; its name is an e-mail address."""

    password: str
    serials: tuple[str, ...] = (SERIAL,)
    """The gateways that it may have tokens for."""
    installer: bool = False
    mfa: bool = False
    """Whether it must answer a second question, which the API can't."""


class Tokens:
    """The tokens (JWT) that exist, and the sessions that gateways open for them.

    Tokens begin and end by the simulator's clock, and that's the only clock that
    the gateway goes by. The library that reads gateways compares `exp` with no clock.
    """

    def __init__(self, clock: Clock) -> None:
        """Start without tokens."""
        self._clock = clock
        self._numbers = count(1)
        self._claims: dict[str, dict[str, Any]] = {}
        self._sessions: dict[str, tuple[str, datetime]] = {}

    def issue(
        self,
        username: str = "owner@simulated.example",
        *,
        serial: str = SERIAL,
        installer: bool = False,
        lifetime: timedelta | None = None,
    ) -> str:
        """Return a new token; a lifetime below zero makes one that has expired."""
        if lifetime is None:
            lifetime = INSTALLERS_LIFETIME if installer else OWNERS_LIFETIME
        now = self._clock()
        claims = {
            "aud": serial,
            "iss": "Entrez",
            "enphaseUser": "installer" if installer else "owner",
            "exp": int((now + lifetime).timestamp()),
            "iat": int(now.timestamp()),
            "jti": f"simulated-{next(self._numbers):08}",
            "username": username,
        }
        token = jwt.encode(claims, SIGNING_KEY, "HS256")
        self._claims[token] = claims
        return token

    def revoke(self, token: str) -> None:
        """Let no gateway know a token any longer, nor its sessions."""
        self._claims.pop(token, None)

    def bearer(self, request: web.Request) -> str | None:
        """Return the good token of a request; a session counts where none is sent."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme:
            return token if scheme == "Bearer" and self._is_good(token) else None
        session = request.cookies.get(SESSION_COOKIE, "")
        token, used = self._sessions.get(session, ("", self._clock()))
        if self._clock() - used > SESSION_IDLE or not self._is_good(token):
            return None
        self._sessions[session] = token, self._clock()
        return token

    def user(self, token: str) -> str:
        """Return the account that a known token was issued for."""
        return str(self._claims[token]["username"])

    def open_session(self, token: str) -> str:
        """Return the id of a new session, good for as long as it is used."""
        session = f"{next(self._numbers):032x}"
        self._sessions[session] = token, self._clock()
        return session

    def _is_good(self, token: str) -> bool:
        claims = self._claims.get(token)
        return (
            claims is not None
            and claims["aud"] == SERIAL
            and self._clock().timestamp() < claims["exp"]
        )


def local_user(request: web.Request, users: dict[str, str]) -> str | None:
    """Return who signed a request with a right password (digest), or None."""
    scheme, _, rest = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Digest":
        return None
    said = parse_keqv_list(parse_http_list(rest))
    user = said.get("username", "")
    if user not in users or said.get("uri") != request.path_qs:
        return None
    secret = _md5(f"{user}:{REALM}:{users[user]}")
    asked = _md5(f"{request.method}:{said['uri']}")
    parts = (said.get(part, "") for part in ("nonce", "nc", "cnonce", "qop"))
    proof = _md5(":".join((secret, *parts, asked)))
    right = said.get("nonce") == NONCE and said.get("response") == proof
    return user if right else None


def challenge() -> dict[str, str]:
    """Return the headers that ask for a digest."""
    value = f'Digest qop="auth", realm="{REALM}", nonce="{NONCE}"'
    return {"WWW-Authenticate": value}


def _md5(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()
