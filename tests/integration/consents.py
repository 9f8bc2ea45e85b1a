"""A vendor that a person lets us in to, and the server that hands out its tokens."""

import asyncio
from base64 import b64decode
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, override
from urllib.parse import parse_qs, urlsplit

from aiohttp import web
from aiohttp.test_utils import TestServer
from homeassistant.components.application_credentials import (
    ClientCredential,
    async_import_client_credential,
)
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.meter_hub.const import DOMAIN
from custom_components.meter_hub.metering.budget import Limits
from custom_components.meter_hub.metering.ledger import Gap
from custom_components.meter_hub.metering.model import Reading, Update
from custom_components.meter_hub.vendors.base import (
    Account,
    AuthError,
    Backend,
    Context,
    Field,
    FieldKind,
    Job,
    JsonObject,
    OAuth2,
    Vendor,
)
from custom_components.meter_hub.vendors.registry import VENDORS

from .dialogs import choose, submit
from .scripted import HOUSE, IMPORT

CLIENT = ClientCredential("client-1", "cl1ent-secret", "My app")
KEY = "k3y-of-my-app"
TYPED = {"api_key": KEY, "plan": "large"}
LIFETIME = 86393
PERIOD = timedelta(minutes=15)


@dataclass
class ConsentCloud:
    """What the vendor grants, and what it was asked."""

    url: str = ""
    owner: str | None = "4242"
    """The account that a reply with a token names."""
    codes: set[str] = field(default_factory=set)
    clients: dict[str, str] = field(
        default_factory=lambda: {f"{CLIENT.client_id}:{CLIENT.client_secret}": KEY}
    )
    """The key that each client has, which is told by its id and secret."""
    access: set[str] = field(default_factory=set)
    """The tokens that calls may be made with."""
    keys: dict[str, str] = field(default_factory=dict)
    """The key that each token goes with."""
    refresh: set[str] = field(default_factory=set)
    """The tokens that may be renewed, each once."""
    answers: list[web.Response] = field(default_factory=list)
    """What the next requests for a token get instead of what is right."""
    omitted: set[str] = field(default_factory=set)
    """What replies with a token lack."""
    failures: list[Exception] = field(default_factory=list)
    """What the next calls come to."""
    requests: list[dict[str, str]] = field(default_factory=list)
    """The forms of the requests for a token, with the client that sent each."""
    contexts: list[Context] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    """The tokens that calls were made with."""
    per_month: int = 1000
    idle: bool = False
    """Whether no call is worth making."""
    issued: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once a token was issued."""
    gate: asyncio.Event | None = None
    """What the reply with it waits for."""
    _issued: int = 0

    def issue(self, key: str = KEY) -> dict[str, Any]:
        """Return new tokens, to be used with the key of the same client."""
        self._issued += 1
        access, refresh = f"acc3ss-{self._issued}", f"refr3sh-{self._issued}"
        self.access.add(access)
        self.keys[access] = key
        self.refresh.add(refresh)
        token = {
            "access_token": access,
            "token_type": "bearer",
            "refresh_token": refresh,
            "expires_in": LIFETIME,
            "uid": self.owner,
        }
        return {key: token[key] for key in token if key not in self.omitted}

    @property
    def grants(self) -> list[str]:
        """Return what the tokens were asked for by, in order."""
        return [form["grant_type"] for form in self.requests]

    async def token(self, request: web.Request) -> web.Response:
        """Answer a request for a token."""
        form = {key: str(value) for key, value in (await request.post()).items()}
        scheme, _, pair = request.headers.get("Authorization", "").partition(" ")
        client = b64decode(pair).decode() if scheme == "Basic" else ""
        self.requests.append(form | {"client": client})
        if self.answers:
            return self.answers.pop(0)
        if client not in self.clients:
            return web.json_response({"error": "invalid_client"}, status=401)
        good, offered = (
            (self.codes, form["code"])
            if form["grant_type"] == "authorization_code"
            else (self.refresh, form["refresh_token"])
        )
        if offered not in good:
            return web.json_response({"error": "invalid_grant"}, status=400)
        good.discard(offered)
        token = self.issue(self.clients[client])
        self.issued.set()
        if self.gate:
            await self.gate.wait()
        return web.json_response(token)

    def vendor(self) -> Vendor:
        """Return the vendor; its declaration reads the address when it is asked."""
        return Vendor(
            key="consent",
            name="Consent",
            sign_in=(
                Field(key="api_key", kind=FieldKind.SECRET),
                Field(
                    key="plan",
                    kind=FieldKind.CHOICE,
                    default="small",
                    choices=("small", "large"),
                ),
                Field(key="gateway_serial", kind=FieldKind.TEXT, required=False),
            ),
            oauth2=OAuth2(
                authorize_url=lambda: f"{self.url}/authorize",
                token_url=lambda: f"{self.url}/token",
                code_page=lambda: f"{self.url}/code",
                apps_page="https://apps.example/",
                account_key="uid",
            ),
            limits=lambda _: Limits(timedelta(0), per_month=self.per_month),
            quota_owner=lambda credentials: str(credentials["api_key"]),
            build=self._build,
        )

    def _build(self, context: Context) -> Backend:
        self.contexts.append(context)
        return ConsentBackend(self, context)


class ConsentBackend(Backend):
    """Makes a call every quarter of an hour."""

    grace = timedelta(hours=1)

    def __init__(self, cloud: ConsentCloud, context: Context) -> None:
        """Serve one account of the cloud."""
        self._cloud = cloud
        self._context = context
        self._polled: datetime | None = None

    @override
    async def connect(self) -> Account:
        await self._call()
        account = str(self._context.credentials.get("account", "nobody"))
        return Account(account, f"Account {account}", self._update())

    @override
    def plan(self, now: datetime, gaps: Sequence[Gap]) -> Job | None:
        if self._cloud.idle:
            return None
        return Job(self._polled + PERIOD if self._polled else now, live=True)

    @override
    async def fetch(self, job: Job) -> Update:
        self._polled = self._context.clock()
        await self._call()
        return self._update()

    @override
    def state(self) -> JsonObject:
        return {}

    async def _call(self) -> None:
        assert self._context.access_token is not None
        token = await self._context.access_token()
        if token not in self._cloud.access:
            token = await self._context.access_token(refused=token)
        self._cloud.calls.append(token)
        if self._cloud.failures:
            raise self._cloud.failures.pop(0)
        if token not in self._cloud.access:
            raise AuthError("invalid_auth")
        if self._context.credentials["api_key"] != self._cloud.keys[token]:
            raise AuthError("invalid_api_key")

    def _update(self) -> Update:
        return Update(meters=(HOUSE,), readings=(Reading(IMPORT, 100.0),))


@asynccontextmanager
async def consent_cloud(
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncGenerator[ConsentCloud]:
    """Run the vendor `consent`, the only one with this way in."""
    cloud = ConsentCloud()
    app = web.Application()
    app.router.add_post("/token", cloud.token)
    for vendor in list(VENDORS.values()):
        if vendor.oauth2:
            monkeypatch.delitem(VENDORS, vendor.key)
    monkeypatch.setitem(VENDORS, "consent", cloud.vendor())
    async with TestServer(app) as server:
        cloud.url = str(server.make_url("")).rstrip("/")
        yield cloud


async def add_client(
    hass: HomeAssistant, name: str = "own", client: ClientCredential = CLIENT
) -> None:
    """Let a person have made a client at the vendor, and told Home Assistant of it."""
    assert await async_setup_component(hass, "application_credentials", {})
    await async_import_client_credential(hass, DOMAIN, client, name)


def add_entry(
    hass: HomeAssistant, cloud: ConsentCloud, *, account: str = "4242"
) -> MockConfigEntry:
    """Add the entry of an account that was let in just now; it is not set up."""
    token = cloud.issue() | {"expires_in": LIFETIME}
    entry = MockConfigEntry(
        domain=DOMAIN,
        title=f"Account {account}",
        unique_id=f"consent_{account}",
        data={
            "vendor": "consent",
            "credentials": {"api_key": KEY, "plan": "small", "account": account},
            "meters": ["house"],
            "auth_implementation": "own",
            "token": token | {"expires_at": dt_util.utcnow().timestamp() + LIFETIME},
        },
        options={"dashboard": []},
    )
    entry.add_to_hass(hass)
    return entry


def query(url: str) -> Mapping[str, str]:
    """Return the query of an address."""
    return {key: values[0] for key, values in parse_qs(urlsplit(url).query).items()}


async def pick(
    hass: HomeAssistant, menu: ConfigFlowResult, way: str
) -> ConfigFlowResult:
    """Pick a way to sign in."""
    assert (menu["type"], menu["step_id"]) == (FlowResultType.MENU, "let_in")
    return await hass.config_entries.flow.async_configure(
        menu["flow_id"], {"next_step_id": way}
    )


async def come_back(
    hass: HomeAssistant,
    hass_client_no_auth: ClientSessionGenerator,
    step: ConfigFlowResult,
    **answer: str,
) -> ConfigFlowResult:
    """Let the vendor send the browser back, which then goes on with the dialog."""
    assert step["type"] is FlowResultType.EXTERNAL_STEP
    browser = await hass_client_no_auth()
    response = await browser.get(
        "/auth/external/callback",
        params={"state": query(step["url"])["state"], **answer},
    )
    assert response.status == 200
    return await hass.config_entries.flow.async_configure(step["flow_id"])


async def paste(
    hass: HomeAssistant, typed: dict[str, Any] = TYPED, code: str = "c0de"
) -> ConfigFlowResult:
    """Sign in with a code that a person pastes."""
    menu = await submit(hass, await choose(hass, "consent"), typed)
    return await submit(hass, await pick(hass, menu, "paste"), {"code": code})
