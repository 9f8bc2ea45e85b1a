"""What a gateway sees of its house at one instant, through its CTs.

Work is in watt-microseconds, as the house's. A CT's total is the sum of its phases,
each with its own import and export, not that of a balancing meter.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from math import hypot
from typing import Self

from ..house import PHASES, Flow, House
from .system import Ct, Quirks, System, version_of

WATT_MICROSECONDS_PER_WH = 3600 * 1_000_000
SHARES = {1: (5,), 2: (2, 3)}
"""Fifths of everything on each leg, where the legs are not the house's phases."""
STORAGE_PHASE = 1
"""The house's battery is on l2."""
INITIAL_WH = {
    Ct.PRODUCTION: (1_400_512, 0),
    Ct.NET: (918_277, 1_120_406),
    Ct.TOTAL: (2_055_053, 0),
    Ct.STORAGE: (301_229, 342_551),
}
"""Delivered and received on a first phase at the start; a further one has a bit more."""
SUMS_POWER_FACTORS = (8, 3, 5433)
SERIAL = "122300001234"


@dataclass(frozen=True, slots=True)
class Leg:
    """What flows on one phase, or on all together."""

    delivered: int = 0
    """Towards the house's panel."""
    received: int = 0
    watts: float = 0.0
    """Positive where it is delivered."""
    var: float = 0.0
    volts: float = 0.0
    factor: float = 0.0
    amperes: float = 0.0

    @property
    def net(self) -> int:
        """What was delivered less what was received."""
        return self.delivered - self.received

    @property
    def apparent(self) -> float:
        """The volt-amperes."""
        return hypot(self.watts, self.var)

    @classmethod
    def of(
        cls, delivered: int, received: int, watts: float, var: float, volts: float
    ) -> Self:
        """Make a leg with the power factor and the current that follow."""
        apparent = hypot(watts, var)
        factor = watts / apparent if apparent else 0.0
        return cls(
            delivered, received, watts, var, volts, factor, apparent / (volts or 1)
        )

    @classmethod
    def sum_of(cls, legs: Sequence[Leg], *, mean_factor: bool) -> Self:
        """Add legs up, voltages as well: that is what gateways do."""
        factors = sum(leg.factor for leg in legs)
        watts = sum(leg.watts for leg in legs)
        var = sum(leg.var for leg in legs)
        if mean_factor:
            factors = watts / (hypot(watts, var) or 1)
        return cls(
            sum(leg.delivered for leg in legs),
            sum(leg.received for leg in legs),
            watts,
            var,
            sum(leg.volts for leg in legs),
            factors,
            sum(leg.amperes for leg in legs),
        )


