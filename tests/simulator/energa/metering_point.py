"""One metering point: its hours and registers, as far as they are published."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Self

from ..api import World
from ..faults import FOREVER, Distortion, DistortionKind
from ..house import WATT_MICROSECONDS_PER_KWH, Flow, House
from ..registers import Shown
from ..truth import HOUR, PublishedInterval, hour_of
from .local_days import day_of, midnight

DIGITS = 3
RESOLUTION_KWH = 0.001
RETENTION = timedelta(days=730)
DELAYS = {Flow.GRID_IMPORT: 3 * HOUR, Flow.GRID_EXPORT: 4 * HOUR}
"""How long after its end an hour appears: export is always a point behind."""
REGISTERS_DELAY = timedelta(minutes=75)
"""The registers of midnight appear at a quarter past one."""
DEVIATION_KWH = 0.25
"""How far estimates and values to be corrected are off, unless a distortion says."""
INITIAL_KWH = {
    (Flow.GRID_IMPORT, "zone1"): 19279.234,
    (Flow.GRID_IMPORT, "zone2"): 26170.309,
    (Flow.GRID_EXPORT, "zone1"): 15579.564,
    (Flow.GRID_EXPORT, "zone2"): 13947.306,
}
"""What the registers showed when the portal was activated."""
NULLS = (DistortionKind.GAP, DistortionKind.LACKING, DistortionKind.EMPTY)
WRONG = (DistortionKind.ESTIMATED, DistortionKind.CORRECTED)
OF_HOURS = (*NULLS, *WRONG, DistortionKind.LATE)


@dataclass(frozen=True, slots=True)
class Hour:
    """One published hour of one direction."""

    start: datetime
    zone: str
    """The zone in force."""
    kwh: float | None
    """None where all slots are null."""
    estimated: bool = False
    complete: bool = True

    @classmethod
    def unread(cls, start: datetime, zone: str) -> Self:
        """Return an hour that the portal has a place for, but no value."""
        return cls(start, zone, None, complete=False)

    def interval(self, channel: str) -> PublishedInterval:
        """Return what the hour says of the total or of a zone, in force or not."""
        kwh = self.kwh
        if kwh is not None and channel not in ("total", self.zone):
            kwh = 0.0
        return PublishedInterval(
            self.start, self.start + HOUR, kwh, RESOLUTION_KWH, self.estimated
        )


@dataclass(frozen=True, slots=True)
class MeteringPoint:
    """The metering point number `number` of the account."""

    world: World
    number: int
    house: House

    @property
    def id(self) -> str:
        """The portal's id, which survives a change of meters."""
        return f"{410_000 + self.number}"

    @property
    def directions(self) -> tuple[Flow, ...]:
        """What is measured: a consumer exports nothing."""
        if self.house.has_solar:
            return Flow.GRID_IMPORT, Flow.GRID_EXPORT
        return (Flow.GRID_IMPORT,)

    @property
    def channels(self) -> tuple[str, ...]:
        """The total, and the zones where there is more than one."""
        zones = self.house.tariff.zones
        return ("total", *zones) if len(zones) > 1 else ("total",)

    @property
    def first_day(self) -> date:
        """The first local day that the portal still has."""
        timezone = self.house.timezone
        return max(
            day_of(self.world.installed, timezone),
            day_of(self.world.clock(), timezone) - RETENTION,
        )

    @property
    def distortions(self) -> tuple[Distortion, ...]:
        """What goes wrong with this point, oldest request first."""
        return self.world.switchboard.distortions("energa", self.id)

    def is_gone(self) -> bool:
        """Return whether the account has lost the point."""
        now = self.world.clock()
        return any(
            distortion.kind is DistortionKind.GONE and distortion.covers(now)
            for distortion in self.distortions
        )

    def hours(
        self,
        direction: Flow,
        start: datetime | None = None,
        end: datetime = FOREVER,
    ) -> list[Hour]:
        """Return the hours in [start, end) up to the last one that is published.

        Those before it that are not published have no value.
        """
        if direction not in self.directions:
            return []
        now = self.world.clock()
        first = midnight(self.first_day, self.house.timezone)
        hour = first if start is None else max(first, start)
        end = min(end, hour_of(now - DELAYS[direction]))
        at_work = tuple(
            distortion
            for distortion in self.distortions
            if distortion.kind in OF_HOURS
            and distortion.touches(direction)
            and now < (distortion.until or FOREVER)
        )
        found: list[Hour] = []
        published = 0
        while hour < end:
            value = self._hour(direction, hour, at_work)
            found.append(value or Hour.unread(hour, self.house.zone(hour)))
            if value is not None:
                published = len(found)
            hour += HOUR
        return found[:published]

    def newest_midnight(self) -> datetime | None:
        """Return the last midnight that registers are published of."""
        timezone = self.house.timezone
        newest = midnight(
            day_of(self.world.clock() - REGISTERS_DELAY, timezone), timezone
        )
        return newest if newest >= self.world.installed else None

    def register(self, direction: Flow, zone: str, at: datetime) -> float:
        """Return the kWh that the register of a zone showed."""
        swaps = self._swaps(at)
        begin = max(swaps) if swaps else self.world.installed
        initial = 0.0 if swaps else INITIAL_KWH[direction, zone]
        work = round(initial * WATT_MICROSECONDS_PER_KWH)
        return Shown(work + self.house.work(direction, begin, at, zone)).rounded(DIGITS)

    def serial(self, at: datetime | None) -> str:
        """Return the number of the meter that was read at an instant."""
        swaps = 0 if at is None else len(self._swaps(at))
        return f"00{35_100_000 + 100 * self.number + swaps}"

    def _swaps(self, at: datetime) -> list[datetime]:
        return [
            distortion.start
            for distortion in self.distortions
            if distortion.kind is DistortionKind.SWAP and distortion.start <= at
        ]

    def _hour(
        self, direction: Flow, start: datetime, at_work: tuple[Distortion, ...]
    ) -> Hour | None:
        """Return an hour, or None where it is not published."""
        begin, end = max(start, self.world.installed), start + HOUR
        if begin >= end:
            return None
        zone = self.house.zone(start)
        work = self.house.work(direction, begin, end)
        estimated = False
        for distortion in at_work:
            if not distortion.covers(start):
                continue
            if distortion.kind is DistortionKind.LATE:
                return None
            if distortion.kind is DistortionKind.EMPTY:
                return Hour(start, zone, None)
            if distortion.kind in NULLS:
                return Hour.unread(start, zone)
            off = (distortion.amount or DEVIATION_KWH) * WATT_MICROSECONDS_PER_KWH
            work = max(0, work + round(off))
            estimated |= distortion.kind is DistortionKind.ESTIMATED
        return Hour(start, zone, Shown(work).rounded(DIGITS), estimated)
