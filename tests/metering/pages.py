"""Pages of one day, and their gaps, in the short words of a test."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from custom_components.meter_hub.metering.ledger import (
    Book,
    HourEnergy,
    Page,
    Reason,
    Row,
)
from custom_components.meter_hub.metering.model import Quality, Series
from custom_components.meter_hub.metering.spans import Spans
from custom_components.meter_hub.metering.vocabulary import Quantity

SERIES = Series("m", Quantity.GRID_IMPORT)
DAY = datetime(2026, 10, 24, tzinfo=UTC)
HOUR = timedelta(hours=1)
QUARTER = timedelta(minutes=15)
NOW = DAY + timedelta(hours=24, minutes=10)
MEASURED = HourEnergy(1.0, Quality.MEASURED)
ESTIMATE = HourEnergy(2.0, Quality.ESTIMATED)
PART = HourEnergy(0.5, Quality.INCOMPLETE)
NOTHING_YET = HourEnergy(None, Quality.INCOMPLETE)


def hour(number: float) -> datetime:
    return DAY + number * HOUR


def spans(*stretches: tuple[float, float]) -> Spans:
    return Spans.of(*((hour(start), hour(end)) for start, end in stretches))


def book(*stretches: tuple[int, int]) -> Book:
    """Make a book with a row for each hour."""
    return Book(
        Row(start, 1.0, count + 1.0)
        for count, start in enumerate(spans(*stretches).hours())
    )


def answer(
    each: HourEnergy = MEASURED, *stretches: tuple[int, int]
) -> dict[datetime, HourEnergy]:
    return dict.fromkeys(spans(*stretches).hours(), each)


def gaps(
    page: Page, written: Book, now: datetime = NOW, since: datetime = DAY
) -> list[tuple[float, float, Reason, timedelta]]:
    """Return the gaps in hours of the day, with the time until they are due."""
    return [
        ((gap.start - DAY) / HOUR, (gap.end - DAY) / HOUR, gap.reason, gap.due - now)
        for gap in page.gaps(SERIES, since, now, written)
    ]


def settle(
    page: Page,
    explored: tuple[float, float],
    hours: Mapping[datetime, HourEnergy],
    written: Book,
    now: datetime = NOW,
) -> Page:
    return page.settled(spans(explored), hours, now, written)


def measured_but(hours: Mapping[datetime, HourEnergy]) -> Page:
    """Return the page of a day that is written, all measured but these hours."""
    return settle(Page(), (0, 24), {**answer(MEASURED, (0, 24)), **hours}, WRITTEN)


def accepts(page: Page, at: datetime, energy: HourEnergy) -> bool:
    """Tell whether an hour may be written."""
    return at in page.accepted({at: energy})


WRITTEN = book((0, 24))
CLOSED = measured_but({})
AT_ONCE = timedelta()
UNEXPLORED, FAILED, ESTIMATED, INCOMPLETE, UNWRITTEN = Reason
