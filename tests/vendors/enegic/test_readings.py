"""What is read in the packets of a meter, by the numbers."""

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from custom_components.meter_hub.metering.vocabulary import (
    Channel,
    MeterStatus,
    Quantity,
)
from custom_components.meter_hub.vendors.enegic.known import Known
from custom_components.meter_hub.vendors.enegic.packets import Bucket, packets_of

from .bodies import (
    CLAMPS,
    CLAMPS_AT,
    EXPORTING_AT,
    METER,
    ZONE,
    Ear,
    at,
    exporting,
    meter,
    minute,
    timed,
)

HOUR = timedelta(hours=1)


def without(packets: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return an answer that lacks some packets."""
    return {name: each for name, each in packets.items() if name not in names}


def test_case_01_the_real_time_packet() -> None:
    ear, now = Ear(), EXPORTING_AT
    ear.hears(exporting(), now)
    assert ear.phases(Quantity.GRID_POWER, now) == [-1325.9, -1332.1, -1461.6]
    assert ear.value(Quantity.GRID_POWER, now) == -4119.6
    assert ear.value(Quantity.IMPORT_POWER, now) == 0
    assert ear.value(Quantity.EXPORT_POWER, now) == 4119.6
    assert ear.value(Quantity.SIGNAL_STRENGTH, now) == -83
    seen = datetime(2025, 7, 14, 16, 12, 40, tzinfo=UTC)
    assert ear.value(Quantity.LAST_READING, now) == seen
    assert ear.known.about.firmware == "4.5.7"


@pytest.mark.parametrize("packets", [exporting(), timed()])
def test_case_02_registers_and_power_fall_back_to_the_next_packet(
    packets: dict[str, Any],
) -> None:
    now = EXPORTING_AT
    for missing, power, exported in (
        ([], -4119.6, 222.219),
        (["PhaseRealTime"], -4113.2, 222.219),
        (["PhaseMinute"], -4119.6, 221.315),
        (["PhaseRealTime", "PhaseMinute"], None, 221.315),
        (["PhaseRealTime", "PhaseMinute", "PhaseHour"], None, 143.804),
    ):
        ear = Ear()
        ear.hears(without(packets, *missing), now)
        assert ear.value(Quantity.GRID_POWER, now) == power
        assert ear.value(Quantity.GRID_EXPORT, now) == exported
        by_day = "PhaseHour" in missing
        imported = 57136.729 if by_day else 57142.768
        assert ear.value(Quantity.GRID_IMPORT, now) == imported
        assert ear.value(Quantity.GRID_EXPORT_LAST_HOUR, now) in (None, 9.585)


def test_case_02_what_is_not_in_an_answer_is_left_as_it_was() -> None:
    ear, now = Ear(), EXPORTING_AT
    whole = ear.hears(timed(), now)
    rest = ear.hears(without(timed(), "PhaseRealTime", "PhaseMinute"), now)
    assert rest.keys() < whole.keys()
    assert ear.value(Quantity.GRID_EXPORT_YESTERDAY, now) == 90.476


def test_case_03_today_yesterday_and_the_last_hour() -> None:
    ear, now = Ear(), EXPORTING_AT
    ear.hears(timed(), now)
    assert ear.value(Quantity.GRID_IMPORT_TODAY, now) == 6.039
    assert ear.value(Quantity.GRID_EXPORT_TODAY, now) == 78.415
    midnight = datetime(2025, 7, 13, 22, tzinfo=UTC)
    today = ear.shown[Quantity.GRID_IMPORT_TODAY, Channel.TOTAL]
    assert (today.since, today.valid_until) == (midnight, midnight + 24 * HOUR)
    assert ear.value(Quantity.GRID_IMPORT_LAST_HOUR, now) == 0
    assert ear.value(Quantity.GRID_EXPORT_LAST_HOUR, now) == 9.585
    assert ear.value(Quantity.GRID_IMPORT_YESTERDAY, now) == 12.131
    assert ear.value(Quantity.GRID_EXPORT_YESTERDAY, now) == 90.476
    assert ear.phases(Quantity.GRID_EXPORT_YESTERDAY, now) == [29.409, 29.401, 31.666]
    yesterday = ear.shown[Quantity.GRID_EXPORT_YESTERDAY, Channel.TOTAL]
    assert yesterday.since == midnight - 24 * HOUR
    hour = ear.shown[Quantity.GRID_EXPORT_LAST_HOUR, Channel.TOTAL]
    assert hour.since == datetime(2025, 7, 14, 15, tzinfo=UTC)


def test_case_03_yesterdays_peaks() -> None:
    """The lowest current is the true minimum, the highest one is never below zero."""
    day = packets_of({"LatestPackets": timed()}, ZONE, 230)[Bucket.DAY].measured
    lowest, highest = day.lowest[0], day.highest[0]
    assert lowest is not None
    assert (max(0, -lowest), highest) == (37.59, 9.5)


def test_case_03_a_day_packet_of_the_day_before_yesterday_tells_nothing() -> None:
    ear, now = Ear(), EXPORTING_AT
    ear.hears(timed(PhaseDay=1752357600000 - 24 * 3600 * 1000), now)
    assert ear.value(Quantity.GRID_IMPORT_TODAY, now) is None
    assert ear.value(Quantity.GRID_EXPORT_TODAY, now) is None
    # There is a register nonetheless, so the entities are there.
    assert (Quantity.GRID_IMPORT_TODAY, Channel.TOTAL) in ear.shown


@pytest.mark.parametrize(
    ("day", "midnight"), [((2026, 3, 28), 23), ((2026, 10, 24), 22)]
)
def test_today_follows_a_day_of_the_other_time(
    day: tuple[int, int, int], midnight: int
) -> None:
    """The local day before has 24 hours, today has 23 or 25."""
    begin = datetime(*day, midnight, tzinfo=UTC)
    yesterday = begin - 24 * HOUR
    packets = minute(_millis(begin + 5 * HOUR), 107.5)
    packets["PhaseDay"] = {"ts": _millis(yesterday), "data": {"hwi": 100.0}}
    ear, now = Ear(), begin + 5 * HOUR + timedelta(seconds=70)
    ear.hears(packets, now)
    assert ear.value(Quantity.GRID_IMPORT_TODAY, now) == 7.5
    valid_until = ear.shown[Quantity.GRID_IMPORT_TODAY, Channel.TOTAL].valid_until
    assert valid_until == begin + (23 if midnight == 23 else 25) * HOUR


def test_case_04_phases_may_oppose_one_another() -> None:
    ear, now = Ear(), at(1789460265000)
    data = {"hiavg": [9.9, 7.5, -3.79], "huavg": [231.2, 232, 236.7]}
    ear.hears({"PhaseRealTime": {"ts": 1789460260000, "data": data}}, now)
    assert ear.value(Quantity.IMPORT_POWER, now) == 4028.9
    assert ear.value(Quantity.EXPORT_POWER, now) == 897.1
    assert ear.value(Quantity.GRID_POWER, now) == 3131.8


def test_case_05_the_mean_power_of_a_minute() -> None:
    ear = Ear()
    first, second = 1789460100000, 1789460160000
    day = {"ts": 1789336800000, "data": {"hwi": 248710.653, "hwo": 18046.491}}
    ear.hears(minute(first, 248718.155, 18048.557), at(first, 65))
    now = at(second, 65)
    ear.hears(minute(second, 248718.222, 18048.572) | {"PhaseDay": day}, now)
    assert ear.value(Quantity.AVERAGE_IMPORT_POWER, now) == 4020
    assert ear.value(Quantity.AVERAGE_EXPORT_POWER, now) == 900
    # There was no current to tell it.
    assert ear.value(Quantity.GRID_POWER, now) == 3120
    assert ear.value(Quantity.GRID_IMPORT_TODAY, now) == 7.569
    assert ear.value(Quantity.GRID_EXPORT_TODAY, now) == 2.081


def test_case_06_a_packet_that_comes_again_keeps_its_values_until_it_is_stale() -> None:
    ear = Ear()
    first, second = 1789460100000, 1789460160000
    ear.hears(minute(first, 100.0, 5.0, [4.0, 4.0, 4.0]), at(first, 65))
    for seconds in (65, 125, 359):
        now = at(second, seconds)
        ear.hears(minute(second, 100.05, 5.0, [4.0, 4.0, 4.0]), now)
        assert ear.value(Quantity.GRID_POWER, now) == 2760
        assert ear.value(Quantity.AVERAGE_IMPORT_POWER, now) == 3000
        assert ear.value(Quantity.METER_STATUS, now) is MeterStatus.OK
    now = at(second, 60 + 301)
    ear.hears(minute(second, 100.05, 5.0, [4.0, 4.0, 4.0]), now)
    assert ear.value(Quantity.GRID_POWER, now) is None
    assert ear.value(Quantity.AVERAGE_IMPORT_POWER, now) is None
    assert ear.phases(Quantity.CURRENT, now) == [None] * 3
    assert ear.phases(Quantity.VOLTAGE, now) == [None] * 3
    assert ear.value(Quantity.METER_STATUS, now) is MeterStatus.STALE
    assert ear.value(Quantity.GRID_IMPORT, now) == 100.05


def test_case_12_clamps() -> None:
    ear, now = Ear(), CLAMPS_AT
    ear.hears(CLAMPS, now)
    assert ear.value(Quantity.GRID_POWER, now) == 494.5
    assert ear.value(Quantity.GRID_IMPORT, now) == pytest.approx(39991.37, abs=0.005)
    assert ear.shown[Quantity.GRID_IMPORT, Channel.TOTAL].estimated
    quantities = {quantity for quantity, _ in ear.shown}
    assert quantities.isdisjoint(
        {Quantity.VOLTAGE, Quantity.GRID_EXPORT, Quantity.EXPORT_POWER}
    )
    assert ear.phases(Quantity.CURRENT, now) == [0.49, 0.94, 0.72]
    assert ear.known.historic == ()


def test_case_12_the_charge_of_a_day() -> None:
    """3.61 A on L1 for a day."""
    before, after = 312873759235, 313185465984
    packets: dict[str, Any] = deepcopy(CLAMPS)
    packets["PhaseDay"] = {
        "ts": 1754863200000,
        "data": {
            "iavg": [3.61, 0, 0, 0],
            "qmin": [before, 1, 1],
            "qmax": [after, 1, 1],
        },
    }
    ear = Ear()
    ear.hears(packets, CLAMPS_AT)
    energy = ear.value(Quantity.GRID_IMPORT_YESTERDAY, CLAMPS_AT, Channel.L1)
    assert energy == pytest.approx(3.608 * 24 * 230 / 1000, abs=0.005)
    assert ear.shown[Quantity.GRID_IMPORT_YESTERDAY, Channel.L1].estimated


def test_headroom_of_the_main_fuse() -> None:
    ear, now = Ear(meter(fuse=16.0)), at(1789460205000)
    data = {"hiavg": [10, 7.5, -3.69], "huavg": [231.6, 231.8, 236.9]}
    ear.hears({"PhaseRealTime": {"ts": 1789460200000, "data": data}}, now)
    assert ear.value(Quantity.MAIN_FUSE, now) == 16
    assert ear.phases(Quantity.FUSE_HEADROOM, now) == [6.0, 8.5, 19.69]


@pytest.mark.parametrize(
    "odd", [None, True, "5", float("nan"), float("inf"), [1], {}, 10**400, -1]
)
def test_a_register_that_is_no_number_is_no_reading(odd: object) -> None:
    ear, now = Ear(), EXPORTING_AT
    packets = timed()
    packets["PhaseMinute"]["data"]["hwi"] = odd
    packets["PhaseHour"]["data"]["hwi"] = 57142.5
    ear.hears(packets, now)
    # The hour before tells it, while the other register is that of the minute.
    assert ear.value(Quantity.GRID_IMPORT, now) == 57142.5
    assert ear.value(Quantity.GRID_EXPORT, now) == 222.219
    assert ear.value(Quantity.GRID_POWER, now) == -4119.6


@pytest.mark.parametrize("currents", [None, [], [None] * 3, [True], "5", {"L1": 5}])
def test_currents_that_are_none_yield_none(currents: object) -> None:
    ear, now = Ear(), EXPORTING_AT
    packets = timed()
    packets["PhaseRealTime"]["data"]["hiavg"] = currents
    ear.hears(packets, now)
    assert ear.value(Quantity.GRID_POWER, now) == -4113.2
    assert ear.phases(Quantity.CURRENT, now) == [-5.66, -5.41, -6.16]


@pytest.mark.parametrize(
    ("currents", "volts", "power"),
    [
        ([2.0], [230.0], 460.0),
        ([2.0, None, 1.0], [230.0, None, 230.0], 690.0),
        ([-0.0, 0, 0], [230, 230, 230], 0.0),
        # A phase that carries a current of unknown voltage: the sum is not known.
        ([2.0, 1.0, 1.0], [230.0, None, 230.0], None),
        ([2.0, 1.0], [230.0], None),
    ],
)
def test_fewer_phases(
    currents: list[float | None], volts: list[float | None], power: float | None
) -> None:
    ear, now = Ear(), at(1789460205000)
    data = {"hiavg": currents, "huavg": volts}
    ear.hears({"PhaseRealTime": {"ts": 1789460200000, "data": data}}, now)
    value = ear.value(Quantity.GRID_POWER, now)
    assert value == power
    assert str(value) == str(power)


@pytest.mark.parametrize("bucket", [None, 5, [], "x", {}, {"data": None}, {"data": 5}])
def test_a_bucket_that_cannot_be_read_spoils_no_other(bucket: object) -> None:
    ear, now = Ear(), EXPORTING_AT
    ear.hears(timed() | {"PhaseRealTime": bucket, "PhaseYear": bucket}, now)
    assert ear.value(Quantity.GRID_POWER, now) == -4113.2
    assert ear.value(Quantity.METER_STATUS, now) is MeterStatus.OK


@pytest.mark.parametrize("packets", [None, {}, [], {"HubState": {"data": {"cid": 1}}}])
def test_a_meter_whose_packets_hold_nothing(packets: object) -> None:
    ear, now = Ear(), EXPORTING_AT
    assert {quantity for quantity, _ in ear.hears(packets, now)} == {
        Quantity.METER_STATUS
    }
    assert ear.value(Quantity.METER_STATUS, now) is MeterStatus.NO_DATA


@pytest.mark.parametrize("ts", [None, True, "soon", float("nan"), -5, 10**30])
def test_a_time_that_is_none_is_that_of_the_poll(ts: object) -> None:
    ear, now = Ear(), EXPORTING_AT
    packets = exporting()
    packets["PhaseRealTime"]["ts"] = ts
    ear.hears(packets, now)
    assert ear.value(Quantity.GRID_POWER, now) == -4119.6
    assert ear.value(Quantity.GRID_POWER, now + timedelta(minutes=5)) is None


def test_case_08_a_dip_is_passed_over_in_the_mean_power() -> None:
    ear = Ear()
    begin = 1789460100000
    for number, register in enumerate((1000.0, 900.0, 1000.167)):
        now = at(begin, 60 * number + 65)
        ear.hears(minute(begin + 60_000 * number, register), now)
        if number < 2:
            assert ear.value(Quantity.AVERAGE_IMPORT_POWER, now) is None
    assert ear.value(Quantity.AVERAGE_IMPORT_POWER, now) == 5010


def test_case_08_a_register_that_begins_anew_is_believed_the_second_time() -> None:
    ear = Ear()
    begin = 1789460100000
    for number, register in enumerate((1000.0, 0.001, 0.168)):
        now = at(begin, 60 * number + 65)
        ear.hears(minute(begin + 60_000 * number, register), now)
    assert ear.value(Quantity.AVERAGE_IMPORT_POWER, now) == 10020


def test_what_is_known_survives_a_restart() -> None:
    ear = Ear(meter(fuse=16.0))
    ear.hears(timed(), EXPORTING_AT)
    assert Known.from_dict(ear.known.to_dict()) == ear.known
    assert ear.known.about.id == METER


def _millis(instant: datetime) -> int:
    return int(instant.timestamp() * 1000)
