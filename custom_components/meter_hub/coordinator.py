"""Runs the plan of one account; the one place where vendors' errors become HA's."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import TypedDict, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed
from homeassistant.util import dt as dt_util

from .const import CONF_EXCLUDED_METERS, DOMAIN, LOGGER, REAUTH_REASON
from .ending import async_watch_end
from .faults import log_fault
from .history import History
from .intake import expire, forget, take_in
from .issues import async_show_missing
from .memory import Memory
from .metering.model import Meter, Reading, Series, Update
from .notices import async_show_notices
from .sharing import claim_meters, without_taken
from .silence import Silence
from .vendors.allowance import Allowance
from .vendors.base import (
    AuthError,
    Backend,
    Job,
    RateLimited,
    Unavailable,
    UnexpectedAnswer,
    Vendor,
    VendorError,
)

type MeterHubConfigEntry = ConfigEntry[MeterHubCoordinator]

_SOONEST = timedelta(seconds=1)
"""An interval of zero would stop polling for good."""

_LONGEST = timedelta(minutes=5)
"""Looking at the plan costs nothing; a computer that slept knows of no timer."""

_PAUSE = timedelta(minutes=5)
"""After a fault in the code of a backend, which then can't say when to go on."""

_SILENT_PAUSE = timedelta(hours=1)
"""Between two calls to a vendor that may be gone."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is known of the picked meters of an account."""

    meters: Mapping[str, Meter]
    readings: Mapping[Series, Reading]
    """Registers have passed the guard; a value that is out of date is None."""
    missing: frozenset[str]
    """Meters that the vendor has no longer."""


