"""Intervals: their energies, and when they are there."""

from datetime import date, datetime, timedelta
import itertools
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.simulator import Distortion, DistortionKind, Flow, MovableClock, Simulator
from tests.simulator.enphase_cloud import EnphaseCloudApi

from ..conftest import NOW
from .conftest import CHARGER, EVERYTHING, MICROS, NO_BATTERY, CloudClient
from .intervals import QUARTER, ends_of, epoch, midnight_of, rows_of

LOS_ANGELES = ZoneInfo("America/Los_Angeles")
METERS = {
    "telemetry/production_meter": ("wh_del", Flow.SOLAR),
    "telemetry/consumption_meter": ("enwh", Flow.HOME),
    "energy_import_telemetry": ("wh_imported", Flow.GRID_IMPORT),
    "energy_export_telemetry": ("wh_exported", Flow.GRID_EXPORT),
}


@pytest.mark.parametrize("system", [EVERYTHING, NO_BATTERY])
async def test_a_quarter_hour_balances_and_a_day_is_the_houses(
    cloud: CloudClient, api: EnphaseCloudApi, system: str
) -> None:
    start = midnight_of(date(2026, 10, 23))
    energies: dict[Flow, list[int]] = {}
    for path, (field, flow) in METERS.items():
        rows = await rows_of(cloud, system, path, start)
        assert ends_of(rows) == [start + QUARTER * n for n in range(1, 97)]
        energies[flow] = [row[field] for row in rows]
    nothing = [0] * 96
    charge, discharge = nothing, nothing
    if system == EVERYTHING:
        rows = await rows_of(cloud, system, "telemetry/battery", start)
        charge = [row["charge"]["enwh"] for row in rows]
        discharge = [row["discharge"]["enwh"] for row in rows]
        assert max(row["soc"]["percent"] for row in rows) > 50
        energies |= {Flow.BATTERY_CHARGE: charge, Flow.BATTERY_DISCHARGE: discharge}
    for sun, load, bought, sold, stored, back in zip(
        energies[Flow.SOLAR],
        energies[Flow.HOME],
        energies[Flow.GRID_IMPORT],
        energies[Flow.GRID_EXPORT],
        charge,
        discharge,
        strict=True,
    ):
        assert sun + bought + back == pytest.approx(load + sold + stored, abs=4)
    for flow, values in energies.items():
        exact = api.house(system).energy(flow, start, start + timedelta(days=1))
        assert sum(values) == pytest.approx(exact * 1000, abs=1)


async def test_the_car_is_part_of_the_home(
    cloud: CloudClient, api: EnphaseCloudApi
) -> None:
    body = await cloud.get(
        f"/{EVERYTHING}/ev_charger/{CHARGER}/telemetry", start_date="20261021"
    )
    start = midnight_of(date(2026, 10, 21))
    rows = body["consumption"]
    assert ends_of(rows) == [start + QUARTER * n for n in range(1, 97)]
    assert body["start_date"] == body["end_date"] == "2026-10-21"
    energy = sum(row["consumption"] for row in rows)
    end = start + timedelta(days=1)
    assert energy > 1000
    assert energy == pytest.approx(
        api.house(CHARGER).energy(Flow.EV_CHARGE, start, end) * 1000, abs=1
    )
    home = await rows_of(cloud, EVERYTHING, "telemetry/consumption_meter", start)
    for row, load in zip(rows, home, strict=True):
        assert load["enwh"] >= row["consumption"] - 1


async def test_micros_are_silent_in_the_dark_of_their_own_time_zone(
    cloud: CloudClient, api: EnphaseCloudApi
) -> None:
    start = midnight_of(date(2026, 10, 23), LOS_ANGELES)
    path = f"/{MICROS}/telemetry/production_micro"
    body = await cloud.get(path, start_at=epoch(start))
    rows = body["intervals"]
    ends = ends_of(rows)
    assert 100 < len(rows) < 160
    assert {after - end for end, after in itertools.pairwise(ends)} == {
        timedelta(minutes=5)
    }
    assert 5 <= ends[0].astimezone(LOS_ANGELES).hour <= 8
    assert 16 <= ends[-1].astimezone(LOS_ANGELES).hour <= 19
    assert rows[0]["enwh"] > 0
    assert rows[-1]["enwh"] > 0
    assert {row["devices_reporting"] for row in rows} == {body["total_devices"]}
    exact = api.house(MICROS).energy(Flow.SOLAR, start, start + timedelta(days=1))
    assert sum(row["enwh"] for row in rows) == pytest.approx(exact * 1000, abs=1)
    assert await cloud.get(path, start_date="2026-10-23") == {
        key: value for key, value in body.items() if key not in ("start_at", "end_at")
    } | {"start_date": "2026-10-23", "end_date": "2026-10-23"}
    assert len((await cloud.get(path, granularity="15mins", start_at=epoch(ends[0])))["intervals"]) == 3  # fmt: skip


