"""The middlewares of every vendor: the call log, and the faults of answers."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from email.utils import format_datetime
import json
from math import ceil
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from .api import Call, CallLog, VendorApi
from .faults import Fault, FaultKind

OVERSIZED_CHUNK = b" " * (1 << 20)
OVERSIZED_CHUNKS = 64
PAGE = "<!DOCTYPE html><html><head><title>Welcome</title></head><body>Service</body></html>"
FIELD_KINDS = (FaultKind.NULL_FIELD, FaultKind.MISSING_FIELD, FaultKind.REPLACED_FIELD)
BODY_KINDS = (FaultKind.TRUNCATED, *FIELD_KINDS)


def hang_up(encrypted: Callable[[], bool]) -> Middleware:
    """Return the middleware that ends connections from before TLS came or went."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.secure is not encrypted() and request.transport is not None:
            request.transport.abort()
            return web.Response()
        return await handler(request)

    return middleware


def log_calls(api: VendorApi, log: CallLog) -> Middleware:
    """Return the middleware that notes every request before anything else happens."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        number = log.open(
            Call(
                api.world.clock(),
                api.name,
                api.credential(request),
                request.method,
                request.path,
                dict(request.query),
                None,
            )
        )
        try:
            response = await handler(request)
        except web.HTTPException as answer:
            log.close(number, answer.status)
            raise
        if request.transport is not None and not request.transport.is_closing():
            log.close(number, response.status)
        return response

    return middleware


def spoil_answers(api: VendorApi) -> Middleware:
    """Return the middleware that applies the faults that are switched on."""
    accepted: dict[str | None, datetime] = {}
    world = api.world

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        late: list[Fault] = []
        for fault in world.switchboard.faults(api.name, request.path):
            if fault.kind in BODY_KINDS:
                late.append(fault)
            elif fault.kind is FaultKind.PACE:
                last = accepted.get(api.credential(request))
                if last is not None:
                    left = last + timedelta(seconds=fault.seconds or 0) - world.clock()
                    if left > timedelta():
                        return _too_many(str(ceil(left.total_seconds())))
            else:
                return await _answer_wrongly(api, fault, request)
        accepted[api.credential(request)] = world.clock()
        response = await handler(request)
        if late and isinstance(response, web.Response):
            return _spoiled(response, late)
        return response

    return middleware


async def _answer_wrongly(
    api: VendorApi, fault: Fault, request: web.Request
) -> web.StreamResponse:
    match fault.kind:
        case FaultKind.TIMEOUT:
            await asyncio.Event().wait()
        case FaultKind.DROP if request.transport is not None:
            request.transport.abort()
        case FaultKind.HTML:
            return web.Response(text=fault.body or PAGE, content_type="text/html")
        case FaultKind.MALFORMED:
            return web.Response(
                text=fault.body or '{"oops": [}', content_type="application/json"
            )
        case FaultKind.OVERSIZED:
            return await _endless(request)
        case FaultKind.EXPIRED:
            raise api.refusal(request)
        case FaultKind.RATE_LIMIT:
            return _too_many(None if fault.seconds is None else f"{fault.seconds:g}")
        case FaultKind.RATE_LIMIT_DATE:
            until = api.world.clock() + timedelta(seconds=fault.seconds or 0)
            return _too_many(format_datetime(until, usegmt=True))
    return web.Response(
        status=fault.status,
        text=fault.body or "",
        headers=fault.headers,
        content_type=None if "Content-Type" in fault.headers else "text/plain",
    )


def _too_many(retry_after: str | None) -> web.Response:
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return web.Response(status=429, text="Too many requests", headers=headers)


async def _endless(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    await response.write(b'{"devices": [')
    for _ in range(OVERSIZED_CHUNKS):
        await response.write(OVERSIZED_CHUNK)
    await response.write(b"]}")
    return response


def _spoiled(response: web.Response, faults: Sequence[Fault]) -> web.Response:
    text = response.text or ""
    for fault in faults:
        if fault.kind is FaultKind.TRUNCATED:
            text = text[: len(text) // 2]
            continue
        data = json.loads(text)
        for path in fault.fields:
            if "." in path:
                _edit(data, path.split("."), fault)
            else:
                _edit_anywhere(data, path, fault)
        text = json.dumps(data)
    return web.Response(
        status=response.status, text=text, content_type=response.content_type
    )


def _edit(data: Any, path: Sequence[str], fault: Fault) -> None:
    head, *rest = path
    for key, child in _children(data):
        if head in ("*", str(key)):
            if rest:
                _edit(child, rest, fault)
            else:
                _replace(data, key, fault)


def _edit_anywhere(data: Any, name: str, fault: Fault) -> None:
    for key, child in _children(data):
        if key == name:
            _replace(data, key, fault)
        else:
            _edit_anywhere(child, name, fault)


def _replace(data: Any, key: Any, fault: Fault) -> None:
    if fault.kind is FaultKind.MISSING_FIELD:
        del data[key]
    else:
        data[key] = fault.value if fault.kind is FaultKind.REPLACED_FIELD else None


def _children(data: Any) -> list[tuple[Any, Any]]:
    """Return keys and children, last first, so that removing one moves no other."""
    if isinstance(data, dict):
        return list(data.items())
    return list(enumerate(data))[::-1] if isinstance(data, list) else []
