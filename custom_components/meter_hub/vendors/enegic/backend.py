"""One Enegic account: its meters, shared ones too, and the chargers that they control."""

import asyncio
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from hashlib import sha256
import logging
from typing import override

from ...metering.ledger import Gap
from ...metering.model import Reading, Series, Update
from .. import endpoints
from ..base import (
    Account,
    AuthError,
    Backend,
    Context,
    Job,
    JsonObject,
    Unavailable,
    UnexpectedAnswer,
    VendorError,
)
from ..stored import Pause
from ..transport import Transport
from ..zones import load_zone
from .chargers import chargers_of, unknown_keys
from .client import EnegicClient, SignedIn, TokenRefused
from .forms import Forms
from .history import read_minutes, window_of
from .items import HOME_ZONE, Overview, overview_of
from .known import Knowledge
from .live import live_readings, packets_by_item
from .plan import (
    Circumstances,
    HistoryJob,
    OverviewJob,
    PacketsJob,
    RenewJob,
    ReportersJob,
    next_job,
)
from .values import to_instant, to_number

POLL_INTERVAL = "poll_interval"
"""The option of how many seconds lie between two live calls."""
SHORTEST_INTERVAL, USUAL_INTERVAL, LONGEST_INTERVAL = 30, 60, 300

_REFUSALS = 3
"""So many in a row mean that the token is not valid any more."""

_LOGGER = logging.getLogger(__name__)

_OFFSETS = 120
_MANY_MINUTES = 500
"""More than these are read beside the event loop."""


