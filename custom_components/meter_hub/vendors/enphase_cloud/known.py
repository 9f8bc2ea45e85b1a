"""What is known of a system between two calls, and survives a restart."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Self

from ...metering.model import Meter
from ...metering.vocabulary import MeterKind, Quantity, SystemStatus
from ..stored import Stored
from .client import Granularity
from .inverters import Inverter
from .jobs import Purpose
from .schedule import DAY, Light, Nights, Phases
from .sessions import ChargerLog
from .sweeps import Failure, Sweep
from .systems import Charger, Source, System
from .totals import KEPT, Totals

REFUSED_FOR = timedelta(days=7)
"""So long nobody asks for what a plan or a system does not have."""

_ASKED_FOR = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Refusal(Stored):
    """What the vendor does not give."""

    until: datetime
    """When it is worth asking again."""
    not_in_plan: bool = False


@dataclass(frozen=True, slots=True)
class Unbalanced(Stored):
    """A day whose series do not fit together."""

    day: str
    """An ISO 8601 date."""
    energy: float
    """kWh by which they differ."""
    share: float


@dataclass(frozen=True, slots=True)
class Sample(Stored):
    """What the batteries gave or took, while the sign of it is not known."""

    watts: float
    at: datetime


def _to_json(totals: Mapping[str, Totals]) -> dict[str, Any]:
    return {meter: each.to_json() for meter, each in totals.items()}


def _from_json(data: Mapping[str, Any]) -> dict[str, Totals]:
    return {meter: Totals.from_json(each) for meter, each in data.items()}


@dataclass(frozen=True, slots=True)
class KnownSystem(Stored):
    """What is known of a system."""

    about: Meter
    hourly_since: datetime
    """From this local midnight on energy is told by hours, before it by days."""
    days_until: datetime | None = None
    """Before it, days may stand in the hours at their noons, though hours are told now."""
    listed: bool = True
    """Whether the last list named it."""
    zone: str | None = None
    """The IANA name of its time zone."""
    begins: datetime | None = None
    """The first instant that there may be data of."""
    begins_of: dict[str, datetime] = field(default_factory=dict)
    """The same of what is younger than the system, by the name of its ask."""
    status: SystemStatus | None = None
    status_word: str | None = None
    """What the vendor calls it, where we don't know that status."""
    last_report: datetime | None = None
    last_energy: datetime | None = None
    """Until when production is told; goes on while it is zero."""
    source: Source | None = None
    """What measures its production: chosen once, as another one gives other numbers."""
    told_source: Source | None = None
    """What the vendor's summary says of that now."""
    seen_source: Source | None = None
    """The same of the devices."""
    has_consumption: bool = False
    has_battery: bool = False
    chargers: tuple[Charger, ...] = ()
    logs: dict[str, ChargerLog] = field(default_factory=dict)
    """How the chargers were used, by serial."""
    inverters: tuple[Inverter, ...] = ()
    """Those that are wanted as meters of their own."""
    inverters_at: datetime | None = None
    summary_at: datetime | None = None
    devices_at: datetime | None = None
    polled: datetime | None = None
    """The last slot that was served."""
    lifetimes_at: datetime | None = None
    lifetimes: dict[str, datetime | None] = field(default_factory=dict)
    """When which energy of days is worth asking for again; never what was told."""
    chargers_at: datetime | None = None
    nights: Nights = field(default_factory=Nights)
    phases: Phases = field(default_factory=Phases)
    light: Light = field(default_factory=Light)
    sweeps: dict[Purpose, Sweep] = field(default_factory=dict)
    failures: dict[Purpose, Failure] = field(default_factory=dict)
    refused: dict[str, Refusal] = field(default_factory=dict)
    spans: dict[str, Granularity] = field(default_factory=dict)
    """How much can be asked for at once, where that had to be tried."""
    newest: dict[Quantity, datetime] = field(default_factory=dict)
    """Until when what is told."""
    asked: dict[str, datetime] = field(default_factory=dict)
    """When old stretches were asked for last."""
    sign: int | None = None
    """By what a battery's power is to be multiplied to be positive for discharge."""
    sample: Sample | None = None
    unbalanced: Unbalanced | None = None
    totals: dict[str, Totals] = field(
        default_factory=dict,
        metadata={"serialize": _to_json, "deserialize": _from_json},
    )
    """By the ids of the meters."""

    @property
    def number(self) -> int:
        """A number of its own, by which systems take turns."""
        return int(self.about.id)

    @property
    def is_set_up(self) -> bool:
        """Whether it is known what there is to ask for."""
        return self.summary_at is not None and self.devices_at is not None

    @property
    def meters(self) -> tuple[Meter, ...]:
        """The system, and what hangs on it."""
        return (
            self.about,
            *(self.meter_of(charger) for charger in self.chargers),
            *(self._meter_of(inverter) for inverter in self.inverters),
        )

    @property
    def heard(self) -> datetime | None:
        """Until when anything was told."""
        return max(self.newest.values(), default=None)

    def meter_of(self, charger: Charger) -> Meter:
        """Return a charger as a meter."""
        return Meter(
            charger.serial,
            charger.name,
            MeterKind.EV_CHARGER,
            self.about.manufacturer,
            charger.model,
            charger.serial,
            charger.firmware,
            parent=self.about.id,
        )

    def _meter_of(self, inverter: Inverter) -> Meter:
        return Meter(
            inverter.serial,
            f"Inverter {inverter.serial}",
            MeterKind.INVERTER,
            self.about.manufacturer,
            inverter.model,
            inverter.serial,
            inverter.firmware,
            parent=self.about.id,
        )

    def at(self, now: datetime) -> Self:
        """Return what is known at `now`: refusals end, and the past is never ahead."""
        refused = {
            name: refusal
            for name, refusal in self.refused.items()
            if now < refusal.until <= now + REFUSED_FOR
        }
        asked = {
            name: at for name, at in self.asked.items() if now - _ASKED_FOR < at <= now
        }
        if len(refused) == len(self.refused) and len(asked) == len(self.asked):
            return self
        return replace(self, refused=refused, asked=asked)

    def with_history(self, since: datetime) -> Self:
        """Return what is known to somebody who wants the hours since a local midnight.

        Once they were asked for, there are at least as many.
        """
        if not self.is_set_up:
            return replace(self, hourly_since=since)
        if since >= self.hourly_since:
            return self
        until = max(self.days_until or self.hourly_since, self.hourly_since)
        return replace(self, hourly_since=since, days_until=until)

    def with_sweep(self, purpose: Purpose, sweep: Sweep) -> Self:
        """Return what is known once calls that belong together have come so far."""
        return replace(self, sweeps=self.sweeps | {purpose: sweep})

    def without_sweep(self, purpose: Purpose) -> Self:
        """Return what is known once all of them were made."""
        sweeps = {key: each for key, each in self.sweeps.items() if key != purpose}
        return replace(self, sweeps=sweeps)

    def without_failure(self, purpose: Purpose) -> Self:
        """Return what is known once a call was answered that may have failed before."""
        failures = {key: each for key, each in self.failures.items() if key != purpose}
        return replace(self, failures=failures)

    def without_refusal(self, name: str) -> Self:
        """Return what is known once that was answered which may have been refused."""
        refused = {key: each for key, each in self.refused.items() if key != name}
        return replace(self, refused=refused)

    def beginning(self, name: str) -> datetime | None:
        """Return the first instant that there may be data of what is asked for."""
        known = (self.begins, self.begins_of.get(name))
        return max((each for each in known if each is not None), default=None)

    def with_status(self, status: SystemStatus | None, word: str | None) -> Self:
        """Return what is known once a status may have been told."""
        if status is None:
            return self
        return replace(self, status=status, status_word=word)

    def with_source(self, told: Source | None) -> Self:
        """Return what is known once the vendor told a source, or nothing of it.

        Where nothing was told, production is read from the micro-inverters; once they
        gave any, another source would give other numbers.
        """
        read = Source.MICRO if self.light.days else None
        return replace(self, source=self.source or read or told)

    def log_of(self, serial: str) -> ChargerLog:
        """Return how a charger was used, as far as that is known."""
        return self.logs.get(serial, ChargerLog())

    def with_log(self, serial: str, log: ChargerLog) -> Self:
        """Return what is known with how a charger was used."""
        return replace(self, logs=self.logs | {serial: log})

    def with_newest(self, quantity: Quantity, end: datetime) -> Self:
        """Return what is known once something was told until an instant.

        After a longer silence than totals remember, the energy of days is asked for
        again, once the vendor may have added up what it was told.
        """
        known = self.newest.get(quantity)
        if known is not None and known >= end:
            return self
        lifetimes = self.lifetimes
        if known is not None and end - known > KEPT:
            lifetimes = dict.fromkeys(lifetimes, end + DAY)
        newest = self.newest | {quantity: end}
        return replace(self, newest=newest, lifetimes=lifetimes)

    @classmethod
    def learn(cls, known: Self | None, system: System, hourly_since: datetime) -> Self:
        """Return what is known after a list that named the system."""
        if known is None:
            about = Meter(
                system.id,
                system.name,
                MeterKind.GATEWAY,
                manufacturer="Enphase",
                serial=None,
            )
            known = cls(about, hourly_since)
        return replace(
            known,
            about=replace(known.about, name=system.name),
            listed=True,
            zone=system.zone or known.zone,
            begins=system.begins or known.begins,
            last_report=system.last_report or known.last_report,
        ).with_status(system.status, system.status_word)
