"""What is worth asking a gateway next, and when. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..base import Job
from .known import Knowledge

CHECK_EVERY = timedelta(hours=4)
"""Firmware comes by itself, and installers change what a gateway has."""
CHECK_AGAIN = timedelta(minutes=10)
"""While it is in doubt what the gateway has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PollJob(Job):
    """Read all values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckJob(Job):
    """Find out anew what the gateway is and what it has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewJob(Job):
    """Get a new token."""


def next_job(
    knowledge: Knowledge,
    now: datetime,
    interval: timedelta,
    renew_at: datetime | None,
    *,
    doubtful: bool,
) -> Job:
    """Return the job that is due first; values come before all else.

    `renew_at` is when the token is worth renewing, None where it can't be; `doubtful`
    tells whether the gateway was out of order when it was found out what it has.
    """
    jobs = [*_jobs(knowledge, now, interval, renew_at, doubtful=doubtful)]
    due = [job for job in jobs if job.due <= now]
    return due[0] if due else min(jobs, key=lambda job: job.due)


def _jobs(
    knowledge: Knowledge,
    now: datetime,
    interval: timedelta,
    renew_at: datetime | None,
    *,
    doubtful: bool,
) -> Iterator[Job]:
    """Yield all jobs, the most urgent first."""
    yield PollJob(due=_after(knowledge.polled, interval, now), live=True)
    if renew_at is not None:
        paused = knowledge.renewal.ends(now) if knowledge.renewal else renew_at
        yield RenewJob(due=max(renew_at, paused), live=False)
    again = doubtful or knowledge.pin.other is not None
    wait = CHECK_AGAIN if again else CHECK_EVERY
    yield CheckJob(due=_after(knowledge.checked, wait, now), live=False)


def _after(last: datetime | None, wait: timedelta, now: datetime) -> datetime:
    """Return when a job is due again; one of the future was noted by a wrong clock."""
    return now if last is None or last > now else last + wait
