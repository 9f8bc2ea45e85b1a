"""What the failures of a gateway, and of the library that asks it, mean.

Not all that goes wrong in pyenphase is an EnvoyError: payloads without a part that
it needs end in whatever Python or the parsers raise. The texts of its errors name
addresses and quote answers, so none of them is passed on.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from aiohttp import ClientError, ClientSSLError
from awesomeversion import AwesomeVersionException
from pyenphase.exceptions import (
    EnvoyAuthenticationError,
    EnvoyAuthenticationRequired,
    EnvoyClientClosedError,
    EnvoyCommunicationError,
    EnvoyError,
    EnvoyFirmwareCheckError,
    EnvoyFirmwareFatalCheckError,
    EnvoyHTTPStatusError,
    EnvoyPoorDataQuality,
    EnvoyProbeFailed,
)

from ..base import AuthError, Unavailable, UnexpectedAnswer, VendorError

UNREADABLE = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    AwesomeVersionException,
    LookupError,
    NameError,
    SyntaxError,
    TypeError,
    ValueError,
)
"""How the library fails at an answer: a list is empty, a part is missing, HTML came
with status 200, or XML that is none (lxml's error is a SyntaxError)."""

FAILURES = (
    ClientError,
    EnvoyClientClosedError,
    EnvoyError,
    OSError,
    TimeoutError,
    *UNREADABLE,
)
"""All that a call of the library can raise."""

REFUSALS = (EnvoyAuthenticationError, EnvoyAuthenticationRequired)


@contextmanager
def explained() -> Iterator[None]:
    """Raise the VendorError that a failure of the library means."""
    try:
        yield
    except FAILURES as err:
        raise meaning_of(err) from None


def meaning_of(err: Exception) -> VendorError:
    """Return what a failure of a gateway means.

    Unavailable `timeout`, `cannot_connect`, `tls_error`, `server_error` or
    `gateway_starting`; AuthError `invalid_auth`; UnexpectedAnswer `not_a_gateway`
    for what is no answer to `/info`, `firmware_unsupported` for a gateway without
    any figures of solar production, or `unexpected_answer`.
    """
    name = type(err).__name__
    match err:
        case EnvoyFirmwareFatalCheckError() | EnvoyFirmwareCheckError():
            return _no_info(err)
        case EnvoyAuthenticationError() | EnvoyAuthenticationRequired():
            return AuthError("invalid_auth")
        case EnvoyHTTPStatusError():
            return _refused(err.status_code)
        case EnvoyPoorDataQuality():
            return Unavailable("gateway_starting")
        case EnvoyProbeFailed():
            return UnexpectedAnswer("firmware_unsupported")
        case EnvoyCommunicationError() if isinstance(err.__cause__, TimeoutError):
            return Unavailable("timeout")
        case TimeoutError():
            return Unavailable("timeout")
        case ClientSSLError():
            return Unavailable("tls_error", name)
        case EnvoyCommunicationError() | EnvoyClientClosedError():
            return Unavailable("cannot_connect", name)
        case ClientError() | OSError():
            return Unavailable("cannot_connect", name)
        case _:
            return UnexpectedAnswer("unexpected_answer", name)


def _no_info(
    err: EnvoyFirmwareFatalCheckError | EnvoyFirmwareCheckError,
) -> VendorError:
    """Return why `/info` gave nothing: the library's own failures bear a status too."""
    if err.__cause__ is None:
        if err.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return Unavailable("server_error", f"HTTP {err.status_code}")
        return UnexpectedAnswer("not_a_gateway", f"HTTP {err.status_code}")
    if isinstance(err.__cause__, ClientSSLError):
        return Unavailable("tls_error")
    if isinstance(err.__cause__, TimeoutError):
        return Unavailable("timeout")
    return Unavailable("cannot_connect", type(err.__cause__).__name__)


def _refused(status: int) -> VendorError:
    detail = f"HTTP {status}"
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Unavailable("server_error", detail)
    if status == HTTPStatus.NOT_FOUND:
        return UnexpectedAnswer("not_found", detail)
    return UnexpectedAnswer("unexpected_answer", detail)
