"""Sets of stretches of time, against sets of minutes."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.meter_hub.metering.spans import (
    Spans,
    from_epoch,
    hour_of,
    next_hour,
    to_epoch,
)

START = datetime(2026, 3, 28, 22, tzinfo=UTC)
MINUTES = 300


def at(minute: int) -> datetime:
    return START + timedelta(minutes=minute)


def minutes(spans: Spans) -> set[int]:
    """Return the minutes of a set, the slow and obvious way."""
    return {minute for minute in range(MINUTES) if at(minute) in spans}


@st.composite
def sets(draw: st.DrawFn) -> tuple[Spans, set[int]]:
    """Make a set of stretches in any order, and the set of its minutes."""
    pairs = draw(
        st.lists(
            st.tuples(st.integers(0, MINUTES), st.integers(0, MINUTES)), max_size=6
        )
    )
    spans = Spans.of(*((at(a), at(b)) for a, b in pairs))
    return spans, {minute for a, b in pairs for minute in range(a, b)}


@given(sets(), sets())
def test_combines_like_sets_of_minutes(
    a: tuple[Spans, set[int]], b: tuple[Spans, set[int]]
) -> None:
    assert minutes(a[0]) == a[1]
    assert minutes(a[0] | b[0]) == a[1] | b[1]
    assert minutes(a[0] & b[0]) == a[1] & b[1]
    assert minutes(a[0] - b[0]) == a[1] - b[1]
    assert bool(a[0]) == bool(a[1])


@given(sets(), st.integers(0, MINUTES - 1), st.integers(1, MINUTES))
def test_covers_what_has_no_minute_outside(
    a: tuple[Spans, set[int]], start: int, length: int
) -> None:
    asked = set(range(start, start + length))
    assert a[0].covers(at(start), at(start + length)) == (asked <= a[1])


@given(sets(), sets())
def test_stretches_are_sorted_and_never_touch(
    a: tuple[Spans, set[int]], b: tuple[Spans, set[int]]
) -> None:
    for spans in (a[0] | b[0], a[0] & b[0], a[0] - b[0], a[0].widened()):
        ends = [instant for stretch in spans for instant in stretch]
        assert ends == sorted(set(ends))


@given(sets())
def test_knows_its_hours(a: tuple[Spans, set[int]]) -> None:
    whole = {
        at(60 * hour)
        for hour in range(MINUTES // 60)
        if a[1] >= set(range(60 * hour, 60 * hour + 60))
    }
    touched = {at(60 * (minute // 60)) for minute in a[1]}
    assert set(a[0].hours()) == whole
    assert set(a[0].widened().hours()) == touched
    assert Spans.of_hours(touched) == a[0].widened()


@given(sets())
def test_survives_storage(a: tuple[Spans, set[int]]) -> None:
    assert Spans.from_json(a[0].to_json()) == a[0]


def test_clips() -> None:
    spans = Spans.of((at(0), at(10)), (at(20), at(30)))
    assert list(spans.clip(at(5), at(25))) == [(at(5), at(10)), (at(20), at(25))]


@pytest.mark.parametrize("data", [[[1]], [["a", "b"]], [1], [[1e30, 2e30]], 5])
def test_refuses_what_it_did_not_store(data: object) -> None:
    with pytest.raises((TypeError, ValueError, OverflowError)):
        Spans.from_json(data)  # type: ignore[arg-type]


def test_hours_of_instants() -> None:
    assert hour_of(at(61)) == at(60)
    assert next_hour(at(61)) == at(120)
    assert hour_of(at(60)) == next_hour(at(60)) == at(60)


def test_an_hour_is_a_utc_hour_in_any_zone() -> None:
    kolkata = datetime.fromisoformat("2026-03-29T05:45:00+05:30")
    assert hour_of(kolkata) == datetime(2026, 3, 29, 0, tzinfo=UTC)


def test_instants_survive_storage_to_the_microsecond() -> None:
    instant = datetime(2026, 10, 25, 1, 59, 59, 999999, tzinfo=UTC)
    assert from_epoch(to_epoch(instant)) == instant
