"""The answers of the cloud that tell of a problem, in all their shapes."""

import json
from typing import Any, NamedTuple

from aiohttp import web

from .plans import Exceeded

JSON = "application/json"
BYTES = "application/octet-stream"
"""What the answers about chargers call themselves."""
NOT_AUTHORIZED = "User is not authorized"
KEY_MISMATCH = "API Key -Client mismatch"
KEY_INVALID = "API key is missing/invalid"


class Manner(NamedTuple):
    """How a family of endpoints words its problems."""

    of_chargers: bool = False
    """Numbers are strings, and the answers bytes."""
    tells_period: bool = False
    """A limit's answer says which one it is, and until when."""


def unauthorized(manner: Manner, details: str = NOT_AUTHORIZED) -> web.HTTPException:
    """Return the answer to a bad key or token, or to what the plan lacks."""
    body = _body(manner, "Not Authorized", details, 401)
    return web.HTTPUnauthorized(**_content(manner, body))


def forbidden(manner: Manner) -> web.HTTPException:
    """Return the answer to a question about somebody else's system."""
    details = "Not authorized to access this resource"
    return web.HTTPForbidden(
        **_content(manner, _body(manner, "Forbidden", details, 403))
    )


def no_system(
    manner: Manner, system_id: str, message: str = "Not Found"
) -> web.HTTPException:
    """Return the answer to a question about a system that doesn't exist."""
    if manner.of_chargers:
        return bad_request("Invalid system_id")
    return not_found(f'System not found for {{:id=>"{system_id}"}}', message)


def not_found(details: str, message: str = "Not Found") -> web.HTTPException:
    """Return the answer to a question about something that doesn't exist."""
    body = _body(Manner(), message, details, 404)
    return web.HTTPNotFound(**_content(Manner(), body))


def bad_request(*details: str) -> web.HTTPException:
    """Return the answer to wrong parameters of a question about a charger."""
    body = {"message": "Bad request", "code": "400", "details": list(details)}
    return web.HTTPBadRequest(**_content(Manner(of_chargers=True), body))


def unprocessable(details: str) -> web.HTTPException:
    """Return the answer to wrong parameters of any other question."""
    body = _body(Manner(), "Unprocessable Entity", details, 422)
    return web.HTTPUnprocessableEntity(**_content(Manner(), body))


def too_many(manner: Manner, exceeded: Exceeded) -> web.HTTPException:
    """Return the answer to a call over a limit; no header says when to come back."""
    details = f"Usage limit exceeded for plan {exceeded.plan}"
    body = _body(manner, "Too Many Requests", details, 429)
    if manner.tells_period:
        body |= {
            "period": exceeded.period,
            "period_start": int(exceeded.start.timestamp()),
            "period_end": int(exceeded.end.timestamp()),
            "limit": exceeded.limit,
        }
    return web.HTTPTooManyRequests(**_content(manner, body))


def not_allowed(method: str) -> web.HTTPException:
    """Return the answer to a verb other than GET."""
    body = {"reason": "405", "message": ["Method not allowed"]}
    return web.HTTPMethodNotAllowed(method, ["GET"], **_content(Manner(), body))


def not_implemented() -> web.HTTPException:
    """Return the answer to a path that doesn't exist."""
    body = {"reason": "501", "message": ["Not Implemented"]}
    return web.HTTPNotImplemented(**_content(Manner(), body))


def _body(manner: Manner, message: str, details: str, code: int) -> dict[str, Any]:
    return {
        "message": message,
        "details": details,
        "code": str(code) if manner.of_chargers else code,
    }


def _content(manner: Manner, body: dict[str, Any]) -> dict[str, Any]:
    kind = BYTES if manner.of_chargers else JSON
    return {"text": json.dumps(body), "content_type": kind}
