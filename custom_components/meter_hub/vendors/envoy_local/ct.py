"""What current transformers measure of the sun, the grid and other circuits. Pure.

They count what they deliver to the house and what they receive from it: delivered
is solar energy, import from the grid and discharge of the battery.
"""

from collections.abc import Iterator
from math import copysign

from pyenphase.models.meters import CtType, EnvoyMeterData

from ...metering.model import Reading
from ...metering.vocabulary import Channel, Quantity
from .snapshot import Snapshot, to_number

CIRCUITS = (CtType.BACKFEED, CtType.LOAD, CtType.EVSE, CtType.PV3P)

_AT_THE_GRID = (CtType.NET_CONSUMPTION, CtType.TOTAL_CONSUMPTION, CtType.PRODUCTION)
"""Which of them tell the voltage of the grid; the first that there is does."""


def ct_readings(snapshot: Snapshot) -> Iterator[Reading]:
    """Yield all that needs nothing but the current transformers themselves.

    Voltage and power factor of several phases together are sums that mean nothing;
    these are only given by phase.
    """
    yield from _status(snapshot)
    for channel in (Channel.TOTAL, *snapshot.channels):
        if grid := snapshot.ct(CtType.NET_CONSUMPTION, channel):
            yield from snapshot.live(Quantity.GRID_POWER, grid.active_power, channel)
            yield from snapshot.register(
                Quantity.GRID_IMPORT, grid.energy_delivered, channel
            )
            yield from snapshot.register(
                Quantity.GRID_EXPORT, grid.energy_received, channel
            )
    for channel in snapshot.channels:
        if solar := snapshot.ct(CtType.PRODUCTION, channel):
            # At night the inverters draw a little, which is no negative sunshine.
            yield from snapshot.live(
                Quantity.SOLAR_POWER, max(solar.active_power, 0), channel
            )
            yield from snapshot.register(
                Quantity.SOLAR, solar.energy_delivered, channel
            )
    yield from _electrical(snapshot)
    for circuit in CIRCUITS:
        if ct := snapshot.ct(circuit):
            name = circuit.value
            yield from snapshot.live(Quantity.CIRCUIT_POWER, ct.active_power, name)
            yield from snapshot.register(
                Quantity.CIRCUIT_DELIVERED, ct.energy_delivered, name
            )
            yield from snapshot.register(
                Quantity.CIRCUIT_RECEIVED, ct.energy_received, name
            )


def _electrical(snapshot: Snapshot) -> Iterator[Reading]:
    source = next((each for each in _AT_THE_GRID if snapshot.has(each)), None)
    if source is None:
        return
    if total := snapshot.ct(source):
        yield from snapshot.live(Quantity.FREQUENCY, total.frequency or None)
    # A single phase is measured as the total.
    parts = snapshot.channels or (Channel.TOTAL,)
    for part in parts:
        channel = Channel.L1 if part is Channel.TOTAL else part
        if (ct := snapshot.ct(source, part)) is None:
            continue
        yield from snapshot.live(Quantity.VOLTAGE, ct.voltage, channel)
        if source is CtType.NET_CONSUMPTION:
            yield from snapshot.live(Quantity.CURRENT, _directed(ct), channel)
            yield from snapshot.live(Quantity.POWER_FACTOR, ct.power_factor, channel)


def _directed(ct: EnvoyMeterData) -> float | None:
    """Return the current, below zero for export."""
    current = to_number(ct.current)
    return None if current is None else copysign(current, ct.active_power)


def _status(snapshot: Snapshot) -> Iterator[Reading]:
    for name, ct in sorted(snapshot.data.ctmeters.items()):
        if ct is not None and ct.metering_status:
            words = (ct.metering_status, *(ct.status_flags or ()))
            yield snapshot.word(
                Quantity.CT_STATUS, ", ".join(str(word) for word in words), str(name)
            )
