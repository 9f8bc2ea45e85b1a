"""One account of the Enphase Monitoring API, within the calls that its plan allows."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from typing import override

from ...metering.ledger import Gap
from ...metering.model import Meter, Series, Update
from ..base import (
    Account,
    Backend,
    Context,
    Job,
    JsonObject,
    KnownAccount,
    RateLimited,
    UnexpectedAnswer,
    VendorError,
)
from ..transport import Transport
from ..zones import load_zone
from .calls import ask
from .client import EnphaseClient
from .description import (
    floors,
    take_devices,
    take_inverters,
    take_lifetime,
    take_registers,
    take_sessions,
    take_summary,
)
from .errors import MonthSpent
from .finish import finished
from .governor import Purse
from .intake import HalfAnsweredError, Told, sweep_of, take_latest, take_telemetry
from .jobs import CloudJob, Purpose, What
from .knowledge import Knowledge
from .known import KnownSystem
from .ladder import Schedule
from .notices import notices_of
from .plan import next_job
from .plans import PLAN, Plan, lacks_limits
from .readings import state_readings
from .refusals import after_failure, after_refusal, by_days, is_refusal
from .rhythms import Circumstances
from .schedule import midnight
from .systems import read_systems

ACCOUNT = "account"
"""The owner's id, as the reply to the sign-in tells it."""
API_KEY = "api_key"
GATEWAY_SERIAL = "gateway_serial"
SCHEDULE = "schedule"
"""The option of what is to be fresh."""
INVERTERS = "inverters_by_night"
"""The option that each micro-inverter be a device of its own."""
HISTORY_DAYS = "history_days"
"""The option of how far back there is history."""

USUAL_HISTORY, LONGEST_HISTORY = 90, 728
"""Days."""

MOST_OWN_SYSTEMS = 5
"""Who sees more is an installer, and the systems are customers': a person ticks those
that are to be read, and what is new is not ours to add. On the smallest plan there are
calls enough for the nights only."""


