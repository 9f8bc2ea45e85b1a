"""Distorted readings: what the cloud answers, and what the truth makes of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.simulator import (
    Distortion,
    DistortionKind,
    ExpectedHour,
    Flow,
    MovableClock,
    Simulator,
)
from tests.simulator.enegic.minutes import expect_from_minutes
from tests.simulator.house import WATT_MICROSECONDS_PER_KWH
from tests.simulator.truth import RegisterPoint

from ..conftest import NOW
from .conftest import EnegicClient

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
BEGIN = datetime(2026, 10, 26, 10, tzinfo=UTC)
END = BEGIN + 3 * HOUR
RESOLUTION = 0.001


def _truth(
    simulator: Simulator, enegic: EnegicClient, quantity: str = "grid_import"
) -> dict[datetime, ExpectedHour]:
    return simulator.truth("enegic", enegic.prosumer)[quantity, "total"]


def _total(hours: dict[datetime, ExpectedHour]) -> float:
    return sum(hour.kwh for hour in hours.values())


def _estimated(hours: dict[datetime, ExpectedHour]) -> list[datetime]:
    return [start for start, hour in hours.items() if hour.estimated]


async def _window(enegic: EnegicClient) -> dict[datetime, Any]:
    """Return the import register at the ends of minutes around the distortion."""
    points = await enegic.points(BEGIN - HOUR, END + HOUR)
    return {point.end: point.data.get("hwi") for point in points}


def _distort(kind: DistortionKind, **more: Any) -> Distortion:
    return Distortion(kind, "enegic", BEGIN, **({"end": END} | more))


async def test_gap(enegic: EnegicClient, simulator: Simulator) -> None:
    before = _truth(simulator, enegic)
    simulator.add(
        Distortion(DistortionKind.GAP, "enegic", BEGIN + HOUR / 2, END - HOUR / 4)
    )
    registers = await _window(enegic)
    after = _truth(simulator, enegic)

    assert len(registers) == 300 - 135
    assert set(after) == set(before)
    assert _total(after) == pytest.approx(_total(before))
    assert _estimated(after) == [BEGIN, BEGIN + HOUR, BEGIN + 2 * HOUR]
    # The last reading before the gap was taken a minute before it.
    last, first = BEGIN + HOUR / 2 - MINUTE, END - HOUR / 4
    house = enegic.api.house(enegic.prosumer)
    power = house.energy(Flow.GRID_IMPORT, last, first) / ((first - last) / HOUR)
    assert after[BEGIN + HOUR].kwh == pytest.approx(power)


async def test_a_lost_minute_at_a_full_hour_is_replaced_by_the_one_before(
    enegic: EnegicClient, simulator: Simulator
) -> None:
    before = _truth(simulator, enegic)
    simulator.add(Distortion(DistortionKind.GAP, "enegic", BEGIN, BEGIN + MINUTE))
    after = _truth(simulator, enegic)
    lost = enegic.api.house(enegic.prosumer).energy(
        Flow.GRID_IMPORT, BEGIN - MINUTE, BEGIN
    )

    assert _estimated(after) == []
    assert before[BEGIN - HOUR].kwh - after[BEGIN - HOUR].kwh == pytest.approx(lost)
    assert after[BEGIN].kwh - before[BEGIN].kwh == pytest.approx(lost)


async def test_late(
    enegic: EnegicClient, simulator: Simulator, clock: MovableClock
) -> None:
    right = await _window(enegic)
    before = _truth(simulator, enegic)
    simulator.add(_distort(DistortionKind.LATE, until=NOW + HOUR))

    assert len(await _window(enegic)) == len(right) - 180
    # The hour before has a reading at 9:59, which is close enough to its end.
    assert _estimated(_truth(simulator, enegic)) == [
        BEGIN, BEGIN + HOUR, BEGIN + 2 * HOUR,
    ]  # fmt: skip
    clock.advance(HOUR)
    assert await _window(enegic) == right
    assert before.items() <= _truth(simulator, enegic).items()


async def test_late_at_the_end_withholds_the_newest(
    enegic: EnegicClient, simulator: Simulator
) -> None:
    late = NOW.replace(minute=30) - 2 * HOUR
    simulator.add(Distortion(DistortionKind.LATE, "enegic", late, until=NOW + HOUR))
    packets = await enegic.packets()

    assert packets["PhaseMinute"]["ts"] == (late - 2 * MINUTE).timestamp() * 1000
    assert packets["PhaseHour"]["ts"] == datetime(2026, 10, 27, 9, tzinfo=UTC).timestamp() * 1000  # fmt: skip
    assert max(_truth(simulator, enegic)) == datetime(2026, 10, 27, 9, tzinfo=UTC)


async def test_corrected(
    enegic: EnegicClient, simulator: Simulator, clock: MovableClock
) -> None:
    right = await _window(enegic)
    before = _truth(simulator, enegic)
    simulator.add(_distort(DistortionKind.CORRECTED, until=NOW + HOUR))
    wrong = await _window(enegic)
    during = _truth(simulator, enegic)

    assert {wrong[at] for at in wrong if BEGIN <= at < END} == {right[BEGIN]}
    assert during[BEGIN].kwh == 0
    assert _total(during) == pytest.approx(_total(before))
    clock.advance(HOUR)
    assert await _window(enegic) == right
    assert before.items() <= _truth(simulator, enegic).items()


async def test_lacking(enegic: EnegicClient, simulator: Simulator) -> None:
    right = await _window(enegic)
    simulator.add(_distort(DistortionKind.LACKING, quantities=("grid_import",)))
    wrong = await _window(enegic)

    assert set(wrong) == set(right)
    assert {wrong[at] for at in wrong if BEGIN <= at < END} == {None}
    assert len(_estimated(_truth(simulator, enegic))) == 3
    assert _estimated(_truth(simulator, enegic, "grid_export")) == []


async def test_dip(enegic: EnegicClient, simulator: Simulator) -> None:
    right = await _window(enegic)
    before = _truth(simulator, enegic)
    at = BEGIN + HOUR / 2
    simulator.add(Distortion(DistortionKind.DIP, "enegic", at, at + HOUR / 4, amount=5))

    assert (await _window(enegic))[at] == pytest.approx(right[at] - 5)
    assert _truth(simulator, enegic) == before


async def test_reset(enegic: EnegicClient, simulator: Simulator) -> None:
    before = _truth(simulator, enegic)
    at = BEGIN + HOUR / 3
    simulator.add(Distortion(DistortionKind.RESET, "enegic", at))
    registers = await _window(enegic)
    after = _truth(simulator, enegic)
    lost = enegic.api.house(enegic.prosumer).energy(Flow.GRID_IMPORT, at - MINUTE, at)

    assert registers[at - MINUTE] > 1000
    assert registers[at] == 0
    assert set(after) == set(before)
    assert before[BEGIN].kwh - after[BEGIN].kwh == pytest.approx(lost)
    assert after[BEGIN + HOUR] == before[BEGIN + HOUR]
    assert (await enegic.packets())["PhaseMinute"]["data"]["hwi"] == pytest.approx(
        _total({hour: truth for hour, truth in after.items() if hour > BEGIN}), abs=1
    )


async def test_what_the_readings_can_not_show_is_refused(simulator: Simulator) -> None:
    for kind in (
        DistortionKind.SWAP, DistortionKind.CLOCK, DistortionKind.EMPTY, DistortionKind.SENTINEL, DistortionKind.ESTIMATED,
    ):  # fmt: skip
        with pytest.raises(ValueError, match=f"enegic can't show {kind}"):
            simulator.add(_distort(kind))


def _at(minutes: float, kwh: float, segment: datetime | None = None) -> RegisterPoint:
    return RegisterPoint(
        BEGIN + minutes * MINUTE, round(kwh * WATT_MICROSECONDS_PER_KWH), segment
    )


def _found(points: list[RegisterPoint]) -> dict[float, tuple[float, bool]]:
    return {
        (start - BEGIN) / MINUTE: (round(hour.kwh, 6), hour.estimated)
        for start, hour in expect_from_minutes(points, RESOLUTION).items()
    }


def test_of_the_readings_around_an_hour_the_nearest_counts() -> None:
    minutes = [_at(minute, 100 + minute / 60) for minute in range(122)]

    assert _found(minutes) == {0: (1, False), 60: (1, False)}


def test_a_first_reading_just_after_an_hour_counts_as_read_at_it() -> None:
    assert _found([_at(1, 7), _at(2, 7.1), _at(60, 8)]) == {0: (1, False)}
    assert _found([_at(1.5, 7), _at(2, 7.1), _at(60, 8)]) == {0: (1, False)}


def test_the_line_between_readings_begins_at_the_reading() -> None:
    readings = [_at(0, 0), _at(59, 1), _at(179, 3), _at(180, 3.5), _at(240, 4)]

    assert _found(readings) == {
        0: (1, False),
        60: (round(61 / 60, 6), True),
        120: (round(3.5 - 1 - 61 / 60, 6), True),
        180: (0.5, False),
    }


def test_both_lives_of_a_register_count() -> None:
    reset = BEGIN + 20 * MINUTE
    readings = [_at(0, 500), _at(19, 500.3), _at(20, 0, reset), _at(60, 0.2, reset)]

    assert _found(readings) == {0: (0.5, False)}


def test_a_reading_too_low_at_a_full_hour_is_void() -> None:
    readings = [_at(0, 500), _at(59, 500.9), _at(60, 490), _at(62, 501), _at(120, 502)]

    assert _found(readings) == {0: (0.9, False), 60: (1.1, False)}
