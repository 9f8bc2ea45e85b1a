"""The rows of an account's series in the recorder: read once, then written and proven."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
import traceback

from homeassistant.core import HomeAssistant

from .const import LOGGER
from .memory import Memory
from .metering.ledger import CHUNK_ROWS, Book, Chunk, Row
from .metering.model import Series
from .metering.vocabulary import Kind
from .recorder_io import (
    Claim,
    async_are_written,
    async_fence,
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


@dataclass(frozen=True, slots=True)
class Order:
    """What the rows of a series are to be."""

    series: Series
    points: int
    """How many points `wanted` looks at."""
    wanted: Callable[[Book], Mapping[datetime, float]]
    """What the hours must be, given what is written: kWh, or money."""


@dataclass(frozen=True, slots=True)
class _Work:
    """What is written of a series, and what its hours must be."""

    book: Book
    wanted: Mapping[datetime, float]


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

    async def async_write(self, orders: Sequence[Order]) -> dict[Series, Book]:
        """Have rows of several series in the recorder; return the books that hold them.

        The series share what takes time: waiting for the recorder. A warning tells
        of those that could not be written; they have no book.
        """
        written: dict[Series, Book] = {}
        left = list(orders)
        for _ in range(_TRIES):
            if not left:
                break
            try:
                works = await self._async_works(left)
                written |= await self._async_put(works)
            except Exception as err:  # noqa: BLE001  # whatever a database raises
                for order in left:
                    self.give_up(order.series, err)
                return written
            left = [
                order
                for order in left
                if order.series in works and order.series not in written
            ]
        for order in left:
            self.give_up(order.series, NotWrittenError())
        return written

    def give_up(self, series: Series, err: Exception) -> None:
        """Have a series that can't be written read again, and warn once of it."""
        self.forget(series)
        self.note_trouble(series, err)

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

    async def _async_works(self, orders: Sequence[Order]) -> dict[Series, _Work]:
        """Return what to do; on a book anew where somebody else changed the rows.

        A series that can't be read is given up.
        """
        await async_fence(self._hass)
        books = {
            order.series: book
            for order in orders
            if (book := self._books.get(order.series)) is not None
        }
        intact = await async_are_written(
            self._hass, [self._claim(series, book) for series, book in books.items()]
        )
        for series, is_intact in zip(books, intact, strict=True):
            if not is_intact:
                self.forget(series)
        works: dict[Series, _Work] = {}
        for order in orders:
            series = order.series
            try:
                book = self._books.get(series)
                if book is None:
                    book = await self.async_open(series)
                wanted = await self.async_compute(
                    order.points, partial(order.wanted, book)
                )
            except Exception as err:  # noqa: BLE001  # whatever a database raises
                self.give_up(series, err)
            else:
                works[series] = _Work(book, wanted)
        return works

    async def _async_put(self, works: Mapping[Series, _Work]) -> dict[Series, Book]:
        """Write the hours that differ; return the books whose rows are all there."""
        written: dict[Series, Book] = {}
        left = dict(works)
        while left:
            chunks: dict[Series, Chunk] = {}
            rows = 0
            for series, work in works.items():
                if series not in left:
                    continue
                chunk = await self.async_compute(
                    len(work.wanted), partial(work.book.next_chunk, work.wanted)
                )
                if chunk is None:
                    written[series] = left.pop(series).book
                    continue
                rows += len(chunk.rows)
                if chunks and rows > CHUNK_ROWS:
                    break
                chunks[series] = chunk
            for series in await self._async_lost(chunks, left):
                self.forget(series)
                del left[series]
        return written

    async def _async_lost(
        self, chunks: Mapping[Series, Chunk], works: Mapping[Series, _Work]
    ) -> list[Series]:
        """Write a chunk of each series; return those whose rows do not appear."""
        if not chunks:
            return []
        for series, chunk in chunks.items():
            async_queue_chunk(
                self._hass,
                statistic_id(self._vendor.key, series),
                statistic_name(self._memory.meters.get(series.meter), series),
                chunk,
                currency=self._currency(series),
            )
        await async_fence(self._hass)
        claims: list[Claim] = []
        for series, chunk in chunks.items():
            works[series].book.apply(chunk)
            claims.append(self._claim(series, works[series].book, chunk.rows))
        there = dict(
            zip(chunks, await async_are_written(self._hass, claims), strict=True)
        )
        self._troubled -= {series for series, is_there in there.items() if is_there}
        return [series for series, is_there in there.items() if not is_there]

    def _claim(self, series: Series, book: Book, rows: tuple[Row, ...] = ()) -> Claim:
        return Claim(statistic_id(self._vendor.key, series), book.total, rows)

    def _currency(self, series: Series) -> str | None:
        """Return what the rows of a series count, where it is money."""
        return self._vendor.currency if series.quantity.kind is Kind.MONEY else None
