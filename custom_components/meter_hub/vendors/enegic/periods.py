"""The energy of today, of yesterday and of the last hour. Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo

from ...metering.model import Reading, Series
from ...metering.vocabulary import PHASES, Channel, Quantity
from .packets import DECIMALS, Bucket, Packet, Packets, midnight_after
from .registers import register_of, register_packets
from .values import PerPhase

_TODAY = {
    Quantity.GRID_IMPORT: Quantity.GRID_IMPORT_TODAY,
    Quantity.GRID_EXPORT: Quantity.GRID_EXPORT_TODAY,
}

_LATE = timedelta(minutes=15)
"""So long after the end of a period the packet of the next one has come."""


def periods(packets: Packets, meter: str, zone: tzinfo) -> Iterator[Reading]:
    """Yield what was imported and exported in the calendar periods of `zone`."""
    yield from _today(packets, meter, zone)
    if (day := packets.get(Bucket.DAY)) and day.end:
        valid = midnight_after(day.end, zone) + _LATE
        yield from _ended(
            day,
            (Quantity.GRID_IMPORT_YESTERDAY, Quantity.GRID_EXPORT_YESTERDAY),
            meter,
            valid,
        )
    if (hour := packets.get(Bucket.HOUR)) and hour.start and hour.end:
        valid = hour.end + (hour.end - hour.start) + _LATE
        yield from _ended(
            hour,
            (Quantity.GRID_IMPORT_LAST_HOUR, Quantity.GRID_EXPORT_LAST_HOUR),
            meter,
            valid,
        )


def _today(packets: Packets, meter: str, zone: tzinfo) -> Iterator[Reading]:
    """Yield what the registers counted since the day packet, if that is yesterday's.

    Soon after midnight it is still that of the day before: then nothing is known.
    """
    if (day := packets.get(Bucket.DAY)) is None:
        return
    for register, newest in register_packets(packets).items():
        now = register_of(newest.measured, register)
        if newest.start is None or now is None:
            continue
        midnight = _midnight_before(newest.start, zone)
        then = register_of(day.measured, register)
        energy = None
        if (
            day.end == midnight
            and day.start is not None
            and day.start == _midnight_before(day.start, zone)
            and then is not None
            and now >= then
        ):
            energy = round(now - then, DECIMALS)
        yield Reading(
            Series(meter, _TODAY[register]),
            energy,
            newest.end,
            midnight_after(newest.start, zone),
            since=None if energy is None else midnight,
            estimated=newest.measured.energy_is_estimated,
        )


def _ended(
    packet: Packet,
    quantities: tuple[Quantity, Quantity],
    meter: str,
    valid_until: datetime,
) -> Iterator[Reading]:
    measured = packet.measured
    energies = (measured.imported_in_period, measured.exported_in_period)
    for quantity, by_phase in zip(quantities, energies, strict=True):
        for channel, energy in _with_total(by_phase):
            yield Reading(
                Series(meter, quantity, channel),
                round(energy, DECIMALS),
                packet.end,
                valid_until,
                since=packet.start,
                estimated=measured.energy_is_estimated,
            )


def _with_total(by_phase: PerPhase) -> Iterator[tuple[Channel, float]]:
    known = [energy for energy in by_phase if energy is not None]
    if known:
        yield Channel.TOTAL, sum(known)
    for phase, energy in zip(PHASES, by_phase, strict=False):
        if energy is not None:
            yield phase, energy


def _midnight_before(instant: datetime, zone: tzinfo) -> datetime:
    """Return when the local day of an instant began."""
    date = instant.astimezone(zone).date()
    begin = datetime(date.year, date.month, date.day, tzinfo=zone)
    return begin.astimezone(instant.tzinfo)
