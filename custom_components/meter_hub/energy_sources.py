"""What meters are to Home Assistant's Energy dashboard."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from .metering.model import Meter, Series
from .metering.vocabulary import MeterKind, Quantity

ENERGY = "stat_energy_from"
"""The role of the energy that comes from a source."""

DEVICE_ENERGY = "stat_consumption"
"""The role of the energy that a device consumes."""

COSTS = {"stat_cost": ENERGY, "stat_compensation": "stat_energy_to"}
"""The roles of money, each with the role of the energy that it is paid for."""


class Place(StrEnum):
    """The list in Home Assistant's energy preferences that something is kept in."""

    SOURCES = "energy_sources"
    DEVICES = "device_consumption"
    """What consumes a part of the energy; its entries have no type."""


@dataclass(frozen=True, slots=True)
class SourceKind:
    """What a kind of meter is to the Energy dashboard."""

    type: str
    """The type of the source."""
    roles: Mapping[str, Quantity]
    """What of the meter each statistic of the source shows."""
    constants: Mapping[str, float | None] = field(default_factory=dict)
    """What else Home Assistant wants to be told of the source."""
    needed: tuple[str, ...] = (ENERGY,)
    """The roles that Home Assistant takes no such source without, its energy first."""
    place: Place = Place.SOURCES

    @property
    def energy(self) -> str:
        """The role without which there is no source."""
        return self.needed[0]

    def with_statistics(self, statistics: Mapping[str, str]) -> dict[str, Any]:
        """Return the source as the preferences keep it."""
        named = {"type": self.type} if self.place is Place.SOURCES else {}
        return {**named, **self.constants, **statistics}


GRID = SourceKind(
    "grid",
    {
        ENERGY: Quantity.GRID_IMPORT,
        "stat_energy_to": Quantity.GRID_EXPORT,
        "stat_cost": Quantity.IMPORT_COST,
        "stat_compensation": Quantity.EXPORT_COMPENSATION,
        "stat_rate": Quantity.GRID_POWER,
    },
    {"cost_adjustment_day": 0},
)

SOLAR = SourceKind(
    "solar",
    {ENERGY: Quantity.SOLAR, "stat_rate": Quantity.SOLAR_POWER},
    {"config_entry_solar_forecast": None},
)

BATTERY = SourceKind(
    "battery",
    {
        ENERGY: Quantity.BATTERY_DISCHARGE,
        "stat_energy_to": Quantity.BATTERY_CHARGE,
        "stat_rate": Quantity.BATTERY_POWER,
        "stat_soc": Quantity.BATTERY_LEVEL,
    },
    needed=(ENERGY, "stat_energy_to"),
)
"""Power is positive for discharge, as Home Assistant wants it."""

DEVICE = SourceKind(
    "device",
    {DEVICE_ENERGY: Quantity.EV_CHARGE},
    needed=(DEVICE_ENERGY,),
    place=Place.DEVICES,
)

SOURCES: Mapping[MeterKind, tuple[SourceKind, ...]] = {
    MeterKind.GRID: (GRID,),
    MeterKind.GATEWAY: (GRID, SOLAR, BATTERY),
    MeterKind.EV_CHARGER: (DEVICE,),
}
"""The sources that each kind of meter can be."""

_CERTAIN = {MeterKind.GRID}
"""These are all that their kind can be, also before their first reading."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A source that the Energy dashboard could get."""

    meter: str
    source: SourceKind

    @property
    def kind(self) -> str:
        """The type of the source."""
        return self.source.type

    @property
    def key(self) -> str:
        """What the options of an entry hold where the source was asked for."""
        return f"{self.kind}/{self.meter}"

    @property
    def costs_key(self) -> str:
        """What they hold where the costs of the source were asked for."""
        return f"costs/{self.key}"

    @property
    def series(self) -> dict[str, Series]:
        """The series of each role."""
        return {
            role: Series(self.meter, quantity)
            for role, quantity in self.source.roles.items()
        }

    @property
    def needed(self) -> tuple[Series, ...]:
        """The series without which the source can't be."""
        return tuple(self.series[role] for role in self.source.needed)


def possible(meters: Iterable[Meter]) -> tuple[Offer, ...]:
    """Return what meters of these kinds may be to the Energy dashboard."""
    return tuple(
        Offer(meter.id, source)
        for meter in meters
        for source in SOURCES.get(meter.kind, ())
    )


def offers(meters: Iterable[Meter], known: Container[Series]) -> tuple[Offer, ...]:
    """Return what the meters could add to the Energy dashboard.

    `known` are the series that they turned out to have.
    """
    return tuple(
        offer
        for meter in meters
        for offer in possible([meter])
        if meter.kind in _CERTAIN or all(each in known for each in offer.needed)
    )
