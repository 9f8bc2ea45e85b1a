"""One meter of the account: what it counts, and what the cloud has of that."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from zoneinfo import ZoneInfo

from ..api import World
from ..day import EPOCH
from ..faults import FOREVER, Distortion, DistortionKind
from ..house import Flow, House
from ..registers import NEW_METER, SPOILED, Feed, Readout, Register
from ..truth import RegisterPoint

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DELAY = timedelta(seconds=5)
"""How long after its end a period is in the cloud."""
DIGITS = 3
RESOLUTION_KWH = 0.001
AROUND = 5 * MINUTE
"""So far from a distortion its effect on hourly values surely ends."""


class Family(StrEnum):
    """What a meter is, by the cloud's own word."""

    EM2ONE = "EM2One"
    """Reads the grid meter's customer port: signed currents, voltages, registers."""
    EM1 = "EM1"
    """Clamps around the conductors: currents without a sign, and their charge."""


class CurrentSign(StrEnum):
    """What the sign of an EM2One's current says."""

    IMPORT_POSITIVE = "import_positive"
    INVERTED = "inverted"
    UNSIGNED = "unsigned"


@dataclass
class Meter:
    """The meter number `number` of the account; how it is fitted may be changed.

    The registers are those of a balancing grid meter: the channel `total` of the
    house. The energies by phase count each phase by itself, so that their sum may
    grow faster than a register.
    """

    world: World
    number: int
    house: House
    family: Family = Family.EM2ONE
    timezone: str = "Europe/Stockholm"
    current_sign: CurrentSign = CurrentSign.IMPORT_POSITIVE
    fuse: int = 25
    has_packets: bool = True
    """Whether the latest packets hold an entry of the meter."""
    owner: int | None = None
    """The number of the person who shares it; None where it is the account's own."""

    @cached_property
    def item_id(self) -> int:
        """The epoch milliseconds of the item's creation."""
        since = self.world.installed - EPOCH
        return since // timedelta(milliseconds=1) + self.number

    @property
    def id(self) -> str:
        """The id as text."""
        return str(self.item_id)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of labels and days."""
        return ZoneInfo(self.timezone)

    @cached_property
    def begin(self) -> datetime:
        """The end of the first minute that was read, which was not a whole one."""
        installed = self.world.installed
        return installed.replace(second=0, microsecond=0) + MINUTE

    @cached_property
    def registers(self) -> dict[str, Register]:
        """The registers by the name of their field.

        A grid meter behind which nothing feeds in has none for export.
        """
        counted = Register(
            "grid_import", (Flow.GRID_IMPORT,), initial_kwh=57136.729 + self.number
        )
        if not self.house.has_solar:
            return {"hwi": counted}
        exported = Register("grid_export", (Flow.GRID_EXPORT,), initial_kwh=18046.491)
        return {"hwi": counted, "hwo": exported}

    @property
    def distortions(self) -> tuple[Distortion, ...]:
        """What is wrong with the meter's readings."""
        return self.world.switchboard.distortions("enegic", self.id)

    def is_gone(self) -> bool:
        """Return whether the account has lost the meter."""
        now = self.world.clock()
        return any(
            distortion.kind is DistortionKind.GONE and distortion.covers(now)
            for distortion in self.distortions
        )

    def feed(self, cadence: timedelta = MINUTE) -> Feed:
        """Return what is published now of the readouts at multiples of `cadence`."""
        return Feed(
            self.house,
            self.begin,
            self.distortions,
            self.world.clock(),
            cadence=cadence,
            delay=DELAY,
        )

    def shown(self, feed: Feed, readout: Readout) -> dict[str, float]:
        """Return the registers of a readout by field; what is lacking is absent."""
        return {
            field: shown.rounded(DIGITS)
            for field, register in self.registers.items()
            if (shown := feed.show(register, readout)).spoiled is None
        }

    def points(self, register: Register) -> Iterator[RegisterPoint]:
        """Iterate over the exact register where it matters to the energy of hours.

        That is at each full hour, at each minute around distortions, and at the
        first and the last readout.
        """
        feed = self.feed()
        readouts = [*self.feed(HOUR).readouts(self.begin, FOREVER)]
        now = self.world.clock()
        for distortion in self.distortions:
            begun = distortion.start
            ended = begun if distortion.kind in NEW_METER else min(distortion.end, now)
            readouts += feed.readouts(begun - AROUND, ended + AROUND)
        if newest := feed.newest():
            readouts.append(newest)
        by_instant = {readout.taken: readout for readout in readouts}
        for taken in sorted(by_instant):
            shown = feed.show(register, by_instant[taken])
            if shown.spoiled not in SPOILED:
                yield RegisterPoint(taken, shown.work, by_instant[taken].segment_start)
