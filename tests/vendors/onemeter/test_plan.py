"""Which call comes next, and when."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from custom_components.meter_hub.metering.ledger import Gap, Reason
from custom_components.meter_hub.metering.model import Meter, Series
from custom_components.meter_hub.metering.vocabulary import Channel, Quantity
from custom_components.meter_hub.vendors.base import Job
from custom_components.meter_hub.vendors.onemeter.known import (
    Course,
    Identity,
    Knowledge,
    Known,
    Poll,
)
from custom_components.meter_hub.vendors.onemeter.plan import (
    HistoryJob,
    ListJob,
    next_job,
)
from custom_components.meter_hub.vendors.onemeter.registers import Register
from custom_components.meter_hub.vendors.stored import Pause

NOW = datetime(2026, 11, 20, 12, 5, tzinfo=UTC)
OFFSET = timedelta(seconds=90)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
SERIES = Series("x", Quantity.GRID_IMPORT)

CALM = Course(read_days_at=NOW, read_month_at=NOW)
"""Nothing is to be read again."""


def knowledge(course: Course, **more: object) -> Knowledge:
    """Return an account with one device whose live values are up to date."""
    known = Known(
        Meter("x", "x"),
        begins=NOW - 100 * DAY,
        last=NOW.replace(minute=0),
        registers=(Register(Quantity.GRID_IMPORT, Channel.TOTAL, ("1_8_0",)),),
        listing_reads=True,
        listing_tells_all=True,
        course=course,
    )
    known = replace(known, **more)  # type: ignore[arg-type]
    return Knowledge(
        polls={"": Poll(NOW.replace(minute=0))}, listed_at=NOW, devices={"x": known}
    )


def gap(start: datetime, end: datetime, reason: Reason = Reason.UNEXPLORED) -> Gap:
    """Return a gap that is due now."""
    return Gap(SERIES, start, end, reason, NOW)


def plan(knowledge: Knowledge, *gaps: Gap, now: datetime = NOW) -> Job:
    """Return the next call where the pace allows any."""
    return next_job(knowledge, now, gaps, OFFSET, now)


def history(job: Job) -> HistoryJob:
    """Return the job, which must be one for history."""
    assert isinstance(job, HistoryJob)
    return job


def test_the_next_listing_follows_the_next_quarter_hour() -> None:
    job = plan(knowledge(CALM))
    assert isinstance(job, ListJob)
    assert (job.live, job.due) == (True, NOW.replace(minute=16, second=30))


def test_a_poll_of_the_future_was_noted_by_a_wrong_clock() -> None:
    wrong = replace(knowledge(CALM), polls={"": Poll(NOW + DAY)})
    assert plan(wrong).due == NOW


def test_no_call_is_due_before_it_is_allowed() -> None:
    hold = NOW + 3 * HOUR
    assert next_job(knowledge(CALM), NOW, [], OFFSET, hold).due == hold


def test_live_values_go_before_history() -> None:
    late = replace(knowledge(CALM), polls={"": Poll(NOW - HOUR)})
    assert isinstance(plan(late, gap(NOW - DAY, NOW)), ListJob)


def test_the_hour_that_has_just_ended_goes_before_older_ones() -> None:
    device = knowledge(CALM).devices["x"]
    other = replace(device, about=Meter("y", "y"))
    both = replace(knowledge(CALM), devices={"x": device, "y": other})
    recent = replace(
        gap(NOW.replace(hour=11, minute=0), NOW),
        series=Series("y", Quantity.GRID_IMPORT),
    )
    assert history(plan(both, gap(NOW - 40 * DAY, NOW), recent)).device == "y"


def test_an_hour_waits_for_the_readout_at_its_end() -> None:
    begun = knowledge(CALM, last=NOW.replace(hour=11, minute=45))
    assert isinstance(plan(begun, gap(NOW.replace(hour=11, minute=0), NOW)), ListJob)
    ended = knowledge(CALM, last=NOW.replace(hour=11, minute=59, second=58))
    job = history(plan(ended, gap(NOW.replace(hour=11, minute=0), NOW)))
    assert job.end == NOW.replace(minute=0)


def test_a_backfill_begins_where_the_vendor_does() -> None:
    job = history(plan(knowledge(CALM), gap(NOW - 300 * DAY, NOW)))
    assert job.start == NOW - 100 * DAY
    assert job.end == job.start.replace(minute=0) + 31 * DAY
    assert [(span.start, span.end) for span in job.spans] == [(job.start, job.end)]


def test_an_estimated_hole_is_asked_for_as_a_whole_once_a_day() -> None:
    hole = gap(NOW - 90 * DAY, NOW - 20 * DAY, Reason.ESTIMATED)
    assert isinstance(plan(knowledge(CALM), hole), ListJob)
    yesterday = replace(CALM, read_days_at=NOW - DAY)
    job = history(plan(knowledge(yesterday), hole))
    assert (job.start, job.end) == (hole.start, hole.end)


@pytest.mark.parametrize(
    "course",
    [
        replace(CALM, failed=Pause(1, NOW + HOUR)),
        replace(CALM, stalled={SERIES.key: Pause(1, NOW + HOUR)}),
    ],
    ids=["failed", "stalled"],
)
def test_what_brought_nothing_is_left_alone_for_a_while(course: Course) -> None:
    missing = gap(NOW - 2 * HOUR, NOW)
    assert isinstance(plan(knowledge(course), missing), ListJob)
    later = plan(knowledge(course), missing, now=NOW + HOUR)
    assert isinstance(later, ListJob)
    polled = replace(
        knowledge(course), polls={"": Poll((NOW + HOUR).replace(minute=0))}
    )
    assert isinstance(plan(polled, missing, now=NOW + HOUR), HistoryJob)


def test_the_last_days_are_read_again_each_day_and_the_month_each_week() -> None:
    daily = history(plan(knowledge(replace(CALM, read_days_at=NOW - DAY))))
    end = NOW.replace(minute=0)
    assert (daily.start, daily.end) == (end - 3 * DAY, end)
    course = replace(CALM, read_days_at=NOW - DAY, read_month_at=NOW - 7 * DAY)
    weekly = history(plan(knowledge(course)))
    assert (weekly.start, weekly.end) == (end - 31 * DAY, end)
    assert weekly.spans == ()


@pytest.mark.parametrize(
    ("course", "more"),
    [
        (replace(CALM, failed=Pause(1, NOW + HOUR)), {}),
        (CALM, {"begins": NOW.replace(minute=2)}),
        (CALM, {"begins": None}),
        (CALM, {"registers": ()}),
        (CALM, {"listed": False}),
        (CALM, {"denied_until": NOW + HOUR}),
    ],
    ids=["failed", "put on anew", "no start", "none", "gone", "denied"],
)
def test_nothing_is_read_again_in_vain(course: Course, more: dict[str, object]) -> None:
    course = replace(course, read_days_at=NOW - DAY)
    assert isinstance(plan(knowledge(course, **more)), ListJob)


def test_a_listing_without_readouts_is_made_once_a_day() -> None:
    silent = knowledge(CALM, listing_reads=False, detail_reads=False, registers=())
    job = plan(silent)
    assert isinstance(job, ListJob)
    assert (job.live, job.due) == (False, NOW + DAY)


def test_no_call_is_made_for_an_unticked_device() -> None:
    due = replace(CALM, read_days_at=NOW - DAY)
    unticked = knowledge(due, listing_reads=False)
    assert not isinstance(plan(unticked), ListJob)
    job = next_job(unticked, NOW, [gap(NOW - DAY, NOW)], OFFSET, NOW, {"x"})
    assert isinstance(job, ListJob)


@pytest.mark.parametrize("listing_reads", [True, False])
def test_where_all_active_devices_are_unticked_the_listing_is_daily(
    listing_reads: bool,
) -> None:
    """It tells when a device comes back, and whether the account is in order."""
    unticked = knowledge(CALM, listing_reads=listing_reads)
    job = next_job(unticked, NOW, [], OFFSET, NOW, {"x"})
    assert isinstance(job, ListJob)
    assert (job.live, job.due) == (True, NOW + DAY)


def test_which_meter_was_read_is_known_from_readout_to_readout() -> None:
    known = replace(
        knowledge(CALM).devices["x"],
        identities=(
            Identity(NOW - 9 * HOUR, NOW - 5 * HOUR, {"serial": "a"}),
            Identity(NOW - 4 * HOUR, NOW - 1 * HOUR, {"serial": "b"}),
        ),
    )
    hours = (10, 9, 5, 4.5, 4, 1, 0)
    marks = [known.marks_at(NOW - timedelta(hours=hours)) for hours in hours]
    assert marks == ["0", "0", "0", None, "1", "1", "1"]
