"""What an update changes in what is remembered."""

from dataclasses import replace
from datetime import datetime, timedelta

from homeassistant.core import HomeAssistant
import pytest

from custom_components.meter_hub.intake import forget, take_in
from custom_components.meter_hub.memory import Memory
from custom_components.meter_hub.metering.guard import Held, HeldReason
from custom_components.meter_hub.metering.model import (
    Meter,
    Reading,
    Series,
    Update,
    Value,
)
from custom_components.meter_hub.metering.vocabulary import Quantity

from .scripted import HOUSE, IMPORT, POWER, START

QUARTER = timedelta(minutes=15)


@pytest.fixture
def memory(hass: HomeAssistant) -> Memory:
    """Return a memory of nothing."""
    return Memory(hass, "entry")


def taken(memory: Memory, now: datetime, reading: Reading) -> Value | None:
    """Return what is shown after a reading."""
    take_in(memory, Update(readings=(reading,)), frozenset(), now)
    return memory.readings[reading.series].value


def read(memory: Memory, *values: float, scale: float = 1) -> list[Value | None]:
    """Return what is shown after each of the values, a quarter hour apart."""
    return [
        taken(memory, START + number * QUARTER, Reading(IMPORT, value, scale=scale))
        for number, value in enumerate(values)
    ]


def test_single_misread_is_held(memory: Memory) -> None:
    """What follows it is right, and is shown."""
    shown = read(memory, 100.0, 100.5, 90000.0, 101.0, 101.2)

    assert shown == [100.0, 100.5, 100.5, 101.0, 101.2]
    assert memory.held == {IMPORT: Held(90000.0, HeldReason.JUMP, START + 2 * QUARTER)}


@pytest.mark.parametrize(
    ("outage", "rise"),
    [
        (timedelta(minutes=1), 1.0),
        (timedelta(hours=2), 140.0),
        (timedelta(days=3), 5000.0),
        (timedelta(days=400), 600_000.0),
    ],
)
def test_rise_during_an_outage_is_no_misread(
    memory: Memory, outage: timedelta, rise: float
) -> None:
    """As much as the largest connection of a house carries is shown at once."""
    read(memory, 100.0)

    assert taken(memory, START + outage, Reading(IMPORT, 100.0 + rise)) == 100.0 + rise
    assert memory.held == {}


def test_meter_with_transformers_may_rise_faster(memory: Memory) -> None:
    """A factory of 10 MW needs 2,500 kWh in a quarter of an hour."""
    assert read(memory, 1000.0, 3500.0, 6000.0, scale=40) == [1000.0, 3500.0, 6000.0]


@pytest.mark.parametrize(
    ("serial", "meanwhile_gone"), [(None, False), ("a", False), (None, True)]
)
def test_multiplier_that_is_switched_on_and_off_is_no_energy(
    memory: Memory, serial: str | None, meanwhile_gone: bool
) -> None:
    """Nor is it a jump that a person must be told of."""
    taken(memory, START, Reading(Series(HOUSE.id, Quantity.METER_SERIAL), serial))
    assert read(memory, 200.0, 200.5) == [200.0, 200.5]
    if meanwhile_gone:
        memory.meters[HOUSE.id] = HOUSE
        forget(memory, HOUSE.id)

    later = START + timedelta(hours=1)
    shown = [
        taken(memory, later + number * QUARTER, Reading(IMPORT, value, scale=scale))
        for number, (value, scale) in enumerate(
            [(6030.0, 30.0), (6060.0, 30.0), (203.0, 1.0), (203.5, 1.0)]
        )
    ]

    assert shown == [200.5, 230.5, 230.5, 231.0]
    assert not memory.jumped
    assert not memory.held


@pytest.mark.parametrize("dated", [False, True])
def test_register_goes_on_after_a_clock_that_was_ahead(
    memory: Memory, dated: bool
) -> None:
    """What it has counted meanwhile is shown with the first reading, however much."""
    wrong = START + timedelta(days=400)
    taken(memory, wrong, Reading(IMPORT, 100.0, measured_at=wrong if dated else None))

    for number, value in enumerate((900.0, 900.2, 900.2, 901.0)):
        now = START + number * QUARTER
        reading = Reading(
            IMPORT, value, measured_at=now - timedelta(minutes=2) if dated else None
        )
        assert taken(memory, now, reading) == value


def test_held_values_of_a_clock_that_was_ahead_are_forgotten(memory: Memory) -> None:
    """A new register that comes later is confirmed by its own values."""
    read(memory, 5000.0)
    taken(memory, START + timedelta(days=400), Reading(IMPORT, 300.0))
    shown = [
        taken(memory, START + number * QUARTER, Reading(IMPORT, value))
        for number, value in enumerate((301.0, 302.0, 303.0), start=1)
    ]

    assert shown == [5000.0, 5001.0, 5002.0]


def test_reading_from_the_future_is_dated_now(memory: Memory) -> None:
    """A vendor's clock that is a little ahead holds back no later reading."""
    ahead = Reading(POWER, 1.0, measured_at=START + timedelta(minutes=3))
    taken(memory, START, ahead)
    later = replace(ahead, value=2.0, measured_at=START + timedelta(minutes=1))

    assert memory.readings[POWER].measured_at == START
    assert taken(memory, START + timedelta(minutes=1), later) == 2.0


def test_meter_that_an_option_leaves_out_goes_at_once(memory: Memory) -> None:
    """Somebody wanted it so, hence nobody misses it; its register goes on later."""
    barn = Meter("barn", "Barn")
    register = Series(barn.id, Quantity.SOLAR)
    both = Update(
        meters=(HOUSE, barn), readings=(Reading(IMPORT, 1.0), Reading(register, 7.0))
    )
    take_in(memory, both, frozenset(), START)

    alone = Update(meters=(HOUSE,), unwanted=frozenset({barn.id, "never seen"}))
    take_in(memory, alone, frozenset(), START + QUARTER)

    assert set(memory.meters) == {HOUSE.id}
    assert set(memory.readings) == {IMPORT}
    assert not memory.missing
    assert not memory.absences
    assert taken(memory, START + 2 * QUARTER, Reading(register, 0.0)) == 7.0
