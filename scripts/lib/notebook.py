"""A history in memory: what the ledger remembers and would have written."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from custom_components.meter_hub.metering.ledger import (
    Book,
    Gap,
    Page,
    Row,
    explored_in,
    hourly,
    standing,
)
from custom_components.meter_hub.metering.model import Series, Update
from custom_components.meter_hub.vendors.base import Job


@dataclass
class Notebook:
    """The history of one account from `since` on."""

    since: datetime
    pages: dict[Series, Page] = field(default_factory=dict)
    books: dict[Series, Book] = field(default_factory=dict)

    def gaps(self, now: datetime) -> list[Gap]:
        """Return what is missing until `now`."""
        return [
            gap
            for series, page in sorted(self.pages.items())
            for gap in page.gaps(series, self.since, now, self.books[series])
        ]

    def take(self, update: Update, now: datetime) -> None:
        """Write down what a call taught."""
        for series, floor in update.floors.items():
            page = self.pages.setdefault(series, Page())
            self.pages[series] = page.with_floor(floor)
            self.books.setdefault(series, Book())
        for series, page in self.pages.items():
            book = self.books[series]
            explored = explored_in(series, update)
            mine = [each for each in update.intervals if each.series == series]
            hours = standing(hourly(mine, floor=page.floor), book)
            wanted = page.accepted(hours)
            while chunk := book.next_chunk(wanted):
                book.apply(chunk)
            self.pages[series] = page.settled(explored, hours, now, book)

    def failed(self, job: Job, now: datetime) -> None:
        """Note that a call brought nothing."""
        for span in job.spans:
            self.pages[span.series] = self.pages[span.series].failed(span, now)

    def rows(self, series: Series) -> Iterator[Row]:
        """Yield the hours of a series, the oldest first."""
        book, total = self.books[series], 0.0
        for hour in book.hours.hours():
            if (state := book.state_at(hour)) is not None:
                total += state
                yield Row(hour, state, total)
