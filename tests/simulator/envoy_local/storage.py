"""The batteries of a gateway: together they are the battery of the house."""

from dataclasses import dataclass
from datetime import UTC, timedelta

from ..house import Flow
from .gateway import WATT_MICROSECONDS_PER_WH, Gateway

FIRST_IQ = 492_200_020_001
FIRST_ACB = 121_900_030_001
STALE = timedelta(hours=6)
"""How old the state of charge in the inventory is."""


@dataclass(frozen=True, slots=True)
class Battery:
    """One battery, which has an equal part of everything."""

    serial: str
    watts: int
    """Positive while it discharges; all batteries' add up exactly to the house's."""
    max_watts: int
    capacity: int
    """In Wh."""
    level: int
    """In per cent."""
    stale_level: int

    @property
    def available(self) -> int:
        """The Wh that it holds."""
        return self.capacity * self.level // 100

    @property
    def state(self) -> str:
        """What it does, in the gateway's words."""
        if not self.watts:
            return "idle"
        return "discharging" if self.watts > 0 else "charging"


def iq_batteries(gateway: Gateway) -> list[Battery]:
    """Return the IQ batteries."""
    return _batteries(gateway)[: gateway.system.batteries]


def ac_batteries(gateway: Gateway) -> list[Battery]:
    """Return the AC batteries."""
    return _batteries(gateway)[gateway.system.batteries :]


def level(gateway: Gateway) -> int:
    """Return the state of charge of the house's battery, in per cent.

    The house's battery is empty at each midnight (UTC).
    """
    capacity = gateway.house.equipment.battery_watt_minutes * WATT_MICROSECONDS_PER_WH
    if not capacity:
        return 0
    midnight = gateway.now.astimezone(UTC).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    charged, discharged = (
        gateway.house.work(flow, midnight, gateway.now)
        for flow in (Flow.BATTERY_CHARGE, Flow.BATTERY_DISCHARGE)
    )
    return round(6000 * (charged - discharged) / capacity)


def _batteries(gateway: Gateway) -> list[Battery]:
    system, house = gateway.system, gateway.house
    if not system.storages:
        return []
    watts = house.power(Flow.BATTERY_DISCHARGE, gateway.now) - house.power(
        Flow.BATTERY_CHARGE, gateway.now
    )
    each, rest = divmod(watts, system.storages)
    serials = [FIRST_IQ + number for number in range(system.batteries)]
    serials += [FIRST_ACB + number for number in range(system.acbs)]
    charge = level(gateway)
    before = level(gateway.at(gateway.now - STALE))
    return [
        Battery(
            str(serial),
            each + (number < rest),
            house.equipment.battery_watts // system.storages,
            house.equipment.battery_watt_minutes // 60 // system.storages,
            charge,
            before,
        )
        for number, serial in enumerate(serials)
    ]
