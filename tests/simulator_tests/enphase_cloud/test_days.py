"""Days since the beginning, and the registers of meters."""

from datetime import UTC, date, datetime, timedelta
import itertools
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.simulator import Distortion, DistortionKind, Flow, MovableClock, Simulator
from tests.simulator.enphase_cloud import EnphaseCloudApi

from ..conftest import INSTALLED, NOW
from .conftest import CHARGER, EVERYTHING, MICROS, NO_BATTERY, CloudClient

BEGIN = INSTALLED.replace(hour=10, minute=0, second=0)
WARSAW = ZoneInfo("Europe/Warsaw")
LIFETIMES = {
    "energy_lifetime": {"production": Flow.SOLAR},
    "consumption_lifetime": {"consumption": Flow.HOME},
    "energy_import_lifetime": {"import": Flow.GRID_IMPORT},
    "energy_export_lifetime": {"export": Flow.GRID_EXPORT},
    "battery_lifetime": {
        "charge": Flow.BATTERY_CHARGE,
        "discharge": Flow.BATTERY_DISCHARGE,
    },
}


def _days(api: EnphaseCloudApi, meter: str, flow: Flow, zone: ZoneInfo) -> list[Any]:
    """Return what the house did on each whole local day, and on the first."""
    starts = [
        datetime(2026, 10, day, tzinfo=zone).astimezone(UTC) for day in range(20, 28)
    ]
    starts[0] = BEGIN
    return [
        pytest.approx(1000 * api.house(meter).energy(flow, start, end), abs=1)
        for start, end in itertools.pairwise(starts)
    ]


@pytest.mark.parametrize("path", LIFETIMES)
async def test_days_are_local_and_whole(
    cloud: CloudClient, api: EnphaseCloudApi, path: str
) -> None:
    body = await cloud.get(f"/{EVERYTHING}/{path}")
    assert body["start_date"] == "2026-10-20"
    for field, flow in LIFETIMES[path].items():
        assert body[field] == _days(api, EVERYTHING, flow, WARSAW)
    part = await cloud.get(
        f"/{EVERYTHING}/{path}", start_date="2026-10-25", end_date="2026-10-25"
    )
    for field in LIFETIMES[path]:
        assert part[field] == body[field][5:6]
    assert part["start_date"] == "2026-10-25"


async def test_days_are_those_of_the_systems_zone(
    cloud: CloudClient, api: EnphaseCloudApi
) -> None:
    body = await cloud.get(f"/{MICROS}/energy_lifetime", production="all")
    assert body["production"] == _days(
        api, MICROS, Flow.SOLAR, ZoneInfo("America/Los_Angeles")
    )
    assert "meter_start_date" not in body


async def test_metered_systems_have_both_productions(cloud: CloudClient) -> None:
    body = await cloud.get(f"/{NO_BATTERY}/energy_lifetime", production="all")
    assert body["meter_start_date"] == "2026-10-21"
    assert body["production"] == [
        *body["micro_production"][:1],
        *body["meter_production"][1:],
    ]


async def test_the_chargers_days(cloud: CloudClient, api: EnphaseCloudApi) -> None:
    path = f"/{EVERYTHING}/ev_charger/{CHARGER}/lifetime"
    body = await cloud.get(path, start_date="20260901")
    assert body["start_date"] == "2026-10-20"
    assert body["consumption"] == _days(api, CHARGER, Flow.EV_CHARGE, WARSAW)
    body = await cloud.get(path, start_date="20261021", end_date="20261022")
    assert len(body["consumption"]) == 2
    for query in ({}, {"start_date": "2026-10-21"}, {"start_date": "20261101"}):
        status, body = await cloud.ask(path, **query)
        assert (status, body["details"]) == (400, ["Invalid start_date/end_date"])


async def test_a_start_before_the_beginning_is_moved(cloud: CloudClient) -> None:
    path = f"/{EVERYTHING}/consumption_lifetime"
    whole = await cloud.get(path)
    assert await cloud.get(path, start_date="2024-01-01") == whole


