"""Recorded charts, where they lie beside this repository."""

from datetime import UTC, date, datetime, timedelta
import json
from pathlib import Path
from typing import Any

import pytest

from custom_components.meter_hub.metering.balance import balanced
from custom_components.meter_hub.metering.model import Meter, Series
from custom_components.meter_hub.metering.vocabulary import Channel, Quantity
from custom_components.meter_hub.vendors.energa.charts import DayChart, read_day
from custom_components.meter_hub.vendors.energa.days import midnight
from custom_components.meter_hub.vendors.energa.hours import intervals_of
from custom_components.meter_hub.vendors.energa.known import Known

RECORDED = Path(__file__).parents[4] / "shared" / "fixtures" / "energa"
pytestmark = pytest.mark.skipif(not RECORDED.exists(), reason="they are not there")

HOUR = timedelta(hours=1)
PART_DAY = date(2024, 10, 17)


def recorded(name: str) -> dict[str, Any]:
    """Return the inner part of a recorded answer."""
    answer: dict[str, Any] = json.loads((RECORDED / name).read_text())
    inner: dict[str, Any] = answer["response"]
    return inner


@pytest.fixture
def imported() -> DayChart:
    return read_day(recorded("stats_consumed_multiple_zones.json"), PART_DAY)


@pytest.fixture
def exported() -> DayChart:
    return read_day(recorded("stats_produced_two_zones.json"), PART_DAY)


def test_case_01_a_full_day_with_one_zone() -> None:
    day = date(2024, 10, 16)
    found = read_day(recorded("stats_consumed_one_zone.json"), day)
    starts = list(found.hours)
    assert midnight(day).timestamp() * 1000 == 1729029600000
    assert len(starts) == 24
    assert (starts[0], starts[-1]) == (
        datetime(2024, 10, 15, 22, tzinfo=UTC),
        datetime(2024, 10, 16, 21, tzinfo=UTC),
    )
    assert (found.hours[starts[0]].energy, found.hours[starts[-1]].energy) == (
        0.467,
        0.321,
    )
    assert found.energy == 9.103
    assert found.is_complete
    known = Known(Meter("x", "x")).seen(found.zones)
    assert known.series(Quantity.GRID_IMPORT) == (Series("x", Quantity.GRID_IMPORT),)


def test_case_02_a_part_of_a_day_with_two_zones(
    imported: DayChart, exported: DayChart
) -> None:
    assert len(imported.hours) == 14
    assert imported.until == datetime(2024, 10, 17, 12, tzinfo=UTC)
    assert (imported.in_zone(1), imported.in_zone(2)) == (3.757, 2.67)
    assert imported.energy == 6.427
    assert len(exported.hours) == 13
    assert exported.until == datetime(2024, 10, 17, 11, tzinfo=UTC)
    assert (exported.in_zone(1), exported.in_zone(2)) == (0.734, 0.0)
    assert not imported.is_complete
    assert not exported.is_complete
    zones = {
        number: dict(imported.hours[datetime(2024, 10, 17, number, tzinfo=UTC)].zones)
        for number in (3, 4, 11)
    }
    assert [list(each) for each in zones.values()] == [[2], [1], [2]]
    assert zones[11] == {2: 0.479}


def test_case_02_each_known_hour_is_one_of_every_zone(imported: DayChart) -> None:
    known = Known(Meter("x", "x")).seen(imported.zones)
    now = datetime(2024, 10, 17, 14, 5, tzinfo=UTC)
    found = {
        (each.series.channel, each.start): each.energy
        for each in intervals_of(
            known, Quantity.GRID_IMPORT, imported, now, hold_estimates=False
        )
    }
    eleven = datetime(2024, 10, 17, 11, tzinfo=UTC)
    assert len(found) == 3 * 16
    for channel, energy in (
        (Channel.TOTAL, 0.479),
        (Channel.ZONE1, 0.0),
        (Channel.ZONE2, 0.479),
    ):
        assert found[channel, eleven] == energy
        # What has not come yet is no zero.
        assert found[channel, eleven + HOUR] is None


def test_case_03_import_and_export_netted_by_the_hour(
    imported: DayChart, exported: DayChart
) -> None:
    keyed = [
        {
            (start, zone): hour.zones.get(zone, 0.0)
            for start, hour in each.known.items()
            for zone in (1, 2)
        }
        for each in (imported, exported)
    ]
    left_in, left_out = balanced(*keyed)
    sums = {
        zone: (
            round(sum(kwh for (_, at), kwh in left_in.items() if at == zone), 6),
            round(sum(kwh for (_, at), kwh in left_out.items() if at == zone), 6),
        )
        for zone in (1, 2)
    }
    assert sums == {1: (3.326, 0.303), 2: (2.191, 0.0)}
    eight = datetime(2024, 10, 17, 8, tzinfo=UTC)
    assert (left_in[eight, 1], left_out[eight, 1]) == (0.0, 0.303)
    assert (eight + 3 * HOUR, 2) not in left_in
