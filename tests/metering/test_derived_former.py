"""Money that was counted by prices which hold no longer."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from custom_components.meter_hub.metering.derived import (
    Derived,
    derived_series,
    without_prices,
)
from custom_components.meter_hub.metering.prices import PriceList, Prices
from custom_components.meter_hub.metering.spans import HOUR
from custom_components.meter_hub.metering.vocabulary import Channel, Quantity

from .fake_recorder import FakeRecorder
from .prosumer import ENERGIES, MIDNIGHT, book, series

IMPORT, COST = series(Quantity.GRID_IMPORT), series(Quantity.IMPORT_COST)
NOON = MIDNIGHT + 13 * HOUR


def prices(day: str, **per_kwh: Mapping[str, float]) -> dict[str, PriceList]:
    """Return prices of the meter from a day on."""
    words = {"imports": Quantity.GRID_IMPORT, "exports": Quantity.GRID_EXPORT}
    held = {words[word]: channels for word, channels in per_kwh.items()}
    warsaw = ZoneInfo("Europe/Warsaw")
    return {"m": PriceList([Prices(date.fromisoformat(day), held)], warsaw)}


def test_what_was_counted_by_prices_that_moved_is_taken_back() -> None:
    """A first day that was a year too early, a corrected one, and one in between."""
    first = datetime(2026, 1, 1, tzinfo=UTC)
    books = {IMPORT: book({first + number * HOUR: 1.0 for number in range(48)})}
    rows = FakeRecorder()
    totals = []
    for day in ("2025-01-01", "2026-01-02", "2026-01-01"):
        costs = prices(day, imports={"total": 1.0})
        (derived,) = derived_series(books.keys(), costs, balance=False)
        rows.write(derived.hours({**books, COST: rows.read()}, {}))
        assert rows.read().repairs() == ()
        totals.append((len(rows.read()), rows.read().total))

    assert totals == [(48, 48.0), (48, 25.0), (48, 48.0)]


def test_only_what_can_be_derived_again_is_taken_back() -> None:
    """Neither hours whose energy is unknown, nor those that were never counted."""
    written = {
        IMPORT: book({MIDNIGHT: 1.0, NOON: 1.0}),
        COST: book({MIDNIGHT: 0.5, MIDNIGHT + HOUR: 0.5}),
    }
    (derived,) = without_prices({IMPORT}, ())

    assert derived.target == COST
    assert derived.hours(written, {}) == {MIDNIGHT: 0.0}


def test_a_zone_without_a_price_takes_nothing_back() -> None:
    """What such an hour cost is unknown until somebody enters the price."""
    zones = [series(Quantity.GRID_IMPORT, zone) for zone in ("zone1", "zone2")]
    written = {each: book({NOON: 1.0}) for each in zones} | {COST: book({NOON: 1.5})}
    (derived,) = derived_series(
        {*zones}, prices("2020-01-01", imports={Channel.ZONE1: 1.0}), balance=False
    )

    assert derived.hours(written, {}) == {}


@pytest.mark.parametrize("balance", [True, False])
def test_directions_that_have_no_price_are_told_apart(balance: bool) -> None:
    """They follow from the very energy that their prices would be for."""
    exports = {"total": 0.5}
    both = follows(
        prices("2020-01-01", imports={"total": 1.0}, exports=exports), balance
    )
    left = follows(prices("2020-01-01", exports=exports), balance)
    (former,) = without_prices(ENERGIES.keys(), left)
    (priced,) = (each for each in both if each.target == COST)

    assert former.target == COST
    assert former.sources == priced.sources
    assert (former.is_former, priced.is_former) == (True, False)
    assert without_prices(ENERGIES.keys(), both) == ()


def follows(costs: Mapping[str, PriceList], balance: bool) -> tuple[Derived, ...]:
    """Return all that follows from a prosumer's energies."""
    return derived_series(ENERGIES.keys(), costs, balance=balance)
