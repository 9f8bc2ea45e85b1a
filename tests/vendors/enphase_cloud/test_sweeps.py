"""What several calls tell together survives a restart as few numbers."""

from datetime import UTC, datetime, timedelta

from custom_components.meter_hub.vendors.enphase_cloud.sweeps import Failure, Packed
from custom_components.meter_hub.vendors.enphase_cloud.telemetry import Row

START = datetime(2026, 12, 10, 23, tzinfo=UTC)
QUARTER, FIVE_MINUTES = timedelta(minutes=15), timedelta(minutes=5)


def rows_of(*energies: float | None, length: timedelta = QUARTER) -> list[Row]:
    """Return rows that follow one another; None leaves one out."""
    return [
        Row(START + length * number, START + length * (number + 1), energy)
        for number, energy in enumerate(energies)
        if energy is not None
    ]


def packed(rows: list[Row]) -> tuple[Row, ...]:
    """Return what is read of stored rows."""
    stored = Packed.of(rows)
    assert stored is not None
    return Packed.from_dict(stored.to_dict()).rows()


def test_rows_are_what_they_were() -> None:
    rows = rows_of(0.1, 0.25, None, 0.0, 0.033)
    rows[1] = Row(rows[1].start, rows[1].end, 0.25, final=False)
    assert list(packed(rows)) == rows
    assert list(packed(rows[::-1])) == rows
    assert Packed.of([]) is None


def test_a_dark_night_before_the_first_light() -> None:
    """One long row must not make the short ones after it long."""
    night = Row(START, START + 7 * timedelta(hours=1), 0.0)
    lit = [
        Row(
            night.end + FIVE_MINUTES * number,
            night.end + FIVE_MINUTES * (number + 1),
            0.01,
        )
        for number in range(3)
    ]
    for rows in ([night], [night, lit[0]], [night, *lit]):
        told = packed(rows)
        assert told[0].start == START
        assert told[-1].end <= rows[-1].end
        assert sum(row.energy or 0 for row in told) == sum(
            row.energy or 0 for row in rows
        )


def test_rows_that_are_off_the_grid() -> None:
    shift = timedelta(seconds=100)
    rows = [
        Row(row.start + shift, row.end + shift, row.energy) for row in rows_of(1, 2)
    ]
    assert list(packed(rows)) == rows


def test_who_fails_again_and_again_waits_longer() -> None:
    now, longest = START, timedelta(hours=1)
    waits: list[timedelta] = []
    failure = None
    for _ in range(4):
        failure = Failure.after(failure, now, longest)
        waits.append(failure.until - now)
    assert waits == [QUARTER, 2 * QUARTER, longest, longest]
