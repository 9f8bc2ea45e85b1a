"""Intervals: the windows that a question may have, and those that are refused."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.simulator import MovableClock
from tests.simulator.enphase_cloud import EnphaseCloudApi

from ..conftest import INSTALLED, NOW
from .conftest import CHARGER, EVERYTHING, MICROS, CloudClient
from .intervals import QUARTER, ends_of, epoch, midnight_of, rows_of


async def test_statistics_have_a_start_and_an_end(cloud: CloudClient) -> None:
    path = f"/{EVERYTHING}/rgm_stats"
    midnight = midnight_of(date(2026, 10, 27))
    ends = ends_of((await cloud.get(path))["intervals"])
    assert (ends[0], ends[-1]) == (midnight + QUARTER, NOW.replace(minute=0))
    odd = {"start_at": epoch(midnight) + 240, "end_at": epoch(midnight) + 2000}
    ends = ends_of((await cloud.get(path, **odd))["intervals"])
    assert ends == [midnight + QUARTER, midnight + 2 * QUARTER]
    week = timedelta(days=7)
    start = epoch(midnight.astimezone(UTC) - week)
    rows = (await cloud.get(path, start_at=start))["intervals"]
    assert ends_of(rows)[-1] == midnight
    for query in (
        {"start_at": start, "end_at": start + 8 * 86400},
        {"start_at": start, "end_at": start - 900},
        {"start_at": epoch(NOW) + 900},
        {"start_at": epoch(midnight), "end_at": epoch(NOW) + 900},
        {"start_at": start - 732 * 86400},
    ):
        status, body = await cloud.ask(path, **query)
        assert (status, body["code"]) == (422, 422)
        assert ":first_interval=>" in body["details"]
    status, body = await cloud.ask(f"/{MICROS}/rgm_stats")
    assert status == 422
    assert body["details"] == "System doesn't have production meters"


async def test_a_week_is_seven_days_where_it_is_known(
    cloud: CloudClient, api: EnphaseCloudApi, clock: MovableClock
) -> None:
    clock.advance(timedelta(hours=12))
    start = midnight_of(date(2026, 10, 21))
    rows = await rows_of(
        cloud, EVERYTHING, "telemetry/production_meter", start, granularity="week"
    )
    assert len(rows) == 7 * 96
    # One of the days has 25 hours.
    assert ends_of(rows)[-1] == midnight_of(date(2026, 10, 27)) + timedelta(hours=23)
    query: dict[str, Any] = {"start_at": epoch(start), "granularity": "week"}
    for path in ("energy_import_telemetry", "telemetry/production_micro"):
        assert (await cloud.ask(f"/{EVERYTHING}/{path}", **query))[0] == 422
    api.systems[EVERYTHING].refused_weeks.clear()
    body = await cloud.get(f"/{EVERYTHING}/energy_import_telemetry", **query)
    assert len(body["intervals"][0]) == len(rows)


async def test_the_long_day_takes_two_questions(cloud: CloudClient) -> None:
    start = midnight_of(date(2026, 10, 25))
    path = "telemetry/consumption_meter"
    rows = await rows_of(cloud, EVERYTHING, path, start)
    assert len(rows) == 96
    more = await rows_of(cloud, EVERYTHING, path, ends_of(rows)[-1])
    lifetime = await cloud.get(
        f"/{EVERYTHING}/consumption_lifetime",
        start_date="2026-10-25",
        end_date="2026-10-25",
    )
    assert lifetime["consumption"] == [sum(row["enwh"] for row in (*rows, *more[:4]))]


async def test_windows_start_on_intervals_of_the_systems_life(
    cloud: CloudClient,
) -> None:
    path = f"/{EVERYTHING}/telemetry/production_meter"
    body = await cloud.get(path, start_at=epoch(INSTALLED) - 40 * 86400)
    assert body["start_at"] == epoch(midnight_of(date(2026, 10, 20)))
    assert ends_of(body["intervals"])[0] == datetime(2026, 10, 20, 10, 15, tzinfo=UTC)
    odd = epoch(NOW.replace(hour=8, minute=4))
    body = await cloud.get(path, start_at=odd, granularity="15mins")
    assert body["start_at"] == odd - 240
    assert [row["end_at"] for row in body["intervals"]] == [odd - 240 + 900]
    body = await cloud.get(path)
    assert body["start_at"] == epoch(midnight_of(date(2026, 10, 27)))
    assert body["end_at"] == epoch(NOW)


@pytest.mark.parametrize("off", [timedelta(minutes=1), timedelta(days=-732)])
async def test_a_window_that_cannot_be_is_refused_with_what_can(
    cloud: CloudClient, off: timedelta
) -> None:
    start = epoch(NOW + off)
    status, body = await cloud.ask(
        f"/{EVERYTHING}/telemetry/consumption_meter", start_at=start
    )
    first = epoch(INSTALLED.replace(hour=10, minute=0, second=0))
    last = epoch(NOW.replace(minute=0))
    assert status == 422
    assert f"{{:start_at=>{start}, :end_at=>" in body["details"]
    assert f":first_interval=>{first}, :last_interval=>{last}}}" in body["details"]


@pytest.mark.parametrize("query", [{"start_date": "2026-10-21"}, {"granularity": "5mins"}, {"start_at": str(epoch(NOW) + 60)}])  # fmt: skip
async def test_chargers_refuse_in_their_own_way(
    cloud: CloudClient, query: dict[str, str]
) -> None:
    status, body = await cloud.ask(
        f"/{EVERYTHING}/ev_charger/{CHARGER}/telemetry", **query
    )
    assert status == 400
    assert body["code"] == "400"
    assert body["details"][0] in ("Invalid start_date", "Invalid granularity")


async def test_a_charger_tells_of_yesterday_unless_asked(cloud: CloudClient) -> None:
    path = f"/{EVERYTHING}/ev_charger/{CHARGER}/telemetry"
    assert (await cloud.get(path))["start_date"] == "2026-10-26"
    body = await cloud.get(path, start_at=epoch(NOW.replace(hour=2, minute=0)))
    assert body["end_at"] == epoch(NOW)
    assert len(body["consumption"]) == 40
