"""The switchboard: what goes wrong, on request, with the simulated vendors.

A `Fault` spoils answers on their way; it works for every vendor, in one
middleware. A `Distortion` spoils what the meter measured or what the vendor
published of it; the truth (`truth.py`) knows of it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from .clock import Clock

FOREVER = datetime.max.replace(tzinfo=UTC)


class FaultKind(StrEnum):
    """How an answer goes wrong."""

    STATUS = "status"
    """`status`, with `body` and `headers`."""
    TIMEOUT = "timeout"
    """No answer, ever."""
    DROP = "drop"
    """The connection is closed without an answer."""
    HTML = "html"
    """A page with status 200, as a captive portal or a dead host shows it."""
    TRUNCATED = "truncated"
    """The first half of the JSON."""
    MALFORMED = "malformed"
    """Not JSON, though it says so."""
    OVERSIZED = "oversized"
    """JSON that doesn't end for tens of megabytes."""
    EXPIRED = "expired"
    """The vendor's own answer to a credential that is no longer good."""
    RATE_LIMIT = "rate_limit"
    """429; with Retry-After in seconds where `seconds` is given."""
    RATE_LIMIT_DATE = "rate_limit_date"
    """429; Retry-After is an HTTP date, `seconds` ahead of the clock."""
    PACE = "pace"
    """429 to calls of a credential within `seconds` of its last accepted one."""
    NULL_FIELD = "null_field"
    MISSING_FIELD = "missing_field"
    REPLACED_FIELD = "replaced_field"
    """`fields` of the JSON answer get `value`."""


class DistortionKind(StrEnum):
    """How the readings of a stretch of time go wrong."""

    GAP = "gap"
    """Never read."""
    LATE = "late"
    """Published at `until`, all at once."""
    CORRECTED = "corrected"
    """Frozen at the value of `start`; from `until` on the right values."""
    LACKING = "lacking"
    """The reading lacks the register."""
    EMPTY = "empty"
    """The register holds an empty text."""
    SENTINEL = "sentinel"
    """The register holds the vendor's word for overflow."""
    DIP = "dip"
    """The register is `amount` kWh too low."""
    RESET = "reset"
    """The register starts again from 0 at `start`."""
    SWAP = "swap"
    """Another meter, with its own identity, starts from 0 at `start`."""
    CLOCK = "clock"
    """The readings are stamped `amount` seconds off."""
    GONE = "gone"
    """The account no longer has the meter while the clock is in the stretch."""
    ESTIMATED = "estimated"
    """The vendor marks its values as estimated, until `until`."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Answers that go wrong."""

    kind: FaultKind
    vendor: str
    path: str = "*"
    """Pattern (fnmatch) on the lower-cased path."""
    times: int | None = None
    """How many answers it spoils; None means until it is cleared."""
    since: datetime | None = None
    until: datetime | None = None
    """The stretch of the simulator's clock in which it works."""
    status: int = 503
    body: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float | None = None
    fields: tuple[str, ...] = ()
    """Dotted paths (`*` is any key or index), or bare names at any depth."""
    value: Any = None

    def concerns(self, vendor: str, path: str, now: datetime) -> bool:
        """Return whether the fault spoils this answer."""
        return (
            vendor == self.vendor
            and fnmatchcase(path.lower(), self.path.lower())
            and (self.since is None or now >= self.since)
            and (self.until is None or now < self.until)
        )


@dataclass(frozen=True, slots=True)
class Distortion:
    """Readings that go wrong: those taken in [start, end)."""

    kind: DistortionKind
    vendor: str
    start: datetime
    end: datetime = FOREVER
    meter: str = "*"
    until: datetime | None = None
    amount: float = 0.0
    quantities: tuple[str, ...] = ()
    """The quantities concerned; empty means all."""

    def covers(self, at: datetime) -> bool:
        """Return whether a reading taken at this instant is concerned."""
        return self.start <= at < self.end

    def touches(self, quantity: str) -> bool:
        """Return whether a quantity is concerned."""
        return not self.quantities or quantity in self.quantities


class Switchboard:
    """All faults and distortions that are on."""

    def __init__(self, clock: Clock) -> None:
        """Start with none; `clock` says which faults are due."""
        self._clock = clock
        self._next_id = 1
        self._on: dict[int, Fault | Distortion] = {}
        self._times_left: dict[int, int] = {}

    def add(self, trouble: Fault | Distortion) -> int:
        """Switch on a fault or a distortion; return its number."""
        number = self._next_id
        self._next_id += 1
        self._on[number] = trouble
        if isinstance(trouble, Fault) and trouble.times is not None:
            self._times_left[number] = trouble.times
        return number

    def clear(self, vendor: str | None = None) -> None:
        """Switch off everything, or everything of a vendor."""
        self._on = {
            number: trouble
            for number, trouble in self._on.items()
            if vendor is not None and trouble.vendor != vendor
        }

    @property
    def active(self) -> Mapping[int, Fault | Distortion]:
        """Return what is switched on, by number."""
        return dict(self._on)

    def faults(self, vendor: str, path: str) -> Iterator[Fault]:
        """Iterate over the faults of one answer; taking a fault uses it up once."""
        now = self._clock()
        for number, trouble in list(self._on.items()):
            if isinstance(trouble, Fault) and trouble.concerns(vendor, path, now):
                if number in self._times_left:
                    self._times_left[number] -= 1
                    if not self._times_left[number]:
                        del self._on[number], self._times_left[number]
                yield trouble

    def distortions(self, vendor: str, meter: str) -> tuple[Distortion, ...]:
        """Return the distortions of a meter's readings, oldest request first."""
        return tuple(
            trouble
            for trouble in self._on.values()
            if isinstance(trouble, Distortion)
            and trouble.vendor == vendor
            and fnmatchcase(meter, trouble.meter)
        )
