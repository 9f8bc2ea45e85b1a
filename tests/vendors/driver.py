"""Drives a backend as Home Assistant would, with a clock that leaps to the next call."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from aiohttp import ClientSession

from custom_components.meter_hub.metering.model import Reading, Series, Update
from custom_components.meter_hub.vendors.allowance import Allowance
from custom_components.meter_hub.vendors.base import (
    Backend,
    Context,
    Job,
    Vendor,
    VendorError,
)
from scripts.lib.notebook import Notebook
from tests.simulator import MovableClock, Row


async def _refuse(_: Mapping[str, Any]) -> None:
    raise AssertionError("nobody renews these credentials")


class Driver:
    """One account, from its sign-in on."""

    def __init__(
        self,
        vendor: Vendor,
        session: ClientSession,
        clock: MovableClock,
        allowance: Allowance,
        credentials: Mapping[str, Any],
        *,
        history: timedelta,
        options: Mapping[str, Any] | None = None,
        save_credentials: Callable[[Mapping[str, Any]], Awaitable[None]] = _refuse,
        time_zone: str = "UTC",
    ) -> None:
        """Want the history of this length."""
        self.vendor, self.clock = vendor, clock
        self.ledger = Notebook(clock() - history)
        self.context = Context(
            session=session,
            clock=clock,
            time_zone=time_zone,
            credentials=credentials,
            options=options or {},
            excluded=frozenset(),
            allowance=allowance,
            state={},
            save_credentials=save_credentials,
        )
        self.backend: Backend = vendor.build(self.context)
        self.readings: dict[Series, Reading] = {}
        self.updates: list[tuple[Job, Update]] = []
        self.errors: list[tuple[Job, VendorError]] = []

    async def connect(self) -> Update:
        """Sign in."""
        account = await self.backend.connect()
        self._take(account.update)
        return account.update

    def rows(self, series: Series) -> list[Row]:
        """Return what is written of a series, as the simulator judges it."""
        return [Row(row.start, row.state, row.sum) for row in self.ledger.rows(series)]

    def restart(self) -> None:
        """Build the backend anew from what survives."""
        state = self.backend.state()
        self.backend = self.vendor.build(replace(self.context, state=state))

    def next_job(self) -> Job:
        """Return the next call, which planning twice must not change."""
        gaps = self.ledger.gaps(self.clock())
        job = self.backend.plan(self.clock(), gaps)
        assert job is not None
        assert job == self.backend.plan(self.clock(), gaps)
        return job

    async def step(self) -> Job:
        """Leap to the next call and make it."""
        return await self._make(self.next_job())

    async def _make(self, job: Job) -> Job:
        if job.due > self.clock():
            self.clock.at = job.due
        try:
            update = await self.backend.fetch(job)
        except VendorError as err:
            self.errors.append((job, err))
            self.ledger.failed(job, self.clock())
        else:
            self.updates.append((job, update))
            self._take(update)
        return job

    async def run(self, duration: timedelta) -> None:
        """Make all calls of the next time."""
        end = self.clock() + duration
        while (job := self.next_job()).due <= end:
            await self._make(job)
        self.clock.at = end

    def _take(self, update: Update) -> None:
        self.readings |= {reading.series: reading for reading in update.readings}
        self.ledger.take(update, self.clock())
