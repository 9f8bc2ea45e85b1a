"""Which call comes next, and when."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from custom_components.meter_hub.metering.ledger import Gap, Reason
from custom_components.meter_hub.metering.model import Meter, Series, Span
from custom_components.meter_hub.metering.vocabulary import Quantity
from custom_components.meter_hub.vendors.base import Job
from custom_components.meter_hub.vendors.energa.client import Scale
from custom_components.meter_hub.vendors.energa.course import Course, Refusal, Search
from custom_components.meter_hub.vendors.energa.days import midnight
from custom_components.meter_hub.vendors.energa.jobs import (
    CompareJob,
    DayJob,
    ListJob,
    Rhythm,
    SearchJob,
    name_of,
)
from custom_components.meter_hub.vendors.energa.known import Knowledge, Known
from custom_components.meter_hub.vendors.energa.plan import next_job
from custom_components.meter_hub.vendors.energa.trouble import Trouble

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
NOW = datetime(2026, 11, 20, 12, 20, tzinfo=UTC)
BEGAN = NOW - timedelta(days=9)
TODAY = date(2026, 11, 20)
RHYTHM = Rhythm(HOUR, timedelta(minutes=5))
IMPORT, EXPORT = Quantity.GRID_IMPORT, Quantity.GRID_EXPORT
SERIES = Series("x", IMPORT)

CALM = Course(
    "1-0:1.8.0*255",
    floor=date(2026, 1, 1),
    read={TODAY - DAY * number: NOW for number in range(4)},
)
"""Nothing is to be done before the next poll."""


def knowledge(course: Course = CALM, **more: object) -> Knowledge:
    """Return an account with one metering point that was listed at noon."""
    known = Known(Meter("x", "x"), courses={IMPORT: course}, registered=midnight(TODAY))
    account = Knowledge(listed_at=NOW, points={"x": known})
    return replace(account, **more)  # type: ignore[arg-type]


def gap(
    start: datetime, end: datetime, reason: Reason = Reason.UNEXPLORED, due: int = 0
) -> Gap:
    """Return a gap that is due in some hours."""
    return Gap(SERIES, start, end, reason, NOW + due * HOUR)


def plan(
    known: Knowledge, *gaps: Gap, now: datetime = NOW, began: datetime = BEGAN
) -> Job:
    """Return the next call where the pace allows any."""
    return next_job(known, now, gaps, RHYTHM, now, began)


def day(job: Job) -> DayJob:
    """Return the job, which must be one for a day."""
    assert isinstance(job, DayJob)
    return job


def test_the_next_poll_is_a_little_after_the_full_hour() -> None:
    job = day(plan(knowledge()))
    assert (job.due, job.begin, job.live) == (
        NOW.replace(hour=13, minute=5),
        TODAY,
        True,
    )


def test_a_poll_reads_today_and_the_three_days_before_newest_first() -> None:
    known = knowledge()
    now = NOW.replace(hour=13, minute=6)
    asked = []
    while isinstance(job := plan(known, now=now), DayJob):
        if job.due > now:
            break
        asked.append((job.begin, job.live))
        course = known.points["x"].courses[IMPORT]
        course = replace(course, read=course.read | {job.begin: now})
        known = knowledge(course)
    assert asked == [
        (TODAY, True),
        (TODAY - DAY, True),
        (TODAY - 2 * DAY, False),
        (TODAY - 3 * DAY, False),
    ]


def test_no_poll_reads_what_was_before_the_first_day() -> None:
    known = knowledge(replace(CALM, floor=TODAY, read={}))
    assert day(plan(known)).begin == TODAY
    read = knowledge(replace(CALM, floor=TODAY, read={TODAY: NOW}))
    assert plan(read).due > NOW


def test_a_day_that_has_just_begun_waits_for_the_next_poll() -> None:
    late = datetime(2026, 11, 20, 22, 30, tzinfo=UTC)
    read = {TODAY - DAY * number: late for number in range(4)}
    just_after = datetime(2026, 11, 20, 23, 0, 1, tzinfo=UTC)
    known = knowledge(replace(CALM, read=read), listed_at=late)
    job = plan(known, now=just_after)
    assert job.due == datetime(2026, 11, 20, 23, 5, tzinfo=UTC)


@pytest.mark.parametrize("reason", [Reason.UNEXPLORED, Reason.UNWRITTEN, Reason.FAILED])
def test_a_recent_day_whose_answer_died_with_the_process_is_read_at_once(
    reason: Reason,
) -> None:
    """It is a poll that has read it, but nothing of that was written."""
    day_before = midnight(TODAY - 2 * DAY)
    lost = gap(day_before, day_before + DAY, reason)
    restarted = NOW + timedelta(seconds=30)
    job = day(plan(knowledge(), lost, now=restarted, began=restarted))
    assert (job.due, job.begin, job.live) == (restarted, TODAY - 2 * DAY, False)
    assert job.spans == (Span(SERIES, day_before, day_before + DAY),)


def test_a_recent_day_that_was_lost_is_read_at_once_but_once() -> None:
    """What stays missing then waits for the next poll, as in any other process."""
    day_before = midnight(TODAY - 2 * DAY)
    lost = gap(day_before, day_before + DAY)
    began = NOW + timedelta(seconds=30)
    read = CALM.read | {TODAY - 2 * DAY: began}
    again = knowledge(replace(CALM, read=read))
    assert plan(again, lost, began=began, now=began).due == RHYTHM.poll_after(began)


def test_hours_that_came_after_a_day_was_read_wait_for_the_next_poll() -> None:
    """Neither these nor what the vendor is in doubt about was lost."""
    restarted = NOW + HOUR / 2
    since = NOW.replace(minute=0)
    yesterday = midnight(TODAY - DAY)
    gaps = (
        gap(since, since + HOUR),
        gap(yesterday, yesterday + HOUR, Reason.INCOMPLETE),
        gap(yesterday + HOUR, yesterday + 2 * HOUR, Reason.ESTIMATED),
    )
    job = plan(knowledge(), *gaps, now=restarted, began=restarted)
    assert job.due == RHYTHM.poll_after(NOW)


def test_registers_are_asked_for_once_after_midnight_until_they_are_there() -> None:
    calm = knowledge()
    listed = [replace(calm, listed_at=NOW)]
    # They are there: every six hours, but not before midnight.
    assert _listing_due(listed[0]) == NOW.replace(hour=18, minute=5)
    evening = replace(calm, listed_at=NOW.replace(hour=21))
    assert _listing_due(evening) == datetime(2026, 11, 20, 23, 5, tzinfo=UTC)
    # They are not: at each poll.
    after_midnight = datetime(2026, 11, 20, 23, 6, tzinfo=UTC)
    lacking = replace(calm, listed_at=after_midnight)
    assert _listing_due(lacking) == after_midnight.replace(minute=5) + HOUR
    # But nobody waits for a meter that has been silent for days.
    old = replace(calm.points["x"], registered=midnight(TODAY - 5 * DAY))
    silent = replace(lacking, points={"x": old})
    assert _listing_due(silent) == datetime(2026, 11, 21, 5, 5, tzinfo=UTC)


def _listing_due(known: Knowledge) -> datetime:
    alone = replace(
        known,
        points={name: replace(each, courses={}) for name, each in known.points.items()},
    )
    assert known.listed_at is not None
    job = plan(alone, now=known.listed_at)
    assert isinstance(job, ListJob)
    return job.due


def test_what_is_missing_comes_newest_day_first() -> None:
    missing = gap(midnight(date(2026, 6, 1)), NOW)
    job = day(plan(knowledge(), missing))
    assert (job.due, job.begin, job.live) == (NOW, TODAY - 4 * DAY, False)
    begin = midnight(job.begin)
    assert job.spans == (Span(SERIES, begin, begin + DAY),)


def test_a_day_of_25_hours_is_asked_for_as_a_whole() -> None:
    start, end = midnight(date(2026, 10, 25)), midnight(date(2026, 10, 26))
    assert end - start == 25 * HOUR
    job = day(plan(knowledge(), gap(start, end)))
    assert (job.begin, job.spans) == (date(2026, 10, 25), (Span(SERIES, start, end),))


def test_what_is_open_waits_for_its_time() -> None:
    start = midnight(TODAY - 10 * DAY)
    later = gap(start, start + HOUR, Reason.INCOMPLETE, due=5)
    assert plan(knowledge(), later).due == NOW.replace(hour=13, minute=5)
    due = gap(start, start + HOUR, Reason.INCOMPLETE)
    assert day(plan(knowledge(), due)).begin == TODAY - 10 * DAY


def test_a_poll_goes_before_what_is_missing() -> None:
    now = NOW.replace(hour=13, minute=6)
    missing = gap(midnight(date(2026, 6, 1)), now)
    assert day(plan(knowledge(), missing, now=now)).begin == TODAY


def test_gaps_of_the_last_days_are_the_affair_of_polls() -> None:
    missing = gap(midnight(TODAY - 3 * DAY), NOW)
    job = day(plan(knowledge(), missing))
    assert job.due > NOW
    assert job.spans == (Span(SERIES, midnight(TODAY), NOW),)


def test_where_the_history_begins_is_known_before_it_is_fetched() -> None:
    search = Search(Scale.YEAR, date(2024, 1, 1))
    job = plan(
        knowledge(replace(CALM, search=search)), gap(midnight(date(2026, 6, 1)), NOW)
    )
    assert isinstance(job, SearchJob)
    assert (job.scale, job.begin) == (Scale.YEAR, date(2024, 1, 1))


def test_months_are_compared_daily_and_old_ones_weekly() -> None:
    months = {date(2026, 11, 1): NOW - 23 * HOUR, date(2026, 6, 1): NOW - 6 * DAY}
    known = knowledge(replace(CALM, months=months))
    now = NOW.replace(minute=25) + HOUR
    read = dict.fromkeys(CALM.read, now)
    known = knowledge(replace(CALM, months=months, read=read))
    job = plan(known, now=now)
    assert isinstance(job, CompareJob)
    assert (job.begin, job.due) == (date(2026, 11, 1), now)
    old = {date(2026, 6, 1): NOW - 7 * DAY}
    job = plan(knowledge(replace(CALM, months=old)))
    assert isinstance(job, CompareJob)


def test_a_day_that_its_month_contradicts_is_read_again() -> None:
    contradicted = {date(2026, 6, 7): 3.0}
    job = day(plan(knowledge(replace(CALM, contradicted=contradicted))))
    assert (job.begin, job.due, job.spans) == (date(2026, 6, 7), NOW, ())
    # Where a poll reads it anyway, it waits for that.
    assert plan(knowledge(replace(CALM, contradicted={TODAY: 3.0}))).due > NOW


def test_a_history_call_that_failed_waits_for_the_next_poll() -> None:
    contradicted = {date(2026, 6, 7): 3.0}
    known = knowledge(replace(CALM, contradicted=contradicted))
    failed = Trouble(failed={name_of(plan(known)): NOW})
    job = plan(replace(known, trouble=failed))
    assert job.due == NOW.replace(hour=13, minute=5)
    assert plan(replace(known, trouble=failed), now=NOW + HOUR).due <= NOW + HOUR


def test_no_call_is_due_before_it_is_allowed_or_tried_again() -> None:
    hold = NOW + 3 * HOUR
    assert next_job(knowledge(), NOW, [], RHYTHM, hold, BEGAN).due == hold
    until = NOW + timedelta(seconds=15)
    missing = gap(midnight(date(2026, 6, 1)), NOW)
    waiting = knowledge(trouble=Trouble(1, until))
    assert plan(waiting, missing).due == until
    # A clock that was ahead must not stop everything.
    astray = knowledge(trouble=Trouble(1, NOW + DAY))
    assert plan(astray, missing).due == NOW


@pytest.mark.parametrize("ahead", [HOUR, 400 * DAY])
def test_calls_of_the_future_were_noted_by_a_wrong_clock(ahead: timedelta) -> None:
    read = dict.fromkeys(CALM.read, NOW + ahead)
    job = plan(knowledge(replace(CALM, read=read), listed_at=NOW + ahead))
    assert (type(job), job.due) == (ListJob, NOW)
    assert plan(knowledge(replace(CALM, read=read))).due <= NOW


def test_no_call_is_made_for_what_is_unticked_or_gone() -> None:
    missing = gap(midnight(date(2026, 6, 1)), NOW)
    known = knowledge()
    assert isinstance(
        next_job(known, NOW, [missing], RHYTHM, NOW, BEGAN, {"x"}), ListJob
    )
    gone = replace(known.points["x"], listed=False)
    assert isinstance(plan(replace(known, points={"x": gone}), missing), ListJob)


def test_an_account_of_which_nothing_is_known_is_listed() -> None:
    job = plan(Knowledge())
    assert isinstance(job, ListJob)
    assert (job.live, job.due) == (True, NOW)


def test_where_charts_make_no_sense_the_listing_tells_whether_there_is_a_session() -> (
    None
):
    now = NOW.replace(hour=13, minute=6)
    senseless = {f"x/grid_import/DAY/{TODAY}": now}
    # No listing is due before six hours have passed.
    known = knowledge(trouble=Trouble(senseless=senseless))
    assert isinstance(plan(known, now=now), ListJob)
    # Another chart of this poll was there: so is the session.
    answered = Trouble(senseless=senseless, answered=now)
    assert isinstance(plan(replace(known, trouble=answered), now=now), DayJob)
    # It is asked for once, not all the time.
    twice = Trouble(senseless=senseless | {"list": now})
    job = plan(replace(known, trouble=twice), now=now)
    assert not (isinstance(job, ListJob) and job.due <= now)


def test_a_day_that_the_vendor_refuses_is_asked_for_twice_a_day() -> None:
    old = TODAY - 40 * DAY
    failed = gap(midnight(old), midnight(old + DAY), Reason.FAILED)
    refused = {old: Refusal(1, NOW - HOUR)}
    known = knowledge(replace(CALM, refused=refused))
    assert plan(known, failed).due == NOW.replace(hour=13, minute=5)
    refused = {old: Refusal(1, NOW - 12 * HOUR)}
    known = knowledge(replace(CALM, refused=refused))
    assert (day(plan(known, failed)).begin, plan(known, failed).due) == (old, NOW)
