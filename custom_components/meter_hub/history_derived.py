"""Keeps the series right that follow from the rows of others."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from homeassistant.util import dt as dt_util

from .history_rows import HistoryRows, Order
from .memory import Memory
from .metering.derived import Derived, without_prices
from .metering.ledger import Book
from .metering.model import Series
from .metering.spans import Spans


@dataclass(frozen=True, slots=True)
class _Due:
    """A series that is to be brought up to date, and what it follows from."""

    derived: Derived
    order: Order
    sources: Mapping[Series, Book]
    beginnings: Mapping[Series, datetime]

    @property
    def basis(self) -> tuple[object, ...]:
        """What makes the series new when it changes, without its own rows."""
        return (*self.sources.values(), self.beginnings)

    def unpriced(self) -> frozenset[str]:
        """Return the channels that lack a price."""
        now = dt_util.utcnow()
        return self.derived.unpriced(self.sources, self.beginnings, now)


class DerivedHistory:
    """Brings derived series up to date with the rows that they follow from.

    Nothing of it needs to be remembered: at first, and whenever rows were read
    again because somebody else had changed them, every hour is derived.
    """

    def __init__(self, rows: HistoryRows, memory: Memory, *, had_prices: bool) -> None:
        """Begin with series of which nothing is known.

        Who never entered prices has removed none: what there is of costs is older
        than the entry, and stays.
        """
        self._rows = rows
        self._memory = memory
        self._had_prices = had_prices
        self._settled: dict[Series, tuple[object, ...]] = {}
        """The books and beginnings by which every hour of a series was right."""
        self._changed: dict[Series, Spans] = {}
        self._unpriced: dict[Series, frozenset[str]] = {}

    @property
    def unpriced(self) -> Mapping[Series, frozenset[str]]:
        """The channels that lack a price, of each series that was derived."""
        return self._unpriced

    def note(self, source: Series, hours: Spans) -> None:
        """Take note of hours that were written anew."""
        self._changed[source] = self._changed.get(source, Spans()) | hours

    def is_due(self, derived: Iterable[Derived]) -> bool:
        """Tell whether a series is not right yet, and can be put right."""
        every = self._with_former(derived)
        return any(self._is_readable(each) and self._is_new(each) for each in every)

    async def async_update(self, derived: Iterable[Derived]) -> None:
        """Write what follows from rows that are new or have changed.

        Money of which no price is left is taken back.
        """
        changed, self._changed = self._changed, {}
        due: list[_Due] = []
        for each in self._with_former(derived):
            if not self._is_readable(each):
                continue
            hours = self._affected(each, changed)
            if hours or self._is_new(each):
                due.append(self._due(each, hours))
        written = await self._rows.async_write([work.order for work in due])
        for work in due:
            target = work.order.series
            if (book := written.get(target)) is not None:
                self._settled[target] = (*work.basis, book)
            self._unpriced[target] = await self._rows.async_compute(
                work.order.points, work.unpriced
            )

    def _due(self, derived: Derived, changed: Spans) -> _Due:
        """Have the hours written that have changed, or all where the books are new."""
        sources = {source: self._rows.books[source] for source in derived.sources}
        beginnings = self._beginnings(derived)
        settled = self._settled.pop(derived.target, None)

        def wanted(book: Book) -> Mapping[datetime, float]:
            same = settled == (*sources.values(), beginnings, book)
            return derived.hours(
                {**sources, derived.target: book},
                beginnings,
                changed if same else None,
            )

        points = max(len(book) for book in sources.values())
        order = Order(derived.target, points, wanted)
        return _Due(derived, order, sources, beginnings)

    def _with_former(self, derived: Iterable[Derived]) -> tuple[Derived, ...]:
        """Return also what may have been derived while it had prices."""
        derived = tuple(derived)
        if not self._had_prices:
            return derived
        known = self._memory.pages.keys() & self._rows.books.keys()
        return (*derived, *without_prices(known, derived))

    def _affected(self, derived: Derived, changed: Mapping[Series, Spans]) -> Spans:
        """Return the hours that may differ since those of the sources have changed."""
        hours = Spans()
        for source in derived.sources:
            hours |= changed.get(source, Spans())
        if derived.is_former:
            hours &= self._rows.books.get(derived.target, Book()).hours
        return hours

    def _is_readable(self, derived: Derived) -> bool:
        return all(source in self._rows.books for source in derived.sources)

    def _is_new(self, derived: Derived) -> bool:
        basis = (
            *(self._rows.books.get(source) for source in derived.sources),
            self._beginnings(derived),
            self._rows.books.get(derived.target),
        )
        return self._settled.get(derived.target) != basis

    def _beginnings(self, derived: Derived) -> dict[Series, datetime]:
        pages = self._memory.pages
        return derived.beginnings(
            {
                source: floor
                for source in derived.sources
                if source in pages and (floor := pages[source].floor) is not None
            }
        )
