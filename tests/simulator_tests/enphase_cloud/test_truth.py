"""What is published determines the truth, and nothing else does."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.simulator import Distortion, DistortionKind, Flow, MovableClock, Simulator
from tests.simulator.enphase_cloud import EnphaseCloudApi

from ..conftest import INSTALLED, NOW
from .conftest import CHARGER, EVERYTHING, MICROS, NO_BATTERY, CloudClient

HOUR = timedelta(hours=1)
LOS_ANGELES = ZoneInfo("America/Los_Angeles")
WHERE = {
    "solar": ("telemetry/production_meter", "wh_del"),
    "home": ("telemetry/consumption_meter", "enwh"),
    "grid_import": ("energy_import_telemetry", "wh_imported"),
    "grid_export": ("energy_export_telemetry", "wh_exported"),
    "battery_charge": ("telemetry/battery", "charge"),
    "battery_discharge": ("telemetry/battery", "discharge"),
}
SERIES = {
    EVERYTHING: {*WHERE},
    NO_BATTERY: {"solar", "home", "grid_import", "grid_export"},
}


async def _all_rows(cloud: CloudClient, system: str, path: str) -> list[dict[str, Any]]:
    found = []
    start = INSTALLED.replace(hour=0, minute=0, second=0)
    while start < NOW:
        body = await cloud.get(f"/{system}/{path}", start_at=int(start.timestamp()))
        for row in body["intervals"]:
            found += row if isinstance(row, list) else [row]
        # A start before the first day is moved, so days are asked for by their end.
        start = datetime.fromtimestamp(body["end_at"], UTC)
    return found


@pytest.mark.parametrize("system", SERIES)
async def test_hours_are_the_sums_of_what_is_answered(
    cloud: CloudClient, simulator: Simulator, system: str
) -> None:
    truth = simulator.truth("enphase_cloud", system)
    assert {quantity for quantity, _ in truth} == SERIES[system]
    assert {channel for _, channel in truth} == {"total"}
    for (quantity, _), hours in truth.items():
        path, field = WHERE[quantity]
        sums: defaultdict[datetime, list[int]] = defaultdict(list)
        for row in await _all_rows(cloud, system, path):
            start = datetime.fromtimestamp(row["end_at"] - 900, UTC)
            value = row[field]
            sums[start.replace(minute=0)].append(
                value["enwh"] if isinstance(value, dict) else value
            )
        assert {hour: expected.kwh * 1000 for hour, expected in hours.items()} == {
            hour: pytest.approx(sum(values))
            for hour, values in sums.items()
            if len(values) == 4
        }
        # The last interval lacks some devices for some minutes yet.
        assert [hour for hour, each in hours.items() if each.estimated] == [
            NOW.replace(hour=11, minute=0)
        ]


async def test_the_charger_has_a_truth_of_its_own(
    simulator: Simulator, api: EnphaseCloudApi
) -> None:
    assert api.meter_ids == (EVERYTHING, MICROS, NO_BATTERY, CHARGER)
    hours = simulator.truth("enphase_cloud", CHARGER)["ev_charge", "total"]
    begin, end = min(hours), max(hours) + HOUR
    assert (begin, end) == (INSTALLED.replace(hour=10, minute=0, second=0), NOW.replace(minute=0))  # fmt: skip
    exact = api.house(CHARGER).energy(Flow.EV_CHARGE, begin, end)
    assert exact > 5
    assert sum(hour.kwh for hour in hours.values()) == pytest.approx(exact, abs=0.001)
    with pytest.raises(KeyError):
        simulator.truth("enphase_cloud", "698900001")


async def test_dark_hours_are_not_told_and_dim_ones_are_whole(
    cloud: CloudClient, simulator: Simulator, api: EnphaseCloudApi
) -> None:
    ((_, hours),) = simulator.truth("enphase_cloud", MICROS).items()
    sums: defaultdict[datetime, int] = defaultdict(int)
    counts: defaultdict[datetime, int] = defaultdict(int)
    for row in await _all_rows(cloud, MICROS, "telemetry/production_micro"):
        start = datetime.fromtimestamp(row["end_at"] - 300, UTC)
        hour = start.replace(minute=0)
        sums[hour] += row["enwh"]
        counts[hour] += 1
    assert {hour: round(each.kwh * 1000) for hour, each in hours.items()} == sums
    assert min(counts.values()) < 12
    local = {hour.astimezone(LOS_ANGELES).hour for hour in hours}
    assert not local & {0, 1, 2, 3, 4, 20, 21, 22, 23}
    exact = api.house(MICROS).energy(Flow.SOLAR, INSTALLED, NOW)
    assert sum(hour.kwh for hour in hours.values()) == pytest.approx(exact, abs=0.002)


async def test_a_hole_of_micros_leaves_its_hours_unknown(
    simulator: Simulator,
) -> None:
    ((series, before),) = simulator.truth("enphase_cloud", MICROS).items()
    start = datetime(2026, 10, 23, 19, 30, tzinfo=UTC)
    simulator.add(
        Distortion(
            DistortionKind.GAP,
            "enphase_cloud",
            meter=MICROS,
            start=start,
            end=start + HOUR,
        )
    )
    after = simulator.truth("enphase_cloud", MICROS)[series]
    touched = {start.replace(minute=0), start.replace(minute=0) + HOUR}
    assert before.keys() - after.keys() == touched
    assert before | after == before


async def test_the_truth_grows_with_the_clock(
    simulator: Simulator, clock: MovableClock
) -> None:
    def newest() -> datetime:
        return max(simulator.truth("enphase_cloud", NO_BATTERY)["home", "total"])

    clock.at = NOW.replace(minute=6)
    assert newest() == NOW.replace(hour=10, minute=0)
    clock.at = NOW.replace(minute=7)
    assert newest() == NOW.replace(hour=11, minute=0)
    partial = simulator.truth("enphase_cloud", NO_BATTERY, newest())
    clock.at = NOW.replace(minute=30)
    final = simulator.truth("enphase_cloud", NO_BATTERY, newest())
    assert partial.keys() == final.keys()
    (before,) = partial["home", "total"].values()
    (after,) = final["home", "total"].values()
    assert (before.estimated, after.estimated) == (True, False)
    assert before.kwh < after.kwh


async def test_a_slow_site_is_published_by_its_own_rhythm(
    simulator: Simulator, api: EnphaseCloudApi
) -> None:
    rhythm = api.systems[NO_BATTERY].rhythm
    rhythm.upload_every = timedelta(hours=6)
    rhythm.delay = timedelta(minutes=20)
    hours = simulator.truth("enphase_cloud", NO_BATTERY)["home", "total"]
    assert max(hours) == NOW.replace(hour=5, minute=0)
    assert max(simulator.truth("enphase_cloud", EVERYTHING)["home", "total"]) == NOW.replace(hour=11, minute=0)  # fmt: skip
