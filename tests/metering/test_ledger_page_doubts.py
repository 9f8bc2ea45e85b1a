"""Hours that failed or are in doubt: when a page asks for them again."""

from datetime import timedelta

import pytest

from custom_components.meter_hub.metering.ledger import (
    PATIENCE,
    Gap,
    HourEnergy,
    Page,
    Reason,
)
from custom_components.meter_hub.metering.model import Span
from custom_components.meter_hub.metering.spans import Spans

from .pages import (
    AT_ONCE,
    CLOSED,
    DAY,
    ESTIMATE,
    ESTIMATED,
    FAILED,
    HOUR,
    INCOMPLETE,
    MEASURED,
    NOTHING_YET,
    NOW,
    PART,
    QUARTER,
    SERIES,
    UNEXPLORED,
    WRITTEN,
    accepts,
    answer,
    book,
    gaps,
    hour,
    measured_but,
    settle,
)


@pytest.mark.parametrize(
    ("energy", "reason"),
    [(ESTIMATE, ESTIMATED), (PART, INCOMPLETE), (NOTHING_YET, INCOMPLETE)],
)
def test_doubtful_hours_stay_open_and_wait_longer_each_time(
    energy: HourEnergy, reason: Reason
) -> None:
    page, now, waits = measured_but({hour(3): energy}), NOW, []
    for _ in range(9):
        found = [
            gap
            for gap in page.gaps(SERIES, DAY, now, WRITTEN)
            if gap.reason is not UNEXPLORED
        ]
        assert [(gap.start, gap.end, gap.reason) for gap in found] == [
            (hour(3), hour(4), reason)
        ]
        waits.append(found[0].due - now)
        now = found[0].due
        page = settle(page, (3, 4), {hour(3): energy}, WRITTEN, now)
    assert waits == [QUARTER * 2**n for n in range(7)] + [24 * HOUR] * 2
    closed = settle(page, (3, 4), {hour(3): MEASURED}, WRITTEN, now)
    assert [gap[:2] for gap in gaps(closed, WRITTEN, now=now)] == [
        (24, (now - DAY) // HOUR)
    ]


def test_a_failed_call_is_tried_again_for_ever() -> None:
    page, now, waits = Page(), NOW, []
    for _ in range(40):
        page = page.failed(Span(SERIES, hour(0), hour(24)), now)
        found = gaps(page, book(), now=now)
        assert found[0][:3] == (0, 24, FAILED)
        waits.append(found[0][3])
        now += waits[-1]
    assert waits[:8] == [QUARTER * 2**n for n in range(7)] + [24 * HOUR]
    assert now - NOW > PATIENCE
    assert gaps(page, book(), now=now)[0] == (0, 24, FAILED, AT_ONCE)


def test_a_failed_call_takes_nothing_away() -> None:
    page = measured_but({hour(3): ESTIMATE})
    page = page.failed(Span(SERIES, hour(2), hour(6)), NOW)
    assert gaps(page, WRITTEN) == [
        (2, 3, FAILED, QUARTER),
        (3, 4, ESTIMATED, 2 * QUARTER),
        (4, 6, FAILED, QUARTER),
    ]
    assert not accepts(page, hour(2), ESTIMATE)
    assert accepts(page, hour(3), ESTIMATE)
    assert gaps(settle(page, (2, 6), answer(MEASURED, (2, 6)), WRITTEN), WRITTEN) == []
    assert gaps(settle(page, (2, 6), {hour(3): MEASURED}, WRITTEN), WRITTEN) == []


def test_a_failed_call_up_to_now_leaves_the_running_hour_alone() -> None:
    page = Page().failed(Span(SERIES, hour(20.5), NOW), NOW)
    assert gaps(page, book(), now=hour(25)) == [
        (0, 20, UNEXPLORED, AT_ONCE),
        (20, 24, FAILED, NOW + QUARTER - hour(25)),
        (24, 25, UNEXPLORED, AT_ONCE),
    ]


def test_the_running_hour_alone_can_not_fail() -> None:
    assert Page().failed(Span(SERIES, hour(24), NOW), NOW) == Page()


def test_only_a_measured_value_replaces_a_measured_row() -> None:
    written = book((0, 5))
    hours = answer(MEASURED, (0, 4)) | {hour(4): ESTIMATE}
    page = settle(Page(), (0, 5), hours, written)
    for late in (ESTIMATE, PART, NOTHING_YET):
        assert not accepts(page, hour(0), late)
        unchanged = settle(page, (0, 4), answer(late, (0, 4)), written)
        assert unchanged == page
    assert accepts(page, hour(0), MEASURED)
    assert accepts(page, hour(4), ESTIMATE)
    assert accepts(page, hour(4), PART)
    assert accepts(page, hour(9), ESTIMATE)
    assert not accepts(page, hour(9), NOTHING_YET)


def test_a_measured_row_that_is_gone_is_open_before_it_may_be_an_estimate() -> None:
    page = settle(Page(), (0, 5), answer(MEASURED, (0, 5)), book((0, 5)))
    assert not accepts(page, hour(4), ESTIMATE)
    page = settle(page, (4, 5), {hour(4): ESTIMATE}, book((0, 4)))
    assert accepts(page, hour(4), ESTIMATE)
    for written in (book((0, 4)), book((0, 5))):
        assert gaps(page, written, now=hour(5)) == [
            (4, 5, ESTIMATED, NOW + QUARTER - hour(5))
        ]


def test_a_row_stays_and_a_doubt_too_where_a_later_answer_is_silent() -> None:
    page = measured_but({hour(3): ESTIMATE})
    silent = settle(page, (0, 24), {}, WRITTEN)
    assert silent.empty == Spans()
    assert gaps(silent, WRITTEN) == [(3, 4, INCOMPLETE, 2 * QUARTER)]


def test_doubts_retire_and_the_row_stays() -> None:
    page = measured_but({hour(3): ESTIMATE, hour(4): NOTHING_YET})
    late = NOW + PATIENCE
    window = (24, (late - DAY) // HOUR, UNEXPLORED, AT_ONCE)
    assert len(gaps(page, WRITTEN, now=late - timedelta(minutes=1))) == 3
    assert gaps(page, WRITTEN, now=late) == [window]
    assert page.gaps(
        SERIES, DAY, NOW + timedelta(days=2), WRITTEN, patience=timedelta(days=1)
    ) == (Gap(SERIES, hour(24), hour(72), UNEXPLORED, NOW + timedelta(days=2)),)
    assert [gap[:3] for gap in gaps(page, book((0, 3), (5, 24)), now=late)] == [
        (3, 4, ESTIMATED),
        window[:3],
    ]


def test_trying_again_does_not_make_a_doubt_younger() -> None:
    estimates = answer(ESTIMATE, (0, 24))
    page = settle(Page(), (0, 24), estimates, WRITTEN)
    page = settle(page, (0, 24), estimates, WRITTEN, NOW + timedelta(days=20))
    assert gaps(page, WRITTEN, now=NOW + PATIENCE, since=DAY)[0][2] is UNEXPLORED


def test_equal_neighbours_are_one_gap() -> None:
    page = Page()
    for part in range(4):
        hours = answer(ESTIMATE, (6 * part, 6 * part + 6))
        page = settle(page, (6 * part, 6 * part + 6), hours, WRITTEN)
    assert gaps(page, WRITTEN) == [(0, 24, ESTIMATED, QUARTER)]
    assert len(page.open) == 1


def test_a_clock_that_was_ahead_puts_off_nothing() -> None:
    wrong = NOW + timedelta(days=400)
    page = CLOSED.failed(Span(SERIES, hour(3), hour(5)), wrong)
    (gap,) = page.gaps(SERIES, DAY, NOW, WRITTEN)
    assert (gap.start, gap.end, gap.due) == (hour(3), hour(5), NOW)

    page = page.failed(Span(SERIES, hour(3), hour(5)), NOW)
    (doubt,) = page.open
    assert (doubt.opened, doubt.due) == (NOW, NOW + 2 * QUARTER)
