"""Which call to Mój Licznik is worth making next, and when. Pure.

At each poll the last days are read again, as hours come late and are corrected;
whatever else is missing follows, the newest day first. All calls share one pace.
"""

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import IntEnum

from ...metering.ledger import Gap, Reason
from ...metering.model import Span
from ...metering.spans import hour_of
from ...metering.vocabulary import Quantity
from ..base import Job
from .client import Scale
from .course import PATIENCE, RECENT, REFUSED_EVERY, Course, is_recent, is_settled
from .days import DAY, day_of, midnight, month_after
from .floors import SEARCH_EVERY
from .jobs import (
    LISTING,
    ChartJob,
    CompareJob,
    DayJob,
    ListJob,
    Rhythm,
    SearchJob,
    name_of,
    whose,
)
from .known import Knowledge, Known
from .trouble import Trouble

LIST_EVERY = timedelta(hours=6)
"""Registers change once a day: until they have, they are asked for at each poll."""

LATE_REGISTERS = timedelta(days=3)
"""Whoever has had no new registers for so long is not waited for."""

COMPARE_EVERY, COMPARE_OLD_EVERY = timedelta(days=1), timedelta(days=7)
"""How often a month's chart is compared with its days; old ones hardly change."""

DOUBTFUL = frozenset({Reason.ESTIMATED, Reason.INCOMPLETE})
"""Why hours that the vendor has told of are asked for again."""

LOST = frozenset({Reason.UNEXPLORED, Reason.FAILED, Reason.UNWRITTEN})
"""Why hours are missing that were answered, but never written."""

DOUBTFUL_OLD_EVERY = timedelta(days=1)
"""How often that is done once they are so old that they hardly change."""


class Urgency(IntEnum):
    """Which of the calls that are due goes first."""

    LISTING = 0
    RECENT = 1
    SEARCH = 2
    COMPARISON = 3
    HISTORY = 4


@dataclass(frozen=True, slots=True)
class Candidate:
    """A call that is worth making at some time."""

    urgency: Urgency
    job: Job

    @property
    def rank(self) -> tuple[int, int]:
        """What goes before what: the more urgent, and of days the newer."""
        newest = self.job.begin.toordinal() if isinstance(self.job, ChartJob) else 0
        return self.urgency, -newest


def next_job(
    knowledge: Knowledge,
    now: datetime,
    gaps: Sequence[Gap],
    rhythm: Rhythm,
    allowed_from: datetime,
    began: datetime,
    excluded: Container[str] = (),
) -> Job:
    """Return the most urgent of the calls that are due, else the one due first.

    None is due before `allowed_from`, nor while calls fail before the time of the
    next try; none is made for the metering points in `excluded`. What failed goes
    last, and so does all of a metering point where something failed lately: so it
    does not keep the others from theirs. Answers from before this process `began`
    may have been lost with the one before it.
    """
    trouble = knowledge.trouble
    if trouble.until is not None and trouble.until <= now + rhythm.interval:
        allowed_from = max(allowed_from, trouble.until)
    candidates = [_listing(knowledge, now, rhythm)]
    for point_id, known in knowledge.points.items():
        if known.listed and point_id not in excluded:
            mine = [gap for gap in gaps if gap.series.meter == point_id]
            candidates += _of_point(known, now, mine, rhythm, trouble, began)
    since = rhythm.poll_at(now) - rhythm.interval
    lately = {whose(name) for name, at in trouble.failed.items() if since <= at <= now}

    def turn(candidate: Candidate) -> tuple[bool, bool, tuple[int, int]]:
        name = name_of(candidate.job)
        failed = rhythm.is_within(trouble.failed.get(name), now)
        return failed, whose(name) in lately, candidate.rank

    due = [each for each in candidates if each.job.due <= allowed_from]
    if due:
        chosen = min(due, key=turn)
    else:
        chosen = min(candidates, key=lambda each: (each.job.due, each.rank))
    job = chosen.job
    return replace(job, due=max(job.due, allowed_from), spans=_spans(job, gaps))


def _listing(knowledge: Knowledge, now: datetime, rhythm: Rhythm) -> Candidate:
    """Return the call that lists: soon while registers are expected, else seldom.

    It also tells whether there is a session at all.
    """
    listed, trouble = knowledge.listed_at, knowledge.trouble
    if listed is None or listed > now or trouble.doubts_the_session(now, rhythm):
        due = now
    else:
        due = rhythm.poll_after(listed)
        if not _lacks_registers(knowledge, listed):
            tomorrow = midnight(day_of(listed) + DAY)
            later = min(
                rhythm.poll_at(listed + LIST_EVERY), rhythm.poll_after(tomorrow)
            )
            due = max(due, later)
    if rhythm.is_within(trouble.senseless.get(LISTING), now):
        due = max(due, rhythm.poll_after(now))
    return Candidate(Urgency.LISTING, ListJob(due=due, live=True))


def _lacks_registers(knowledge: Knowledge, listed: datetime) -> bool:
    """Tell whether a metering point did not have the day's registers yet."""
    today = midnight(day_of(listed))
    return any(
        today - LATE_REGISTERS <= known.registered < today
        for known in knowledge.points.values()
        if known.listed and known.registered
    )