class EnegicBackend(Backend):
    """Polls all meters with one call a minute, and fetches the history of each."""

    grace = timedelta(minutes=10)

    def __init__(self, context: Context) -> None:
        """Continue from where the stored state left off."""
        self._context, self._clock = context, context.clock
        self._knowledge = Knowledge.stored(context.state)
        self._forms = Forms(self._knowledge.forms, context.clock)
        transport = Transport(context.session, context.clock, context.allowance)
        self._client = EnegicClient(transport, endpoints.ENEGIC, self._forms)
        self._client.token = str(context.credentials.get("token", ""))
        self._valid_to = to_instant(context.credentials.get("valid_to"))
        self._username = str(context.credentials["username"]).strip()
        self._zones: dict[str, tzinfo] = {}
        self._unknown_keys: frozenset[str] = frozenset()
        seconds = to_number(context.options.get(POLL_INTERVAL)) or USUAL_INTERVAL
        seconds = min(max(seconds, SHORTEST_INTERVAL), LONGEST_INTERVAL)
        self._interval = timedelta(seconds=seconds)
        spread = int(sha256(self._username.casefold().encode()).hexdigest(), 16)
        self._offset = timedelta(seconds=spread % _OFFSETS)

    @override
    async def connect(self) -> Account:
        user_id = brand = None
        if password := self._context.credentials.get("password"):
            signed_in = await self._client.sign_in(self._username, str(password))
            await self._use(signed_in)
            user_id, brand = signed_in.user_id, signed_in.brand
        try:
            answer = await self._counted(self._client.overview())
        except Unavailable:
            if not self._knowledge.refusals:
                raise
            # A token is refused now and then, also one that was just given.
            answer = await self._counted(self._client.overview())
        overview = overview_of(answer, self._clock())
        user_id, brand = user_id or overview.user_id, brand or overview.brand
        if user_id is None:
            raise UnexpectedAnswer("unexpected_answer", "no user")
        await self._survey(overview)
        readings = [*(await self._packets()).readings]
        if self._knowledge.reporters:
            # The meters are what matters; the chargers follow later.
            with suppress(Unavailable, UnexpectedAnswer):
                readings += (await self._reporters()).readings
        return Account(
            user_id,
            f"Enegic ({brand})" if brand else "Enegic",
            self._listing(readings),
        )

    @override
    def plan(self, now: datetime, gaps: Sequence[Gap]) -> Job | None:
        given = Circumstances(
            interval=self._interval,
            offset=self._offset,
            valid_to=self._valid_to,
            allowed_from=self._context.allowance.earliest(now),
            excluded=self._context.excluded,
            zones=self._zones,
        )
        return next_job(self._knowledge, now, gaps, given)

    @override
    async def fetch(self, job: Job) -> Update:
        await self._load_zones()
        match job:
            case OverviewJob():
                return await self._overview()
            case PacketsJob():
                return await self._packets()
            case ReportersJob():
                return await self._reporters()
            case RenewJob():
                return await self._renew()
            case HistoryJob():
                return await self._history(job)
            case _:
                raise TypeError(type(job).__name__)

    @override
    def state(self) -> JsonObject:
        return replace(self._knowledge, forms=self._forms.learned).to_dict()

    async def _overview(self) -> Update:
        try:
            answer = await self._counted(self._client.overview())
            overview = overview_of(answer, self._clock())
        except VendorError:
            self._polled(overview_failed=self._clock())
            raise
        return await self._survey(overview)

    async def _survey(self, overview: Overview) -> Update:
        self._knowledge = self._knowledge.surveyed(overview)
        self._polled(overview=self._clock(), overview_failed=None)
        await self._load_zones()
        return self._listing(())

    async def _packets(self) -> Update:
        self._polled(packets=self._clock())
        entries = await self._counted(self._client.latest_packets())
        now = self._clock()
        before = self._knowledge
        packets = packets_by_item(entries, before.meters, self._zones)
        self._knowledge = before.met(frozenset(packets))
        for meter_id, known in before.meters.items():
            if sent := packets.get(meter_id):
                self._knowledge = self._knowledge.knowing(known.heard(sent, now))
        readings = live_readings(
            packets, self._knowledge.meters, self._zones, now, self._interval
        )
        if before.all_meters != self._knowledge.all_meters:
            return self._listing(readings)
        return replace(self._listing(readings), meters=None)

    async def _reporters(self) -> Update:
        now = self._clock()
        self._polled(reporters=now)
        answer = await self._counted(self._client.reporters())
        if unknown := unknown_keys(answer) - self._unknown_keys:
            self._unknown_keys |= unknown
            _LOGGER.debug("Settings of chargers without an entity: %s", sorted(unknown))
        chargers = chargers_of(
            answer, self._knowledge.reporters, self._knowledge.meters, now
        )
        self._knowledge = replace(
            self._knowledge, chargers=tuple(charger.meter for charger in chargers)
        )
        for charger in chargers:
            known = self._knowledge.meters.get(charger.meter.parent or "")
            if known and charger.main_fuse:
                known = replace(known, charger_fuse=charger.main_fuse)
                self._knowledge = self._knowledge.knowing(known)
        return self._listing(
            [reading for charger in chargers for reading in charger.readings]
        )

    async def _renew(self) -> Update:
        """Renew the token; the old one stays good where that fails."""
        self._polled(refresh=self._clock())
        try:
            await self._use(await self._client.renew())
        except AuthError, TokenRefused:
            raise Unavailable("token_refused") from None
        return Update()

    async def _history(self, job: HistoryJob) -> Update:
        known = self._knowledge.meters[job.meter]
        try:
            groups = await self._counted(
                self._client.phase_data(job.meter, *window_of(job))
            )
        except VendorError:
            pause = Pause.after(known.course.failed, self._clock())
            course = replace(known.course, failed=pause)
            self._knowledge = self._knowledge.knowing(replace(known, course=course))
            raise
        work = (groups, job, known, self._zones[known.zone], self._clock())
        if (job.end - job.start) > timedelta(minutes=_MANY_MINUTES):
            answer = await asyncio.to_thread(read_minutes, *work)
        else:
            answer = read_minutes(*work)
        self._knowledge = self._knowledge.knowing(answer.known)
        return Update(
            intervals=answer.intervals,
            explored=answer.explored,
            floors=answer.known.floors,
        )

    def _listing(self, readings: Sequence[Reading]) -> Update:
        """Return an update with the complete list of meters."""
        floors: dict[Series, datetime] = {}
        for known in self._knowledge.meters.values():
            if known.listed:
                floors |= known.floors
        return Update(
            meters=self._knowledge.all_meters, readings=tuple(readings), floors=floors
        )

    async def _use(self, signed_in: SignedIn) -> None:
        """Have a new token saved, then use it; without the password."""
        valid_to = signed_in.valid_to
        await self._context.save_credentials(
            {
                "username": self._username,
                "token": signed_in.token,
                "valid_to": valid_to and valid_to.isoformat(),
            }
        )
        self._client.token, self._valid_to = signed_in.token, valid_to
        self._knowledge = replace(self._knowledge, refusals=0)

    async def _counted[T](self, call: Awaitable[T]) -> T:
        """Make a call, and count how often in a row the token is refused."""
        try:
            answer = await call
        except TokenRefused:
            refusals = self._knowledge.refusals + 1
            # Where a person signs in again, the count begins anew.
            again = refusals < _REFUSALS
            self._knowledge = replace(
                self._knowledge, refusals=refusals if again else 0
            )
            if again:
                raise Unavailable("token_refused") from None
            raise AuthError("invalid_auth") from None
        self._knowledge = replace(self._knowledge, refusals=0)
        return answer

    def _polled(self, **polls: datetime | None) -> None:
        changed = replace(self._knowledge.polls, **polls)
        self._knowledge = replace(self._knowledge, polls=changed)

    async def _load_zones(self) -> None:
        """Have the meters' time zones at hand, which are files on the disk."""
        names = {known.zone for known in self._knowledge.meters.values()}
        for name in names - self._zones.keys():
            zone = await asyncio.to_thread(load_zone, name, HOME_ZONE)
            self._zones[name] = zone
            if str(zone) != name:
                _LOGGER.warning(
                    "A meter is in a time zone that is unknown here; its days and its "
                    "history are read in that of %s",
                    zone,
                )
