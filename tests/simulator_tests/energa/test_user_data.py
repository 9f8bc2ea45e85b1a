"""What Mój Licznik tells about an account: points, registers, agreements."""

from datetime import UTC, date, datetime, timedelta
import re
from typing import Any

import pytest

from tests.simulator import Distortion, DistortionKind, Flow, MovableClock, Simulator
from tests.simulator.energa.user_data import AgreementShape

from ..conftest import INSTALLED, NOW
from .conftest import EXPORT, IMPORT, App

MIDNIGHT = datetime(2026, 10, 26, 23, tzinfo=UTC)
"""The last local midnight before the tests begin."""
DAY = timedelta(days=1)


def _registers(point: dict[str, Any]) -> dict[str, float]:
    return {row["zone"]: row["value"] for row in point["lastMeasurements"]}


def _dates(point: dict[str, Any]) -> set[str]:
    return {row["date"] for row in point["lastMeasurements"]}


async def test_points_are_described_as_in_the_app(app: App) -> None:
    first, second = (await app.user_data())["meterPoints"]

    assert (first["id"], second["id"]) == app.api.meter_ids
    assert (first["tariff"], second["tariff"]) == ("G12W", "G11")
    assert re.fullmatch(r"0\d+", first["dev"])
    assert first["dev"] != second["dev"]
    assert set(_registers(first)) == {
        "A+ strefa 1", "A+ strefa 2", "A- strefa 1", "A- strefa 2",
    }  # fmt: skip
    assert set(_registers(second)) == {"A+ strefa 1"}
    for point in (first, second):
        charts = {
            each["obis"]: each["availableCharts"] for each in point["meterObjects"]
        }
        assert {code for code, kinds in charts.items() if "DAY" in kinds} == {
            IMPORT,
            EXPORT,
        }
        assert "MONTH" in charts["1-0:1.8.1*255"]


async def test_registers_are_of_midnight_and_follow_the_house(
    app: App, clock: MovableClock
) -> None:
    house = app.api.house(app.prosumer)
    app.api.session_lifetime = 2 * DAY
    before = (await app.user_data())["meterPoints"][0]
    clock.advance(DAY)
    after = (await app.user_data())["meterPoints"][0]

    assert _dates(before) == {str(int(MIDNIGHT.timestamp()) * 1000)}
    assert _dates(after) == {str(int((MIDNIGHT + DAY).timestamp()) * 1000)}
    for zone, flow, channel in (
        ("A+ strefa 1", Flow.GRID_IMPORT, "zone1"),
        ("A+ strefa 2", Flow.GRID_IMPORT, "zone2"),
        ("A- strefa 1", Flow.GRID_EXPORT, "zone1"),
    ):
        grown = _registers(after)[zone] - _registers(before)[zone]
        assert grown > 0
        assert grown == pytest.approx(
            house.energy(flow, MIDNIGHT, MIDNIGHT + DAY, channel), abs=0.0011
        )


async def test_registers_appear_at_a_quarter_past_one(
    app: App, clock: MovableClock
) -> None:
    app.api.session_lifetime = 99 * DAY
    seen = []
    for at in (
        datetime(2026, 10, 28, 0, 14, tzinfo=UTC),
        datetime(2026, 10, 28, 0, 15, tzinfo=UTC),
    ):
        clock.at = at
        seen.append(_dates((await app.user_data())["meterPoints"][1]))

    assert seen == [
        {str(int(at.timestamp()) * 1000)} for at in (MIDNIGHT, MIDNIGHT + DAY)
    ]


async def test_there_are_none_before_the_first_midnight(
    app: App, clock: MovableClock
) -> None:
    clock.at = INSTALLED + timedelta(hours=9)
    points = (await app.user_data())["meterPoints"]

    assert [point["lastMeasurements"] for point in points] == [[], []]


async def test_agreements_come_in_every_known_shape(app: App) -> None:
    found = {}
    for shape in AgreementShape:
        app.api.agreement_shape = shape
        found[shape] = await app.user_data()
    both, new, legacy = (found[shape] for shape in AgreementShape)
    codes = [point["agreementPoints"][0]["code"] for point in both["meterPoints"]]

    assert all(len(code) == 18 for code in codes)
    assert len(set(codes)) == 2
    assert [each["code"] for each in both["agreementPoints"]] == codes[::-1]
    assert not any("id" in each for each in both["agreementPoints"])
    assert new["meterPoints"] == both["meterPoints"]
    assert "agreementPoints" not in new
    assert [point["agreementPoints"] for point in legacy["meterPoints"]] == [[], []]
    assert [(each["id"], each["code"], each["type"]) for each in legacy["agreementPoints"]] == [
        (app.consumer, codes[1], "Odbiorca"),
        (app.prosumer, codes[0], "Wytwórca"),
    ]  # fmt: skip
    activated = datetime.fromtimestamp(
        legacy["agreementPoints"][0]["dealer"]["start"] / 1000, UTC
    )
    assert activated == INSTALLED
    assert new["activationDate"] == date(2026, 10, 20).isoformat()


async def test_a_new_meter_starts_at_zero_and_keeps_its_point(
    app: App, simulator: Simulator, clock: MovableClock
) -> None:
    app.api.session_lifetime = 2 * DAY
    swapped = NOW - timedelta(hours=2)
    house = app.api.house(app.prosumer)
    simulator.add(
        Distortion(DistortionKind.SWAP, "energa", swapped, meter=app.prosumer)
    )
    old, other = (await app.user_data())["meterPoints"]
    clock.advance(DAY)
    new, same = (await app.user_data())["meterPoints"]

    assert new["id"] == old["id"]
    assert new["dev"] != old["dev"]
    assert same["dev"] == other["dev"]
    assert _registers(old)["A+ strefa 1"] > 10_000
    assert _registers(new)["A+ strefa 1"] == pytest.approx(
        house.energy(Flow.GRID_IMPORT, swapped, MIDNIGHT + DAY, "zone1"), abs=0.0006
    )


async def test_a_point_can_leave_the_account(
    app: App, simulator: Simulator, clock: MovableClock
) -> None:
    later = NOW + timedelta(minutes=5)
    simulator.add(Distortion(DistortionKind.GONE, "energa", later, meter=app.consumer))
    listed = (await app.user_data())["meterPoints"]
    clock.at = later
    left = (await app.user_data())["meterPoints"]
    _, refused = await app.get(
        "/resources/mchart", meterPoint=app.consumer, type="DAY", mainChartDate="0"
    )

    assert len(listed) == 2
    assert [point["id"] for point in left] == [app.prosumer]
    assert refused["success"] is False
