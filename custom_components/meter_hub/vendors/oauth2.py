"""Asks a vendor's token endpoint, as OAuth 2.0 (RFC 6749) has it."""

from base64 import b64encode
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote_plus

from .base import AuthError, DoubtfulSignIn, JsonObject, UnexpectedAnswer, VendorError
from .transport import Transport

_ERRORS = frozenset(
    {
        "invalid_request",
        "invalid_client",
        "invalid_grant",
        "unauthorized_client",
        "unsupported_grant_type",
        "invalid_scope",
    }
)
"""The words of a refusal (RFC 6749, 5.2); others are not shown."""


async def request_token(
    transport: Transport,
    url: str,
    client_id: str,
    client_secret: str,
    form: Mapping[str, str],
) -> JsonObject:
    """Return the reply, without what is empty in it; `expires_in` is in whole seconds.

    The client authenticates itself with HTTP Basic. The transport should make one
    attempt: a code, and a refresh token that rotates, are good for one.

    Raises the VendorError family; AuthError `invalid_code` where a code is refused, and
    `invalid_auth` where a person must let the client in again; DoubtfulSignIn
    `sign_in_refused` where a refusal is in no words of OAuth.
    """
    is_code = form["grant_type"] == "authorization_code"

    def explain(status: int, body: Any) -> VendorError | None:
        if status not in (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED):
            return None
        error = body.get("error") if isinstance(body, dict) else None
        known = error if isinstance(error, str) and error in _ERRORS else None
        detail = known or f"HTTP {status}"
        is_told = status == HTTPStatus.UNAUTHORIZED or isinstance(error, str)
        if is_code or is_told:
            return AuthError("invalid_code" if is_code else "invalid_auth", detail)
        # Not what a token endpoint says of a grant, which may be as good as before.
        return DoubtfulSignIn("sign_in_refused", detail)

    reply = await transport.request_json(
        "POST",
        url,
        headers={"Authorization": _basic(client_id, client_secret)},
        form=form,
        explain=explain,
    )
    if (lifetime := _lifetime(reply)) is None:
        raise UnexpectedAnswer("unexpected_answer", "no token in the reply")
    told = {key: value for key, value in reply.items() if value is not None}
    return told | {"expires_in": lifetime}


def _basic(client_id: str, client_secret: str) -> str:
    """Return the header; both are encoded first (RFC 6749, 2.3.1)."""
    pair = f"{quote_plus(client_id)}:{quote_plus(client_secret)}"
    return f"Basic {b64encode(pair.encode()).decode()}"


def _lifetime(reply: Any) -> int | None:
    """Return for how many seconds the token is good; None where there is none."""
    match reply:
        case {
            "access_token": str(token),
            "expires_in": int() | float() | str() as told,
        }:
            try:
                return int(told) if token else None
            except OverflowError, ValueError:
                return None
    return None
