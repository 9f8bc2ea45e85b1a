"""Years of doubtful hours: what a page keeps of them, and that it decides the same."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
import json
from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.meter_hub.metering.ledger import (
    PATIENCE,
    Book,
    Doubt,
    HourEnergy,
    Page,
    Reason,
    Row,
)
from custom_components.meter_hub.metering.model import Quality, Span
from custom_components.meter_hub.metering.spans import Spans

from .pages import (
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
    accepts,
    answer,
    book,
    gaps,
    hour,
    settle,
    spans,
)

COUNT = 10
HOURS = [hour(number) for number in range(COUNT)]
A_DAY = timedelta(days=1)
HELD = HourEnergy(None, Quality.ESTIMATED)

type Wanted = tuple[Reason, datetime] | None
"""Why an hour is asked for, and when."""


@dataclass
class Rules:
    """What a page decides, from a memory of its own for each hour."""

    explored: set[datetime] = field(default_factory=set)
    empty: set[datetime] = field(default_factory=set)
    tries: dict[datetime, tuple[Reason, int, datetime, datetime]] = field(
        default_factory=dict
    )
    """Of open hours the reason, how often it was tried, when it is due and was opened."""
    rows: set[datetime] = field(default_factory=set)

    def is_final(self, each: datetime) -> bool:
        closed = self.explored - self.empty
        return each in closed and self.tries.get(each, (FAILED,))[0] is FAILED

    def accepts(self, each: datetime, energy: HourEnergy) -> bool:
        if energy.energy is None:
            return False
        return energy.quality is Quality.MEASURED or not self.is_final(each)

    def answer(
        self, asked: set[datetime], hours: dict[datetime, HourEnergy], now: datetime
    ) -> None:
        valued = {each for each, known in hours.items() if known.energy is not None}
        final = {each for each in HOURS if self.is_final(each)}
        self.rows |= {each for each in valued if self.accepts(each, hours[each])}
        for each in asked | valued:
            energy = hours.get(each)
            earlier = self.tries.pop(each, None)
            if earlier and earlier[0] is FAILED:
                earlier = None
            self.explored.add(each)
            self.empty.discard(each)
            if energy is None and earlier is None:
                self.empty |= {each} - self.rows
            elif energy != MEASURED and each not in final & self.rows:
                estimated = energy is not None and energy.quality is Quality.ESTIMATED
                self.again(each, ESTIMATED if estimated else INCOMPLETE, now, earlier)

    def fail(self, asked: set[datetime], now: datetime) -> None:
        for each in asked:
            earlier = self.tries.get(each)
            self.again(each, earlier[0] if earlier else FAILED, now, earlier)

    def again(
        self,
        each: datetime,
        reason: Reason,
        now: datetime,
        earlier: tuple[Reason, int, datetime, datetime] | None,
    ) -> None:
        _, tries, _, opened = earlier or (reason, 0, now, now)
        due = now + min(QUARTER * 2**tries, A_DAY)
        self.tries[each] = (reason, tries + 1, due, opened)

    def wanted(self, each: datetime, now: datetime, patience: timedelta) -> Wanted:
        if each in self.tries:
            reason, _, due, opened = self.tries[each]
            gives_up = reason is INCOMPLETE or (
                reason is ESTIMATED and each in self.rows
            )
            if gives_up and now - opened >= patience:
                return None
            return reason, max(due, now)
        if each in self.empty or each in self.explored & self.rows:
            return None
        return UNEXPLORED, now


def book_of(rows: Iterable[datetime]) -> Book:
    return Book(Row(at, 1.0, count + 1.0) for count, at in enumerate(sorted(rows)))


def wanted_by(page: Page, now: datetime, written: Book) -> dict[datetime, Wanted]:
    return {
        each: (gap.reason, max(gap.due, now))
        for gap in page.gaps(SERIES, DAY, now, written)
        for each in Spans.of((gap.start, gap.end)).hours()
    }


stretch = st.tuples(st.integers(0, COUNT - 1), st.integers(1, COUNT)).map(
    lambda pair: set(HOURS[pair[0] : pair[0] + pair[1]])
)
known = st.sampled_from([MEASURED, ESTIMATE, PART, NOTHING_YET, HELD])
event = st.one_of(
    st.tuples(
        st.just("answer"), stretch, st.dictionaries(st.sampled_from(HOURS), known)
    ),
    st.tuples(st.just("answer"), stretch, st.just(dict.fromkeys(HOURS, ESTIMATE))),
    st.tuples(st.just("fail"), stretch),
    st.tuples(st.just("lose rows"), stretch),
    st.just(("restart",)),
)
passed = st.sampled_from(
    [timedelta(0), QUARTER, HOUR, 7 * HOUR, A_DAY, 10 * A_DAY, PATIENCE, 40 * A_DAY]
)


@settings(max_examples=120, deadline=None)
@given(st.lists(st.tuples(passed, event), max_size=25))
def test_hours_are_decided_as_if_each_had_a_memory_of_its_own(
    history: list[tuple[timedelta, tuple[Any, ...]]],
) -> None:
    """Only patience may last longer: what was opened on one day ends together."""
    page, rules, now = Page(), Rules(), hour(COUNT)
    for wait, (name, *given_) in history:
        now += wait
        match name, given_:
            case "answer", (asked, hours):
                rules.answer(asked, hours, now)
                page = page.settled(
                    Spans.of_hours(asked), hours, now, book_of(rules.rows)
                )
            case "fail", (asked,):
                rules.fail(asked, now)
                page = page.failed(Span(SERIES, min(asked), max(asked) + HOUR), now)
            case "lose rows", (lost,):
                rules.rows -= lost
            case _:
                page = Page.from_json(json.loads(json.dumps(page.to_json())))
        found = wanted_by(page, now, book_of(rules.rows))
        for each in HOURS:
            assert found.get(each) in (
                rules.wanted(each, now, PATIENCE),
                rules.wanted(each, now, PATIENCE + A_DAY),
            )
            assert accepts(page, each, ESTIMATE) == rules.accepts(each, ESTIMATE)
            assert accepts(page, each, MEASURED)


@pytest.mark.parametrize("known", [ESTIMATE, PART, NOTHING_YET])
def test_hours_that_nobody_asks_for_again_do_not_pile_up(known: HourEnergy) -> None:
    days = 2 * PATIENCE.days
    page, written = Page(), book((0, days * 24))
    for number in range(days * 24):
        now = hour(number + 1.3)
        page = settle(page, (number, number + 1), {hour(number): known}, written, now)
    assert (
        sum(
            (end - start for each in page.open.values() for start, end in each),
            timedelta(),
        )
        == days * A_DAY
    )
    assert len(page.open) <= 2 * PATIENCE.days + 6


def doubted(known: HourEnergy, written: Book, *after: timedelta) -> Page:
    """Doubt the first hours so long after `NOW`, and have that joined a day later."""
    page = Page()
    for number, wait in enumerate((*after, after[-1] + A_DAY)):
        energy = known if number < len(after) else MEASURED
        hours = {hour(number): energy}
        page = settle(page, (number, number + 1), hours, written, NOW + wait)
    return page


def test_joined_doubts_are_given_up_with_the_last_of_their_day() -> None:
    written = book((0, 4))
    page = doubted(ESTIMATE, written, 0 * HOUR, 5 * HOUR, 20 * A_DAY)

    def wanted(now: datetime) -> list[tuple[float, float, datetime]]:
        return [
            (start, end, now + due)
            for start, end, reason, due in gaps(page, written, now)
            if reason is ESTIMATED
        ]

    first, last = (0, 2, NOW + QUARTER), (2, 3, NOW + 20 * A_DAY + QUARTER)
    assert wanted(NOW + PATIENCE + 4 * HOUR) == [first, last]
    assert wanted(NOW + PATIENCE + 5 * HOUR) == [last]
    assert wanted(NOW + PATIENCE + 20 * A_DAY) == []


def test_hours_that_are_tried_alike_are_given_up_each_in_its_time() -> None:
    page, written = Page(), book((0, 2))
    for days in range(20):
        end = 1 if days < 10 else 2
        hours = answer(ESTIMATE, (0, end))
        page = settle(page, (0, end), hours, written, NOW + days * A_DAY)
    found = gaps(page, written, NOW + PATIENCE)
    assert [each[:2] for each in found if each[2] is ESTIMATED] == [(1, 2)]


def test_hours_without_a_row_keep_their_turn_when_others_are_given_up() -> None:
    written = book((0, 1), (2, 3))
    after = PATIENCE + 9 * A_DAY
    page = doubted(HELD, written, 0 * HOUR, 3 * A_DAY)
    again = {hour(2): MEASURED}
    page = settle(page, (2, 3), again, written, NOW + after)
    (found,) = (
        each for each in gaps(page, written, NOW + after) if each[2] is ESTIMATED
    )
    assert found == (1, 2, ESTIMATED, 3 * A_DAY + QUARTER - after)


def test_a_memory_in_which_doubts_have_piled_up_decides_the_same() -> None:
    """Each hour of a year has a doubt of its own, as older memories had."""
    count = 365 * 24
    written, now = book((0, count)), hour(count)
    piled = Page(
        explored=spans((0, count)),
        open={
            Doubt(ESTIMATED, 30, hour(number + 20), hour(number + 1)): spans(
                (number, number + 1)
            )
            for number in range(count)
        },
    )
    piled = Page.from_json(json.loads(json.dumps(piled.to_json())))
    page = settle(piled, (0, 1), {hour(0): MEASURED}, written, now)
    assert len(page.open) <= 2 * PATIENCE.days + 24
    before, after = (wanted_by(each, now, written) for each in (piled, page))
    assert {each: after[each] for each in before} == before
    assert len(after) - len(before) < 24
    assert not accepts(page, hour(0), ESTIMATE)
    assert page.accepted(answer(ESTIMATE, (1, count))).keys() == set(
        spans((1, count)).hours()
    )


def test_estimates_that_are_held_back_are_asked_for_until_they_are_there() -> None:
    """While there is nothing, nobody gives up: it may be taken as it is one day."""
    page = settle(Page(), (0, 24), answer(HELD, (0, 24)), book())
    late = hour(24) + PATIENCE + A_DAY
    assert gaps(page, book(), now=late)[0][:3] == (0, 24, ESTIMATED)
    assert accepts(page, hour(0), ESTIMATE)
