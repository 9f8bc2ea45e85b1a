"""The system controller and the meter collar, which part a house from the grid. Pure."""

from collections.abc import Iterator

from ...metering.model import Meter, Reading
from ...metering.vocabulary import MeterKind, Quantity
from .batteries import MANUFACTURER
from .snapshot import Snapshot, to_number

_RELAY = {"closed": True, "open": False}
_COLLAR = {"on_grid": True, "off_grid": False}


def controller_readings(snapshot: Snapshot) -> Iterator[Reading]:
    """Yield whether the house is connected to the grid, and temperatures."""
    if enpower := snapshot.data.enpower:
        meter = enpower.serial_number
        connected = _RELAY.get(str(enpower.mains_oper_state).lower())
        if connected is not None:
            yield snapshot.word(Quantity.GRID_CONNECTED, connected, meter=meter)
        if (fahrenheit := to_number(enpower.temperature)) is not None:
            celsius = round((fahrenheit - 32) * 5 / 9, 1)
            yield from snapshot.live(Quantity.TEMPERATURE, celsius, meter=meter)
    if collar := snapshot.data.collar:
        meter = collar.serial_number
        connected = _COLLAR.get(str(collar.grid_state).lower())
        if connected is not None:
            yield snapshot.word(Quantity.GRID_CONNECTED, connected, meter=meter)
        yield from snapshot.live(Quantity.TEMPERATURE, collar.temperature, meter=meter)


def controller_meters(snapshot: Snapshot) -> Iterator[Meter]:
    """Yield the system controller and the meter collar."""
    for name, unit in (
        ("System Controller", snapshot.data.enpower),
        ("Meter Collar", snapshot.data.collar),
    ):
        if unit is not None:
            serial = unit.serial_number
            yield Meter(
                serial,
                f"{name} {serial}",
                MeterKind.CONTROLLER,
                MANUFACTURER,
                f"IQ {name}",
                serial,
                firmware=str(unit.firmware_version),
                hardware=str(unit.part_number),
                parent=snapshot.serial,
            )
