"""Energy as the cloud counts it: whole Wh for each interval, which lose nothing.

Instants are seconds since 1970 here. An interval has what a register that shows whole
Wh grew by, so that sums of intervals are right within 1 Wh.
"""

from array import array
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from ..house import WATT_MICROSECONDS_PER_KWH, Flow, House

QUARTER = 15 * 60
DAY = 24 * 60 * 60
WATT_MICROSECONDS_PER_WH = WATT_MICROSECONDS_PER_KWH // 1000


def instant(seconds: int) -> datetime:
    """Return the instant of a number of seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC)


def midnight(day: date, zone: ZoneInfo) -> int:
    """Return when a local day begins."""
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp())


def day_of(seconds: int, zone: ZoneInfo) -> date:
    """Return the local day that an instant lies in."""
    return instant(seconds).astimezone(zone).date()


class Series:
    """One flow of a house, as a meter counts it."""

    step = QUARTER

    def __init__(self, house: House, flow: Flow, begin: int) -> None:
        """Count from `begin`, which is the end of an interval."""
        self.begin = begin
        self._house = house
        self._flow = flow
        self._days: dict[int, array[int]] = {}

    def register(self, at: int) -> int:
        """Return the Wh counted until the end of an interval."""
        day, seconds = divmod(at, DAY)
        registers = self._days.get(day)
        if registers is None:
            registers = self._days[day] = self._count(day * DAY)
        return registers[seconds // self.step]

    def energy(self, start: int) -> int:
        """Return the Wh of the interval that begins at an instant."""
        return self.register(start + self.step) - self.register(start)

    def is_dark(self, start: int) -> bool:
        """Return whether the interval is one that nobody reports, as nothing flows."""
        return False

    def _count(self, midnight: int) -> array[int]:
        begin = instant(self.begin)
        return array(
            "q",
            (
                round(
                    self._house.work(self._flow, begin, instant(max(self.begin, at)))
                    / WATT_MICROSECONDS_PER_WH
                )
                for at in range(midnight, midnight + DAY + 1, self.step)
            ),
        )


class MicroSeries(Series):
    """Solar energy as micro-inverters count it: they are silent in the dark."""

    step = 5 * 60

    def __init__(self, house: House, begin: int, zone: ZoneInfo) -> None:
        """Count from `begin`; the days are those of a time zone."""
        super().__init__(house, Flow.SOLAR, begin)
        self._zone = zone
        self._light: dict[date, tuple[int, int]] = {}

    def is_dark(self, start: int) -> bool:
        """Return whether it lies before the day's first energy or after its last."""
        day = day_of(start, self._zone)
        light = self._light.get(day)
        if light is None:
            light = self._light[day] = self._light_of(day)
        return not light[0] <= start < light[1]

    def _light_of(self, day: date) -> tuple[int, int]:
        starts = range(
            midnight(day, self._zone),
            midnight(day + timedelta(days=1), self._zone),
            self.step,
        )
        lit = [start for start in starts if self.energy(start)]
        return (lit[0], lit[-1] + self.step) if lit else (0, 0)