@dataclass(frozen=True)
class Gateway:
    """A gateway at an instant; `installed` is when its registers had INITIAL_WH."""

    house: House
    installed: datetime
    now: datetime
    system: System
    firmware: str
    quirks: Quirks

    @cached_property
    def version(self) -> tuple[int, ...]:
        """The firmware's version, for comparisons."""
        return version_of(self.firmware)

    @property
    def epoch(self) -> int:
        """The instant in seconds since 1970."""
        return int(self.now.timestamp())

    @property
    def healthy(self) -> Self:
        """The same gateway, with the same inverters, without anything wrong with it."""
        return replace(self, quirks=Quirks(wraps_at=self.quirks.wraps_at))

    def at(self, instant: datetime) -> Self:
        """Return the gateway at another instant, at the earliest when it was new."""
        return replace(self, now=max(instant, self.installed))

    def work(self, flow: Flow, channel: str = "total") -> int:
        """Return what has flowed in the house since the gateway is there."""
        return self.house.work(flow, self.installed, self.now, channel)

    def total(self, legs: Sequence[Leg]) -> Leg:
        """Return legs added up in this firmware's way."""
        return Leg.sum_of(legs, mean_factor=self.version < SUMS_POWER_FACTORS)

    def legs(self, ct: Ct) -> list[Leg]:
        """Return what a CT shows of each phase, with its faults."""
        legs = self._legs(ct)
        if self.quirks.zeros:
            return [Leg(volts=leg.volts) for leg in legs]
        if ct is Ct.STORAGE and self.quirks.dead_storage_phase:
            legs[0] = Leg()
        return legs

    def _legs(self, ct: Ct) -> list[Leg]:
        match ct:
            case Ct.PRODUCTION:
                legs = self._sources(Flow.SOLAR, None, self._evenly)
            case Ct.STORAGE:
                legs = self._sources(
                    Flow.BATTERY_DISCHARGE, Flow.BATTERY_CHARGE, self._on_its_phase
                )
            case Ct.NET:
                legs = self._grid()
            case Ct.TOTAL:
                legs = self._loads()
        delivered, received = INITIAL_WH[ct]
        first = [
            self._with_initial(leg, delivered + 7 * number, received + 3 * number)
            for number, leg in enumerate(legs)
        ]
        if ct is Ct.PRODUCTION and self.quirks.night_watts:
            first[0] = self._with_night(first[0])
        return first

    @staticmethod
    def _with_initial(leg: Leg, delivered: int, received: int) -> Leg:
        return replace(
            leg,
            delivered=leg.delivered + delivered * WATT_MICROSECONDS_PER_WH,
            received=leg.received + received * WATT_MICROSECONDS_PER_WH,
        )

    def _with_night(self, leg: Leg) -> Leg:
        """Let the inverters draw a little, for half of the time all year round."""
        watts = self.quirks.night_watts
        seconds = int((self.now - self.installed).total_seconds()) // 2
        dark = self.house.power(Flow.SOLAR, self.now) == 0
        return replace(
            leg,
            received=leg.received + watts * seconds * 1_000_000,
            watts=-float(watts) if dark else leg.watts,
        )

    def _grid(self) -> list[Leg]:
        house, now = self.house, self.now
        if self.system.phases == len(PHASES):
            return [
                Leg.of(
                    self.work(Flow.GRID_IMPORT, phase),
                    self.work(Flow.GRID_EXPORT, phase),
                    house.net_power(now, phase),
                    house.reactive_power(now) / len(PHASES),
                    house.voltage(now, phase),
                )
                for phase in PHASES
            ]
        return [
            Leg.of(
                self.work(Flow.GRID_IMPORT) * share // 5,
                self.work(Flow.GRID_EXPORT) * share // 5,
                house.net_power(now) * share / 5,
                house.reactive_power(now) * share / 5,
                volts,
            )
            for share, volts in zip(
                SHARES[self.system.phases], self._volts(), strict=True
            )
        ]

    def _loads(self) -> list[Leg]:
        """Return the house's loads by phase, of which the house knows only the sum."""
        solar = self._sources(Flow.SOLAR, None, self._evenly)
        storage = self._sources(
            Flow.BATTERY_DISCHARGE, Flow.BATTERY_CHARGE, self._on_its_phase
        )
        return [
            Leg.of(
                grid.net + sun.net + battery.net,
                0,
                grid.watts + sun.watts + battery.watts,
                grid.var,
                grid.volts,
            )
            for grid, sun, battery in zip(self._grid(), solar, storage, strict=True)
        ]

    def _sources(
        self, delivers: Flow, receives: Flow | None, parts: Sequence[tuple[int, int]]
    ) -> list[Leg]:
        delivered = self.work(delivers)
        received = 0 if receives is None else self.work(receives)
        watts = self.house.power(delivers, self.now)
        if receives is not None:
            watts -= self.house.power(receives, self.now)
        return [
            Leg.of(
                delivered * part // whole,
                received * part // whole,
                watts * part / whole,
                0.0,
                volts,
            )
            for (part, whole), volts in zip(parts, self._volts(), strict=True)
        ]

    @property
    def _evenly(self) -> Sequence[tuple[int, int]]:
        if self.system.phases == len(PHASES):
            return [(1, 3)] * 3
        return [(share, 5) for share in SHARES[self.system.phases]]

    @property
    def _on_its_phase(self) -> Sequence[tuple[int, int]]:
        if self.system.phases == len(PHASES):
            return [(int(phase == STORAGE_PHASE), 1) for phase in range(3)]
        return self._evenly

    def _volts(self) -> list[float]:
        phases = [
            self.house.voltage(self.now, phase)
            for phase in PHASES[: self.system.phases]
        ]
        return [volts * 0.52 for volts in phases] if self.system.phases == 2 else phases


def watt_hours(work: int) -> float:
    """Return work as the Wh of a CT, in thousandths."""
    return round(work / WATT_MICROSECONDS_PER_WH, 3)
