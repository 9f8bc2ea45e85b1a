"""The contract between a vendor and the rest of the integration."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from aiohttp import ClientSession

from ..metering.budget import Limits
from ..metering.ledger import Gap
from ..metering.model import Meter, Reading, Span, Update
from .allowance import Allowance

type JsonObject = dict[str, Any]


class VendorError(Exception):
    """A vendor did not give what was asked.

    `reason` is the key of the translated text. The text of the exception holds
    no URL, query, header or body.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        """Name the reason, and a detail that is safe to show."""
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason


class AuthError(VendorError):
    """The credentials are refused; a person must act."""


class Unavailable(VendorError):
    """The vendor can't be reached or is out of order: network, 5xx, maintenance, HTML."""


class DoubtfulSignIn(Unavailable):
    """The vendor refuses to sign in, but may only be out of order.

    It is asked again as in any outage; where that goes on for a day, a person is
    asked to sign in, without the polling being stopped.
    """


class RateLimited(VendorError):
    """The vendor, or our own budget, allows no call for now."""

    def __init__(self, reason: str, retry_after: timedelta) -> None:
        """Say after what time a call may be made again."""
        super().__init__(reason)
        self.retry_after = retry_after


class UnexpectedAnswer(VendorError):
    """The vendor answered something that the client can't read."""


class FieldKind(StrEnum):
    """What a person types into a field, or picks."""

    TEXT = "text"
    SECRET = "secret"  # noqa: S105
    EMAIL = "email"
    NUMBER = "number"
    SWITCH = "switch"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a vendor's sign-in or options."""

    key: str
    kind: FieldKind
    required: bool = True
    default: str | float | bool | None = None
    minimum: float | None = None
    maximum: float | None = None
    unit: str | None = None
    choices: tuple[str, ...] = ()
    """What there is to pick from; the keys of translated texts."""
    matters: Callable[[Reading], bool] | None = None
    """Whether a meter with this reading makes an option worth a warning beside it."""


@dataclass(frozen=True, slots=True)
class Account:
    """One login, API key or gateway; a config entry."""

    unique_id: str
    """Stable over renewed credentials where the vendor has an account id."""
    title: str
    update: Update
    """What signing in taught us; `update.meters` lists the account's meters."""
    reread: Callable[[Mapping[str, Any]], Update] | None = None
    """The same update, read with options that were chosen after signing in.

    None where no option changes what is read.
    """

    @property
    def meter_ids(self) -> frozenset[str]:
        """The ids of the account's meters."""
        return frozenset(meter.id for meter in self.update.meters or ())


@dataclass(frozen=True, slots=True)
class KnownAccount:
    """What a config entry remembers of its account."""

    unique_id: str
    meter_ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class Discovered:
    """An account that a device in the local network announces."""

    unique_id: str
    """That of the `Account` that signing in will open."""
    title: str
    credentials: Mapping[str, Any]
    """The fields of the sign-in that the announcement fills in, such as the address."""


@dataclass(frozen=True, slots=True)
class Discovery:
    """How the devices of a vendor announce themselves by multicast DNS."""

    service: str
    """The type of the service; the manifest names it too."""
    read: Callable[[str, Mapping[str, Any]], Discovered | None]
    """Reads an IPv4 address and the properties of a service; None where they name
    no account."""
    rival: str | None = None
    """The domain of the integration that Home Assistant itself has for the same devices;
    its entries have the same unique ids."""


@dataclass(frozen=True, slots=True)
class OAuth2:
    """Where a person lets us in, by the authorization code grant (RFC 6749, 4.1).

    The client authenticates itself with HTTP Basic, and is a person's own.
    """

    authorize_url: Callable[[], str]
    token_url: Callable[[], str]
    code_page: Callable[[], str]
    """The redirect URI of a page of the vendor's that shows the code to copy."""
    apps_page: str
    """The address of the page where a person makes a client of their own."""
    account_key: str | None = None
    """The key by which a reply with a token names the account, which the credentials
    then hold as `account`; None where it does not."""


class AccessToken(Protocol):
    """Gives the token that calls are made with; what is renewed is stored before."""

    async def __call__(self, *, refused: str | None = None) -> str:
        """Return a token that is valid, and another one than was `refused`.

        Raises the VendorError family; AuthError `invalid_auth` where a person must
        let us in again.
        """


