"""What the declaration says of announcements, readings and credentials. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ...metering.model import Meter, Reading
from ...metering.vocabulary import PHASES, MeterKind, Quantity
from ..base import AuthError, Discovered
from .token import claims_of

SERVICE = "_enphase-envoy._tcp.local."
"""Gateways announce it, with their serial and their firmware as properties."""

_OF_INVERTERS = {Quantity.SOLAR_POWER, Quantity.SOLAR}
_ESTIMATES = {Quantity.GRID_IMPORT, Quantity.GRID_EXPORT}


def announced(host: str, properties: Mapping[str, Any]) -> Discovered | None:
    """Return the gateway that announces itself, None where it doesn't say which one."""
    serial = properties.get("serialnum")
    if not isinstance(serial, str) or not serial:
        return None
    return Discovered(serial, f"Envoy {serial}", {"host": host})


def is_detail(meter: Meter, reading: Reading) -> bool:
    """Tell whether few people want to see a reading.

    Import and export that are added up from calculated power are worth little beside
    the register of a grid operator's meter.
    """
    series = reading.series
    if series.channel in PHASES:
        return True
    match meter.kind:
        case MeterKind.INVERTER:
            return series.quantity not in _OF_INVERTERS
        case MeterKind.BATTERY:
            return series.quantity is not Quantity.BATTERY_LEVEL
        case _:
            return reading.estimated and series.quantity in _ESTIMATES


def ends_at(credentials: Mapping[str, Any]) -> datetime | None:
    """Return when a pasted token expires; others are renewed."""
    if not credentials.get("manual_token"):
        return None
    try:
        return claims_of(str(credentials.get("token"))).expires
    except AuthError:
        return None
