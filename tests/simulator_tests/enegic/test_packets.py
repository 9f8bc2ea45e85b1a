"""The overview, the chargers, and the latest packets of both families of meters."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.simulator import Distortion, DistortionKind, Flow, MovableClock, Simulator
from tests.simulator.enegic import CurrentSign
from tests.simulator.house import PHASES

from ..conftest import INSTALLED, NOW
from .conftest import EnegicClient
from .recorded import differences, needs_recorded, recorded

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
STOCKHOLM = ZoneInfo("Europe/Stockholm")
SUNNY = datetime(2026, 10, 23, 12, 1, 5, tzinfo=UTC)
"""When all phases of the prosumer export."""
NOMINAL_VOLTS = 230


def _start(packet: dict[str, Any]) -> datetime:
    return datetime.fromtimestamp(packet["ts"] / 1000, UTC)


async def _items(enegic: EnegicClient) -> list[dict[str, Any]]:
    _, overview = await enegic.ask("/getaccountoverview", {"IncludeSharedItems": True})
    return list(overview["Items"])


@needs_recorded
async def test_an_overview_has_the_shape_of_a_recorded_one(
    enegic: EnegicClient,
) -> None:
    _, overview = await enegic.ask("/getaccountoverview", {})
    overview["Items"].pop()

    assert not differences(recorded("getaccountoverview"), overview)


@needs_recorded
@pytest.mark.parametrize("name", ["getlatestpackets_t0", "getlatestpackets_t1"])
async def test_packets_have_the_shape_of_recorded_ones(
    enegic: EnegicClient, name: str
) -> None:
    _, packets = await enegic.ask("/getlatestpackets", {})

    assert not differences(recorded(name), packets[:1])


async def test_the_account_has_a_meter_in_each_house_and_a_charger(
    enegic: EnegicClient,
) -> None:
    items = await _items(enegic)
    _, reporters = await enegic.ask("/getreporterssettingsforuser", verb="GET")
    [reporter] = reporters.pop("ZaptecReporters")

    assert [item["ItemSubType"] for item in items] == [
        "ZaptecReporter", "ZaptecCharger", "None", "EM2One", "EM2One",
    ]  # fmt: skip
    assert [str(item["ItemId"]) for item in items[3:]] == [*enegic.api.meter_ids]
    assert {item["CreationTime"] for item in items[3:]} == {"2026-10-20T09:53:06"}
    assert reporter["ReporterId"] == items[0]["ItemId"]
    assert items[1]["UserSettings"]["ReporterId"] == str(items[0]["ItemId"])
    assert str(reporter["SimpleSettings"]["ItemId"]) == enegic.prosumer
    assert len(reporters) == 6
    assert not any(reporters.values())


async def test_registers_are_those_of_the_end_of_a_period(enegic: EnegicClient) -> None:
    house = enegic.api.house(enegic.prosumer)
    packets = await enegic.packets()
    ends = {
        "PhaseDay": _start(packets["PhaseDay"]) + 24 * HOUR,
        "PhaseHour": _start(packets["PhaseHour"]) + HOUR,
        "PhaseMinute": _start(packets["PhaseMinute"]) + MINUTE,
    }

    assert ends == {
        "PhaseDay": datetime(2026, 10, 27, tzinfo=STOCKHOLM),
        "PhaseHour": NOW.replace(minute=0),
        "PhaseMinute": NOW - MINUTE,
    }
    for (early, late), (field, flow) in zip(
        pairwise(ends), (("hwi", Flow.GRID_IMPORT), ("hwo", Flow.GRID_EXPORT)), strict=True
    ):  # fmt: skip
        grown = packets[late]["data"][field] - packets[early]["data"][field]
        assert grown == pytest.approx(
            house.energy(flow, ends[early], ends[late]), abs=0.00101
        )
    assert "hwi" not in packets["PhaseRealTime"]["data"]


@pytest.mark.parametrize(
    ("kind", "length"), [("PhaseHour", HOUR), ("PhaseDay", 25 * HOUR)]
)
async def test_energies_by_phase_are_those_of_the_whole_period(
    enegic: EnegicClient, clock: MovableClock, kind: str, length: timedelta
) -> None:
    clock.at = datetime(2026, 10, 26, 1, 5, tzinfo=UTC)
    house = enegic.api.house(enegic.prosumer)
    packet = (await enegic.packets())[kind]
    begin = _start(packet)

    for field, flow in (("hwpi", Flow.GRID_IMPORT), ("hwpo", Flow.GRID_EXPORT)):
        assert packet["data"][field] == [
            pytest.approx(house.energy(flow, begin, begin + length, phase), abs=0.00051)
            for phase in PHASES
        ]
    assert sum(packet["data"]["hwpi"]) > 0.1


async def test_each_kind_has_its_cadence(
    enegic: EnegicClient, clock: MovableClock
) -> None:
    clock.at = NOW.replace(minute=57) + timedelta(seconds=5)
    seen = []
    for _ in range(4):
        seen.append(await enegic.packets())
        clock.advance(MINUTE)

    def numbers(kind: str) -> list[int]:
        return [
            late[kind]["seqno"] - early[kind]["seqno"] for early, late in pairwise(seen)
        ]

    assert numbers("PhaseRealTime") == [6, 6, 6]
    assert numbers("PhaseMinute") == [1, 1, 1]
    assert numbers("PhaseHour") == [0, 0, 61]
    assert [packets["PhaseDay"] for packets in seen] == [seen[0]["PhaseDay"]] * 4
    # Minutes, hours and days take numbers of one sequence, in this order.
    assert seen[3]["PhaseHour"]["seqno"] == seen[3]["PhaseMinute"]["seqno"] + 1
    since_midnight = 14 * 61
    assert (
        seen[3]["PhaseHour"]["seqno"] - seen[3]["PhaseDay"]["seqno"] == since_midnight
    )
    items = await _items(enegic)
    assert items[3]["FlashSeqNo"] == seen[3]["PhaseHour"]["seqno"] + 1


async def test_what_was_never_complete_is_absent(
    enegic: EnegicClient, clock: MovableClock
) -> None:
    seen = []
    for later in (
        timedelta(seconds=30), timedelta(minutes=2), timedelta(hours=1.2), timedelta(days=1.7),
    ):  # fmt: skip
        clock.at = INSTALLED + later
        await enegic.sign_in()
        seen.append(set(await enegic.packets()))

    assert seen == [
        set(),
        {"PhaseRealTime", "PhaseMinute"},
        {"PhaseRealTime", "PhaseMinute", "PhaseHour"},
        {"PhaseRealTime", "PhaseMinute", "PhaseHour", "PhaseDay"},
    ]


async def test_days_are_those_of_the_items_time_zone(enegic: EnegicClient) -> None:
    enegic.api.meters[enegic.prosumer].timezone = "America/Chicago"
    packets = await enegic.packets()

    assert _start(packets["PhaseDay"]) == datetime(
        2026, 10, 26, tzinfo=ZoneInfo("America/Chicago")
    )


async def test_current_is_apparent_and_positive_for_import(
    enegic: EnegicClient, clock: MovableClock
) -> None:
    house = enegic.api.house(enegic.prosumer)
    directions = set()
    for at in (NOW, SUNNY):
        clock.at = at
        packet = (await enegic.packets())["PhaseRealTime"]
        watts = [house.net_power(_start(packet), phase) for phase in PHASES]
        apparent = [
            amperes * volts
            for amperes, volts in zip(
                packet["data"]["hiavg"], packet["data"]["huavg"], strict=True
            )
        ]
        for real, shown in zip(watts, apparent, strict=True):
            directions.add(real > 0)
            assert shown * real > 0
            assert abs(shown) > abs(real) - 0.06 * 231

    assert directions == {True, False}


async def test_the_direction_of_current_may_be_wrong_or_unknown(
    enegic: EnegicClient, clock: MovableClock
) -> None:
    clock.at = SUNNY
    meter = enegic.api.meters[enegic.prosumer]
    seen = {}
    for sign in CurrentSign:
        meter.current_sign = sign
        seen[sign] = (await enegic.packets())["PhaseMinute"]["data"]
    right = seen[CurrentSign.IMPORT_POSITIVE]

    assert max(right["hiavg"]) < 0
    assert right["himax"] == [0, 0, 0]
    assert right["himin"] == right["hiavg"]
    for sign in (CurrentSign.INVERTED, CurrentSign.UNSIGNED):
        assert seen[sign]["hiavg"] == pytest.approx(
            [-amperes for amperes in right["hiavg"]], abs=0.011
        )
        assert seen[sign]["hwo"] == right["hwo"]


async def test_extremes_enclose_the_average(enegic: EnegicClient) -> None:
    data = (await enegic.packets())["PhaseDay"]["data"]

    for least, average, most in zip(
        data["himin"], data["hiavg"], data["himax"], strict=True
    ):
        assert least < average < most
    assert min(data["himin"]) < 0


async def test_clamps_count_charge(enegic: EnegicClient, simulator: Simulator) -> None:
    clamps = enegic.api.add_clamps()
    packets = await enegic.packets(clamps)
    day = packets["PhaseDay"]["data"]
    begin = _start(packets["PhaseDay"])
    charges = [
        late - early for early, late in zip(day["qmin"], day["qmax"], strict=True)
    ]

    assert enegic.api.meter_ids[2] == clamps
    assert {packet["pv"] for packet in packets.values()} == {2}
    for packet in packets.values():
        assert not [field for field in packet["data"] if field.startswith(("h", "u"))]
        assert len(packet["data"]["iavg"]) == 4
    assert [charge / 3.6e6 / 24 for charge in charges] == pytest.approx(
        day["iavg"], abs=0.0051
    )
    assert charges[3] == 0
    assert sum(charges) / 3.6e9 * NOMINAL_VOLTS == pytest.approx(
        enegic.api.house(clamps).energy(Flow.GRID_IMPORT, begin, begin + 24 * HOUR)
    )
    assert (await _items(enegic))[-1]["ItemSubType"] == "EM1"
    assert await enegic.groups(NOW - HOUR, NOW, clamps) == []
    assert simulator.truth("enegic", clamps) == {}


async def test_a_meter_without_packets_stays_in_the_overview(
    enegic: EnegicClient,
) -> None:
    enegic.api.meters[enegic.consumer].has_packets = False
    _, entries = await enegic.ask("/getlatestpackets")

    assert [str(entry["ItemId"]) for entry in entries] == [enegic.prosumer]
    assert str((await _items(enegic))[-1]["ItemId"]) == enegic.consumer


async def test_a_quiet_meter_is_told_of_as_before(
    enegic: EnegicClient, simulator: Simulator, clock: MovableClock
) -> None:
    before = await enegic.packets(), await enegic.packets(enegic.consumer)
    simulator.add(Distortion(DistortionKind.GAP, "enegic", NOW, meter=enegic.prosumer))
    clock.advance(2 * HOUR)
    after = await enegic.packets(), await enegic.packets(enegic.consumer)

    assert after[0]["PhaseMinute"]["ts"] == (NOW - 2 * MINUTE).timestamp() * 1000
    assert after[0]["PhaseRealTime"]["ts"] < NOW.timestamp() * 1000
    assert after[0]["PhaseHour"] == before[0]["PhaseHour"]
    assert after[1]["PhaseHour"] != before[1]["PhaseHour"]


async def test_gone(
    enegic: EnegicClient, simulator: Simulator, clock: MovableClock
) -> None:
    simulator.add(
        Distortion(
            DistortionKind.GONE, "enegic", NOW, NOW + HOUR, meter=enegic.consumer
        )
    )
    _, entries = await enegic.ask("/getlatestpackets")
    items = await _items(enegic)
    history = await enegic.groups(NOW - 2 * HOUR, NOW - HOUR, enegic.consumer)
    clock.advance(HOUR)

    assert [str(entry["ItemId"]) for entry in entries] == [enegic.prosumer]
    assert str(items[-1]["ItemId"]) == enegic.prosumer
    assert history == []
    assert str((await _items(enegic))[-1]["ItemId"]) == enegic.consumer
