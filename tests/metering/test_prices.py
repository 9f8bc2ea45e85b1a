"""Prices that hold from a day on."""

from datetime import UTC, date, datetime
import json
from zoneinfo import ZoneInfo

import pytest

from custom_components.meter_hub.metering.prices import (
    PriceList,
    Prices,
    price_lists,
    prices_of,
)
from custom_components.meter_hub.metering.vocabulary import Channel, Quantity

WARSAW = ZoneInfo("Europe/Warsaw")
IMPORT, EXPORT = Quantity.GRID_IMPORT, Quantity.GRID_EXPORT


def costing(day: str, price: float) -> Prices:
    """Return a price of import from a day on."""
    return Prices(date.fromisoformat(day), {IMPORT: {Channel.TOTAL: price}, EXPORT: {}})


@pytest.mark.parametrize(
    ("hour", "price"),
    [
        (datetime(2026, 2, 28, 22, tzinfo=UTC), None),
        (datetime(2026, 2, 28, 23, tzinfo=UTC), 1.0),
        (datetime(2026, 6, 30, 21, tzinfo=UTC), 1.0),
        (datetime(2026, 6, 30, 22, tzinfo=UTC), 1.2),
        (datetime(2030, 1, 1, tzinfo=UTC), 1.2),
    ],
)
def test_a_price_holds_from_midnight_in_winter_and_in_summer(
    hour: datetime, price: float | None
) -> None:
    prices = PriceList([costing("2026-07-01", 1.2), costing("2026-03-01", 1.0)], WARSAW)

    assert prices.at(hour, IMPORT, Channel.TOTAL) == price


def test_a_zone_without_a_price_of_its_own_has_that_of_the_meter() -> None:
    """Prices entered before the meter had zones go on holding."""
    prices = PriceList(
        [
            costing("2025-01-01", 1.0),
            Prices(date(2026, 1, 1), {IMPORT: {Channel.ZONE1: 1.5}}),
        ],
        WARSAW,
    )

    assert prices.at(datetime(2025, 5, 1, tzinfo=UTC), IMPORT, Channel.ZONE2) == 1.0
    assert prices.at(datetime(2026, 5, 1, tzinfo=UTC), IMPORT, Channel.ZONE1) == 1.5
    assert prices.at(datetime(2026, 5, 1, tzinfo=UTC), IMPORT, Channel.ZONE2) is None
    assert prices.at(datetime(2026, 5, 1, tzinfo=UTC), IMPORT, Channel.TOTAL) is None


def test_a_direction_without_prices_has_none() -> None:
    prices = PriceList([costing("2026-01-01", 0.0)], WARSAW)

    assert prices.covers(IMPORT)
    assert prices.at(datetime(2026, 5, 1, tzinfo=UTC), IMPORT, Channel.TOTAL) == 0.0
    assert not prices.covers(EXPORT)
    assert prices.at(datetime(2026, 5, 1, tzinfo=UTC), EXPORT, Channel.TOTAL) is None


def test_stored_prices_belong_to_their_meter() -> None:
    early, late = costing("2025-01-01", 1.0), costing("2026-01-01", 1.2)
    other = Prices(date(2026, 1, 1), {IMPORT: {}, EXPORT: {Channel.ZONE1: 0.3}})
    stored = json.loads(
        json.dumps(
            [
                {"meter": "a", **late.to_json()},
                {"meter": "b", **other.to_json()},
                {"meter": "a", **early.to_json()},
            ]
        )
    )

    assert prices_of(stored, "a") == [early, late]
    assert prices_of(stored, "c") == []
    lists = price_lists(stored, WARSAW)
    hour = datetime(2026, 5, 1, tzinfo=UTC)
    assert lists.keys() == {"a", "b"}
    assert lists["a"].at(hour, IMPORT, Channel.TOTAL) == 1.2
    assert lists["b"].at(hour, EXPORT, Channel.ZONE1) == 0.3
