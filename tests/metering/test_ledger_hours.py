"""From intervals of any length to hours."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.meter_hub.metering.ledger import HourEnergy, hourly, united
from custom_components.meter_hub.metering.model import Interval, Quality, Series
from custom_components.meter_hub.metering.vocabulary import Quantity

SERIES = Series("m", Quantity.GRID_IMPORT)
DAY = datetime(2026, 10, 24, 22, tzinfo=UTC)
MEASURED, ESTIMATED, INCOMPLETE = Quality
UNKNOWN = HourEnergy(None, INCOMPLETE)


def at(minute: float) -> datetime:
    return DAY + timedelta(minutes=minute)


def interval(
    start: float, end: float, energy: float | None, quality: Quality = MEASURED
) -> Interval:
    return Interval(SERIES, at(start), at(end), energy, quality)


def hours(
    given_intervals: Iterable[Interval], floor: datetime | None = None
) -> dict[int, HourEnergy]:
    """Return the result by number of the hour."""
    return {
        (hour - DAY) // timedelta(hours=1): energy
        for hour, energy in hourly(given_intervals, floor=floor).items()
    }


def test_hours_are_taken_as_they_are() -> None:
    day = [interval(60 * hour, 60 * hour + 60, hour / 10) for hour in range(25)]
    assert hours(day) == {hour: HourEnergy(hour / 10, MEASURED) for hour in range(25)}


def test_quarters_add_up() -> None:
    quarters = [interval(15 * n, 15 * n + 15, 0.1) for n in range(7)]
    assert hours(quarters) == {0: HourEnergy(0.4, MEASURED), 1: UNKNOWN}


def test_the_worst_part_says_how_good_the_hour_is() -> None:
    assert hours(
        [
            interval(0, 30, 0.1),
            interval(30, 60, 0.2, ESTIMATED),
            interval(60, 75, 0.1, ESTIMATED),
            interval(75, 120, 0.2, INCOMPLETE),
        ]
    ) == {0: HourEnergy(0.3, ESTIMATED), 1: HourEnergy(0.3, INCOMPLETE)}


def test_long_intervals_are_spread_by_time() -> None:
    assert hours(
        [interval(0, 120, 3.0), interval(120, 165, 0.9), interval(165, 210, 0.9)]
    ) == {
        0: HourEnergy(1.5, ESTIMATED),
        1: HourEnergy(1.5, ESTIMATED),
        2: HourEnergy(1.2, ESTIMATED),
        3: UNKNOWN,
    }


def test_a_day_is_spread_without_loss() -> None:
    found = hours([interval(0, 24 * 60, 10.0)])
    energies = [each.energy or 0.0 for each in found.values()]
    assert len(energies) == 24
    assert sum(energies) == pytest.approx(10.0, abs=1e-9)
    assert energies == pytest.approx([10 / 24] * 24, abs=1e-6)


def test_a_value_that_is_not_there_yet_leaves_the_hour_unknown() -> None:
    assert hours(
        [interval(0, 60, 0.2), interval(60, 120, None), interval(120, 180, 0.3)]
    ) == {0: HourEnergy(0.2, MEASURED), 1: UNKNOWN, 2: HourEnergy(0.3, MEASURED)}
    assert hours([interval(0, 30, 0.1), interval(30, 60, None)]) == {0: UNKNOWN}


def test_zero_is_a_value() -> None:
    assert hours([interval(0, 60, 0.0)]) == {0: HourEnergy(0.0, MEASURED)}


def test_the_same_interval_twice_counts_once_and_the_later_one_wins() -> None:
    assert hours([interval(0, 60, 0.2), interval(0, 60, 0.5)]) == {
        0: HourEnergy(0.5, MEASURED)
    }
    assert hours([interval(0, 60, None), interval(0, 60, 0.5)]) == {
        0: HourEnergy(0.5, MEASURED)
    }


def test_the_shorter_one_knows_better() -> None:
    day, hour = interval(0, 180, 3.0), interval(60, 120, 2.5)
    expected = {
        0: HourEnergy(1.0, ESTIMATED),
        1: HourEnergy(2.5, MEASURED),
        2: HourEnergy(1.0, ESTIMATED),
    }
    assert hours([day, hour]) == hours([hour, day]) == expected


def test_a_part_of_an_interval_is_an_estimate() -> None:
    assert hours([interval(0, 60, 1.2), interval(15, 30, 0.1)]) == {
        0: HourEnergy(1.0, ESTIMATED)
    }


def test_an_interval_cut_by_a_longer_one_is_whole() -> None:
    assert hours([interval(0, 60, 1.2), interval(30, 150, 4.0)]) == {
        0: HourEnergy(1.2, MEASURED),
        1: HourEnergy(2.0, ESTIMATED),
        2: UNKNOWN,
    }


def test_the_hour_of_the_floor_is_covered_from_the_floor_on() -> None:
    first = interval(53.1, 60, 0.1)
    assert hours([first], floor=at(53.1)) == {0: HourEnergy(0.1, MEASURED)}
    assert hours([first], floor=at(50)) == {0: UNKNOWN}
    assert hours([first]) == {0: UNKNOWN}


def test_time_before_the_floor_does_not_cover_its_hour() -> None:
    early = interval(35, 50, 0.757)
    assert hours([early], floor=at(55)) == {0: UNKNOWN}
    assert hours([early, interval(52, 58, 0.1)], floor=at(55)) == {0: UNKNOWN}
    assert hours([early, interval(55, 60, 0.1)], floor=at(55)) == {
        0: HourEnergy(0.857, MEASURED)
    }


def test_an_estimate_that_is_held_back_is_known_to_be_one() -> None:
    held = interval(0, 60, None, ESTIMATED)
    assert hours([held]) == {0: HourEnergy(None, ESTIMATED)}
    halves = interval(0, 30, None, ESTIMATED), interval(30, 60, None)
    assert hours(halves) == {0: UNKNOWN}
    assert hours([interval(0, 30, None, ESTIMATED)]) == {0: UNKNOWN}


def test_an_interval_of_no_length_says_nothing() -> None:
    assert hours([interval(5, 5, 1.0)]) == {}


@given(
    st.lists(
        st.tuples(st.integers(1, 100), st.integers(0, 5000), st.booleans()),
        min_size=1,
        max_size=40,
    ),
    st.randoms(use_true_random=False),
)
def test_no_energy_appears_or_vanishes(
    lengths: list[tuple[int, int, bool]], random: object
) -> None:
    parts: list[Interval] = []
    minute = 0
    for length, energy, _ in lengths:
        parts.append(interval(minute, minute + length, energy / 1000))
        minute += length
    end = -(-minute // 60) * 60
    parts.append(interval(minute, end, 0.0))
    repeated = [
        part for part, (_, _, twice) in zip(parts, lengths, strict=False) if twice
    ]
    found = hours(parts + repeated)
    assert set(found) == set(range(end // 60))
    total = sum(each.energy for each in found.values() if each.energy is not None)
    assert total == pytest.approx(sum(e for _, e, _ in lengths) / 1000, abs=1e-6)


def test_of_several_answers_the_last_word_counts() -> None:
    early = {at(0): HourEnergy(1.0, MEASURED), at(60): HourEnergy(2.0, ESTIMATED)}
    late = {at(60): HourEnergy(2.5, ESTIMATED), at(120): UNKNOWN}
    last = {at(0): HourEnergy(1.5, MEASURED)}
    assert united([early, late, last]) == {
        at(0): HourEnergy(1.5, MEASURED),
        at(60): HourEnergy(2.5, ESTIMATED),
        at(120): UNKNOWN,
    }


@pytest.mark.parametrize(
    ("better", "poorer"),
    [
        (HourEnergy(1.0, MEASURED), HourEnergy(2.0, ESTIMATED)),
        (HourEnergy(1.0, MEASURED), UNKNOWN),
        (HourEnergy(1.0, ESTIMATED), UNKNOWN),
    ],
)
def test_a_poorer_answer_takes_nothing_back(
    better: HourEnergy, poorer: HourEnergy
) -> None:
    assert united([{at(0): better}, {at(0): poorer}]) == {at(0): better}
    assert united([{at(0): poorer}, {at(0): better}]) == {at(0): better}
