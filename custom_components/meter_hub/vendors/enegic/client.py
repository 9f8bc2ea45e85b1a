"""The wire: the Enegic API's paths, its token, and the shapes of its answers.

All calls read. The token stands bare in a header of its own. Unknown paths answer
a page with 404, a wrong method 405.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from ..base import AuthError, JsonObject, UnexpectedAnswer, VendorError
from ..endpoints import Endpoint
from ..transport import Transport
from .forms import Forms, NotUnderstood
from .items import brand_of
from .values import part_of, to_id, to_instant, to_text

SHORTEST_WINDOW = timedelta(seconds=60)
"""History has one point a minute; the server refuses an empty window."""

_NO_TOKEN = "00000000-0000-0000-0000-000000000000"  # noqa: S105
_WRONG_SIGN_IN = (400, 401, 403, 404)


class TokenRefused(VendorError):
    """The token is not taken; it may be at the next call."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What signing in, or renewing the token, gave."""

    token: str
    valid_to: datetime | None
    user_id: str | None
    brand: str | None


class EnegicClient:
    """Makes the calls that the integration needs; each raises the VendorError family.

    TokenRefused stands for a token that was not taken.
    """

    def __init__(self, transport: Transport, endpoint: Endpoint, forms: Forms) -> None:
        """Call one server; `token` is to be set before it is needed."""
        self.token = ""
        self._transport = transport
        self._url = endpoint.url
        self._forms = forms

    async def sign_in(self, username: str, password: str) -> SignedIn:
        """Return a new token; raises AuthError where name and password are refused."""
        body = {"username": username, "password": password}
        answer = await self._transport.request_json(
            "PUT", f"{self._url}/createtoken", body=body, explain=_explain_sign_in
        )
        signed_in = _signed_in(answer)
        if signed_in is None:
            raise AuthError("invalid_auth")
        return signed_in

    async def renew(self) -> SignedIn:
        """Return a new token for the present one."""
        body = {"token": self.token}
        answer = await self._send_once("PUT", "/refreshtoken", body)
        signed_in = _signed_in(answer)
        if signed_in is None:
            raise UnexpectedAnswer("unexpected_answer", "no token")
        return signed_in

    async def overview(self) -> Any:
        """Return the items of the account, own and shared."""
        path, body = "/getaccountoverview", {"IncludeSharedItems": True}
        return await self._forms.call(
            "overview",
            partial(self._send, "PUT", path, body),
            partial(self._send, "GET", path, body),
        )

    async def latest_packets(self) -> list[JsonObject]:
        """Return the latest packets of all items that report; the others are absent."""
        path = "/getlatestpackets"
        answer = await self._forms.call(
            "packets",
            partial(self._send, "PUT", path, {}),
            partial(self._send, "PUT", path),
        )
        return _objects(answer)

    async def phase_data(
        self, item_id: str, start: datetime, end: datetime
    ) -> list[JsonObject]:
        """Return the minutes from `start` to `end` in their groups.

        None is asked for where there can't be any.
        """
        start, end = _to_seconds(start), _to_seconds(end)
        if end - start < SHORTEST_WINDOW:
            return []
        first, last = _naive(start), _naive(end)
        body = {"itemId": int(item_id), "startTime": first, "endTime": last}
        form = {
            "itemId": item_id,
            "fromDate": first,
            "toDate": last,
            "dataType": "Avg",
        }
        path = "/getphasedata"
        answer = await self._forms.call(
            "phase_data",
            partial(self._send, "PUT", path, body),
            partial(self._send, "POST", path, form=form),
        )
        return _objects(answer)

    async def reporters(self) -> Any:
        """Return the settings of the controllers of chargers."""
        return await self._send_once("GET", "/getreporterssettingsforuser")

    async def _send_once(
        self, method: str, path: str, body: object | None = None
    ) -> Any:
        """Make a call of which only one form is known."""
        try:
            return await self._send(method, path, body)
        except NotUnderstood as err:
            raise err.plain() from None

    async def _send(
        self,
        method: str,
        path: str,
        body: object | None = None,
        *,
        form: Mapping[str, str] | None = None,
    ) -> Any:
        if not (self.token.isascii() and self.token.isprintable() and self.token):
            # No header can carry such a token.
            raise AuthError("invalid_auth")
        return await self._transport.request_json(
            method,
            self._url + path,
            headers={"X-Authorization": self.token},
            body=body,
            form=form,
            explain=_explain,
        )


def _explain(status: int, body: Any) -> VendorError | None:
    match status:
        case 401:
            return TokenRefused("token_refused")
        case 403 if body is not None:
            return TokenRefused("token_refused")
        case 404 | 405:
            return NotUnderstood(status, is_page=status == 404 and body is None)
        case _:
            return None


def _explain_sign_in(status: int, _: Any) -> VendorError | None:
    return AuthError("invalid_auth") if status in _WRONG_SIGN_IN else None


def _signed_in(answer: Any) -> SignedIn | None:
    """Return what signing in gave; None where that is no token."""
    if not isinstance(answer, dict):
        return None
    info, user = part_of(answer, "TokenInfo"), part_of(answer, "User")
    token = to_text(info.get("Token"))
    if token is None or token == _NO_TOKEN:
        return None
    return SignedIn(
        token,
        to_instant(info.get("ValidTo")),
        to_id(user.get("UserId")),
        brand_of(user),
    )


def _objects(answer: Any) -> list[JsonObject]:
    if not isinstance(answer, list):
        raise UnexpectedAnswer("unexpected_answer", "no list")
    return [each for each in answer if isinstance(each, dict)]


def _to_seconds(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(microsecond=0)


def _naive(instant: datetime) -> str:
    """Return an instant as the server wants it: UTC, without saying so."""
    return instant.replace(tzinfo=None).isoformat()
