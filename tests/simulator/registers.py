"""Registers of a meter, read at a fixed cadence and published after a delay.

This is the one place where a `Distortion` of readings takes effect, so that
what a vendor answers and what the truth expects can't drift apart.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from .day import EPOCH
from .faults import FOREVER, Distortion, DistortionKind
from .house import WATT_MICROSECONDS_PER_KWH, Flow, House

NEW_METER = (DistortionKind.RESET, DistortionKind.SWAP)
SPOILED = (DistortionKind.LACKING, DistortionKind.EMPTY, DistortionKind.SENTINEL)


@dataclass(frozen=True, slots=True)
class Register:
    """A counter of one or more flows."""

    quantity: str
    flows: tuple[Flow, ...]
    channel: str = "total"
    initial_kwh: float = 0.0
    """What it showed when the reader was installed."""


@dataclass(frozen=True, slots=True)
class Readout:
    """One reading of all registers of a meter."""

    taken: datetime
    stamped: datetime
    """`taken`, unless the reader's clock is off."""
    segment_start: datetime | None
    """When the register was last reset or the meter swapped, if ever."""
    swaps: int
    """How often the meter had been swapped."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a register showed in a readout."""

    work: int
    """Watt-microseconds, exactly."""
    spoiled: DistortionKind | None = None
    """How the vendor lost it, if it did."""

    def rounded(self, digits: int) -> float:
        """Return the kWh as the register displays them."""
        steps = int(10**digits)
        unit = WATT_MICROSECONDS_PER_KWH // steps
        return (2 * self.work + unit) // (2 * unit) / steps


class Feed:
    """All readouts of one meter that a vendor has published by `now`."""

    def __init__(
        self,
        house: House,
        installed: datetime,
        distortions: tuple[Distortion, ...],
        now: datetime,
        *,
        cadence: timedelta,
        delay: timedelta,
    ) -> None:
        """Read at `installed`, then at each multiple of `cadence`; publish after `delay`."""
        self.house = house
        self.installed = installed
        self._distortions = distortions
        self._now = now
        self._cadence = cadence
        self._delay = delay

    def newest(self) -> Readout | None:
        """Return the last published readout."""
        number = (self._now - EPOCH) // self._cadence
        while (taken := EPOCH + number * self._cadence) > self.installed:
            if readout := self._readout(taken):
                return readout
            number -= 1
        return self._readout(self.installed)

    def readouts(self, start: datetime, end: datetime) -> Iterator[Readout]:
        """Iterate over the published readouts taken in [start, end], oldest first."""
        if start <= self.installed <= end and (first := self._readout(self.installed)):
            yield first
        number = (max(start, self.installed) - EPOCH) // self._cadence
        last = min(end, self._now)
        while (taken := EPOCH + number * self._cadence) <= last:
            if (
                taken >= start
                and taken > self.installed
                and (readout := self._readout(taken))
            ):
                yield readout
            number += 1

    def show(self, register: Register, readout: Readout) -> Shown:
        """Return what a register showed in a readout."""
        taken = readout.taken
        lowered = 0.0
        spoiled = None
        for distortion in self._distortions:
            if not (
                distortion.covers(readout.taken)
                and distortion.touches(register.quantity)
            ):
                continue
            if distortion.kind is DistortionKind.CORRECTED and not self._is_past(
                distortion.until
            ):
                taken = min(taken, distortion.start)
            elif distortion.kind is DistortionKind.DIP:
                lowered += distortion.amount
            elif distortion.kind in SPOILED:
                spoiled = distortion.kind
        begin = readout.segment_start or self.installed
        initial = 0.0 if readout.segment_start else register.initial_kwh
        work = round((initial - lowered) * WATT_MICROSECONDS_PER_KWH)
        for flow in register.flows:
            work += self.house.work(flow, begin, max(taken, begin), register.channel)
        return Shown(work, spoiled)

    def _readout(self, taken: datetime) -> Readout | None:
        if taken + self._delay > self._now:
            return None
        stamped = taken
        segment_start = None
        swaps = 0
        for distortion in self._distortions:
            if distortion.kind in NEW_METER:
                if distortion.start <= taken:
                    segment_start = max(
                        segment_start or distortion.start, distortion.start
                    )
                    swaps += distortion.kind is DistortionKind.SWAP
                continue
            if not distortion.covers(taken):
                continue
            if distortion.kind is DistortionKind.GAP or (
                distortion.kind is DistortionKind.LATE
                and not self._is_past(distortion.until)
            ):
                return None
            if distortion.kind is DistortionKind.CLOCK:
                stamped += timedelta(seconds=distortion.amount)
        return Readout(taken, stamped, segment_start, swaps)

    def _is_past(self, until: datetime | None) -> bool:
        return self._now >= (until or FOREVER)
