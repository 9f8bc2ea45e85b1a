"""The calls for what is nice to know, once there may be news of it. Pure."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from . import asks
from .due import later, planned
from .jobs import Ask, CloudJob, Purpose
from .known import KnownSystem
from .rhythms import Circumstances, Course


def sessions(course: Course, now: datetime, given: Circumstances) -> Iterator[CloudJob]:
    """Yield a look at how the chargers were used last, once there is news of it."""
    known = course.known
    for ask in asks.sessions(known):
        log = known.log_of(ask.of)
        if log.is_between_pages or not log.lacks(now):
            continue
        if _were_chargers_read(course, log.asked_at, now):
            yield _single(known, Purpose.SESSIONS, ask, now, given)


def more_sessions(
    course: Course, now: datetime, given: Circumstances
) -> Iterator[CloudJob]:
    """Yield the pages that follow the first one: a long list would take a day's calls."""
    known = course.known
    for ask in asks.sessions(known):
        if known.log_of(ask.of).is_between_pages:
            yield _single(known, Purpose.SESSIONS, ask, now, given)


def inverters(
    course: Course, now: datetime, given: Circumstances
) -> Iterator[CloudJob]:
    """Yield a look at what each micro-inverter has counted, once after each night."""
    known, ask = course.known, asks.INVERTERS
    if not given.inverters or ask.name in known.refused:
        return
    if _was_night_read(course, known.inverters_at, now):
        yield _single(known, Purpose.INVERTERS, ask, now, given)


def _single(
    known: KnownSystem, purpose: Purpose, ask: Ask, now: datetime, given: Circumstances
) -> CloudJob:
    """Return a call that belongs to no others, as soon as the day has one left."""
    job = CloudJob(
        due=now,
        live=False,
        purpose=purpose,
        ask=ask,
        system=known.about.id,
        asks=(ask,),
    )
    return replace(job, due=planned(later(known, job, now), now, given))


def _were_chargers_read(course: Course, since: datetime | None, now: datetime) -> bool:
    """Tell whether the chargers have told their energy since then."""
    if since is None or since > now or not course.rhythm.hourly_chargers:
        return _was_night_read(course, since, now)
    read = course.known.chargers_at
    return read is not None and since < read


def _was_night_read(course: Course, since: datetime | None, now: datetime) -> bool:
    """Tell whether the last days were read since then."""
    if since is None or since > now:
        return True
    night = course.known.nights.done
    return night is not None and since.astimezone(course.zone).date() < night
