"""One OneMeter account: its key opens own and shared readers."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from functools import partial
from hashlib import sha256
from itertools import chain
from typing import Any, override

from ...metering.ledger import Gap
from ...metering.model import Reading, Update
from .. import endpoints
from ..base import (
    Account,
    Backend,
    Context,
    Job,
    JsonObject,
    KnownAccount,
    UnexpectedAnswer,
    VendorError,
)
from ..stored import Pause
from ..transport import Transport
from ..zones import load_zone
from .client import OneMeterClient, UnknownDevice
from .history import Window, codes_of, read_rows
from .known import Knowledge, Known
from .mapping import account_owner, readings_of
from .months import HOME_ZONE, zone_name
from .plan import (
    DAY,
    LISTING,
    DetailJob,
    HistoryJob,
    ListJob,
    came_too_early,
    next_job,
    polled,
)
from .readout import Readout, is_read

APPLY_MULTIPLIER = "apply_multiplier"
"""The option that the registers be multiplied for meters with transformers."""

_EARLIEST_OFFSET = 60
_OFFSETS = 61
_MANY_ROWS = 500
"""More rows than this are read beside the event loop."""


class OneMeterBackend(Backend):
    """Polls each quarter hour, and fetches the history of the registers."""

    grace = timedelta(minutes=60)

    def __init__(self, context: Context) -> None:
        """Continue from where the stored state left off."""
        key = str(context.credentials["api_key"])
        transport = Transport(context.session, context.clock, context.allowance)
        self._client = OneMeterClient(transport, endpoints.ONEMETER, key)
        self._clock, self._allowance = context.clock, context.allowance
        self._multiplies = context.options.get(APPLY_MULTIPLIER) is True
        self._excluded = context.excluded
        self._zones: dict[str, tzinfo] = {}
        self._knowledge = Knowledge.stored(context.state)
        # Accounts spread over a minute, each always at the same time.
        self._key_hash = sha256(key.strip().encode()).hexdigest()
        seconds = _EARLIEST_OFFSET + int(self._key_hash, 16) % _OFFSETS
        self._offset = timedelta(seconds=seconds)

    @override
    async def connect(self) -> Account:
        devices = await self._devices()
        update = self._listed(devices)
        names = [meter.name for meter in update.meters or ()]
        return Account(
            account_owner(devices) or self._key_hash[:16],
            f"OneMeter {names[0]}" if len(names) == 1 else "OneMeter",
            update,
            reread=partial(self._reread, devices, update),
        )

    @override
    def same_account(self, stored: KnownAccount, fresh: Account) -> bool:
        # The name of the owner is not in all answers, but a key opens its devices,
        # some of which may have come or gone. Others may share one of them.
        shared = stored.meter_ids & fresh.meter_ids
        same_devices = bool(shared) and shared in (stored.meter_ids, fresh.meter_ids)
        return stored.unique_id == fresh.unique_id or same_devices

    @override
    def plan(self, now: datetime, gaps: Sequence[Gap]) -> Job | None:
        return next_job(
            self._knowledge,
            now,
            gaps,
            self._offset,
            self._allowance.earliest(now),
            self._excluded,
        )

    @override
    async def fetch(self, job: Job) -> Update:
        match job:
            case ListJob():
                return self._listed(await self._devices())
            case DetailJob():
                return await self._detail(job)
            case HistoryJob():
                return await self._history(job)
            case _:
                raise TypeError(type(job).__name__)

    @override
    def state(self) -> JsonObject:
        return self._knowledge.to_dict()

    async def _devices(self) -> list[JsonObject]:
        try:
            devices = await self._client.devices()
        except VendorError as err:
            self._poll_failed(LISTING, err)
            raise
        await self._load_zones(devices)
        return devices

    def _reread(
        self,
        devices: Sequence[JsonObject],
        update: Update,
        options: Mapping[str, Any],
    ) -> Update:
        """Read the same answer with other options, which hold from now on."""
        self._multiplies = options.get(APPLY_MULTIPLIER) is True
        now = self._clock()
        readings = (self._readings(device, None, now) for device in devices)
        return replace(update, readings=tuple(chain.from_iterable(readings)))

    def _listed(self, devices: Sequence[JsonObject]) -> Update:
        now = self._clock()
        before = self._knowledge.devices
        unlisted = {
            device_id: replace(known, listed=False, listing_reads=False)
            for device_id, known in before.items()
        }
        listed = {
            device["_id"]: Known.from_listing(before.get(device["_id"]), device, now)
            for device in devices
        }
        early = any(
            came_too_early(known, now, self._offset)
            for device_id, known in listed.items()
            if known.listing_reads
            and known.about.active
            and device_id not in self._excluded
        )
        self._knowledge = replace(
            self._knowledge, listed_at=now, devices=unlisted | listed
        )
        self._polled(LISTING, again=early)
        return Update(
            meters=tuple(known.about for known in listed.values()),
            readings=tuple(
                reading
                for device in devices
                for reading in self._readings(device, before.get(device["_id"]), now)
            ),
            floors={
                series: known.begins
                for known in listed.values()
                if known.begins
                for series in known.historic
            },
        )

    async def _detail(self, job: DetailJob) -> Update:
        try:
            device = await self._client.device(job.device)
        except UnknownDevice:
            return self._denied(job.device)
        except VendorError as err:
            known = self._knowledge.devices[job.device]
            self._keep(replace(known, detailed_at=self._clock()))
            self._poll_failed(job.device, err)
            raise
        await self._load_zones([device])
        now = self._clock()
        before = self._knowledge.devices[job.device]
        known = replace(
            Known.learn(before, device, now),
            detail_reads=is_read(device),
            detailed_at=now,
        )
        self._keep(known)
        self._polled(job.device, again=came_too_early(known, now, self._offset))
        return Update(
            readings=self._readings(device, before, now),
            floors=dict.fromkeys(known.historic, known.begins) if known.begins else {},
        )

    async def _history(self, job: HistoryJob) -> Update:
        known = self._knowledge.devices[job.device]
        window = Window.around(job, known)
        try:
            rows = await self._client.readings(
                job.device, window.start, window.end, codes_of(known)
            )
        except UnknownDevice:
            return self._denied(job.device)
        except VendorError:
            pause = Pause.after(known.course.failed, self._clock())
            self._keep(replace(known, course=replace(known.course, failed=pause)))
            raise
        work = (rows, job, window, known, self._clock(), self._multiplier(known))
        if len(rows) > _MANY_ROWS:
            answer = await asyncio.to_thread(read_rows, *work)
        else:
            answer = read_rows(*work)
        self._keep(replace(known, course=answer.course))
        return Update(intervals=answer.intervals, explored=answer.explored)

    def _readings(
        self, device: JsonObject, before: Known | None, now: datetime
    ) -> tuple[Reading, ...]:
        """Return the live values, none where newer ones are known already."""
        known = self._knowledge.devices[device["_id"]]
        date = Readout.of(device, "lastReading", now).date
        if date and before and before.last and date < before.last:
            return ()
        return readings_of(
            device,
            now,
            known.registers,
            zone=self._zones[zone_name(device)],
            multiplier=self._multiplier(known),
        )

    def _multiplier(self, known: Known) -> float:
        return known.multiplier if self._multiplies else 1

    async def _load_zones(self, devices: Sequence[JsonObject]) -> None:
        """Have the devices' time zones at hand, which are files on the disk."""
        for name in {zone_name(device) for device in devices} - self._zones.keys():
            self._zones[name] = await asyncio.to_thread(load_zone, name, HOME_ZONE)

    def _denied(self, device_id: str) -> Update:
        """Leave a device alone that the vendor denies having; the others go on."""
        known, now = self._knowledge.devices[device_id], self._clock()
        self._keep(replace(known, denied_until=now + DAY))
        return Update(missing=frozenset({device_id}))

    def _poll_failed(self, name: str, error: VendorError) -> None:
        # An answer that can't be read will be the same in a few minutes.
        self._polled(name, again=not isinstance(error, UnexpectedAnswer))

    def _polled(self, name: str, *, again: bool) -> None:
        polls = self._knowledge.polls
        poll = polled(polls.get(name), self._clock(), self._offset, again=again)
        self._knowledge = replace(self._knowledge, polls=polls | {name: poll})

    def _keep(self, known: Known) -> None:
        devices = self._knowledge.devices | {known.about.id: known}
        self._knowledge = replace(self._knowledge, devices=devices)
