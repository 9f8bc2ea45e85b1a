"""What is installed around a gateway, and what is wrong with it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Ct(StrEnum):
    """What a current transformer measures, in the gateway's words."""

    PRODUCTION = "production"
    NET = "net-consumption"
    TOTAL = "total-consumption"
    STORAGE = "storage"


@dataclass(frozen=True, slots=True)
class System:
    """How a gateway is fitted; what it has no eyes for it doesn't know of.

    Where the house has a battery that the system lacks, the battery is a load and a
    source like any other: the net CT sees it, the total CT doesn't, as that is around
    the house's loads alone.
    """

    cts: tuple[Ct, ...] = ()
    """Those that are enabled."""
    metered: bool = True
    """Whether the gateway could have CTs."""
    lists_meters: bool = True
    """Whether the firmware has the paths of the CTs; some 7.3 haven't."""
    phases: int = 3
    """3 are the house's own; 2 are legs with two and three fifths of all; 1 is all."""
    inverters: int = 16
    batteries: int = 0
    acbs: int = 0
    """AC batteries, the generation before."""
    controller: bool = False

    def has(self, *cts: Ct) -> bool:
        """Return whether all of these CTs are there."""
        return set(cts) <= set(self.cts)

    @property
    def storages(self) -> int:
        """How many batteries there are of both kinds."""
        return self.batteries + self.acbs


class V1Trouble(StrEnum):
    """What goes wrong with `/api/v1/production`."""

    ZERO = "zero"
    STALLED = "stalled"
    """It shows for ever what it showed when the gateway was installed."""


@dataclass(frozen=True, slots=True)
class Quirks:
    """Known faults of gateways; all answers have status 200.

    That the total consumption is really the net one needs no switch: firmware 8.3.5433
    and newer does that with a total CT.
    """

    zeros: bool = False
    """After a reboot: CTs, meter blocks and `/api/v1/production` show nothing but 0."""
    inactive: bool = False
    """The production CT is reported with `activeCount` 0 though it is there."""
    v1: V1Trouble | None = None
    wraps_at: datetime | None = None
    """When the joules of the first inverter reach 2**32: totals then lose as much."""
    missing_inverters: int = 0
    """How many inverters, from the last, the lists leave out."""
    night_watts: int = 0
    """What the production CT sees the inverters draw in the dark."""
    dead_storage_phase: bool = False
    """The storage CT's first phase is 0, and its total is the other phases' alone."""


def version_of(firmware: str) -> tuple[int, ...]:
    """Return a firmware's version for comparisons: "8.3.5433" is (8, 3, 5433)."""
    return tuple(int(part) for part in firmware.split("."))
