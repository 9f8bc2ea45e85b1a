"""A vendor without a network, for what the flows do with any vendor."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, override

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.meter_hub.const import DOMAIN
from custom_components.meter_hub.metering.budget import Limits
from custom_components.meter_hub.metering.ledger import Gap
from custom_components.meter_hub.metering.model import Meter, Reading, Series, Update
from custom_components.meter_hub.metering.vocabulary import Quantity
from custom_components.meter_hub.vendors.base import (
    Account,
    AuthError,
    Backend,
    Context,
    Field,
    FieldKind,
    Job,
    JsonObject,
    KnownAccount,
    Vendor,
)
from custom_components.meter_hub.vendors.registry import VENDORS

HOUSE = Meter("house", "House", model="XM-1")
GARAGE = Meter("garage", "Garage")
OLD = Meter("old", "Old meter", active=False)

TYPED = {
    "host": "meters.example",
    "email": "ada@example.org",
    "password": "hunter2",
    "port": 8080,
    "secure": True,
}
"""A sign-in that the vendor accepts as soon as it has an account."""


@dataclass
class PretendCloud:
    """What the vendor knows, and what it was asked."""

    accounts: dict[str, Account] = field(default_factory=dict)
    """By password."""
    failures: list[Exception] = field(default_factory=list)
    """What goes wrong at the next calls, one after the other."""
    renewed: Mapping[str, Any] | None = None
    """Credentials that replace those that were typed."""
    contexts: list[Context] = field(default_factory=list)
    """What each backend was built from."""
    closed: list[Context] = field(default_factory=list)
    """The same of those that were closed, while their session was still open."""
    calls: int = 0
    rotating: bool = False
    """True where a new password makes a new account id."""

    def add(self, password: str, account_id: str, *meters: Meter) -> Account:
        """Add an account whose meters each have one reading."""
        self.accounts[password] = Account(
            account_id,
            f"Account {account_id}",
            Update(
                meters=meters,
                readings=tuple(
                    Reading(
                        Series(meter.id, Quantity.GRID_IMPORT),
                        100.0,
                        measured_at=datetime(2026, 11, 1, tzinfo=UTC),
                    )
                    for meter in meters
                ),
            ),
        )
        return self.accounts[password]

    def build(self, context: Context) -> Backend:
        """Return the backend of an account."""
        self.contexts.append(context)
        return PretendBackend(self, context)


class PretendBackend(Backend):
    """Knows who it is by its password."""

    grace = timedelta(minutes=5)

    def __init__(self, cloud: PretendCloud, context: Context) -> None:
        """Serve one account of the cloud."""
        self._cloud = cloud
        self._context = context

    @override
    async def connect(self) -> Account:
        self._cloud.calls += 1
        if self._cloud.failures:
            raise self._cloud.failures.pop(0)
        account = self._cloud.accounts.get(self._context.credentials["password"])
        if account is None:
            raise AuthError("invalid_auth")
        if self._cloud.renewed is not None:
            await self._context.save_credentials(self._cloud.renewed)
        return account

    @override
    def plan(self, now: datetime, gaps: Sequence[Gap]) -> Job | None:
        return None

    @override
    async def fetch(self, job: Job) -> Update:
        raise AssertionError("no call is planned")

    @override
    def state(self) -> JsonObject:
        return {"calls": self._cloud.calls}

    @override
    async def close(self) -> None:
        if not self._context.session.closed:
            self._cloud.closed.append(self._context)

    @override
    def same_account(self, stored: KnownAccount, fresh: Account) -> bool:
        if self._cloud.rotating:
            return bool(stored.meter_ids & fresh.meter_ids)
        return super().same_account(stored, fresh)


def register(monkeypatch: pytest.MonkeyPatch) -> PretendCloud:
    """Add the vendors `pretend`, and `plain` with nothing to set, to the registry."""
    cloud = PretendCloud()
    pretend = Vendor(
        key="pretend",
        name="Pretend",
        sign_in=(
            Field(key="host", kind=FieldKind.TEXT),
            Field(key="email", kind=FieldKind.EMAIL),
            Field(key="password", kind=FieldKind.SECRET),
            Field(
                key="port",
                kind=FieldKind.NUMBER,
                default=8080,
                minimum=1,
                maximum=65535,
            ),
            Field(key="secure", kind=FieldKind.SWITCH, default=True),
            Field(key="note", kind=FieldKind.TEXT, required=False),
        ),
        options=(Field(key="factor", kind=FieldKind.NUMBER, default=1, unit="x"),),
        limits=lambda _: Limits(pace=timedelta(0)),
        quota_owner=lambda credentials: str(credentials["password"]),
        history_days=30,
        longest_history_days=365,
        build=cloud.build,
    )
    plain = replace(
        pretend,
        key="plain",
        name="Plain",
        sign_in=(Field(key="password", kind=FieldKind.SECRET),),
        options=(),
        history_days=None,
        longest_history_days=None,
    )
    monkeypatch.setitem(VENDORS, pretend.key, pretend)
    monkeypatch.setitem(VENDORS, plain.key, plain)
    return cloud


def add_entry(
    hass: HomeAssistant,
    account_id: str,
    *meters: str,
    vendor: str = "pretend",
    excluded: Sequence[str] = (),
    **options: Any,
) -> MockConfigEntry:
    """Add the entry of an account that signed in earlier; it is not set up."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        title=f"Account {account_id}",
        unique_id=f"{vendor}_{account_id}",
        data={
            "vendor": vendor,
            "credentials": {**TYPED, "password": "old-secret"},
            "meters": list(meters),
        },
        options={
            "excluded_meters": list(excluded),
            "history_days": 30,
            "factor": 1,
            "dashboard": [],
            **options,
        },
    )
    entry.add_to_hass(hass)
    return entry
