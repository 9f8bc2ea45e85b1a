"""What the vendor adds up by months, and since when."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from custom_components.meter_hub.metering.model import Reading
from custom_components.meter_hub.metering.vocabulary import Quantity
from custom_components.meter_hub.vendors.onemeter.months import (
    month_of,
    monthly,
    zone_name,
)

from .bodies import WARSAW, read, recorded

NOW = datetime(2026, 10, 5, 7, 1, tzinfo=UTC)


def body(date: str = "2026-10-05T07:00:00.000Z", **more: Any) -> dict[str, Any]:
    """Return a device that has added up something."""
    return {
        "_id": "x",
        "lastReading": {"date": date, "OBIS": {"1_8_0": 5}},
        "usage": {"thisMonth": 25.210000000002765, "previousMonth": 456.78},
        **more,
    }


def totals(device: dict[str, Any], now: datetime = NOW) -> dict[Quantity, Reading]:
    """Return the monthly totals."""
    readings = monthly(device, now, WARSAW, 1)
    return {reading.series.quantity: reading for reading in readings}


def test_case_12_a_month_begins_at_the_devices_midnight() -> None:
    this_month = totals(body())[Quantity.USAGE_THIS_MONTH]
    assert this_month.value == 25.21
    assert this_month.since == datetime(2026, 9, 30, 22, tzinfo=UTC)
    assert this_month.valid_until == datetime(2026, 10, 31, 23, tzinfo=UTC)
    assert this_month.measured_at == datetime(2026, 10, 5, 7, tzinfo=UTC)


def test_case_12_a_month_begins_with_the_installation() -> None:
    initial = {"date": "2026-10-03T09:53:06.000Z", "OBIS": {"1_8_0": 1}}
    this_month = totals(body(initialReading=initial))[Quantity.USAGE_THIS_MONTH]
    assert this_month.since == datetime(2026, 10, 3, 9, 53, 6, tzinfo=UTC)


@pytest.mark.parametrize("odd", [{}, None, "", [5], True])
def test_case_16_an_odd_previous_month_is_none(odd: object) -> None:
    device = body(usage={"thisMonth": 1, "previousMonth": odd})
    assert totals(device).keys() == {Quantity.USAGE_THIS_MONTH}


def test_case_16_a_production_of_nothing_but_null_is_none() -> None:
    device = body(production=dict.fromkeys(("thisMonth", "previousMonth", "fullTime")))
    assert Quantity.PRODUCTION_THIS_MONTH not in totals(device)
    assert Quantity.PRODUCTION_PREVIOUS_MONTH not in totals(device)


def test_production_of_who_may_produce() -> None:
    production = {"thisMonth": 31.5, "previousMonth": 0}
    found = totals(body(production=production))
    assert found[Quantity.PRODUCTION_THIS_MONTH].value == 31.5
    assert found[Quantity.PRODUCTION_THIS_MONTH].since is not None
    assert found[Quantity.PRODUCTION_PREVIOUS_MONTH].value == 0
    assert found[Quantity.PRODUCTION_PREVIOUS_MONTH].since is None
    consumer = totals(body(production=production, negativeEnergyExists=False))
    assert Quantity.PRODUCTION_THIS_MONTH not in consumer


@pytest.mark.parametrize(
    "date",
    [
        "2026-09-30T20:00:00.000Z",
        # Read as the month began: the total may still be that of the month before.
        "2026-09-30T22:00:00.000Z",
    ],
)
def test_the_totals_of_a_month_that_is_over_are_not_those_of_this_one(
    date: str,
) -> None:
    assert totals(body(date)) == {}
    assert totals(body("2026-09-30T22:15:00.000Z")) != {}


def test_without_a_readout_there_are_no_totals() -> None:
    assert totals(body(lastReading=None)) == {}


def test_the_projection_is_the_vendors() -> None:
    device = recorded() | {"usage": {"projection": 76.54748603351955}}
    reading = read(device)[Quantity.USAGE_PROJECTION, "total"]
    assert (reading.value, reading.since) == (76.547, None)


def test_months_across_a_change_of_the_clock() -> None:
    at = datetime(2026, 10, 31, 22, 59, tzinfo=UTC)
    begin, end = month_of(at, WARSAW)
    assert end - begin == timedelta(days=31, hours=1)
    assert month_of(end, WARSAW)[0] == end


def test_zones_by_their_names() -> None:
    assert zone_name(body(timezone={"name": "Europe/Prague"})) == "Europe/Prague"
    assert zone_name({"_id": "x", "timezone": None}) == "Europe/Warsaw"