class MeterHubCoordinator(DataUpdateCoordinator[Snapshot]):
    """One account: asks its backend what to do next, and does it."""

    config_entry: MeterHubConfigEntry

    def __init__(
        self,
        hass: HomeAssistant,
        entry: MeterHubConfigEntry,
        vendor: Vendor,
        backend: Backend,
        memory: Memory,
        billing_zone: tzinfo,
        allowance: Allowance,
    ) -> None:
        """Begin with what is remembered; makes no call.

        At the midnights of `billing_zone` prices begin.
        """
        super().__init__(
            hass,
            LOGGER,
            config_entry=entry,
            name=vendor.name,
            always_update=False,
        )
        self.vendor = vendor
        self.backend = backend
        self.memory = memory
        self.allowance = allowance
        self.next_call: datetime | None = None
        """When the plan makes the next call; None where none is worth making."""
        self.account_id: str = entry.unique_id or entry.entry_id
        self.excluded = frozenset[str](entry.options.get(CONF_EXCLUDED_METERS, ()))
        self.history = History(
            hass,
            entry,
            vendor,
            memory,
            excluded=self.excluded,
            billing_zone=billing_zone,
            notify=self._replan,
        )
        self._silence = Silence(hass, entry, vendor, memory)
        self._failure: VendorError | None = (
            Unavailable(memory.failure) if memory.failure else None
        )
        self._not_before: datetime | None = None
        self._wait = timedelta()
        self._refused = False
        self._faulty = False
        self._stale_at_start = False

    @callback
    def async_restore(self) -> None:
        """Show what is remembered, instead of a first refresh.

        Needs meters in the memory. Values that have outlived the grace are not
        shown; their entities are there.
        """
        now = dt_util.utcnow()
        if self._outlived(now):
            self._failure = self._failure or Unavailable("no_recent_values")
            self.last_update_success = False
            self._stale_at_start = True
        self.data = self._snapshot(now)
        self._schedule(now)

    @callback
    def async_start(self) -> None:
        """Run from now on, also while no entity listens."""
        self.config_entry.async_on_unload(self.async_add_listener(lambda: None))
        self._show_missing()
        async_show_notices(self.hass, self.config_entry, self.vendor, self.memory)
        self._silence.async_show()
        async_watch_end(self.hass, self.config_entry, self.vendor)
        self.history.async_start()

    @callback
    def async_take(self, update: Update) -> None:
        """Take what a config flow learned instead of asking for it again."""
        self._apply(update)
        self._note_answer(live=True)

    @callback
    def async_forget(self, meter_id: str) -> None:
        """Let go of a meter, because a person removes it."""
        forget(self.memory, meter_id)
        self.memory.save_soon()
        self._show_missing()
        self.data = self._snapshot(dt_util.utcnow())
        self.async_update_listeners()

    @override
    async def _async_update_data(self) -> Snapshot:
        now = dt_util.utcnow()
        first = self.data is None
        try:
            if (job := self._plan(now)) is not None:
                if (due := self._due(job, now)) <= now:
                    await self._async_do(job, first=first)
                elif first:
                    raise self._update_failed(
                        self._failure or RateLimited("rate_limited", due - now), due
                    )
            return self._current(dt_util.utcnow())
        finally:
            self._schedule(dt_util.utcnow())

    def _plan(self, now: datetime) -> Job | None:
        """Return what the backend wants to do next."""
        try:
            return self.backend.plan(now, self.history.gaps(now))
        except Exception as err:  # noqa: BLE001  # a vendor's fault must not end the loop
            self._note_fault(err)
            self._failure = UnexpectedAnswer("unexpected_answer")
            return None

    def _pause(self, wait: timedelta) -> None:
        """Make no call before so much time has passed."""
        self._wait = wait
        self._not_before = dt_util.utcnow() + wait

    def _due(self, job: Job, now: datetime) -> datetime:
        """Return when to make a call; a pause that a clock ahead has set is set anew."""
        if self._not_before is None:
            return job.due
        self._not_before = min(self._not_before, now + self._wait)
        return max(job.due, self._not_before)

    def _schedule(self, now: datetime) -> None:
        """Set when to look at the plan again."""
        instants = [
            reading.valid_until
            for reading in self.memory.readings.values()
            if reading.valid_until is not None
        ]
        if self._failure is not None and self.memory.polled_at is not None:
            instants.append(self.memory.polled_at + self.backend.grace)
        instants = [instant for instant in instants if instant > now]
        job = None if self._refused else self._plan(now)
        self.next_call = None if job is None else self._due(job, now)
        if self.next_call is not None:
            instants.append(self.next_call)
        wake = min([now + _LONGEST, *instants])
        self.update_interval = max(_SOONEST, wake - now)

    @callback
    def _replan(self) -> None:
        """Look at the plan again, because the history has changed."""
        if not self._refused and not self._shutdown_requested:
            self._schedule(dt_util.utcnow())
            self._schedule_refresh()
        self.async_update_listeners()

    async def _async_do(self, job: Job, *, first: bool) -> None:
        """Make a call, and note what it taught us, unless the entry is gone since then.

        Raises ConfigEntryAuthFailed where the credentials are refused; all other
        errors are noted.
        """
        try:
            update = await self.backend.fetch(job)
            if self._shutdown_requested:
                return
            self._apply(update)
        except VendorError as err:
            self._note_failure(job, err, first=first)
        except Exception as err:  # noqa: BLE001  # a vendor's fault must not end the loop
            self._note_fault(err)
            self._note_failure(job, UnexpectedAnswer("unexpected_answer"), first=first)
        else:
            self._faulty = self._refused = False
            self._note_answer(live=job.live or first)
        finally:
            if job.live and self._stale_at_start:
                # Home Assistant logs the first failure after a success only.
                self._stale_at_start, self.last_update_success = False, True
            if not self._shutdown_requested:
                self._silence.async_ask()
                if not first:
                    self._silence.async_show()
                    async_watch_end(self.hass, self.config_entry, self.vendor)
            self.memory.backend = self.backend.state()
            self.memory.save_soon()

    def _apply(self, update: Update) -> None:
        """Take an update in, live values and history."""
        entry = self.config_entry
        update = without_taken(self.hass, entry, self.vendor, self.memory, update)
        take_in(self.memory, update, self.excluded, dt_util.utcnow())
        claim_meters(self.hass, entry, self.memory)
        self._show_missing()
        async_show_notices(self.hass, entry, self.vendor, self.memory)
        self.history.submit(update)

    def _note_answer(self, *, live: bool) -> None:
        """Note that the vendor answered, with live values or with others."""
        self._silence.async_end()
        if live:
            self._failure = self.memory.failure = None
            self.memory.polled_at = dt_util.utcnow()

    def _note_failure(self, job: Job, err: VendorError, *, first: bool) -> None:
        """Note what a failed call means for the values and for the plan."""
        if self._shutdown_requested:
            return
        self.history.failed(job.spans)
        self._silence.async_note(err)
        if isinstance(err, AuthError):
            self._refused = True
            # Before Home Assistant does so, which can't tell what has to be mended.
            self.config_entry.async_start_reauth(
                self.hass, data={REAUTH_REASON: err.reason}
            )
            raise ConfigEntryAuthFailed(**self._texts(err)) from err
        if isinstance(err, RateLimited):
            self._pause(err.retry_after)
        elif self._silence.is_long:
            self._pause(_SILENT_PAUSE)
        if job.live or first:
            self._failure = err
            self.memory.failure = err.reason
        LOGGER.debug("A call to %s failed: %s", self.vendor.name, err)

    def _note_fault(self, err: Exception) -> None:
        """Say once where a backend broke, and give it time."""
        self._pause(_PAUSE)
        if not self._faulty:
            log_fault(err, f"talking to {self.vendor.name}")
        self._faulty = True

    def _current(self, now: datetime) -> Snapshot:
        """Return the values; raises UpdateFailed once they have outlived the grace."""
        if self._failure is not None and self._outlived(now):
            raise self._update_failed(
                self._failure, self._not_before
            ) from self._failure
        return self._snapshot(now)

    def _outlived(self, now: datetime) -> bool:
        """Tell whether the last values are older than the grace."""
        polled_at = self.memory.polled_at
        return polled_at is None or now - polled_at >= self.backend.grace

    def _snapshot(self, now: datetime) -> Snapshot:
        self.memory.readings = expire(self.memory.readings, now)
        return Snapshot(
            meters={
                meter.id: meter
                for meter in self.memory.meters.values()
                if meter.id not in self.excluded
            },
            readings={
                series: reading
                for series, reading in self.memory.readings.items()
                if series.meter not in self.excluded
            },
            missing=self.memory.missing - self.excluded,
        )

    def _show_missing(self) -> None:
        gone = self.memory.missing - self.excluded
        meters = [meter for meter in self.memory.meters.values() if meter.id in gone]
        async_show_missing(self.hass, self.config_entry, meters)

    def _update_failed(self, err: VendorError, until: datetime | None) -> UpdateFailed:
        """Return the error of Home Assistant; no call is worth making before `until`."""
        wait = (until - dt_util.utcnow()).total_seconds() if until else 0
        return UpdateFailed(retry_after=wait if wait > 0 else None, **self._texts(err))

    def _texts(self, err: VendorError) -> _Texts:
        return {
            "translation_domain": DOMAIN,
            "translation_key": err.reason,
            "translation_placeholders": {"vendor": self.vendor.name},
        }


class _Texts(TypedDict):
    """How Home Assistant's errors are translated."""

    translation_domain: str
    translation_key: str
    translation_placeholders: dict[str, str]
