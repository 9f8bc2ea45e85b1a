"""Distorted readings: what the cloud answers, and what the truth makes of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.simulator import (
    Distortion,
    DistortionKind,
    ExpectedHour,
    MovableClock,
    Simulator,
)

from .conftest import NOW, Client

HOUR = timedelta(hours=1)
BEGIN = datetime(2026, 10, 26, 10, tzinfo=UTC)
END = BEGIN + 3 * HOUR


def _truth(simulator: Simulator, client: Client) -> dict[datetime, ExpectedHour]:
    return simulator.truth("onemeter", client.prosumer)["grid_import", "total"]


def _total(hours: dict[datetime, ExpectedHour]) -> float:
    return sum(hour.kwh for hour in hours.values())


async def _window(client: Client) -> dict[datetime, Any]:
    """Return the import register from an hour before the distortion to one after."""
    rows = await client.rows(
        **{"from": (BEGIN - HOUR).isoformat(), "to": (END + HOUR).isoformat()},
        codes="1_8_0",
    )
    return {datetime.fromisoformat(row["date"]): row.get("1_8_0") for row in rows}


def _distort(kind: DistortionKind, **more: Any) -> Distortion:
    return Distortion(kind, "onemeter", BEGIN, **({"end": END} | more))


async def test_gap(client: Client, simulator: Simulator) -> None:
    before = _truth(simulator, client)
    simulator.add(Distortion(DistortionKind.GAP, "onemeter", BEGIN + HOUR / 2, END))
    after = _truth(simulator, client)

    assert len(await _window(client)) == 21 - 10
    assert set(after) == set(before)
    assert _total(after) == pytest.approx(_total(before))
    estimated = [start for start, hour in after.items() if hour.estimated]
    assert estimated == [BEGIN, BEGIN + HOUR, BEGIN + 2 * HOUR]


async def test_late(client: Client, simulator: Simulator, clock: MovableClock) -> None:
    right = await _window(client)
    before = _truth(simulator, client)
    simulator.add(_distort(DistortionKind.LATE, until=NOW + HOUR))

    assert len(await _window(client)) == len(right) - 12
    assert sum(hour.estimated for hour in _truth(simulator, client).values()) == 4
    clock.advance(HOUR)
    assert await _window(client) == right
    assert before.items() <= _truth(simulator, client).items()


async def test_late_at_the_end_withholds_the_newest(
    client: Client, simulator: Simulator
) -> None:
    simulator.add(
        Distortion(DistortionKind.LATE, "onemeter", NOW - 3 * HOUR, until=NOW + HOUR)
    )
    _, device = await client.get(f"/devices/{client.prosumer}")

    assert device["lastReading"]["date"] == "2026-10-27T09:00:00.000Z"
    assert max(_truth(simulator, client)) == NOW.replace(hour=8, minute=0)


async def test_corrected(
    client: Client, simulator: Simulator, clock: MovableClock
) -> None:
    right = await _window(client)
    before = _truth(simulator, client)
    simulator.add(_distort(DistortionKind.CORRECTED, until=NOW + HOUR))
    wrong = await _window(client)
    during = _truth(simulator, client)

    assert {wrong[at] for at in wrong if BEGIN <= at < END} == {right[BEGIN]}
    assert during[BEGIN].kwh == 0
    assert _total(during) == pytest.approx(_total(before))
    clock.advance(HOUR)
    assert await _window(client) == right
    assert before.items() <= _truth(simulator, client).items()


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (DistortionKind.LACKING, None),
        (DistortionKind.EMPTY, ""),
        (DistortionKind.SENTINEL, 42949672.95),
    ],
)
async def test_registers_without_a_number(
    client: Client, simulator: Simulator, kind: DistortionKind, value: Any
) -> None:
    right = await _window(client)
    simulator.add(_distort(kind, quantities=("grid_import",)))
    wrong = await _window(client)

    assert set(wrong) == set(right)
    assert {wrong[at] for at in wrong if BEGIN <= at < END} == {value}
    assert sum(hour.estimated for hour in _truth(simulator, client).values()) == 4
    exported = simulator.truth("onemeter", client.prosumer)["grid_export", "total"]
    assert not any(hour.estimated for hour in exported.values())


async def test_dip(client: Client, simulator: Simulator) -> None:
    right = await _window(client)
    before = _truth(simulator, client)
    at = BEGIN + HOUR / 2
    simulator.add(
        Distortion(DistortionKind.DIP, "onemeter", at, at + HOUR / 4, amount=5)
    )

    assert (await _window(client))[at] == pytest.approx(right[at] - 5)
    assert _truth(simulator, client) == before


@pytest.mark.parametrize("kind", [DistortionKind.RESET, DistortionKind.SWAP])
async def test_new_registers(
    client: Client, simulator: Simulator, kind: DistortionKind
) -> None:
    before = _truth(simulator, client)
    _, old = await client.get(f"/devices/{client.prosumer}")
    simulator.add(Distortion(kind, "onemeter", BEGIN + HOUR / 3, meter=client.prosumer))
    registers = await _window(client)
    after = _truth(simulator, client)
    _, new = await client.get(f"/devices/{client.prosumer}")

    assert registers[BEGIN + HOUR / 4] > 1000
    assert 0 <= registers[BEGIN + HOUR / 2] < 5
    assert set(after) == set(before)
    assert after[BEGIN].kwh < before[BEGIN].kwh
    assert after[BEGIN + HOUR] == before[BEGIN + HOUR]
    swapped = old["meteringPoint"]["meterID"] != new["meteringPoint"]["meterID"]
    assert swapped is (kind is DistortionKind.SWAP)
    assert swapped is (
        old["lastReading"]["OBIS"]["C_1_0"] != new["lastReading"]["OBIS"]["C_1_0"]
    )
    assert swapped is (
        old["lastReading"]["OBIS"]["0_0_0"] != new["lastReading"]["OBIS"]["0_0_0"]
    )


@pytest.mark.parametrize(("seconds", "estimated"), [(40, 0), (600, 4)])
async def test_a_clock_that_is_off(
    client: Client, simulator: Simulator, seconds: float, estimated: int
) -> None:
    before = _truth(simulator, client)
    simulator.add(_distort(DistortionKind.CLOCK, amount=seconds))
    stamps = set(await _window(client))
    after = _truth(simulator, client)

    assert BEGIN + timedelta(seconds=seconds) in stamps
    assert BEGIN not in stamps
    assert sum(hour.estimated for hour in after.values()) == estimated
    assert _total(after) == pytest.approx(_total(before))


async def test_gone(client: Client, simulator: Simulator, clock: MovableClock) -> None:
    simulator.add(
        Distortion(DistortionKind.GONE, "onemeter", NOW + HOUR, meter=client.consumer)
    )
    _, listed = await client.get("/devices/")
    clock.advance(HOUR)
    _, left = await client.get("/devices/")
    status, body = await client.get(f"/devices/{client.consumer}")

    assert len(listed["devices"]) == 2
    assert [device["_id"] for device in left["devices"]] == [client.prosumer]
    assert (status, body["error"]) == (404, "DeviceNotFound")


async def test_what_a_vendor_can_not_show_is_refused(simulator: Simulator) -> None:
    with pytest.raises(ValueError, match="onemeter can't show estimated"):
        simulator.add(_distort(DistortionKind.ESTIMATED))
    with pytest.raises(ValueError, match="no vendor nobody"):
        simulator.add(Distortion(DistortionKind.GAP, "nobody", BEGIN, END))
