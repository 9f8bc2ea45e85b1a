"""What is known of an account between two calls, and survives a restart."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Self

from ...metering.model import Meter, Series
from ..base import JsonObject
from ..stored import Pause, Stored
from .mapping import meter_of, multiplier_of
from .readout import Readout, history_begins, identity_of, is_read, spelling_of
from .registers import HISTORIC, Register, registers_of
from .unknown import undescribed

MARGIN = timedelta(hours=1)
"""How far beyond its hours a call asks, to see the register when they began and ended."""

_WIDER = 8


@dataclass(frozen=True, slots=True)
class Poll(Stored):
    """How the last live call of one kind went."""

    slot: datetime
    """The quarter hour that it was made for."""
    again_at: datetime | None = None
    """When it is worth repeating within that quarter hour."""


@dataclass(frozen=True, slots=True)
class Identity(Stored):
    """The meter that the reader sat on, from one readout to another."""

    since: datetime
    until: datetime
    marks: dict[str, str]

    def is_another(self, marks: Mapping[str, str]) -> bool:
        """Tell whether the marks contradict; one that is missing says nothing."""
        return any(
            self.marks[name] != mark
            for name, mark in marks.items()
            if name in self.marks
        )


@dataclass(frozen=True, slots=True)
class Course(Stored):
    """How far the history of a device has come."""

    margin: timedelta = MARGIN
    stalled: dict[str, Pause] = field(default_factory=dict)
    """Series whose readings have not come yet, by their keys."""
    failed: Pause | None = None
    read_days_at: datetime | None = None
    """When the last days were read again."""
    read_month_at: datetime | None = None

    def next_margin(self, *, enclosed: bool) -> timedelta:
        """Return the margin to use after an answer that did, or did not, enclose its hours."""
        wider = self.margin * _WIDER
        return min(self.margin, MARGIN * _WIDER) if enclosed else wider


@dataclass(frozen=True, slots=True)
class Known(Stored):
    """What is known of a device."""

    about: Meter
    begins: datetime | None = None
    """The first instant that the vendor has readings of."""
    last: datetime | None = None
    """The newest readout."""
    registers: tuple[Register, ...] = ()
    multiplier: float = 1
    undescribed: dict[str, Any] = field(default_factory=dict)
    """What stands under the codes that no reading shows; for diagnostics."""
    spelling: dict[str, str] = field(default_factory=dict)
    identities: tuple[Identity, ...] = ()
    listed: bool = True
    """Whether the last listing named it."""
    listing_reads: bool = False
    """Whether a listing carries the device's readout."""
    listing_tells_all: bool = False
    """Whether a listing also carries what changes rarely."""
    detail_reads: bool = True
    """Whether asking for the device itself brings a readout; supposed at first."""
    detailed_at: datetime | None = None
    denied_until: datetime | None = None
    """Until then the device is not asked for, as the vendor denied having it."""
    course: Course = field(default_factory=Course)

    @classmethod
    def learn(cls, known: Self | None, device: JsonObject, now: datetime) -> Self:
        """Return what is known after an answer that described the device."""
        known = known or cls(meter_of(device))
        last = Readout.of(device, "lastReading", now).date
        in_use = {code for register in known.registers for code in register.codes}
        return replace(
            known,
            about=meter_of(device, known.about),
            begins=history_begins(device, now) or known.begins,
            last=max(filter(None, (last, known.last)), default=None),
            registers=registers_of(device, now, in_use) or known.registers,
            multiplier=multiplier_of(device) or known.multiplier,
            undescribed=undescribed(device, now) or known.undescribed,
            spelling=known.spelling | spelling_of(device),
            identities=_identified(known.identities, device, now),
        )

    @classmethod
    def from_listing(
        cls, known: Self | None, device: JsonObject, now: datetime
    ) -> Self:
        """Return what is known after a listing that named the device."""
        learned = cls.learn(known, device, now)
        reads = is_read(device)
        tells_all = reads and "firmware" in device and history_begins(device, now)
        returned = known is not None and not known.listed
        return replace(
            learned,
            listed=True,
            listing_reads=reads,
            listing_tells_all=bool(tells_all),
            denied_until=None if returned else learned.denied_until,
        )

    @property
    def historic(self) -> dict[Series, Register]:
        """The registers whose history is fetched, once it is known where it begins."""
        if self.begins is None or self.last is None:
            return {}
        return {
            register.series(self.about.id): register
            for register in self.registers
            if register.quantity in HISTORIC
        }

    def marks_at(self, instant: datetime) -> str | None:
        """Return which meter was read at an instant, as far as it is known."""
        for number, identity in enumerate(self.identities):
            first, last = number == 0, identity is self.identities[-1]
            if (first or identity.since <= instant) and (
                last or instant <= identity.until
            ):
                return str(number)
        return None


def _identified(
    identities: tuple[Identity, ...], device: JsonObject, now: datetime
) -> tuple[Identity, ...]:
    """Add what the first and the last readout tell of the meter's identity."""
    for key in ("initialReading", "lastReading"):
        date, marks = Readout.of(device, key, now).date, identity_of(device, key)
        if date is None or not marks:
            continue
        latest = identities[-1] if identities else None
        if latest is None:
            identities = (Identity(date, date, marks),)
        elif latest.until < date and latest.is_another(marks):
            identities = (*identities, Identity(date, date, marks))
        elif latest.until <= date:
            whole = replace(latest, until=date, marks=latest.marks | marks)
            identities = (*identities[:-1], whole)
    return identities


@dataclass(frozen=True, slots=True)
class Knowledge(Stored):
    """What is known of an account."""

    polls: dict[str, Poll] = field(default_factory=dict)
    """How the last live calls went: of devices by their ids, of the listing by ""."""
    listed_at: datetime | None = None
    devices: dict[str, Known] = field(default_factory=dict)

    @classmethod
    def stored(cls, state: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote; what can't be read is forgotten."""
        try:
            return cls.from_dict(dict(state))
        except LookupError, TypeError, ValueError:
            return cls()
