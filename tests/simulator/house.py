"""A house whose every energy is known exactly.

`House.energy` is the exact integral of the power, which is constant within each
minute; nothing is accumulated from a start, any instant of any year can be asked
for. In each minute:

    import + solar + battery_discharge = home + export + battery_charge

where `home` includes `ev_charge`. Grid import and export of the channel `total`
are those of a balancing meter: the phases are summed first, and the sum's sign
decides. On the channels `l1`, `l2`, `l3` each phase counts by itself, so their
import may add up to more. The channels `zone1`, `zone2` split grid import and
export by tariff zone. Reactive energy (kvarh) is split by quadrant: q1 inductive while
importing, q2 inductive while exporting, q3 capacitive while exporting, q4
capacitive while importing.
"""

from array import array
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import accumulate, product
from math import hypot
from zoneinfo import ZoneInfo

from .day import EPOCH, MINUTES, QUARTER, Day, Equipment, Noise, day_start, simulate_day
from .tariff import G11, Tariff

MICROSECONDS_PER_MINUTE = 60 * 1_000_000
WATT_MICROSECONDS_PER_KWH = 3_600_000 * 1_000_000
PHASES = ("l1", "l2", "l3")


class Flow(StrEnum):
    """What flows in a house."""

    GRID_IMPORT = "grid_import"
    GRID_EXPORT = "grid_export"
    SOLAR = "solar"
    HOME = "home"
    BATTERY_CHARGE = "battery_charge"
    BATTERY_DISCHARGE = "battery_discharge"
    EV_CHARGE = "ev_charge"
    REACTIVE_Q1 = "reactive_q1"
    REACTIVE_Q2 = "reactive_q2"
    REACTIVE_Q3 = "reactive_q3"
    REACTIVE_Q4 = "reactive_q4"


GRID_FLOWS = (Flow.GRID_IMPORT, Flow.GRID_EXPORT)

type _DaySums = dict[tuple[Flow, str], array[int]]
"""Watt-minutes from the start of a UTC day to each of its quarter hours."""


class House:
    """One deterministic house."""

    def __init__(
        self,
        seed: int,
        equipment: Equipment | None = None,
        *,
        tariff: Tariff = G11,
        timezone: str = "Europe/Warsaw",
    ) -> None:
        """Build the house of a seed; without equipment it only consumes."""
        self.seed = seed
        self.equipment = equipment or Equipment()
        self.tariff = tariff
        self.timezone = ZoneInfo(timezone)
        self._noise = Noise.of(seed)
        self._day = lru_cache(maxsize=8)(self._simulate)
        self._work_until = lru_cache(maxsize=4096)(self._count_until)
        self._sums: dict[int, _DaySums] = {}
        self._totals: dict[tuple[Flow, str], _RunningTotal] = {}

    @property
    def has_solar(self) -> bool:
        """Whether the house can export."""
        return self.equipment.solar_peak_watts > 0

    def zone(self, at: datetime) -> str:
        """Return the tariff zone of an instant."""
        return self.tariff.zone(at, self.timezone)

    def net_power(self, at: datetime, channel: str = "total") -> int:
        """Return the watts that come from the grid; negative where they go there."""
        index, minute, _ = _place(at)
        day = self._day(index)
        return (day.net if channel == "total" else day.phases[PHASES.index(channel)])[
            minute
        ]

    def reactive_power(self, at: datetime) -> int:
        """Return the reactive power in var; positive is inductive."""
        index, minute, _ = _place(at)
        return self._day(index).reactive[minute]

    def voltage(self, at: datetime, phase: str) -> float:
        """Return the volts of a phase, which sag under load."""
        return 231.0 - self.net_power(at, phase) / 1500

    def current(self, at: datetime, phase: str) -> float:
        """Return the amperes of a phase: of the apparent power, so without a sign."""
        apparent = hypot(
            self.net_power(at, phase), self.reactive_power(at) / len(PHASES)
        )
        return apparent / self.voltage(at, phase)

    def power(self, flow: Flow, at: datetime, channel: str = "total") -> int:
        """Return the watts (or var) of a flow at an instant; never negative."""
        index, minute, _ = _place(at)
        if channel.startswith("zone"):
            return self.power(flow, at) if self.zone(at) == channel else 0
        now = slice(minute, minute + 1)
        return _minutes_of(self._day(index), flow, channel, now)[0]

    def energy(
        self, flow: Flow | str, start: datetime, end: datetime, channel: str = "total"
    ) -> float:
        """Return the kWh (or kvarh) of a flow in [start, end), exactly.

        Raises ValueError where the flow has no such channel.
        """
        return self.work(flow, start, end, channel) / WATT_MICROSECONDS_PER_KWH

    def work(
        self, flow: Flow | str, start: datetime, end: datetime, channel: str = "total"
    ) -> int:
        """Return the energy in watt-microseconds: an exact integer.

        Raises ValueError where the flow has no such channel.
        """
        flow = Flow(flow)
        if channel != "total" and not (
            flow in GRID_FLOWS and channel in (*PHASES, *self.tariff.zones)
        ):
            raise ValueError(f"{flow} has no channel {channel}")
        return self._work_until(flow, channel, end) - self._work_until(
            flow, channel, start
        )

    def _count_until(self, flow: Flow, channel: str, at: datetime) -> int:
        index, minute, microseconds = _place(at)
        key = (flow, channel)
        total = self._totals.get(key)
        if total is None:
            total = self._totals[key] = _RunningTotal(index)
        before_day = total.before(index, lambda day: self._sums_of(day)[key][-1])
        quarter, minutes_more = divmod(minute, QUARTER)
        watt_minutes = before_day + self._sums_of(index)[key][quarter]
        work = watt_minutes * MICROSECONDS_PER_MINUTE
        if minutes_more == 0 and microseconds == 0:
            return work
        begin = minute - minutes_more
        if channel.startswith("zone"):
            if self.zone(day_start(index) + timedelta(minutes=begin)) != channel:
                return work
            channel = "total"
        part = slice(begin, minute + 1)
        *whole, begun = _minutes_of(self._day(index), flow, channel, part)
        return work + sum(whole) * MICROSECONDS_PER_MINUTE + begun * microseconds

    def _simulate(self, index: int) -> Day:
        return simulate_day(
            index, self.seed, self.equipment, self._noise, self.timezone
        )

    def _sums_of(self, index: int) -> _DaySums:
        sums = self._sums.get(index)
        if sums is None:
            sums = self._sums[index] = self._sum_day(index)
        return sums

    def _sum_day(self, index: int) -> _DaySums:
        """Sum up all flows of a UTC day at once, so that no day is simulated twice."""
        day = self._day(index)
        hours = [day_start(index) + timedelta(hours=hour) for hour in range(24)]
        zones = [self.zone(hour) for hour in hours for _ in range(4)]
        result: _DaySums = {}
        for flow in Flow:
            quarters = _sum_quarters(_minutes_of(day, flow, "total"))
            result[flow, "total"] = _running(quarters)
            for zone in self.tariff.zones if flow in GRID_FLOWS else ():
                result[flow, zone] = _running(
                    watts if at == zone else 0
                    for watts, at in zip(quarters, zones, strict=True)
                )
        for flow, phase in product(GRID_FLOWS, PHASES):
            result[flow, phase] = _running(_sum_quarters(_minutes_of(day, flow, phase)))
        return result


