"""Registers that must not fall, jump or restart before Home Assistant sees them."""

from datetime import timedelta
from typing import Any

import pytest

from custom_components.meter_hub.metering.guard import (
    GuardState,
    HeldReason,
    Rules,
    Verdict,
    check,
)

from .guarded import (
    MINUTE,
    NOON,
    PLAIN,
    WRAP_OF_AN_INVERTER,
    Register,
    booked_by_home_assistant,
)


def test_the_model_books_what_home_assistant_does() -> None:
    assert booked_by_home_assistant([1011, 0, 1012]) == 1012
    assert booked_by_home_assistant([1000, 950, 1001]) == 1
    assert booked_by_home_assistant([26000, 12.345, 12.5]) == 12.5


def test_values_that_grow_or_stay_pass() -> None:
    register = Register()
    values = [56.1, 56.1, 56.113, 58.0]
    assert register.read(*values) == values
    assert register.held == [None] * 4


def test_a_zero_is_never_published_after_a_positive_value() -> None:
    register = Register()
    assert register.read(1011.0, 0.0, 0.0, 0.0, 1012.0) == [1011] * 4 + [1012]
    assert register.held[1:4] == [HeldReason.ZERO] * 3
    assert register.booked == 1


def test_a_register_may_stand_at_zero() -> None:
    assert Register().read(0.0, 0.0, 0.004) == [0.0, 0.0, 0.004]


def test_a_register_that_was_not_ready_at_first_is_not_booked_whole() -> None:
    register = Register()
    register.read(0.0, 1011.0, 1011.5)
    assert register.booked == 0.5


def test_a_dip_is_held_also_where_the_first_reading_was_zero() -> None:
    register = Register()
    register.read(0.0, 100.0, 12.5, 100.2)
    assert register.published == pytest.approx([0.0, 0.0, 0.0, 0.2])


def test_a_dip_is_held() -> None:
    register = Register()
    assert register.read(1000.0, 900.0, 1000.167) == [1000.0, 1000.0, 1000.167]
    assert register.held == [None, HeldReason.DIP, None]


def test_a_restart_is_a_new_cycle_at_the_second_low_reading() -> None:
    register = Register()
    published = register.read(1000.0, 0.001, 0.168, 0.5)
    assert published == [1000.0, 1000.0, 0.168, 0.5]
    assert register.held == [None, HeldReason.RESET_UNCONFIRMED, None, None]
    assert register.booked == 0.5


def test_a_low_value_that_repeats_itself_confirms_nothing() -> None:
    register = Register()
    register.read(1000.0, *[170.0] * 30, 1000.2)
    assert register.published[:-1] == [1000.0] * 31
    assert register.booked == pytest.approx(0.2)


def test_low_values_that_contradict_one_another_confirm_nothing() -> None:
    register = Register()
    assert register.read(6140.0, 170.0, 3000.0, 12.0, 6140.1) == [6140] * 4 + [6140.1]


def test_readings_from_before_the_last_one_change_nothing() -> None:
    register = Register()
    register.read(1000.0, 1000.5)
    state = register.state
    assert state is not None
    late = check(state, 999.0, NOON - MINUTE, None, PLAIN)
    assert late == Verdict(1000.5, state)


def test_a_low_reading_confirms_only_what_is_older() -> None:
    register = Register()
    register.read(1000.0, 0.001)
    register.now -= MINUTE
    assert register.read(0.168) == [1000.0]
    assert register.read(0.169) == [0.169]


def test_a_small_correction_ends_in_the_registers_own_sum() -> None:
    register = Register()
    register.read(1000.0, 999.5, 999.7, 999.9, 1000.3)
    assert register.published == [1000.0, 1000.0, 1000.0, 1000.0, 1000.3]
    assert register.booked == pytest.approx(0.3)


def test_a_fall_too_large_for_a_correction_goes_on_with_an_offset() -> None:
    register = Register(pace=5 * MINUTE)
    register.read(26000.0, 25000.0, 25000.1)
    assert register.held[1:] == [HeldReason.DIP] * 2
    assert register.read(25000.2, 25000.5) == [26000.2, 26000.5]
    assert register.booked == pytest.approx(0.5)


