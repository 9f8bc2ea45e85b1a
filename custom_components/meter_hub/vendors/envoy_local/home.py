"""What the house uses, and what flows at the grid where nothing measures it. Pure.

The gateway's own figure of consumption is solar plus grid power: while a battery
charges, it takes the charging for use. So the house's power is added up from what
flows in: from the sun, from the grid and from the battery, at the same instant.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pyenphase.const import ENDPOINT_URL_METERS, SupportedFeatures
from pyenphase.models.meters import CtType

from ...metering.integral import Integral
from ...metering.model import Reading
from ...metering.vocabulary import Quantity
from .batteries import Battery
from .snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Home:
    """The house, in W and Wh."""

    power: float | None = None
    energy: float | None = None
    """None as well where a battery would be part of what the gateway counts."""


def home_of(snapshot: Snapshot, battery: Battery) -> Home:
    """Return what the house uses, as far as it is known in this cycle."""
    data = snapshot.data
    if snapshot.has(CtType.NET_CONSUMPTION):
        solar = snapshot.ct(CtType.PRODUCTION)
        grid = snapshot.ct(CtType.NET_CONSUMPTION)
        if solar is None or grid is None:
            return Home()
        power = _sum(solar.active_power, grid.active_power, battery.share)
    elif snapshot.has(CtType.TOTAL_CONSUMPTION):
        total = snapshot.ct(CtType.TOTAL_CONSUMPTION)
        return Home(total.active_power, total.energy_delivered) if total else Home()
    elif _is_metered_alone(snapshot) and data.system_consumption:
        power = _sum(data.system_consumption.watts_now, battery.share)
    else:
        return Home()
    if battery.present or data.system_consumption is None:
        return Home(power)
    return Home(power, data.system_consumption.watt_hours_lifetime)


def home_readings(snapshot: Snapshot, home: Home) -> Iterator[Reading]:
    """Yield power and energy of the house, by phase where its use is measured."""
    yield from snapshot.live(Quantity.HOME_POWER, home.power)
    yield from snapshot.register(Quantity.HOME, home.energy)
    for channel in snapshot.channels:
        if total := snapshot.ct(CtType.TOTAL_CONSUMPTION, channel):
            yield from snapshot.live(Quantity.HOME_POWER, total.active_power, channel)
            yield from snapshot.register(Quantity.HOME, total.energy_delivered, channel)


def unmeasured_grid(snapshot: Snapshot, battery: Battery) -> float | None:
    """Return the W at the grid where they only follow from what the house uses."""
    if snapshot.has(CtType.NET_CONSUMPTION):
        return None
    total, solar = snapshot.ct(CtType.TOTAL_CONSUMPTION), snapshot.ct(CtType.PRODUCTION)
    if total is None or solar is None or battery.share is None:
        return None
    return total.active_power - solar.active_power - battery.share


def grid_readings(
    snapshot: Snapshot, power: float | None, counted: Integral
) -> Iterator[Reading]:
    """Yield what flows at the grid where no current transformer measures it.

    Import and export are `counted` from the power. A gateway that doesn't tell of its
    current transformers only tells the power.
    """
    if power is not None:
        yield from snapshot.live(Quantity.GRID_POWER, power, estimated=True)
        yield from snapshot.register(
            Quantity.GRID_IMPORT, counted.positive * 1000, estimated=True
        )
        yield from snapshot.register(
            Quantity.GRID_EXPORT, counted.negative * 1000, estimated=True
        )
    elif _is_metered_alone(snapshot) and (net := snapshot.data.system_net_consumption):
        yield from snapshot.live(Quantity.GRID_POWER, net.watts_now)


def _is_metered_alone(snapshot: Snapshot) -> bool:
    """Tell whether the gateway has a meter but doesn't tell of its parts."""
    return (
        SupportedFeatures.METERING in snapshot.features
        and not snapshot.ct_types
        and ENDPOINT_URL_METERS not in snapshot.unclear
    )


def _sum(*parts: float | None) -> float | None:
    known = [part for part in parts if part is not None]
    return sum(known) if len(known) == len(parts) else None
