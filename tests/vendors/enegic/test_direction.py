"""Which way the current flows, held against the registers."""

from datetime import timedelta

import pytest

from custom_components.meter_hub.metering.vocabulary import Quantity
from custom_components.meter_hub.vendors.enegic.direction import Direction
from custom_components.meter_hub.vendors.enegic.known import Known

from .bodies import Ear, at, minute

BEGIN = 1789460100000


class House:
    """A house whose power a test decides, as one kind of meter shows it."""

    def __init__(self, direction: Direction = Direction.IMPORT_POSITIVE) -> None:
        """Begin at a minute with registers."""
        self.ear = Ear()
        self.direction = direction
        self.minute = 0
        self.imported, self.exported = 1000.123, 500.456
        self.now = at(BEGIN, 65)

    def spends(self, *watts: float, step: int = 1) -> None:
        """Let so much power flow in each phase for a poll, positive for import."""
        hours = step / 60
        self.imported += sum(each for each in watts if each > 0) / 1000 * hours
        self.exported -= sum(each for each in watts if each < 0) / 1000 * hours
        currents = [each / 230 for each in watts]
        if self.direction is Direction.INVERTED:
            currents = [-each for each in currents]
        elif self.direction is Direction.UNSIGNED:
            currents = [abs(each) for each in currents]
        self.minute += step
        millis = BEGIN + 60_000 * self.minute
        self.now = at(millis, 65)
        packet = minute(
            millis, round(self.imported, 3), round(self.exported, 3), [*currents]
        )
        self.ear.hears(packet, self.now)

    @property
    def power(self) -> object:
        """The net power that is shown."""
        return self.ear.value(Quantity.GRID_POWER, self.now)

    @property
    def believed(self) -> Direction:
        """What is believed of the sign."""
        return self.ear.known.learned.direction


def test_case_07_an_unsigned_meter() -> None:
    house = House(Direction.UNSIGNED)
    for _ in range(10):
        house.spends(-1150, -1150, -1150)
    assert house.ear.known.learned.direction is Direction.UNSIGNED
    assert house.power == pytest.approx(-3450, abs=60)
    assert house.ear.value(Quantity.IMPORT_POWER, house.now) == 0
    exported = house.ear.value(Quantity.EXPORT_POWER, house.now)
    assert exported == pytest.approx(3450, abs=60)
    assert house.ear.phases(Quantity.CURRENT, house.now) == [-5, -5, -5]


def test_case_07_by_the_numbers() -> None:
    ear = Ear()
    for number in range(10):
        millis = BEGIN + 60_000 * number
        exported = 100 + 0.0575 * number
        now = at(millis, 65)
        ear.hears(minute(millis, 500.0, exported, [5, 5, 5]), now)
    assert ear.value(Quantity.GRID_POWER, now) == -3450
    assert ear.value(Quantity.IMPORT_POWER, now) == 0
    assert ear.value(Quantity.EXPORT_POWER, now) == 3450


@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize("step", [1, 5])
def test_the_sign_is_right_within_minutes_and_remembered(
    direction: Direction, step: int
) -> None:
    """By night a house imports, by day it exports; at either the sign may be wrong."""
    house = House(direction)
    for watts in (600.0, -900.0, 2000.0, -300.0):
        for _ in range(12):
            house.spends(watts, watts, watts, step=step)
        assert house.power == pytest.approx(3 * watts, abs=70)
        house.ear.known = Known.from_dict(house.ear.known.to_dict())
        house.spends(watts, watts, watts, step=step)
        assert house.power == pytest.approx(3 * watts, abs=70)


def test_a_meter_that_is_exporting_needs_three_minutes() -> None:
    house = House(Direction.INVERTED)
    house.spends(-2000, -2000, -2000)
    for _ in range(2):
        house.spends(-2000, -2000, -2000)
        assert house.believed is Direction.IMPORT_POSITIVE
    house.spends(-2000, -2000, -2000)
    # Whether it is unsigned or inverted shows when it imports: both read right.
    assert house.power == pytest.approx(-6000, abs=60)
    for _ in range(10):
        house.spends(2000, 2000, 2000)
    assert house.believed is Direction.INVERTED


def test_phases_that_oppose_one_another_contradict_nothing() -> None:
    house = House()
    for number in range(60):
        house.spends(3000, -2900 - 10 * (number % 20), 20)
    assert house.believed is Direction.IMPORT_POSITIVE


@pytest.mark.parametrize("power", [(1000.0, -1100.0), (2000.0, -2500.0)])
def test_the_last_of_several_minutes_need_not_be_like_the_others(
    power: tuple[float, float],
) -> None:
    """Each poll comes in a minute of export, after four minutes of import."""
    house = House()
    imports, exports = power
    for _ in range(40):
        house.imported += 3 * imports / 1000 * 4 / 60
        house.minute += 4
        house.spends(exports, exports, exports)
        assert house.believed is Direction.IMPORT_POSITIVE


def test_single_odd_minutes_change_nothing() -> None:
    """A cloud passes: registers and currents are of different moments."""
    house = House()
    for number in range(60):
        house.direction = (
            Direction.INVERTED if number % 5 == 0 else Direction.IMPORT_POSITIVE
        )
        house.spends(-1500, -1500, -1500)
        assert house.believed is Direction.IMPORT_POSITIVE


def test_a_trickle_tells_nothing() -> None:
    house = House(Direction.INVERTED)
    for _ in range(30):
        house.spends(20, 20, 20)
    assert house.believed is Direction.IMPORT_POSITIVE


def test_energy_never_depends_on_the_sign() -> None:
    houses = [House(direction) for direction in Direction]
    for house in houses:
        for number in range(20):
            house.spends(*[1000.0 if number % 3 else -700.0] * 3)
    for quantity in (Quantity.GRID_IMPORT, Quantity.GRID_EXPORT):
        values = {house.ear.value(quantity, house.now) for house in houses}
        assert len(values) == 1
    assert houses[0].now - at(BEGIN, 65) == timedelta(minutes=20)
