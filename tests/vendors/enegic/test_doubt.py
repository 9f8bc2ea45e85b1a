"""Values and times that can't be, and clocks that are wrong."""

from dataclasses import replace
from datetime import timedelta
import math
from typing import Any

import pytest

from custom_components.meter_hub.intake import take_in
from custom_components.meter_hub.memory import Memory
from custom_components.meter_hub.metering.model import Series, Update
from custom_components.meter_hub.metering.vocabulary import (
    Channel,
    MeterStatus,
    Quantity,
)
from custom_components.meter_hub.vendors.enegic.averages import Counted, Minutes

from .bodies import EXPORTING_AT, METER, Ear, at, meter, minute, timed
from .minutes import answered, energies, groups, job, steady, utc

BEGIN = 1789460100000
YEAR = 365 * 24 * 3600 * 1000


@pytest.mark.parametrize("ts", [253402300799000, 1, 10**14, 4102444800000])
@pytest.mark.parametrize(
    "bucket", ["PhaseRealTime", "PhaseMinute", "PhaseHour", "PhaseDay"]
)
def test_a_time_that_cannot_be_is_none(bucket: str, ts: int) -> None:
    ear, now = Ear(), EXPORTING_AT
    ear.hears(timed(**{bucket: ts}), now)
    assert ear.value(Quantity.GRID_EXPORT, now) in (222.219, 221.315)
    assert ear.value(Quantity.GRID_POWER, now) == pytest.approx(-4116, abs=4)
    assert ear.value(Quantity.METER_STATUS, now) is MeterStatus.OK


@pytest.mark.parametrize("label", ["0001-01-01T00:00:00", "9999-12-31T23:59:30"])
def test_a_label_that_cannot_be_spoils_no_other(label: str) -> None:
    start = utc("2026-10-05 10:00")
    hour = timedelta(hours=1)
    rows = groups(steady(start, start + hour, start))
    rows[0]["data"].append({"ts": label, "data": {"hwi": 1}})
    assert energies(answered(rows, job(start, start + hour))) == {
        "05 10:00": pytest.approx(1.2)
    }


def test_no_product_is_infinite() -> None:
    ear, now = Ear(meter(fuse=16.0)), EXPORTING_AT
    packets = timed()
    packets["PhaseRealTime"]["data"] |= {"hiavg": [1e308] * 3, "huavg": [1e308] * 3}
    packets["PhaseMinute"]["data"] |= {"hiavg": [1e15] * 3, "huavg": [1e15] * 3}
    for reading in ear.hears(packets, now).values():
        assert not isinstance(reading.value, float) or math.isfinite(reading.value)


@pytest.mark.parametrize("restored", [False, True])
def test_a_minute_of_the_future_stops_nothing(restored: bool) -> None:
    ear = Ear()
    if restored:
        future = Counted(at(BEGIN + YEAR), 1000.5, 5.5)
        ear.known = replace(ear.known, minutes=Minutes(latest=future))
    for number in range(4):
        millis = BEGIN + 60_000 * number
        now = at(millis, 65)
        if number == 1:
            ear.hears(minute(millis + YEAR, 1000.123, 5.123), now)
        ear.hears(minute(millis, round(1000.123 + number * 0.05, 3), 5.123), now)
        power = ear.value(Quantity.AVERAGE_IMPORT_POWER, now)
        assert power == (3000 if number else None)


@pytest.mark.parametrize(
    ("step", "energy", "power"),
    [(1.0, 0.1, None), (0.1, 0.05, None), (0.01, 0.05, 3000), (0.001, 0.0, 0)],
)
def test_coarse_registers_tell_no_mean_power(
    step: float, energy: float, power: float | None
) -> None:
    """A step of a whole kWh in one minute is no 60 kW, and none is no 0 W."""
    ear = Ear()
    shown: list[Any] = []
    for number in range(30):
        register = 1000 + math.floor((7.777 + energy * number) / step + 1e-6) * step
        millis = BEGIN + 60_000 * number
        now = at(millis, 65)
        ear.hears(minute(millis, round(register, 3), 500.0), now)
        shown.append(ear.value(Quantity.AVERAGE_IMPORT_POWER, now))
    assert set(shown[1:]) == {power}