@dataclass(frozen=True, slots=True)
class Job:
    """The next call worth making. Vendors subclass it with what the call needs."""

    due: datetime
    live: bool
    """True where a failure means that live values are not to be had."""
    spans: tuple[Span, ...] = ()
    """The stretches of history that the call asks for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """All that a backend gets from outside."""

    session: ClientSession
    clock: Callable[[], datetime]
    time_zone: str
    """The IANA name of the home's time zone, for what a vendor knows no zone of."""
    credentials: Mapping[str, Any]
    options: Mapping[str, Any]
    excluded: frozenset[str]
    """The ids of meters that a person unticked; no call is worth making for them."""
    allowance: Allowance
    """The calls that may be made with these credentials, shared by all who use them."""
    state: Mapping[str, Any]
    """What `Backend.state` returned before a restart; empty at first."""
    save_credentials: Callable[[Mapping[str, Any]], Awaitable[None]]
    """To be awaited with renewed credentials before they are used."""
    access_token: AccessToken | None = None
    """There for vendors with `oauth2`."""


class Backend(ABC):
    """One account of one vendor."""

    grace: timedelta
    """How long live values outlive failing polls."""

    @abstractmethod
    async def connect(self) -> Account:
        """Sign in and list the meters, with as few calls as that takes.

        Raises the VendorError family.
        """

    @abstractmethod
    def plan(self, now: datetime, gaps: Sequence[Gap]) -> Job | None:
        """Return the next call worth making, or None where there is none.

        `gaps` is what the ledger misses, for the meters that were picked. The job
        may be due in the past (make it now) or in the future. Pure: planning twice
        gives the same job.
        """

    @abstractmethod
    async def fetch(self, job: Job) -> Update:
        """Make the call. Raises the VendorError family.

        The backend notes success and failure for its next plan.
        """

    @abstractmethod
    def state(self) -> JsonObject:
        """Return what must survive a restart so that no call is made before its time."""

    async def close(self) -> None:  # noqa: B027  # most have nothing to let go of
        """Let go of what outlives a call; awaited when no call is made any more.

        The session is not the backend's. What needs no call may still be asked for.
        """

    def same_account(self, stored: KnownAccount, fresh: Account) -> bool:
        """Tell whether fresh credentials open the account that an entry stands for."""
        return stored.unique_id == fresh.unique_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """The declaration of a vendor."""

    key: str
    name: str
    sign_in: tuple[Field, ...]
    options: tuple[Field, ...] = ()
    limits: Callable[[Mapping[str, Any]], Limits]
    """The calls that the vendor allows with these credentials; read when needed, as the
    endpoints may be replaced."""
    quota_owner: Callable[[Mapping[str, Any]], str]
    """What the limits are counted for: the text of a key or login, never stored as it is."""
    host: Callable[[], str] | None = None
    """An address that answers without credentials while the vendor's cloud can be reached;
    None where there is no cloud."""
    history_days: int | None = None
    """How far back history is fetched by default; None where the vendor has none."""
    longest_history_days: int | None = None
    oauth2: OAuth2 | None = None
    """How a person lets us in, besides the fields of the sign-in."""
    own_session: bool = False
    """Whether the vendor's cookies need a session, and a jar, of their own."""
    verify_tls: bool = True
    """False where a device in the local network has a certificate that nobody signed;
    such a vendor needs a session of its own."""
    discovery: Discovery | None = None
    is_detail: Callable[[Meter, Reading], bool] | None = None
    """Whether only few people want to see a reading of a meter: its entity is off at
    first, whatever is usual for the quantity."""
    ends_at: Callable[[Mapping[str, Any]], datetime | None] | None = None
    """When credentials end that only a person can replace; None where nothing is known
    to end, or where the backend renews it."""
    balanced: bool = False
    """Whether people are billed for import and export netted within each hour."""
    currency: str | None = None
    """The ISO 4217 code of what its customers pay in, where prices can be entered."""
    time_zone: str | None = None
    """The IANA name of the time zone in which their bills count days; None for that of
    Home Assistant."""
    build: Callable[[Context], Backend]
