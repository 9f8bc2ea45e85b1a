"""What holds for any register behind the guard, whatever it reads and when."""

from collections.abc import Sequence
from datetime import timedelta
import json

from hypothesis import given, strategies as st
import pytest

from custom_components.meter_hub.metering.guard import GuardState, Rules, check

from .guarded import MINUTE, NOON, PLAIN, WRAP_OF_AN_INVERTER, Register

RESOLUTION = 0.001


def stored(state: GuardState) -> GuardState:
    """Take a state through a restart."""
    restored = GuardState.from_json(json.loads(json.dumps(state.to_json())))
    assert restored is not None
    return restored


all_rules = st.builds(
    Rules,
    wrap_at=st.sampled_from([None, 100.0, WRAP_OF_AN_INVERTER]),
    max_rate=st.sampled_from([None, 20.0]),
)
any_reading = st.tuples(
    st.sampled_from([0.0, 0.1, 0.2, 5.0, 95.0, 99.9, 100.0, 100.1, 1250.0, 1293.1])
    | st.floats(0, 2000),
    st.sampled_from([-60, 0, 60, 300, 3600, 86_400]),
    st.sampled_from([None, None, None, "a", "b"]),
)


@given(all_rules, st.lists(any_reading, min_size=1, max_size=25))
def test_a_restart_changes_no_verdict(
    rules: Rules, readings: Sequence[tuple[float, int, str | None]]
) -> None:
    now = NOON
    state: GuardState | None = None
    for value, seconds, meter in readings:
        now += timedelta(seconds=seconds)
        verdict = check(state, value, now, meter, rules)
        if state is not None:
            assert check(stored(state), value, now, meter, rules) == verdict
        state = verdict.state


@given(all_rules, st.lists(any_reading, min_size=1, max_size=25))
def test_published_values_fall_only_for_a_new_cycle_near_zero(
    rules: Rules, readings: Sequence[tuple[float, int, str | None]]
) -> None:
    now = NOON
    state: GuardState | None = None
    last = 0.0
    for value, seconds, meter in readings:
        now += timedelta(seconds=seconds)
        verdict = check(state, value, now, meter, rules)
        state = verdict.state
        assert verdict.value == state.published
        if verdict.value < last:
            assert verdict.value < 0.9 * last
            assert verdict.value == value <= 20
        last = verdict.value


distorted_step = st.tuples(
    st.integers(0, 400),
    st.sampled_from(["true", "true", "zero", "dip", "repeat"]),
    st.floats(0, 0.999),
    st.integers(1, 3),
    st.booleans(),
)


@given(
    st.integers(100_000, 60_000_000),
    st.booleans(),
    st.sampled_from([PLAIN, Rules(max_rate=50.0), Rules(wrap_at=42949672.96)]),
    st.lists(distorted_step, max_size=30),
)
def test_only_what_was_measured_is_booked(
    first: int,
    starts_with_zero: bool,
    rules: Rules,
    distorted: list[tuple[int, str, float, int, bool]],
) -> None:
    """A true register, with glitches between any two of its readings.

    Two dips that differ are no glitch: where they grow, so does a new register.
    """
    register = Register(rules)
    if starts_with_zero:
        register.read(0.0)
    register.read(first * RESOLUTION)
    true = last_true = first
    measured_at = register.now - MINUTE
    for growth, event, share, times, restarts in distorted:
        true += growth
        if event == "zero":
            register.read(*[0.0] * times)
        elif event == "dip" and register.held[-1] is None:
            register.read(*[round(true * share) * RESOLUTION] * times)
        elif event == "repeat":
            register.read(*[last_true * RESOLUTION] * times, at=measured_at)
        else:
            last_true, measured_at = true, register.now
            register.read(true * RESOLUTION)
            assert register.booked == pytest.approx(
                (true - first) * RESOLUTION, abs=RESOLUTION
            )
        assert register.booked <= (true - first) * RESOLUTION + RESOLUTION
        if restarts:
            assert register.state is not None
            register.state = stored(register.state)
    register.read(true * RESOLUTION)
    assert register.booked == pytest.approx((true - first) * RESOLUTION, abs=RESOLUTION)


another_life = st.tuples(
    st.sampled_from(["reset", "new meter", "used meter"]),
    st.integers(20_001, 80_000_000),
    st.lists(st.integers(1, 400), min_size=2, max_size=6),
    st.booleans(),
)


@given(
    st.integers(20_000, 60_000_000),
    st.lists(another_life, max_size=4),
)
def test_a_register_that_restarts_is_counted_from_zero_and_a_used_one_from_its_start(
    first: int, lives: list[tuple[str, int, list[int], bool]]
) -> None:
    """A true register that is read each minute through resets and swaps."""
    register = Register()
    register.read(first * RESOLUTION, meter="0")
    raw, measured, serial = first, 0, 0
    for event, used, growths, glitches in lives:
        if event == "reset" and raw * 0.9 <= sum(growths):
            continue
        serial += event != "reset"
        raw = 0
        if event == "used meter":
            raw = used
            register.read(raw * RESOLUTION, meter=str(serial))
        for growth in growths:
            raw += growth
            measured += growth
            register.read(raw * RESOLUTION, meter=str(serial))
            if glitches:
                register.read(0.0, meter=str(serial))
        assert register.booked == pytest.approx(measured * RESOLUTION, abs=RESOLUTION)
