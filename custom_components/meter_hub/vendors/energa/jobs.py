"""The calls to Mój Licznik that are worth making, and the rhythm of the polls. Pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from ...metering.vocabulary import Quantity
from ..base import Job
from .client import Scale

LISTING = "list"
"""The name of the one call that lists."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """When polls are made: each `interval`, a little after it began."""

    interval: timedelta
    offset: timedelta

    def poll_at(self, instant: datetime) -> datetime:
        """Return the beginning of the last poll until an instant."""
        return instant - (instant - _EPOCH - self.offset) % self.interval

    def poll_after(self, instant: datetime) -> datetime:
        """Return the beginning of the next poll."""
        return self.poll_at(instant) + self.interval

    def is_within(self, instant: datetime | None, now: datetime) -> bool:
        """Tell whether an instant lies in the poll that runs now."""
        return instant is not None and self.poll_at(now) <= instant <= now


@dataclass(frozen=True, slots=True, kw_only=True)
class ListJob(Job):
    """Ask for the account's metering points and registers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartJob(Job):
    """Ask for a chart of one direction of a metering point."""

    point: str
    direction: Quantity
    scale: Scale
    begin: date
    """The local day, or the first one of the month or year."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayJob(ChartJob):
    """Ask for the hours of a local day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchJob(ChartJob):
    """Ask for where the history begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareJob(ChartJob):
    """Ask for the days of a month, to compare them with their hours."""


def name_of(job: Job) -> str:
    """Return a text that is the same for two jobs that ask for the same."""
    if isinstance(job, ChartJob):
        return f"{job.point}/{job.direction}/{job.scale}/{job.begin}"
    return LISTING


def whose(name: str) -> str:
    """Return the metering point and direction that a job's name tells of."""
    return name.rsplit("/", 2)[0]
