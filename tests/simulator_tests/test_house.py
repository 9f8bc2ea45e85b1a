"""The house: exact, balanced, and the same for whoever asks."""

from datetime import UTC, datetime, timedelta
import itertools
import time
from zoneinfo import ZoneInfo

import pytest

from tests.simulator import G12W, Equipment, Flow, House, default_houses

WARSAW = ZoneInfo("Europe/Warsaw")
MINUTE = timedelta(minutes=1)
ODD = datetime(2026, 6, 11, 3, 17, 42, 123_457, tzinfo=UTC)
LATER = datetime(2026, 6, 14, 21, 5, 59, 999_999, tzinfo=UTC)
GRID_CHANNELS = ("total", "l1", "l2", "l3", "zone1", "zone2")


@pytest.fixture(scope="module")
def house() -> House:
    return default_houses()[0]


def _series() -> list[tuple[Flow, str]]:
    return [
        (flow, channel)
        for flow in Flow
        for channel in (
            GRID_CHANNELS
            if flow in (Flow.GRID_IMPORT, Flow.GRID_EXPORT)
            else ("total",)
        )
    ]


@pytest.mark.parametrize(("flow", "channel"), _series())
def test_energy_is_the_sum_of_the_minutes_power(
    house: House, flow: Flow, channel: str
) -> None:
    start = datetime(2026, 6, 12, 8, 7, tzinfo=UTC)
    watts = [
        house.power(flow, start + number * MINUTE, channel) for number in range(700)
    ]

    assert house.energy(flow, start, start + 700 * MINUTE, channel) == pytest.approx(
        sum(watts) / 60_000, abs=1e-12
    )


@pytest.mark.parametrize(("flow", "channel"), _series())
def test_energies_of_parts_add_up_exactly(
    house: House, flow: Flow, channel: str
) -> None:
    cuts = [
        ODD,
        ODD + timedelta(microseconds=1),
        datetime(2026, 6, 12, tzinfo=UTC),
        LATER,
    ]
    parts = sum(
        house.work(flow, start, end, channel) for start, end in itertools.pairwise(cuts)
    )

    assert parts == house.work(flow, ODD, LATER, channel)
    assert house.work(flow, LATER, ODD, channel) == -parts


def test_what_comes_in_goes_somewhere(house: House) -> None:
    sources = (Flow.GRID_IMPORT, Flow.SOLAR, Flow.BATTERY_DISCHARGE)
    sinks = (Flow.HOME, Flow.GRID_EXPORT, Flow.BATTERY_CHARGE)

    gained = sum(house.work(flow, ODD, LATER) for flow in sources)

    assert gained == sum(house.work(flow, ODD, LATER) for flow in sinks)
    assert all(house.work(flow, ODD, LATER) > 0 for flow in Flow)
    assert house.work(Flow.EV_CHARGE, ODD, LATER) < house.work(Flow.HOME, ODD, LATER)


def test_zones_split_the_grid_flows(house: House) -> None:
    for flow in (Flow.GRID_IMPORT, Flow.GRID_EXPORT):
        zones = [house.work(flow, ODD, LATER, zone) for zone in ("zone1", "zone2")]
        assert sum(zones) == house.work(flow, ODD, LATER)
        assert all(zones)


def test_zones_follow_the_local_clock(house: House) -> None:
    friday = datetime(2026, 10, 23, 5, 59, tzinfo=WARSAW)

    assert house.zone(friday) == "zone2"
    assert house.zone(friday + MINUTE) == "zone1"
    assert house.zone(datetime(2026, 10, 24, 12, tzinfo=WARSAW)) == "zone2"
    assert house.zone(datetime(2026, 10, 26, 5, 0, tzinfo=UTC)) == "zone1"
    assert house.zone(datetime(2026, 10, 26, 4, 59, tzinfo=UTC)) == "zone2"


def test_phases_oppose_one_another(house: House) -> None:
    noon = datetime(2026, 6, 12, 8, tzinfo=UTC)
    balanced = house.work(Flow.GRID_IMPORT, noon, noon + timedelta(hours=8))
    by_phase = sum(
        house.work(Flow.GRID_IMPORT, noon, noon + timedelta(hours=8), phase)
        for phase in ("l1", "l2", "l3")
    )

    assert by_phase > balanced
    assert sum(house.net_power(noon, phase) for phase in ("l1", "l2", "l3")) == (
        house.net_power(noon)
    )


def test_current_times_voltage_is_more_than_the_power(house: House) -> None:
    evening = datetime(2026, 6, 12, 18, tzinfo=UTC)

    apparent = house.current(evening, "l1") * house.voltage(evening, "l1")

    assert apparent > abs(house.net_power(evening, "l1")) + 1


def test_houses_of_one_seed_are_the_same_and_of_two_are_not() -> None:
    equipment = Equipment(solar_peak_watts=5000)
    first, again, other = (House(seed, equipment, tariff=G12W) for seed in (5, 5, 6))
    # Asked in another order, and from another first day.
    again.energy(Flow.SOLAR, LATER, LATER + timedelta(days=40))

    assert first.work(Flow.GRID_IMPORT, ODD, LATER) == again.work(
        Flow.GRID_IMPORT, ODD, LATER
    )
    assert first.work(Flow.GRID_IMPORT, ODD, LATER) != other.work(
        Flow.GRID_IMPORT, ODD, LATER
    )


def test_a_consumer_never_exports() -> None:
    consumer = default_houses()[1]

    assert consumer.work(Flow.GRID_EXPORT, ODD, LATER) == 0
    assert consumer.work(Flow.GRID_IMPORT, ODD, LATER) == consumer.work(
        Flow.HOME, ODD, LATER
    )


def test_unknown_channels_are_refused(house: House) -> None:
    with pytest.raises(ValueError, match="solar has no channel l1"):
        house.energy(Flow.SOLAR, ODD, LATER, "l1")


def test_the_hours_of_a_year_are_quick() -> None:
    house = House(77)
    start = datetime(2025, 1, 1, tzinfo=UTC)
    hours = [start + timedelta(hours=number) for number in range(365 * 24 + 1)]

    began = time.process_time()
    energies = [
        house.energy(Flow.GRID_IMPORT, begin, end)
        for begin, end in itertools.pairwise(hours)
    ]

    assert time.process_time() - began < 5
    assert sum(energies) == pytest.approx(
        house.energy(Flow.GRID_IMPORT, start, hours[-1])
    )
