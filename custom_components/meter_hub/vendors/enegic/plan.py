"""Which call to Enegic is worth making next, and when. Pure.

One call brings the live values of all meters. All calls share one pace, so the most
urgent goes first: live values, then what changes rarely, then history.
"""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from enum import IntEnum

from ...metering.ledger import Gap, Reason
from ...metering.model import Span
from ...metering.spans import HOUR, hour_of
from ..base import Job
from .known import Knowledge, Known
from .labels import fold_between

DAY = timedelta(days=1)
OVERVIEW_EVERY = timedelta(hours=6)
OVERVIEW_AGAIN = timedelta(minutes=15)
REPORTERS_EVERY = timedelta(minutes=15)
RENEW_BEFORE = timedelta(days=30)
"""A token is valid for a year."""
RENEW_EVERY = DAY
AGAIN_AFTER = timedelta(seconds=5)
"""Tokens are refused now and then that are taken a moment later."""
PUBLISHED_AFTER = timedelta(minutes=3)
"""The minutes of an hour are asked for this long after its end, and a little later,
so that not all accounts ask at once."""
HALF_DAY = timedelta(hours=12)
REVIEWED, REVIEWED_AFTER = 3 * DAY, timedelta(hours=1)
"""So many days are read again each day, so long after it began."""
WAITED_FOR = timedelta(hours=1)
"""Later hours wait for so long for earlier ones whose call failed: their registers tell
where those of the later ones began. Hours that fail again and again hold up nothing."""

_NEVER_ANSWERED = (Reason.UNEXPLORED, Reason.FAILED)


class Urgency(IntEnum):
    """Which of the calls that are due goes first."""

    LIVE = 0
    RARE = 1
    HISTORY = 2
    REVIEW = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewJob(Job):
    """List the items."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketsJob(Job):
    """Ask for the latest packets of all meters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportersJob(Job):
    """Ask for the settings of the chargers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewJob(Job):
    """Renew the token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryJob(Job):
    """Ask for the minutes of one meter for the hours from `start` to `end`."""

    meter: str
    start: datetime
    end: datetime
    newest: bool
    """Whether there are no later hours yet; then minutes may still come."""
    looks_back: bool = False
    """Whether the registers at the start must be searched for."""
    again: bool = False
    """Whether all of the hours were answered before, but not for good."""
    review: bool = False
    """Whether they were, and only what has changed since then is of interest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What a plan depends on beside what is known."""

    interval: timedelta
    """Between two live calls."""
    offset: timedelta
    """What this account adds to PUBLISHED_AFTER."""
    valid_to: datetime | None
    """Of the token."""
    allowed_from: datetime
    excluded: Container[str]
    zones: Mapping[str, tzinfo]
    """As far as they were loaded, by their names."""


def next_job(
    knowledge: Knowledge, now: datetime, gaps: Sequence[Gap], given: Circumstances
) -> Job:
    """Return the most urgent of the calls that are due, else the one due first."""
    candidates = [*_live(knowledge, now, given)]
    if not knowledge.refusals:
        # A token in doubt is tried with live calls alone, one after another.
        candidates += _rare(knowledge, now, given)
        for meter_id, known in knowledge.meters.items():
            if known.listed and meter_id not in given.excluded:
                missing = [gap for gap in gaps if gap.series.meter == meter_id]
                candidates += _history(known, missing, now, given)
                candidates += _review(known, now, given)
    due = [each for each in candidates if each[1].due <= given.allowed_from]
    if due:
        _, chosen = min(due, key=lambda each: (each[0], each[1].due))
    else:
        _, chosen = min(candidates, key=lambda each: (each[1].due, each[0]))
    return replace(chosen, due=max(chosen.due, given.allowed_from))


type _Candidate = tuple[Urgency, Job]
type _Missing = tuple[datetime, datetime, Gap]


def _live(
    knowledge: Knowledge, now: datetime, given: Circumstances
) -> Iterator[_Candidate]:
    """Yield the packets; the overview first where no meter is known."""
    polls = knowledge.polls
    again = AGAIN_AFTER if knowledge.refusals == 1 else given.interval
    wants_meters = _wants_meters(knowledge, given)
    wants_chargers = _wants_chargers(knowledge, given)
    if wants_meters:
        due = _after(polls.packets, again, now)
        yield Urgency.LIVE, PacketsJob(due=due, live=True)
    elif wants_chargers:
        wait = again if knowledge.refusals else REPORTERS_EVERY
        yield (
            Urgency.LIVE,
            ReportersJob(due=_after(polls.reporters, wait, now), live=True),
        )
    if polls.overview is None:
        due = _after(polls.overview_failed, again, now)
        yield Urgency.LIVE, OverviewJob(due=due, live=True)
    elif not wants_meters or not knowledge.refusals:
        due = _after(polls.overview, OVERVIEW_EVERY, now)
        if knowledge.overview_wanted:
            due = now
        if polls.overview_failed:
            due = max(due, _after(polls.overview_failed, OVERVIEW_AGAIN, now))
        live = not (wants_meters or wants_chargers)
        yield Urgency.RARE, OverviewJob(due=due, live=live)


