"""What a meter sent last: a packet for each of four periods. Pure.

Meters on the customer interface (HAN) send currents, voltages and registers of the
grid operator's meter. Meters with current clamps send currents and the electric
charge they have counted, no voltages: energy follows from the nominal voltage.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Any

from ..base import JsonObject
from .values import PerPhase, from_millis, part_of, to_id, to_number, to_phases, to_text

DECIMALS = 3
"""The registers count watt-hours."""

_CHARGE_PER_KILOWATT_HOUR = 3.6e9
"""In mA·s: what a kWh at one volt carries."""

_VOLTS_PER_KILOWATT_HOUR = 1000
"""At which an Ah carries one."""


class Bucket(StrEnum):
    """The period of a packet, the most recent first."""

    REAL_TIME = "PhaseRealTime"
    MINUTE = "PhaseMinute"
    HOUR = "PhaseHour"
    DAY = "PhaseDay"


_LENGTHS = {
    Bucket.REAL_TIME: timedelta(0),
    Bucket.MINUTE: timedelta(minutes=1),
    Bucket.HOUR: timedelta(hours=1),
}


@dataclass(frozen=True, slots=True)
class Measured:
    """What one packet holds: A, V and kWh."""

    currents: PerPhase = ()
    voltages: PerPhase = ()
    lowest: PerPhase = ()
    highest: PerPhase = ()
    imported: float | None = None
    """The register at the end of the period."""
    exported: float | None = None
    imported_in_period: PerPhase = ()
    exported_in_period: PerPhase = ()
    power_is_estimated: bool = False
    """Whether the voltages are the nominal one."""
    energy_is_estimated: bool = False
    """Whether the energies follow from charge and the nominal voltage."""
    scale: float = 1
    """By what the meter's own number was multiplied to be kWh: a charge is in Ah."""

    @property
    def powers(self) -> PerPhase:
        """The apparent power of each phase in W, with the sign of its current."""
        return tuple(
            None if current is None or voltage is None else current * voltage
            for current, voltage in zip(self.currents, self._all_voltages, strict=True)
        )

    @property
    def tells_power(self) -> bool:
        """Whether the power of every phase that carries a current is known."""
        known = [power is not None for power in self.powers]
        currents = [current is not None for current in self.currents]
        return bool(known) and any(known) and known == currents

    @property
    def _all_voltages(self) -> PerPhase:
        missing = len(self.currents) - len(self.voltages)
        return (*self.voltages, *(None,) * missing)[: len(self.currents)]


@dataclass(frozen=True, slots=True)
class Packet:
    """What a meter measured in one period."""

    bucket: Bucket
    start: datetime | None
    end: datetime | None
    """None where the packet doesn't tell its time."""
    measured: Measured
    firmware: str | None = None
    signal: float | None = None
    """dBm."""


type Packets = dict[Bucket, Packet]


def packets_of(entry: JsonObject, zone: tzinfo, nominal: float) -> Packets:
    """Return the packets of one meter's entry; what can't be read is left out.

    Days are those of `zone`; `nominal` is the voltage between phase and neutral.
    """
    found = part_of(entry, "LatestPackets")
    return {
        bucket: _packet_of(bucket, found[bucket], zone, nominal)
        for bucket in Bucket
        if isinstance(found.get(bucket), dict)
    }


def measured_of(data: JsonObject, nominal: float) -> Measured:
    """Read the values of a packet, or of a point of history."""
    currents = to_phases(data.get("hiavg")) or to_phases(data.get("iavg"))
    voltages = to_phases(data.get("huavg")) or to_phases(data.get("uavg"))
    imported = _energy(data.get("hwi"))
    exported = _energy(data.get("hwo"))
    in_period = _energies(data.get("hwpi"))
    before = _charges(data.get("qmin"), currents)
    after = _charges(data.get("qmax"), currents)
    by_charge = imported is None and exported is None and bool(after)
    if by_charge:
        counted = sum(charge for charge in after if charge is not None)
        imported = _estimate(counted, nominal)
        in_period = in_period or _rises(before, after, nominal)
    by_clamps = not voltages and "hiavg" not in data and bool(currents)
    if by_clamps:
        voltages = (nominal,) * len(currents)
    return Measured(
        currents=currents,
        voltages=voltages,
        lowest=to_phases(data.get("himin")) or to_phases(data.get("imin")),
        highest=to_phases(data.get("himax")) or to_phases(data.get("imax")),
        imported=imported,
        exported=exported,
        imported_in_period=in_period,
        exported_in_period=_energies(data.get("hwpo")),
        power_is_estimated=by_clamps,
        energy_is_estimated=by_charge,
        scale=nominal / _VOLTS_PER_KILOWATT_HOUR if by_charge else 1,
    )


def item_of(entry: JsonObject) -> str | None:
    """Return the id of the item that an entry belongs to."""
    return to_id(entry.get("ItemId"))


def newest_end(packets: Packets) -> datetime | None:
    """Return until when a meter has told something."""
    ends = [packet.end for packet in packets.values() if packet.end is not None]
    return max(ends, default=None)


def midnight_after(instant: datetime, zone: tzinfo) -> datetime:
    """Return when the local day of an instant ends."""
    local = instant.astimezone(zone)
    tomorrow = (local + timedelta(days=1)).date()
    midnight = datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=zone)
    return midnight.astimezone(instant.tzinfo)


def _packet_of(
    bucket: Bucket, raw: dict[str, Any], zone: tzinfo, nominal: float
) -> Packet:
    start = from_millis(raw.get("ts"))
    end = start
    if start is not None:
        length = _LENGTHS.get(bucket)
        end = midnight_after(start, zone) if length is None else start + length
    return Packet(
        bucket,
        start,
        end,
        measured_of(part_of(raw, "data"), nominal),
        firmware=to_text(raw.get("fw")),
        signal=to_number(raw.get("rssi")),
    )


def _energy(value: object) -> float | None:
    number = to_number(value)
    return None if number is None or number < 0 else number


def _energies(value: object) -> PerPhase:
    """Return the energy of each phase; none is below zero."""
    return tuple(_energy(each) for each in to_phases(value))


def _charges(value: object, currents: PerPhase) -> PerPhase:
    """Return the charge of each phase, None where no current tells that it is used.

    () where one is missing or none was counted: their sum would be another register.
    """
    charges = tuple(_energy(each) for each in to_phases(value))
    flows = (*currents, *(None,) * len(charges)) if currents else (0.0,) * len(charges)
    missing = any(
        charge is None and flow is not None
        for charge, flow in zip(charges, flows, strict=False)
    )
    return () if missing or not any(charges) else charges


def _rises(before: PerPhase, after: PerPhase, nominal: float) -> PerPhase:
    """Return the energy of each phase; None where its charge did not go on."""
    return tuple(
        None if a is None or b is None or b < a else _estimate(b - a, nominal)
        for a, b in zip(before, after, strict=False)
    )


def _estimate(charge: float, nominal: float) -> float:
    return round(charge / _CHARGE_PER_KILOWATT_HOUR * nominal, DECIMALS)
