"""One gateway in the local network."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, override

from ...metering.ledger import Gap
from ...metering.model import Notice, Reading, Series, Update
from ...metering.vocabulary import Quantity
from ..base import (
    Account,
    AuthError,
    Backend,
    Context,
    Job,
    JsonObject,
    Unavailable,
    UnexpectedAnswer,
)
from .adapter import LIBRARY_UNSUPPORTED
from .known import Knowledge
from .link import Link
from .mapping import Learned, gateway_meter, learn
from .plan import CheckJob, PollJob, RenewJob, next_job
from .snapshot import GRACE, to_number

POLL_INTERVAL = "poll_interval"
"""The option of how many seconds lie between two polls."""
SHORTEST_INTERVAL, USUAL_INTERVAL, LONGEST_INTERVAL = 30, 60, 300

ALL_INVERTERS = "all_inverters"
"""The option that each inverter be a device of its own."""

_GAP = 3
"""Polls over which power is added up at most."""

_REFUSALS = 3
"""So many in a row mean that the gateway will not take the credentials any more."""

_DECISIVE = frozenset({"token_expired", "token_foreign", "token_malformed"})
"""What a token itself says; asking again changes nothing."""


class EnvoyBackend(Backend):
    """Polls one gateway, and keeps the token that opens it fresh."""

    grace = GRACE

    def __init__(self, context: Context) -> None:
        """Continue from where the stored state left off."""
        self._context, self._clock = context, context.clock
        self._knowledge = Knowledge.stored(context.state)
        self._link: Link | None = None
        self._asked_built = False
        self._silent = False
        """Whether the last poll brought nothing: the gateway may be another one now."""
        self._inverters = context.options.get(ALL_INVERTERS) is True
        seconds = to_number(context.options.get(POLL_INTERVAL)) or USUAL_INTERVAL
        seconds = min(max(seconds, SHORTEST_INTERVAL), LONGEST_INTERVAL)
        self._interval = timedelta(seconds=seconds)

    @override
    async def connect(self) -> Account:
        # A person who signs in is not made to wait for what failed before.
        self._know(renewal=None)
        link, learned = await self._cycle()

        def reread(options: Mapping[str, Any]) -> Update:
            return self._update(
                link, learned, inverters=options.get(ALL_INVERTERS) is True
            )

        update = self._update(link, learned, inverters=self._inverters)
        return Account(link.serial, f"Envoy {link.serial}", update, reread)

    @override
    def plan(self, now: datetime, gaps: Sequence[Gap]) -> Job | None:
        link = self._link if self._link and self._link.is_open else None
        return next_job(
            self._knowledge,
            now,
            self._interval,
            link.renew_at if link else None,
            doubtful=self._silent
            or (
                link is not None
                and (bool(link.gateway.unclear) or not self._asked_built)
            ),
        )

    @override
    async def fetch(self, job: Job) -> Update:
        try:
            match job:
                case PollJob():
                    return await self._poll()
                case CheckJob():
                    return await self._check()
                case RenewJob():
                    link = await self._opened()
                    await link.renew()
                    return Update()
                case _:
                    raise TypeError(type(job).__name__)
        except AuthError as err:
            refusals = self._knowledge.refusals + 1
            if refusals < _REFUSALS and err.reason not in _DECISIVE:
                self._know(refusals=refusals)
                raise Unavailable("token_refused") from None
            self._know(refusals=0)
            raise
        finally:
            if self._link is not None:
                self._know(renewal=self._link.renewal)

    @override
    def state(self) -> JsonObject:
        return self._knowledge.to_dict()

    async def _poll(self) -> Update:
        self._silent = True
        link, learned = await self._cycle()
        self._silent = False
        self._know(refusals=0)
        return self._update(link, learned, inverters=self._inverters)

    async def _cycle(self) -> tuple[Link, Learned]:
        """Read all values, and learn from them."""
        self._know(polled=self._clock())
        link = await self._opened()
        try:
            snapshot = await link.read()
        except AuthError:
            # Firmware that came by itself may want another way to sign in.
            await link.open()
            snapshot = await link.read()
        if self._knowledge.serial not in ("", link.serial):
            self._knowledge = Knowledge()
        learned = learn(snapshot, self._knowledge, self._interval * _GAP)
        self._knowledge = learned.knowledge
        return link, learned

    async def _check(self) -> Update:
        """Find out anew what the gateway is and what it has."""
        self._know(checked=self._clock())
        try:
            link = await self._opened()
        except UnexpectedAnswer as err:
            if err.reason != LIBRARY_UNSUPPORTED:
                raise
            # Asking again changes nothing: a person has to update something.
            return Update(notices=(Notice(LIBRARY_UNSUPPORTED, None, {}),))
        await (link.open() if self._silent else link.check())
        self._asked_built = True
        if built := await link.built():
            self._know(built=built.isoformat())
        return Update()

    async def _opened(self) -> Link:
        """Return the way to the gateway, which is searched for at first."""
        if self._link is None:
            self._link = Link(self._context, self._knowledge.renewal)
        # One that could not be opened is kept: it may hold a token that was just got.
        if not self._link.is_open:
            try:
                await self._link.open()
            finally:
                self._know(renewal=self._link.renewal)
            self._know(checked=self._clock())
        return self._link

    def _update(self, link: Link, learned: Learned, *, inverters: bool) -> Update:
        gateway, built = link.gateway, self._knowledge.built
        about = gateway_meter(
            link.serial,
            f"{gateway.firmware} ({built})" if built else str(gateway.firmware),
            gateway.part_number,
            metered=gateway.is_metered,
        )
        update = learned.update(about, inverters=inverters)
        if (claims := link.claims) is None:
            return update
        series = Series(link.serial, Quantity.TOKEN_EXPIRY)
        expiry = Reading(series, claims.expires, self._clock())
        return replace(update, readings=(*update.readings, expiry))

    def _know(self, **changes: Any) -> None:
        self._knowledge = replace(self._knowledge, **changes)
