"""What a gateway answered in one cycle, and how its readings are made. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import isfinite
from typing import Any

from pyenphase import EnvoyData
from pyenphase.const import PHASENAMES, SupportedFeatures
from pyenphase.models.meters import CtType, EnvoyMeterData

from ...metering.energy import exact
from ...metering.model import Reading, Series, Value
from ...metering.vocabulary import PHASES, Channel, Quantity

GRACE = timedelta(minutes=10)
"""How long a value outlives cycles that don't bring it: gateways are out of order
for minutes when they report to the cloud at night."""

_PHASE_NAMES = dict(zip(PHASES, PHASENAMES, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The answers of one cycle, and what is known of the gateway."""

    serial: str
    at: datetime
    data: EnvoyData
    features: SupportedFeatures
    ct_types: frozenset[str]
    """The kinds of current transformers that are switched on."""
    phases: int
    """On how many phases they measure."""
    firmware: tuple[int, int]
    metered: bool
    """Whether the model has inputs for current transformers."""
    unclear: frozenset[str] = frozenset()
    """Paths that were out of order when it was found out what the gateway has."""

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The phases that current transformers tell apart."""
        return PHASES[: self.phases] if self.phases > 1 else ()

    def has(self, ct_type: CtType) -> bool:
        """Tell whether current transformers of a kind are switched on."""
        return ct_type in self.ct_types

    def ct(
        self, ct_type: CtType, channel: Channel = Channel.TOTAL
    ) -> EnvoyMeterData | None:
        """Return what is measured, None where it is not known in this cycle.

        After a restart, gateways answer zeros until they have measured.
        """
        if channel is Channel.TOTAL:
            ct = self.data.ctmeters.get(ct_type)
        else:
            phases = self.data.ctmeters_phases.get(ct_type, {})
            ct = phases.get(_PHASE_NAMES[channel])
        if ct is None or not (ct.voltage or ct.energy_delivered or ct.energy_received):
            return None
        return ct

    def live(
        self,
        quantity: Quantity,
        value: Any,
        channel: str = Channel.TOTAL,
        *,
        meter: str | None = None,
        estimated: bool = False,
    ) -> Iterator[Reading]:
        """Yield a value of the present, none where it is not known.

        The library passes on what the gateway sent, whatever its type.
        """
        if (number := to_number(value)) is not None:
            yield Reading(
                Series(meter or self.serial, quantity, channel),
                round(number, 3),
                self.at,
                valid_until=self.at + GRACE,
                estimated=estimated,
            )

    def register(
        self,
        quantity: Quantity,
        watt_hours: Any,
        channel: str = Channel.TOTAL,
        *,
        meter: str | None = None,
        estimated: bool = False,
    ) -> Iterator[Reading]:
        """Yield a register that counts Wh in kWh, none where it is not known."""
        if (number := to_number(watt_hours)) is not None and number >= 0:
            yield Reading(
                Series(meter or self.serial, quantity, channel),
                exact(number / 1000),
                self.at,
                estimated=estimated,
            )

    def word(
        self,
        quantity: Quantity,
        value: Value,
        channel: str = Channel.TOTAL,
        *,
        meter: str | None = None,
    ) -> Reading:
        """Return a value of the present that is no number."""
        return Reading(
            Series(meter or self.serial, quantity, channel),
            value,
            self.at,
            valid_until=self.at + GRACE,
        )


def to_number(value: Any) -> float | None:
    """Return a finite number, None for all else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if isfinite(value) else None
