"""The whole ledger: whatever happens on the way, in the end the rows are the truth."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from itertools import accumulate
import json
from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.meter_hub.metering.ledger import Gap, Page, hourly
from custom_components.meter_hub.metering.model import Interval, Quality, Series, Span
from custom_components.meter_hub.metering.registers import Point, intervals
from custom_components.meter_hub.metering.spans import HOUR, Spans, hour_of
from custom_components.meter_hub.metering.vocabulary import Quantity

from .fake_recorder import FakeRecorder, KilledError

SERIES = Series("m", Quantity.GRID_IMPORT)
FIRST = datetime(2026, 10, 24, 22, tzinfo=UTC)
HOURS = 30


class Answer(Enum):
    """How a vendor answers a call."""

    TRUTH = auto()
    FAILURE = auto()
    PROVISIONAL = auto()
    """Some values are estimates, some are not there yet."""


@dataclass
class Vendor:
    """Gives the history of one meter; some hours never had any."""

    truth: Mapping[datetime, float]

    def intervals(
        self, start: datetime, end: datetime, answer: Answer, twists: list[int]
    ) -> list[Interval]:
        found = [
            Interval(SERIES, hour, hour + HOUR, energy)
            for hour, energy in self.truth.items()
            if start <= hour < end
        ]
        if answer is Answer.PROVISIONAL:
            found = [
                each
                for index, interval in enumerate(found)
                for each in _twisted(interval, twists[index % len(twists)])
            ]
        return found


def _twisted(interval: Interval, twist: int) -> list[Interval]:
    """Return an hour as it is, estimated, in part, without value, or twice."""
    middle = interval.start + HOUR / 4
    start, end, energy = interval.start, interval.end, interval.energy
    assert energy is not None
    match twist:
        case 0:
            return [interval]
        case 1:
            return [Interval(SERIES, start, end, energy + 1, Quality.ESTIMATED)]
        case 2:
            return [Interval(SERIES, start, middle, energy / 9)]
        case 3:
            return [Interval(SERIES, start, end, None)]
        case 4:
            return [Interval(SERIES, start, end, energy / 2, Quality.INCOMPLETE)]
        case _:
            return [Interval(SERIES, start, end, 77.0), interval]


@dataclass
class RegisterVendor(Vendor):
    """Gives quarter-hourly readings; some between the first and the last come late."""

    def intervals(
        self, start: datetime, end: datetime, answer: Answer, twists: list[int]
    ) -> list[Interval]:
        total, points = 7000.0, []
        for hour, energy in self.truth.items():
            points += [
                Point(hour + HOUR * part / 4, total + energy * part / 4)
                for part in range(4)
            ]
            total += energy
        points.append(Point(FIRST + HOURS * HOUR, total))
        points = [point for point in points if start <= point.at <= end]
        if answer is Answer.PROVISIONAL:
            points = [
                point
                for index, point in enumerate(points)
                if twists[index % len(twists)] < 3 or point in (points[0], points[-1])
            ]
        return list(intervals(SERIES, points))


@dataclass
class Household:
    """One series from the vendor to the recorder, with all that can go wrong."""

    vendor: Vendor
    now: datetime
    recorder: FakeRecorder = field(default_factory=FakeRecorder)
    page: Page = field(default_factory=lambda: Page(floor=FIRST))
    saved: list[str] = field(default_factory=list)
    restored: bool = False

    def gaps(self) -> tuple[Gap, ...]:
        return self.page.gaps(SERIES, FIRST, self.now, self.recorder.read())

    def fetch(
        self,
        start: datetime,
        end: datetime,
        answer: Answer,
        twists: list[int],
        kill_after: int | None = None,
        chunk: int = 1000,
    ) -> None:
        if answer is Answer.FAILURE:
            self.page = self.page.failed(Span(SERIES, start, end), self.now)
            return
        found = self.vendor.intervals(start, end, answer, twists)
        hours = hourly(found, floor=self.page.floor)
        book = self.recorder.read()
        wanted = self.page.accepted(hours)
        self.recorder.transactions_left = kill_after
        try:
            book = self.recorder.write(wanted, chunk)
        except KilledError:
            return
        finally:
            self.recorder.transactions_left = None
        self.page = self.page.settled(Spans.of((start, end)), hours, self.now, book)
        self.saved.append(json.dumps(self.page.to_json()))

    def fetch_window(
        self,
        window: tuple[datetime, datetime],
        answer: Answer,
        twists: list[int],
        kill_after: int | None,
        chunk: int,
    ) -> None:
        start, end = window
        self.fetch(start, min(end, self.now), answer, twists, kill_after, chunk)

    def follow_gaps(
        self,
        answer: Answer,
        twists: list[int],
        kill_after: int | None,
        chunk: int,
    ) -> None:
        for gap in self.gaps():
            self.fetch(gap.start, gap.end, answer, twists, kill_after, chunk)

    def lose_memory(self) -> None:
        self.page = Page(floor=FIRST)
        self.saved.clear()

    def restart_with_old_memory(self, age: int) -> None:
        """Forget what was learnt lately.

        After a database was restored the last memory counts: an older one may take
        an estimate that was written since for the measured row that was lost.
        """
        if self.saved:
            age = 0 if self.restored else age % len(self.saved)
            self.page = Page.from_json(json.loads(self.saved[-1 - age]))

    def restore_old_database(self, keep: int) -> None:
        self.restored = True
        starts = sorted(self.recorder.rows)[keep:]
        for start in starts:
            del self.recorder.rows[start]

    def heal(self) -> None:
        """Ask for the gaps only, when they are due, until there are none."""
        for _ in range(20):
            self.recorder.write({})
            if not (gaps := self.gaps()):
                return
            self.now = max(self.now, *(gap.due for gap in gaps))
            for gap in gaps:
                self.fetch(gap.start, gap.end, Answer.TRUTH, [])
        pytest.fail(f"still open: {self.gaps()}")

    def assert_rows_are_the_truth(self) -> None:
        """Check the exact set of hours, each energy and each running sum."""
        truth = {
            hour: energy
            for hour, energy in self.vendor.truth.items()
            if hour < hour_of(self.now)
        }
        assert list(self.recorder.states()) == list(truth)
        assert self.recorder.states() == pytest.approx(truth, abs=1e-6)
        assert self.recorder.sums() == pytest.approx(
            list(accumulate(truth.values())), abs=1e-5
        )


windows = st.tuples(st.integers(0, HOURS - 1), st.integers(1, HOURS)).map(
    lambda pair: (FIRST + pair[0] * HOUR, FIRST + min(HOURS, pair[0] + pair[1]) * HOUR)
)
how = (
    st.sampled_from(Answer),
    st.lists(st.integers(0, 5), min_size=1, max_size=7),
    st.none() | st.integers(0, 4),
    st.sampled_from([1, 3, 10, 1000]),
)
event = st.one_of(
    st.tuples(st.just("follow_gaps"), *how),
    st.tuples(st.just("fetch_window"), windows, *how),
    st.just(("lose_memory",)),
    st.tuples(st.just("restart_with_old_memory"), st.integers(0, 5)),
    st.tuples(st.just("restore_old_database"), st.integers(0, HOURS)),
)
minutes_passed = st.integers(0, 600)
events = st.lists(st.tuples(minutes_passed, event), max_size=12)
millis = st.integers(0, 9000).map(lambda value: value / 1000)


def live(household: Household, history: list[tuple[int, tuple[Any, ...]]]) -> None:
    for minutes, event in history:
        household.now += timedelta(minutes=minutes)
        getattr(household, event[0])(*event[1:])


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.none() | millis, min_size=HOURS, max_size=HOURS),
    st.integers(0, HOURS),
    events,
)
def test_hours_heal(
    values: list[float | None],
    begin: int,
    history: list[tuple[int, tuple[Any, ...]]],
) -> None:
    truth = {
        FIRST + number * HOUR: value
        for number, value in enumerate(values)
        if value is not None
    }
    household = Household(Vendor(truth), FIRST + begin * HOUR)
    live(household, history)
    household.now = max(household.now, FIRST + HOURS * HOUR)
    household.heal()
    household.assert_rows_are_the_truth()


@settings(max_examples=80, deadline=None)
@given(st.lists(millis, min_size=HOURS, max_size=HOURS), st.integers(0, HOURS), events)
def test_registers_heal(
    values: list[float],
    begin: int,
    history: list[tuple[int, tuple[Any, ...]]],
) -> None:
    truth = {FIRST + number * HOUR: value for number, value in enumerate(values)}
    household = Household(RegisterVendor(truth), FIRST + begin * HOUR)
    live(household, history)
    household.now = max(household.now, FIRST + HOURS * HOUR)
    household.heal()
    household.assert_rows_are_the_truth()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(windows, millis), max_size=8), st.none() | st.integers(0, 3))
def test_corrections_reach_all_sums(
    corrections: list[tuple[tuple[datetime, datetime], float]],
    kill_after: int | None,
) -> None:
    truth = {FIRST + number * HOUR: 0.5 for number in range(HOURS)}
    household = Household(Vendor(truth), FIRST + HOURS * HOUR)
    household.heal()
    for (start, end), value in corrections:
        changed = {hour: value for hour in truth if start <= hour < end}
        truth |= changed
        household.fetch(start, end, Answer.TRUTH, [], kill_after, 5)
        household.fetch(start, end, Answer.TRUTH, [])
    household.assert_rows_are_the_truth()
    assert household.gaps() == ()


def test_export_that_lags_behind_adds_one_row() -> None:
    truth = {FIRST + number * HOUR: 0.1 for number in range(13)}
    household = Household(Vendor(dict(truth)), FIRST + 14 * HOUR)
    household.fetch(FIRST, FIRST + 13 * HOUR, Answer.TRUTH, [])
    before = household.recorder.written
    truth[FIRST + 13 * HOUR] = 0.02
    household.vendor = Vendor(truth)
    household.heal()
    assert household.recorder.written == before + 1
    assert household.recorder.sums()[-1] == pytest.approx(1.32)
    household.assert_rows_are_the_truth()


def test_a_year_in_monthly_windows_sums_to_the_register() -> None:
    """Backfill quarter-hourly readings, the oldest window first."""
    start, quarter = FIRST, HOUR / 4
    readings = [
        Point(start + n * quarter, round(22750.83 + 0.07 * n + 0.01 * (n % 3), 2))
        for n in range(365 * 96 + 1)
    ]
    household = Household(Vendor({}), start + timedelta(days=365))
    window = 31 * 96
    for first in range(0, len(readings) - 1, window):
        part = readings[first : first + window + 1]
        found = intervals(SERIES, part, floor=start)
        hours = hourly(found, floor=start)
        book = household.recorder.write(
            {
                hour: known.energy
                for hour, known in hours.items()
                if known.energy is not None
            }
        )
        explored = Spans.of((part[0].at, part[-1].at))
        household.page = household.page.settled(explored, hours, household.now, book)
    assert len(household.recorder.rows) == 365 * 24
    assert household.recorder.sums()[-1] == pytest.approx(
        readings[-1].value - readings[0].value, abs=1e-6
    )
    assert household.gaps() == ()
