"""What a page remembers, and what it has never been told."""

from dataclasses import replace
from datetime import timedelta
import json

import pytest

from custom_components.meter_hub.metering.ledger import Gap, Page
from custom_components.meter_hub.metering.model import Span
from custom_components.meter_hub.metering.spans import Spans

from .pages import (
    AT_ONCE,
    CLOSED,
    DAY,
    ESTIMATE,
    ESTIMATED,
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
    settle,
    spans,
)


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


def test_an_hour_that_was_asked_for_while_it_ran_takes_an_estimate_later() -> None:
    page = settle(Page(), (5, 10.5), answer(MEASURED, (5, 10)), book((5, 10)))
    assert not accepts(page, hour(9), ESTIMATE)
    assert accepts(page, hour(10), ESTIMATE)


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
    page = settle(Page(), (0, 48), answer(MEASURED, (0, 24)), WRITTEN)
    assert page.empty == Spans()
    assert gaps(page, WRITTEN, now=hour(30)) == [(24, 30, UNEXPLORED, AT_ONCE)]


def test_what_a_clock_that_was_ahead_has_closed_opens_again() -> None:
    """Hours that were confirmed to be empty were yet to come."""
    ahead = NOW + timedelta(days=10)
    page = settle(Page(), (0, 72), answer(MEASURED, (0, 24)), WRITTEN, ahead)
    assert page.empty == spans((24, 72))
    page = settle(page, (23, 24), answer(MEASURED, (23, 24)), WRITTEN)
    assert page.empty == Spans()
    assert gaps(page, WRITTEN, now=hour(72)) == [(24, 72, UNEXPLORED, AT_ONCE)]
    assert accepts(page, hour(24), ESTIMATE)


def test_a_clock_that_is_behind_opens_nothing_that_is_measured() -> None:
    behind = settle(CLOSED, (0, 1), answer(MEASURED, (0, 1)), WRITTEN, hour(3.5))
    assert gaps(behind, WRITTEN) == []
    assert not accepts(behind, hour(20), ESTIMATE)


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
    assert gaps(Page(), WRITTEN) == [(0, 24, UNEXPLORED, AT_ONCE)]


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


def test_a_floor_that_moves_back_opens_what_was_told_of_the_time_before() -> None:
    """A later answer counts there, though it is but an estimate."""
    told = answer(MEASURED, (0, 24))
    page = settle(Page(floor=hour(8)), (0, 24), told, WRITTEN)
    assert gaps(page, WRITTEN) == []
    assert not accepts(page, hour(5), ESTIMATE)
    longer = page.with_floor(hour(4))
    assert gaps(longer, WRITTEN) == [(4, 8, UNEXPLORED, AT_ONCE)]
    assert accepts(longer, hour(5), ESTIMATE)
    assert not accepts(longer, hour(9), ESTIMATE)


def test_a_floor_that_moves_forward_forgets_nothing() -> None:
    page = settle(Page(), (0, 24), answer(MEASURED, (0, 24)), WRITTEN)
    later = page.with_floor(hour(4)).with_floor(hour(9))
    assert later == replace(page, floor=hour(9))
