"""Answers that wait to be written: what a later process asks for again."""

from datetime import timedelta

import pytest

from custom_components.meter_hub.metering.ledger import HourEnergy, Page
from custom_components.meter_hub.metering.model import Quality, Span

from .pages import (
    AT_ONCE,
    CLOSED,
    DAY,
    ESTIMATE,
    FAILED,
    HOUR,
    MEASURED,
    NOTHING_YET,
    NOW,
    QUARTER,
    SERIES,
    UNEXPLORED,
    UNWRITTEN,
    WRITTEN,
    accepts,
    answer,
    book,
    gaps,
    hour,
    measured_but,
    settle,
    spans,
)


def test_what_was_answered_anew_is_asked_for_until_it_is_written() -> None:
    waiting = CLOSED.answered(spans((4, 8)))
    assert gaps(CLOSED, WRITTEN) == []
    assert gaps(waiting, WRITTEN) == [(4, 8, UNWRITTEN, AT_ONCE)]

    late = HourEnergy(9.0, Quality.MEASURED)
    assert accepts(waiting, hour(5), late)
    assert settle(waiting, (4, 8), {hour(5): late}, WRITTEN) == CLOSED


def test_measured_hours_stay_what_they_are_meanwhile() -> None:
    waiting = CLOSED.answered(spans((4, 8)))
    assert not accepts(waiting, hour(5), ESTIMATE)
    assert settle(waiting, (4, 8), answer(NOTHING_YET, (4, 8)), WRITTEN) == CLOSED


def test_hours_that_were_never_written_stay_unexplored() -> None:
    """Only what had a value once counts as known."""
    waiting = Page().answered(spans((4, 8)))
    assert gaps(waiting, book()) == [(0, 24, UNEXPLORED, AT_ONCE)]


def test_a_doubtful_hour_is_asked_for_at_once() -> None:
    """The lost answer may have been the one that was waited for."""
    page = measured_but({hour(5): ESTIMATE}).answered(spans((5, 7)))
    assert gaps(page, WRITTEN) == [(5, 7, UNWRITTEN, AT_ONCE)]


def test_the_running_hour_is_written_with_the_rest() -> None:
    """An answer up to the present leaves nothing to ask for when it is written."""
    upto = (NOW - DAY) / HOUR
    waiting = CLOSED.answered(spans((20, upto)))
    later = settle(waiting, (20, upto), answer(MEASURED, (20, 24)), WRITTEN)
    assert gaps(later, WRITTEN, now=NOW + HOUR) == [(24, 25, UNEXPLORED, AT_ONCE)]


def test_a_call_that_fails_is_not_made_again_at_once() -> None:
    waiting = CLOSED.answered(spans((4, 8)))
    failed = waiting.failed(Span(SERIES, hour(4), hour(8)), NOW)
    assert gaps(failed, WRITTEN) == [(4, 8, FAILED, QUARTER)]


@pytest.mark.parametrize("since", [timedelta(0), timedelta(hours=6)])
def test_what_is_older_than_the_wanted_history_is_left(since: timedelta) -> None:
    waiting = CLOSED.answered(spans((0, 8)))
    first = since / HOUR
    assert gaps(waiting, WRITTEN, since=DAY + since) == [(first, 8, UNWRITTEN, AT_ONCE)]


def test_it_survives_storage_and_an_older_memory_has_none() -> None:
    waiting = CLOSED.answered(spans((4, 8)))
    stored = waiting.to_json()
    assert Page.from_json(stored) == waiting
    del stored["unwritten"]
    assert Page.from_json(stored) == CLOSED
