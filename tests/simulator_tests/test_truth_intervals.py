"""The hours that follow from published intervals."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.simulator.truth import PublishedInterval, expect_from_intervals

HOUR = timedelta(hours=1)
START = datetime(2026, 10, 24, tzinfo=UTC)
STEP = 0.001


def _from(
    begin: float, end: float, kwh: float | None, *, estimated: bool = False
) -> PublishedInterval:
    return PublishedInterval(
        START + begin * HOUR, START + end * HOUR, kwh, STEP, estimated
    )


def _found(*intervals: PublishedInterval) -> dict[float, tuple[float, bool]]:
    return {
        (start - START) / HOUR: (round(hour.kwh, 6), hour.estimated)
        for start, hour in expect_from_intervals(intervals).items()
    }


def test_an_hour_is_what_was_published_of_it() -> None:
    assert _found(_from(1, 2, 0.0), _from(0, 1, 0.467), _from(5, 6, 0.321)) == {
        0: (0.467, False),
        1: (0.0, False),
        5: (0.321, False),
    }


def test_parts_of_an_hour_add_up_with_their_resolutions() -> None:
    quarters = [_from(number / 4, (number + 1) / 4, 0.1) for number in range(4)]
    expected = expect_from_intervals(quarters)

    assert expected[START].kwh == pytest.approx(0.4)
    assert expected[START].tolerance == pytest.approx(4 * STEP, abs=1e-5)
    assert _found(*quarters[:3]) == {}


def test_an_hour_with_an_unknown_part_is_not_expected() -> None:
    assert _found(_from(0, 0.5, 0.2), _from(0.5, 1, None), _from(1, 2, None)) == {}


def test_one_estimate_makes_the_hour_estimated() -> None:
    assert _found(
        _from(0, 0.5, 0.2), _from(0.5, 1, 0.3, estimated=True), _from(1, 2, 0.4)
    ) == {0: (0.5, True), 1: (0.4, False)}


def test_an_interval_over_hours_is_spread_evenly() -> None:
    assert _found(_from(0.5, 3.5, 3.0), _from(3.5, 4, 0.25)) == {
        1: (1.0, True),
        2: (1.0, True),
        3: (0.75, True),
    }


def test_hours_before_since_are_not_expected() -> None:
    intervals = [_from(0, 1, 1.0), _from(1, 2, 2.0)]

    assert list(expect_from_intervals(intervals, START + HOUR)) == [START + HOUR]
