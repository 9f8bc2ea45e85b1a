"""Writes the history of an account to the recorder, and proves that it is there."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
import traceback

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.start import async_at_started
from homeassistant.util import dt as dt_util

from .const import CONF_HISTORY_DAYS, LOGGER
from .memory import Memory
from .metering.ledger import Book, Gap, HourEnergy, Page, Reason, hourly
from .metering.model import Interval, Series, Span, Update
from .metering.spans import Spans, hour_of
from .recorder_io import (
    async_fence,
    async_is_written,
    async_queue_chunk,
    async_queue_shift,
    async_read_book,
)
from .statistic_names import statistic_id, statistic_name
from .vendors.base import Job, Vendor

_MANY_POINTS = 2000
"""Work on more points than these runs in an executor."""

_MOST_PENDING = 4
"""Updates that may wait to be written. No more history is asked for then."""

_TRIES = 3

_RECENT = timedelta(days=1)
"""The newest hours, which are always about to be asked for, are no part of progress.

Of a short history they are its newer half.
"""


class NotWrittenError(Exception):
    """The recorder does not hold what it was given, however often it was given."""


class History:
    """The history of one account: what is open, and the writing of what was learned."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        vendor: Vendor,
        memory: Memory,
        *,
        excluded: frozenset[str],
        notify: Callable[[], None],
    ) -> None:
        """Begin with what is remembered; `async_start` begins to write.

        `notify` is called whenever the gaps or the progress have changed.
        """
        self._hass = hass
        self._entry = entry
        self._vendor = vendor
        self._memory = memory
        self._excluded = excluded
        self._notify = notify
        self._depth = timedelta(
            days=entry.options.get(CONF_HISTORY_DAYS, vendor.history_days or 0)
        )
        self._books: dict[Series, Book] = {}
        self._pending: deque[Update] = deque()
        self._started = False
        self._work: asyncio.Task[None] | None = None
        self._troubled: set[Series] = set()

    @property
    def series(self) -> frozenset[Series]:
        """The series of the account's meters that have history."""
        meters = self._memory.meters.keys() - self._excluded
        return frozenset(
            series for series in self._memory.pages if series.meter in meters
        )

    @property
    def progress(self) -> float | None:
        """How much of the history was fetched and written, in percent.

        None before that is known. A meter that the vendor has no longer doesn't count.
        """
        now = dt_util.utcnow()
        end = hour_of(now) - min(_RECENT, self._depth / 2)
        wanted = missing = timedelta()
        known = {
            series
            for series in self.series & self._books.keys()
            if series.meter not in self._memory.missing
        }
        for series in known:
            floor = self._memory.pages[series].floor
            start = max(hour_of(now - self._depth), floor or now - self._depth)
            wanted += max(end - start, timedelta())
            missing += sum(
                (
                    min(gap.end, end) - gap.start
                    for gap in self._series_gaps(series, now)
                    if gap.reason in (Reason.UNEXPLORED, Reason.FAILED)
                    and gap.start < end
                ),
                timedelta(),
            )
        if not wanted:
            return 100.0 if known else None
        return 100 * (1 - missing / wanted)

    @callback
    def async_start(self) -> None:
        """Begin to write as soon as Home Assistant has started."""

        @callback
        def begin(_: HomeAssistant) -> None:
            self._started = True
            self._wake()

        self._entry.async_on_unload(async_at_started(self._hass, begin))

    @callback
    def submit(self, update: Update) -> None:
        """Have the history in an update written, and note which series have one.

        What comes while too much is waiting already is dropped: it counts as never
        asked for, and will be.
        """
        for series, floor in update.floors.items():
            if series.meter not in self._excluded:
                page = self._memory.pages.get(series, Page())
                self._memory.pages[series] = replace(page, floor=floor)
        told = self._told(update)
        for series in told:
            self._memory.pages.setdefault(series, Page())
        if told and len(self._pending) < _MOST_PENDING:
            self._pending.append(update)
        self._wake()

    def gaps(self, now: datetime) -> list[Gap]:
        """Return what is worth asking for, without what is about to be written."""
        if unread := self.series - self._books.keys():
            self._wake()
        if len(self._pending) >= _MOST_PENDING:
            return []
        return [
            gap
            for series in sorted(self.series - unread)
            if series.meter not in self._memory.missing
            for gap in self._series_gaps(series, now)
        ]

    @callback
    def failed(self, job: Job) -> None:
        """Note that a call for history failed, so that it is not made again at once."""
        self._note_failed(job.spans)

    def _series_gaps(self, series: Series, now: datetime) -> list[Gap]:
        page = self._memory.pages[series]
        pending = Spans.of(
            *(
                (span.start, span.end)
                for update in self._pending
                for span in update.explored
                if span.series == series
            )
        )
        return [
            replace(gap, start=start, end=end)
            for gap in page.gaps(series, now - self._depth, now, self._books[series])
            for start, end in Spans.of((gap.start, gap.end)) - pending
        ]

    @callback
    def _wake(self) -> None:
        """See to it that what is there to do gets done."""
        if self._started and (self._work is None or self._work.done()):
            self._work = self._entry.async_create_background_task(
                self._hass,
                self._async_work(),
                f"{self._vendor.name} history",
                eager_start=False,
            )

    async def _async_work(self) -> None:
        """Read what was not read yet, and write what is pending."""
        while await self._async_open_unread() or self._pending:
            if self._pending:
                await self._async_write(self._pending[0])
                self._pending.popleft()
            self._notify()

    async def _async_open_unread(self) -> bool:
        """Read the series that were not read yet; tell whether any was."""
        opened = False
        for series in sorted(self.series - self._books.keys()):
            try:
                await self._async_open(series)
                opened = True
            except Exception as err:  # noqa: BLE001  # whatever a database raises
                self._note_trouble(series, err)
        return opened

    async def _async_open(self, series: Series) -> Book:
        """Read what is written of a series, and finish what was interrupted."""
        statistic = statistic_id(self._vendor.key, series)
        for _ in range(_TRIES):
            await async_fence(self._hass)
            book = await async_read_book(self._hass, statistic)
            shifts = await self._async_compute(len(book), book.repairs)
            if not shifts:
                self._books[series] = book
                return book
            for shift in shifts:
                async_queue_shift(self._hass, statistic, shift)
        raise NotWrittenError

    async def _async_write(self, update: Update) -> None:
        """Write the history in an update, then remember that it is there."""
        for series in sorted(self._told(update)):
            explored = [span for span in update.explored if span.series == series]
            try:
                await self._async_write_series(
                    series,
                    [each for each in update.intervals if each.series == series],
                    Spans.of(*((span.start, span.end) for span in explored)),
                )
            except Exception as err:  # noqa: BLE001  # whatever a database raises
                self._books.pop(series, None)
                self._note_failed(explored)
                self._note_trouble(series, err)
        await self._memory.async_save()

    async def _async_write_series(
        self, series: Series, intervals: list[Interval], explored: Spans
    ) -> None:
        """Have the rows of one series in the recorder.

        Raises NotWrittenError where they do not appear there.
        """
        floor = self._memory.pages[series].floor
        hours = await self._async_compute(
            len(intervals), lambda: hourly(intervals, floor=floor)
        )
        for _ in range(_TRIES):
            book = await self._async_up_to_date(series)
            if await self._async_put(series, book, hours):
                break
            del self._books[series]
        else:
            raise NotWrittenError
        while True:
            page = self._memory.pages[series]
            settled = await self._async_compute(
                len(hours),
                partial(page.settled, explored, hours, dt_util.utcnow(), book),
            )
            if self._memory.pages[series] is page:
                self._memory.pages[series] = settled
                return

    async def _async_up_to_date(self, series: Series) -> Book:
        """Return the book of a series; anew where somebody else changed the rows."""
        book = self._books.get(series)
        await async_fence(self._hass)
        if book is not None and await async_is_written(
            self._hass, statistic_id(self._vendor.key, series), (), book.total
        ):
            return book
        return await self._async_open(series)

    async def _async_put(
        self, series: Series, book: Book, hours: Mapping[datetime, HourEnergy]
    ) -> bool:
        """Write the hours that the page accepts; tell whether they are there."""
        statistic = statistic_id(self._vendor.key, series)
        page = self._memory.pages[series]
        wanted = {
            hour: known.energy
            for hour, known in hours.items()
            if known.energy is not None and page.accepts(hour, known)
        }
        while True:
            chunk = await self._async_compute(
                len(wanted), lambda: book.next_chunk(wanted)
            )
            if chunk is None:
                return True
            name = statistic_name(self._memory.meters.get(series.meter), series)
            async_queue_chunk(self._hass, statistic, name, chunk)
            await async_fence(self._hass)
            book.apply(chunk)
            if not await async_is_written(
                self._hass, statistic, chunk.rows, book.total
            ):
                return False
            self._troubled.discard(series)

    async def _async_compute[T](self, points: int, work: Callable[[], T]) -> T:
        """Do the work where it holds up nobody."""
        if points > _MANY_POINTS:
            return await self._hass.async_add_executor_job(work)
        return work()

    def _told(self, update: Update) -> set[Series]:
        """Return the series whose history an update tells of."""
        told = {each.series for each in update.intervals}
        told |= {span.series for span in update.explored}
        return {series for series in told if series.meter not in self._excluded}

    def _note_failed(self, spans: Iterable[Span]) -> None:
        for span in spans:
            if page := self._memory.pages.get(span.series):
                self._memory.pages[span.series] = page.failed(span, dt_util.utcnow())

    def _note_trouble(self, series: Series, err: Exception) -> None:
        """Warn once until the series can be written again; name no meter."""
        log = LOGGER.debug if series in self._troubled else LOGGER.warning
        log(
            "The history of a meter of %s can't be written for now: %s, %s (%s)",
            self._vendor.name,
            series.quantity,
            series.channel,
            type(err).__name__,
        )
        LOGGER.debug("At:\n%s", "".join(traceback.format_tb(err.__traceback__)))
        self._troubled.add(series)