def _rare(
    knowledge: Knowledge, now: datetime, given: Circumstances
) -> Iterator[_Candidate]:
    polls = knowledge.polls
    if _wants_meters(knowledge, given) and _wants_chargers(knowledge, given):
        due = _after(polls.reporters, REPORTERS_EVERY, now)
        yield Urgency.RARE, ReportersJob(due=due, live=False)
    if given.valid_to is not None:
        due = max(
            given.valid_to - RENEW_BEFORE, _after(polls.refresh, RENEW_EVERY, now)
        )
        yield Urgency.RARE, RenewJob(due=due, live=False)


def _wants_meters(knowledge: Knowledge, given: Circumstances) -> bool:
    return any(
        known.listed and key not in given.excluded
        for key, known in knowledge.meters.items()
    )


def _wants_chargers(knowledge: Knowledge, given: Circumstances) -> bool:
    chargers = {charger.id for charger in knowledge.chargers}
    return any(
        key not in given.excluded for key in chargers | knowledge.reporters.keys()
    )


def _history(
    known: Known, gaps: Sequence[Gap], now: datetime, given: Circumstances
) -> Iterator[_Candidate]:
    """Yield the call for the oldest hours that are missing, of both registers at once.

    They are asked for by days, as UTC has them, and not across the hour at which
    clocks are set back, so that no label can mean two instants.
    """
    zone, course = given.zones.get(known.zone), known.course
    if zone is None or known.begins is None:
        return
    newest = hour_of(min(known.heard_until or now, now))
    published = newest + PUBLISHED_AFTER + given.offset
    ready = newest if published <= now else newest - HOUR
    historic = known.historic
    for end, earliest in ((ready, now), (newest, published)):
        missing = [
            (max(gap.start, known.begins), min(gap.end, end), gap)
            for gap in gaps
            if gap.series in historic
        ]
        missing = _in_turn([each for each in missing if each[0] < each[1]], now)
        if not missing:
            continue
        due = max(earliest, min(gap.due for *_, gap in missing))
        wanted = [each for each in missing if each[2].due <= due]
        start = hour_of(min(begin for begin, *_ in wanted))
        looks_back = course.looks_back_from == start
        stop = _stop(start, zone, looks_back=looks_back)
        stop = min(stop, max(until for _, until, _ in wanted))
        asked = [each for each in wanted if each[0] < stop]
        at_the_end = stop >= ready
        if at_the_end and course.stalled:
            due = max(due, course.stalled.ends(now))
        if course.failed:
            due = max(due, course.failed.ends(now))
        job = HistoryJob(
            due=due,
            live=False,
            spans=tuple(
                Span(gap.series, begin, min(until, stop)) for begin, until, gap in asked
            ),
            meter=known.about.id,
            start=start,
            end=stop,
            newest=at_the_end,
            looks_back=looks_back,
            again=all(gap.reason not in _NEVER_ANSWERED for *_, gap in asked),
        )
        yield Urgency.HISTORY, job
        return


def _review(known: Known, now: datetime, given: Circumstances) -> Iterator[_Candidate]:
    """Yield the call for the oldest of the last days that was not read again today.

    Minutes may come late, when a meter or the vendor was cut off.
    """
    zone, course = given.zones.get(known.zone), known.course
    if zone is None or course.read_from is None or not known.historic:
        return
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    due = today + REVIEWED_AFTER + given.offset
    if course.failed:
        due = max(due, course.failed.ends(now))
    start = max(today - REVIEWED, course.read_from)
    while start < today:
        stop = _stop(start, zone, looks_back=False)
        at = course.reviewed.get(start)
        if at is None or not today <= at <= now:
            job = HistoryJob(
                due=due,
                live=False,
                meter=known.about.id,
                start=start,
                end=stop,
                newest=False,
                again=True,
                review=True,
            )
            yield Urgency.REVIEW, job
            return
        start = stop


def _in_turn(missing: Sequence[_Missing], now: datetime) -> list[_Missing]:
    """Leave out what was never answered and comes after a failure to be tried soon."""
    failed = (
        begin
        for begin, _, gap in missing
        if gap.reason is Reason.FAILED and now < gap.due <= now + WAITED_FOR
    )
    first = min(failed, default=None)
    return [
        each
        for each in missing
        if first is None or each[0] <= first or each[2].reason not in _NEVER_ANSWERED
    ]


def _stop(start: datetime, zone: tzinfo, *, looks_back: bool) -> datetime:
    """Return the latest end of a call that begins at `start`."""
    stop = start + HALF_DAY if looks_back else start.replace(hour=0) + DAY
    return fold_between(start, stop, zone) or stop


def _after(last: datetime | None, wait: timedelta, now: datetime) -> datetime:
    """Return when the next call is due; a call of the future was noted by a wrong clock."""
    return now if last is None or last > now else last + wait
