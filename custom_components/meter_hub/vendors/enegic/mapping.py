"""What a meter's packets say, in the words of the domain. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from ...metering.model import Reading, Series, Value
from ...metering.vocabulary import PHASES, Channel, MeterStatus, Quantity
from .averages import Rise
from .packets import Bucket, Measured, Packet, Packets, newest_end
from .periods import periods
from .registers import LONG_AGO, register_of, register_packets

STALE = timedelta(seconds=300)
"""A packet that ended longer ago says nothing about the present; the cloud serves
the last one for ever."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What beside the packets matters to a meter's readings."""

    meter: str
    now: datetime
    zone: tzinfo
    sign: int | None
    """By what currents are multiplied to be positive for import; None: not known."""
    rise: Rise | None
    by_registers: bool
    """Whether the power's direction is only to be had from the registers."""
    fuse: float | None
    estimated: bool
    """Whether what the registers rose by is an estimate."""
    lasting: timedelta
    """How long after its end a packet tells of the present."""

    def reading(
        self,
        quantity: Quantity,
        value: Value | None,
        packet: Packet,
        channel: Channel = Channel.TOTAL,
        *,
        estimated: bool = False,
    ) -> Reading:
        """Return a value of the present."""
        at = min(packet.end or self.now, self.now)
        series = Series(self.meter, quantity, channel)
        return Reading(series, value, at, at + self.lasting, estimated=estimated)


def readings_of(packets: Packets, frame: Frame) -> tuple[Reading, ...]:
    """Return all that the packets of a meter say; none where they hold no values."""
    present = sorted(
        (each for each in packets.values() if each.bucket in _PRESENT),
        key=lambda each: (each.end or LONG_AGO, each.bucket is Bucket.REAL_TIME),
        reverse=True,
    )
    return (
        *_registers(packets, frame),
        *periods(packets, frame.meter, frame.zone),
        *_power(present, frame),
        *_phases(present, frame),
        *_extremes(present, frame),
        *_averages(frame),
        *_state(packets, present, frame),
    )


def status_of(packets: Packets | None, now: datetime) -> MeterStatus:
    """Tell whether a meter is heard from; `packets` is None where it sent none."""
    if packets is None:
        return MeterStatus.OFFLINE
    if all(packet.measured == Measured() for packet in packets.values()):
        return MeterStatus.NO_DATA
    end = newest_end(packets)
    return MeterStatus.STALE if end and now >= end + STALE else MeterStatus.OK


_PRESENT = (Bucket.REAL_TIME, Bucket.MINUTE)


def _registers(packets: Packets, frame: Frame) -> Iterator[Reading]:
    for quantity, packet in register_packets(packets).items():
        yield Reading(
            Series(frame.meter, quantity),
            register_of(packet.measured, quantity),
            None if packet.end is None else min(packet.end, frame.now),
            estimated=packet.measured.energy_is_estimated,
            scale=packet.measured.scale,
        )


def _power(present: Sequence[Packet], frame: Frame) -> Iterator[Reading]:
    """Yield the power of all phases: of the newest packet, else from the registers."""
    packet = None if frame.by_registers else _tells_power(present, frame)
    if packet is not None and frame.sign is not None:
        measured = packet.measured
        powers = [each * frame.sign for each in measured.powers if each is not None]
        values = (
            (Quantity.GRID_POWER, sum(powers)),
            (Quantity.IMPORT_POWER, sum(power for power in powers if power > 0)),
            (Quantity.EXPORT_POWER, -sum(power for power in powers if power < 0)),
        )
        estimated = measured.power_is_estimated
        for quantity, value in values:
            if quantity is Quantity.EXPORT_POWER and estimated and not value:
                # Clamps that have shown no export may not be able to.
                continue
            power = round(value + 0.0, 1)
            yield frame.reading(quantity, power, packet, estimated=estimated)
    elif (rise := frame.rise) is not None:
        net = round(rise.import_power - (rise.export_power or 0), 1)
        yield _of_rise(Quantity.GRID_POWER, net, rise, frame)
        yield _of_rise(Quantity.IMPORT_POWER, rise.import_power, rise, frame)
        if (exported := rise.export_power) is not None:
            yield _of_rise(Quantity.EXPORT_POWER, exported, rise, frame)


