"""Bodies of the Enegic cloud, as real meters sent them, and what is read in them."""

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from custom_components.meter_hub.metering.model import Meter, Reading, Value
from custom_components.meter_hub.metering.vocabulary import PHASES, Channel, Quantity
from custom_components.meter_hub.vendors.enegic.known import Known
from custom_components.meter_hub.vendors.enegic.live import (
    live_readings,
    packets_by_item,
)

type Key = tuple[Quantity, str]

METER = "1714035408660"
STOCKHOLM = "Europe/Stockholm"
ZONE = ZoneInfo(STOCKHOLM)

EXPORTING_AT = datetime(2025, 7, 14, 16, 12, 45, tzinfo=UTC)
"""Soon after the packets of `exporting`."""

CLAMPS: dict[str, Any] = {
    "PhaseRealTime": {
        "ts": 1755000060000,
        "pv": 2,
        "data": {"iavg": [0.49, 0.94, 0.72, 0]},
    },
    "PhaseMinute": {
        "ts": 1755000000000,
        "pv": 2,
        "data": {
            "iavg": [0.49, 0.94, 0.72, 0],
            "qmax": [313216380083, 151382535266, 161352997310, 59443418133],
        },
    },
}
"""What a meter with clamps sent."""

CLAMPS_AT = datetime.fromtimestamp(1755000070, UTC)


def exporting(**times: int) -> dict[str, Any]:
    """Return the packets of a house that feeds in, with the times of some of them."""
    packets: dict[str, Any] = {
        "PhaseRealTime": {
            "ts": 1752509560000,
            "fw": "4.5.7",
            "rssi": -83,
            "pv": 3,
            "data": {"hiavg": [-5.59, -5.59, -6.09], "huavg": [237.2, 238.3, 240]},
        },
        "PhaseHour": {
            "data": {
                "hiavg": [-13.14, -12.79, -13.81],
                "himin": [-16.69, -15.69, -16.99],
                "himax": [0, 0, 0],
                "huavg": [240.1, 239.3, 241.9],
                "hwpi": [0, 0, 0],
                "hwpo": [3.168, 3.064, 3.353],
                "hwi": 57142.768,
                "hwo": 221.315,
            }
        },
        "PhaseDay": {
            "data": {
                "hiavg": [-4.49, -3.55, -4.82],
                "himin": [-37.59, -37.69, -38.19],
                "himax": [9.5, 14, 12.8],
                "huavg": [237.8, 238.2, 239.9],
                "hwpi": [2.824, 6.508, 2.799],
                "hwpo": [29.409, 29.401, 31.666],
                "hwi": 57136.729,
                "hwo": 143.804,
            }
        },
        "PhaseMinute": {
            "data": {
                "hiavg": [-5.66, -5.41, -6.16],
                "himin": [-5.69, -5.49, -6.19],
                "himax": [0, 0, 0],
                "huavg": [237.3, 238.3, 240.4],
                "hwi": 57142.768,
                "hwo": 222.219,
            }
        },
    }
    for name, millis in times.items():
        packets[name]["ts"] = millis
    return packets


def timed(**times: int) -> dict[str, Any]:
    """Return the same with all times as they belong together."""
    usual = {
        "PhaseMinute": 1752509460000,
        "PhaseHour": 1752505200000,
        "PhaseDay": 1752357600000,
    }
    return exporting(**usual | times)


def minute(
    millis: int,
    imported: object = None,
    exported: object = None,
    currents: object = None,
    volts: float = 230,
) -> dict[str, Any]:
    """Return a packet of a minute, alone."""
    data: dict[str, Any] = {"hwi": imported, "hwo": exported}
    if isinstance(currents, list):
        data |= {"hiavg": currents, "huavg": [volts] * len(currents)}
    return {"PhaseMinute": {"ts": millis, "data": data}}


def meter(**more: Any) -> Known:
    """Return a meter that nothing was heard of."""
    details: dict[str, Any] = {"zone": STOCKHOLM} | more
    return Known(Meter(METER, "Home"), **details)


class Ear:
    """Hears the packets of one meter, poll after poll."""

    def __init__(self, known: Known | None = None) -> None:
        """Begin with what is known."""
        self.known = known or meter()
        self.interval = timedelta(seconds=60)
        self.shown: dict[Key, Reading] = {}

    def hears(self, packets: object, now: datetime) -> dict[Key, Reading]:
        """Return the readings of one answer."""
        entry = {"ItemId": int(METER), "LatestPackets": deepcopy(packets)}
        zones = {STOCKHOLM: ZONE}
        known = {METER: self.known}
        found = packets_by_item([entry], known, zones)
        self.known = self.known.heard(found[METER], now)
        readings = live_readings(found, {METER: self.known}, zones, now, self.interval)
        by_key = {
            (each.series.quantity, each.series.channel): each for each in readings
        }
        assert len(by_key) == len(readings)
        self.shown |= by_key
        return by_key

    def value(
        self, quantity: Quantity, now: datetime, channel: Channel = Channel.TOTAL
    ) -> Value | None:
        """Return what is shown at `now`."""
        reading = self.shown.get((quantity, channel))
        return reading.value_at(now) if reading else None

    def phases(self, quantity: Quantity, now: datetime) -> list[Value | None]:
        """Return what is shown of the three phases."""
        return [self.value(quantity, now, phase) for phase in PHASES]


def at(millis: int, seconds: float = 0) -> datetime:
    """Return an instant so many seconds after one in milliseconds."""
    return datetime.fromtimestamp(millis / 1000 + seconds, UTC)
