"""Which call to the Enphase Monitoring API is worth making next, and when. Pure.

What a person set up comes first, then the nights, which are exact, then the polls of
today's energy and power, then what hardly changes; what is left goes to history.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import IntEnum

from ...metering.ledger import Gap
from ...metering.spans import HOUR, hour_of, next_hour
from . import asks, extras
from .client import Granularity
from .due import after, later, planned, retry, within_the_month
from .governor import TOKENS_PER_DAY, tomorrow
from .history import DEPTH, lacks, newest_window, not_before
from .jobs import Ask, CloudJob, Purpose, What
from .knowledge import Knowledge
from .known import KnownSystem
from .rhythms import Circumstances, Course, courses
from .schedule import DAY, longest_wait, midnight, next_slot

LIST_EVERY = DEVICES_EVERY = timedelta(days=7)
SUMMARY_EVERY = timedelta(days=28)


class Urgency(IntEnum):
    """Which of the calls that are due goes first."""

    SETUP = 0
    FIRST_POLL = 1
    LIFETIMES = 2
    NIGHT = 3
    ENERGY = 4
    POWER = 5
    CHARGERS = 6
    RARE = 7
    SESSIONS = 8
    INVERTERS = 9
    HISTORY = 10


@dataclass(frozen=True, slots=True)
class Candidate:
    """A call that is worth making at some time."""

    urgency: Urgency
    job: CloudJob


def next_job(
    knowledge: Knowledge, now: datetime, gaps: Sequence[Gap], given: Circumstances
) -> CloudJob:
    """Return the most urgent of the calls that are due, else the one due first."""
    if any(known.zone not in given.zones for known in knowledge.listed):
        ask = Ask(What.NOTHING)
        return CloudJob(due=now, live=False, purpose=Purpose.ZONES, ask=ask)
    systems = wanted(knowledge, now, given)
    saves = any(lacks(known, gaps, now, given) for known in systems)
    plans = courses(systems, now, given, saves=saves)
    candidates = [_list(knowledge, now, given)]
    for course in plans:
        candidates += _of_system(course, now, given)
    allowed = max(given.allowed_from, now)
    due = [each for each in candidates if each.job.due <= allowed]
    if not due:
        # All else goes before it, and is found sooner.
        candidates += _with_spare_calls(plans, gaps, now, given)
        due = [each for each in candidates if each.job.due <= allowed]
    if due:
        chosen = min(due, key=lambda each: (each.urgency, each.job.due))
    else:
        chosen = min(candidates, key=lambda each: (each.job.due, each.urgency))
    return replace(chosen.job, due=max(chosen.job.due, given.allowed_from))


def wanted(
    knowledge: Knowledge, now: datetime, given: Circumstances
) -> list[KnownSystem]:
    """Return the systems that a person wants, as they are known now."""
    return [
        _with_wanted_chargers(known.at(now), given)
        for known in knowledge.listed
        if known.about.id not in given.excluded
    ]


def _with_wanted_chargers(known: KnownSystem, given: Circumstances) -> KnownSystem:
    chargers = tuple(
        each for each in known.chargers if each.serial not in given.excluded
    )
    return known if chargers == known.chargers else replace(known, chargers=chargers)


def _list(knowledge: Knowledge, now: datetime, given: Circumstances) -> Candidate:
    listed = knowledge.listed_at
    due = now if listed is None or listed > now else listed + LIST_EVERY
    if listed is not None:
        due = planned(due, now, given)
    due = max(due, retry(knowledge.list_failed, now))
    live = not knowledge.listed
    job = CloudJob(due=due, live=live, purpose=Purpose.LIST, ask=Ask(What.LIST))
    return Candidate(Urgency.RARE, job)


def _of_system(
    course: Course, now: datetime, given: Circumstances
) -> Iterator[Candidate]:
    known = course.known
    if not known.is_set_up:
        setup = (asks.SUMMARY, asks.DEVICES)
        job = _step(course, Purpose.SETUP, known.hourly_since, setup, now, live=True)
        yield Candidate(Urgency.SETUP, _unplanned(known, job, now, given))
        return
    yield from _poll(course, now, given)
    yield _night(course, now, given)
    if lifetimes := asks.lifetimes(known, now):
        at = known.hourly_since
        job = _step(course, Purpose.LIFETIMES, at, lifetimes, now)
        if known.lifetimes_at is None:
            job = _unplanned(known, job, now, given)
            yield Candidate(Urgency.LIFETIMES, job)
        else:
            job = replace(job, due=planned(later(known, job, now), now, given))
            yield Candidate(Urgency.RARE, job)
    if course.rhythm.hourly_chargers and (chargers := asks.chargers(known)):
        due = _next_hour(known.chargers_at, known.phases.now(now), now)
        job = _step(course, Purpose.CHARGERS, hour_of(due), chargers, due)
        job = replace(job, due=planned(later(known, job, now), now, given))
        yield Candidate(Urgency.CHARGERS, job)
    yield _rare(course, now, given)
    for job in extras.sessions(course, now, given):
        yield Candidate(Urgency.SESSIONS, job)
    for job in extras.inverters(course, now, given):
        yield Candidate(Urgency.INVERTERS, job)


def _poll(course: Course, now: datetime, given: Circumstances) -> Iterator[Candidate]:
    """Yield the next call of today's energy or power."""
    known, rhythm = course.known, course.rhythm
    phase = known.phases.now(now)
    slot = next_slot(rhythm, course.zone, phase, known.polled, now)
    first = known.polled is None
    if slot is None and not first:
        return
    at = slot.at if slot else hour_of(now)
    due = now if first or slot is None else slot.at + timedelta(minutes=phase)
    energy = first or slot is None or slot.energy
    what = asks.poll(known, rhythm, energy=energy)
    job = _step(course, Purpose.POLL, at, what, due, live=True)
    if first:
        yield Candidate(Urgency.FIRST_POLL, _unplanned(known, job, now, given))
        return
    job = replace(job, due=planned(later(known, job, now), now, given))
    yield Candidate(Urgency.ENERGY if energy else Urgency.POWER, job)


