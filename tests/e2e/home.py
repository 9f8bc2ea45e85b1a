"""A real Home Assistant: seeded, started, signed in to, asked and ended."""

import asyncio
from collections.abc import Mapping
import json
import os
from pathlib import Path
import signal
import sys
from typing import Any, Self

from aiohttp import (
    ClientError,
    ClientSession,
    ClientTimeout,
    ClientWebSocketResponse,
    WSMessageTypeError,
)
from yarl import URL

from .seed import seed

REPOSITORY = Path(__file__).resolve().parents[2]
USERNAME = "demo"
PASSWORD = "meter-hub-demo"
START_SECONDS = 120
STOP_SECONDS = 30

KNOWN_LOG_LINES = (
    "ffmpeg",
    "libturbojpeg",
    "turbojpeg",
    "zlib_ng",
    "custom integration",
)
"""What a Home Assistant without system libraries logs about itself."""


class HomeError(Exception):
    """The process or its API did not do what was asked."""


class HomeEndedError(Exception):
    """The process is no longer there to be asked."""


class Home:
    """One Home Assistant in a folder of its own, on one loopback port."""

    def __init__(
        self, folder: Path, port: int, endpoints: Mapping[str, Mapping[str, Any]]
    ) -> None:
        """Name the folder, the port, and the endpoints that the vendors shall use."""
        self.folder = folder
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self._endpoints = endpoints
        self._process: asyncio.subprocess.Process | None = None
        self._session = ClientSession(timeout=ClientTimeout(total=60))
        self._socket: ClientWebSocketResponse | None = None
        self._message = 0
        self._access_token = ""

    async def __aenter__(self) -> Self:
        """Start, sign in and open the websocket."""
        try:
            await self.start()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        """End the process."""
        await self.close()

    async def start(self) -> None:
        """Start the process, sign in, and wait until Home Assistant runs."""
        seed(self.folder, self.port)
        environment = {
            key: value
            for key, value in os.environ.items()
            if key not in ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH")
        }
        with (self.folder / "console.log").open("ab") as console:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",
                str(Path(__file__).with_name("launcher.py")),
                str(REPOSITORY),
                str(self.folder),
                json.dumps(self._endpoints),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                env=environment,
                start_new_session=True,
            )
        async with asyncio.timeout(START_SECONDS):
            await self._until_http_answers()
            await self._sign_in()
            await self._open_socket()
            while (await self.ask("get_config"))["state"] != "RUNNING":
                await asyncio.sleep(0.1)

    async def kill(self) -> None:
        """End the process without a warning, as a power cut does."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        """End the process in order; returns its exit code."""
        return await self._end(signal.SIGTERM)

    async def close(self) -> None:
        """Stop the process and release the connections."""
        await self.stop()
        await self._session.close()

    async def ask(self, command: str, **arguments: Any) -> Any:
        """Send a websocket command and return its result.

        Raises HomeError where Home Assistant refuses it, HomeEndedError where it is
        gone.
        """
        assert self._socket is not None
        self._message += 1
        question = {"id": self._message, "type": command, **arguments}
        try:
            await self._socket.send_json(question)
            while True:
                answer = await self._socket.receive_json()
                if answer.get("id") == self._message and answer["type"] == "result":
                    break
        except (ClientError, WSMessageTypeError) as error:
            raise self.ended() from error
        if not answer["success"]:
            raise HomeError(f"{command}: {answer['error']}")
        return answer["result"]

    async def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Call the REST API and return its JSON.

        Raises HomeError for every status above 299.
        """
        async with self._session.post(
            f"{self.url}/api/{path}",
            json=body,
            headers={"Authorization": f"Bearer {self._access_token}"},
        ) as response:
            if response.status >= 300:
                raise HomeError(f"{path}: {response.status} {await response.text()}")
            return await response.json()

    async def follow(self, link: str) -> URL:
        """Open an address as a browser does, and return where that ends."""
        async with self._session.get(link) as response:
            response.raise_for_status()
            return response.url

    async def preferences(self) -> dict[str, Any]:
        """Return the preferences of the Energy dashboard; empty before their first use."""
        try:
            return dict(await self.ask("energy/get_prefs"))
        except HomeError:
            return {"energy_sources": [], "device_consumption": []}

    def unexpected_log_lines(self) -> list[str]:
        """Return the warnings and errors that not every Home Assistant here logs."""
        lines = (self.folder / "home-assistant.log").read_text().splitlines()
        return [
            line
            for line in lines
            if (" ERROR " in line or " WARNING " in line)
            and not any(known in line for known in KNOWN_LOG_LINES)
        ]

    @property
    def tokens(self) -> dict[str, Any]:
        """Return what the frontend keeps of a sign-in."""
        return {
            "hassUrl": self.url,
            "clientId": f"{self.url}/",
            "access_token": self._access_token,
            "refresh_token": self._refresh_token,
            "token_type": "Bearer",
            "expires_in": 1800,
            "expires": 0,
        }

    async def wait(self) -> None:
        """Wait until the process ends by itself."""
        assert self._process is not None
        await self._process.wait()

    def ended(self) -> HomeEndedError:
        """Return what to raise where the process has ended by itself."""
        return HomeEndedError(
            f"Home Assistant has ended by itself; see {self.folder}/console.log"
        )

    async def _until_http_answers(self) -> None:
        while True:
            assert self._process is not None
            if self._process.returncode is not None:
                raise self.ended()
            try:
                async with self._session.get(f"{self.url}/manifest.json") as response:
                    if response.status == 200:
                        return
            except ClientError:
                pass
            await asyncio.sleep(0.1)

    async def _sign_in(self) -> None:
        """Create the owner at the first start; sign in with its password later."""
        client = f"{self.url}/"
        async with self._session.get(f"{self.url}/api/onboarding") as response:
            # The path is gone once all steps are done.
            new = response.status == 200
        if new:
            code = (
                await self.post(
                    "onboarding/users",
                    {
                        "client_id": client,
                        "name": "Demo",
                        "username": USERNAME,
                        "password": PASSWORD,
                        "language": "en",
                    },
                )
            )["auth_code"]
        else:
            code = await self._code_for_password(client)
        async with self._session.post(
            f"{self.url}/auth/token",
            data={
                "grant_type": "authorization_code",
                "code": code,
                "client_id": client,
            },
        ) as response:
            tokens = await response.json()
        self._access_token = tokens["access_token"]
        self._refresh_token = tokens["refresh_token"]

    async def _code_for_password(self, client: str) -> str:
        async with self._session.post(
            f"{self.url}/auth/login_flow",
            json={
                "client_id": client,
                "handler": ["homeassistant", None],
                "redirect_uri": client,
            },
        ) as response:
            flow = await response.json()
        async with self._session.post(
            f"{self.url}/auth/login_flow/{flow['flow_id']}",
            json={"client_id": client, "username": USERNAME, "password": PASSWORD},
        ) as response:
            return str((await response.json())["result"])

    async def _open_socket(self) -> None:
        self._socket = await self._session.ws_connect(
            f"{self.url}/api/websocket", max_msg_size=0
        )
        await self._socket.receive_json()
        await self._socket.send_json(
            {"type": "auth", "access_token": self._access_token}
        )
        if (answer := await self._socket.receive_json())["type"] != "auth_ok":
            raise HomeError(f"The websocket refused the sign-in: {answer['type']}")
        self._message = 0

    async def _end(self, sign: signal.Signals) -> int:
        if self._socket is not None:
            await self._socket.close()
            self._socket = None
        if (process := self._process) is None:
            return 0
        self._process = None
        if process.returncode is None:
            process.send_signal(sign)
            try:
                async with asyncio.timeout(STOP_SECONDS):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()
        assert process.returncode is not None
        return process.returncode
