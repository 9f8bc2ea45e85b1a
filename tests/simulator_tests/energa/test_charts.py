"""Charts of Mój Licznik: shape, sums, publication delay, days of 23 and 25 hours."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
import json
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, CookieJar
import pytest

from tests.simulator import Flow, House, MovableClock, Simulator

from ..conftest import INSTALLED, NOW
from .conftest import EXPORT, IMPORT, App, energa

HOUR = timedelta(hours=1)
TODAY = date(2026, 10, 27)
# Recorded answers that are no part of the project.
RECORDED = Path(__file__).parents[4] / "shared" / "fixtures" / "energa"
RECORDINGS = {
    "stats_consumed_one_zone.json": (1, IMPORT),
    "stats_consumed_multiple_zones.json": (0, IMPORT),
    "stats_produced_two_zones.json": (0, EXPORT),
}


def _starts(points: Iterable[dict[str, Any]]) -> list[datetime]:
    return [datetime.fromtimestamp(int(point["tm"]) / 1000, UTC) for point in points]


def _sum(points: Iterable[dict[str, Any]], slots: Sequence[int] = (0, 1, 2)) -> float:
    return sum(point["zones"][slot] or 0 for point in points for slot in slots)


@pytest.mark.skipif(not RECORDED.exists(), reason="the recorded answers are not here")
@pytest.mark.parametrize("name", RECORDINGS)
async def test_a_chart_has_the_shape_of_a_recorded_one(app: App, name: str) -> None:
    recorded = json.loads((RECORDED / name).read_text())["response"]
    number, meter_object = RECORDINGS[name]
    chart = await app.chart(app.api.meter_ids[number], date(2026, 10, 22), meter_object)

    assert recorded.keys() <= chart.keys()
    same = ("meterObject", "unit", "precision", "tariffName", "tz", "type", "zones")
    assert {key: chart[key] for key in same} == {key: recorded[key] for key in same}
    for key in recorded.keys() - {"mainChart"}:
        assert type(chart[key]) is type(recorded[key])
    point, found = recorded["mainChart"][0], chart["mainChart"][0]
    assert {key: type(value) for key, value in found.items() if key != "tarAvg"} == {
        key: type(value) for key, value in point.items() if key != "tarAvg"
    }
    # Both are Thursdays, so the same zones are in force.
    filled, recorded_filled = (
        [[value is not None for value in each["zones"]] for each in points]
        for points in (chart["mainChart"], recorded["mainChart"])
    )
    assert filled[: len(recorded_filled)] == recorded_filled


@pytest.mark.parametrize(
    ("meter_object", "flow"), [(IMPORT, Flow.GRID_IMPORT), (EXPORT, Flow.GRID_EXPORT)]
)
async def test_a_day_sums_up_to_what_the_house_used(
    app: App, meter_object: str, flow: Flow
) -> None:
    house = app.api.house(app.prosumer)
    begin = datetime(2026, 10, 21, 22, tzinfo=UTC)
    points = await app.points(app.prosumer, date(2026, 10, 22), meter_object)

    assert _starts(points) == [begin + number * HOUR for number in range(24)]
    for slots, channel in (((0,), "zone1"), ((1,), "zone2"), ((0, 1, 2), "total")):
        expected = house.energy(flow, begin, begin + 24 * HOUR, channel)
        assert expected > 0
        assert _sum(points, slots) == pytest.approx(expected, abs=24 * 0.0005)
    assert {tuple(map(bool, (point["est"], point["cplt"]))) for point in points} == {
        (False, True)
    }
    for point, start in zip(points, _starts(points), strict=True):
        (value,) = (value for value in point["zones"] if value is not None)
        assert value == round(value, 3)
        assert value == pytest.approx(
            house.energy(flow, start, start + HOUR), abs=0.000501
        )


async def test_export_lags_a_point_behind_and_today_is_cut_off(
    app: App, clock: MovableClock
) -> None:
    app.api.session_lifetime = 9 * HOUR
    seen = {}
    for at in (NOW, NOW + HOUR):
        clock.at = at
        seen[at] = [
            _starts(await app.points(app.prosumer, TODAY, each))[-1]
            for each in (IMPORT, EXPORT)
        ]

    eight = datetime(2026, 10, 27, 8, tzinfo=UTC)
    assert seen == {
        NOW: [eight, eight - HOUR],
        NOW + HOUR: [eight + HOUR, eight],
    }
    assert len(await app.points(app.prosumer, TODAY)) == 11
    assert await app.points(app.prosumer, TODAY + timedelta(days=1)) == []


@pytest.mark.parametrize("with_tm", [True, False])
async def test_the_day_that_summer_time_ends_has_25_hours(
    app: App, with_tm: bool
) -> None:
    app.api.with_tm = with_tm
    day = date(2026, 10, 25)
    chart = await app.chart(app.consumer, day)
    begin = datetime(2026, 10, 24, 22, tzinfo=UTC)

    assert chart["mainChartDate"] == "1792879200000"
    assert chart["mainChartDateTo"] == "1792969200000"
    points = chart["mainChart"]
    if with_tm:
        assert _starts(points) == [begin + number * HOUR for number in range(25)]
    assert [len(points), "tm" in points[0]] == [25, with_tm]
    house = app.api.house(app.consumer)
    assert [point["zones"][0] for point in points] == [
        pytest.approx(
            house.energy(
                "grid_import", begin + number * HOUR, begin + (number + 1) * HOUR
            ),
            abs=0.000501,
        )
        for number in range(25)
    ]


async def test_the_day_that_summer_time_begins_has_23_hours(
    socket_enabled: None,
) -> None:
    clock = MovableClock(datetime(2026, 3, 31, 12, tzinfo=UTC))
    installed = datetime(2026, 3, 27, 12, tzinfo=UTC)
    async with (
        Simulator(clock=clock, installed=installed) as simulator,
        ClientSession(cookie_jar=CookieJar(unsafe=True)) as session,
    ):
        app = App(session, simulator.url("energa"), energa(simulator))
        await app.sign_in()
        spring = await app.chart(app.prosumer, date(2026, 3, 29))
        after = await app.chart(app.prosumer, date(2026, 3, 30))
        truth = app.api.truth(app.prosumer)["grid_import", "total"]

    starts = _starts(spring["mainChart"])
    begin = datetime(2026, 3, 28, 23, tzinfo=UTC)
    assert spring["mainChartDate"] == "1774738800000"
    assert spring["mainChartDateTo"] == after["mainChartDate"] == "1774821600000"
    assert starts == [begin + number * HOUR for number in range(23)]
    assert _starts(after["mainChart"])[0] == starts[-1] + HOUR
    assert sum(truth[start].kwh for start in starts) == pytest.approx(
        _sum(spring["mainChart"])
    )


async def test_charts_of_a_month_and_a_year_are_sums(app: App) -> None:
    october = await app.points(app.prosumer, date(2026, 10, 5), IMPORT, "MONTH")
    year = await app.points(app.prosumer, date(2026, 5, 5), IMPORT, "YEAR")
    day = await app.points(app.prosumer, date(2026, 10, 22))

    assert len(october) == 27
    assert _starts(october)[21] == datetime(2026, 10, 21, 22, tzinfo=UTC)
    assert _sum([october[21]]) == pytest.approx(_sum(day))
    assert _sum([october[21]], [1]) == pytest.approx(_sum(day, [1]))
    assert {tuple(point["zones"]) for point in october[:19]} == {(None, None, None)}
    complete = [point["cplt"] for point in october]
    # The day of the activation and today are known in part.
    assert [complete[19], all(complete[20:26]), complete[26]] == [False, True, False]
    assert len(year) == 10
    assert _starts(year)[9] == datetime(2026, 9, 30, 22, tzinfo=UTC)
    assert _sum(year) == pytest.approx(_sum(october)) == _sum([year[9]])


async def test_nothing_is_known_before_the_activation(app: App) -> None:
    assert await app.points(app.prosumer, date(2026, 10, 19)) == []
    assert await app.points(app.prosumer, date(2026, 9, 1), IMPORT, "MONTH") == []
    assert await app.points(app.prosumer, date(2025, 9, 1), IMPORT, "YEAR") == []
    first = await app.points(app.prosumer, date(2026, 10, 20))

    # The reader was installed at 11:53 local time.
    assert [any(point["zones"]) for point in first] == [False] * 11 + [True] * 13
    house = app.api.house(app.prosumer)
    assert _sum(first[11:12]) == pytest.approx(
        house.energy("grid_import", INSTALLED, datetime(2026, 10, 20, 10, tzinfo=UTC)),
        abs=0.000501,
    )


async def test_two_years_are_kept(socket_enabled: None) -> None:
    installed = datetime(2024, 1, 1, tzinfo=UTC)
    async with (
        Simulator(
            clock=MovableClock(NOW), installed=installed, houses=(House(5),)
        ) as simulator,
        ClientSession(cookie_jar=CookieJar(unsafe=True)) as session,
    ):
        app = App(session, simulator.url("energa"), energa(simulator))
        await app.sign_in()
        (meter,) = app.api.meter_ids
        forgotten = await app.points(meter, TODAY - timedelta(days=731))
        kept = await app.points(meter, TODAY - timedelta(days=730))

    assert (len(forgotten), len(kept)) == (0, 25)


async def test_a_consumer_has_an_empty_chart_of_export(app: App) -> None:
    chart = await app.chart(app.consumer, date(2026, 10, 22), EXPORT)

    assert chart["meterObject"] == EXPORT
    assert chart["mainChart"] == []


async def test_what_is_not_understood_shows_import(app: App) -> None:
    day = date(2026, 10, 22)
    right = await app.chart(app.prosumer, day)
    assert await app.chart(app.prosumer, day, "A-") == right
    assert await app.chart(app.prosumer, day, EXPORT) != right
    app.api.ignores_meter_object = True

    assert await app.chart(app.prosumer, day, EXPORT) == right
    assert right["meterObject"] == IMPORT


@pytest.mark.parametrize(
    "changed",
    [
        {"meterPoint": "1"},
        {"type": "WEEK"},
        {"mainChartDate": "2026-10-22"},
        {"mainChartDate": "9" * 30},
    ],
)
async def test_bad_questions_have_no_answer(app: App, changed: dict[str, str]) -> None:
    right = {"meterPoint": app.prosumer, "type": "DAY", "mainChartDate": "0"}
    assert (await app.get("/resources/mchart", **right))[1]["success"] is True
    status, body = await app.get("/resources/mchart", **(right | changed))

    assert (status, body["success"], body["response"]) == (200, False, None)
