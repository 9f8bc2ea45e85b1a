"""Times at which nothing may be different, and how to tell that nothing is."""

from collections.abc import AsyncGenerator, Iterable, Mapping, Set as AbstractSet
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from custom_components.meter_hub.metering.model import Series
from custom_components.meter_hub.metering.vocabulary import Quantity
from tests.simulator import ExpectedHour, Simulator, check

from .driver import Driver

type Published = Mapping[Series, Mapping[datetime, ExpectedHour]]
type Case = tuple[datetime, datetime]
"""Now, and when the meters were installed."""

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
MINUTES = (2, 20, 53)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def ago(now: datetime, history: timedelta) -> Case:
    """Return the case of meters that were installed at another time of the day."""
    return now, now - history - (7 * now.hour + 13) * MINUTE


def hours_of_a_day(*, every: int = 1) -> list[datetime]:
    """Return an instant of each hour, or every so many, at minutes that differ."""
    return [
        datetime(2026, 11, 20, hour, MINUTES[number % len(MINUTES)], tzinfo=UTC)
        for number, hour in enumerate(range(0, 24, every))
    ]


AROUND_MIDNIGHT = [
    _instant(text)
    for text in (
        # In Warsaw, and in UTC, as a month begins.
        "2026-11-30 22:59",
        "2026-11-30 23:01",
        "2026-11-30 23:59",
        "2026-12-01 00:01",
        # In Los Angeles, likewise.
        "2026-12-01 07:59",
        "2026-12-01 08:01",
    )
]

WHERE_CLOCKS_CHANGE = [
    (_instant(now), _instant(installed))
    for now, installed in (
        # Warsaw: as now, in the hour that comes twice and at the ends of the long day.
        ("2026-10-25 00:20", "2026-10-22 09:53"),
        ("2026-10-25 01:02", "2026-10-19 22:00"),
        ("2026-10-25 22:59", "2026-10-23 01:20"),
        ("2026-10-25 23:02", "2026-10-22 22:53"),
        # As the day of the installation.
        ("2026-10-27 11:20", "2026-10-24 22:00"),
        ("2026-10-28 00:02", "2026-10-25 00:53"),
        ("2026-10-27 18:53", "2026-10-25 22:40"),
        # Where an hour is left out.
        ("2027-03-28 00:59", "2027-03-25 09:53"),
        ("2027-03-28 01:02", "2027-03-25 23:00"),
        ("2027-03-28 22:02", "2027-03-25 04:20"),
        ("2027-03-30 06:20", "2027-03-27 23:00"),
        ("2027-03-30 15:53", "2027-03-28 01:00"),
        # Los Angeles.
        ("2026-11-01 08:53", "2026-10-29 16:20"),
        ("2026-11-02 08:02", "2026-10-30 02:53"),
        ("2026-11-04 20:20", "2026-11-01 07:00"),
        ("2027-03-14 10:02", "2027-03-11 23:53"),
        ("2027-03-17 01:20", "2027-03-14 08:00"),
    )
]


def cases_in_warsaw(*, days: int, every: int, changes: Iterable[Case]) -> list[Case]:
    """Return cases of that much history, and those given in which clocks change."""
    nows = *hours_of_a_day(every=every), *AROUND_MIDNIGHT[:4]
    return [*(ago(now, days * DAY) for now in nows), *changes]


def published(
    simulator: Simulator, vendor: str, excluded: AbstractSet[str] = frozenset()
) -> Published:
    """Return what a vendor has published by now."""
    return {
        Series(meter, Quantity[quantity.upper()], channel): hours
        for meter in simulator.vendor(vendor).meter_ids
        if meter not in excluded
        for (quantity, channel), hours in simulator.truth(vendor, meter).items()
    }


def assert_read(driver: Driver, before: Published, now: Published) -> None:
    """Check that all is written that was published before, and nothing that is not."""
    assert driver.errors == []
    assert driver.ledger.books.keys() == now.keys()
    for series, hours in now.items():
        rows = driver.rows(series)
        written = {row.start for row in rows}
        wanted = {
            hour: expected
            for hour, expected in hours.items()
            if hour in written or hour in before[series]
        }
        verdict = check(rows, wanted)
        assert verdict.ok, f"{series.quantity}/{series.channel}: {verdict.problems()}"


@asynccontextmanager
async def reading_all(
    driver: Driver, simulator: Simulator, vendor: str
) -> AsyncGenerator[None]:
    """Open an account; check what is written after the calls that are made within."""
    before = published(simulator, vendor)
    await driver.connect()
    yield
    assert_read(driver, before, published(simulator, vendor))
