"""What an answer to a login means. Pure.

The answer to a wrong password is not documented. A login that is refused without a
reason was seen while the service was out of order and the password right, so only
an answer that names the credentials is taken for their refusal.
"""

import re

from ..base import AuthError, DoubtfulSignIn, JsonObject, VendorError
from .values import part_of, to_text

# In English and Polish; without regard to what else the text says.
_NOT_NOW = re.compile(
    r"captcha|again|later|ponown|późnie|pozniej|lock|blok|temporar|tymczas"
    r"|maintenance|przerw|unavailable|niedost|timeout|session|sesj"
)
# A service that is out of order may well name its users and its logins.
_WRONG = (
    r"(?:invalid|unknown|wrong|bad|incorrect|no such|nieprawid[łl]ow\w*|niepoprawn\w*"
    r"|b[łl][ęe]dn\w*|nieznan\w*)"
)
_WHO = r"(?:user|login|u[żz]ytkown\w*|nazw\w*|name)"
_CREDENTIALS = re.compile(
    r"password|credential|has[łl][aoe]|user\W?name|nazw\w* u[żz]ytkown"
    rf"|{_WRONG}\W+{_WHO}|{_WHO}\W+(?:(?:is|not|jest)\W+)?{_WRONG}"
    r"|user\W+(?:was\W+)?not\W?found|nie (?:istnieje|ma) (?:taki\w* )?u[żz]ytkown"
)


def login_error(answer: object) -> VendorError | None:
    """Return why nobody is signed in; None where somebody is."""
    if not isinstance(answer, dict):
        return DoubtfulSignIn("sign_in_refused")
    if answer.get("success") is True:
        return None
    said = f"{answer.get('error')} {answer.get('message')}".casefold()
    if _CREDENTIALS.search(said) and not _NOT_NOW.search(said):
        return AuthError("invalid_auth")
    return DoubtfulSignIn("sign_in_refused")


def server_token(answer: JsonObject) -> str | None:
    """Return the token that calls for data are to carry; today's answers have none."""
    return to_text(part_of(answer, "response").get("token")) or to_text(
        answer.get("token")
    )
