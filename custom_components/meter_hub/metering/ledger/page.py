"""The memory of one series: what was asked for, and what is worth asking again."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, Self

from ..model import Quality, Series, Span
from ..spans import HOUR, Spans, from_epoch, hour_of, to_epoch
from .book import Book
from .doubts import PATIENCE, Doubt, Reason, compact, merged
from .hours import HourEnergy


@dataclass(frozen=True, slots=True, order=True)
class Gap:
    """A stretch that is worth asking for, of one series."""

    series: Series
    start: datetime
    end: datetime
    reason: Reason
    due: datetime
    """Not worth asking before."""


@dataclass(frozen=True, slots=True)
class Page:
    """What is remembered of one series beside its rows.

    An hour is closed when it was explored and has a row, or when the vendor
    confirmed to have nothing. Whatever else is missing shows up in `gaps`: so an
    old or lost memory costs calls but no data.
    """

    floor: datetime | None = None
    """The first instant that the vendor still has."""
    explored: Spans = field(default=Spans())
    """What was answered for good."""
    empty: Spans = field(default=Spans())
    """The hours for which the answer was: nothing."""
    open: Mapping[Doubt, Spans] = field(default_factory=dict)
    """The hours to ask for again."""
    unwritten: Spans = field(default=Spans())
    """What was answered, while the answer still waits to be written.

    The vendor's side takes it for known. So what waits when a process ends is asked
    for again by the next one.
    """

    def with_floor(self, floor: datetime) -> Page:
        """Return the memory with another floor.

        What is no longer before it is asked for, whatever was told of it: its hours
        were not to be had then.
        """
        reopened = Spans()
        if self.floor is not None and floor < self.floor:
            reopened = Spans.of((hour_of(floor), hour_of(self.floor)))
        return replace(
            self,
            floor=floor,
            explored=self.explored - reopened,
            empty=self.empty - reopened,
            open=merged(self._open_without(reopened)),
        )

    def accepted(self, hours: Mapping[datetime, HourEnergy]) -> dict[datetime, float]:
        """Return the hours that may be written, in kWh.

        What was measured is replaced by a measured value only. Should its row be
        lost, the page first notes that the hour is open: so a kill between writing
        and remembering can't make an estimate pass for a measured row.
        """
        final = self._final
        return {
            hour: known.energy
            for hour, known in hours.items()
            if known.energy is not None
            and (_is_measured(known) or not final.covers(hour, hour + HOUR))
        }

    def settled(
        self,
        explored: Spans,
        hours: Mapping[datetime, HourEnergy],
        now: datetime,
        written: Book,
    ) -> Page:
        """Return the memory after an answer whose accepted hours have been written.

        `explored` is what was answered for good, `hours` what the answer said, and
        `written` holds its rows. A measured hour is closed; an explored hour without
        an answer is empty; any other is open. A measured row that is already there
        stays closed whatever a later answer says.
        """
        unwritten = self.unwritten - explored
        explored -= _from(now)
        answered = set(self._from_the_floor(explored).hours())
        valued = {hour for hour, each in hours.items() if each.energy is not None}
        touched = Spans.of_hours(answered | valued)
        earlier = self._doubts(touched)
        final = self._final & written.hours
        doubts: defaultdict[Doubt, list[datetime]] = defaultdict(list)
        empty: list[datetime] = []
        for hour in answered | valued:
            energy, doubt = hours.get(hour), earlier.get(hour)
            if energy is None and doubt is None:
                if hour not in written.hours:
                    empty.append(hour)
            elif not (_is_measured(energy) or final.covers(hour, hour + HOUR)):
                doubts[Doubt.after(doubt, _reason(energy), now)].append(hour)
        # A clock that was ahead may have closed hours that are still to come. But now
        # it may be behind: what has a row stays closed.
        ahead = _from(now) - written.hours
        empty_before = self.empty - touched - _from(hour_of(now))
        return replace(
            self,
            explored=(self.explored - ahead) | explored | Spans.of_hours(valued),
            empty=empty_before | Spans.of_hours(empty),
            open=compact(
                chain(
                    self._open_without(touched),
                    ((doubt, Spans.of_hours(each)) for doubt, each in doubts.items()),
                ),
                now,
                written.hours,
            ),
            unwritten=unwritten,
        )

    def answered(self, explored: Spans) -> Page:
        """Return the memory after an answer that is not written yet."""
        return replace(self, unwritten=self.unwritten | explored)

    def failed(self, span: Span, now: datetime) -> Page:
        """Return the memory after a call for `span` that failed.

        What is written stays; estimated and incomplete hours stay what they are.
        """
        touched = Spans.of((hour_of(span.start), span.end)).widened()
        touched -= Spans.of((hour_of(now), max(span.end, now) + HOUR))
        again: list[tuple[Doubt, Spans]] = []
        rest = touched
        for doubt, spans in self.open.items():
            if part := spans & touched:
                again.append((Doubt.after(doubt, doubt.reason, now), part))
                rest -= part
        if rest:
            again.append((Doubt.after(None, Reason.FAILED, now), rest))
        return replace(
            self,
            open=merged(chain(self._open_without(touched), again)),
            unwritten=self.unwritten - Spans.of((span.start, span.end)),
        )

    def gaps(
        self,
        series: Series,
        since: datetime,
        now: datetime,
        written: Book,
        *,
        patience: timedelta = PATIENCE,
    ) -> tuple[Gap, ...]:
        """Return what is worth asking for between `since`, or the floor, and `now`.

        The running hour is not. Doubtful hours are given up, and stay as they are,
        `patience` after they became so; but not while there is nothing at all.
        """
        start, end = hour_of(since), hour_of(now)
        if self.floor is not None:
            start = max(start, self.floor)
        if start >= end:
            return ()
        known = self.explored & written.hours
        missing = Spans.of((start, end)) - self.empty - known - self._doubted
        unwritten = self.unwritten - missing
        due: defaultdict[tuple[Reason, datetime], Spans] = defaultdict(Spans)
        due[Reason.UNEXPLORED, now] = missing.widened()
        due[Reason.UNWRITTEN, now] = unwritten
        for doubt, spans in self.open.items():
            worth = spans
            if doubt.is_given_up(now, patience):
                given_up = doubt.reason is Reason.INCOMPLETE
                worth = Spans() if given_up else spans - written.hours
            due[doubt.reason, doubt.due_at(now)] |= worth - unwritten
        return tuple(
            sorted(
                Gap(series, *stretch, reason, when)
                for (reason, when), spans in due.items()
                for stretch in spans.clip(start, end)
            )
        )

    def to_json(self) -> dict[str, Any]:
        """Return the memory for storage."""
        return {
            "floor": None if self.floor is None else to_epoch(self.floor),
            "explored": self.explored.to_json(),
            "empty": self.empty.to_json(),
            "open": [
                {
                    "reason": doubt.reason,
                    "tries": doubt.tries,
                    "due": to_epoch(doubt.due),
                    "opened": to_epoch(doubt.opened),
                    "spans": spans.to_json(),
                }
                for doubt, spans in sorted(self.open.items(), key=lambda item: item[0])
            ],
            "unwritten": self.unwritten.to_json(),
        }

    @classmethod
    def from_json(cls, data: Any) -> Self:
        """Read what `to_json` wrote; what can't be read is forgotten, and heals."""
        try:
            floor = data["floor"]
            return cls(
                None if floor is None else from_epoch(floor),
                Spans.from_json(data["explored"]),
                Spans.from_json(data["empty"]),
                {
                    Doubt(
                        Reason(each["reason"]),
                        int(each["tries"]),
                        from_epoch(each["due"]),
                        from_epoch(each["opened"]),
                    ): Spans.from_json(each["spans"])
                    for each in data["open"]
                },
                Spans.from_json(data.get("unwritten", ())),
            )
        except KeyError, OSError, OverflowError, TypeError, ValueError:
            return cls()

    @property
    def _doubted(self) -> Spans:
        """All hours that are open."""
        return Spans.of(*chain.from_iterable(self.open.values()))

    @property
    def _final(self) -> Spans:
        """The time that was measured, and written."""
        doubtful = Spans.of(
            *(
                stretch
                for doubt, spans in self.open.items()
                if doubt.reason is not Reason.FAILED
                for stretch in spans
            )
        )
        return self.explored - self.empty - doubtful

    def _from_the_floor(self, explored: Spans) -> Spans:
        """Count the time before the floor in its hour as explored: it never was."""
        if self.floor is None or self.floor not in explored:
            return explored
        return explored | Spans.of((hour_of(self.floor), self.floor))

    def _doubts(self, touched: Spans) -> dict[datetime, Doubt]:
        """Return the doubts about the data of the hours in `touched`."""
        return {
            hour: doubt
            for doubt, spans in self.open.items()
            if doubt.reason is not Reason.FAILED
            for hour in (spans & touched).hours()
        }

    def _open_without(self, touched: Spans) -> Iterator[tuple[Doubt, Spans]]:
        return ((doubt, spans - touched) for doubt, spans in self.open.items())


def _is_measured(energy: HourEnergy | None) -> bool:
    return (
        energy is not None
        and energy.energy is not None
        and energy.quality is Quality.MEASURED
    )


def _reason(energy: HourEnergy | None) -> Reason:
    """Return why an hour that was not measured is open."""
    if energy is not None and energy.quality is Quality.ESTIMATED:
        return Reason.ESTIMATED
    return Reason.INCOMPLETE


def _from(instant: datetime) -> Spans:
    return Spans.of((instant, datetime.max.replace(tzinfo=instant.tzinfo)))
