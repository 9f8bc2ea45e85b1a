"""A gateway that answers what a test gives it, and the cloud that opens it."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import md5
import json
from pathlib import Path
import re
from typing import Any

from aiohttp import web
import jwt

from tests.simulator.listener import listen

RECORDED = Path(__file__).parents[4] / "shared" / "fixtures" / "envoy"

PASSWORD = "a-password-that-nobody-may-see"
USERNAME = "owner@example.com"
KEY = "a-key-that-only-the-cloud-has-and-is-long-enough"
NOW = datetime(2026, 11, 20, 12, 7, tzinfo=UTC)
YEAR = timedelta(days=365)

_DIGEST_FIELD = re.compile(r'(\w+)="?([^",]*)"?')


def a_token(
    serial: str, expires: datetime = NOW + YEAR, issued: datetime | None = None
) -> str:
    """Make a token as the cloud does."""
    claims = {
        "aud": serial,
        "iss": "Entrez",
        "enphaseUser": "owner",
        "exp": int(expires.timestamp()),
        "iat": int((issued or expires - YEAR).timestamp()),
    }
    return jwt.encode(claims, KEY, algorithm="HS256")


@dataclass
class Answer:
    """What is answered on a path."""

    body: bytes
    status: int = 200


@dataclass
class Replay:
    """A gateway's answers, and the cloud's; a test may change each of them."""

    answers: dict[str, Answer]
    requests: list[str] = field(default_factory=list)
    tokens: set[str] | None = None
    """The tokens that are taken; any where it is None."""
    check_status: int | None = None
    """What the check of a token is answered with, whatever the token."""
    digest: tuple[str, str] | None = None
    """The user and the password that firmware below 7 wants."""
    login: Answer = field(default_factory=lambda: _json({"session_id": "a-session"}))
    given: Answer | None = None
    """What the cloud answers when it is asked for a token."""
    host: str = ""
    hanging: set[str] = field(default_factory=set)
    """The paths on which no answer comes."""
    bodies: list[Any] = field(default_factory=list)

    @classmethod
    def recorded(cls, folder: str) -> Replay:
        """Answer what a real gateway did."""
        answers = {}
        for file in (RECORDED / folder).iterdir():
            if not file.name.endswith("_log.json"):
                log = file.with_name(f"{file.name}_log.json")
                status = json.loads(log.read_text())["code"] if log.exists() else 200
                answers[file.name] = Answer(file.read_bytes(), status)
        return cls(answers)

    @property
    def serial(self) -> str:
        """The serial in the gateway's answer."""
        found = re.search(rb"<sn>([^<]+)</sn>", self.answers["info"].body)
        assert found is not None
        return found[1].decode()

    def set(self, path: str, content: Any, status: int = 200) -> None:
        """Answer something else on a path."""
        self.answers[_name(path)] = _json(content, status)

    def get(self, path: str) -> Any:
        """Return what is answered on a path."""
        answer = self._answer(_name(path))
        assert answer is not None
        return json.loads(answer.body)

    def break_path(self, path: str, status: int = 503) -> None:
        """Answer a failure on a path."""
        for name in {_name(path), _name(path.partition("?")[0])}:
            self.answers[name] = Answer(b"", status)

    def set_firmware(self, firmware: str) -> None:
        """Have the gateway say that it runs another firmware."""
        self.answers["info"].body = re.sub(
            rb"<software>\w[^<]*</software>",
            f"<software>D{firmware}</software>".encode(),
            self.answers["info"].body,
        )

    async def gateway(self, request: web.Request) -> web.StreamResponse:
        """Answer as the gateway."""
        self.requests.append(request.path_qs)
        if request.path in self.hanging:
            await asyncio.sleep(60)
        if request.path == "/info":
            info = self.answers["info"]
            return web.Response(body=info.body, status=info.status)
        if self.digest is not None and not _is_signed(request, *self.digest):
            challenge = 'Digest realm="enphaseenergy.com", qop="auth", nonce="n"'
            return web.Response(
                status=401, headers={"WWW-Authenticate": f"{challenge}, algorithm=MD5"}
            )
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        refused = self.tokens is not None and token not in self.tokens
        if request.path == "/auth/check_jwt":
            status = self.check_status or (401 if refused else 200)
            return web.Response(status=status, text="<h2>Valid token.</h2>")
        if refused:
            return web.Response(status=401)
        if (answer := self._answer(_name(request.path_qs))) is None:
            return web.Response(status=404)
        return web.Response(
            body=answer.body, status=answer.status, content_type="application/json"
        )

    async def cloud(self, request: web.Request) -> web.StreamResponse:
        """Answer as Enphase's cloud."""
        self.requests.append(request.path)
        if request.path in self.hanging:
            await asyncio.sleep(60)
        if request.path.startswith("/login"):
            self.bodies.append(dict(await request.post()))
            answer = self.login
        else:
            self.bodies.append(await request.json())
            answer = self.given or Answer(a_token(self.serial).encode())
        return web.Response(body=answer.body, status=answer.status)

    def _answer(self, name: str) -> Answer | None:
        short = name.partition("_details")[0].partition("_deleted")[0]
        return self.answers.get(name) or self.answers.get(short)


@asynccontextmanager
async def serving(replay: Replay, *, plain: bool = False) -> AsyncGenerator[str]:
    """Serve a gateway, with TLS unless `plain`, and the cloud; give the cloud's URL."""
    async with (
        _served(replay.gateway, encrypted=not plain) as host,
        _served(replay.cloud, encrypted=False) as cloud,
    ):
        replay.host = host
        yield f"http://{cloud}"


@asynccontextmanager
async def _served(
    handler: Callable[[web.Request], Awaitable[web.StreamResponse]], *, encrypted: bool
) -> AsyncGenerator[str]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(
        app, handler_cancellation=True, shutdown_timeout=0.1, access_log=None
    )
    await runner.setup()
    assert runner.server is not None
    try:
        async with listen(runner.server, 0, lambda: encrypted) as host:
            yield host
    finally:
        await runner.cleanup()


def _json(content: Any, status: int = 200) -> Answer:
    return Answer(json.dumps(content).encode(), status)


def _name(path: str) -> str:
    return re.sub(r"[^\w.]", "_", path.strip("/"))


def _is_signed(request: web.Request, user: str, password: str) -> bool:
    """Tell whether a request carries the right digest."""
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Digest":
        return False
    said: Mapping[str, str] = dict(_DIGEST_FIELD.findall(text))
    secret = _md5(f"{user}:{said['realm']}:{password}")
    asked = _md5(f"{request.method}:{said['uri']}")
    parts = (secret, said["nonce"], said["nc"], said["cnonce"], said["qop"], asked)
    return said["username"] == user and said["response"] == _md5(":".join(parts))


def _md5(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()
