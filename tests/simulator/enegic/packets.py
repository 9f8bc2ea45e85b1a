"""The latest packets of a meter, one of each kind.

Their `ts` is the start of the period, their registers are those of its end. Packets
of minutes, hours and days share one sequence of numbers, those of ten seconds have
their own. Days are those of the item's time zone. A packet is sent again until the
next one of its kind is complete, also when a meter falls silent.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from ..day import EPOCH
from .meter import HOUR, MINUTE, Family, Meter
from .phases import clamp_data, han_data, han_energies

TEN_SECONDS = timedelta(seconds=10)
FIRMWARE = "4.5.15"
PACKET_VERSION = {Family.EM2ONE: 3, Family.EM1: 2}
HEADERS = {
    "PhaseDay": 1006,
    "PhaseHour": 1005,
    "PhaseMinute": 1004,
    "PhaseRealTime": 1002,
}


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time of which there is a packet."""

    start: datetime
    end: datetime
    seqno: int


def latest_packets(meter: Meter) -> dict[str, dict[str, Any]]:
    """Return the packets by kind; what has never been complete is absent."""
    periods = {
        "PhaseDay": _newest(meter, _days(meter)),
        "PhaseHour": _newest(meter, _hours(meter)),
        "PhaseMinute": _minute(meter),
        "PhaseRealTime": _ten_seconds(meter),
    }
    return {
        kind: _packet(meter, kind, period)
        for kind, period in periods.items()
        if period is not None
    }


def real_time_packet(meter: Meter) -> dict[str, Any]:
    """Return the packet of the last ten seconds; empty where there has been none."""
    period = _ten_seconds(meter)
    return _packet(meter, "PhaseRealTime", period) if period else {}


def sequence_number(meter: Meter) -> int:
    """Return the number of the last packet of a minute, hour or day."""
    periods = (
        _minute(meter),
        _newest(meter, _hours(meter)),
        _newest(meter, _days(meter)),
    )
    return max((period.seqno for period in periods if period), default=0)


def _packet(meter: Meter, kind: str, period: Period) -> dict[str, Any]:
    return {
        "data": _data(meter, kind, period),
        "fw": FIRMWARE,
        "hdr": HEADERS[kind],
        "iid": meter.item_id,
        "it": "Phase",
        "pv": PACKET_VERSION[meter.family],
        "rssi": -58 - period.end.minute % 7,
        "seqno": period.seqno,
        "ts": (period.start - EPOCH) // timedelta(milliseconds=1),
    }


def _data(meter: Meter, kind: str, period: Period) -> dict[str, Any]:
    if meter.family is Family.EM1:
        return clamp_data(meter, period.start, period.end)
    data = han_data(meter, period.start, period.end)
    if kind == "PhaseRealTime":
        del data["himin"], data["himax"]
        return data
    feed = meter.feed()
    for readout in feed.readouts(period.end, period.end):
        data |= meter.shown(feed, readout)
    if kind != "PhaseMinute":
        data |= han_energies(meter, period.start, period.end)
    return data


def _ten_seconds(meter: Meter) -> Period | None:
    readout = meter.feed(TEN_SECONDS).newest()
    if readout is None:
        return None
    end = readout.taken
    return Period(end - TEN_SECONDS, end, (end - meter.begin) // TEN_SECONDS)


def _minute(meter: Meter) -> Period | None:
    readout = meter.feed().newest()
    if readout is None:
        return None
    end = readout.taken
    before = end - timedelta.resolution
    return Period(
        end - MINUTE,
        end,
        _minutes_until(meter, end)
        + _hours_until(meter, before)
        + _days_until(meter, before),
    )


def _hours(meter: Meter) -> Iterator[Period]:
    """Iterate over the hours that are over, the last first."""
    end = meter.world.clock().replace(minute=0, second=0, microsecond=0)
    while True:
        seqno = (
            _minutes_until(meter, end)
            + _hours_until(meter, end)
            + _days_until(meter, end - timedelta.resolution)
        )
        yield Period(end - HOUR, end, seqno)
        end -= HOUR


def _days(meter: Meter) -> Iterator[Period]:
    """Iterate over the local days that are over, the last first."""
    day = meter.world.clock().astimezone(meter.zone).date()
    while True:
        end = _midnight(meter, day)
        day -= timedelta(days=1)
        seqno = (
            _minutes_until(meter, end)
            + _hours_until(meter, end)
            + _days_until(meter, end)
        )
        yield Period(_midnight(meter, day), end, seqno)


def _newest(meter: Meter, periods: Iterator[Period]) -> Period | None:
    """Return the first period that is published and was read from its start on."""
    feed = meter.feed()
    for period in periods:
        if period.start < meter.world.installed:
            return None
        if any(feed.readouts(period.end, period.end)):
            return period
    return None


def _midnight(meter: Meter, day: date) -> datetime:
    return datetime.combine(day, time(), meter.zone).astimezone(UTC)


def _minutes_until(meter: Meter, at: datetime) -> int:
    return (at - meter.begin) // MINUTE + 1


def _hours_until(meter: Meter, at: datetime) -> int:
    return (at - EPOCH) // HOUR - (meter.begin - EPOCH) // HOUR


def _days_until(meter: Meter, at: datetime) -> int:
    return (
        at.astimezone(meter.zone).date() - meter.begin.astimezone(meter.zone).date()
    ).days