def _night(course: Course, now: datetime, given: Circumstances) -> Candidate:
    """Return the next call of what the last days were."""
    known, rhythm, zone = course.known, course.rhythm, course.zone
    due = known.nights.due(now, zone, rhythm.every, known.number)
    at = midnight(max(due, now).astimezone(zone).date(), zone)
    what = asks.night(known, rhythm, at)
    live = not rhythm.polls
    job = _step(course, Purpose.NIGHT, at, what, due, live=live)
    return Candidate(
        Urgency.NIGHT,
        replace(
            job,
            due=within_the_month(later(known, job, now), now, given),
            planned=known.nights.done is not None,
        ),
    )


def _rare(course: Course, now: datetime, given: Circumstances) -> Candidate:
    """Return the next look at whether a system is what it was."""
    known = course.known
    due = after(known.devices_at, DEVICES_EVERY, now)
    what = [asks.DEVICES]
    # A summary that was refused, or told little, is due again as well.
    is_untold = known.told_source is None
    if is_untold or after(known.summary_at, SUMMARY_EVERY, now) <= due:
        what.insert(0, asks.SUMMARY)
    at = known.devices_at or now
    job = _step(course, Purpose.DEVICES, at, tuple(what), due)
    due = planned(later(known, job, now), now, given)
    return Candidate(Urgency.RARE, replace(job, due=due))


def _with_spare_calls(
    plans: Sequence[Course],
    gaps: Sequence[Gap],
    now: datetime,
    given: Circumstances,
) -> Iterator[Candidate]:
    """Yield what waits for calls that today's polls and nights leave over.

    That is, for each system, the newest hours that no night reads any more.
    """
    pages = [
        job for course in plans for job in extras.more_sessions(course, now, given)
    ]
    found = [
        (course.known, newest)
        for course in plans
        if course.known.is_set_up
        and course.known.nights.done is not None
        and (newest := newest_window(course, gaps, now)) is not None
    ]
    if not found and not pages:
        return
    purse = given.purse
    ahead = TOKENS_PER_DAY + sum(course.ahead(now, tomorrow(now)) for course in plans)
    waits = not purse.is_within_the_month or purse.spare(ahead) < 1
    for page in pages:
        due = max(page.due, tomorrow(now)) if waits else page.due
        yield Candidate(Urgency.SESSIONS, replace(page, due=due))
    for known, newest in found:
        due = max(newest.due, retry(known.failures.get(Purpose.HISTORY), now))
        job = CloudJob(
            due=max(due, tomorrow(now)) if waits else due,
            live=False,
            spans=newest.spans,
            purpose=Purpose.HISTORY,
            ask=newest.ask,
            system=known.about.id,
            at=newest.end,
            asks=(newest.ask,),
            start=newest.start,
            span=newest.span,
        )
        yield Candidate(Urgency.HISTORY, job)


def _step(
    course: Course,
    purpose: Purpose,
    at: datetime,
    what: tuple[Ask, ...],
    due: datetime,
    *,
    live: bool = False,
) -> CloudJob:
    """Return the first of the calls that was not made yet.

    Where all were, because less is asked for now, the last one ends them.
    """
    known = course.known
    sweep = known.sweeps.get(purpose)
    done = sweep.done if sweep and sweep.at == at else ()
    ask = next((each for each in what if each.name not in done), what[-1])
    span: Granularity | None = None
    start: datetime | None = None
    if ask.what in (What.TELEMETRY, What.CHARGER):
        span = Granularity.DAY
        day = at.astimezone(course.zone).date()
        if purpose is Purpose.NIGHT:
            span = asks.span_of(known, ask)
            day -= DAY * (span is Granularity.DAY)
        start = hour_of(midnight(day, course.zone))
        if purpose is Purpose.NIGHT and ask.what is What.TELEMETRY:
            # Of a day of 25 hours, the polls have read the first 24.
            start = max(start, hour_of(at) - DAY)
        if span is Granularity.WEEK:
            # A week in which clocks are changed ends at midnight, too.
            start = hour_of(at) - DEPTH
            day = start.astimezone(course.zone).date()
            if ask.what is What.CHARGER and midnight(day, course.zone) < start:
                start = next_hour(midnight(day + DAY, course.zone))
        start = not_before(known, ask, start)
    return CloudJob(
        due=due,
        live=live,
        purpose=purpose,
        ask=ask,
        system=known.about.id,
        at=at,
        asks=what,
        start=start,
        span=span,
        by_phase=purpose is Purpose.POLL and asks.is_by_phase(known, ask),
        cadence=longest_wait(course.rhythm),
        energy_cadence=longest_wait(course.rhythm, energy=True),
    )


def _unplanned(
    known: KnownSystem, job: CloudJob, now: datetime, given: Circumstances
) -> CloudJob:
    due = within_the_month(later(known, job, now), now, given)
    return replace(job, due=due, planned=False)


def _next_hour(last: datetime | None, phase: int, now: datetime) -> datetime:
    """Return when an hour that ended after the last call has been published."""
    wait = timedelta(minutes=phase)
    return after(last and hour_of(last - wait) + wait, HOUR, now)