async def test_rows_come_in_uploads_and_are_partial_at_first(
    cloud: CloudClient, clock: MovableClock
) -> None:
    start = NOW.replace(hour=11, minute=0)
    path = "telemetry/consumption_meter"

    async def newest() -> tuple[datetime, int, int]:
        rows = await rows_of(cloud, EVERYTHING, path, start)
        return ends_of(rows)[-1], rows[-1]["devices_reporting"], rows[-1]["enwh"]

    clock.at = NOW.replace(minute=6)
    assert (await newest())[0] == NOW.replace(hour=11, minute=45)
    clock.at = NOW.replace(minute=7)
    end, reporting, partial = await newest()
    assert (end, reporting) == (NOW.replace(minute=0), 1)
    clock.at = NOW.replace(minute=27)
    rows = await rows_of(cloud, EVERYTHING, path, start)
    final = next(row for row in rows if row["end_at"] == epoch(end))
    assert final["devices_reporting"] == 2
    assert final["enwh"] // 2 == partial


@pytest.mark.parametrize(
    ("system", "meters", "used"), [(EVERYTHING, 2, [1, 2, 3]), (NO_BATTERY, 1, [1])]
)
async def test_statistics_are_the_meters_production_by_channel(
    cloud: CloudClient, system: str, meters: int, used: list[int]
) -> None:
    start = NOW.replace(hour=3, minute=0)
    query = {"start_at": epoch(start), "end_at": epoch(NOW)}
    body = await cloud.get(f"/{system}/rgm_stats", **query)
    rows = await rows_of(cloud, system, "telemetry/production_meter", start)
    assert body["intervals"] == rows
    assert body["total_devices"] == len(body["meter_intervals"]) == meters
    assert sum(row["wh_del"] for row in rows) > 1000
    channels: dict[tuple[int, int], list[dict[str, Any]]] = {}
    for number, meter in enumerate(body["meter_intervals"]):
        for channel in meter["intervals"]:
            channels.setdefault((number, channel["end_at"]), []).append(channel)
    for row in rows:
        told = [
            channels.get((number, row["end_at"]), [])
            for number in range(row["devices_reporting"])
        ]
        assert all([each["channel"] for each in of] == [1, 2, 3] for of in told)
        shares = [each for of in told for each in of if each["channel"] in used]
        assert sum(each["wh_del"] for each in shares) == row["wh_del"]
        assert [each["curr_w"] for each in shares] == [
            each["wh_del"] * 4 for each in shares
        ]
        assert max(each["wh_del"] for each in shares) - min(each["wh_del"] for each in shares) <= 1 if shares else row["devices_reporting"] == 0  # fmt: skip
        unused = [each for of in told for each in of if each["channel"] not in used]
        assert all(each["wh_del"] is each["curr_w"] is None for each in unused)
    assert len(channels) == sum(row["devices_reporting"] for row in rows)


async def test_grid_rows_are_nested_and_say_nothing_of_devices(
    cloud: CloudClient,
) -> None:
    body = await cloud.get(f"/{EVERYTHING}/energy_import_telemetry")
    (rows,) = body["intervals"]
    assert body["total_devices"] == 0
    assert {frozenset(row) for row in rows} == {frozenset(("end_at", "wh_imported"))}
    body = await cloud.get(
        f"/{EVERYTHING}/energy_import_telemetry", start_at=epoch(NOW)
    )
    assert body["intervals"] == []


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (DistortionKind.GAP, None),
        (DistortionKind.LATE, None),
        (DistortionKind.LACKING, "lacking"),
        (DistortionKind.EMPTY, "null"),
        (DistortionKind.CORRECTED, 0),
        (DistortionKind.ESTIMATED, "half"),
    ],
)
async def test_distorted_rows_get_over_it(
    cloud: CloudClient,
    simulator: Simulator,
    clock: MovableClock,
    kind: DistortionKind,
    expected: object,
) -> None:
    start = NOW.replace(hour=8, minute=0)
    path = "telemetry/consumption_meter"
    (before,) = await rows_of(cloud, EVERYTHING, path, start, granularity="15mins")
    simulator.add(
        Distortion(
            kind,
            "enphase_cloud",
            meter=EVERYTHING,
            start=start,
            end=start + QUARTER,
            until=NOW + timedelta(hours=1),
            quantities=("home",),
        )
    )
    rows = await rows_of(cloud, EVERYTHING, path, start, granularity="15mins")
    truth = simulator.truth("enphase_cloud", EVERYTHING)
    hour = truth["home", "total"].get(start)
    if expected is None:
        assert rows == []
    elif expected == "lacking":
        assert rows == [{key: before[key] for key in before if key != "enwh"}]
    elif expected == "half":
        assert rows == [before | {"enwh": before["enwh"] // 2, "devices_reporting": 1}]
    else:
        assert rows == [before | {"enwh": None if expected == "null" else 0}]
    assert (hour is None) == (kind not in (DistortionKind.CORRECTED, DistortionKind.ESTIMATED))  # fmt: skip
    assert start in truth["solar", "total"]

    clock.advance(timedelta(hours=1))
    assert await rows_of(cloud, EVERYTHING, path, start, granularity="15mins") == [
        before
    ]
    healed = simulator.truth("enphase_cloud", EVERYTHING)["home", "total"][start]
    assert hour is None or healed.kwh > hour.kwh
    assert not healed.estimated
