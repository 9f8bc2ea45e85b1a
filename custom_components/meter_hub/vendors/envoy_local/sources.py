"""Where the energy of the sun is read, and what keeps it from changing by itself. Pure.

A gateway without current transformers tells its solar energy in several places that
disagree, and the library takes whichever answers when it starts. So the place that
was read first stays the source: while another one is all there is, the energy is
unknown, and only after a day is the other one believed, from then on with an offset.

What the gateway adds up itself wraps: it keeps each inverter's energy in joules in
32 bits. The inverters' own counters do not, so their sum comes first.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from mashumaro import DataClassDictMixin
from pyenphase import EnvoyData
from pyenphase.const import (
    URL_PRODUCTION,
    URL_PRODUCTION_JSON,
    URL_PRODUCTION_V1,
    SupportedFeatures,
)
from pyenphase.models.meters import CtType

from .adapter import SOLAR_PATHS
from .snapshot import Snapshot, to_number

BELIEVED_AFTER = timedelta(days=1)
"""Another source is only believed when it has been the only one for so long."""

WRAP = 2**32 / 3600
"""Wh; an inverter's energy has gone around once."""

_WRAP_TOLERANCE = 0.01

_TRUSTS_ZEROS_FROM = (8, 3)
"""From this firmware on, gateways without meters only tell the inverters' sum; with
earlier firmware they do so for a while after a restart."""


class Source(StrEnum):
    """A place that tells the solar energy."""

    CT = "ct"
    """The current transformers of the inverters."""
    UNITS = "units"
    """The sum of what the inverters have counted themselves."""
    METER = "meter"
    """The gateway's meter, whose current transformers it doesn't tell of."""
    PRODUCTION = "production"
    """The gateway's own sum, as it is told of gateways without meters."""
    INVERTERS = "inverters"
    """The same, as it is told beside the meters."""


_WRAPPING = (Source.PRODUCTION, Source.INVERTERS)


@dataclass(frozen=True, slots=True)
class Found:
    """The solar energy as one cycle tells it."""

    source: Source
    energy: float
    """Wh."""
    doubtful: bool
    """Whether the source is likely to be another one soon."""


@dataclass(frozen=True, slots=True)
class Other(DataClassDictMixin):
    """A source that has taken the place of the one that is believed."""

    source: Source
    since: datetime
    energy: float
    """Wh, as it was first told."""


@dataclass(frozen=True, slots=True)
class Pin(DataClassDictMixin):
    """The source that is believed, and how its register goes on; energies in Wh."""

    source: Source | None = None
    raw: float = 0.0
    """What the source told last."""
    offset: float = 0.0
    """From what it tells to what is published."""
    other: Other | None = None

    @property
    def energy(self) -> float:
        """What was published last."""
        return self.raw + self.offset

    def after(self, found: Found | None, at: datetime) -> Pin:
        """Return the pin after a cycle; without an `other` its energy is the truth."""
        if found is None:
            return self
        if found.source is self.source:
            return replace(self._told(found.energy), other=None)
        if self.source is None and not found.doubtful:
            return Pin(found.source, found.energy)
        other = self.other
        if other is None or other.source is not found.source or other.since > at:
            other = Other(found.source, at, found.energy)
        if at - other.since < BELIEVED_AFTER:
            return replace(self, other=other)
        offset = 0.0 if self.source is None else self.energy - other.energy
        return Pin(found.source, found.energy, offset)

    def _told(self, energy: float) -> Pin:
        """Return the pin after its source told another energy.

        Zeros come from a gateway that has just started.
        """
        if energy == 0 and self.raw > 0:
            return self
        offset = self.offset
        if self.source in _WRAPPING:
            wraps = round((self.raw - energy) / WRAP)
            missed = abs(energy + wraps * WRAP - self.raw)
            undone = wraps < 0 and offset + wraps * WRAP < -_WRAP_TOLERANCE * WRAP
            if wraps and missed <= _WRAP_TOLERANCE * WRAP and not undone:
                offset += wraps * WRAP
        return replace(self, raw=energy, offset=offset)


@dataclass(frozen=True, slots=True)
class Units(DataClassDictMixin):
    """What each inverter has counted, in Wh, also of those that are silent now."""

    lifetimes: Mapping[str, float] = field(default_factory=dict)

    def after(self, data: EnvoyData) -> Units:
        """Return the counters after a cycle; none of them falls."""
        told = {
            serial: energy
            for serial, unit in data.inverters.items()
            if (energy := to_number(unit.lifetime_energy)) is not None
        }
        if not told:
            return self
        return Units(
            {
                serial: max(told.get(serial, 0), self.lifetimes.get(serial, 0))
                for serial in {**self.lifetimes, **told}
            }
        )

    @property
    def energy(self) -> float:
        """The sum in Wh."""
        return sum(self.lifetimes.values())


def find(snapshot: Snapshot, units: Units) -> Found | None:
    """Return the solar energy where this cycle tells it; None where it doesn't."""
    source, energy = _told_by(snapshot, units)
    if energy is None:
        return None
    starting = (
        source is Source.INVERTERS
        and not snapshot.metered
        and snapshot.firmware < _TRUSTS_ZEROS_FROM
    )
    doubtful = starting or not SOLAR_PATHS.isdisjoint(snapshot.unclear)
    return Found(source, energy, doubtful and source is not Source.CT)


def solar_power(snapshot: Snapshot) -> float | None:
    """Return the W of all inverters together, never below zero."""
    data = snapshot.data
    if snapshot.has(CtType.PRODUCTION):
        ct = snapshot.ct(CtType.PRODUCTION)
        return None if ct is None else max(ct.active_power, 0)
    solar = data.system_production
    if solar is None or not solar.watt_hours_lifetime:
        # All zeros; what has never produced has nothing to tell either.
        return None
    watts = to_number(solar.watts_now)
    return None if watts is None else max(watts, 0)


def _told_by(snapshot: Snapshot, units: Units) -> tuple[Source, float | None]:
    data = snapshot.data
    if snapshot.has(CtType.PRODUCTION):
        ct = snapshot.ct(CtType.PRODUCTION)
        return Source.CT, to_number(ct.energy_delivered) if ct else None
    if _is_metered(data):
        source = Source.METER
    elif SupportedFeatures.DETAILED_INVERTERS in snapshot.features:
        return Source.UNITS, units.energy if data.inverters else None
    elif URL_PRODUCTION_V1 in data.raw:
        source = Source.PRODUCTION
    else:
        source = Source.INVERTERS
    solar = data.system_production
    return source, to_number(solar.watt_hours_lifetime) if solar else None


def _is_metered(data: EnvoyData) -> bool:
    """Tell whether the library took the solar energy from the gateway's meter."""
    for path in (URL_PRODUCTION_JSON, URL_PRODUCTION):
        answer = data.raw.get(path)
        if data.system_production is not None and isinstance(answer, dict):
            return any(
                block.get("type") == "eim" and bool(block.get("activeCount"))
                for block in answer.get("production") or ()
                if isinstance(block, dict)
            )
    return False
