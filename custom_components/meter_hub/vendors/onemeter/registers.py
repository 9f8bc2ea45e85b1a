"""Which registers of a meter are worth showing. Pure."""

from collections.abc import Mapping, Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
import re
from typing import Any

from ...metering.model import Series
from ...metering.vocabulary import ZONES, Channel, Quantity
from ..base import JsonObject
from .obis import DECIMALS, by_code, to_number
from .readout import Readout, part_of

PROSUMER_ABOVE = 1.0
"""kWh of export that no meter shows by chance; factory tests leave a little."""

IMPORT, EXPORT, ABSOLUTE, PULSES = "1_8", "2_8", "15_8", "S_1_1_12"

REACTIVE = {
    "3_8": Quantity.REACTIVE_IMPORT,
    "4_8": Quantity.REACTIVE_EXPORT,
    "5_8": Quantity.REACTIVE_Q1,
    "6_8": Quantity.REACTIVE_Q2,
    "7_8": Quantity.REACTIVE_Q3,
    "8_8": Quantity.REACTIVE_Q4,
}

_REGISTER = re.compile(
    f"({'|'.join((IMPORT, EXPORT, ABSOLUTE, *REACTIVE))})_[0-{len(ZONES)}]|{PULSES}"
)

HISTORIC = frozenset({Quantity.GRID_IMPORT, Quantity.GRID_EXPORT})
"""The registers whose history is worth a statistic."""


@dataclass(frozen=True, slots=True)
class Register:
    """A cumulative energy, as the sum of the values under its codes."""

    quantity: Quantity
    channel: Channel
    codes: tuple[str, ...]

    def series(self, device_id: str) -> Series:
        """Return the series of this register on a device."""
        return Series(device_id, self.quantity, self.channel)

    def scale(self, multiplier: float) -> float:
        """Return what the register is multiplied by: the reader's own never is."""
        return 1 if any(is_of_the_reader(code) for code in self.codes) else multiplier

    def value(self, values: Mapping[str, Any], multiplier: float) -> float | None:
        """Return the kWh or kvarh; None where any part is missing."""
        parts = [to_number(values.get(code)) for code in self.codes]
        known = [part for part in parts if part is not None]
        if not known or len(known) < len(parts):
            return None
        return round(sum(known) * self.scale(multiplier), DECIMALS)


def is_register(code: str) -> bool:
    """Tell whether `registers_of` has looked at a code, whatever it made of it."""
    return _REGISTER.fullmatch(code) is not None


def is_of_the_reader(code: str) -> bool:
    """Tell whether a value is the reader's own and not the meter's."""
    return code.startswith("S_")


def registers_of(
    device: JsonObject, now: datetime, in_use: AbstractSet[str]
) -> tuple[Register, ...]:
    """Choose the registers that are worth showing.

    A register whose codes were `in_use` before stays, so that a value that is
    missing for once doesn't turn another code into the import.
    """
    initial = Readout.of(device, "initialReading", now).numbers()
    first = Readout.of(device, "firstReading", now).numbers()
    last = Readout.of(device, "lastReading", now).numbers()
    numbers = {**first, **initial, **last}
    known = {*numbers, *in_use}

    def zones(stem: str) -> list[tuple[Channel, str]]:
        candidates = ((zone, f"{stem}_{n}") for n, zone in enumerate(ZONES, 1))
        return [
            (zone, code)
            for zone, code in candidates
            if numbers.get(code, 0) > 0 or code in in_use
        ]

    def family(quantity: Quantity, codes: tuple[str, ...]) -> list[Register]:
        """Return the total, and its zones where the tariff has more than one."""
        found = [Register(quantity, Channel.TOTAL, codes)]
        stem = codes[0].rpartition("_")[0]
        if len(parts := zones(stem)) > 1:
            found += [Register(quantity, zone, (code,)) for zone, code in parts]
        return found

    registers = []
    if codes := _import_codes(device, known):
        registers += family(Quantity.GRID_IMPORT, codes)
    elif parts := zones(IMPORT):
        sum_of_zones = tuple(code for _, code in parts)
        registers += family(Quantity.GRID_IMPORT, sum_of_zones)
    total_export = f"{EXPORT}_0"
    grown = last.get(total_export, 0) - initial.get(total_export, 0)
    exports = device.get("negativeEnergyExists") is True or grown > PROSUMER_ABOVE
    if total_export in in_use or (exports and total_export in known):
        registers += family(Quantity.GRID_EXPORT, (total_export,))
    for stem, quantity in {ABSOLUTE: Quantity.ABSOLUTE_ENERGY, **REACTIVE}.items():
        if f"{stem}_0" in known:
            registers += family(quantity, (f"{stem}_0",))
    if PULSES in known:
        registers.append(Register(Quantity.PULSE_ENERGY, Channel.TOTAL, (PULSES,)))
    return tuple(registers)


def _import_codes(device: JsonObject, known: AbstractSet[str]) -> tuple[str, ...]:
    """Name the code of the import where there is one for the total.

    The absolute energy adds the export to the import, so it comes last.
    """
    usage_keys = part_of(part_of(device, "config"), "usageKeys")
    vendors_choice = next(iter(by_code({str(usage_keys.get("activeEnergy")): 0})))
    for code in (f"{IMPORT}_0", vendors_choice, f"{ABSOLUTE}_0"):
        if code in known:
            return (code,)
    return ()
