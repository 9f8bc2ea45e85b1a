"""How far the history of one direction of a metering point has come."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Self

from ..stored import Stored
from .charts import DayChart
from .client import Scale
from .days import DAY, day_of, midnight, month_of

RETENTION = timedelta(days=730)
"""How long the vendor keeps hours."""

RECENT = timedelta(days=3)
"""Days that are read again at each poll, besides the one that runs."""

PATIENCE = timedelta(days=31)
"""An older day that is empty will stay so; one that is open is not asked for longer."""

REFUSED_EVERY = timedelta(hours=12)
"""How often a day is asked for of which the vendor gives no chart."""

_ENOUGH_REFUSALS = 3


@dataclass(frozen=True, slots=True)
class Search(Stored):
    """The chart that is looked at next for where the history begins."""

    scale: Scale
    begin: date
    not_before: datetime | None = None
    is_doubtful: bool = False
    """Whether a chart before it could not be relied on."""

    @classmethod
    def fresh(cls, today: date, not_before: datetime | None = None) -> Self:
        """Begin with the oldest year that can hold any."""
        year = (today - RETENTION).replace(month=1, day=1)
        return cls(Scale.YEAR, year, not_before)


@dataclass(frozen=True, slots=True)
class Refusal(Stored):
    """How often the vendor gave no chart of a day, and when it did so last."""

    times: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Course(Stored):
    """What was read of one direction of a metering point, and what was made of it."""

    obis: str
    floor: date | None = None
    """The first day that the vendor has, as far as is known; it only moves down."""
    search: Search | None = None
    doubtful_searches: int = 0
    """Searches in a row that nobody can rely on."""
    mistaken: datetime | None = None
    """When a chart of something else came instead of one of this direction."""
    read: dict[date, datetime] = field(default_factory=dict)
    """When each of the last days, and each open one, was read."""
    until: datetime | None = None
    """The end of the last known hour."""
    totals: dict[date, float] = field(default_factory=dict)
    """kWh of the days of which every hour was measured, as they were last."""
    partial: dict[date, float] = field(default_factory=dict)
    """kWh of what is known of the other days that were read."""
    open: dict[date, datetime] = field(default_factory=dict)
    """Days of which not every hour is measured, and since when that is known."""
    refused: dict[date, Refusal] = field(default_factory=dict)
    """Days of which the vendor gave no chart."""
    implausible: dict[date, int] = field(default_factory=dict)
    """Days with hours that were not taken in, as they hold too much or less than nothing."""
    months: dict[date, datetime] = field(default_factory=dict)
    """When the days of each month were compared with the month's chart."""
    contradicted: dict[date, float] = field(default_factory=dict)
    """Days to be read again, with the kWh that the month's chart says."""
    disputed: dict[date, float] = field(default_factory=dict)
    """The same for days whose hours did not change when they were read again."""
    registers: dict[date, float] = field(default_factory=dict)
    """kWh of all zones' registers at the midnights on which these days began."""
    audit: dict[date, float] = field(default_factory=dict)
    """By how many kWh the registers say more than the hours of a complete day."""

    @property
    def known(self) -> dict[date, float]:
        """The kWh of all days that were read."""
        return self.partial | self.totals

    def begins(self, today: date) -> date:
        """Return the first day that may be asked for."""
        return self.floor or today - RETENTION

    def is_poorer(self, chart: DayChart) -> bool:
        """Tell whether a day was measured whole and its chart now says less."""
        return chart.day in self.totals and not chart.is_complete

    def after_day(self, chart: DayChart, now: datetime) -> Self:
        """Return the course after a day was read.

        What was measured whole stays so, whatever a poorer chart says later.
        """
        day, today = chart.day, day_of(now)
        totals, partial, still_open = self.totals, self.partial, self.open
        if chart.is_complete:
            totals = totals | {day: chart.energy or 0.0}
            partial, still_open = without(partial, day), without(still_open, day)
        elif day not in totals:
            partial = partial | {day: chart.energy or 0.0}
            still_open = {day: now} | still_open
            if not chart.hours and is_settled(day, now):
                still_open = without(still_open, day)
        implausible = without(self.implausible, day)
        if chart.implausible:
            implausible = implausible | {day: chart.implausible}
        return replace(
            self,
            read={
                each: at
                for each, at in (self.read | {day: now}).items()
                if each >= today - RECENT or each in still_open
            },
            until=max(filter(None, (self.until, chart.until)), default=None),
            totals=totals,
            partial=partial,
            open=still_open,
            refused=without(self.refused, day),
            implausible=implausible,
            months={month_of(day): now} | self.months,
        )

    def after_failure(self, day: date, now: datetime) -> Self:
        """Return the course after a day could not be read."""
        if day in self.known:
            return self
        return replace(self, open=self.open | {day: now})

    def after_refusal(self, day: date, now: datetime) -> Self:
        """Return the course after the vendor gave no chart of a day."""
        earlier = self.refused.get(day)
        refusal = Refusal(earlier.times + 1 if earlier else 1, now)
        return replace(self, refused=self.refused | {day: refusal})

    def is_refused_for_good(self, day: date, now: datetime) -> bool:
        """Tell whether the vendor's refusals mean that an old day has no hours."""
        refusal = self.refused.get(day)
        return (
            refusal is not None
            and refusal.times >= _ENOUGH_REFUSALS
            and is_settled(day, now)
        )

    def kept(self, today: date) -> Self:
        """Return the course without what is too old to matter."""
        oldest, earliest = today - RETENTION, midnight(today) - PATIENCE
        return replace(
            self,
            totals=_since(self.totals, oldest),
            partial=_since(self.partial, oldest),
            open={day: at for day, at in self.open.items() if at > earliest},
            refused=_since(self.refused, oldest),
            implausible=_since(self.implausible, oldest),
            months=_since(self.months, month_of(oldest)),
            contradicted=_since(self.contradicted, oldest),
            disputed=_since(self.disputed, oldest),
        )


def is_settled(day: date, now: datetime) -> bool:
    """Tell whether a day that is empty will stay so."""
    return midnight(day + DAY) <= now - PATIENCE


def is_recent(day: date, now: datetime) -> bool:
    """Tell whether a day is read again at each poll."""
    return day >= day_of(now) - RECENT


def without[K, V](values: Mapping[K, V], key: K) -> dict[K, V]:
    """Return all but one of the values."""
    return {each: value for each, value in values.items() if each != key}


def _since[V](values: Mapping[date, V], oldest: date) -> dict[date, V]:
    return {day: value for day, value in values.items() if day >= oldest}
