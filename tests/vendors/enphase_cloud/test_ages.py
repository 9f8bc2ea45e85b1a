"""How old the data is, and what that costs, in a month of 31 days."""

from datetime import UTC, datetime, timedelta
from statistics import median, quantiles
from zoneinfo import ZoneInfo

import pytest

from custom_components.meter_hub.metering.model import Update
from custom_components.meter_hub.metering.vocabulary import Quantity
from tests.simulator import MovableClock

from .conftest import Open
from .houses import SUNRISE, SUNSET, House

MINUTE = timedelta(minutes=1)
BEFORE = datetime(2026, 12, 30, 9, tzinfo=UTC)
SINCE, UNTIL = datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 2, 1, tzinfo=UTC)

CLOSE = 0.1
"""The share by which data may be older than what is to be had for so many calls."""

FRESHER = 0.2
"""The same of younger data: polls by night are spread evenly, and calls that history
does not need bring the polls closer together at the month's end."""

CASES = (
    ("a", 1, "balanced", (21, 35), None, (21, 35)),
    ("b", 1, "balanced", (52, 91), (63, 163), (63, 163)),
    ("b", 1, "live_first", (37, 63), (41, 86), (187, 398)),
    ("c", 1, "balanced", (97, 176), (99, 211), (99, 211)),
    ("c", 1, "live_first", (43, 78), (47, 93), (247, 535)),
    ("a", 3, "balanced", (51, 92), None, (51, 92)),
    ("b", 3, "balanced", (79, 148), (99, 295), None),
    ("c", 3, "balanced", (127, 232), (142, 308), None),
)
"""What a system has, how many there are, and the ages, median and 95th percentile in
minutes, of production by day, of consumption around the clock, and of the energy of
either, or None where it comes once a day."""


class Watch:
    """Notes each minute how old the newest value of the first system is."""

    def __init__(self, house: House, energy: Quantity, *powers: Quantity) -> None:
        """Look at the history of an energy, and at powers."""
        self._zone = ZoneInfo(house.zone)
        self._energy, self._powers = energy, powers
        self._house = house
        self._newest: datetime | None = None
        self._at = SINCE
        self.by_day: list[float] = []
        self.always: list[float] = []

    def wait(self, until: datetime) -> None:
        """Let the minutes pass."""
        while self._at < min(until, UNTIL):
            here = self._at.astimezone(self._zone)
            newest = self._newest
            assert newest is not None
            age = (self._at - newest) / MINUTE
            self.always.append(age)
            if SUNRISE <= here.hour < SUNSET:
                sunrise = here.replace(hour=SUNRISE, minute=0)
                dark = self._house.has_micros_only and newest < sunrise
                self.by_day.append((self._at - sunrise) / MINUTE if dark else age)
            self._at += MINUTE

    def take(self, update: Update) -> None:
        """Note until when an update tells."""
        told = [
            reading.measured_at
            for reading in update.readings
            if reading.series.meter == self._house.id
            and reading.series.quantity in self._powers
            and reading.measured_at is not None
        ]
        told += [
            interval.end
            for interval in update.intervals
            if interval.series.meter == self._house.id
            and interval.series.quantity is self._energy
            and interval.energy is not None
        ]
        if self._newest is not None:
            told.append(self._newest)
        self._newest = max(told, default=None)


@pytest.mark.parametrize(
    ("case", "number", "schedule", "production", "home", "energy"), CASES
)
async def test_ages(
    case: str,
    number: int,
    schedule: str,
    production: tuple[float, float],
    home: tuple[float, float] | None,
    energy: tuple[float, float] | None,
    open_account: Open,
    moving: MovableClock,
) -> None:
    """A thousand calls a month buy data as fresh as can be, and no call is too many."""
    moving.at = BEFORE
    houses = [
        House(
            str(each),
            consumption=case != "a",
            battery=case == "c",
            charger=f"C{each}" if case == "c" else None,
        )
        for each in range(1, number + 1)
    ]
    driver, cloud = open_account(*houses, options={"schedule": schedule})
    cloud.sparse = home is not None
    await driver.connect()
    watches = {
        "production": Watch(houses[0], Quantity.SOLAR, Quantity.SOLAR_POWER),
        "energy": Watch(houses[0], Quantity.SOLAR),
    }
    if home is not None:
        watches |= {
            "home": Watch(houses[0], Quantity.HOME, Quantity.HOME_POWER),
            "energy": Watch(houses[0], Quantity.HOME),
        }
    backend = driver.backend
    while True:
        job = backend.plan(moving(), ())
        assert job is not None
        moving.at = max(job.due, moving())
        if moving() >= UNTIL:
            break
        if moving() > SINCE:
            for watch in watches.values():
                watch.wait(moving())
        update = await backend.fetch(job)
        for watch in watches.values():
            if update.readings or update.intervals:
                watch.take(update)
    for watch in watches.values():
        watch.wait(UNTIL)

    assert_fresh(watches["production"].by_day, production)
    if home is not None:
        assert_fresh(watches["home"].always, home)
    of_energy = watches["energy"]
    if energy is not None:
        assert_fresh(of_energy.always if home else of_energy.by_day, energy)
    else:
        assert max(of_energy.always) < 25 * 60
    assert 800 <= cloud.counted("2027-01") <= 1000
    assert cloud.refused == 0


def assert_fresh(minutes: list[float], expected: tuple[float, float]) -> None:
    """Assert that the data is as fresh as expected, or a little fresher."""
    middle = median(minutes)
    late = quantiles(minutes, n=100, method="inclusive")[94]
    assert min(minutes) >= 0
    assert expected[0] * (1 - FRESHER) <= middle <= expected[0] * (1 + CLOSE)
    assert expected[1] * (1 - FRESHER) <= late <= expected[1] * (1 + CLOSE)