def test_a_new_meter_that_starts_near_zero_is_a_new_cycle() -> None:
    register = Register()
    register.read(26000.0, meter="old")
    assert register.read(12.345, 12.5, meter="new") == [12.345, 12.5]
    assert register.booked == 12.5


@pytest.mark.parametrize("first", [5000.0, 23999.0, 24500.0, 26000.0, 41000.0])
def test_a_used_meter_goes_on_where_the_old_one_ended(first: float) -> None:
    register = Register()
    register.read(26000.0, meter="old")
    assert register.read(first, first + 0.25, meter="new") == [26000.0, 26000.25]
    assert register.booked == 0.25


def test_a_new_meter_that_is_not_seen_as_a_new_cycle_is_counted_all_the_same() -> None:
    register = Register()
    register.read(0.5, meter="old")
    register.read(0.48, 0.6, meter="new")
    assert register.booked == pytest.approx(0.6)


def test_an_unknown_serial_is_no_new_meter() -> None:
    register = Register()
    register.read(26000.0)
    register.read(26000.1, meter="a")
    register.read(26000.2)
    register.read(26000.3, meter="a")
    assert register.published == [26000.0, 26000.1, 26000.2, 26000.3]
    assert register.state is not None
    assert register.state.identity == "a"


def test_a_wrap_goes_on() -> None:
    register = Register(Rules(wrap_at=42949672.96))
    published = register.read(42949672.5, 0.04, 0.54)
    assert published == [42949672.5, 42949673.0, 42949673.5]


def test_a_sum_of_counters_survives_the_wrap_of_some() -> None:
    register = Register(Rules(wrap_at=WRAP_OF_AN_INVERTER))
    register.read(11216.0, 11216.5 - WRAP_OF_AN_INVERTER)
    register.read(11217.0 - 3 * WRAP_OF_AN_INVERTER, 11217.5 - WRAP_OF_AN_INVERTER)
    assert register.published == pytest.approx([11216.0, 11216.5, 11217.0, 11217.5])
    register.read(11218.0)
    assert register.booked == pytest.approx(2.0)


def test_a_wrap_that_misses_a_little_does_not_fall() -> None:
    register = Register(Rules(wrap_at=WRAP_OF_AN_INVERTER))
    register.read(11216.0, 11215.0 - WRAP_OF_AN_INVERTER)
    register.read(11216.5 - WRAP_OF_AN_INVERTER)
    assert register.published == pytest.approx([11216.0, 11216.0, 11216.5])


def test_a_jump_that_does_not_last_is_held() -> None:
    register = Register(Rules(max_rate=20.0))
    assert register.read(1000.0, 2037.0, 1000.1) == [1000.0, 1000.0, 1000.1]
    assert register.held[1] is HeldReason.JUMP


def test_a_jump_that_lasts_is_not_booked() -> None:
    register = Register(Rules(max_rate=20.0), pace=5 * MINUTE)
    register.read(1000.0, 2037.0, 2037.5)
    assert register.held[1:] == [HeldReason.JUMP] * 2
    assert register.read(2038.0, 2038.5) == [1001.0, 1001.5]


def test_quick_readings_are_no_proof_of_a_jump() -> None:
    register = Register(Rules(max_rate=20.0))
    register.read(1000.0, *[2037.0 + minute / 10 for minute in range(10)])
    assert register.published == [1000.0] * 11
    assert register.read(2038.0) == [1001.0]


def test_two_readings_are_no_proof_of_a_jump() -> None:
    register = Register(Rules(max_rate=20.0), pace=30 * MINUTE)
    assert register.read(1000.0, 2037.0, 2037.5) == [1000.0] * 3
    assert register.read(2038.0) == [1001.0]


def test_a_rise_behind_stale_answers_is_held_for_a_reading_only() -> None:
    register = Register(Rules(max_rate=20.0))
    published = register.read(1000.0, 1000.0, 1000.0, 1000.7, 1000.8)
    assert published == [1000.0, 1000.0, 1000.0, 1000.0, 1000.8]


