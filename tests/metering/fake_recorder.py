"""A recorder in memory that can be killed between any two of its transactions."""

from collections.abc import Mapping
from datetime import datetime

from custom_components.meter_hub.metering.ledger import Book, Row, Shift


class KilledError(Exception):
    """The process ended here."""


class FakeRecorder:
    """Holds the rows of one series; each method that changes them is a transaction."""

    def __init__(self) -> None:
        """Begin without rows, and without an end in sight."""
        self.rows: dict[datetime, Row] = {}
        self.transactions_left: int | None = None
        self.written = 0

    def read(self) -> Book:
        """Read back what is there."""
        return Book(self.rows.values())

    def add(self, rows: tuple[Row, ...]) -> None:
        """Insert rows, or replace those with the same start."""
        self._transaction()
        self.written += len(rows)
        self.rows |= {row.start: row for row in rows}

    def move(self, shift: Shift) -> None:
        """Move the sums from an instant on, as the database does it."""
        self._transaction()
        for row in self.rows.values():
            if row.start >= shift.start:
                self.rows[row.start] = Row(row.start, row.state, row.sum + shift.by)

    def write(
        self,
        wanted: Mapping[datetime, float],
        limit: int = 1000,
        book: Book | None = None,
    ) -> Book:
        """Do all that a book asks for to have the wanted hours written."""
        book = book or self.read()
        for shift in book.repairs():
            self.move(shift)
            book.move(shift)
        while chunk := book.next_chunk(wanted, limit):
            self.add(chunk.rows)
            if chunk.shift:
                self.move(chunk.shift)
            book.apply(chunk)
        return book

    def _transaction(self) -> None:
        if self.transactions_left == 0:
            raise KilledError
        if self.transactions_left is not None:
            self.transactions_left -= 1

    def states(self) -> dict[datetime, float]:
        """Return each hour's own energy."""
        return {start: row.state for start, row in sorted(self.rows.items())}

    def sums(self) -> list[float]:
        """Return the running sums, the oldest first."""
        return [row.sum for _, row in sorted(self.rows.items())]