def _tells_power(present: Sequence[Packet], frame: Frame) -> Packet | None:
    """Return the newest packet that tells the power, unless only the registers do."""
    telling = [packet for packet in present if packet.measured.tells_power]
    fresh = [each for each in telling if (each.end or frame.now) + STALE > frame.now]
    return next(iter(fresh or ([] if frame.rise else telling)), None)


def _phases(present: Sequence[Packet], frame: Frame) -> Iterator[Reading]:
    power = next((each for each in present if each.measured.tells_power), None)
    if power is not None and frame.sign is not None:
        yield from _per_phase(
            Quantity.GRID_POWER, _signed(power.measured.powers, frame), power, frame, 1
        )
    if (packet := _first(present, "currents")) is not None:
        currents = _signed(packet.measured.currents, frame)
        yield from _per_phase(Quantity.CURRENT, currents, packet, frame, 2)
        if frame.fuse is not None:
            headroom = tuple(
                None if each is None else frame.fuse - each for each in currents
            )
            yield from _per_phase(Quantity.FUSE_HEADROOM, headroom, packet, frame, 2)
    measuring = [each for each in present if not each.measured.power_is_estimated]
    if (packet := _first(measuring, "voltages")) is not None:
        voltages = packet.measured.voltages
        yield from _per_phase(Quantity.VOLTAGE, voltages, packet, frame, 1)


def _extremes(present: Sequence[Packet], frame: Frame) -> Iterator[Reading]:
    """Yield the lowest and the highest current, which change places with the sign."""
    low, high = Quantity.LOWEST_CURRENT, Quantity.HIGHEST_CURRENT
    if frame.sign == -1:
        low, high = high, low
    for name, quantity in (("lowest", low), ("highest", high)):
        minutes = [each for each in present if each.bucket is Bucket.MINUTE]
        if (packet := _first(minutes or present, name)) is not None:
            currents = _signed(getattr(packet.measured, name), frame)
            yield from _per_phase(quantity, currents, packet, frame, 2)


def _averages(frame: Frame) -> Iterator[Reading]:
    if (rise := frame.rise) is not None:
        for quantity, value in (
            (Quantity.AVERAGE_IMPORT_POWER, rise.import_power),
            (Quantity.AVERAGE_EXPORT_POWER, rise.export_power),
        ):
            if value is not None:
                yield _of_rise(quantity, value, rise, frame)


def _state(
    packets: Packets, present: Sequence[Packet], frame: Frame
) -> Iterator[Reading]:
    for packet in present:
        if packet.signal is not None:
            yield frame.reading(Quantity.SIGNAL_STRENGTH, packet.signal, packet)
            break
    if (end := newest_end(packets)) is not None:
        end = min(end, frame.now)
        yield Reading(Series(frame.meter, Quantity.LAST_READING), end, end)


def _per_phase(
    quantity: Quantity,
    values: Sequence[float | None],
    packet: Packet,
    frame: Frame,
    digits: int,
) -> Iterator[Reading]:
    unit_is_power = quantity is Quantity.GRID_POWER
    for phase, value in zip(PHASES, values, strict=False):
        if value is not None:
            rounded = round(value, digits) + 0.0
            estimated = unit_is_power and packet.measured.power_is_estimated
            yield frame.reading(quantity, rounded, packet, phase, estimated=estimated)


def _of_rise(quantity: Quantity, value: float, rise: Rise, frame: Frame) -> Reading:
    at = min(rise.end, frame.now)
    series = Series(frame.meter, quantity)
    return Reading(series, value, at, at + frame.lasting, estimated=frame.estimated)


def _first(packets: Sequence[Packet], name: str) -> Packet | None:
    return next((each for each in packets if getattr(each.measured, name)), None)


def _signed(values: Sequence[float | None], frame: Frame) -> list[float | None]:
    sign = 1 if frame.sign is None else frame.sign
    return [None if value is None else value * sign for value in values]
