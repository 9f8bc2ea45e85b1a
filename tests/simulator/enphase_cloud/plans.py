"""What an application may call, and how often: for all systems and users together."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo

from ..clock import Clock

MINUTE = timedelta(minutes=1)
MONITORING = frozenset("DPCM")
"""System details, site production and consumption, chargers: on every plan."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is paid for."""

    name: str
    per_minute: int
    per_month: int
    groups: frozenset[str] = MONITORING


PLANS = {
    "watt": Plan("Watt", 10, 1_000),
    "kilowatt": Plan("Kilowatt", 50, 50_000, MONITORING | {"X", "S"}),
    "megawatt": Plan("Megawatt", 100, 300_000, MONITORING | {"X", "S", "G"}),
    "partner": Plan("Partner", 300, 1_500_000, MONITORING | {"X", "S", "G", "K"}),
}


@dataclass(frozen=True, slots=True)
class Exceeded:
    """A limit that a call would have exceeded."""

    plan: str
    period: str
    start: datetime
    end: datetime
    limit: int


@dataclass(slots=True)
class App:
    """An application with its key, its OAuth client and its plan; all may be changed."""

    clock: Clock
    client_id: str
    client_secret: str
    plan: Plan
    denied: set[str] = field(default_factory=set)
    """Groups ("C") and endpoints ("telemetry/battery") that are taken away."""
    month_zone: tzinfo = UTC
    """Where the months are those that calls are counted by."""
    rejected: int = 0
    """How many calls were over a limit; they don't count."""
    _months: Counter[str] = field(default_factory=Counter)
    _minutes: Counter[datetime] = field(default_factory=Counter)

    def may_call(self, group: str, endpoint: str) -> bool:
        """Return whether the plan has an endpoint."""
        return group in self.plan.groups and not self.denied & {group, endpoint}

    def used(self, month: str | None = None) -> int:
        """Return how many calls counted in a month ("2026-11"), now if not given."""
        return self._months[month or f"{self._now():%Y-%m}"]

    def spend(self, calls: int = 1) -> None:
        """Count calls of other programs, made at any time of this month."""
        self._months[f"{self._now():%Y-%m}"] += calls

    def count(self) -> Exceeded | None:
        """Count a call, or return the limit that it would exceed."""
        now = self._now()
        minute = now.replace(second=0, microsecond=0)
        exceeded = None
        if self.used() >= self.plan.per_month:
            begin = minute.replace(day=1, hour=0, minute=0)
            end = (begin + timedelta(days=32)).replace(day=1)
            exceeded = Exceeded(
                self.plan.name, "month", begin, end, self.plan.per_month
            )
        elif self._minutes[minute] >= self.plan.per_minute:
            exceeded = Exceeded(
                self.plan.name, "minute", minute, minute + MINUTE, self.plan.per_minute
            )
        if exceeded:
            self.rejected += 1
        else:
            self._minutes = Counter({minute: self._minutes[minute] + 1})
            self.spend()
        return exceeded

    def _now(self) -> datetime:
        return self.clock().astimezone(self.month_zone)
