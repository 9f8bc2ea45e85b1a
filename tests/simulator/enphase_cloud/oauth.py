"""The OAuth server: consent, codes, and tokens that rotate."""

from base64 import b64decode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
import json
from typing import Any

from aiohttp import encode_basic_auth, web
from yarl import URL

from ..clock import Clock
from .plans import App

AUTHORIZE = "/oauth/authorize"
TOKEN = "/oauth/token"
CODE_PAGE = "/oauth/redirect_uri"
"""Where people who have no redirect of their own read the code."""
ACCESS_LIFETIME = timedelta(seconds=86393)
REFRESH_LIFETIME = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Token:
    """What belongs to a client until an instant."""

    client_id: str
    ends: datetime


class OAuthServer:
    """Everybody consents at once; all that is public may be changed.

    - `consents`: False denies access, as a person may on the consent page.
    - `redirects`: where codes are sent to; None is anywhere, besides the code page.
    - `enl_uid`: the account of the person who consents.
    - `counts_calls`: whether asking for a token counts as a call of the application.
    """

    def __init__(self, clock: Clock, apps: Mapping[str, App]) -> None:
        """Start without tokens."""
        self._clock = clock
        self._apps = apps
        self._numbers = count(1)
        self._codes: dict[str, tuple[str, str]] = {}
        self._access: dict[str, Token] = {}
        self._refresh: dict[str, Token] = {}
        self.consents = True
        self.redirects: set[str] | None = None
        self.enl_uid = "4242001"
        self.counts_calls = True

    def routes(self) -> Iterable[web.RouteDef]:
        """Return the paths of the server."""
        return (
            web.get(AUTHORIZE, self._authorize),
            web.get(CODE_PAGE, self._show_code),
            web.post(TOKEN, self._grant),
        )

    def code(self, client_id: str, redirect_uri: str = CODE_PAGE) -> str:
        """Return a code, as it is sent to a redirect or shown on the code page."""
        code = f"c{next(self._numbers):05}"
        self._codes[code] = client_id, _comparable(redirect_uri)
        return code

    def issue(self, client_id: str) -> dict[str, Any]:
        """Return new tokens, in the words of the token endpoint."""
        now = self._clock()
        number = next(self._numbers)
        access, refresh = f"access-{number}", f"refresh-{number}"
        self._access[access] = Token(client_id, now + ACCESS_LIFETIME)
        self._refresh[refresh] = Token(client_id, now + REFRESH_LIFETIME)
        return {
            "access_token": access,
            "token_type": "bearer",
            "refresh_token": refresh,
            "expires_in": ACCESS_LIFETIME // timedelta(seconds=1),
            "scope": "read write",
            "enl_uid": self.enl_uid,
            "enl_cid": "",
            "enl_password_last_changed": "1714000000",
            "is_internal_app": False,
            "app_type": "system",
            "jti": f"00000000-0000-4000-8000-{number:012}",
        }

    def owner(self, request: web.Request) -> str | None:
        """Return the client of a request's token; None if that isn't good now."""
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        token = self._access.get(text) if scheme.casefold() == "bearer" else None
        return token.client_id if token and self._clock() < token.ends else None

    def end_access(self) -> None:
        """Let no access token be good any longer; refreshing goes on."""
        self._access.clear()

    def end_grants(self) -> None:
        """Let nothing be good any longer, as if access had been withdrawn."""
        self._access.clear()
        self._refresh.clear()

    async def _authorize(self, request: web.Request) -> web.Response:
        query = request.query
        client_id = query.get("client_id", "")
        redirect_uri = query.get("redirect_uri", CODE_PAGE)
        if query.get("response_type") != "code" or self._app(client_id) is None:
            raise web.HTTPUnauthorized(text="OAuth Error: Bad client credentials")
        comparable = _comparable(redirect_uri)
        if self.redirects is not None and comparable not in (
            *self.redirects,
            CODE_PAGE,
        ):
            raise web.HTTPBadRequest(text="OAuth Error: Invalid redirect")
        state = {"state": query["state"]} if "state" in query else {}
        if self.consents:
            answer = {"code": self.code(client_id, redirect_uri)}
        else:
            answer = {"error": "access_denied"}
        raise web.HTTPFound(URL(redirect_uri).update_query(answer | state))

    async def _show_code(self, request: web.Request) -> web.Response:
        code = request.query.get("code", "")
        return web.Response(
            text=f"<html><body>Authorization code: <b>{code}</b></body></html>"
            if code in self._codes
            else "<html><body>Access was denied.</body></html>",
            content_type="text/html",
        )

    async def _grant(self, request: web.Request) -> web.Response:
        parameters = dict(request.query)
        parameters |= {
            name: str(value) for name, value in (await request.post()).items()
        }
        app = self._authenticated(request)
        if self.counts_calls:
            app.spend()
        match parameters.get("grant_type"):
            case "authorization_code":
                client_id, redirect_uri = self._codes.pop(
                    parameters.get("code", ""), ("", "")
                )
                right = client_id == app.client_id and redirect_uri == _comparable(
                    parameters.get("redirect_uri", "")
                )
            case "refresh_token":
                token = self._refresh.pop(parameters.get("refresh_token", ""), None)
                right = (
                    token is not None
                    and token.client_id == app.client_id
                    and self._clock() < token.ends
                )
            case _:
                raise _refused(web.HTTPBadRequest, "unsupported_grant_type")
        if not right:
            raise invalid_grant()
        return web.json_response(self.issue(app.client_id))

    def _authenticated(self, request: web.Request) -> App:
        said = request.headers.get("Authorization", "")
        for app in self._apps.values():
            if said == encode_basic_auth(app.client_id, app.client_secret):
                return app
        raise _refused(web.HTTPUnauthorized, "invalid_client")

    def _app(self, client_id: str | None) -> App | None:
        for app in self._apps.values():
            if app.client_id == client_id:
                return app
        return None


def client_of(request: web.Request) -> str | None:
    """Return the client that a request for a token says it comes from."""
    _, _, encoded = request.headers.get("Authorization", "").partition(" ")
    try:
        return b64decode(encoded).decode().partition(":")[0] or None
    except ValueError:
        return None


def invalid_grant() -> web.HTTPException:
    """Return the answer to a code or refresh token that isn't good."""
    return _refused(web.HTTPBadRequest, "invalid_grant")


def _refused(
    kind: type[web.HTTPBadRequest | web.HTTPUnauthorized], error: str
) -> web.HTTPException:
    body = {"error": error, "error_description": "The request was refused"}
    return kind(text=json.dumps(body), content_type="application/json")


def _comparable(redirect_uri: str) -> str:
    """Return a redirect as it is compared; the code page is one, whatever its host."""
    return CODE_PAGE if URL(redirect_uri).path == CODE_PAGE else redirect_uri
