"""The hourly rows that follow from what a vendor has published, and their check.

Independent of the integration. Where a vendor publishes registers, the expectation
comes from the house, and the published readouts only say which hours can be known;
where it publishes the energy of intervals, that is the expectation.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from .house import WATT_MICROSECONDS_PER_KWH

HOUR = timedelta(hours=1)
SNAP = timedelta(seconds=60)
"""A register read this close to a full hour is taken as read at it."""
ARITHMETIC_KWH = 1e-6
"""What adding and subtracting floats may cost."""


@dataclass(frozen=True, slots=True)
class RegisterPoint:
    """What a register stood at, exactly."""

    at: datetime
    work: int
    """Watt-microseconds."""
    segment: datetime | None
    """Only points of the same segment can be subtracted."""


@dataclass(frozen=True, slots=True)
class PublishedInterval:
    """The energy of a stretch of time, as a vendor publishes it."""

    start: datetime
    end: datetime
    kwh: float | None
    """None where the vendor has the stretch but not its value."""
    resolution: float
    """The vendor's smallest step in kWh."""
    estimated: bool = False
    """Whether the vendor says that the value is not final."""


@dataclass(frozen=True, slots=True)
class ExpectedHour:
    """The energy that one hour must have."""

    kwh: float
    tolerance: float
    estimated: bool
    """Whether the vendor calls it an estimate, or an end of the hour was not read."""


@dataclass(frozen=True, slots=True)
class Row:
    """One hourly row of a statistic."""

    start: datetime
    state: float
    """The hour's own energy in kWh."""
    sum: float
    """The running total in kWh."""


@dataclass(slots=True)
class _Hour:
    """What intervals give to one hour."""

    covered: timedelta = timedelta()
    kwh: float = 0.0
    resolution: float = 0.0
    estimated: bool = False
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """How rows compare with the truth."""

    hours: int
    missing: tuple[datetime, ...]
    extra: tuple[datetime, ...]
    doubled: tuple[datetime, ...]
    wrong: tuple[datetime, ...]
    """Hours whose energy is further from the truth than their tolerance."""
    sum_errors: tuple[datetime, ...]
    """Hours whose sum doesn't grow by their own energy."""
    max_error_kwh: float
    energy_kwh: float
    total_error_kwh: float
    """How far all hours together are from the truth."""
    total_tolerance_kwh: float
    estimated: int

    @property
    def ok(self) -> bool:
        """Whether the rows are the truth, and the truth is not empty."""
        return not self.problems()

    def problems(self) -> str:
        """Name what is wrong, in one line; empty where nothing is."""
        found = [
            f"{len(hours)} {name} (first {min(hours).isoformat()})"
            for name in ("missing", "extra", "doubled", "wrong", "sum_errors")
            if (hours := getattr(self, name))
        ]
        if not self.energy_kwh > 0:
            found.append("no energy at all")
        if self.total_error_kwh > self.total_tolerance_kwh:
            found.append(f"total is {self.total_error_kwh:.6f} kWh off")
        return "; ".join(found)


def hour_of(at: datetime) -> datetime:
    """Return the start of the hour that an instant lies in."""
    return at.replace(minute=0, second=0, microsecond=0)


def expect_from_registers(
    points: Sequence[RegisterPoint], resolution: float, since: datetime | None = None
) -> dict[datetime, ExpectedHour]:
    """Return the hours that published registers determine.

    An hour is there when a register at its end, or later, is. Between two points
    the energy is spread evenly; an hour is estimated where that touches it.
    Between two segments nothing is known. A register below one before it is void.
    """
    work: dict[datetime, float] = {}
    estimated: set[datetime] = set()
    segments: dict[datetime, set[datetime | None]] = {}
    accepted = _rising(
        sorted((_snapped(point) for point in points), key=lambda point: point.at)
    )
    for before, after in pairwise(accepted):
        if before.segment != after.segment:
            continue
        hour = hour_of(before.at)
        while hour < after.at:
            overlap = min(after.at, hour + HOUR) - max(before.at, hour)
            share = overlap / (after.at - before.at)
            work[hour] = work.get(hour, 0) + (after.work - before.work) * share
            segments.setdefault(hour, set()).add(before.segment)
            if share < 1:
                estimated.add(hour)
            hour += HOUR
    if not accepted:
        return {}
    end = accepted[-1].at
    return {
        hour: ExpectedHour(
            work[hour] / WATT_MICROSECONDS_PER_KWH,
            resolution * len(segments[hour]) + ARITHMETIC_KWH,
            hour in estimated,
        )
        for hour in sorted(work)
        if hour + HOUR <= end and (since is None or hour >= since)
    }


