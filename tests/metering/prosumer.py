"""A day of a prosumer with two tariff zones, as a Polish grid operator metered it."""

from datetime import UTC, datetime

from custom_components.meter_hub.metering.ledger import Book
from custom_components.meter_hub.metering.model import Series
from custom_components.meter_hub.metering.spans import HOUR
from custom_components.meter_hub.metering.vocabulary import Channel, Quantity

from .fake_recorder import FakeRecorder

MIDNIGHT = datetime(2024, 10, 16, 22, tzinfo=UTC)
"""17 October 2024, 00:00 in Warsaw."""

NIGHT_IMPORT = (0.374, 0.331, 0.342, 0.341, 0.335, 0.468)
DAY_IMPORT = (0.52, 0.727, 1.085, 0.878, 0.292, 0.112, 0.143)
NOON_IMPORT = (0.479,)
DAY_EXPORT = (0.0, 0.0, 0.0, 0.011, 0.595, 0.091, 0.037)

ZONES = (Channel.ZONE1, Channel.ZONE2)


def series(quantity: Quantity, channel: str = Channel.TOTAL) -> Series:
    """Return a series of the prosumer's meter."""
    return Series("m", quantity, channel)


IMPORT = {
    Channel.ZONE1: (0.0,) * 6 + DAY_IMPORT + (0.0,),
    Channel.ZONE2: NIGHT_IMPORT + (0.0,) * 7 + NOON_IMPORT,
}
EXPORT = {Channel.ZONE1: (0.0,) * 6 + DAY_EXPORT, Channel.ZONE2: (0.0,) * 13}
"""One hour shorter than the import: export is published later."""

ENERGIES = {
    series(quantity, zone): {
        MIDNIGHT + number * HOUR: energy for number, energy in enumerate(values)
    }
    for quantity, zones in (
        (Quantity.GRID_IMPORT, IMPORT),
        (Quantity.GRID_EXPORT, EXPORT),
    )
    for zone, values in zones.items()
}


def book(energies: dict[datetime, float]) -> Book:
    """Return the rows of a series."""
    return FakeRecorder().write(energies)
