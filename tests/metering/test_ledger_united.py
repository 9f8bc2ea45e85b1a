"""Answers that are written in one go end as if each had been written in its turn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from hypothesis import given, strategies as st

from custom_components.meter_hub.metering.ledger import Book, HourEnergy, Page, united
from custom_components.meter_hub.metering.model import Quality
from custom_components.meter_hub.metering.spans import Spans

from .pages import NOW, hour, spans

MOST = 6
"""So few hours that answers meet."""

type Hours = Mapping[datetime, HourEnergy]

ENERGIES = st.one_of(
    st.just(HourEnergy(None, Quality.INCOMPLETE)),
    st.builds(HourEnergy, st.integers(0, 9).map(float), st.sampled_from(list(Quality))),
)


@dataclass
class Ledger:
    """The rows and the memory of one series."""

    book: Book
    page: Page

    def take(self, explored: Spans, hours: Hours) -> None:
        """Write an answer, and remember it."""
        wanted = self.page.accepted(hours)
        while chunk := self.book.next_chunk(wanted):
            self.book.apply(chunk)
        self.page = self.page.settled(explored, hours, NOW, self.book)

    @property
    def rows(self) -> dict[datetime, float | None]:
        """What is written."""
        return {each: self.book.state_at(each) for each in self.book.hours.hours()}

    @property
    def open(self) -> Spans:
        """What is to be asked for again, for whatever reason."""
        return Spans.of(*(each for part in self.page.open.values() for each in part))


@st.composite
def answers(draw: st.DrawFn) -> tuple[Spans, Hours]:
    """Draw what was explored, with the energy of some of its hours."""
    start = draw(st.integers(0, MOST - 1))
    end = draw(st.integers(start + 1, MOST))
    energies = draw(st.dictionaries(st.integers(start, end - 1), ENERGIES))
    return spans((start, end)), {hour(n): each for n, each in energies.items()}


@given(st.lists(answers(), max_size=3), st.lists(answers(), min_size=1, max_size=4))
def test_one_go_ends_as_one_by_one(
    before: Sequence[tuple[Spans, Hours]], batch: Sequence[tuple[Spans, Hours]]
) -> None:
    """The rows are the same, and so is what is settled, empty or open."""
    single, together = Ledger(Book(), Page()), Ledger(Book(), Page())
    for answer in before:
        single.take(*answer)
        together.take(*answer)
    for answer in batch:
        single.take(*answer)
    together.take(
        Spans.of(*(each for explored, _ in batch for each in explored)),
        united(hours for _, hours in batch),
    )
    assert together.rows == single.rows
    assert together.open == single.open
    assert together.page.explored == single.page.explored
    assert together.page.empty == single.page.empty
