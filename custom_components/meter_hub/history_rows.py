"""The rows of an account's series in the recorder: read once, then written and proven."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
import traceback

from homeassistant.core import HomeAssistant

from .const import LOGGER
from .memory import Memory
from .metering.ledger import Book
from .metering.model import Series
from .metering.vocabulary import Kind
from .recorder_io import (
    async_fence,
    async_is_written,
    async_queue_chunk,
    async_queue_shift,
    async_read_book,
)
from .statistic_names import statistic_id, statistic_name
from .vendors.base import Vendor

_MANY_POINTS = 2000
"""Work on more points than these runs in an executor."""

_TRIES = 3


class NotWrittenError(Exception):
    """The recorder does not hold what it was given, however often it was given."""


class HistoryRows:
    """What the recorder holds of each series, and the writing of more."""

    def __init__(self, hass: HomeAssistant, vendor: Vendor, memory: Memory) -> None:
        """Begin without having read anything."""
        self._hass = hass
        self._vendor = vendor
        self._memory = memory
        self._books: dict[Series, Book] = {}
        self._troubled: set[Series] = set()

    @property
    def books(self) -> Mapping[Series, Book]:
        """The rows of the series that were read.

        A book is replaced by another one when somebody else has changed the rows.
        """
        return self._books

    def forget(self, series: Series) -> None:
        """Have the rows of a series read again before they are used."""
        self._books.pop(series, None)

    async def async_open(self, series: Series) -> Book:
        """Read what is written of a series, and finish what was interrupted.

        Raises NotWrittenError where the rows can't be put right.
        """
        statistic = statistic_id(self._vendor.key, series)
        for _ in range(_TRIES):
            await async_fence(self._hass)
            book = await async_read_book(self._hass, statistic)
            shifts = await self.async_compute(len(book), book.repairs)
            if not shifts:
                self._books[series] = book
                return book
            for shift in shifts:
                async_queue_shift(
                    self._hass, statistic, shift, currency=self._currency(series)
                )
        raise NotWrittenError

    async def async_write(
        self,
        series: Series,
        points: int,
        wanted: Callable[[Book], Mapping[datetime, float]],
    ) -> Book:
        """Have rows of a series in the recorder; return the book that holds them.

        `wanted` tells from the book what its hours must be, and looks at so many
        `points` for it. Raises NotWrittenError where the rows do not appear.
        """
        for _ in range(_TRIES):
            book = await self._async_up_to_date(series)
            hours = await self.async_compute(points, partial(wanted, book))
            if await self._async_put(series, book, hours):
                return book
            self.forget(series)
        raise NotWrittenError

    async def async_compute[T](self, points: int, work: Callable[[], T]) -> T:
        """Do the work where it holds up nobody."""
        if points > _MANY_POINTS:
            return await self._hass.async_add_executor_job(work)
        return work()

    def note_trouble(self, series: Series, err: Exception) -> None:
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

    async def _async_up_to_date(self, series: Series) -> Book:
        """Return the book of a series; anew where somebody else changed the rows."""
        book = self._books.get(series)
        await async_fence(self._hass)
        if book is not None and await async_is_written(
            self._hass, statistic_id(self._vendor.key, series), (), book.total
        ):
            return book
        return await self.async_open(series)

    async def _async_put(
        self, series: Series, book: Book, wanted: Mapping[datetime, float]
    ) -> bool:
        """Write the hours that differ; tell whether they are there."""
        statistic = statistic_id(self._vendor.key, series)
        while True:
            chunk = await self.async_compute(
                len(wanted), partial(book.next_chunk, wanted)
            )
            if chunk is None:
                return True
            async_queue_chunk(
                self._hass,
                statistic,
                statistic_name(self._memory.meters.get(series.meter), series),
                chunk,
                currency=self._currency(series),
            )
            await async_fence(self._hass)
            book.apply(chunk)
            if not await async_is_written(
                self._hass, statistic, chunk.rows, book.total
            ):
                return False
            self._troubled.discard(series)

    def _currency(self, series: Series) -> str | None:
        """Return what the rows of a series count, where it is money."""
        return self._vendor.currency if series.quantity.kind is Kind.MONEY else None
