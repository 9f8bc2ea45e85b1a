"""The truth check: right rows pass, and every mutant of them fails."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate

import pytest

from tests.simulator import ExpectedHour, Flow, Row, check, default_houses
from tests.simulator.house import WATT_MICROSECONDS_PER_KWH
from tests.simulator.truth import RegisterPoint, expect_from_registers

HOUR = timedelta(hours=1)
START = datetime(2026, 10, 24, tzinfo=UTC)
HOURS = 72
FOLD = 25
"""The hour 01:00 UTC on 25 October: the second 02:00 in Warsaw."""

type Mutant = Callable[[list[Row]], list[Row]]


def _rows(flow: Flow, drop: int | None = None) -> list[Row]:
    house = default_houses()[0]
    starts = [START + number * HOUR for number in range(HOURS) if number != drop]
    energies = [house.energy(flow, start, start + HOUR) for start in starts]
    return [
        Row(*row) for row in zip(starts, energies, accumulate(energies), strict=True)
    ]


def _expected() -> dict[datetime, ExpectedHour]:
    return {
        row.start: ExpectedHour(row.state, 0.01, False)
        for row in _rows(Flow.GRID_IMPORT)
    }


def _at(hours: float, kwh: float, segment: datetime | None = None) -> RegisterPoint:
    return RegisterPoint(
        START + hours * HOUR, round(kwh * WATT_MICROSECONDS_PER_KWH), segment
    )


def _found(points: list[RegisterPoint]) -> dict[float, tuple[float, bool]]:
    return {
        (start - START) / HOUR: (round(hour.kwh, 6), hour.estimated)
        for start, hour in expect_from_registers(points, 0.01).items()
    }


def test_the_right_rows_pass() -> None:
    verdict = check(reversed(_rows(Flow.GRID_IMPORT)), _expected())

    assert verdict.ok, verdict.problems()
    assert verdict.hours == HOURS
    assert verdict.energy_kwh > 10
    assert verdict.max_error_kwh == 0


def test_rounding_within_the_tolerance_passes() -> None:
    rows = [
        replace(row, state=row.state + 0.004) for row in _rows(Flow.GRID_IMPORT)[:1]
    ]
    rows += _rows(Flow.GRID_IMPORT)[1:]
    verdict = check(rows, _expected())

    assert verdict.ok, verdict.problems()
    assert verdict.max_error_kwh == pytest.approx(0.004)


@pytest.mark.parametrize(
    ("mutant", "problem"),
    [
        (lambda rows: [replace(row, start=row.start + HOUR) for row in rows], "1 missing"),
        (lambda rows: [replace(row, start=row.start - HOUR) for row in rows], "1 extra"),
        (lambda rows: _rows(Flow.GRID_EXPORT), "wrong"),
        (lambda rows: rows[:10] + rows[11:], "1 missing"),
        (lambda rows: _rows(Flow.GRID_IMPORT, drop=FOLD), "1 missing (first 2026-10-25T01:"),
        (lambda rows: [*rows[:9], rows[8], *rows[9:]], "1 doubled"),
        (lambda rows: [replace(row, sum=row.sum + (row.start > rows[5].start)) for row in rows], "1 sum_errors"),
        (lambda rows: [*rows, Row(rows[-1].start + HOUR, 0.0, rows[-1].sum)], "1 extra"),
        (lambda rows: [replace(row, state=row.state * 1000, sum=row.sum * 1000) for row in rows], "kWh off"),
        (lambda rows: [replace(row, state=float("nan")) for row in rows], "72 wrong"),
        (lambda rows: [], "72 missing"),
    ],
    ids=[
        "an hour late", "an hour early", "import and export swapped", "an hour lost",
        "the fold hour lost", "a row twice", "a jump of the sum", "a row too many",
        "wrong unit", "not a number", "nothing",
    ],
)  # fmt: skip
def test_mutants_fail(mutant: Mutant, problem: str) -> None:
    verdict = check(mutant(_rows(Flow.GRID_IMPORT)), _expected())

    assert not verdict.ok
    assert problem in verdict.problems()


def test_small_errors_that_add_up_fail() -> None:
    rows = _rows(Flow.GRID_IMPORT)
    states = [row.state + 0.009 for row in rows]
    drifting = [
        Row(row.start, state, total)
        for row, state, total in zip(rows, states, accumulate(states), strict=True)
    ]
    verdict = check(drifting, _expected())

    assert not verdict.wrong
    assert "total is" in verdict.problems()


def test_an_empty_truth_fails_even_if_the_rows_are_empty_too() -> None:
    assert check([], {}).problems() == "no energy at all"


def test_hours_between_readings_at_full_hours_are_measured() -> None:
    points = [
        _at(0, 100),
        _at(0.25, 100.1),
        _at(0.75, 100.3),
        _at(1, 100.5),
        _at(1.25, 100.6),
    ]

    assert _found(points) == {0: (0.5, False)}


def test_the_first_hour_counts_from_the_first_reading() -> None:
    assert _found([_at(0.885, 7), _at(1, 7.05), _at(2, 7.65)]) == {
        0: (0.05, False),
        1: (0.6, False),
    }


def test_a_reading_missed_at_a_full_hour_is_estimated_on_both_sides() -> None:
    points = [_at(0, 100), _at(0.75, 100.3), _at(1.25, 100.9), _at(2, 101.5)]

    assert _found(points) == {0: (0.6, True), 1: (0.9, True)}


def test_a_long_gap_is_spread_evenly_and_its_total_is_exact() -> None:
    points = [_at(0, 10), _at(1, 11), _at(31, 41), _at(32, 45)]
    found = _found(points)

    assert len(found) == 32
    assert [found[hour] for hour in (0, 1, 30, 31)] == [
        (1, False),
        (1, True),
        (1, True),
        (4, False),
    ]
    assert sum(kwh for kwh, _ in found.values()) == 35


def test_energy_across_a_new_meter_is_unknown() -> None:
    swap = START + 1.25 * HOUR
    points = [
        _at(0, 5000),
        _at(1, 5000.4),
        _at(1.5, 0.05, swap),
        _at(2, 0.25, swap),
        _at(3, 0.65, swap),
    ]

    assert _found(points) == {0: (0.4, False), 1: (0.2, False), 2: (0.4, False)}


def test_a_register_that_dips_is_void_until_it_has_recovered() -> None:
    points = [_at(0, 500), _at(0.25, 499.98), _at(1, 500.3), _at(2, 500.4)]

    assert _found(points) == {0: (0.3, False), 1: (0.1, False)}


def test_a_reading_within_a_minute_of_the_hour_is_the_hours() -> None:
    near = timedelta(seconds=50) / HOUR

    assert _found([_at(0, 1), _at(1 + near, 2), _at(2 - near, 3)]) == {
        0: (1, False),
        1: (1, False),
    }


def test_hours_before_since_are_not_expected() -> None:
    points = [_at(0, 1), _at(1, 2), _at(2, 4)]

    assert list(expect_from_registers(points, 0.01, START + HOUR)) == [START + HOUR]