@pytest.mark.parametrize(
    ("query", "details"),
    [
        ({"start_date": "2026-10-28"}, "Requested date is in the future"),
        ({"end_date": "2026-10-28"}, "Requested date is in the future"),
        (
            {"start_date": "2026-10-26", "end_date": "2026-10-25"},
            "Requested date range is invalid for this system",
        ),
    ],
)
async def test_days_that_cannot_be_are_refused(
    cloud: CloudClient, query: dict[str, str], details: str
) -> None:
    status, body = await cloud.ask(f"/{EVERYTHING}/battery_lifetime", **query)
    assert (status, body["details"]) == (422, details)


async def test_what_never_was_has_no_days(
    cloud: CloudClient, clock: MovableClock
) -> None:
    body = await cloud.get(f"/{MICROS}/battery_lifetime")
    assert (body["start_date"], body["charge"], body["discharge"]) == (None, [], [])
    clock.at = INSTALLED + timedelta(hours=1)
    body = await cloud.get(f"/{EVERYTHING}/energy_lifetime")
    assert (body["start_date"], body["production"]) == (None, [])


async def test_late_days_are_zeros_at_first(
    cloud: CloudClient, simulator: Simulator
) -> None:
    path = f"/{EVERYTHING}/consumption_lifetime"
    whole = (await cloud.get(path))["consumption"]
    simulator.add(
        Distortion(
            DistortionKind.LATE,
            "enphase_cloud",
            meter=EVERYTHING,
            start=datetime(2026, 10, 26, tzinfo=WARSAW),
            until=NOW + timedelta(days=1),
        )
    )
    late = await cloud.get(path)
    assert late["consumption"] == [*whole[:-1], 0]
    assert late["meta"]["last_energy_at"] == int(
        datetime(2026, 10, 26, tzinfo=WARSAW).timestamp()
    )


async def test_registers_are_the_production_since_the_beginning(
    cloud: CloudClient, api: EnphaseCloudApi, simulator: Simulator
) -> None:
    async def registers(**query: int) -> dict[str, tuple[int, int]]:
        body = await cloud.get(f"/{EVERYTHING}/production_meter_readings", **query)
        return {
            reading["serial_num"]: (reading["value"], reading["read_at"])
            for reading in body["meter_readings"]
        }

    house = api.house(EVERYTHING)
    newest = NOW.replace(minute=0)
    total = pytest.approx(1000 * house.energy(Flow.SOLAR, BEGIN, newest), abs=1)
    first = await registers()
    assert len(first) == 2
    assert sum(value for value, _ in first.values()) == total
    assert {at for _, at in first.values()} == {int(newest.timestamp())}

    swapped = NOW - timedelta(days=2)
    earlier = int((swapped - timedelta(minutes=7)).timestamp())
    before = await registers(end_at=earlier)
    assert {at for _, at in before.values()} == {earlier}
    simulator.add(
        Distortion(
            DistortionKind.SWAP, "enphase_cloud", meter=EVERYTHING, start=swapped
        )
    )
    after = await registers()
    assert len(after) == 3
    assert sum(value for value, _ in after.values()) == total
    old, new = (after[serial] for serial in sorted(after.keys() - [max(first)]))
    assert old[0] + new[0] == first[min(first)][0]
    assert old[1] < new[1]
    body = await cloud.get(f"/{MICROS}/production_meter_readings")
    assert body["meter_readings"] == []


async def test_the_summary_adds_up(cloud: CloudClient) -> None:
    summary = await cloud.get(f"/{MICROS}/summary")
    days = await cloud.get(f"/{MICROS}/energy_lifetime")
    assert (
        summary["energy_lifetime"] == sum(days["production"]) + summary["energy_today"]
    )
    assert summary["source"] == "microinverters"
    assert summary["size_w"] == 16 * 360
    assert summary["summary_date"] == date(2026, 10, 27).isoformat()
    summary = await cloud.get(f"/{EVERYTHING}/summary")
    assert summary["source"] == "meter"
    assert summary["battery_capacity_wh"] == 5000
    assert summary["battery_charge_w"] == 3000
    assert 0 < summary["energy_today"] < summary["energy_lifetime"]
