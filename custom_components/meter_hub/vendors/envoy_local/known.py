"""What is known of a gateway between two cycles, and survives a restart."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Self

from mashumaro import DataClassDictMixin
from mashumaro.config import BaseConfig

from ...metering.integral import Integral
from ...metering.model import Meter
from ...metering.vocabulary import MeterKind
from ..stored import Pause
from .sources import Pin, Units
from .wiring import Wiring

FORGOTTEN_AFTER = timedelta(days=7)
"""Gateways leave out what is silent: inverters at night, and under snow."""


@dataclass(frozen=True, slots=True)
class Seen(DataClassDictMixin):
    """A meter, and when the gateway told of it last."""

    meter: Meter
    at: datetime


@dataclass(frozen=True, slots=True)
class Knowledge(DataClassDictMixin):
    """What is known of one gateway."""

    serial: str = ""
    polled: datetime | None = None
    checked: datetime | None = None
    """When it was asked last what it is and what it has."""
    renewal: Pause | None = None
    """After a new token could not be had."""
    refusals: int = 0
    """How often in a row the gateway refused the token."""
    pin: Pin = field(default_factory=Pin)
    units: Units = field(default_factory=Units)
    battery: Integral = field(
        default_factory=Integral,
        metadata={"serialize": Integral.to_json, "deserialize": Integral.from_json},
    )
    grid: Integral = field(
        default_factory=Integral,
        metadata={"serialize": Integral.to_json, "deserialize": Integral.from_json},
    )
    wiring: Wiring = field(default_factory=Wiring)
    seen: Mapping[str, Seen] = field(default_factory=dict)
    built: str = ""
    """The day on which the firmware was built, as the gateway tells it."""

    class Config(BaseConfig):
        """How mashumaro writes."""

        omit_default = True

    @classmethod
    def stored(cls, state: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote; what can't be read is forgotten."""
        try:
            return cls.from_dict(dict(state))
        except LookupError, TypeError, ValueError:
            return cls()

    def having_seen(self, meters: Iterable[Meter], now: datetime) -> Self:
        """Return what is known after the gateway told of meters."""
        kept = {
            meter_id: seen
            for meter_id, seen in self.seen.items()
            if now - seen.at < FORGOTTEN_AFTER
        }
        fresh = {meter.id: Seen(meter, now) for meter in meters}
        return replace(self, seen=kept | fresh)

    def meters(self, *, inverters: bool) -> tuple[Meter, ...]:
        """Return all meters beside the gateway, the inverters only if they are wanted."""
        return tuple(
            seen.meter
            for seen in self.seen.values()
            if inverters or seen.meter.kind is not MeterKind.INVERTER
        )

    @property
    def inverters(self) -> frozenset[str]:
        """The ids of the inverters."""
        return frozenset(
            meter_id
            for meter_id, seen in self.seen.items()
            if seen.meter.kind is MeterKind.INVERTER
        )

    @property
    def has_battery(self) -> bool:
        """Whether the gateway told of batteries within the last days."""
        return any(seen.meter.kind is MeterKind.BATTERY for seen in self.seen.values())
