"""The history: parameters, labels, groups, and that the truth follows from it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import accumulate, pairwise
from typing import Any

from aiohttp import ClientSession
import pytest

from tests.simulator import Flow, MovableClock, Row, Simulator, check
from tests.simulator.enegic import EnegicApi

from ..conftest import INSTALLED, NOW
from .conftest import EnegicClient, Point
from .recorded import differences, needs_recorded, recorded

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
FOLD = datetime(2026, 10, 25, tzinfo=UTC)
"""02:00 in Stockholm, an hour before 02:00 comes again."""


def _rows(points: list[Point], field: str) -> list[Row]:
    """Return the hours between the first register and those at full hours."""
    registers = {point.end: point.data[field] for point in points}
    marks = [min(registers), *(at for at in registers if at.minute == 0)]
    states = [registers[after] - registers[before] for before, after in pairwise(marks)]
    return [
        Row(before.replace(minute=0), state, total)
        for before, state, total in zip(marks, states, accumulate(states), strict=False)
    ]


@needs_recorded
async def test_history_has_the_shape_of_a_recorded_one(enegic: EnegicClient) -> None:
    start = datetime(2026, 10, 21, 0, 55, tzinfo=UTC)
    groups = await enegic.groups(start, start + 11 * MINUTE)

    assert not differences(recorded("getphasedata"), groups)


async def test_a_window_is_half_open_and_has_each_minute_once(
    enegic: EnegicClient,
) -> None:
    [group] = await enegic.groups(FOLD - 12 * HOUR, FOLD)

    assert group["dt"] == "2026-01-01T00:00:00"
    assert len(group["data"]) == 12 * 60
    assert group["data"][0]["ts"] == "2026-10-24T14:00:00"
    assert group["data"][-1]["ts"] == "2026-10-25T01:59:00"


async def test_the_labels_of_the_fold_come_twice(enegic: EnegicClient) -> None:
    [group] = await enegic.groups(FOLD, FOLD + 2 * HOUR)
    labels = [point["ts"] for point in group["data"]]

    assert labels[:60] == labels[60:]
    assert labels[0] == "2026-10-25T02:00:00"
    assert len(set(labels)) == 60


async def test_labels_are_those_of_the_items_time_zone(enegic: EnegicClient) -> None:
    enegic.api.meters[enegic.prosumer].timezone = "Europe/London"
    [group] = await enegic.groups(FOLD - HOUR, FOLD)

    assert group["data"][0]["ts"] == "2026-10-25T00:00:00"


async def test_each_local_year_has_its_group(socket_enabled: None) -> None:
    new_year = datetime(2026, 12, 31, 23, tzinfo=UTC)
    clock = MovableClock(new_year + 2 * HOUR)
    async with (
        Simulator(clock=clock, installed=new_year - 5 * HOUR) as simulator,
        ClientSession() as session,
    ):
        api = simulator.vendor("enegic")
        assert isinstance(api, EnegicApi)
        client = EnegicClient(session, simulator.url("enegic"), api)
        await client.sign_in()
        groups = await client.groups(new_year - HOUR, new_year + HOUR)

    assert [(group["dt"], len(group["data"])) for group in groups] == [
        ("2026-01-01T00:00:00", 60),
        ("2027-01-01T00:00:00", 60),
    ]
    assert groups[1]["data"][0]["ts"] == "2027-01-01T00:00:00"


async def test_history_begins_and_ends_with_what_was_read(enegic: EnegicClient) -> None:
    first = (await enegic.points(INSTALLED - HOUR, INSTALLED + HOUR))[0]
    last = (await enegic.points(NOW - HOUR, NOW))[-1]
    packet = (await enegic.packets())["PhaseMinute"]

    assert first.begin == INSTALLED.replace(second=0)
    assert last.end == NOW - MINUTE
    assert last.begin.timestamp() * 1000 == packet["ts"]
    assert last.data == packet["data"]


async def test_a_minute_appears_soon_after_its_end(
    enegic: EnegicClient, clock: MovableClock
) -> None:
    seen = []
    for second in (4, 5):
        clock.at = NOW + timedelta(seconds=second)
        seen.append((await enegic.points(NOW - HOUR, clock.at))[-1].end)

    assert seen == [NOW - MINUTE, NOW]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (None, 400),
        ({}, 400),
        ({"itemId": 1}, 400),
        ({"startTime": "2026-10-24T00:00:00"}, 400),
        ({"itemId": 1, "startTime": "2026-10-24T00:00:00", "endTime": "2026-10-24T00:00:00.9"}, 400),
        ({"itemId": 1, "startTime": 1792800000000}, 500),
        ({"itemId": 1, "startTime": "yesterday"}, 500),
        ({"itemId": "one", "startTime": "2026-10-24T00:00:00"}, 500),
        ({"itemId": 1, "startTime": "2026-10-24T00:00:00", "itemType": "Hour"}, 500),
    ],
)  # fmt: skip
async def test_bad_parameters(enegic: EnegicClient, body: Any, status: int) -> None:
    assert await enegic.ask("/getphasedata", body) == (status, None)


async def test_unknown_parameters_and_items_give_nothing(enegic: EnegicClient) -> None:
    item = int(enegic.prosumer)
    for body in (
        {"itemId": item, "fromDate": "2026-10-24", "toDate": "2026-10-25", "dataType": "Avg"},
        {"itemId": 1, "startTime": "2026-10-24T00:00:00"},
        {"itemId": item, "startTime": "2026-10-01T00:00:00", "endTime": "2026-10-02T00:00:00"},
    ):  # fmt: skip
        assert await enegic.ask("/getphasedata", body) == (200, [])


async def test_keys_of_any_case_and_no_end_give_all_since(enegic: EnegicClient) -> None:
    _, [group] = await enegic.ask(
        "/getphasedata",
        {"ITEMID": enegic.prosumer, "starttime": "2026-10-27T12:00:00", "itemType": "Phase"},
    )  # fmt: skip

    assert len(group["data"]) == 6


async def test_a_server_that_knows_the_documented_form(enegic: EnegicClient) -> None:
    enegic.api.verbs["/getphasedata"] = frozenset({"POST"})
    assert enegic.token is not None
    async with enegic.session.post(
        enegic.url + "/getphasedata",
        headers={"X-Authorization": enegic.token},
        data={"itemId": enegic.prosumer, "fromDate": "2026-10-24", "toDate": "2026-10-25", "dataType": "Avg"},
    ) as answer:  # fmt: skip
        [group] = await answer.json()

    assert len(group["data"]) == 24 * 60


async def test_registers_follow_the_house(enegic: EnegicClient) -> None:
    house = enegic.api.house(enegic.prosumer)
    points = await enegic.points(FOLD - 6 * HOUR, FOLD)

    for field, flow in (("hwi", Flow.GRID_IMPORT), ("hwo", Flow.GRID_EXPORT)):
        for early, late in pairwise(points):
            assert late.data[field] - early.data[field] == pytest.approx(
                house.energy(flow, early.end, late.end), abs=0.00101
            )
    assert points[-1].data["hwi"] - points[0].data["hwi"] > 0.1


async def test_the_truth_is_what_the_history_says(
    enegic: EnegicClient, simulator: Simulator
) -> None:
    expected: Mapping[str, set[str]] = {
        enegic.prosumer: {"grid_import", "grid_export"},
        enegic.consumer: {"grid_import"},
    }
    for meter, quantities in expected.items():
        points = await enegic.points(INSTALLED - HOUR, NOW, meter)
        truth = simulator.truth("enegic", meter)

        assert set(truth) == {(quantity, "total") for quantity in quantities}
        for field, quantity in (("hwi", "grid_import"), ("hwo", "grid_export")):
            if quantity not in quantities:
                assert not any(field in point.data for point in points)
                continue
            verdict = check(_rows(points, field), truth[quantity, "total"])
            assert verdict.ok, verdict.problems()
            assert (
                verdict.hours
                == (NOW.replace(minute=0) - INSTALLED.replace(minute=0, second=0))
                // HOUR
            )
            assert verdict.estimated == 0


async def test_the_truth_begins_where_it_is_asked_to(
    enegic: EnegicClient, simulator: Simulator
) -> None:
    truth = simulator.truth("enegic", enegic.prosumer, since=FOLD)

    assert min(truth["grid_import", "total"]) == FOLD