def test_what_an_outage_has_let_pass_is_no_jump() -> None:
    register = Register(Rules(max_rate=20.0), pace=timedelta(days=2))
    assert register.read(1000.0, 1090.0) == [1000.0, 1090.0]


@pytest.mark.parametrize(("first", "other"), [(6140.0, 170.0), (100.0, 87.5)])
@pytest.mark.parametrize("pace", [MINUTE, 15 * MINUTE])
def test_another_counter_of_the_device_is_not_booked_twice(
    first: float, other: float, pace: timedelta
) -> None:
    register = Register(pace=pace)
    register.read(first, other, other + 0.1, other + 0.2, first + 0.3, first + 0.4)
    assert register.booked == pytest.approx(0.4)
    register.read(other + 0.5, first + 0.6)
    assert register.booked == pytest.approx(0.6)


def test_a_restart_is_not_taken_for_a_small_register_that_was_left() -> None:
    register = Register(Rules(max_rate=20.0), pace=5 * MINUTE)
    register.read(15.0, 5000.0, 5000.1, 5000.2, 0.05, 0.1)
    assert register.booked == pytest.approx(0.3)


def test_a_restart_that_was_none_is_not_booked_whole() -> None:
    register = Register(pace=5 * MINUTE)
    register.read(6140.0, 1.0, 1.1, 1.2)
    assert register.booked == pytest.approx(1.2)
    register.read(6141.5, 6141.6)
    assert register.booked == pytest.approx(1.6)


def test_a_restart_that_passed_its_old_value_unseen_is_not_taken_for_a_return() -> None:
    """In five days without a reading it has counted 240 kWh."""
    register = Register(pace=15 * MINUTE)
    register.read(230.25, 0.01, 0.81, 1.01, 9.01)
    register.now += timedelta(days=5)
    assert register.read(249.01, 249.21) == [249.01, 249.21]
    assert register.booked == pytest.approx(249.21)


def test_a_register_returns_after_a_silence_too() -> None:
    """In five days no house uses what the other one would have had to count."""
    register = Register(pace=15 * MINUTE)
    register.read(6140.0, 1.0, 1.1, 1.2)
    register.now += timedelta(days=5)
    register.read(6141.5, 6141.6)
    assert register.booked == pytest.approx(1.6)


@pytest.mark.parametrize(
    ("meter", "first", "scales"),
    [
        (None, 200.0, (1, 30)),
        ("a", 200.0, (1, 30)),
        (None, 200.0, (30, 1)),
        ("a", 0.5, (1, 30)),
        ("a", 12.0, (30, 1)),
        (None, 0.0, (1, 30)),
    ],
)
def test_another_scale_is_no_energy(
    meter: str | None, first: float, scales: tuple[float, float]
) -> None:
    before, after = scales
    register = Register(Rules(scale=before), pace=15 * MINUTE)
    register.read(first * before, (first + 0.125) * before, meter=meter)
    register.rules = Rules(scale=after)
    register.read((first + 0.25) * after, (first + 0.375) * after, meter=meter)
    assert register.held == [None] * 4
    assert register.booked == pytest.approx(0.125 * before + 0.125 * after)


@pytest.mark.parametrize(
    ("stored", "meter", "scale"),
    [("a x 30", "a", 30), (" x 30", None, 30), ("a", "a", 1), (None, None, 1)],
)
def test_an_identity_that_was_stored_with_the_scale_is_no_other_meter(
    stored: str | None, meter: str | None, scale: float
) -> None:
    register = Register(Rules(scale=scale))
    register.read(12.0)
    assert register.state is not None
    data = register.state.to_json() | {"identity": stored}
    del data["scale"]
    register.state = GuardState.from_json(data)
    assert register.read(12.5, meter=meter) == [12.5]
    assert register.booked == 0.5
    assert register.state is not None
    assert register.state.identity == meter


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        [],
        "text",
        {"at": "noon"},
        {
            "at": NOON.isoformat(),
            "raw": None,
            "published": 1.0,
            "offset": 0.0,
            "identity": None,
            "trend": None,
            "former": None,
        },
    ],
)
def test_what_cannot_be_read_is_no_state(data: Any) -> None:
    assert GuardState.from_json(data) is None
