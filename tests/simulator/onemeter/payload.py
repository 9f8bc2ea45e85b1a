"""The cloud's JSON of a device."""

from datetime import UTC, datetime, timedelta
from typing import Any

from ..registers import Feed, Readout
from .beacon import CADENCE, Beacon
from .obis import describe

FIRST_READING_LEAD = timedelta(seconds=10)
UNKNOWN_METER_DATE = "1999-11-30T00:00:00.000Z"


def iso(at: datetime) -> str:
    """Return an instant as the cloud writes it: UTC, milliseconds, Z."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def device_json(beacon: Beacon, multiplier: int) -> dict[str, Any]:
    """Return all that the cloud tells about a device, nothing of it multiplied."""
    feed = beacon.feed()
    initial = next(feed.readouts(beacon.installed, beacon.installed), None)
    newest = feed.newest()
    reading = None if newest is None else _last_reading(beacon, feed, newest)
    obis = {} if reading is None else reading["OBIS"]
    serial = _serial(beacon, newest)
    return {
        "_id": beacon.id,
        "SN": f"621615400000000000000000{beacon.number:08d}",
        "MAC": f"AA:BB:CC:DD:EE:{beacon.number:02X}",
        "firmware": {"currentVersion": "0.20.8-cz", "versions": ["0.20.8-cz"]},
        "hardware": {"version": "4.7"},
        "info": {
            "name": f"House {beacon.number}",
            "manufacturer": "ZPA",
            "protocol": "IEC",
            "location": {"city": "", "country": "", "postal": "", "street": ""},
        },
        "meteringPoint": {"meterID": f"ZPA{serial}"},
        "timezone": {"name": beacon.house.timezone.key},
        "type": "home",
        "branding": {"_id": f"{1:024d}", "name": "example", "logo": "data:,"},
        "disabled": False,
        "own": True,
        "public": False,
        "owner": {"name": "Owner", "email": "owner@example.com"},
        "users": [],
        "config": {
            "multiplier": multiplier,
            "usageKeys": {"activeEnergy": "1_8_0"},
            "idNumber": serial,
            "idKey": "0_0_0",
            "contract": {},
            "uiConfig": {"displayProjections": False, "usedTariff": None},
        },
        "lastReading": reading,
        "initialReading": None
        if initial is None
        else _initial_reading(beacon, feed, initial),
        "firstReading": None
        if initial is None
        else _first_reading(beacon, feed, initial),
        "usage": _usage(beacon, newest),
        "production": _production(beacon, newest),
        "negativeEnergyExists": beacon.house.has_solar,
        "meta": {code: describe(code) for code in obis},
        "metadata": {"billingPeriods": []},
    }


def _serial(beacon: Beacon, readout: Readout | None) -> str:
    swaps = readout.swaps if readout else 0
    return f"{swaps:02d}{beacon.number:08d}"


def _obis(beacon: Beacon, feed: Feed, readout: Readout) -> dict[str, Any]:
    good_readouts = max(0, (readout.taken - beacon.installed) // CADENCE)
    obis = {
        "0_0_0": f"904116{_serial(beacon, readout)}",
        "0_2_2": beacon.house.tariff.name,
        "0_9_1": 43006,
        "0_9_2": UNKNOWN_METER_DATE,
        "C_1_0": _serial(beacon, readout),
        "F_F_0": 0,
        "S_1_1_6": good_readouts,
        "S_1_1_7": [0, 0],
        "S_1_1_16": [],
        "S_1_1_2": _voltage(beacon, readout),
        "S_1_1_9": 20 + readout.taken.hour // 2,
        "S_1_1_8": [2, 9600],
        "S_1_1_14": [78, 12, 209, 212],
    }
    if not beacon.house.has_solar:
        del obis["0_2_2"]
    return obis | beacon.values(feed, readout, beacon.history_codes)


def _voltage(beacon: Beacon, readout: Readout) -> float:
    return round(max(2.2, 2.95 - (readout.taken - beacon.installed).days * 0.0004), 4)


def _battery(beacon: Beacon, readout: Readout) -> dict[str, Any]:
    voltage = _voltage(beacon, readout)
    percent = min(100, max(0, round((voltage - 2.0) * 100)))
    return {"BATTERY_VOLTAGE": voltage, "BATTERY_STATUS": 4, "BATTERY_PC": percent}


def _last_reading(beacon: Beacon, feed: Feed, readout: Readout) -> dict[str, Any]:
    stamp = iso(readout.stamped)
    obis = _obis(beacon, feed, readout) | {"S_1_1_4": stamp}
    carried_from_start = ("0_0_0", "0_2_2", "0_9_1", "0_9_2", "C_1_0", "F_F_0")
    return {
        "date": stamp,
        "OBIS": obis,
        "updatedAt": {code: stamp for code in obis if code not in carried_from_start},
        "source": "mqtt",
        "UUID": beacon.id,
        "count": 26,
        "encryption": "aead",
        "meterID": f"ZPA{_serial(beacon, readout)}",
        **_battery(beacon, readout),
    }


def _initial_reading(beacon: Beacon, feed: Feed, readout: Readout) -> dict[str, Any]:
    return {
        "date": iso(readout.stamped),
        "OBIS": _obis(beacon, feed, readout),
        "source": "init",
        **_battery(beacon, readout),
    }


def _first_reading(beacon: Beacon, feed: Feed, readout: Readout) -> dict[str, Any]:
    return {
        "_id": f"{beacon.number:016d}",
        "UUID": beacon.id,
        "OBIS": _obis(beacon, feed, readout),
        "source": "tcp",
        "encryption": "aead",
        "meterID": f"ZPA{_serial(beacon, readout)}",
        "date": iso(readout.stamped - FIRST_READING_LEAD),
    }


def _usage(beacon: Beacon, newest: Readout | None) -> dict[str, Any]:
    usage = _totals(beacon, newest, "1_8_0")
    projection, ratio = None, None
    if newest is not None:
        begin, end = _month(beacon, newest.taken)
        hours = (newest.taken - begin) // timedelta(hours=1)
        ratio = hours / ((end - begin) / timedelta(hours=1))
        projection = usage["thisMonth"] / ratio if ratio else None
    return usage | {"projection": projection, "projectionFillRatio": ratio}


def _production(beacon: Beacon, newest: Readout | None) -> dict[str, Any]:
    return _totals(beacon, newest if beacon.house.has_solar else None, "2_8_0")


def _totals(beacon: Beacon, newest: Readout | None, code: str) -> dict[str, Any]:
    if newest is None:
        return dict.fromkeys(("thisMonth", "previousMonth", "fullTime", "lastHour"))
    register = beacon.registers[code]
    at = newest.taken
    month, _ = _month(beacon, at)
    previous, _ = _month(beacon, month - timedelta(days=1))
    hour = at.replace(minute=0, second=0, microsecond=0)
    stretches = {
        "thisMonth": (month, at),
        "previousMonth": (previous, month),
        "fullTime": (beacon.installed, at),
        "lastHour": (hour - timedelta(hours=1), hour),
    }
    return {
        name: round(beacon.energy(register, max(begin, beacon.installed), end), 2)
        if end > beacon.installed
        else None
        for name, (begin, end) in stretches.items()
    }


def _month(beacon: Beacon, at: datetime) -> tuple[datetime, datetime]:
    """Return the calendar month of an instant, by the device's clock."""
    local = at.astimezone(beacon.house.timezone)
    begin = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    end = (begin + timedelta(days=32)).replace(day=1)
    return begin.astimezone(UTC), end.astimezone(UTC)
