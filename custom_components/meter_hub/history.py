"""Writes the history of an account to the recorder, and proves that it is there."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from functools import partial

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.start import async_at_started
from homeassistant.util import dt as dt_util

from .const import CONF_HISTORY_DAYS, CONF_PRICES
from .history_derived import DerivedHistory
from .history_rows import HistoryRows, Order
from .memory import Memory
from .metering.derived import Derived, derived_series
from .metering.ledger import (
    Book,
    Gap,
    HourEnergy,
    Page,
    Reason,
    explored_in,
    hourly,
    standing,
    united,
)
from .metering.model import Series, Span, Update
from .metering.prices import price_lists
from .metering.spans import Spans, hour_of
from .notices import async_show_unpriced
from .vendors.base import Vendor

_MOST_PENDING = 4
"""Updates that may wait to be written. No more history is asked for then."""

_MOST_KEPT = 64
"""Polls bring more meanwhile, which is kept: nobody asks for it again before the next."""

_RECENT = timedelta(days=1)
"""The newest hours, which are always about to be asked for, are no part of progress.

Of a short history they are its newer half.
"""


@dataclass(frozen=True, slots=True)
class _PageGaps:
    """The gaps of a page, and what they follow from."""

    page: Page
    written: Spans
    minute: datetime
    gaps: tuple[Gap, ...]


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
        billing_zone: tzinfo,
        notify: Callable[[], None],
    ) -> None:
        """Begin with what is remembered; `async_start` begins to write.

        At the midnights of `billing_zone` prices begin.
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
        self._prices = price_lists(entry.options.get(CONF_PRICES, ()), billing_zone)
        self._rows = HistoryRows(hass, vendor, memory)
        self._derivation = DerivedHistory(
            self._rows, memory, had_prices=CONF_PRICES in entry.options
        )
        self._pending: deque[Update] = deque()
        self._dropped: dict[Series, Spans] = {}
        """What was answered, but would have waited too long to be written."""
        self._page_gaps: dict[Series, _PageGaps] = {}
        self._started = False
        self._work: asyncio.Task[None] | None = None

    @property
    def series(self) -> frozenset[Series]:
        """The series of the account's meters that have history."""
        meters = self._memory.meters.keys() - self._excluded
        return frozenset(
            series for series in self._memory.pages if series.meter in meters
        )

    @property
    def derived(self) -> tuple[Derived, ...]:
        """The series that follow from those: balanced energy, costs, compensation."""
        return derived_series(self.series, self._prices, balance=self._vendor.balanced)

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
            for series in self.series & self._rows.books.keys()
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
        """Begin to write once Home Assistant has started; end with the entry."""

        @callback
        def begin(_: HomeAssistant) -> None:
            self._started = True
            self._wake()

        @callback
        def end() -> None:
            self._started = False

        self._entry.async_on_unload(end)
        self._entry.async_on_unload(async_at_started(self._hass, begin))

    @callback
    def submit(self, update: Update) -> None:
        """Have the history in an update written, and note which series have one.

        What comes while too much is waiting already is dropped. Whatever is not
        written before the process ends, or is dropped, is asked for again.
        """
        for series, floor in update.floors.items():
            if series.meter not in self._excluded:
                page = self._memory.pages.get(series, Page())
                self._memory.pages[series] = page.with_floor(floor)
        told = self._told(update)
        dropped = len(self._pending) >= _MOST_KEPT
        for series in told:
            page = self._memory.pages.get(series, Page())
            explored = explored_in(series, update)
            self._memory.pages[series] = page.answered(explored)
            before = self._dropped.get(series, Spans())
            self._dropped[series] = before | explored if dropped else before - explored
        if told and not dropped:
            self._pending.append(update)
        self._wake()

    def gaps(self, now: datetime) -> list[Gap]:
        """Return what is worth asking for, without what is about to be written."""
        unread = self.series - self._rows.books.keys()
        if unread or self._derivation.is_due(self.derived):
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
    def failed(self, spans: Iterable[Span]) -> None:
        """Note what was not had or written, so that it is not asked for again at once."""
        for span in spans:
            if page := self._memory.pages.get(span.series):
                self._memory.pages[span.series] = page.failed(span, dt_util.utcnow())

    def _series_gaps(self, series: Series, now: datetime) -> Sequence[Gap]:
        gaps = self._known_gaps(series, now)
        if not (pending := explored_in(series, *self._pending)):
            return gaps
        return [
            replace(gap, start=start, end=end)
            for gap in gaps
            for start, end in Spans.of((gap.start, gap.end)) - pending
        ]

    def _known_gaps(self, series: Series, now: datetime) -> tuple[Gap, ...]:
        """Return the gaps of a page: they are asked for often, and seldom change."""
        page, book = self._memory.pages[series], self._rows.books[series]
        minute = now.replace(second=0, microsecond=0)
        known = self._page_gaps.get(series)
        if (
            known is None
            or known.page is not page
            or known.written is not book.hours
            or known.minute != minute
        ):
            gaps = page.gaps(series, now - self._depth, now, book)
            known = _PageGaps(page, book.hours, minute, gaps)
            self._page_gaps[series] = known
        return known.gaps

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
        """Read what was not read yet, write what is pending, and what follows."""
        await self._async_derive()
        while await self._async_open_unread() or self._pending:
            if updates := tuple(self._pending):
                await self._async_write(updates)
                for _ in updates:
                    self._pending.popleft()
            await self._async_derive()
            self._notify()

    async def _async_derive(self) -> None:
        """Write what follows, and tell of energy that has no price."""
        derived = self.derived
        await self._derivation.async_update(derived)
        await async_show_unpriced(
            self._hass,
            self._entry,
            self._memory.meters,
            {each.target for each in derived},
            self._derivation.unpriced,
        )

    async def _async_open_unread(self) -> bool:
        """Read the series that were not read yet; tell whether any was."""
        opened = False
        for series in sorted(self.series - self._rows.books.keys()):
            try:
                await self._rows.async_open(series)
                opened = True
            except Exception as err:  # noqa: BLE001  # whatever a database raises
                self._rows.note_trouble(series, err)
        return opened

    async def _async_write(self, updates: Sequence[Update]) -> None:
        """Write the history in updates in one go, then remember that it is there."""
        told = sorted(set().union(*map(self._told, updates)))
        hours: dict[Series, Mapping[datetime, HourEnergy]] = {}
        for series in told:
            try:
                hours[series] = await self._async_hours(series, updates)
            except Exception as err:  # noqa: BLE001  # whatever a vendor answers
                self._rows.note_trouble(series, err)
        books = await self._rows.async_write(
            [self._order(series, known) for series, known in hours.items()]
        )
        for series in told:
            if (book := books.get(series)) is not None:
                await self._async_settle(series, updates, hours[series], book)
            else:
                explored = explored_in(series, *updates)
                self.failed(Span(series, *stretch) for stretch in explored)
        await self._memory.async_save()

    async def _async_hours(
        self, series: Series, updates: Sequence[Update]
    ) -> Mapping[datetime, HourEnergy]:
        """Return what updates tell of the hours of a series."""
        floor = self._memory.pages[series].floor
        answers = [
            [each for each in update.intervals if each.series == series]
            for update in updates
        ]
        return await self._rows.async_compute(
            sum(map(len, answers)),
            lambda: united(hourly(answer, floor=floor) for answer in answers),
        )

    def _order(self, series: Series, hours: Mapping[datetime, HourEnergy]) -> Order:
        def wanted(book: Book) -> Mapping[datetime, float]:
            return self._memory.pages[series].accepted(standing(hours, book))

        return Order(series, len(hours), wanted)

    async def _async_settle(
        self,
        series: Series,
        updates: Sequence[Update],
        hours: Mapping[datetime, HourEnergy],
        book: Book,
    ) -> None:
        """Remember what updates told of a series, of which `book` holds the rows."""
        hours = standing(hours, book)
        self._derivation.note(series, Spans.of_hours(hours))
        explored = explored_in(series, *updates)
        while True:
            page = self._memory.pages[series]
            settled = await self._rows.async_compute(
                len(hours),
                partial(page.settled, explored, hours, dt_util.utcnow(), book),
            )
            if self._memory.pages[series] is page:
                self._memory.pages[series] = settled.answered(
                    self._waiting(series, len(updates)) & page.unwritten
                )
                return

    def _waiting(self, series: Series, written: int) -> Spans:
        """Return what was answered after the updates that were written last."""
        later = explored_in(series, *list(self._pending)[written:])
        return later | self._dropped.get(series, Spans())

    def _told(self, update: Update) -> set[Series]:
        """Return the series whose history an update tells of."""
        told = {each.series for each in update.intervals}
        told |= {span.series for span in update.explored}
        return {series for series in told if series.meter not in self._excluded}
