"""What production meters tell of each phase, and how it is summed up."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest

from custom_components.meter_hub.metering.vocabulary import Channel, Quantity
from custom_components.meter_hub.vendors.base import JsonObject
from custom_components.meter_hub.vendors.enphase_cloud.by_phase import (
    ByPhase,
    read_by_phase,
)
from custom_components.meter_hub.vendors.enphase_cloud.client import Telemetry
from custom_components.meter_hub.vendors.enphase_cloud.live import Power
from custom_components.meter_hub.vendors.enphase_cloud.telemetry import (
    Row,
    read_telemetry,
)

from .answers import at, documented, sample

FIRST = 1384122700
"""2013-11-10T22:31:40Z, which is no quarter hour."""

L1, L2, L3 = Channel.L1, Channel.L2, Channel.L3

HOUR = timedelta(hours=1)


def meter(serial: str | None, **channels: Sequence[float | None]) -> JsonObject:
    """Return what a meter tells: the Wh of each channel, `c1` the first one."""
    return {
        "meter_serial_number": serial,
        "envoy_serial_number": "1218347675",
        "intervals": [
            {
                "channel": int(channel[1:]),
                "end_at": FIRST + 900 * number,
                "wh_del": energy,
                "curr_w": None if energy is None else energy * 4,
            }
            for channel, energies in channels.items()
            for number, energy in enumerate(energies)
        ],
    }


def answer(energies: Sequence[float | None], *meters: JsonObject) -> JsonObject:
    """Return an answer of these meters, with the Wh of all of them together."""
    return {
        "total_devices": len(meters),
        "intervals": [
            {
                "end_at": FIRST + 900 * number,
                "devices_reporting": len(meters),
                "wh_del": energy,
            }
            for number, energy in enumerate(energies)
        ],
        "meter_intervals": list(meters),
    }


TWO_METERS = answer(
    (50, 100, 15, 21, 34),
    meter("1218676784", c1=(30, 50, 10, 10, 20)),
    meter("1218676791", c1=(20, 50, 5, 11, 14)),
)


def solar(data: JsonObject) -> tuple[Row, ...]:
    """Return the production, as it is read from the answer for each of its meters."""
    return read_telemetry(Telemetry.PRODUCTION_METER, data).rows[Quantity.SOLAR]


def energy(rows: Sequence[Row]) -> float:
    """Return the Wh of rows that all tell it."""
    return round(sum(row.energy for row in rows if row.energy is not None) * 1000, 6)


def check_case_05(data: JsonObject) -> None:
    """Compare all that is read from an answer with what is known of it."""
    rows = solar(data)
    assert energy(rows) == 220
    assert all(row.final for row in rows)
    hours = {row.start.replace(minute=0, second=0) for row in rows}
    assert {
        hour: energy([row for row in rows if hour <= row.start < hour + HOUR])
        for hour in hours
    } == {at("2013-11-10T22:00"): 165, at("2013-11-10T23:00"): 55}
    told = read_by_phase(data)
    first, second = (told.meters[each][L1] for each in ("1218676784", "1218676791"))
    assert (energy(first), energy(second)) == (120, 100)
    assert [row.power for row in first] == [120, 200, 40, 40, 80]
    assert [row.power for row in second] == [80, 200, 20, 44, 56]
    assert [row.end for row in first] == [row.end for row in rows]
    assert told.active == 2


def test_case_05_the_phases_of_two_meters() -> None:
    check_case_05(TWO_METERS)


@documented
def test_case_05_the_documented_phases() -> None:
    check_case_05(sample("/{system_id}/rgm_stats"))


def test_one_phase_is_none_to_tell_apart() -> None:
    """Two meters on one phase each are none, either, as their channels are the same."""
    told = read_by_phase(TWO_METERS)
    assert told.powers() == {}
    assert told.is_pointless(solar(TWO_METERS))


def watts(told: ByPhase) -> Mapping[Channel, float]:
    """Return the power of each phase."""
    return {channel: power.watts for channel, power in told.powers().items()}


def test_the_power_of_a_phase_is_the_sum_of_the_meters() -> None:
    data = answer(
        (60, 120),
        meter("A", c1=(10, 20), c2=(10, 21), c3=(10, 22)),
        meter("B", c1=(10, 19), c2=(10, 19), c3=(10, 19)),
    )
    told = read_by_phase(data)
    end = at("2013-11-10T22:46:40")
    assert told.powers() == {
        L1: Power(156, end),
        L2: Power(160, end),
        L3: Power(164, end),
    }
    assert sum(watts(told).values()) == solar(data)[-1].power


def test_phases_without_a_transformer_are_null_and_zeros_are_power() -> None:
    data = answer((0.0, 0.0), meter("A", c1=(0.0, 0.0), c2=(None, None), c3=(7.0, 0)))
    told = read_by_phase(data)
    assert told.channels == {L1, L3}
    assert watts(told) == {L1: 0, L3: 0}


@pytest.mark.parametrize(
    "second",
    [
        meter("B", c1=(10,), c2=(10,)),
        meter("B", c1=(10, None), c2=(10, None)),
        meter("B", c1=(10, 30), c2=(10, None)),
    ],
)
def test_an_interval_that_lacks_a_meter_is_unknown(second: JsonObject) -> None:
    """The one before it tells; the lacking part is never taken for nothing."""
    told = read_by_phase(answer((40, 90), meter("A", c1=(10, 30), c2=(10, 30)), second))
    assert told.powers() == {
        L1: Power(80, at("2013-11-10T22:31:40")),
        L2: Power(80, at("2013-11-10T22:31:40")),
    }


def test_a_meter_that_never_told_anything_leaves_all_unknown() -> None:
    data = answer((40,), meter("A", c1=(10,), c2=(10,)), meter("B"))
    assert read_by_phase(data).powers() == {}


def test_a_retired_meter_is_not_waited_for() -> None:
    data = answer(
        (40, 60), meter("old", c1=(20, None), c2=(20, None)), meter("new", c1=(None, 30), c2=(None, 30))
    )  # fmt: skip
    data["total_devices"] = 1
    assert watts(read_by_phase(data)) == {L1: 120, L2: 120}


def test_the_power_follows_from_the_energy_where_it_is_not_told() -> None:
    one = meter("A", c1=(10,), c2=(11,))
    for item in one["intervals"]:
        del item["curr_w"]
    assert watts(read_by_phase(answer((21,), one))) == {L1: 40, L2: 44}


@pytest.mark.parametrize(
    "told",
    [
        None,
        {},
        [1, None],
        [{}],
        [{"meter_serial_number": "A", "intervals": None}],
        [{"intervals": [{"channel": 4, "end_at": FIRST, "curr_w": 5}]}],
        [{"intervals": [{"channel": 1.5, "end_at": FIRST, "curr_w": 5}]}],
        [{"intervals": [{"channel": "1", "end_at": None, "curr_w": 5}]}],
        [{"intervals": [{"channel": 1, "end_at": FIRST, "curr_w": "?"}, 7]}],
    ],
)
def test_garbage_has_no_phases(told: Any) -> None:
    data = answer((1, 2, 3, 4)) | {"meter_intervals": told}
    read = read_by_phase(data)
    assert read.powers() == {}
    assert read.is_pointless(solar(data))


def test_numbers_may_be_texts_and_meters_without_serial() -> None:
    meters = [
        {
            "intervals": [
                {"channel": str(channel), "end_at": str(FIRST), "curr_w": "40"}
                for channel in (1, 2)
            ]
        }
        for _ in range(2)
    ]
    data = {"total_devices": None, "meter_intervals": meters}
    assert watts(read_by_phase(data)) == {L1: 80, L2: 80}


@pytest.mark.parametrize(("energies", "is_proof"), [
    ((1, 2, 3, 4), True),
    ((1, 2, 3), False),
    ((None, None, None, None), False),
    ((), False),
])  # fmt: skip
def test_less_than_an_hour_proves_nothing(
    energies: tuple[float | None, ...], is_proof: bool
) -> None:
    data = answer(energies, meter("A", c1=energies, c2=(None,) * len(energies)))
    assert read_by_phase(data).is_pointless(solar(data)) is is_proof


def test_what_lacks_meters_proves_nothing() -> None:
    data = answer((0, 0, 0, 0), meter("A"))
    for item in data["intervals"]:
        item["devices_reporting"] = 0
    assert not read_by_phase(data).is_pointless(solar(data))
