"""The sessions of the charger are what its energy shows."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.simulator import Flow, MovableClock
from tests.simulator.enphase_cloud import EnphaseCloudApi

from ..conftest import NOW
from .conftest import CHARGER, EVERYTHING, CloudClient

PATH = f"/{EVERYTHING}/ev_charger/{CHARGER}/sessions"
QUARTER = timedelta(minutes=15)


def instant(seconds: int) -> datetime:
    """Return the instant of a number of seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC)


async def test_sessions_hold_all_energy_of_the_charger(
    cloud: CloudClient, api: EnphaseCloudApi
) -> None:
    """The newest first, and no two at once."""
    body = await cloud.get(PATH, limit=100)
    sessions = body["sessions"]
    assert body["count"] == len(sessions) > 1
    house, edge = api.house(CHARGER), NOW
    for session in sessions:
        start, end = instant(session["start_time"]), instant(session["end_time"])
        assert start < end <= edge
        assert session["duration"] == (end - start).total_seconds()
        assert 0 < session["charge_time"] < session["duration"]
        energy = house.energy(Flow.EV_CHARGE, start, end)
        assert session["energy_added"] == pytest.approx(energy, abs=0.001)
        edge = start
    total = house.energy(Flow.EV_CHARGE, edge, NOW)
    told = sum(session["energy_added"] for session in sessions)
    assert told == pytest.approx(total, abs=0.002)


async def test_pages(cloud: CloudClient) -> None:
    everything = (await cloud.get(PATH))["sessions"]
    for number, session in enumerate(everything):
        body = await cloud.get(PATH, offset=number, limit=1)
        assert (body["count"], body["sessions"]) == (1, [session])
    beyond = await cloud.get(PATH, offset=len(everything))
    assert (beyond["count"], beyond["sessions"]) == (0, [])


async def test_the_oldest_may_come_first(
    cloud: CloudClient, api: EnphaseCloudApi
) -> None:
    newest_first = (await cloud.get(PATH, limit=100))["sessions"]
    api.systems[EVERYTHING].oldest_session_first = True
    oldest_first = (await cloud.get(PATH, limit=100))["sessions"]
    assert oldest_first == newest_first[::-1]
    body = await cloud.get(PATH, offset=1, limit=1)
    assert body["sessions"] == [newest_first[-2]]


@pytest.mark.parametrize(
    "query", [{"offset": -1}, {"limit": 0}, {"limit": 101}, {"limit": "few"}]
)
async def test_pages_that_are_none(
    cloud: CloudClient, query: dict[str, str | int]
) -> None:
    assert await cloud.ask(PATH, **query) == (
        400,
        {"message": "Bad request", "code": "400", "details": ["Invalid offset/limit"]},
    )


async def test_a_session_goes_on_until_the_car_leaves(
    cloud: CloudClient, clock: MovableClock
) -> None:
    """What the charger does now agrees with it."""
    [last, *_] = (await cloud.get(PATH))["sessions"]
    seen = set()
    clock.at = instant(last["start_time"]) + 2 * QUARTER
    while clock.at < instant(last["end_time"]) + QUARTER:
        [session, *_] = (await cloud.get(PATH))["sessions"]
        [charger] = (await cloud.get(f"/{EVERYTHING}/latest_telemetry"))["devices"]["evse"]  # fmt: skip
        assert session["start_time"] == last["start_time"]
        is_over = session["end_time"] is not None
        assert is_over == (charger["operational_mode"] == "PLUGGED_OUT")
        assert session["energy_added"] <= last["energy_added"]
        seen.add(charger["operational_mode"])
        clock.at += QUARTER
    assert seen == {"CHARGING", "IDLE", "PLUGGED_OUT"}
    assert session == last
