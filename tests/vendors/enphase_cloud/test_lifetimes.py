"""The energy of days since a system began."""

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from custom_components.meter_hub.metering.model import Quality, Series
from custom_components.meter_hub.metering.vocabulary import Quantity
from custom_components.meter_hub.vendors.base import UnexpectedAnswer
from custom_components.meter_hub.vendors.enphase_cloud.lifetimes import (
    cleared_noons,
    day_rows,
    midnight,
    read_charger_lifetime,
    read_days,
    read_lifetime,
)
from custom_components.meter_hub.vendors.enphase_cloud.systems import Source

from .answers import HOUR, at, documented, hours_of, rows, sample, schema_sample

ENERGY: dict[str, Any] = {
    "start_date": "2013-01-01",
    "meter_start_date": "2013-01-04",
    "production": [15422, 15421, 17118, 18505, 18511, 18487],
    "micro_production": [15422, 15421, 17118, 18513, 18520, 18494],
    "meter_production": [0, 0, 11388, 18505, 18511, 18487],
}


def test_case_06_three_arrays_of_production() -> None:
    merged = read_lifetime(ENERGY, Source.METER)[Quantity.SOLAR]
    micro = read_lifetime(ENERGY, Source.MICRO)[Quantity.SOLAR]
    meter = read_days(ENERGY, "meter_production")
    assert list(merged) == [date(2013, 1, number) for number in range(1, 7)]
    assert sum(merged.values()) == pytest.approx(103.464)
    assert sum(micro.values()) == pytest.approx(103.488)
    assert sum(meter.values()) == pytest.approx(66.891)
    third, fourth = date(2013, 1, 3), date(2013, 1, 4)
    assert merged[third] == micro[third] == 17.118
    assert merged[fourth] == meter[fourth] == 18.505


@documented
def test_case_06_the_documented_arrays_are_the_same() -> None:
    told = sample("/{system_id}/energy_lifetime")
    for source in Source:
        assert read_lifetime(told, source) == read_lifetime(ENERGY, source)


def test_microinverters_alone_are_what_is_merged() -> None:
    alone = {"start_date": "2013-01-01", "production": [15422]}
    for source in (*Source, None):
        assert read_lifetime(alone, source) == {
            Quantity.SOLAR: {date(2013, 1, 1): 15.422}
        }


@pytest.mark.parametrize(
    ("key", "quantity"),
    [
        ("consumption", Quantity.HOME),
        ("import", Quantity.GRID_IMPORT),
        ("export", Quantity.GRID_EXPORT),
    ],
)
def test_each_array_is_one_quantity(key: str, quantity: Quantity) -> None:
    told = {"start_date": "2016-08-01", key: [1000, 2000]}
    assert read_lifetime(told) == {
        quantity: {date(2016, 8, 1): 1.0, date(2016, 8, 2): 2.0}
    }


def test_a_battery_has_two() -> None:
    told: dict[str, Any] = {"start_date": "2016-08-01", "charge": [2], "discharge": [1]}
    assert read_lifetime(told) == {
        Quantity.BATTERY_CHARGE: {date(2016, 8, 1): 0.002},
        Quantity.BATTERY_DISCHARGE: {date(2016, 8, 1): 0.001},
    }


def test_days_count_from_the_start_that_is_told() -> None:
    told = read_days({"start_date": "20240228", "import": [1000, 2000, 3000]}, "import")
    assert list(told) == [date(2024, 2, 28), date(2024, 2, 29), date(2024, 3, 1)]


def test_a_day_without_a_value_is_unknown_and_not_zero() -> None:
    told = {"start_date": "2024-01-01", "import": [1000, None, "2000", 0, -1]}
    assert read_days(told, "import") == {
        date(2024, 1, 1): 1.0,
        date(2024, 1, 3): 2.0,
        date(2024, 1, 4): 0.0,
    }


@pytest.mark.parametrize("start", [None, "2024-01-01"])
def test_a_series_that_never_was_has_no_days(start: str | None) -> None:
    told: dict[str, Any] = {"start_date": start, "production": [] if start else None}
    assert read_lifetime(told) == {Quantity.SOLAR: {}}


