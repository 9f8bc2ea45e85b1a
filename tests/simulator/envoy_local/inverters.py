"""The inverters: each reports every quarter hour, at a time of its own."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ..house import Flow
from .gateway import SERIAL, Gateway
from .storage import ac_batteries

PERIOD = timedelta(minutes=15)
STAGGER = timedelta(seconds=37)
JOULE = 1_000_000
"""Watt-microseconds."""
INITIAL_JOULES = 720_000_000
WRAP = 2**32
FIRST_SERIAL = 482_200_010_001
FIRST_EID = 553648384
FIRST_CHANNEL = 1627390225
EID_STEP = 256
HAS_DEVICE_DATA = (8, 2, 4345)
DEVICE_DATA_LIMIT = 50
REMOVED_RELAY = "122300009999"


@dataclass(frozen=True, slots=True)
class Inverter:
    """What one inverter last reported."""

    number: int
    at: datetime
    joules: int
    """Of its whole life."""
    produced: int
    """Joules since the report before."""
    max_watts: int

    @property
    def serial(self) -> str:
        """Its serial number."""
        return str(FIRST_SERIAL + self.number)

    @property
    def watts(self) -> int:
        """The mean since the report before."""
        return self.produced // int(PERIOD.total_seconds())

    @property
    def watt_hours(self) -> int:
        """The energy of its whole life."""
        return round(self.joules / 3600)


def inverters(gateway: Gateway) -> Iterator[Inverter]:
    """Iterate over all inverters, which share the house's solar power unevenly."""
    count = gateway.system.inverters
    weights = [95 + 7 * number % 11 for number in range(count)]
    for number, weight in enumerate(weights):
        share = (weight, sum(weights) * JOULE)
        phase = STAGGER * number % PERIOD
        since = (gateway.now - phase).timestamp() // PERIOD.total_seconds()
        reported = datetime.fromtimestamp(since * PERIOD.total_seconds(), UTC) + phase
        at = max(reported, gateway.installed)
        initial = INITIAL_JOULES + 3_600_000 * number
        if number == 0 and gateway.quirks.wraps_at is not None:
            initial = WRAP - _joules(gateway.at(gateway.quirks.wraps_at), share)
        joules = _joules(gateway.at(at), share)
        peak = gateway.house.equipment.solar_peak_watts
        yield Inverter(
            number,
            at,
            initial + joules,
            joules - _joules(gateway.at(at - PERIOD), share),
            peak * weight // sum(weights),
        )


def _joules(gateway: Gateway, share: tuple[int, int]) -> int:
    part, whole = share
    return gateway.work(Flow.SOLAR) * part // whole


def total_watts(gateway: Gateway) -> int:
    """Return what all inverters reported."""
    return sum(inverter.watts for inverter in inverters(gateway))


def total_watt_hours(gateway: Gateway) -> int:
    """Return the total that gateways count, which loses 2**32 J as an inverter wraps."""
    joules = 0
    for inverter in inverters(gateway):
        wrapped = inverter.number == 0 and gateway.quirks.wraps_at is not None
        joules += inverter.joules % WRAP if wrapped else inverter.joules
    return joules // 3600


def listed(gateway: Gateway) -> list[Inverter]:
    """Return the inverters that the lists show."""
    shown = gateway.system.inverters - gateway.quirks.missing_inverters
    return [inverter for inverter in inverters(gateway) if inverter.number < shown]


def has_details(gateway: Gateway) -> bool:
    """Return whether each inverter's energy can be had."""
    devices = gateway.system.inverters + len(_other_devices(gateway))
    return gateway.version >= HAS_DEVICE_DATA and devices < DEVICE_DATA_LIMIT


def inverters_json(gateway: Gateway) -> list[dict[str, Any]]:
    """Return the answer of /api/v1/production/inverters: AC batteries as well."""
    panels = [
        (inverter.serial, inverter.at, 1, inverter.watts, inverter.max_watts)
        for inverter in listed(gateway)
    ]
    batteries = [
        (battery.serial, gateway.now, 11, battery.watts, battery.max_watts)
        for battery in ac_batteries(gateway)
    ]
    return [
        {
            "serialNumber": serial,
            "lastReportDate": int(at.timestamp()),
            "devType": kind,
            "lastReportWatts": watts,
            "maxReportWatts": most,
        }
        for serial, at, kind, watts, most in (*panels, *batteries)
    ]


