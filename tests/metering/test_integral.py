"""Energy that is added up from power."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
import json

from hypothesis import given, strategies as st
import pytest

from custom_components.meter_hub.metering.integral import Integral

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def added(*powers: float, step: timedelta = MINUTE) -> Integral:
    integral = Integral()
    for number, power in enumerate(powers):
        integral = integral.after(power, NOON + number * step, 3 * step)
    return integral


def test_the_first_value_is_no_energy_yet() -> None:
    integral = added(3000)
    assert (integral.positive, integral.negative) == (0, 0)


def test_a_steady_power_is_energy() -> None:
    integral = added(*[3000] * 61)
    assert integral.positive == pytest.approx(3)
    assert integral.negative == 0


def test_the_directions_are_counted_apart() -> None:
    integral = added(-1200, -1200, step=HOUR)
    assert integral.positive == 0
    assert integral.negative == pytest.approx(1.2)


def test_power_changes_evenly_between_two_values() -> None:
    assert added(1000, 3000, step=HOUR).positive == pytest.approx(2)


@pytest.mark.parametrize(("first", "second"), [(3000, -1000), (-1000, 3000)])
def test_each_side_of_a_change_of_sign_counts_for_itself(
    first: float, second: float
) -> None:
    integral = added(first, second, step=HOUR)
    # Three quarters of the hour at 1500 W on average, one quarter at 500 W.
    assert integral.positive == pytest.approx(1.125)
    assert integral.negative == pytest.approx(0.125)


def test_a_gap_is_left_out() -> None:
    integral = added(2000, 2000)
    longest = integral.after(2000, NOON + 4 * MINUTE, 3 * MINUTE)
    assert longest.positive == pytest.approx(integral.positive + 0.1)
    later = integral.after(2000, NOON + 4 * MINUTE + timedelta(seconds=1), 3 * MINUTE)
    assert later.positive == integral.positive
    going_on = later.after(2000, later.at + MINUTE if later.at else NOON, 3 * MINUTE)
    assert going_on.positive == pytest.approx(integral.positive + 2 / 60)


def test_a_clock_that_was_ahead_adds_nothing() -> None:
    ahead = Integral(1, 2, NOON + HOUR, 5000)
    back = ahead.after(5000, NOON, 3 * MINUTE)
    assert (back.positive, back.negative) == (1, 2)
    assert back.after(5000, NOON + MINUTE, 3 * MINUTE).positive > 1


def test_it_survives_a_restart() -> None:
    integral = added(3000, -1000, 500)
    stored = json.loads(json.dumps(integral.to_json()))
    assert Integral.from_json(stored) == integral


@pytest.mark.parametrize(
    "stored",
    [
        None,
        {},
        {"positive": "x", "negative": 0, "at": None, "power": None},
        {"positive": -1, "negative": 0, "at": None, "power": None},
        {"positive": float("nan"), "negative": 0, "at": None, "power": None},
        {"positive": 1, "negative": 1, "at": "yesterday", "power": None},
    ],
)
def test_what_can_not_be_read_begins_at_zero(stored: dict[str, object] | None) -> None:
    assert Integral.from_json(stored) == Integral()


@given(st.lists(st.floats(-20_000, 20_000), min_size=2, max_size=30))
def test_both_directions_together_are_the_net_energy(powers: list[float]) -> None:
    integral = added(*powers)
    net = sum((before + after) / 2 / 60 / 1000 for before, after in pairwise(powers))
    assert integral.positive - integral.negative == pytest.approx(net, abs=1e-9)
    assert integral.positive >= 0
    assert integral.negative >= 0
