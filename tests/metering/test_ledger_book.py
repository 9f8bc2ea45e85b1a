"""Writing rows: whatever is cut short, the sums come right again."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import accumulate

from hypothesis import given, strategies as st
import pytest

from custom_components.meter_hub.metering.ledger import Book, Chunk, Row, Shift

from .fake_recorder import FakeRecorder, KilledError

FIRST = datetime(2026, 10, 4, 22, tzinfo=UTC)


def hour(number: int) -> datetime:
    return FIRST + timedelta(hours=number)


def assert_holds(recorder: FakeRecorder, truth: Mapping[datetime, float]) -> None:
    """Check the exact set of hours, each energy and each running sum."""
    assert recorder.states() == pytest.approx(dict(sorted(truth.items())), abs=5e-7)
    expected = list(accumulate(energy for _, energy in sorted(truth.items())))
    assert recorder.sums() == pytest.approx(expected, abs=1e-6)
    assert recorder.read().repairs() == ()


def test_an_empty_book() -> None:
    book = Book()
    assert (len(book), book.total, list(book.hours)) == (0, 0.0, [])
    assert book.repairs() == ()
    assert book.next_chunk({}) is None
    assert book.state_at(hour(0)) is None


def test_the_first_rows_begin_at_their_own_energy() -> None:
    assert Book().next_chunk({hour(1): 0.2, hour(0): 0.1}) == Chunk(
        (Row(hour(0), 0.1, 0.1), Row(hour(1), 0.2, 0.3)), None
    )


def test_a_late_correction_rewrites_its_row_and_moves_the_rest() -> None:
    book = Book(
        [
            Row(hour(-1), 100.0, 100.0),
            Row(hour(0), 0.5, 100.5),
            Row(hour(1), 0.25, 100.75),
            Row(hour(2), 0.4, 101.15),
            Row(hour(3), 0.3, 101.45),
        ]
    )
    chunk = book.next_chunk({hour(1): 0.25, hour(2): 0.7})
    assert chunk == Chunk((Row(hour(2), 0.7, 101.45),), Shift(hour(3), 0.3))
    book.apply(chunk)
    assert book.total == pytest.approx(101.75)
    assert book.state_at(hour(2)) == 0.7
    assert book.repairs() == ()
    assert book.next_chunk({hour(1): 0.25, hour(2): 0.7}) is None


def test_a_late_hour_is_inserted() -> None:
    recorder = FakeRecorder()
    recorder.write({hour(4): 0.2, hour(6): 0.3})
    recorder.write({hour(5): 0.6})
    assert_holds(recorder, {hour(4): 0.2, hour(5): 0.6, hour(6): 0.3})


def test_a_day_that_failed_is_inserted_and_the_next_day_rises() -> None:
    recorder = FakeRecorder()
    days = [{hour(24 * day + h): h / 10 + day for h in range(24)} for day in range(3)]
    recorder.write(days[0] | days[2])
    before = recorder.sums()[24:]
    recorder.write(days[1])
    assert recorder.sums()[48:] == pytest.approx(
        [total + sum(days[1].values()) for total in before]
    )
    assert_holds(recorder, days[0] | days[1] | days[2])


def test_history_is_put_before_the_first_row() -> None:
    recorder = FakeRecorder()
    recorder.write({hour(n): 0.1 for n in range(100, 200)})
    recorder.write({hour(n): 0.2 for n in range(100)})
    assert_holds(recorder, {hour(n): 0.2 if n < 100 else 0.1 for n in range(200)})


def test_rows_that_are_right_are_not_written_again() -> None:
    recorder = FakeRecorder()
    wanted = {hour(n): round(n / 7, 6) for n in range(500)}
    recorder.write(wanted)
    written = recorder.written
    recorder.write({start: energy + 1e-7 for start, energy in wanted.items()})
    assert recorder.written == written


def test_a_chunk_is_bounded_and_spans_no_long_untouched_stretch() -> None:
    book = Book(Row(hour(n), 1.0, n + 1.0) for n in range(1000))
    near = book.next_chunk({hour(10): 2.0, hour(20): 2.0})
    assert near is not None
    assert [row.start for row in near.rows] == [hour(n) for n in range(10, 21)]
    assert near.shift == Shift(hour(21), 2.0)
    far = book.next_chunk({hour(10): 2.0, hour(900): 2.0})
    assert far == Chunk((Row(hour(10), 2.0, 12.0),), Shift(hour(11), 1.0))
    limited = book.next_chunk({hour(n): 2.0 for n in range(1000)}, limit=100)
    assert limited is not None
    assert len(limited.rows) == 100
    bridging = book.next_chunk({hour(10): 2.0, hour(20): 2.0}, limit=10)
    assert bridging is not None
    assert len(bridging.rows) == 1


def test_a_change_that_moves_nothing_needs_no_shift() -> None:
    book = Book(Row(hour(n), 1.0, n + 1.0) for n in range(5))
    assert book.next_chunk({hour(1): 1.5, hour(2): 0.5}) == Chunk(
        (Row(hour(1), 1.5, 2.5), Row(hour(2), 0.5, 3.0)), None
    )


def test_a_kill_between_rows_and_shift_is_repaired() -> None:
    recorder = FakeRecorder()
    recorder.write({hour(5): 1.0, hour(6): 2.0})
    recorder.transactions_left = 1
    with pytest.raises(KilledError):
        recorder.write({hour(4): 4.0})
    assert recorder.read().repairs() == (Shift(hour(5), 4.0),)
    recorder.transactions_left = None
    recorder.write({})
    assert_holds(recorder, {hour(4): 4.0, hour(5): 1.0, hour(6): 2.0})


def test_a_first_sum_that_is_not_its_energy_is_repaired() -> None:
    book = Book([Row(hour(0), 1.0, 51.0), Row(hour(1), 2.0, 53.0)])
    assert book.repairs() == (Shift(hour(0), -50.0),)
    book.move(book.repairs()[0])
    assert book.repairs() == ()
    assert book.total == 3.0


def test_several_breaks_are_repaired_in_order() -> None:
    book = Book(
        [
            Row(hour(0), 1.0, 1.0),
            Row(hour(1), 1.0, 12.0),
            Row(hour(2), 1.0, 13.0),
            Row(hour(3), 1.0, 9.0),
        ]
    )
    shifts = book.repairs()
    assert shifts == (Shift(hour(1), -10.0), Shift(hour(3), 5.0))
    for shift in shifts:
        book.move(shift)
    assert book.repairs() == ()
    assert book.total == 4.0


@pytest.mark.parametrize("total", [0.0, 1e6, 1e9])
def test_the_noise_of_floats_is_not_repaired(total: float) -> None:
    recorder = FakeRecorder()
    recorder.write({hour(0): total} | {hour(n): 0.123457 for n in range(1, 100)})
    for by in (0.1, 0.7, 1e-3, -0.3) * 50:
        recorder.move(Shift(hour(0), by))
    off = sum((0.1, 0.7, 1e-3, -0.3)) * 50
    repairs = recorder.read().repairs()
    assert [shift.start for shift in repairs] == [hour(0)]
    assert repairs[0].by == pytest.approx(-off, abs=1e-5)


def test_two_years_of_ten_series() -> None:
    """Grow at the end hour by hour, then get the year before, in bounded chunks."""
    year = 8760
    book = Book(Row(hour(n), 0.5, (n + 1) / 2) for n in range(2 * year))
    for n in range(2 * year, 2 * year + 500):
        chunk = book.next_chunk({hour(n): 0.25})
        assert chunk is not None
        assert len(chunk.rows) == 1
        book.apply(chunk)
    chunks = 0
    wanted = {hour(-n): 1.0 for n in range(1, year + 1)}
    while chunk := book.next_chunk(wanted):
        book.apply(chunk)
        chunks += 1
    assert chunks == 9
    assert book.total == pytest.approx(year + 125 + year)
    assert len(book) == 3 * year + 500
    assert list(book.hours) == [(hour(-year), hour(2 * year + 500))]
    assert book.repairs() == ()


energies = st.integers(0, 5_000_000).map(lambda micro: micro / 1_000_000)
hours = st.integers(0, 150)
answers = st.dictionaries(hours, energies, max_size=25)
stretches = st.builds(
    lambda first, values: {first + n: value for n, value in enumerate(values)},
    hours,
    st.lists(energies, min_size=1, max_size=60),
)


@given(
    st.lists(
        st.tuples(
            answers | stretches,
            st.none() | st.integers(0, 6),
            st.sampled_from([1, 2, 7, 1000]),
        ),
        min_size=1,
        max_size=8,
    ),
    st.booleans(),
)
def test_any_answers_cut_short_anywhere_end_in_the_truth(
    steps: list[tuple[dict[int, float], int | None, int]], restarts: bool
) -> None:
    recorder = FakeRecorder()
    book: Book | None = None
    truth: dict[datetime, float] = {}
    for answer, kill_after, limit in steps:
        wanted = {hour(number): energy for number, energy in answer.items()}
        truth |= wanted
        recorder.transactions_left = kill_after
        try:
            book = recorder.write(wanted, limit, book)
        except KilledError:
            book = None
        if restarts:
            book = None
    recorder.transactions_left = None
    recorder.write(truth, book=book)
    assert_holds(recorder, truth)


@given(st.lists(answers | stretches, min_size=1, max_size=6), st.integers(1, 50))
def test_the_book_equals_the_recorder_all_the_time(
    steps: list[dict[int, float]], limit: int
) -> None:
    recorder = FakeRecorder()
    book = Book()
    for answer in steps:
        wanted = {hour(number): energy for number, energy in answer.items()}
        while chunk := book.next_chunk(wanted, limit):
            assert len(chunk.rows) <= limit
            recorder.add(chunk.rows)
            if chunk.shift:
                recorder.move(chunk.shift)
            book.apply(chunk)
            again = recorder.read()
            assert list(book.hours) == list(again.hours)
            assert book.total == again.total
            assert again.repairs() == ()
            for row in recorder.rows.values():
                assert book.state_at(row.start) == row.state
