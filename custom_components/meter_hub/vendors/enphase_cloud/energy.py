"""From the rows of answers to intervals, and what follows from several series. Pure."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ...metering.energy import exact
from ...metering.model import Interval, Quality, Series, Span
from ...metering.spans import Spans, hour_of, next_hour
from .telemetry import Row

LATE = timedelta(days=7)
"""What is older isn't corrected any more, and what it lacks doesn't come."""

DARK_AFTER = timedelta(hours=3)
"""So long after the last row it is dark, where nothing else tells that."""

SILENCE = timedelta(hours=1)
"""It is dark where the vendor's claim goes on for so long without rows."""

DARK_FOR_GOOD = timedelta(hours=36)

_NOISE = 0.01
"""kWh; sums of whole watt-hours miss one another by less."""


@dataclass(frozen=True, slots=True)
class Window:
    """What a call asked for.

    It should begin and end at full hours in UTC, as hours that it cuts stay unknown.
    """

    since: datetime
    until: datetime
    asked_at: datetime
    reported: datetime | None = None
    """Until when the vendor claims to have told everything, where it does."""

    @property
    def settled(self) -> datetime:
        """What lies before is not expected to change."""
        return min(self.asked_at - LATE, self.until)

    @property
    def is_settled(self) -> bool:
        """Whether nothing of the window is expected to change."""
        return self.until <= self.asked_at - LATE


def told(
    series: Series, rows: Iterable[Row], window: Window, *, dark: bool = False
) -> tuple[tuple[Interval, ...], tuple[Span, ...]]:
    """Return the intervals of a window, and what of it was answered for good.

    Rows that aren't final are estimates while they may change. What lacks between
    younger rows may come yet, and gives intervals without energy; older hours that
    aren't known wholly are left out, and closed by that. Nothing is answered after
    the newest row, except of windows that are settled or reported to their end.

    Where it is `dark` at night, the rows are of one local day and `dark_filled`; what
    lacks before the first and after the last of them is nothing.
    """
    clipped = [row for row in _sorted(rows) if _touches(row, window)]
    newest = max((row.end for row in clipped), default=window.since)
    if dark and window.reported is not None:
        newest = max(newest, _dark_until(newest, window))
    end = window.until if window.is_settled else min(newest, window.until)
    covered = Spans.of(
        *((row.start, row.end) for row in clipped if row.energy is not None)
    )
    whole = Spans.of_hours(covered.hours())
    intervals = [
        Interval(series, row.start, row.end, row.energy, _quality(row, window))
        for row in clipped
        if row.start >= window.settled or row.start in whole
    ]
    lit = _lit(clipped) if dark else Spans.of((window.since, end))
    missing = lit.clip(window.settled, end) - Spans.of(
        *((row.start, row.end) for row in clipped)
    )
    intervals += [
        Interval(series, since, until, None, Quality.INCOMPLETE)
        for since, until in missing
    ]
    explored = (Span(series, window.since, end),) if window.since < end else ()
    return tuple(sorted(intervals, key=lambda interval: interval.start)), explored


def dark_filled(
    rows: Iterable[Row], window: Window, *, whole: bool = False
) -> tuple[Row, ...]:
    """Return what microinverters told of a local day, and zeros for the dark.

    The hours that are partly lit are completed before the first and after the last
    row, or the `whole` window is. That is final once a day and a half have passed.
    After the last row it is known only as far as the vendor claims to have told
    everything, once that is well beyond the row; but the hour of the last row is
    completed as soon as the claim covers it, as it stays an estimate. What lacks
    between rows stays unknown.
    """
    lit = [row for row in _sorted(rows) if _touches(row, window)]
    limit = _dark_until(lit[-1].end if lit else window.since, window)
    if not lit:
        return tuple(_zero(window.since, limit, window)) if whole else ()
    first, last = lit[0].start, lit[-1].end
    dawn = window.since if whole else max(window.since, hour_of(first))
    dusk = limit if whole else next_hour(last)
    filled = (*_zero(dawn, first, window), *lit)
    if dusk <= limit:
        return *filled, *_zero(last, dusk, window)
    claimed = _claimed(window)
    if claimed is not None and dusk <= min(claimed, window.until):
        return *filled, Row(last, dusk, 0.0, final=False)
    return filled


