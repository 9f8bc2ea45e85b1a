"""The summaries: /production, /production.json and /api/v1/production."""

from datetime import datetime, timedelta
from typing import Any

from ..house import WATT_MICROSECONDS_PER_KWH, Flow
from .gateway import SUMS_POWER_FACTORS, WATT_MICROSECONDS_PER_WH, Gateway, Leg
from .inverters import listed, total_watt_hours, total_watts
from .storage import ac_batteries
from .system import Ct, V1Trouble

TOTAL_IS_NET = (8, 3, 5433)
V1_STALLS_WITHOUT_CT = (8, 2, 4264)
STALLED_WH = 1583
"""What an open input had counted when it stalled."""
V1_EARLIER_WH = 5_965_232
"""What firmware 7 lost from the inverters' block, but not from /api/v1/production."""
LOSES_BLOCK = 7
PERIOD = timedelta(minutes=15)
ENERGIES = (
    "whLifetime",
    "varhLeadLifetime",
    "varhLagLifetime",
    "vahLifetime",
    "whToday",
    "whLastSevenDays",
    "vahToday",
    "varhLeadToday",
    "varhLagToday",
)


def production_json(gateway: Gateway, *, details: bool) -> dict[str, Any]:
    """Return the answer of /production, or of /production.json with its details."""
    inverters = {
        "type": "inverters",
        "activeCount": len(listed(gateway)),
        "readingTime": gateway.epoch,
        "wNow": total_watts(gateway),
        "whLifetime": total_watt_hours(gateway),
    }
    answer: dict[str, Any] = {"production": [inverters]}
    if gateway.system.metered:
        produced = gateway.system.has(Ct.PRODUCTION) and not gateway.quirks.inactive
        production, total, net = meter_legs(gateway)
        answer["production"].append(
            _block(gateway, "production", production, produced, details)
        )
        consumed = gateway.system.has(Ct.NET) or gateway.system.has(Ct.TOTAL)
        if gateway.system.has(Ct.TOTAL) and gateway.version >= TOTAL_IS_NET:
            total = net
        answer["consumption"] = [
            _block(gateway, "total-consumption", total, consumed, details),
            _block(gateway, "net-consumption", net, consumed, details),
        ]
    answer["storage"] = [_ac_storage(gateway)]
    return answer


def meter_legs(gateway: Gateway) -> tuple[list[Leg], list[Leg], list[Leg]]:
    """Return production, total and net consumption; one of the two last is worked out."""
    nothing = [Leg()] * gateway.system.phases
    has = gateway.system.has
    production = gateway.legs(Ct.PRODUCTION) if has(Ct.PRODUCTION) else nothing
    # The summary of what a CT produced leaves out what it received.
    production = [
        Leg.of(leg.delivered, 0, leg.watts, leg.var, leg.volts) for leg in production
    ]
    if has(Ct.TOTAL):
        total = gateway.legs(Ct.TOTAL)
        return production, total, _combined(total, production, -1)
    if has(Ct.NET):
        net = gateway.legs(Ct.NET)
        return production, _combined(net, production, 1), net
    return production, nothing, nothing


def v1_production_json(gateway: Gateway) -> dict[str, int]:
    """Return the answer of /api/v1/production."""
    system, trouble = gateway.system, gateway.quirks.v1
    if gateway.quirks.zeros or trouble is V1Trouble.ZERO:
        return _v1(0, 0, 0, 0)
    if trouble is V1Trouble.STALLED:
        return v1_production_json(gateway.healthy.at(gateway.installed))
    if system.metered and not system.has(Ct.PRODUCTION):
        if gateway.version >= V1_STALLS_WITHOUT_CT:
            return _v1(0, STALLED_WH, STALLED_WH, 4)
        return _v1(0, 0, 0, 0)
    if not system.metered:
        lifetime = total_watt_hours(gateway) + earlier_watt_hours(gateway)
        return _v1(*_recent(gateway), lifetime, total_watts(gateway))
    seconds = PERIOD.total_seconds()
    quarter = datetime.fromtimestamp(
        gateway.now.timestamp() // seconds * seconds, gateway.now.tzinfo
    )
    then = gateway.at(quarter)
    legs = then.total(then.legs(Ct.PRODUCTION))
    lifetime = legs.delivered // WATT_MICROSECONDS_PER_WH
    return _v1(*_recent(then), lifetime, int(legs.watts))


def earlier_watt_hours(gateway: Gateway) -> int:
    """Return what only /api/v1/production remembers."""
    lost = not gateway.system.metered and gateway.version[0] == LOSES_BLOCK
    return V1_EARLIER_WH if lost else 0


def _v1(today: int, week: int, lifetime: int, watts: int) -> dict[str, int]:
    return {
        "wattHoursToday": today,
        "wattHoursSevenDays": week,
        "wattHoursLifetime": lifetime,
        "wattsNow": watts,
    }


def _recent(gateway: Gateway) -> tuple[int, int]:
    """Return the Wh of today and of the seven days before."""
    house = gateway.house
    midnight = gateway.now.astimezone(house.timezone).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    today, week = max(midnight, gateway.installed), midnight - timedelta(days=7)
    unit = WATT_MICROSECONDS_PER_KWH // 1000
    return (
        house.work(Flow.SOLAR, today, gateway.now) // unit,
        house.work(Flow.SOLAR, max(week, gateway.installed), today) // unit,
    )


def _combined(legs: list[Leg], production: list[Leg], sign: int) -> list[Leg]:
    return [
        Leg.of(
            leg.net + sign * sun.delivered,
            0,
            leg.watts + sign * sun.watts,
            leg.var + sign * sun.var,
            leg.volts,
        )
        for leg, sun in zip(legs, production, strict=True)
    ]


def _block(
    gateway: Gateway, kind: str, legs: list[Leg], active: bool, details: bool
) -> dict[str, Any]:
    block: dict[str, Any] = {
        "type": "eim",
        "activeCount": int(active),
        "measurementType": kind,
        "readingTime": gateway.epoch,
        **_line(gateway, gateway.total(legs)),
    }
    if details:
        block["lines"] = [_line(gateway, leg) for leg in legs]
        if gateway.version >= TOTAL_IS_NET:
            missing = 3 - len(legs)
            block["lines"] += [_line(gateway, Leg()) for _ in range(missing)]
    return block


def _line(gateway: Gateway, leg: Leg) -> dict[str, float]:
    watt_hours = round(leg.net / WATT_MICROSECONDS_PER_WH, 3)
    energies = dict.fromkeys(ENERGIES, 0.0) | {"whLifetime": watt_hours}
    if gateway.version >= SUMS_POWER_FACTORS:
        energies |= {"whToday": watt_hours, "whLastSevenDays": watt_hours}
    return {
        "wNow": round(leg.watts, 3),
        **energies,
        "rmsCurrent": round(leg.amperes, 3),
        "rmsVoltage": round(leg.volts, 3),
        "reactPwr": round(leg.var, 3),
        "apprntPwr": round(leg.apparent, 3),
        "pwrFactor": round(leg.factor, 3),
    }


def _ac_storage(gateway: Gateway) -> dict[str, Any]:
    batteries = ac_batteries(gateway)
    storage: dict[str, Any] = {
        "type": "acb",
        "activeCount": len(batteries),
        "readingTime": gateway.epoch if batteries else 0,
        "wNow": sum(battery.watts for battery in batteries),
        "whNow": sum(battery.available for battery in batteries),
        "state": batteries[0].state if batteries else "idle",
    }
    if batteries:
        storage["percentFull"] = batteries[0].level
    return storage
