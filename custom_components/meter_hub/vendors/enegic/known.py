"""What is known of an account between two calls, and survives a restart."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Self

from ...metering.model import Meter, Series
from ...metering.vocabulary import Quantity
from ..stored import Pause, Stored
from .averages import Counted, Minutes
from .direction import Learned
from .forms import Form
from .items import NOMINAL, Listed, Overview
from .packets import Bucket, Packets
from .registers import LONG_AGO, register_packets

_TRAILS = 4

_REVIEWS = timedelta(days=2)
"""A review is remembered for so long, which is more than a day."""

_AHEAD = timedelta(minutes=2)
"""Clocks differ by less; what a meter measures later than that is not to be had yet."""

_CLAMPS = "EM1"
"""How the vendor calls meters with current clamps."""


@dataclass(frozen=True, slots=True)
class Trail(Stored):
    """How the registers stood before an instant up to which the history was read."""

    until: datetime
    readings: tuple[Counted, ...] = ()
    """The last one before the hour of `until`, after the last one before its own hour;
    none where there was none in this walk."""
    from_the_beginning: bool = False
    """Whether the walk began where the meter's history begins."""

    @property
    def is_at_the_beginning(self) -> bool:
        """Tell whether the meter's very first reading comes after this."""
        return self.from_the_beginning and not self.readings

    @property
    def newest(self) -> datetime:
        """The instant of the last reading."""
        return self.readings[-1].at if self.readings else LONG_AGO

    def leads_to(self, start: datetime) -> bool:
        """Tell whether nothing lies between the reading and `start`."""
        return self.newest <= start <= self.until


@dataclass(frozen=True, slots=True)
class Course(Stored):
    """How far the history of a meter has come."""

    trails: tuple[Trail, ...] = ()
    """Of the last calls; at the end the one that leads farthest."""
    looks_back_from: datetime | None = None
    """The hour for which a call must look farther back for the registers at its start."""
    stalled: Pause | None = None
    """The newest minutes have not come yet."""
    failed: Pause | None = None
    read_from: datetime | None = None
    """The first hour that was ever asked for."""
    reviewed: dict[datetime, datetime] = field(default_factory=dict)
    """When the days, or parts of one, that begin at these instants were read last."""

    def after_reading(self, start: datetime, now: datetime) -> Self:
        """Return the course after the stretch from `start` on was read."""
        kept = {each: at for each, at in self.reviewed.items() if now - at < _REVIEWS}
        return replace(
            self,
            read_from=min(start, self.read_from or start),
            reviewed=kept | {start: now},
        )

    def trail_to(self, start: datetime) -> Trail | None:
        """Return what earlier calls know of the time before `start`.

        Beyond all that was read it is the trail that leads farthest: what the meter
        counted since its last reading is known, whatever was left out.
        """
        leading = [trail for trail in self.trails if trail.leads_to(start)]
        if leading:
            return max(
                leading, key=lambda each: (each.newest, each.is_at_the_beginning)
            )
        farthest = self.trails[-1] if self.trails else None
        if farthest is None or not farthest.readings or start <= farthest.until:
            return None
        return farthest

    def with_trails(self, *trails: Trail, instead_of: Trail | None) -> Self:
        """Add trails, in the place of the one that they go on from."""
        every = [*(each for each in self.trails if each != instead_of), *trails]
        farthest = max(every, key=lambda each: each.until, default=None)
        others = [each for each in every if each is not farthest]
        kept = others[-_TRAILS:]
        return replace(self, trails=(*kept, farthest) if farthest else ())


