"""Which call to OneMeter Cloud is worth making next, and when. Pure.

The readers look at their meters at each full quarter hour, and what they saw is in
the cloud soon after. All calls share one pace, so the most urgent goes first: live
values, then the hours that have just ended, then older history, then what changes
rarely.
"""

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import IntEnum

from ...metering.ledger import Gap, Reason
from ...metering.model import Span
from ...metering.registers import ON_THE_HOUR
from ...metering.spans import hour_of
from ..base import Job
from .known import Course, Knowledge, Known, Poll

QUARTER = timedelta(minutes=15)
AGAIN_AFTER = timedelta(minutes=5)
"""A live call that failed or came before the readout is repeated once, this much later."""

SILENT_AFTER = timedelta(minutes=60)
"""A reader that has sent nothing for so long is not worth a repetition."""

CHUNK = timedelta(days=31)
"""The most that one call of a backfill asks for."""

DOUBTFUL = frozenset({Reason.ESTIMATED, Reason.INCOMPLETE})
"""Why hours that have a value are asked for again."""

DAY = timedelta(days=1)
RECENT = timedelta(hours=3)
LATE_DAYS = timedelta(days=3)
LATE_MONTH = timedelta(days=31)
"""Readings may arrive late, when a phone collects them: so old ones are read again."""
LATE_MONTH_EVERY = timedelta(days=7)

LISTING = ""
"""The name of the call that lists the devices, among the names of devices."""


class Urgency(IntEnum):
    """Which of the calls that are due goes first."""

    LIVE = 0
    RECENT = 1
    HISTORY = 2
    REVIEW = 3
    DETAILS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class ListJob(Job):
    """List the devices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DetailJob(Job):
    """Ask for one device."""

    device: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryJob(Job):
    """Ask for the readings of one device around the hours from `start` to `end`."""

    device: str
    start: datetime
    end: datetime
    review: timedelta | None = None
    """How much of the past is being read again, where that is the purpose."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A call that is worth making at some time."""

    urgency: Urgency
    job: Job


def slot_of(now: datetime, offset: timedelta) -> datetime:
    """Return the quarter hour whose values are to be had at `now`."""
    hour = hour_of(now - offset)
    return hour + (now - offset - hour) // QUARTER * QUARTER


def polled(poll: Poll | None, now: datetime, offset: timedelta, *, again: bool) -> Poll:
    """Note a live call at `now`, which may be worth one repetition."""
    slot = slot_of(now, offset)
    was_repetition = poll is not None and poll.slot == slot
    return Poll(slot, now + AGAIN_AFTER if again and not was_repetition else None)


def came_too_early(known: Known, now: datetime, offset: timedelta) -> bool:
    """Tell whether a reader that is alive has not sent the quarter hour's readout yet."""
    slot = slot_of(now, offset)
    return (
        known.last is not None
        and slot - SILENT_AFTER <= known.last < slot - ON_THE_HOUR
    )


def next_job(
    knowledge: Knowledge,
    now: datetime,
    gaps: Sequence[Gap],
    offset: timedelta,
    allowed_from: datetime,
    excluded: Container[str] = (),
) -> Job:
    """Return the most urgent of the calls that are due, else the one due first.

    Live calls are made `offset` after the full quarter hour; none before
    `allowed_from`, and none for the devices in `excluded`.
    """
    candidates = [*_live(knowledge, now, offset, excluded)]
    for device_id, known in knowledge.devices.items():
        if known.listed and device_id not in excluded and not _is_denied(known, now):
            missing = [gap for gap in gaps if gap.series.meter == device_id]
            candidates += _history(known, missing, now)
            candidates += _review(known, now)
    due = [each for each in candidates if each.job.due <= allowed_from]
    if due:
        chosen = min(due, key=lambda each: (each.urgency, each.job.due))
    else:
        chosen = min(candidates, key=lambda each: (each.job.due, each.urgency))
    return replace(chosen.job, due=max(chosen.job.due, allowed_from))


