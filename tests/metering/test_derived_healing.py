"""Whatever happens to the sources on the way, what follows from them is right."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.meter_hub.metering.derived import derived_series
from custom_components.meter_hub.metering.model import Series
from custom_components.meter_hub.metering.prices import PriceList, Prices
from custom_components.meter_hub.metering.spans import HOUR
from custom_components.meter_hub.metering.vocabulary import Channel, Quantity

from .fake_recorder import FakeRecorder, KilledError
from .prosumer import MIDNIGHT, series

HOURS = 30
DAY = timedelta(days=1)
SOURCES = tuple(
    series(quantity, zone)
    for quantity in (Quantity.GRID_IMPORT, Quantity.GRID_EXPORT)
    for zone in (Channel.ZONE1, Channel.ZONE2)
)
PRICE = {Quantity.GRID_IMPORT: (1.0, 0.6), Quantity.GRID_EXPORT: (0.4, 0.2)}
"""In each zone on the first day; each later day doubles them."""

PRICES = PriceList(
    (
        Prices(
            (MIDNIGHT + number * DAY).date() + DAY,
            {
                quantity: {
                    Channel.ZONE1: first * 2**number,
                    Channel.ZONE2: second * 2**number,
                }
                for quantity, (first, second) in PRICE.items()
            },
        )
        for number in range(2)
    ),
    UTC,
)
SECOND_DAY = datetime.combine(date(2024, 10, 18), datetime.min.time(), UTC)


@dataclass
class Household:
    """The series of one meter in the recorder, and those that follow from them."""

    recorders: dict[Series, FakeRecorder] = field(default_factory=dict)

    def write(
        self, target: Series, hours: Mapping[datetime, float], kill_after: int | None
    ) -> None:
        recorder = self.recorders.setdefault(target, FakeRecorder())
        recorder.transactions_left = kill_after
        try:
            recorder.write(hours, 7)
        except KilledError:
            return
        finally:
            recorder.transactions_left = None

    def derive(self, kill_after: int | None = None) -> None:
        """Do what is done at every start: derive all that can be read."""
        books = {each: self.recorders[each].read() for each in SOURCES}
        for derived in derived_series(set(SOURCES), {"m": PRICES}, balance=True):
            self.write(derived.target, derived.hours(books, {}), kill_after)

    def rows(self, target: Series) -> FakeRecorder:
        return self.recorders.setdefault(target, FakeRecorder())


millis = st.integers(0, 3000).map(lambda value: value / 1000)
energies = st.lists(millis, min_size=1, max_size=HOURS)
event = st.tuples(
    st.sampled_from(SOURCES),
    st.integers(0, HOURS - 1),
    energies,
    st.none() | st.integers(0, 5),
    st.none() | st.integers(0, 3),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(event, max_size=8))
def test_what_follows_heals(
    events: list[tuple[Series, int, list[float], int | None, int | None]],
) -> None:
    """Sources that come in any order, twice, and in part; writing that is killed."""
    household = Household()
    truth: dict[Series, dict[datetime, float]] = {each: {} for each in SOURCES}
    for source in SOURCES:
        household.write(source, {}, None)
    for source, begin, values, kill_source, kill_derived in events:
        hours = {
            MIDNIGHT + number * HOUR: value
            for number, value in enumerate(values, begin)
            if number < HOURS
        }
        household.write(source, hours, kill_source)
        household.derive(kill_derived)
        household.write(source, hours, None)
        truth[source] |= hours
    household.derive()

    assert_follows(household, truth)


def assert_follows(
    household: Household, truth: Mapping[Series, Mapping[datetime, float]]
) -> None:
    """Compare each hour with what the contract of a prosumer says of it."""
    known = set.intersection(*(set(hours) for hours in truth.values()))
    totals = dict.fromkeys(
        (
            Quantity.BALANCED_IMPORT,
            Quantity.BALANCED_EXPORT,
            Quantity.IMPORT_COST,
            Quantity.EXPORT_COMPENSATION,
        ),
        0.0,
    )
    for hour in known:
        factor = 2 if hour >= SECOND_DAY else 1
        for number, zone in enumerate((Channel.ZONE1, Channel.ZONE2)):
            net = (
                truth[series(Quantity.GRID_IMPORT, zone)][hour]
                - truth[series(Quantity.GRID_EXPORT, zone)][hour]
            )
            totals[Quantity.BALANCED_IMPORT] += max(net, 0)
            totals[Quantity.BALANCED_EXPORT] += max(-net, 0)
            if hour < SECOND_DAY - DAY:
                continue
            totals[Quantity.IMPORT_COST] += (
                max(net, 0) * PRICE[Quantity.GRID_IMPORT][number] * factor
            )
            totals[Quantity.EXPORT_COMPENSATION] += (
                max(-net, 0) * PRICE[Quantity.GRID_EXPORT][number] * factor
            )
    priced = {hour for hour in known if hour >= SECOND_DAY - DAY}
    for quantity, total in totals.items():
        money = quantity in (Quantity.IMPORT_COST, Quantity.EXPORT_COMPENSATION)
        rows = household.rows(series(quantity))
        assert set(rows.rows) == (priced if money else known)
        assert rows.read().repairs() == ()
        assert rows.read().total == pytest.approx(total, abs=1e-4)
