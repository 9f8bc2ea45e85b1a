"""IQ batteries, AC batteries, and what steers them. Pure.

IQ batteries tell their power in mW, below zero while they charge, and their charge
in two places, of which the inventory's is out of date.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pyenphase.const import ENDPOINT_URL_METERS, SupportedFeatures
from pyenphase.models.acb import ACBChargeStatus, EnvoyACB
from pyenphase.models.meters import CtType

from ...metering.integral import Integral
from ...metering.model import Meter, Reading
from ...metering.vocabulary import Channel, MeterKind, Quantity
from .adapter import BATTERY_PATH
from .snapshot import Snapshot, to_number

MANUFACTURER = "Enphase"

_MW_IN_W = 1000


@dataclass(frozen=True, slots=True)
class Battery:
    """All batteries of a gateway together."""

    present: bool
    power: float | None
    """W, positive for discharge; None where it is not known in this cycle."""
    measured: bool
    """Whether current transformers measure it, or may, so that its energy is counted."""

    @property
    def share(self) -> float | None:
        """What the batteries add to the power of the house in W; zero without any."""
        return self.power if self.present else 0.0

    @property
    def uncounted_power(self) -> float | None:
        """The power in W where no current transformer counts its energy."""
        return self.power if self.present and not self.measured else None


def battery_of(snapshot: Snapshot, known: bool) -> Battery:
    """Return what the batteries do; `known` tells whether there were any before."""
    data = snapshot.data
    if snapshot.has(CtType.STORAGE):
        storage = snapshot.ct(CtType.STORAGE)
        power = storage.active_power if storage else None
        return Battery(True, power, measured=True)
    parts: list[float | None] = []
    if SupportedFeatures.ENCHARGE in snapshot.features:
        if data.encharge_power is None:
            parts.append(None)
        else:
            parts += [
                None if power is None else power / _MW_IN_W
                for unit in data.encharge_power.values()
                for power in (to_number(unit.real_power_mw),)
            ]
    if SupportedFeatures.ACB in snapshot.features:
        parts.append(to_number(data.acb_power and data.acb_power.power))
    if not parts:
        doubtful = known or BATTERY_PATH in snapshot.unclear
        return Battery(doubtful, None, measured=False)
    powers = [part for part in parts if part is not None]
    complete = len(powers) == len(parts)
    # While the list of current transformers is out of order, one may count the energy.
    measured = ENDPOINT_URL_METERS in snapshot.unclear
    return Battery(True, sum(powers) if complete else None, measured)


def battery_readings(
    snapshot: Snapshot, battery: Battery, counted: Integral
) -> Iterator[Reading]:
    """Yield what all batteries together do, hold and have moved.

    Without current transformers of their own, what they have moved is `counted`
    from their power.
    """
    for channel in (Channel.TOTAL, *snapshot.channels):
        if storage := snapshot.ct(CtType.STORAGE, channel):
            yield from snapshot.live(
                Quantity.BATTERY_POWER, storage.active_power, channel
            )
            yield from snapshot.register(
                Quantity.BATTERY_DISCHARGE, storage.energy_delivered, channel
            )
            yield from snapshot.register(
                Quantity.BATTERY_CHARGE, storage.energy_received, channel
            )
    if battery.uncounted_power is not None:
        yield from snapshot.live(Quantity.BATTERY_POWER, battery.uncounted_power)
        yield from snapshot.register(
            Quantity.BATTERY_DISCHARGE, counted.positive * 1000, estimated=True
        )
        yield from snapshot.register(
            Quantity.BATTERY_CHARGE, counted.negative * 1000, estimated=True
        )
    yield from _charge(snapshot)
    yield from _units(snapshot)


def _charge(snapshot: Snapshot) -> Iterator[Reading]:
    """Yield how full all batteries together are."""
    data = snapshot.data
    if together := data.battery_aggregate:
        level, held = together.state_of_charge, together.available_energy
        capacity = together.max_available_capacity
    elif data.encharge_inventory and (iq := data.encharge_aggregate):
        level, held = iq.state_of_charge, iq.available_energy
        capacity = iq.max_available_capacity
    elif acb := data.acb_power:
        yield from snapshot.live(Quantity.BATTERY_LEVEL, acb.state_of_charge)
        yield from _stored(snapshot, Quantity.BATTERY_AVAILABLE, acb.charge_wh)
        return
    else:
        return
    yield from snapshot.live(Quantity.BATTERY_LEVEL, level)
    yield from _stored(snapshot, Quantity.BATTERY_AVAILABLE, held)
    yield from _stored(snapshot, Quantity.BATTERY_CAPACITY, capacity)


def _stored(
    snapshot: Snapshot, quantity: Quantity, watt_hours: object
) -> Iterator[Reading]:
    if (number := to_number(watt_hours)) is not None:
        yield from snapshot.live(quantity, number / 1000)


def _units(snapshot: Snapshot) -> Iterator[Reading]:
    """Yield what each battery tells of itself."""
    data, live = snapshot.data, snapshot.live
    for serial, power in (data.encharge_power or {}).items():
        if serial in (data.encharge_inventory or {}):
            yield from live(Quantity.BATTERY_LEVEL, power.soc, meter=serial)
            if (real := to_number(power.real_power_mw)) is not None:
                yield from live(Quantity.BATTERY_POWER, real / _MW_IN_W, meter=serial)
    for serial, unit in (data.encharge_inventory or {}).items():
        yield from live(Quantity.TEMPERATURE, unit.temperature, meter=serial)
    for serial, acb in (data.acb_inventory or {}).items():
        yield from live(Quantity.BATTERY_LEVEL, acb.percent_full, meter=serial)
        yield from live(Quantity.BATTERY_POWER, _directed(acb), meter=serial)
        yield from live(Quantity.TEMPERATURE, acb.max_cell_temp, meter=serial)
    if (together := data.acb_power) and not data.acb_inventory:
        meter = acb_id(snapshot.serial)
        yield from live(Quantity.BATTERY_LEVEL, together.state_of_charge, meter=meter)
        yield from live(Quantity.BATTERY_POWER, together.power, meter=meter)


def _directed(acb: EnvoyACB) -> float | None:
    """Return the W of an AC battery: the direction is told apart from the number."""
    watts = to_number(acb.last_report_watts)
    if watts is None:
        return None
    match acb.charge_status:
        case ACBChargeStatus.CHARGING:
            return -abs(watts)
        case ACBChargeStatus.DISCHARGING:
            return abs(watts)
        case ACBChargeStatus.IDLE:
            return 0
        case _:
            return None


def acb_id(serial: str) -> str:
    """Return the id of a gateway's AC batteries where they are told of together."""
    return f"{serial}_acb"


def battery_meters(snapshot: Snapshot) -> Iterator[Meter]:
    """Yield the batteries."""
    data, parent = snapshot.data, snapshot.serial
    for serial, unit in (data.encharge_inventory or {}).items():
        yield Meter(
            serial,
            f"IQ Battery {serial}",
            MeterKind.BATTERY,
            MANUFACTURER,
            "IQ Battery",
            serial,
            firmware=str(unit.firmware_version),
            hardware=str(unit.part_number),
            parent=parent,
        )
    for serial, acb in (data.acb_inventory or {}).items():
        yield Meter(
            serial,
            f"AC Battery {serial}",
            MeterKind.BATTERY,
            MANUFACTURER,
            "AC Battery",
            serial,
            hardware=acb.part_num or None,
            parent=parent,
        )
    if data.acb_power and not data.acb_inventory:
        yield Meter(
            acb_id(parent),
            "AC Batteries",
            MeterKind.BATTERY,
            MANUFACTURER,
            "AC Battery",
            parent=parent,
        )