def _live(
    knowledge: Knowledge, now: datetime, offset: timedelta, excluded: Container[str]
) -> Iterator[Candidate]:
    """Yield the listing, and the devices whose readouts it lacks.

    What a listing doesn't tell at all is asked for once a day; so is a listing that
    tells nothing of the devices that are wanted.
    """
    polls = knowledge.polls
    active = {
        device_id: known
        for device_id, known in knowledge.devices.items()
        if known.listed and known.about.active and not _is_denied(known, now)
    }
    wanted = {
        device_id: known
        for device_id, known in active.items()
        if device_id not in excluded
    }
    due = _poll_due(polls.get(LISTING), now, offset)
    if not active or any(known.listing_reads for known in wanted.values()):
        yield Candidate(Urgency.LIVE, ListJob(due=due, live=True))
    else:
        due = max(due, (knowledge.listed_at or now - DAY) + DAY)
        yield Candidate(Urgency.DETAILS, ListJob(due=due, live=not wanted))
    for device_id, known in wanted.items():
        if known.detail_reads and not known.listing_reads:
            due = _poll_due(polls.get(device_id), now, offset)
            job = DetailJob(due=due, live=True, device=device_id)
            yield Candidate(Urgency.LIVE, job)
        elif not known.listing_tells_all:
            due = known.detailed_at + DAY if known.detailed_at else now
            job = DetailJob(due=due, live=False, device=device_id)
            yield Candidate(Urgency.DETAILS, job)


def _poll_due(poll: Poll | None, now: datetime, offset: timedelta) -> datetime:
    slot = slot_of(now, offset)
    if poll is None or poll.slot > slot + QUARTER:
        # Never made, or noted by a clock that was ahead.
        return now
    if poll.slot < slot:
        return slot + offset
    following = poll.slot + QUARTER + offset
    return min(poll.again_at or following, following)


def _history(known: Known, gaps: Sequence[Gap], now: datetime) -> Iterator[Candidate]:
    """Yield the call for the oldest hours that are missing, of all series at once.

    An hour is to be had when the register was read at its end.
    """
    historic, course = known.historic, known.course
    if known.begins is None or known.last is None:
        return
    closed = hour_of(known.last + ON_THE_HOUR)
    missing: list[tuple[datetime, Gap]] = []
    for gap in gaps:
        start, end = max(gap.start, known.begins), min(gap.end, closed)
        if gap.series in historic and start < end:
            due = _worth_asking(gap, course, now)
            missing.append((due, replace(gap, start=start, end=end)))
    if not missing:
        return
    due = max(now, min(due for due, _ in missing))
    wanted = [gap for gap_due, gap in missing if gap_due <= due]
    start = min(gap.start for gap in wanted)
    # Doubtful hours lie where readings are few, and only both ends of a hole tell more.
    holes = [gap.end for gap in wanted if gap.start == start and gap.reason in DOUBTFUL]
    longest = max(holes, default=start)
    end = min(max(hour_of(start) + CHUNK, longest), max(gap.end for gap in wanted))
    if course.failed:
        due = max(due, course.failed.ends(now))
    job = HistoryJob(
        due=due,
        live=False,
        spans=tuple(
            Span(gap.series, gap.start, min(gap.end, end))
            for gap in wanted
            if gap.start < end
        ),
        device=known.about.id,
        start=start,
        end=end,
    )
    yield Candidate(Urgency.RECENT if start >= now - RECENT else Urgency.HISTORY, job)


def _worth_asking(gap: Gap, course: Course, now: datetime) -> datetime:
    """Return before when asking would bring nothing new.

    What was missing for a day will hardly come within hours: once a day is enough.
    """
    times = [gap.due]
    if pause := course.stalled.get(gap.series.key):
        times.append(pause.ends(now))
    is_old = gap.reason in DOUBTFUL and gap.end < now - DAY
    if is_old and course.read_days_at:
        times.append(course.read_days_at + DAY)
    return max(times)


def _review(known: Known, now: datetime) -> Iterator[Candidate]:
    """Yield the call that reads the last days, or now and then the last month, again."""
    course = known.course
    if known.begins is None or known.last is None or not known.historic:
        return
    if not (course.read_days_at and course.read_month_at):
        return
    days_due = course.read_days_at + DAY
    month_due = course.read_month_at + LATE_MONTH_EVERY
    month = month_due <= max(now, days_due)
    past, due = (LATE_MONTH, month_due) if month else (LATE_DAYS, days_due)
    end = hour_of(known.last + ON_THE_HOUR)
    start = max(known.begins, end - past)
    if start >= end:
        return
    if course.failed:
        due = max(due, course.failed.ends(now))
    job = HistoryJob(
        due=due, live=False, device=known.about.id, start=start, end=end, review=past
    )
    yield Candidate(Urgency.REVIEW, job)


def _is_denied(known: Known, now: datetime) -> bool:
    return known.denied_until is not None and now < known.denied_until
