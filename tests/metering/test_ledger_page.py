"""What a page remembers, and what it has asked for again."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
import json

import pytest

from custom_components.meter_hub.metering.ledger import (
    PATIENCE,
    Book,
    Gap,
    HourEnergy,
    Page,
    Reason,
    Row,
)
from custom_components.meter_hub.metering.model import Quality, Quantity, Series, Span
from custom_components.meter_hub.metering.spans import Spans

SERIES = Series("m", Quantity.GRID_IMPORT)
DAY = datetime(2026, 10, 24, tzinfo=UTC)
HOUR = timedelta(hours=1)
QUARTER = timedelta(minutes=15)
NOW = DAY + timedelta(hours=24, minutes=10)

MEASURED = HourEnergy(1.0, Quality.MEASURED)
ESTIMATE = HourEnergy(2.0, Quality.ESTIMATED)
PART = HourEnergy(0.5, Quality.INCOMPLETE)
NOTHING_YET = HourEnergy(None, Quality.INCOMPLETE)


def hour(number: float) -> datetime:
    return DAY + number * HOUR


def spans(*stretches: tuple[float, float]) -> Spans:
    return Spans.of(*((hour(start), hour(end)) for start, end in stretches))


def book(*stretches: tuple[int, int]) -> Book:
    """Make a book with a row for each hour."""
    return Book(
        Row(start, 1.0, count + 1.0)
        for count, start in enumerate(spans(*stretches).hours())
    )


def answer(
    each: HourEnergy = MEASURED, *stretches: tuple[int, int]
) -> dict[datetime, HourEnergy]:
    return dict.fromkeys(spans(*stretches).hours(), each)


def gaps(
    page: Page, written: Book, now: datetime = NOW, since: datetime = DAY
) -> list[tuple[float, float, Reason, timedelta]]:
    """Return the gaps in hours of the day, with the time until they are due."""
    return [
        ((gap.start - DAY) / HOUR, (gap.end - DAY) / HOUR, gap.reason, gap.due - now)
        for gap in page.gaps(SERIES, since, now, written)
    ]


def settle(
    page: Page,
    explored: tuple[float, float],
    hours: Mapping[datetime, HourEnergy],
    written: Book,
    now: datetime = NOW,
) -> Page:
    return page.settled(spans(explored), hours, now, written)


AT_ONCE = timedelta()
UNEXPLORED, FAILED, ESTIMATED, INCOMPLETE = Reason


def test_nothing_is_known_at_first() -> None:
    assert gaps(Page(), book()) == [(0, 24, UNEXPLORED, AT_ONCE)]
    assert Page().gaps(SERIES, DAY, NOW, book()) == (
        Gap(SERIES, DAY, hour(24), UNEXPLORED, NOW),
    )


def test_the_running_hour_is_no_gap() -> None:
    assert gaps(Page(), book(), now=hour(0.9)) == []
    assert gaps(Page(), book(), now=hour(1)) == [(0, 1, UNEXPLORED, AT_ONCE)]
    assert gaps(Page(), book(), since=NOW) == []


def test_gaps_begin_with_the_floor_or_the_hour_since_when_history_is_wanted() -> None:
    page = Page(floor=hour(9.5))
    assert gaps(page, book()) == [(9.5, 24, UNEXPLORED, AT_ONCE)]
    assert gaps(page, book(), since=hour(12.7)) == [(12, 24, UNEXPLORED, AT_ONCE)]


def test_measured_hours_are_closed() -> None:
    page = settle(Page(), (5, 10), answer(MEASURED, (5, 10)), book((5, 10)))
    assert gaps(page, book((5, 10))) == [
        (0, 5, UNEXPLORED, AT_ONCE),
        (10, 24, UNEXPLORED, AT_ONCE),
    ]


def test_hours_without_an_answer_are_empty() -> None:
    page = settle(
        Page(), (0, 24), answer(MEASURED, (0, 5), (8, 24)), book((0, 5), (8, 24))
    )
    assert page.empty == spans((5, 8))
    assert gaps(page, book((0, 5), (8, 24))) == []


def test_an_hour_that_is_explored_in_part_is_not_explored() -> None:
    written = book((0, 5))
    page = settle(Page(), (0, 5.5), answer(MEASURED, (0, 5)), written)
    assert page.empty == Spans()
    assert gaps(page, written) == [(5, 24, UNEXPLORED, AT_ONCE)]


def test_the_hour_of_the_floor_is_explored_from_the_floor_on() -> None:
    page = Page(floor=hour(9.5))
    empty = settle(page, (9.5, 24), answer(MEASURED, (10, 24)), book((10, 24)))
    assert gaps(empty, book((10, 24))) == []
    full = settle(page, (9.5, 24), answer(MEASURED, (9, 24)), book((9, 24)))
    assert full.empty == Spans()
    assert gaps(full, book((9, 24))) == []


def test_the_future_is_never_empty() -> None:
    page = settle(Page(), (0, 48), answer(MEASURED, (0, 24)), book((0, 24)))
    assert page.empty == Spans()
    assert gaps(page, book((0, 24)), now=hour(30)) == [(24, 30, UNEXPLORED, AT_ONCE)]


@pytest.mark.parametrize(
    ("energy", "reason"),
    [(ESTIMATE, ESTIMATED), (PART, INCOMPLETE), (NOTHING_YET, INCOMPLETE)],
)
def test_doubtful_hours_stay_open_and_wait_longer_each_time(
    energy: HourEnergy, reason: Reason
) -> None:
    written = book((0, 24))
    page = settle(
        Page(), (0, 24), answer(MEASURED, (0, 24)) | {hour(3): energy}, written
    )
    now, waits = NOW, []
    for _ in range(9):
        found = [
            gap
            for gap in page.gaps(SERIES, DAY, now, written)
            if gap.reason is not UNEXPLORED
        ]
        assert [(gap.start, gap.end, gap.reason) for gap in found] == [
            (hour(3), hour(4), reason)
        ]
        waits.append(found[0].due - now)
        now = found[0].due
        page = settle(page, (3, 4), {hour(3): energy}, written, now)
    assert waits == [QUARTER * 2**n for n in range(7)] + [24 * HOUR] * 2
    closed = settle(page, (3, 4), {hour(3): MEASURED}, written, now)
    assert [gap[:2] for gap in gaps(closed, written, now=now)] == [
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
    written = book((0, 24))
    hours = answer(MEASURED, (0, 24)) | {hour(3): ESTIMATE}
    page = settle(Page(), (0, 24), hours, written)
    page = page.failed(Span(SERIES, hour(2), hour(6)), NOW)
    assert gaps(page, written) == [
        (2, 3, FAILED, QUARTER),
        (3, 4, ESTIMATED, 2 * QUARTER),
        (4, 6, FAILED, QUARTER),
    ]
    assert not page.accepts(hour(2), ESTIMATE)
    assert page.accepts(hour(3), ESTIMATE)
    assert gaps(settle(page, (2, 6), answer(MEASURED, (2, 6)), written), written) == []
    assert gaps(settle(page, (2, 6), {hour(3): MEASURED}, written), written) == []


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
        assert not page.accepts(hour(0), late)
        unchanged = settle(page, (0, 4), answer(late, (0, 4)), written)
        assert unchanged == page
    assert page.accepts(hour(0), MEASURED)
    assert page.accepts(hour(4), ESTIMATE)
    assert page.accepts(hour(4), PART)
    assert page.accepts(hour(9), ESTIMATE)
    assert not page.accepts(hour(9), NOTHING_YET)


def test_a_measured_row_that_is_gone_is_open_before_it_may_be_an_estimate() -> None:
    page = settle(Page(), (0, 5), answer(MEASURED, (0, 5)), book((0, 5)))
    assert not page.accepts(hour(4), ESTIMATE)
    page = settle(page, (4, 5), {hour(4): ESTIMATE}, book((0, 4)))
    assert page.accepts(hour(4), ESTIMATE)
    for written in (book((0, 4)), book((0, 5))):
        assert gaps(page, written, now=hour(5)) == [
            (4, 5, ESTIMATED, NOW + QUARTER - hour(5))
        ]


def test_a_row_stays_and_a_doubt_too_where_a_later_answer_is_silent() -> None:
    written = book((0, 24))
    hours = answer(MEASURED, (0, 24)) | {hour(3): ESTIMATE}
    page = settle(Page(), (0, 24), hours, written)
    silent = settle(page, (0, 24), {}, written)
    assert silent.empty == Spans()
    assert gaps(silent, written) == [(3, 4, INCOMPLETE, 2 * QUARTER)]


def test_an_unasked_answer_counts_but_not_where_it_has_no_value() -> None:
    hours = {hour(2): MEASURED, hour(3): ESTIMATE, hour(4): NOTHING_YET}
    page = Page().settled(Spans(), hours, NOW, book((2, 4)))
    assert gaps(page, book((2, 4)), now=hour(6)) == [
        (0, 2, UNEXPLORED, AT_ONCE),
        (3, 4, ESTIMATED, NOW + QUARTER - hour(6)),
        (4, 6, UNEXPLORED, AT_ONCE),
    ]


def test_an_empty_hour_may_fill_later() -> None:
    page = settle(Page(), (0, 24), {}, book())
    page = settle(page, (5, 6), {hour(5): MEASURED}, book((5, 6)))
    assert page.empty == spans((0, 5), (6, 24))


def test_rows_that_are_gone_are_asked_for_again() -> None:
    page = settle(Page(), (0, 24), answer(MEASURED, (0, 20)), book((0, 20)))
    assert gaps(page, book((0, 12))) == [(12, 20, UNEXPLORED, AT_ONCE)]
    page = settle(page, (12, 20), {}, book((0, 12)))
    assert gaps(page, book((0, 12))) == []


def test_a_lost_memory_asks_for_everything() -> None:
    assert gaps(Page(), book((0, 24))) == [(0, 24, UNEXPLORED, AT_ONCE)]


def test_doubts_retire_and_the_row_stays() -> None:
    written = book((0, 24))
    hours = answer(MEASURED, (0, 24)) | {hour(3): ESTIMATE, hour(4): NOTHING_YET}
    page = settle(Page(), (0, 24), hours, written)
    late = NOW + PATIENCE
    window = (24, (late - DAY) // HOUR, UNEXPLORED, AT_ONCE)
    assert len(gaps(page, written, now=late - timedelta(minutes=1))) == 3
    assert gaps(page, written, now=late) == [window]
    assert page.gaps(
        SERIES, DAY, NOW + timedelta(days=2), written, patience=timedelta(days=1)
    ) == (Gap(SERIES, hour(24), hour(72), UNEXPLORED, NOW + timedelta(days=2)),)
    assert [gap[:3] for gap in gaps(page, book((0, 3), (5, 24)), now=late)] == [
        (3, 4, ESTIMATED),
        window[:3],
    ]


def test_trying_again_does_not_make_a_doubt_younger() -> None:
    written = book((0, 24))
    page = settle(Page(), (0, 24), answer(ESTIMATE, (0, 24)), written)
    page = settle(
        page, (0, 24), answer(ESTIMATE, (0, 24)), written, NOW + timedelta(days=20)
    )
    assert gaps(page, written, now=NOW + PATIENCE, since=DAY)[0][2] is UNEXPLORED


def test_equal_neighbours_are_one_gap() -> None:
    page = Page()
    for part in range(4):
        hours = answer(ESTIMATE, (6 * part, 6 * part + 6))
        page = settle(page, (6 * part, 6 * part + 6), hours, book((0, 24)))
    assert gaps(page, book((0, 24))) == [(0, 24, ESTIMATED, QUARTER)]
    assert len(page.open) == 1


def test_a_clock_that_was_ahead_puts_off_nothing() -> None:
    wrong = NOW + timedelta(days=400)
    page = settle(Page(), (0, 24), answer(MEASURED, (0, 24)), book((0, 24)))
    page = page.failed(Span(SERIES, hour(3), hour(5)), wrong)
    (gap,) = page.gaps(SERIES, DAY, NOW, book((0, 24)))
    assert (gap.start, gap.end, gap.due) == (hour(3), hour(5), NOW)

    page = page.failed(Span(SERIES, hour(3), hour(5)), NOW)
    (doubt,) = page.open
    assert (doubt.opened, doubt.due) == (NOW, NOW + 2 * QUARTER)


def test_a_page_survives_storage() -> None:
    written = book((0, 20))
    hours = answer(MEASURED, (0, 10)) | answer(ESTIMATE, (10, 15)) | {hour(3): PART}
    page = settle(Page(floor=hour(-3.21)), (0, 20.4), hours, written)
    page = page.failed(
        Span(SERIES, hour(20), hour(24)), NOW + timedelta(microseconds=7)
    )
    stored = json.loads(json.dumps(page.to_json()))
    assert Page.from_json(stored) == page
    assert Page.from_json(json.loads(json.dumps(Page().to_json()))) == Page()


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {},
        "page",
        7,
        Page().to_json() | {"explored": [["a", 1]]},
        Page().to_json() | {"floor": "yesterday"},
        Page().to_json() | {"floor": 1e300},
        Page().to_json() | {"open": [{"reason": "bored"}]},
        Page().to_json() | {"open": 5},
    ],
)
def test_a_page_that_can_not_be_read_is_forgotten(data: object) -> None:
    assert Page.from_json(data) == Page()


def test_the_floor_can_be_learnt_later() -> None:
    page = settle(Page(), (5, 24), answer(MEASURED, (5, 24)), book((5, 24)))
    assert gaps(replace(page, floor=hour(5)), book((5, 24))) == []
