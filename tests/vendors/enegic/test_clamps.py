"""Meters with clamps: what their charge says of energy."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from custom_components.meter_hub.intake import take_in
from custom_components.meter_hub.memory import Memory
from custom_components.meter_hub.metering.model import Meter, Series, Update
from custom_components.meter_hub.metering.vocabulary import Channel, Quantity
from custom_components.meter_hub.vendors.enegic.items import Listed
from custom_components.meter_hub.vendors.enegic.known import Known

from .bodies import CLAMPS, CLAMPS_AT, METER, STOCKHOLM, Ear, at

BEGIN = 1755000000000
REGISTER = Series(METER, Quantity.GRID_IMPORT)


def charged(number: int, amperes: float = 10) -> dict[str, Any]:
    """Return the packet of a minute in which each phase carried a current."""
    charge = 1_500_000_000 + int(amperes * 60_000 * number)
    return {
        "PhaseMinute": {
            "ts": BEGIN + 60_000 * number,
            "data": {"iavg": [amperes] * 3 + [0], "qmax": [charge] * 3 + [0]},
        }
    }


def listed(known: Known, nominal: float | None) -> Known:
    """Return what is known after an overview."""
    meter = Meter(METER, "Home", model="EM1")
    return Known.from_listing(known, Listed(meter, STOCKHOLM, nominal, None, at(BEGIN)))


def polls(ear: Ear, numbers: range) -> Iterator[tuple[datetime, Update]]:
    """Yield what each minute's poll brings."""
    for number in numbers:
        now = at(BEGIN + 60_000 * number, 65)
        yield now, Update(readings=tuple(ear.hears(charged(number), now).values()))


@pytest.mark.parametrize(("first", "second"), [(230.0, 240.0), (240.0, 230.0)])
def test_another_nominal_voltage_books_no_energy(
    memory: Memory, first: float, second: float
) -> None:
    ear = Ear(listed(Ear().known, first))
    shown = []
    powers = set()
    for nominal, numbers in ((first, range(3)), (second, range(3, 30))):
        ear.known = listed(ear.known, nominal)
        for now, update in polls(ear, numbers):
            take_in(memory, update, frozenset(), now)
            shown.append(memory.readings[REGISTER].value)
            powers.add(ear.value(Quantity.AVERAGE_IMPORT_POWER, now))
    begin, end = shown[0], shown[-1]
    assert isinstance(begin, float)
    assert isinstance(end, float)
    most = 29 / 60 * 30 * max(first, second) / 1000
    assert 0.8 * most < end - begin <= most + 0.01
    for power in powers - {None}:
        assert power == pytest.approx(7000, abs=300)


def test_an_overview_without_a_voltage_changes_none() -> None:
    known = listed(Ear().known, 240.0)
    assert listed(known, None).nominal == 240
    assert listed(Ear().known, None).nominal == 230


def test_phases_that_are_not_used_count_nothing() -> None:
    ear, now = Ear(), CLAMPS_AT
    data = {"iavg": [0.49, None, None, 0], "qmax": [313216380083, None, None, 0]}
    ear.hears({"PhaseMinute": {"ts": BEGIN, "data": data}}, now)
    expected = 313216380083 / 3.6e9 * 230
    assert ear.value(Quantity.GRID_IMPORT, now) == pytest.approx(expected, abs=0.001)
    assert ear.value(Quantity.GRID_POWER, now) == 112.7


def test_a_phase_whose_charge_is_missing_makes_the_sum_unknown() -> None:
    ear, now = Ear(), CLAMPS_AT
    data = {"iavg": [0.49, 0.94, None, 0], "qmax": [313216380083, None, None, 0]}
    ear.hears({"PhaseMinute": {"ts": BEGIN, "data": data}}, now)
    assert ear.value(Quantity.GRID_IMPORT, now) is None


def test_a_charge_that_fell_within_a_period_is_no_energy() -> None:
    ear, now = Ear(), CLAMPS_AT
    day = {"iavg": [1, 1, 1], "qmin": [7.2e9, 3.6e9, 0], "qmax": [3.6e9, 7.2e9, 0]}
    ear.hears(CLAMPS | {"PhaseDay": {"ts": 1754863200000, "data": day}}, now)
    yesterday = Quantity.GRID_IMPORT_YESTERDAY
    assert ear.value(yesterday, now, Channel.L1) is None
    assert ear.value(yesterday, now, Channel.L2) == 230
    assert ear.value(yesterday, now) == 230
