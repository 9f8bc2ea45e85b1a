"""How the probe is let in: with a code that a person pastes, or with a token it kept."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
import json
from pathlib import Path
import sys
from typing import Any

from aiohttp import ClientSession, web
import pytest

from custom_components.meter_hub.vendors.allowance import Allowance
from custom_components.meter_hub.vendors.base import (
    AccessToken,
    AuthError,
    OAuth2,
    UnexpectedAnswer,
)
from custom_components.meter_hub.vendors.transport import Transport
from scripts.lib import consent

from .conftest import Clock, Loopback

PAGE = "https://vendor.example/code_page"

type Start = Callable[[Path | None], Awaitable[AccessToken]]


def reply(number: int, **changes: Any) -> web.Response:
    """Return a reply with the tokens of this number."""
    tokens = {"access_token": f"access-{number}", "refresh_token": f"refresh-{number}"}
    return web.json_response(tokens | {"expires_in": 86393} | changes)


def files(folder: Path) -> list[Path]:
    """Return what is in a folder, hidden files too."""
    return list(folder.iterdir())


class Keyboard:
    """What a person types."""

    line = "the code\n"

    def readline(self) -> str:
        """Return the line."""
        return self.line


@pytest.fixture
def keyboard(monkeypatch: pytest.MonkeyPatch) -> Keyboard:
    keyboard = Keyboard()
    monkeypatch.setattr(sys, "stdin", keyboard)
    return keyboard


@pytest.fixture
def start(
    session: ClientSession,
    clock: Clock,
    allowance: Allowance,
    loopback: Loopback,
    keyboard: Keyboard,
) -> Start:
    """Return how the probe is started, with its token file."""
    oauth2 = OAuth2(
        authorize_url=lambda: f"{loopback.url}/oauth/authorize",
        token_url=lambda: f"{loopback.url}/oauth/token",
        code_page=lambda: PAGE,
        apps_page="https://vendor.example/apps",
    )
    transport = Transport(session, clock, allowance, attempts=1)
    application = {"client_id": "the-id", "client_secret": "the secret"}

    async def start(file: Path | None) -> AccessToken:
        return await consent.access_token(oauth2, transport, application, file, clock)

    return start


async def test_a_person_is_asked_for_a_code(
    start: Start,
    loopback: Loopback,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Nothing is kept without a file."""
    monkeypatch.chdir(tmp_path)
    loopback.answer(reply(1), reply(2))
    token = await start(None)
    assert await token() == await token(refused="another") == "access-1"
    assert await token(refused="access-1") == await token() == "access-2"
    said = capsys.readouterr()
    assert said.out == ""
    assert (
        f"\n{loopback.url}/oauth/authorize?response_type=code&client_id=the-id"
        f"&redirect_uri={PAGE}&state="
    ) in said.err
    assert b"code=the+code" in loopback.bodies[0]
    assert b"refresh_token=refresh-1" in loopback.bodies[1]
    assert files(tmp_path) == []


async def test_a_token_is_kept_in_a_file_for_nobody_else(
    start: Start, loopback: Loopback, clock: Clock, keyboard: Keyboard, tmp_path: Path
) -> None:
    """What renews it is in the file before it is used."""
    file = tmp_path / "token.json"
    loopback.answer(reply(1), reply(2))
    await start(file)
    assert file.stat().st_mode & 0o777 == 0o600

    keyboard.line = ""
    assert await (await start(file))() == "access-1"
    clock.advance(timedelta(seconds=86393))
    assert await (await start(file))() == "access-2"
    assert json.loads(file.read_text())["refresh_token"] == "refresh-2"
    assert file.stat().st_mode & 0o777 == 0o600
    assert await (await start(file))() == "access-2"
    assert len(loopback.requests) == 2
    assert files(tmp_path) == [file]


async def test_what_renews_a_token_may_stay_as_it_is(
    start: Start, loopback: Loopback, tmp_path: Path
) -> None:
    file = tmp_path / "token.json"
    loopback.answer(reply(1), reply(2, refresh_token=None))
    assert await (await start(file))(refused="access-1") == "access-2"
    assert json.loads(file.read_text())["refresh_token"] == "refresh-1"


async def test_a_token_that_can_not_be_renewed_is_none(
    start: Start, loopback: Loopback, tmp_path: Path
) -> None:
    loopback.answer(reply(1, refresh_token=None))
    with pytest.raises(UnexpectedAnswer):
        await start(tmp_path / "token.json")
    assert files(tmp_path) == []


async def test_a_refused_token_stays_in_the_file(
    start: Start, loopback: Loopback, tmp_path: Path
) -> None:
    file = tmp_path / "token.json"
    refusal = web.json_response({"error": "invalid_grant"}, status=400)
    loopback.answer(reply(1), refusal)
    token = await start(file)
    with pytest.raises(AuthError):
        await token(refused="access-1")
    assert json.loads(file.read_text())["access_token"] == "access-1"


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"access_token": "a", "refresh_token": 5}']
)
async def test_another_file_is_not_written_over(
    start: Start, loopback: Loopback, tmp_path: Path, content: str
) -> None:
    file = tmp_path / "notes.json"
    file.write_text(content)
    with pytest.raises(SystemExit, match="the file holds no token"):
        await start(file)
    assert file.read_text() == content
    assert loopback.requests == []


async def test_there_must_be_a_code(
    start: Start, loopback: Loopback, keyboard: Keyboard
) -> None:
    keyboard.line = "\n"
    with pytest.raises(SystemExit, match="no code was pasted"):
        await start(None)
    assert loopback.requests == []
