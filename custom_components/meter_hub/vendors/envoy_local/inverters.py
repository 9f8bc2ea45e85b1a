"""The inverters of a gateway, each of which is a meter of its own. Pure.

They report every few minutes. Their energy is only known where the gateway gives
details of all of them, which it does for up to 48.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from ...metering.model import Meter, Reading, Series
from ...metering.vocabulary import Channel, MeterKind, Quantity
from .batteries import MANUFACTURER
from .snapshot import Snapshot, to_number


def inverter_readings(snapshot: Snapshot) -> Iterator[Reading]:
    """Yield what each inverter reported last."""
    live = snapshot.live
    for serial, unit in snapshot.data.inverters.items():
        watts = to_number(unit.last_report_watts)
        if watts is not None:
            yield from live(Quantity.SOLAR_POWER, max(watts, 0), meter=serial)
        yield from snapshot.register(Quantity.SOLAR, unit.lifetime_energy, meter=serial)
        yield from live(Quantity.VOLTAGE, unit.ac_voltage, meter=serial)
        yield from live(Quantity.CURRENT, unit.ac_current, meter=serial)
        yield from live(Quantity.FREQUENCY, unit.ac_frequency, meter=serial)
        yield from live(Quantity.DC_VOLTAGE, unit.dc_voltage, meter=serial)
        yield from live(Quantity.DC_CURRENT, unit.dc_current, meter=serial)
        yield from live(Quantity.TEMPERATURE, unit.temperature, meter=serial)
        if reported := _instant(unit.last_report_date):
            series = Series(serial, Quantity.LAST_READING, Channel.TOTAL)
            yield Reading(series, min(reported, snapshot.at), snapshot.at)


def inverter_meters(snapshot: Snapshot) -> Iterator[Meter]:
    """Yield the inverters that the gateway names now; at night it may forget some."""
    for serial in snapshot.data.inverters:
        yield Meter(
            serial,
            f"Inverter {serial}",
            MeterKind.INVERTER,
            MANUFACTURER,
            "Microinverter",
            serial,
            parent=snapshot.serial,
        )


def _instant(seconds: object) -> datetime | None:
    number = to_number(seconds)
    if not number or number < 0:
        return None
    try:
        return datetime.fromtimestamp(number, UTC)
    except OSError, OverflowError, ValueError:
        return None
