"""The paths of the CTs: how they are configured, and what they read."""

from typing import Any

from .gateway import Gateway, Leg, watt_hours
from .system import Ct

FIRST_EID = 704643328
FIRST_CHANNEL = 1778385169
EID_STEP = 256
CHANNELS = 3
"""Each CT has so many, whatever the number of phases."""
KINDS = (None, None, Ct.STORAGE, None, "backfeed", "load", "evse", "pv3p")
"""By position, the first two are production and consumption; the fourth doesn't exist."""
LISTS_ALL_KINDS = (8, 3, 5433)
LISTS_STRANGERS = (8, 3, 5025)
STRANGER_EID = 1023410688
"""A reading that no configured CT belongs to."""
STRANGER_CHANNELS = (2097152513, 2097152258, 2097152515)
PHASE_MODES = {1: "three", 2: "split", 3: "three"}
"""A gateway for three phases says so, even where only one is connected."""
HERTZ = {1: 50.062, 2: 60.0, 3: 50.062}


def meters_json(gateway: Gateway) -> list[dict[str, Any]] | None:
    """Return the answer of /ivp/meters; None where the firmware hasn't got it."""
    system = gateway.system
    if not system.lists_meters:
        return None
    return [
        {
            "eid": FIRST_EID + EID_STEP * position,
            "state": "enabled" if kind in system.cts else "disabled",
            "measurementType": kind,
            "phaseMode": PHASE_MODES[system.phases],
            "phaseCount": system.phases,
            "meteringStatus": "normal",
            "statusFlags": [],
        }
        for position, kind in _kinds(gateway)
    ]


def readings_json(gateway: Gateway) -> list[dict[str, Any]] | None:
    """Return the answer of /ivp/meters/readings; None where there is no such path."""
    if not gateway.system.lists_meters:
        return None
    readings = [_reading(gateway, position, kind) for position, kind in _kinds(gateway)]
    if gateway.system.metered and gateway.version >= LISTS_STRANGERS:
        nothing = _values(gateway, STRANGER_EID, Leg())
        channels = [_values(gateway, eid, Leg()) for eid in STRANGER_CHANNELS]
        readings.append({**nothing, "channels": channels})
    return readings


def _kinds(gateway: Gateway) -> list[tuple[int, str]]:
    system = gateway.system
    if not system.metered:
        return []
    consumption = Ct.TOTAL if system.has(Ct.TOTAL) else Ct.NET
    kinds = [Ct.PRODUCTION, consumption, *KINDS[2:]]
    if gateway.version < LISTS_ALL_KINDS:
        kinds = kinds[: 3 if system.has(Ct.STORAGE) else 2]
    return [(position, kind) for position, kind in enumerate(kinds) if kind is not None]


def _reading(gateway: Gateway, position: int, kind: str) -> dict[str, Any]:
    eid = FIRST_EID + EID_STEP * position
    legs = gateway.legs(Ct(kind)) if kind in gateway.system.cts else []
    values = _values(gateway, eid, gateway.total(legs))
    legs = [*legs, *[Leg()] * (CHANNELS - len(legs))]
    if kind == Ct.NET and gateway.system.has(Ct.STORAGE) and gateway.system.phases == 2:
        # With three CTs the third channel shows the second leg of the battery.
        legs[2] = gateway.legs(Ct.STORAGE)[1]
    first = FIRST_CHANNEL + EID_STEP * position
    channels = [
        _values(gateway, first + number, leg) for number, leg in enumerate(legs)
    ]
    return {**values, "channels": channels}


def _values(gateway: Gateway, eid: int, leg: Leg) -> dict[str, Any]:
    delivered, received = watt_hours(leg.delivered), watt_hours(leg.received)
    watts = round(leg.watts, 3)
    return {
        "eid": eid,
        "timestamp": gateway.epoch,
        "actEnergyDlvd": delivered,
        "actEnergyRcvd": received,
        "apparentEnergy": round(delivered + received, 3),
        "reactEnergyLagg": 0.0,
        "reactEnergyLead": 0.0,
        "instantaneousDemand": watts,
        "activePower": watts,
        "apparentPower": round(leg.apparent, 3),
        "reactivePower": round(leg.var, 3),
        "pwrFactor": round(leg.factor, 3),
        "voltage": round(leg.volts, 3),
        "current": round(leg.amperes, 3),
        "freq": HERTZ[gateway.system.phases] if leg.volts else 0.0,
    }
