"""Which hours are written, which are closed, and which may still come."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from custom_components.meter_hub.metering.model import Quality, Series, Span
from custom_components.meter_hub.metering.spans import hour_of
from custom_components.meter_hub.metering.vocabulary import Quantity
from custom_components.meter_hub.vendors.enphase_cloud.client import Telemetry
from custom_components.meter_hub.vendors.enphase_cloud.energy import (
    Energies,
    Window,
    dark_filled,
    told,
)
from custom_components.meter_hub.vendors.enphase_cloud.telemetry import (
    FIVE_MINUTES,
    Row,
    read_telemetry,
)

from .answers import HOUR, QUARTER, at, hours_of, rows

HOME = Series("66", Quantity.HOME)
SOLAR = Series("66", Quantity.SOLAR)
MIDNIGHT = at("2026-06-10T00:00:00")
DAY = timedelta(days=1)
MEASURED, ESTIMATED = Quality.MEASURED, Quality.ESTIMATED


def day_window(asked_after: timedelta, *, reported: datetime | None = None) -> Window:
    """Return the window of a day that is asked for so long after its start."""
    asked_at = MIDNIGHT + asked_after
    return Window(MIDNIGHT, min(MIDNIGHT + DAY, asked_at), asked_at, reported)


def test_four_quarters_are_an_hour_and_three_are_none_yet() -> None:
    intervals, explored = told(
        HOME, rows(MIDNIGHT, [0.25] * 7), day_window(timedelta(hours=2))
    )
    assert hours_of(intervals) == {MIDNIGHT: (1.0, MEASURED)}
    assert explored == (Span(HOME, MIDNIGHT, MIDNIGHT + 7 * QUARTER),)


def test_an_hour_is_estimated_while_a_device_lacks_in_it() -> None:
    provisional = rows(MIDNIGHT, [0.25] * 3) + rows(
        MIDNIGHT + 3 * QUARTER, [0.1], final=False
    )
    intervals, _ = told(HOME, provisional, day_window(timedelta(hours=2)))
    assert hours_of(intervals) == {MIDNIGHT: (0.85, ESTIMATED)}
    intervals, _ = told(HOME, provisional, day_window(timedelta(days=9)))
    assert hours_of(intervals) == {MIDNIGHT: (0.85, MEASURED)}


def test_an_empty_answer_closes_nothing_while_data_may_come() -> None:
    assert told(HOME, (), day_window(timedelta(days=6))) == ((), ())


def test_an_empty_answer_closes_a_window_that_is_long_over() -> None:
    intervals, explored = told(HOME, (), day_window(timedelta(days=8, minutes=1)))
    assert intervals == ()
    assert explored == (Span(HOME, MIDNIGHT, MIDNIGHT + DAY),)


def test_hours_that_lack_between_younger_rows_stay_open() -> None:
    some = rows(MIDNIGHT + HOUR, [0.25] * 4) + rows(MIDNIGHT + 4 * HOUR, [0.25] * 4)
    intervals, explored = told(HOME, some, day_window(timedelta(hours=6)))
    assert set(hours_of(intervals)) == {MIDNIGHT + HOUR, MIDNIGHT + 4 * HOUR}
    open_hours = {interval.start for interval in intervals if interval.energy is None}
    assert open_hours == {MIDNIGHT, MIDNIGHT + 2 * HOUR}
    assert explored == (Span(HOME, MIDNIGHT, MIDNIGHT + 5 * HOUR),)


def test_an_old_hour_that_is_known_in_part_is_closed_without_a_row() -> None:
    broken: list[float | None] = [0.25, None, 0.25, 0.25, *[0.5] * 4, 0.25]
    intervals, explored = told(
        HOME, rows(MIDNIGHT, broken), day_window(timedelta(days=9))
    )
    assert {hour_of(interval.start) for interval in intervals} == {MIDNIGHT + HOUR}
    assert hours_of(intervals) == {MIDNIGHT + HOUR: (2.0, MEASURED)}
    assert explored == (Span(HOME, MIDNIGHT, MIDNIGHT + DAY),)


def test_a_young_hour_that_is_known_in_part_stays_open() -> None:
    intervals, explored = told(
        HOME, rows(MIDNIGHT, [0.25, None, 0.25, 0.25]), day_window(timedelta(hours=2))
    )
    assert hours_of(intervals) == {}
    assert any(interval.energy is None for interval in intervals)
    assert explored == (Span(HOME, MIDNIGHT, MIDNIGHT + HOUR),)


def test_a_week_is_settled_where_it_is_old_and_open_where_it_is_young() -> None:
    asked_at = MIDNIGHT + timedelta(days=7, hours=12)
    window = Window(MIDNIGHT, asked_at, asked_at)
    before = rows(MIDNIGHT + 2 * HOUR, [0.25] * 2, final=False)
    after = rows(MIDNIGHT + timedelta(days=7), [0.25] * 2, final=False)
    intervals, explored = told(HOME, before + after, window)
    assert {
        interval.start
        for interval in intervals
        if interval.end <= asked_at - timedelta(days=7)
    } == set()
    assert explored == (Span(HOME, MIDNIGHT, after[-1].end),)
    young = next(each for each in intervals if each.start == after[0].start)
    assert young.quality is ESTIMATED


def test_what_lies_outside_the_window_is_left_out() -> None:
    window = Window(MIDNIGHT + HOUR, MIDNIGHT + 2 * HOUR, MIDNIGHT + 3 * HOUR)
    intervals, explored = told(HOME, rows(MIDNIGHT, [0.25] * 12), window)
    assert hours_of(intervals) == {MIDNIGHT + HOUR: (1.0, MEASURED)}
    assert explored == (Span(HOME, MIDNIGHT + HOUR, MIDNIGHT + 2 * HOUR),)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Australia/Sydney", "2026-04-05", 25),
        ("US/Pacific", "2026-11-01", 25),
        ("US/Pacific", "2026-03-08", 23),
        ("Europe/Warsaw", "2026-06-10", 24),
    ],
)
def test_a_local_day_gives_all_of_its_hours(zone: str, day: str, hours: int) -> None:
    start = at(f"{day}T00:00:00").replace(tzinfo=ZoneInfo(zone))
    since, end = hour_of(start), hour_of(start + DAY)
    quarters = [0.001 * number for number in range(4 * hours)]
    whole = rows(since, quarters)
    asked_at = end + HOUR
    found: dict[datetime, tuple[float, Quality]] = {}
    windows = [Window(since, min(since + DAY, end), asked_at)]
    if hours > 24:
        windows.append(Window(since + DAY, end, asked_at))
    for window in windows:
        answered = [row for row in whole if window.since <= row.start < window.until]
        intervals, explored = told(HOME, answered, window)
        found |= hours_of(intervals)
        assert explored == (Span(HOME, window.since, window.until),)
    assert [len(windows), len(whole)] == [2 if hours > 24 else 1, 4 * hours]
    assert len(found) == hours
    assert sum(energy for energy, _ in found.values()) == pytest.approx(sum(quarters))


def test_case_07_an_interval_that_is_read_again_replaces_itself() -> None:
    def answer(reporting: int, energy: int) -> tuple[Row, ...]:
        first = int(MIDNIGHT.timestamp()) + 900
        intervals = [
            {"end_at": end, "devices_reporting": reporting, "enwh": energy}
            for end in range(first, first + 3600, 900)
        ]
        data = {"total_devices": 9, "intervals": intervals}
        return read_telemetry(Telemetry.CONSUMPTION, data).rows[Quantity.HOME]

    window = day_window(timedelta(hours=2))
    young, _ = told(HOME, answer(1, 80), window)
    assert hours_of(young) == {MIDNIGHT: (0.32, ESTIMATED)}
    again, _ = told(HOME, answer(9, 95), window)
    assert hours_of((*young, *again)) == {MIDNIGHT: (0.38, MEASURED)}


# The dark: microinverters tell from 06:20 to 19:40.
DAWN, DUSK = MIDNIGHT + timedelta(hours=6, minutes=20), timedelta(hours=13, minutes=20)
LIT = rows(DAWN, [0.01] * (DUSK // FIVE_MINUTES), step=FIVE_MINUTES)
ALL_TOLD = MIDNIGHT + timedelta(days=1, minutes=40)


def test_hours_that_are_partly_lit_are_completed() -> None:
    window = day_window(timedelta(days=2, hours=13), reported=ALL_TOLD)
    filled = dark_filled(LIT, window)
    intervals, explored = told(SOLAR, filled, window, dark=True)
    hours = hours_of(intervals)
    assert len(hours) == 14
    assert hours[MIDNIGHT + 6 * HOUR] == (0.08, MEASURED)
    assert hours[MIDNIGHT + 12 * HOUR] == (0.12, MEASURED)
    assert hours[MIDNIGHT + 19 * HOUR] == (0.08, MEASURED)
    assert sum(energy for energy, _ in hours.values()) == pytest.approx(1.6)
    assert explored == (Span(SOLAR, MIDNIGHT, MIDNIGHT + DAY),)


def test_the_edges_of_the_dark_are_final_a_day_and_a_half_later() -> None:
    window = day_window(timedelta(days=1, minutes=52), reported=ALL_TOLD)
    intervals, _ = told(SOLAR, dark_filled(LIT, window), window, dark=True)
    hours = hours_of(intervals)
    assert hours[MIDNIGHT + 6 * HOUR] == (0.08, ESTIMATED)
    assert hours[MIDNIGHT + 12 * HOUR] == (0.12, MEASURED)
    assert hours[MIDNIGHT + 19 * HOUR] == (0.08, ESTIMATED)


def test_wholly_dark_hours_get_no_row() -> None:
    window = day_window(timedelta(days=9))
    intervals, _ = told(SOLAR, dark_filled(LIT, window), window, dark=True)
    starts = {hour_of(interval.start) for interval in intervals}
    assert min(starts) == MIDNIGHT + 6 * HOUR
    assert max(starts) == MIDNIGHT + 19 * HOUR


def test_what_is_not_told_yet_is_not_dark() -> None:
    until_noon = [row for row in LIT if row.end <= MIDNIGHT + 12.5 * HOUR]
    window = day_window(timedelta(hours=13, minutes=5), reported=None)
    intervals, explored = told(
        SOLAR, dark_filled(until_noon, window), window, dark=True
    )
    assert MIDNIGHT + 12 * HOUR not in hours_of(intervals)
    assert explored == (Span(SOLAR, MIDNIGHT, MIDNIGHT + 12.5 * HOUR),)


def test_it_is_dark_once_the_vendor_goes_on_without_rows() -> None:
    night = Row(LIT[-1].end, MIDNIGHT + 20.75 * HOUR, 0.0, final=False)
    for told_after, dusk in ((20.5, LIT[-1]), (20.75, night)):
        window = day_window(timedelta(hours=21), reported=MIDNIGHT + told_after * HOUR)
        assert dark_filled(LIT, window, whole=True)[-1] == dusk


def test_the_last_hour_of_light_is_an_estimate_once_the_vendor_is_beyond_it() -> None:
    rest = Row(LIT[-1].end, MIDNIGHT + 20 * HOUR, 0.0, final=False)
    for told_after, dusk in ((19.75, LIT[-1]), (20, rest)):
        for asked_after in (20.25, 60):
            reported = MIDNIGHT + told_after * HOUR
            window = day_window(timedelta(hours=asked_after), reported=reported)
            filled = dark_filled(LIT, window)
            assert filled[-1] == dusk
            intervals, _ = told(SOLAR, filled, window, dark=True)
            _, quality = hours_of(intervals).get(MIDNIGHT + 19 * HOUR, (0, None))
            assert quality is (ESTIMATED if dusk is rest else None)


def test_without_the_vendors_word_it_is_dark_some_hours_later() -> None:
    completed = Row(LIT[-1].end, MIDNIGHT + 20 * HOUR, 0.0, final=False)
    for hours, dusk in ((22, LIT[-1]), (23, completed)):
        window = day_window(timedelta(hours=hours, minutes=5))
        assert dark_filled(LIT, window)[-1] == dusk


def test_rows_that_are_late_in_daylight_are_not_taken_for_the_dark() -> None:
    noon = MIDNIGHT + 12 * HOUR
    late = [row for row in LIT if row.end <= noon]
    window = day_window(timedelta(hours=13), reported=noon + timedelta(minutes=55))
    filled = dark_filled(late, window, whole=True)
    assert filled[-1].end == noon
    _, explored = told(SOLAR, dark_filled(late, window), window, dark=True)
    assert explored == (Span(SOLAR, MIDNIGHT, noon),)


def test_a_gap_in_the_light_stays_unknown() -> None:
    noon = MIDNIGHT + 12 * HOUR
    broken = [row for row in LIT if not noon <= row.start < noon + HOUR]
    window = day_window(timedelta(days=1, hours=1), reported=ALL_TOLD)
    filled = dark_filled(broken, window)
    assert Energies(filled).between(noon, noon + HOUR) is None
    intervals, _ = told(SOLAR, filled, window, dark=True)
    assert noon not in hours_of(intervals)
    assert [each.start for each in intervals if each.energy is None] == [noon]


def test_a_day_without_light_is_closed_once_the_vendor_is_through_with_it() -> None:
    window = day_window(timedelta(days=1, hours=1), reported=ALL_TOLD)
    assert told(SOLAR, dark_filled((), window), window, dark=True) == (
        (),
        (Span(SOLAR, MIDNIGHT, MIDNIGHT + DAY),),
    )


def test_the_whole_night_is_zero_where_that_is_asked_for() -> None:
    window = day_window(timedelta(days=1, hours=1), reported=ALL_TOLD)
    whole = Energies(dark_filled(LIT, window, whole=True))
    night = whole.between(MIDNIGHT, MIDNIGHT + 6 * HOUR)
    assert night is not None
    assert night.energy == 0
    assert not night.final
    day = whole.between(MIDNIGHT, MIDNIGHT + DAY)
    assert day is not None
    assert day.energy == pytest.approx(1.6)


def test_before_sunrise_the_night_is_zero_as_far_as_the_vendor_tells() -> None:
    window = day_window(timedelta(hours=4), reported=MIDNIGHT + 3 * HOUR)
    assert dark_filled((), window) == ()
    assert dark_filled((), window, whole=True) == (
        Row(MIDNIGHT, MIDNIGHT + 3 * HOUR, 0.0, final=False),
    )