@pytest.mark.parametrize(
    ("registers", "expected"),
    [
        ((1000.0, 900.0, 1000.167), [1000.0, 1000.0, 1000.167]),
        # Home Assistant takes the fall for a new cycle that began at zero.
        ((1000.0, 0.001, 0.168), [1000.0, 1000.0, 0.168]),
    ],
)
def test_case_08_a_dip_never_shows_and_a_restart_at_the_second_reading(
    memory: Memory, registers: tuple[float, ...], expected: list[float]
) -> None:
    ear, shown = Ear(), []
    for number, register in enumerate(registers):
        millis = BEGIN + 60_000 * number
        now = at(millis, 65)
        readings = ear.hears(minute(millis, register), now).values()
        take_in(memory, Update(readings=tuple(readings)), frozenset(), now)
        series = Series(METER, Quantity.GRID_IMPORT)
        shown.append(memory.readings[series].value)
    assert shown == expected


def test_each_register_falls_back_by_itself() -> None:
    ear = Ear()
    now = at(BEGIN, 65)
    hour = {"ts": BEGIN - 3_600_000, "data": {"hwi": 9.0, "hwo": 3.0}}
    ear.hears(minute(BEGIN, 10.0) | {"PhaseHour": hour}, now)
    assert ear.value(Quantity.GRID_IMPORT, now) == 10
    assert ear.value(Quantity.GRID_EXPORT, now) == 3
    register = ear.shown[Quantity.GRID_EXPORT, Channel.TOTAL]
    assert register.measured_at == at(BEGIN)
    assert ear.known.exports


def test_energy_below_zero_is_none() -> None:
    ear, now = Ear(), EXPORTING_AT
    packets = timed()
    packets["PhaseDay"]["data"]["hwpi"] = [-1, 6.508, 2.799]
    packets["PhaseHour"]["data"]["hwpo"] = [-1, -1, -1]
    ear.hears(packets, now)
    assert ear.value(Quantity.GRID_IMPORT_YESTERDAY, now) == 9.307
    assert ear.value(Quantity.GRID_IMPORT_YESTERDAY, now, Channel.L1) is None
    assert (Quantity.GRID_EXPORT_LAST_HOUR, Channel.TOTAL) not in ear.shown


def test_the_lowest_and_the_highest_current() -> None:
    ear, now = Ear(), EXPORTING_AT
    ear.hears(timed(), now)
    assert ear.phases(Quantity.LOWEST_CURRENT, now) == [-5.69, -5.49, -6.19]
    assert ear.phases(Quantity.HIGHEST_CURRENT, now) == [0, 0, 0]


def test_where_export_is_positive_the_lowest_current_is_the_highest() -> None:
    ear = Ear()
    for number in range(20):
        sign = -1 if number < 10 else 1
        millis = BEGIN + 60_000 * number
        now = at(millis, 65)
        imported = 1000.123 + 0.115 * min(number, 9)
        exported = 500.456 + 0.115 * max(number - 9, 0)
        packet = minute(
            millis, round(imported, 3), round(exported, 3), [10.0 * sign] * 3
        )
        packet["PhaseMinute"]["data"] |= {
            "himin": [10.0 * sign - 1] * 3,
            "himax": [10.0 * sign + 2] * 3,
        }
        ear.hears(packet, now)
    assert ear.phases(Quantity.CURRENT, now) == [-10] * 3
    assert ear.phases(Quantity.LOWEST_CURRENT, now) == [-12] * 3
    assert ear.phases(Quantity.HIGHEST_CURRENT, now) == [-9] * 3