def expect_from_intervals(
    intervals: Iterable[PublishedInterval], since: datetime | None = None
) -> dict[datetime, ExpectedHour]:
    """Return the hours that published intervals determine; they must not overlap.

    An hour is there when intervals with a value cover it wholly. One that crosses
    hours is spread over them evenly, which makes them estimated.
    """
    hours: defaultdict[datetime, _Hour] = defaultdict(_Hour)
    for interval in intervals:
        start = hour_of(interval.start)
        while start < interval.end:
            overlap = min(interval.end, start + HOUR) - max(interval.start, start)
            share = overlap / (interval.end - interval.start)
            hour = hours[start]
            hour.covered += overlap
            hour.kwh += (interval.kwh or 0) * share
            hour.resolution += interval.resolution
            hour.estimated |= interval.estimated or share < 1
            hour.unknown |= interval.kwh is None
            start += HOUR
    return {
        start: ExpectedHour(hour.kwh, hour.resolution + ARITHMETIC_KWH, hour.estimated)
        for start, hour in sorted(hours.items(), key=lambda item: item[0])
        if hour.covered == HOUR
        and not hour.unknown
        and (since is None or start >= since)
    }


def check(rows: Iterable[Row], expected: Mapping[datetime, ExpectedHour]) -> Verdict:
    """Compare a statistic's rows with the truth."""
    ordered = sorted(rows, key=lambda row: row.start)
    by_hour = {row.start: row for row in ordered}
    doubled = tuple(
        row.start for row, after in pairwise(ordered) if row.start == after.start
    )
    errors = {
        hour: abs(row.state - expected[hour].kwh)
        for hour, row in by_hour.items()
        if hour in expected
    }
    sum_errors = tuple(
        after.start
        for before, after in pairwise(ordered)
        if abs(after.sum - before.sum - after.state) > ARITHMETIC_KWH
    )
    first = ordered[0] if ordered else None
    grown = ordered[-1].sum - first.sum + first.state if first else 0.0
    truth = sum(hour.kwh for hour in expected.values())
    return Verdict(
        hours=len(ordered),
        missing=tuple(hour for hour in expected if hour not in by_hour),
        extra=tuple(hour for hour in by_hour if hour not in expected),
        doubled=doubled,
        wrong=tuple(
            hour
            for hour, error in errors.items()
            if not error <= expected[hour].tolerance
        ),
        sum_errors=sum_errors,
        max_error_kwh=max(errors.values(), default=0.0),
        energy_kwh=truth,
        total_error_kwh=abs(grown - truth),
        total_tolerance_kwh=max(
            (hour.tolerance for hour in expected.values()), default=0.0
        ),
        estimated=sum(hour.estimated for hour in expected.values()),
    )


def _snapped(point: RegisterPoint) -> RegisterPoint:
    nearest = hour_of(point.at + HOUR / 2)
    if abs(point.at - nearest) > SNAP:
        return point
    return RegisterPoint(nearest, point.work, point.segment)


def _rising(points: Iterable[RegisterPoint]) -> list[RegisterPoint]:
    accepted: list[RegisterPoint] = []
    for point in points:
        before = accepted[-1] if accepted else None
        if (
            before is not None
            and before.segment == point.segment
            and (point.work < before.work or point.at == before.at)
        ):
            continue
        accepted.append(point)
    return accepted