def _of_point(
    known: Known,
    now: datetime,
    gaps: Sequence[Gap],
    rhythm: Rhythm,
    trouble: Trouble,
    began: datetime,
) -> Iterator[Candidate]:
    for direction, course in known.courses.items():
        mine = [gap for gap in gaps if gap.series.quantity is direction]
        of_course = (
            *_recent(known, direction, course, now, mine, rhythm, began),
            *_search(known, direction, course, now),
            *_comparisons(known, direction, course, now),
            *_missing(known, direction, course, now, mine, rhythm),
            *_contradicted(known, direction, course, now),
        )
        is_mistaken = rhythm.is_within(course.mistaken, now)
        for each in of_course:
            name, waits = name_of(each.job), trouble.senseless
            if each.urgency > Urgency.RECENT:
                waits = trouble.failed
            if is_mistaken or rhythm.is_within(waits.get(name), now):
                due = max(each.job.due, rhythm.poll_after(now))
                yield replace(each, job=replace(each.job, due=due))
            else:
                yield each


def _recent(
    known: Known,
    direction: Quantity,
    course: Course,
    now: datetime,
    gaps: Sequence[Gap],
    rhythm: Rhythm,
    began: datetime,
) -> Iterator[Candidate]:
    """Yield today and the days before it, each once a poll.

    Whatever a former process read and lost is read at once, and once only.
    """
    today = day_of(now)
    read = {day: at for day, at in course.read.items() if at <= now}
    last = max(read.values(), default=None)
    for number in range(RECENT.days + 1):
        day = today - DAY * number
        if day < course.begins(today):
            continue
        # A day that has just begun waits for the next poll, as all others do.
        at = read.get(day) or (last if last and last < midnight(day) else None)
        if at is None or (at < began and _was_lost(day, at, gaps)):
            due = now
        else:
            due = rhythm.poll_after(at)
        job = _day_job(known, direction, day, due, live=number < 2)
        yield Candidate(Urgency.RECENT, job)


def _was_lost(day: date, at: datetime, gaps: Sequence[Gap]) -> bool:
    """Tell whether hours are missing that had ended when their day was read."""
    start, end = midnight(day), min(midnight(day + DAY), hour_of(at))
    return any(
        gap.reason in LOST and gap.start < end and gap.end > start for gap in gaps
    )


def _search(
    known: Known, direction: Quantity, course: Course, now: datetime
) -> Iterator[Candidate]:
    """Yield the call that tells where the history begins."""
    if search := course.search:
        due = search.not_before
        if due is None or due > now + SEARCH_EVERY:
            due = now
        job = SearchJob(
            due=due,
            live=False,
            point=known.about.id,
            direction=direction,
            scale=search.scale,
            begin=search.begin,
        )
        yield Candidate(Urgency.SEARCH, job)


def _missing(
    known: Known,
    direction: Quantity,
    course: Course,
    now: datetime,
    gaps: Sequence[Gap],
    rhythm: Rhythm,
) -> Iterator[Candidate]:
    """Yield the newest day of each gap that no poll reads anyway.

    What was read and is doubtful is not read twice within a poll, nor within a day
    once it is old.
    """
    end = midnight(day_of(now) - RECENT)
    read = {day: at for day, at in course.read.items() if at <= now}
    due: dict[date, datetime] = {}
    for gap in gaps:
        if gap.start < end:
            day = day_of(min(gap.end, end) - timedelta.resolution)
            when = gap.due
            if gap.reason in DOUBTFUL and (at := read.get(day)):
                when = max(when, rhythm.poll_after(at))
                if is_settled(day, now):
                    when = max(when, at + DOUBTFUL_OLD_EVERY)
            due[day] = min(due.get(day, when), when)
    for day, when in due.items():
        again = max(when, _unrefused(course, day, now))
        job = _day_job(known, direction, day, again)
        yield Candidate(Urgency.HISTORY, job)


def _contradicted(
    known: Known, direction: Quantity, course: Course, now: datetime
) -> Iterator[Candidate]:
    """Yield the days that the chart of their month contradicts."""
    for day in course.contradicted:
        if not is_recent(day, now):
            due = _unrefused(course, day, now)
            job = _day_job(known, direction, day, due)
            yield Candidate(Urgency.HISTORY, job)


def _unrefused(course: Course, day: date, now: datetime) -> datetime:
    """Return when a day is worth asking for that the vendor may have refused."""
    refusal = course.refused.get(day)
    if refusal is None or refusal.at > now:
        return now
    return max(now, refusal.at + REFUSED_EVERY)


def _comparisons(
    known: Known, direction: Quantity, course: Course, now: datetime
) -> Iterator[Candidate]:
    """Yield the months whose charts are to be compared with their days."""
    for month, at in course.months.items():
        job = CompareJob(
            due=min(at, now) + _compare_every(month, now),
            live=False,
            point=known.about.id,
            direction=direction,
            scale=Scale.MONTH,
            begin=month,
        )
        yield Candidate(Urgency.COMPARISON, job)


def _compare_every(month: date, now: datetime) -> timedelta:
    is_old = midnight(month_after(month)) < now - PATIENCE
    return COMPARE_OLD_EVERY if is_old else COMPARE_EVERY


def _day_job(
    known: Known,
    direction: Quantity,
    day: date,
    due: datetime,
    *,
    live: bool = False,
) -> DayJob:
    return DayJob(
        due=due,
        live=live,
        point=known.about.id,
        direction=direction,
        scale=Scale.DAY,
        begin=day,
    )


def _spans(job: Job, gaps: Sequence[Gap]) -> tuple[Span, ...]:
    """Return the missing stretches that a job asks for."""
    if not isinstance(job, DayJob):
        return ()
    start, end = midnight(job.begin), midnight(job.begin + DAY)
    return tuple(
        Span(gap.series, max(gap.start, start), min(gap.end, end))
        for gap in gaps
        if (gap.series.meter, gap.series.quantity) == (job.point, job.direction)
        and gap.start < end
        and gap.end > start
    )