def device_data_json(gateway: Gateway) -> dict[str, Any] | None:
    """Return the answer of /ivp/pdm/device_data; None where there is no such path."""
    if gateway.version < HAS_DEVICE_DATA:
        return None
    others = _other_devices(gateway)
    room = DEVICE_DATA_LIMIT - len(others)
    devices = {
        str(FIRST_EID + EID_STEP * inverter.number): _device(gateway, inverter)
        for inverter in listed(gateway)[:room]
    }
    return {
        **devices,
        **others,
        "deviceCount": min(gateway.system.inverters, room) + len(others),
        "deviceDataLimit": DEVICE_DATA_LIMIT,
    }


def _device(gateway: Gateway, inverter: Inverter) -> dict[str, Any]:
    seconds = int(PERIOD.total_seconds())
    channel = FIRST_CHANNEL + EID_STEP * inverter.number
    at = int(inverter.at.timestamp())
    millivolts = 30_000 + 137 * (inverter.number % 9)
    mains = round(gateway.house.voltage(inverter.at, "l1") * 1000)
    return {
        "devName": "pcu",
        "sn": inverter.serial,
        "active": True,
        "modGone": False,
        "channels": [
            {
                "chanEid": channel,
                "created": at,
                "wattHours": {"today": 0, "yesterday": 0, "week": 0},
                "watts": {
                    "now": inverter.watts,
                    "nowUsed": 0,
                    "max": inverter.max_watts,
                },
                "lastReading": {
                    "eid": channel,
                    "interval_type": 0,
                    "endDate": at,
                    "duration": seconds,
                    "flags": 0,
                    "flags_hex": "0x0000000000000000",
                    "joulesProduced": inverter.produced,
                    "acVoltageINmV": mains,
                    "acFrequencyINmHz": 50_011,
                    "dcVoltageINmV": millivolts,
                    "dcCurrentINmA": inverter.watts * 1_000_000 // millivolts,
                    "channelTemp": 20 + inverter.watts // 20,
                    "pwrConvErrSecs": 0,
                    "pwrConvMaxErrCycles": 0,
                    "joulesUsed": 0,
                    "leadingVArs": 0,
                    "laggingVArs": 0,
                    "acCurrentInmA": inverter.watts * 1_000_000 // mains,
                    "l1NAcVoltageInmV": 0,
                    "l2NAcVoltageInmV": 0,
                    "l3NAcVoltageInmV": 0,
                    "rssi": 0,
                    "issi": 0,
                },
                "lifetime": {
                    "createdTime": int(gateway.installed.timestamp()),
                    "duration": int((inverter.at - gateway.installed).total_seconds()),
                    "joulesProduced": inverter.joules,
                },
            }
        ],
    }


def _other_devices(gateway: Gateway) -> dict[str, dict[str, Any]]:
    """Return what counts against the limit besides inverters."""
    others = {"738198016": _other("nsrb", REMOVED_RELAY, 1811939857, active=False)}
    if gateway.system.metered:
        for number in (1, 2):
            eid, channel = 704643072 + 256 * number, 1778384913 + 256 * number
            meter = _other("eim", f"{SERIAL}EIM{number}", channel, active=True)
            others[str(eid)] = meter
    return others


def _other(kind: str, serial: str, channel: int, *, active: bool) -> dict[str, Any]:
    return {
        "devName": kind,
        "sn": serial,
        "active": active,
        "modGone": True,
        "channels": [
            {
                "chanEid": channel,
                "created": 0,
                "wattHours": {"today": 0, "yesterday": 0, "week": 0},
                "watts": {"now": 0, "nowUsed": 0, "max": 0},
                "lastReading": {},
                "lifetime": {},
            }
        ],
    }
