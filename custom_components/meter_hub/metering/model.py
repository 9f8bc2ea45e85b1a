"""What is known: meters, readings, intervals, and the updates that bring them.

Energy is in kWh, power in W, instants are timezone-aware UTC and intervals are
half-open. A missing value is None, never 0.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Self

from .vocabulary import Channel, MeterKind, Quantity, Unit

type Value = float | str | bool | datetime
"""What a reading can say: a number, a text, a flag or an instant."""


class Quality(StrEnum):
    """How far the energy of an interval can be trusted."""

    MEASURED = "measured"
    """Final: the vendor measured the whole interval."""
    ESTIMATED = "estimated"
    """A vendor's estimate, or a share of a longer interval; may be replaced."""
    INCOMPLETE = "incomplete"
    """Only a part of the interval has been measured so far."""


@dataclass(frozen=True, slots=True, order=True)
class Series:
    """One quantity of one meter over time; one Home Assistant statistic."""

    meter: str
    quantity: Quantity
    channel: str = Channel.TOTAL

    @property
    def key(self) -> str:
        """The series as one text, for storage; `parse` reads it."""
        return f"{self.quantity}/{self.channel}/{self.meter}"

    @classmethod
    def parse(cls, key: str) -> Self:
        """Read what `key` wrote.

        Raises ValueError or KeyError where the text names no known quantity.
        """
        quantity, channel, meter = key.split("/", 2)
        return cls(meter, Quantity[quantity.upper()], channel)


@dataclass(frozen=True, slots=True)
class Meter:
    """One thing that measures; a device in Home Assistant."""

    id: str
    """The vendor's stable id, unique within the account."""
    name: str
    kind: MeterKind = MeterKind.GRID
    manufacturer: str | None = None
    model: str | None = None
    serial: str | None = None
    firmware: str | None = None
    hardware: str | None = None
    parent: str | None = None
    """The id of the meter that this one hangs on."""
    active: bool = True
    """False where it is not picked by default: the vendor has switched it off, or it
    may be somebody else's."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One live value."""

    series: Series
    value: Value | None
    """In the unit of the quantity, a generic one in its own; None while the meter exists but the value is unknown."""
    measured_at: datetime | None = None
    valid_until: datetime | None = None
    """From this instant on the value says nothing about the present."""
    since: datetime | None = None
    """When a total that restarts began (Home Assistant's last_reset)."""
    estimated: bool = False
    label: str | None = None
    """The vendor's name of a generic reading."""
    unit: Unit | None = None
    """The unit of a generic reading."""
    told: str | None = None
    """The vendor's own word, where the value says no more than that it is unknown."""
    scale: float = 1
    """What the meter's own number was multiplied by; another scale of a register
    is another register."""

    def value_at(self, now: datetime) -> Value | None:
        """Return the value, or None where it is no longer valid at `now`."""
        if self.valid_until is not None and now >= self.valid_until:
            return None
        return self.value


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of one series, from `start` until before `end`."""

    series: Series
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Interval:
    """Energy between two instants, from a vendor's history."""

    series: Series
    start: datetime
    end: datetime
    energy: float | None
    """kWh; None where the vendor has the interval but not its value yet."""
    quality: Quality = Quality.MEASURED
    stands_for: tuple[datetime, datetime] | None = None
    """A longer stretch, all of whose energy this is, as its hours are not told.

    It counts only while no other hour of the stretch is known.
    """


@dataclass(frozen=True, slots=True)
class Notice:
    """Something about a vendor's data that a person should hear of."""

    key: str
    """The key of its translated text."""
    meter: str | None
    """The id of the meter that it is about; None where it is about the account."""
    values: Mapping[str, str]
    """What the text's placeholders stand for; an instant as an ISO 8601 text with an
    offset is shown in the reader's time zone."""


@dataclass(frozen=True, slots=True)
class Update:
    """Whatever one call taught us."""

    meters: tuple[Meter, ...] | None = None
    """The complete list of the account's meters; None where the call did not list."""
    missing: frozenset[str] = frozenset()
    """Meters that the vendor denied having."""
    unwanted: frozenset[str] = frozenset()
    """Meters that a person left out by an option of the vendor; nobody misses them."""
    readings: tuple[Reading, ...] = ()
    intervals: tuple[Interval, ...] = ()
    explored: tuple[Span, ...] = ()
    """Stretches that were answered for good, also where the answer was empty."""
    floors: Mapping[Series, datetime] = field(default_factory=dict)
    """Series that have history, with the first instant that the vendor still has."""
    notices: tuple[Notice, ...] | None = None
    """The complete list of what holds for the account now; None where the call said
    nothing about that."""