class EnphaseCloudBackend(Backend):
    """Asks for one thing at a time, and remembers what is left to be asked for."""

    grace = timedelta(hours=30)

    def __init__(self, context: Context) -> None:
        """Continue from where the stored state left off."""
        credentials, options = context.credentials, context.options
        if context.access_token is None:
            raise TypeError("an access token is needed")
        self._clock, self._allowance = context.clock, context.allowance
        self._excluded = context.excluded
        self._credentials = credentials
        self._is_smallest = credentials.get(PLAN, Plan.WATT) == Plan.WATT
        self._schedule = _schedule(options.get(SCHEDULE))
        days = float(options.get(HISTORY_DAYS, USUAL_HISTORY))
        self._history = timedelta(days=min(max(days, 0), LONGEST_HISTORY))
        self._knowledge = Knowledge.stored(context.state)
        self._inverters = options.get(INVERTERS) is True
        unseen = self._excluded if self._inverters else self._knowledge.systems.keys()
        self._unwanted = self._knowledge.inverters_of(unseen)
        self._knowledge = self._knowledge.without_inverters(unseen)
        self._home_zone = context.time_zone
        self._zones: dict[str | None, tzinfo] = {}
        self._client = EnphaseClient(
            Transport(context.session, context.clock, context.allowance, attempts=1),
            context.access_token,
            str(credentials[API_KEY]),
            context.allowance.hold,
            context.clock,
        )

    @override
    async def connect(self) -> Account:
        if lacks_limits(self._credentials):
            raise UnexpectedAnswer("limits_needed")
        await self._find_named()
        update = await self._list()
        meters = update.meters or ()
        if len(self._knowledge.listed) > MOST_OWN_SYSTEMS:
            meters = tuple(replace(meter, active=False) for meter in meters)
            update = replace(update, meters=meters)
        first = min((meter.id for meter in meters), key=int, default="")
        return Account(
            str(self._credentials.get(ACCOUNT) or first),
            f"Enphase {meters[0].name}" if len(meters) == 1 else "Enphase",
            self._told(update),
        )

    @override
    def plan(self, now: datetime, gaps: Sequence[Gap]) -> Job | None:
        return next_job(self._knowledge, now, gaps, self._circumstances(now))

    @override
    async def fetch(self, job: Job) -> Update:
        if not isinstance(job, CloudJob):
            raise TypeError(type(job).__name__)
        await self._load_zones()
        if job.purpose is Purpose.ZONES:
            return self._want_history()
        before = self._purse(self._clock())
        try:
            return self._told(await self._do(job))
        except MonthSpent:
            # What is known stays as it is until there are calls again.
            return self._told(Update())
        except VendorError as err:
            return self._told(self._failed(job, err))
        finally:
            self._count(before, planned=job.planned)

    @override
    def state(self) -> JsonObject:
        return self._knowledge.to_dict()

    @override
    def same_account(self, stored: KnownAccount, fresh: Account) -> bool:
        if ACCOUNT in self._credentials and stored.unique_id == fresh.unique_id:
            return True
        return bool(stored.meter_ids & fresh.meter_ids)

    async def _do(self, job: CloudJob) -> Update:
        if job.purpose is Purpose.LIST:
            if self._knowledge.only is None:
                # What was known may be lost, and the other systems are not wanted.
                await self._find_named()
            return await self._list()
        known = self._knowledge.systems[job.system]
        oldest = self._clock() - timedelta(days=LONGEST_HISTORY)
        zone = self._zone(job.system)
        data = await ask(self._client, job, known, oldest, zone)
        now = self._clock()
        before = self._knowledge.systems[job.system].at(now)
        before = before.without_failure(job.purpose).without_refusal(job.ask.name)
        try:
            known, told = self._taken(before, job, data, now)
        except HalfAnsweredError:
            self._knowledge = self._knowledge.with_system(by_days(before, job))
            return Update()
        known, told = self._stepped(known, job, told, now)
        self._knowledge = self._knowledge.with_system(known)
        update = told.update()
        if known.meters != before.meters:
            update = replace(update, meters=self._meters())
        return update

    def _taken(
        self, known: KnownSystem, job: CloudJob, data: JsonObject, now: datetime
    ) -> tuple[KnownSystem, Told]:
        """Return what an answer changes, and tells."""
        zone = self._zone(job.system)
        match job.ask.what:
            case What.SUMMARY:
                return take_summary(known, data, now)
            case What.DEVICES:
                return take_devices(known, data, now)
            case What.LATEST:
                return take_latest(known, job, data, now)
            case What.REGISTERS:
                return take_registers(known, data)
            case What.LIFETIME | What.CHARGER_LIFETIME:
                return take_lifetime(known, job, data, now, zone)
            case What.SESSIONS:
                return take_sessions(known, job, data, now)
            case What.INVERTERS:
                return take_inverters(known, data, now)
            case _:
                known, told = take_telemetry(known, job, data, now, zone)
                return known.with_source(None), told

    def _stepped(
        self, known: KnownSystem, job: CloudJob, told: Told, now: datetime
    ) -> tuple[KnownSystem, Told]:
        """Note that a call is done with, and what follows where it was the last."""
        if not job.purpose.is_swept:
            return known, told
        sweep = sweep_of(known, job).after(job.ask.name)
        known = known.with_sweep(job.purpose, sweep)
        if any(
            ask.name not in sweep.done and ask.name not in known.refused
            for ask in job.asks
        ):
            return known, told
        known, more = finished(known, job, now, self._zone(job.system))
        return known, told.plus(more)

    def _failed(self, job: CloudJob, err: VendorError) -> Update:
        """Note a failure; raises it where it is more than a word about a feature."""
        now = self._clock()
        if job.purpose is Purpose.LIST:
            if not isinstance(err, RateLimited):
                self._knowledge = self._knowledge.after_failed_list(now)
            raise err
        known = self._knowledge.systems[job.system].at(now)
        if not is_refusal(known, job, err):
            if not isinstance(err, RateLimited):
                known = after_failure(known, job, err, now)
                self._knowledge = self._knowledge.with_system(known)
            raise err
        begins = known.begins_of
        known, is_done = after_refusal(known, job, err, now)
        told = Told() if known.begins_of == begins else Told(floors=floors(known))
        if is_done:
            known = known.without_failure(job.purpose)
            known, told = self._stepped(known, job, told, now)
        self._knowledge = self._knowledge.with_system(known)
        return told.update()

    async def _find_named(self) -> None:
        """Find the one system that a person named, by the serial of its gateway."""
        serial = str(self._credentials.get(GATEWAY_SERIAL) or "").strip()
        only = await self._client.system_of_gateway(serial) if serial else None
        self._knowledge = replace(self._knowledge, only=only)

    async def _list(self) -> Update:
        items = await self._client.systems()
        now = self._clock()
        systems = read_systems(items)
        only = self._knowledge.only
        if only is not None:
            systems = tuple(system for system in systems if system.id == only)
        before = self._knowledge.systems
        if before and len(systems) > MOST_OWN_SYSTEMS:
            systems = tuple(system for system in systems if system.id in before)
        await self._load_zones(*(system.zone for system in systems))
        learned = [
            KnownSystem.learn(
                before.get(system.id), system, self._first_hour(system.zone)
            )
            for system in systems
        ]
        self._knowledge = self._knowledge.listing(learned, now)
        return Update(
            meters=self._meters(),
            readings=tuple(
                reading for known in learned for reading in state_readings(known)
            ),
        )

    def _want_history(self) -> Update:
        """Have the hours told that a person wants now, who may have wanted others."""
        told: dict[Series, datetime] = {}
        for known in self._knowledge.listed:
            wanted = known.with_history(self._first_hour(known.zone))
            self._knowledge = self._knowledge.with_system(wanted)
            if wanted.hourly_since < known.hourly_since and wanted.is_set_up:
                told |= floors(wanted)
        return Update(floors=told)

    def _first_hour(self, zone_name: str | None) -> datetime:
        """Return the local midnight from which on energy is told by hours."""
        zone = self._zones[zone_name]
        day = (self._clock() - self._history).astimezone(zone).date()
        return midnight(day, zone)

    def _meters(self) -> tuple[Meter, ...]:
        return tuple(
            meter for known in self._knowledge.listed for meter in known.meters
        )

    def _zone(self, system: str) -> tzinfo:
        return self._zones[self._knowledge.systems[system].zone]

    def _circumstances(self, now: datetime) -> Circumstances:
        return Circumstances(
            schedule=self._schedule,
            purse=self._purse(now),
            allowed_from=self._allowance.earliest(now),
            excluded=self._excluded,
            inverters=self._inverters,
            zones=self._zones,
            most_polled=MOST_OWN_SYSTEMS if self._is_smallest else None,
        )

    def _purse(self, now: datetime) -> Purse:
        budget = self._allowance.budget
        left, limit = budget.left_this_month(now), budget.limits.per_month
        spending = self._knowledge.spending.on(now, left, limit)
        return Purse(spending, now, left, limit, self._allowance.shares)

    def _count(self, before: Purse, *, planned: bool) -> None:
        """Note the calls that were made, of which one that is refused takes several."""
        now = self._clock()
        left = self._allowance.budget.left_this_month(now)
        calls = 1
        if left is not None and before.left is not None and left <= before.left:
            calls = before.left - left
        spending = before.spending.with_calls(calls, planned=planned)
        self._knowledge = replace(self._knowledge, spending=spending)

    def _told(self, update: Update) -> Update:
        """Return the update with all that a person should hear of."""
        now = self._clock()
        notices = notices_of(self._knowledge, now, self._circumstances(now))
        return replace(update, notices=notices, unwanted=self._unwanted)

    async def _load_zones(self, *names: str | None) -> None:
        """Have the systems' time zones at hand, which are files on the disk."""
        known = {known.zone for known in self._knowledge.systems.values()}
        for name in {*known, *names} - self._zones.keys():
            self._zones[name] = await asyncio.to_thread(
                load_zone, name or self._home_zone, self._home_zone
            )


def _schedule(option: object) -> Schedule:
    try:
        return Schedule(str(option))
    except ValueError:
        return Schedule.BALANCED
