"""What a gateway's token says of itself. Pure.

It is a JWT. Nobody but the gateway can check its signature, but when it expires and
for which gateway it was made can be read by all.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import jwt

from ..base import AuthError

_RENEW_BEFORE = timedelta(days=30)
_RENEW_SHARE = 0.25
"""Owners' tokens are valid for a year, those of installers for half a day."""

_RENEW_PAUSE = timedelta(hours=1)

_USUAL_LIFETIME = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token claims."""

    expires: datetime
    issued: datetime
    serials: frozenset[str]
    """Of the gateways that it opens; none where it doesn't tell."""

    @property
    def renew_at(self) -> datetime:
        """From when on a new token is worth asking for."""
        share = (self.expires - self.issued) * _RENEW_SHARE
        return self.expires - min(_RENEW_BEFORE, share)

    def renew_again_at(self, renewed_at: datetime) -> datetime:
        """From when on another token is worth asking for, if this one came then."""
        left = self.expires - renewed_at
        return renewed_at + max(left * (1 - _RENEW_SHARE), _RENEW_PAUSE)

    def opens(self, serial: str) -> bool:
        """Tell whether the token was made for a gateway, as far as it says."""
        return not self.serials or serial in self.serials


def claims_of(token: str) -> Claims:
    """Read a token; its signature is not checked.

    Raises AuthError `token_malformed`.
    """
    try:
        payload = jwt.decode(token, options={"verify_signature": False})
        expires = datetime.fromtimestamp(int(payload["exp"]), UTC)
        issued = (
            datetime.fromtimestamp(int(payload["iat"]), UTC)
            if "iat" in payload
            else None
        )
        audience = payload.get("aud", ())
    except jwt.PyJWTError, LookupError, OSError, OverflowError, TypeError, ValueError:
        # What these errors say may quote the token.
        raise AuthError("token_malformed") from None
    if isinstance(audience, str):
        audience = (audience,)
    if issued is None or issued > expires:
        issued = expires - _USUAL_LIFETIME
    return Claims(
        expires, issued, frozenset(each for each in audience if isinstance(each, str))
    )


def check_token(token: str, serial: str, now: datetime) -> Claims:
    """Read a token that a gateway is going to be asked with.

    Raises AuthError `token_malformed`, `token_foreign` where it was made for another
    gateway, or `token_expired`.
    """
    claims = claims_of(token)
    if not claims.opens(serial):
        raise AuthError("token_foreign")
    if claims.expires <= now:
        raise AuthError("token_expired")
    return claims