def as_final_as(rows: Iterable[Row], *peers: Iterable[Row]) -> tuple[Row, ...]:
    """Return rows that are final only where the peers' rows of the same time are.

    For series that don't tell how many devices are in a sum.
    """
    doubtful = Spans.of(
        *((row.start, row.end) for each in peers for row in each if not row.final)
    )
    return tuple(
        replace(row, final=row.final and not doubtful.clip(row.start, row.end))
        for row in rows
    )


class Energies:
    """The energy of a series between any two instants."""

    def __init__(self, rows: Iterable[Row]) -> None:
        """Take rows that don't overlap."""
        self._rows = _sorted(rows)
        self._starts = [row.start for row in self._rows]

    def between(self, start: datetime, end: datetime) -> Row | None:
        """Return the energy, which is none where a part of the time is unknown.

        Of a row that is cut a share by time counts, which makes it provisional.
        """
        energy, covered, final = 0.0, timedelta(), True
        for row in self._rows[max(bisect_right(self._starts, start) - 1, 0) :]:
            if row.start >= end:
                break
            part = min(row.end, end) - max(row.start, start)
            if part <= timedelta():
                continue
            if row.energy is None:
                return None
            share = part / (row.end - row.start)
            energy += row.energy * share
            covered += part
            final = final and row.final and (share == 1 or not row.energy)
        if covered < end - start:
            return None
        return Row(start, end, exact(energy), final)


def netted(
    production: Iterable[Row],
    consumption: Iterable[Row],
    charge: Iterable[Row] | None = None,
    discharge: Iterable[Row] | None = None,
) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
    """Return import and export, where all else is known; they are provisional.

    They are what is left of each interval of the consumption, which is too little
    of both where the flow changed its direction. None is no battery.
    """
    net = [
        replace(row, final=False)
        for row in _summed(consumption, minus=(production, discharge), plus=(charge,))
    ]
    return (
        tuple(replace(row, energy=max(row.energy or 0.0, 0.0)) for row in net),
        tuple(replace(row, energy=max(-(row.energy or 0.0), 0.0)) for row in net),
    )


def consumed(
    production: Iterable[Row],
    imported: Iterable[Row],
    exported: Iterable[Row],
    charge: Iterable[Row] | None = None,
    discharge: Iterable[Row] | None = None,
) -> tuple[Row, ...]:
    """Return what the home consumed, where all else is known. None is no battery."""
    return tuple(
        replace(
            row,
            energy=max(row.energy or 0.0, 0.0),
            final=row.final and (row.energy or 0.0) > -_NOISE,
        )
        for row in _summed(
            imported, minus=(exported, charge), plus=(production, discharge)
        )
    )


def _summed(
    rows: Iterable[Row],
    *,
    minus: Iterable[Iterable[Row] | None],
    plus: Iterable[Iterable[Row] | None],
) -> Iterator[Row]:
    """Yield the rows of a series, more or less what others have at the same time."""
    others = [
        (sign, Energies(each))
        for sign, series in ((-1, minus), (1, plus))
        for each in series
        if each is not None
    ]
    for row in rows:
        parts = [(sign, each.between(row.start, row.end)) for sign, each in others]
        energy, final = row.energy, row.final
        for sign, part in parts:
            if energy is None or part is None or part.energy is None:
                energy = None
                break
            energy += sign * part.energy
            final = final and part.final
        if energy is not None:
            yield Row(row.start, row.end, exact(energy), final)


def _sorted(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: row.start)


def _touches(row: Row, window: Window) -> bool:
    return row.end > window.since and row.start < window.until


def _quality(row: Row, window: Window) -> Quality:
    if row.energy is None:
        return Quality.INCOMPLETE
    settled = row.final or row.end <= window.settled
    return Quality.MEASURED if settled else Quality.ESTIMATED


def _lit(rows: Sequence[Row]) -> Spans:
    """Return the time from the first row to the last."""
    return Spans.of((rows[0].start, rows[-1].end)) if rows else Spans()


def _dark_until(last: datetime, window: Window) -> datetime:
    """Return until when it is known that there is nothing after the last row."""
    claimed = _claimed(window)
    if claimed is None:
        return min(window.until, window.asked_at - DARK_AFTER)
    return min(window.until, claimed) if claimed - last >= SILENCE else last


def _claimed(window: Window) -> datetime | None:
    """Return until when the vendor claims to have told everything, where it does."""
    if window.reported is None:
        return None
    return min(window.reported, window.asked_at)


def _zero(start: datetime, end: datetime, window: Window) -> Iterator[Row]:
    if start < end:
        yield Row(start, end, 0.0, window.asked_at - end > DARK_FOR_GOOD)