def test_an_answer_without_any_series_is_none() -> None:
    with pytest.raises(UnexpectedAnswer, match="unexpected_answer"):
        read_lifetime({"start_date": "2024-01-01"})
    with pytest.raises(UnexpectedAnswer, match="unexpected_answer"):
        read_charger_lifetime({"start_date": "2024-01-01"})


def test_case_13_a_charger() -> None:
    told = {"start_date": "20240101", "consumption": [3494, 21929, 0, 0, 0, 0]}
    days = read_charger_lifetime(told)
    assert list(days.values()) == [3.494, 21.929, 0, 0, 0, 0]
    assert sum(days.values()) == pytest.approx(25.423)


@documented
def test_case_13_the_documented_charger() -> None:
    days = read_charger_lifetime(schema_sample("EVEnergyResponse", "consumption"))
    assert min(days) == date(2024, 1, 1)
    assert sum(days.values()) == pytest.approx(25.423)


SERIES = Series("66", Quantity.SOLAR)
DAYS = {date(2026, 3, 27) + timedelta(days=number): 1.0 + number for number in range(4)}


def test_a_day_is_one_hour_at_noon_and_stands_for_all_of_it() -> None:
    zone = ZoneInfo("Europe/Warsaw")
    intervals, explored = day_rows(SERIES, DAYS, zone, date(2026, 3, 30))
    assert hours_of(intervals) == {
        at("2026-03-27T11:00"): (1.0, Quality.MEASURED),
        at("2026-03-28T11:00"): (2.0, Quality.MEASURED),
        at("2026-03-29T11:00"): (3.0, Quality.MEASURED),
    }
    (span,) = explored
    assert (span.start, span.end) == (at("2026-03-26T23:00"), at("2026-03-29T22:00"))
    assert [each.stands_for for each in intervals] == [
        (at("2026-03-26T23:00"), at("2026-03-27T23:00")),
        (at("2026-03-27T23:00"), at("2026-03-28T23:00")),
        (at("2026-03-28T23:00"), at("2026-03-29T22:00")),
    ]


def test_a_day_of_a_zone_with_half_hours_is_one_hour_too() -> None:
    """The hours that its midnights cut belong to the days beside it as well."""
    zone = ZoneInfo("Australia/Adelaide")
    intervals, _ = day_rows(SERIES, DAYS, zone, date(2026, 4, 1))
    assert len(intervals) == 4
    assert all(each.end - each.start == HOUR for each in intervals)
    assert [energy for energy, _ in hours_of(intervals).values()] == [1, 2, 3, 4]
    whole = at("2026-03-26T14:00"), at("2026-03-27T13:00")
    assert intervals[0].stands_for == whole


def test_no_days_tell_nothing() -> None:
    zone = ZoneInfo("Europe/Warsaw")
    assert day_rows(SERIES, {}, zone, date(2026, 4, 1)) == ((), ())
    assert day_rows(SERIES, DAYS, zone, date(2026, 3, 27)) == ((), ())


def test_midnight_is_local() -> None:
    assert midnight(date(2026, 7, 1), ZoneInfo("US/Pacific")) == at("2026-07-01T07:00")


def test_only_a_day_that_has_hours_takes_its_energy_from_the_noon() -> None:
    """Of the second day only the dark is known, and of the third the noon as well."""
    zone = ZoneInfo("Europe/Warsaw")
    morning, noon = at("2026-03-27T07:00"), at("2026-03-27T11:00")
    told = (
        *rows(morning, [0.5] * 4),
        *rows(morning + timedelta(days=1), [0.0] * 4),
        *rows(morning + timedelta(days=2), [0.5] * 24),
        *rows(morning + timedelta(days=3), [0.5] * 4),
    )
    asked = morning, morning + timedelta(days=3) + HOUR
    (cleared,) = cleared_noons(SERIES, told, zone, asked)
    assert (cleared.start, cleared.end) == (noon, noon + HOUR)
    assert cleared.energy == 0
