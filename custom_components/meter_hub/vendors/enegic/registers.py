"""Which packets tell what the registers stand at. Pure."""

from datetime import UTC, datetime

from ...metering.vocabulary import Quantity
from .packets import Bucket, Measured, Packet, Packets

LONG_AGO = datetime.min.replace(tzinfo=UTC)
"""Stands for the time of a packet that tells none, when the newest is looked for."""

_WITH_REGISTERS = (Bucket.MINUTE, Bucket.HOUR, Bucket.DAY)

_REGISTERS = (Quantity.GRID_IMPORT, Quantity.GRID_EXPORT)


def register_packets(packets: Packets) -> dict[Quantity, Packet]:
    """Return for each register the packet whose period ended last: it is the newest.

    Where the times are unknown the shortest period counts.
    """
    found: dict[Quantity, Packet] = {}
    for quantity in _REGISTERS:
        candidates = [
            packets[bucket]
            for bucket in _WITH_REGISTERS
            if bucket in packets
            and register_of(packets[bucket].measured, quantity) is not None
        ]
        if candidates:
            found[quantity] = max(candidates, key=lambda each: each.end or LONG_AGO)
    return found


def register_of(measured: Measured, quantity: Quantity) -> float | None:
    """Return what a register stood at in kWh, None where it is not told."""
    imports = quantity is Quantity.GRID_IMPORT
    return measured.imported if imports else measured.exported
