"""What a meter has counted since it began, and today. Pure.

A total is an anchor, from the sums of days or from a register, and the energy since.
The energy is kept by hours as long as it may be corrected: what is read again
replaces what was known of the same time.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, tzinfo
from typing import Any, Self

from ...metering.energy import exact
from ...metering.spans import HOUR, from_epoch, hour_of, to_epoch
from ...metering.vocabulary import Quantity
from .lifetimes import DAY, Days, midnight
from .telemetry import Register, Row

KEPT = timedelta(days=8)
"""Older energy is a part of the anchor."""

CLOSED = 2 * DAY
"""A day's sum is taken for known so long after the day began."""

_SLACK = 1.0
"""kWh. An anchor that is lower by more counts from elsewhere."""


@dataclass(frozen=True, slots=True)
class Total:
    """All energy that was ever counted."""

    energy: float
    """kWh; never falls."""
    at: datetime


@dataclass(frozen=True, slots=True)
class Today:
    """The energy of the local day that runs."""

    energy: float
    """kWh."""
    since: datetime
    at: datetime
    """Until when it is known."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """What was counted before an instant."""

    energy: float
    """kWh, in which `shift` is not."""
    at: datetime
    is_register: bool = False
    shift: float = 0.0
    """kWh by which the total is above the anchor, once the latter was corrected."""


@dataclass(frozen=True, slots=True)
class Count:
    """What is known of one quantity."""

    anchor: Anchor | None = None
    hours: Mapping[datetime, float] = field(default_factory=dict)
    """kWh from an instant to the end of its hour, or to the next instant there."""
    until: datetime | None = None
    """The end of the newest energy."""
    published: float | None = None
    """kWh."""

    def with_rows(self, rows: Iterable[Row], zone: tzinfo) -> Count:
        """Return the count with the energy of an answer."""
        known = [row for row in rows if row.energy is not None]
        if not known:
            return self
        told: dict[datetime, float] = {}
        for row in known:
            slot = self._slot(row.start, zone)
            told[slot] = told.get(slot, 0.0) + (row.energy or 0.0)
        until = max(row.end for row in known)
        newest = max(until, self.until) if self.until else until
        # An hour may have been cut elsewhere, by the anchor of that time.
        touched = {(hour_of(slot), _day(slot, zone)) for slot in told}
        first, last = hour_of(min(told)), hour_of(max(told))
        hours = {
            slot: energy
            for slot, energy in self.hours.items()
            if not first <= slot < last + HOUR
            or (hour_of(slot), _day(slot, zone)) not in touched
        }
        hours |= {slot: exact(energy) for slot, energy in told.items()}
        return replace(self, hours=hours, until=newest).folded(newest, zone)

    def anchored(self, anchor: Anchor) -> Count:
        """Return the count with a new anchor, which may be later or better."""
        old = self.anchor
        shift = 0.0
        if old is not None:
            known = old.energy + old.shift + self._since(old.at, hour_of(anchor.at))
            shift = old.shift if old.is_register is anchor.is_register else 0.0
            if anchor.energy >= known - _SLACK:
                # What was low before, as the vendor had not added up all, is right now.
                shift = 0.0
            elif anchor.energy + shift < known - _SLACK:
                shift = exact(known - anchor.energy)
        return replace(self, anchor=replace(anchor, shift=shift))

    def folded(self, newest: datetime, zone: tzinfo) -> Count:
        """Return the count with its old energy in the anchor."""
        start = midnight(_day(newest, zone) - KEPT, zone)
        anchor = self.anchor
        if anchor is not None and anchor.at < start:
            energy = exact(anchor.energy + self._since(anchor.at, start))
            anchor = replace(anchor, energy=energy, at=start)
        hours = {slot: kwh for slot, kwh in self.hours.items() if slot >= start}
        return replace(self, anchor=anchor, hours=hours)

    def risen(self) -> Count:
        """Return the count with what is to be published, which never falls."""
        if self.anchor is None:
            return self
        total = self.anchor.energy + self.anchor.shift + self._since(self.anchor.at)
        return replace(self, published=exact(max(total, self.published or 0.0)))

    def _since(self, start: datetime, end: datetime | None = None) -> float:
        return sum(
            kwh
            for slot, kwh in self.hours.items()
            if start <= slot and (end is None or slot < end)
        )

    def _slot(self, start: datetime, zone: tzinfo) -> datetime:
        """Return the hour of an instant, cut at local midnight and at the anchor."""
        slot = max(hour_of(start), midnight(_day(start, zone), zone))
        if self.anchor is not None and slot < self.anchor.at <= start:
            return self.anchor.at
        return slot


@dataclass(frozen=True, slots=True)
class Totals:
    """What is known of all quantities of one meter."""

    counts: Mapping[Quantity, Count] = field(default_factory=dict)

    def with_rows(
        self, quantity: Quantity, rows: Iterable[Row], zone: tzinfo
    ) -> Totals:
        """Return the totals with the intervals of an answer."""
        return self._with(quantity, self._count(quantity).with_rows(rows, zone))

    def with_lifetime(
        self, quantity: Quantity, days: Days, zone: tzinfo, today: date
    ) -> Totals:
        """Return the totals anchored at the sums of the days that are closed.

        Zeros at the end may be days that are not reported yet. A register is the
        better anchor: once there is one, it stays.
        """
        count = self._count(quantity)
        if count.anchor is not None and count.anchor.is_register:
            return self
        closed = {day: kwh for day, kwh in days.items() if day <= today - CLOSED}
        if not closed:
            return self
        last = max((day for day, kwh in closed.items() if kwh), default=min(closed))
        at = midnight(last + DAY, zone)
        if count.anchor is not None and at < count.anchor.at:
            return self
        anchor = Anchor(exact(sum(closed.values())), at)
        return self._with(quantity, count.anchored(anchor))

    def with_register(self, quantity: Quantity, register: Register) -> Totals:
        """Return the totals anchored at what the meters have counted."""
        count = self._count(quantity)
        if count.anchor is not None and register.at < count.anchor.at:
            return self
        anchor = Anchor(register.energy, register.at, is_register=True)
        return self._with(quantity, count.anchored(anchor))

    def is_anchored(self, quantity: Quantity) -> bool:
        """Tell whether it is known what was counted before some instant."""
        return self._count(quantity).anchor is not None

    def total(self, quantity: Quantity) -> Total | None:
        """Return what was ever counted; None before anything is known."""
        count = self._count(quantity)
        if count.published is None or count.anchor is None:
            return None
        at = max(count.anchor.at, count.until or count.anchor.at)
        return Total(count.published, at)

    def today(self, quantity: Quantity, day: date, zone: tzinfo) -> Today | None:
        """Return the energy of a local day; None before anything is known of it."""
        count = self._count(quantity)
        since, end = midnight(day, zone), midnight(day + DAY, zone)
        energies = [kwh for slot, kwh in count.hours.items() if since <= slot < end]
        if not energies or count.until is None:
            return None
        return Today(exact(sum(energies)), since, min(count.until, end))

    def to_json(self) -> dict[str, Any]:
        """Return the totals for storage."""
        return {
            quantity: {
                "anchor": count.anchor
                and {
                    "energy": count.anchor.energy,
                    "at": to_epoch(count.anchor.at),
                    "register": count.anchor.is_register,
                    "shift": count.anchor.shift,
                },
                "hours": [[to_epoch(at), kwh] for at, kwh in count.hours.items()],
                "until": count.until and to_epoch(count.until),
                "published": count.published,
            }
            for quantity, count in self.counts.items()
        }

    @classmethod
    def from_json(cls, data: Any) -> Self:
        """Read what `to_json` wrote; what can't be read is forgotten, and heals."""
        counts: dict[Quantity, Count] = {}
        for key, stored in data.items() if isinstance(data, dict) else ():
            try:
                counts[Quantity[str(key).upper()]] = _read_count(stored)
            except KeyError, OSError, OverflowError, TypeError, ValueError:
                continue
        return cls(counts)

    def _count(self, quantity: Quantity) -> Count:
        return self.counts.get(quantity, Count())

    def _with(self, quantity: Quantity, count: Count) -> Totals:
        return Totals({**self.counts, quantity: count.risen()})


def _day(instant: datetime, zone: tzinfo) -> date:
    return instant.astimezone(zone).date()


def _read_count(data: Any) -> Count:
    """Read one quantity; raises where it was something else."""
    stored, until, published = data["anchor"], data["until"], data["published"]
    anchor = stored and Anchor(
        float(stored["energy"]),
        from_epoch(stored["at"]),
        bool(stored["register"]),
        float(stored["shift"]),
    )
    return Count(
        anchor or None,
        {from_epoch(at): float(kwh) for at, kwh in data["hours"]},
        None if until is None else from_epoch(until),
        None if published is None else float(published),
    )