@dataclass(frozen=True, slots=True)
class Known(Stored):
    """What is known of a meter."""

    about: Meter
    zone: str
    """The time zone of its days and of its history, by its IANA name."""
    nominal: float = NOMINAL
    """V."""
    fuse: float | None = None
    """The main fuse in A."""
    charger_fuse: float | None = None
    """The same, as the settings of a charger tell."""
    begins: datetime | None = None
    """The first instant of its history, as far as it is known."""
    begins_with_reading: bool = False
    """Whether that is the instant of its very first reading."""
    heard_until: datetime | None = None
    """The end of the newest minute whose registers came."""
    exports: bool = False
    """Whether it has an export register."""
    clamps: bool = False
    """Whether it has no register, only the charge that its clamps have counted."""
    minutes: Minutes = field(default_factory=Minutes)
    learned: Learned = field(default_factory=Learned)
    course: Course = field(default_factory=Course)
    listed: bool = True
    """Whether the last overview named it."""

    @classmethod
    def from_listing(cls, known: Self | None, listed: Listed) -> Self:
        """Return what is known after an overview that named the meter."""
        meter = listed.meter
        clamps = (meter.model or "").startswith(_CLAMPS)
        known = known or cls(meter, listed.zone, clamps=clamps)
        nominal = listed.nominal or known.nominal
        return replace(
            known,
            about=replace(meter, firmware=meter.firmware or known.about.firmware),
            zone=listed.zone,
            nominal=nominal,
            # The same charge is another energy then.
            minutes=known.minutes if nominal == known.nominal else Minutes(),
            fuse=listed.fuse,
            begins=known.begins or listed.created,
            listed=True,
        )

    def heard(self, packets: Packets, now: datetime) -> Self:
        """Return what is known after the meter's packets came."""
        firmware = next(
            (each.firmware for each in packets.values() if each.firmware), None
        )
        registers = register_packets(packets)
        imports = registers.get(Quantity.GRID_IMPORT)
        ends = [min(each.end, now) for each in registers.values() if each.end]
        earlier = () if self.heard_until is None else (self.heard_until,)
        return replace(
            self._counted(packets, now),
            about=replace(self.about, firmware=firmware or self.about.firmware),
            heard_until=max((*earlier, *ends), default=None),
            exports=self.exports or Quantity.GRID_EXPORT in registers,
            clamps=imports.measured.energy_is_estimated if imports else self.clamps,
        )

    def _counted(self, packets: Packets, now: datetime) -> Self:
        """Compare the registers with those of the minutes before."""
        minute = packets.get(Bucket.MINUTE)
        if (
            minute is None
            or minute.end is None
            or minute.end > now + _AHEAD
            or minute.measured.imported is None
        ):
            return self
        counted = Counted(
            minute.end, minute.measured.imported, minute.measured.exported
        )
        before = self.minutes.until(now + _AHEAD)
        minutes = before.after(counted)
        learned = self.learned
        if minutes.latest == counted != before.latest and minutes.rise:
            learned = learned.after(minutes.rise, minute.measured)
        return replace(self, minutes=minutes, learned=learned)

    @property
    def main_fuse(self) -> float | None:
        """The main fuse in A."""
        return self.fuse or self.charger_fuse

    @property
    def historic(self) -> tuple[Series, ...]:
        """The series whose history is fetched, once it is known where it begins.

        Clamps have none: an estimate of the energy is no reading of a register.
        """
        if self.begins is None or self.clamps:
            return ()
        quantities = [Quantity.GRID_IMPORT]
        if self.exports:
            quantities.append(Quantity.GRID_EXPORT)
        return tuple(Series(self.about.id, quantity) for quantity in quantities)

    @property
    def floors(self) -> dict[Series, datetime]:
        """Where the history of each series begins."""
        begins = self.begins
        return {} if begins is None else dict.fromkeys(self.historic, begins)


@dataclass(frozen=True, slots=True)
class Polls(Stored):
    """When the calls of each kind were made last."""

    overview: datetime | None = None
    packets: datetime | None = None
    reporters: datetime | None = None
    refresh: datetime | None = None
    overview_failed: datetime | None = None
    """None where the last one did not."""


@dataclass(frozen=True, slots=True)
class Knowledge(Stored):
    """What is known of an account."""

    polls: Polls = field(default_factory=Polls)
    meters: dict[str, Known] = field(default_factory=dict)
    chargers: tuple[Meter, ...] = ()
    reporters: dict[str, str | None] = field(default_factory=dict)
    """The items that control chargers, with their names."""
    others: frozenset[str] = frozenset()
    """The ids of items that are no meters, or not any more."""
    strangers: frozenset[str] = frozenset()
    """Items that have sent packets without being in the overview."""
    overview_wanted: bool = False
    """Whether a stranger is a reason to ask for the overview now."""
    refusals: int = 0
    """How often in a row the token was refused."""
    forms: dict[str, Form] = field(default_factory=dict)
    """Which form of each call the server understands."""

    @classmethod
    def stored(cls, state: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote; what can't be read is forgotten."""
        try:
            return cls.from_dict(dict(state))
        except LookupError, TypeError, ValueError:
            return cls()

    @property
    def all_meters(self) -> tuple[Meter, ...]:
        """All meters of the account, chargers too."""
        listed = (known.about for known in self.meters.values() if known.listed)
        return (*listed, *self.chargers)

    def surveyed(self, overview: Overview) -> Self:
        """Return what is known after an overview."""
        unlisted = {
            meter_id: replace(known, listed=False)
            for meter_id, known in self.meters.items()
        }
        listed = {
            meter_id: Known.from_listing(self.meters.get(meter_id), each)
            for meter_id, each in overview.meters.items()
        }
        return replace(
            self,
            meters=unlisted | listed,
            reporters=dict(overview.reporters),
            others=overview.others,
            overview_wanted=False,
        )

    def met(self, senders: frozenset[str]) -> Self:
        """Return what is known after packets of these items.

        One that is new here makes the overview worth a call, but only once.
        """
        listed = {key for key, known in self.meters.items() if known.listed}
        strangers = (self.strangers | senders) - listed - self.others
        return replace(
            self,
            strangers=strangers,
            overview_wanted=self.overview_wanted or bool(strangers - self.strangers),
        )

    def knowing(self, known: Known) -> Self:
        """Return the same with what is now known of one meter."""
        return replace(self, meters=self.meters | {known.about.id: known})
