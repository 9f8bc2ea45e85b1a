"""When a call is made that failed before, or that there is no call left for. Pure."""

from datetime import datetime, timedelta

from .governor import tomorrow
from .jobs import CloudJob
from .known import KnownSystem
from .rhythms import Circumstances
from .sweeps import Failure

_LONGEST_FAILURE = timedelta(hours=6)


def later(known: KnownSystem, job: CloudJob, now: datetime) -> datetime:
    """Return when a job is due that may have failed before."""
    return max(job.due, retry(known.failures.get(job.purpose), now))


def retry(failure: Failure | None, now: datetime) -> datetime:
    """Return when to try again what failed; a wait beyond all is a wrong clock's."""
    if failure is None or failure.until > now + _LONGEST_FAILURE:
        return now
    return failure.until


def within_the_month(due: datetime, now: datetime, given: Circumstances) -> datetime:
    """Return when a call is made that only the month may have none left for."""
    return due if given.purse.is_within_the_month else max(due, tomorrow(now))


def planned(due: datetime, now: datetime, given: Circumstances) -> datetime:
    """Return when a call is made that keeps to what a day may take."""
    return due if given.purse.is_within_the_day else max(due, tomorrow(now))


def after(last: datetime | None, wait: timedelta, now: datetime) -> datetime:
    """Return when the next call is due; a call of the future was noted by a wrong clock."""
    return now if last is None or last > now else last + wait