class _RunningTotal:
    """Watt-minutes before each day of a stretch of days that grows where it is asked."""

    def __init__(self, index: int) -> None:
        self._first = index
        self._before = [0]

    def before(self, index: int, of_day: Callable[[int], int]) -> int:
        while index < self._first:
            self._first -= 1
            self._before.insert(0, self._before[0] - of_day(self._first))
        while index >= self._first + len(self._before):
            last = self._first + len(self._before) - 1
            self._before.append(self._before[-1] + of_day(last))
        return self._before[index - self._first]


def _place(at: datetime) -> tuple[int, int, int]:
    """Return the number of the UTC day, the minute in it, and the microseconds in that."""
    since = at.astimezone(UTC) - EPOCH
    minute, microseconds = divmod(
        since.seconds * 1_000_000 + since.microseconds, MICROSECONDS_PER_MINUTE
    )
    return since.days, minute, microseconds


def _sum_quarters(minutes: Sequence[int]) -> list[int]:
    return [
        sum(minutes[begin : begin + QUARTER]) for begin in range(0, MINUTES, QUARTER)
    ]


def _running(quarters: Iterable[int]) -> array[int]:
    return array("q", accumulate(quarters, initial=0))


def _minutes_of(
    day: Day, flow: Flow, channel: str, part: slice = slice(None)
) -> Sequence[int]:
    net = (day.net if channel == "total" else day.phases[PHASES.index(channel)])[part]
    both = zip(day.reactive[part], net, strict=True)
    match flow:
        case Flow.GRID_IMPORT:
            return [watts * (watts > 0) for watts in net]
        case Flow.GRID_EXPORT:
            return [-watts * (watts < 0) for watts in net]
        case Flow.SOLAR:
            return day.solar[part]
        case Flow.HOME:
            return day.home[part]
        case Flow.BATTERY_CHARGE:
            return day.battery_charge[part]
        case Flow.BATTERY_DISCHARGE:
            return day.battery_discharge[part]
        case Flow.EV_CHARGE:
            return day.ev[part]
        case Flow.REACTIVE_Q1:
            return [var * (var > 0 and watts >= 0) for var, watts in both]
        case Flow.REACTIVE_Q2:
            return [var * (var > 0 and watts < 0) for var, watts in both]
        case Flow.REACTIVE_Q3:
            return [-var * (var < 0 and watts < 0) for var, watts in both]
        case Flow.REACTIVE_Q4:
            return [-var * (var < 0 and watts >= 0) for var, watts in both]
