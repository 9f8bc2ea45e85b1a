"""One beacon on one meter: which registers it reads, and what it published of them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from ..api import World
from ..faults import FOREVER, DistortionKind
from ..house import WATT_MICROSECONDS_PER_KWH, Flow, House
from ..registers import SPOILED, Feed, Readout, Register
from ..truth import RegisterPoint

CADENCE = timedelta(minutes=15)
DELAY = timedelta(seconds=20)
DIGITS = 2
RESOLUTION_KWH = 0.01
OVERFLOW = 42949672.95
"""What the cloud stores where the meter gave no number: 2**32 - 1 hundredths."""
HISTORY_OF = ("grid_import", "grid_export")


@dataclass(frozen=True)
class Beacon:
    """The device number `number` of the account."""

    world: World
    number: int
    house: House

    @cached_property
    def id(self) -> str:
        """The UUID of the device."""
        return f"5a3f6c1e-7d20-4b8e-9c41-{self.number:012d}"

    @property
    def installed(self) -> datetime:
        """The instant of the initial reading."""
        return self.world.installed

    @cached_property
    def registers(self) -> dict[str, Register]:
        """The energy registers by code; a consumer's meter has few."""
        imported, exported = (Flow.GRID_IMPORT,), (Flow.GRID_EXPORT,)
        if not self.house.has_solar:
            return {
                "1_8_0": Register("grid_import", imported, initial_kwh=8341.078),
                "2_8_0": Register("grid_export", exported, initial_kwh=0.03),
            }
        zones = {
            f"1_8_{zone[-1]}": Register(
                "grid_import", imported, zone, 7000.3312 + 500 * index
            )
            for index, zone in enumerate(self.house.tariff.zones)
        }
        total = sum(register.initial_kwh for register in zones.values())
        return {
            "1_8_0": Register("grid_import", imported, initial_kwh=total),
            **zones,
            "2_8_0": Register("grid_export", exported, initial_kwh=3120.4467),
            "15_8_0": Register(
                "absolute_energy", imported + exported, initial_kwh=total + 3120.4467
            ),
            "5_8_0": Register("reactive_q1", (Flow.REACTIVE_Q1,), initial_kwh=2305.992),
            "8_8_0": Register("reactive_q4", (Flow.REACTIVE_Q4,), initial_kwh=306.364),
        }

    def feed(self) -> Feed:
        """Return what is published now."""
        distortions = self.world.switchboard.distortions("onemeter", self.id)
        return Feed(
            self.house,
            self.installed,
            distortions,
            self.world.clock(),
            cadence=CADENCE,
            delay=DELAY,
        )

    def is_gone(self) -> bool:
        """Return whether the account has lost the device."""
        now = self.world.clock()
        return any(
            distortion.kind is DistortionKind.GONE and distortion.covers(now)
            for distortion in self.world.switchboard.distortions("onemeter", self.id)
        )

    def values(
        self, feed: Feed, readout: Readout, codes: tuple[str, ...]
    ) -> dict[str, Any]:
        """Return the numbers of one readout by code; what is lacking is absent."""
        values: dict[str, Any] = {}
        for code in codes:
            if code == "16_7_0":
                values[code] = round(self.house.net_power(readout.taken) / 1000, DIGITS)
                continue
            shown = feed.show(self.registers[code], readout)
            if shown.spoiled is DistortionKind.EMPTY:
                values[code] = ""
            elif shown.spoiled is DistortionKind.SENTINEL:
                values[code] = OVERFLOW
            elif shown.spoiled is None:
                values[code] = shown.rounded(DIGITS)
        return values

    @property
    def history_codes(self) -> tuple[str, ...]:
        """The codes that rows of history can have."""
        return (*self.registers, *(("16_7_0",) if self.house.has_solar else ()))

    def points(self, register: Register) -> list[RegisterPoint]:
        """Return the exact register at each published readout that shows it."""
        feed = self.feed()
        shown = (
            (readout, feed.show(register, readout))
            for readout in feed.readouts(self.installed, FOREVER)
        )
        return [
            RegisterPoint(readout.stamped, value.work, readout.segment_start)
            for readout, value in shown
            if value.spoiled not in SPOILED
        ]

    def energy(self, register: Register, start: datetime, end: datetime) -> float:
        """Return the kWh that a register counted between two instants."""
        work = sum(
            self.house.work(flow, start, end, register.channel)
            for flow in register.flows
        )
        return work / WATT_MICROSECONDS_PER_KWH
