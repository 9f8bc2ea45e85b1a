"""What an answer says of a system: what it is, what it has, and what it ever told. Pure."""

from dataclasses import replace
from datetime import datetime, tzinfo

from ...metering.model import Series
from ...metering.vocabulary import Quantity
from ..base import JsonObject
from . import asks
from .charger_readings import charger_readings, session_readings
from .history import first_hour, first_kept
from .intake import Told
from .inverters import inverter_readings, read_inverters
from .jobs import CloudJob, What
from .known import REFUSED_FOR, KnownSystem
from .lifetimes import day_rows, read_charger_lifetime, read_lifetime
from .readings import state_readings, summary_readings, total_readings
from .sessions import read_sessions
from .systems import read_devices, read_summary
from .telemetry import read_registers
from .totals import CLOSED, Totals


def take_summary(
    known: KnownSystem, data: JsonObject, now: datetime
) -> tuple[KnownSystem, Told]:
    """Take in what a system is like."""
    summary = read_summary(data)
    known = replace(
        known,
        summary_at=now,
        last_report=summary.last_report or known.last_report,
        begins=known.begins or summary.operational_at,
        told_source=summary.source,
        has_battery=known.has_battery or summary.capacity is not None,
    )
    known = known.with_source(summary.source)
    known = known.with_status(summary.status, summary.status_word)
    readings = (*state_readings(known), *summary_readings(known, summary))
    return known, Told(readings)


def take_devices(
    known: KnownSystem, data: JsonObject, now: datetime
) -> tuple[KnownSystem, Told]:
    """Take in what hangs on a system."""
    devices = read_devices(data)
    about = known.about
    if gateway := devices.gateway:
        about = replace(
            about,
            serial=gateway.serial,
            model=gateway.model,
            firmware=gateway.firmware,
        )
    known = replace(
        known,
        about=about,
        devices_at=now,
        seen_source=devices.source,
        has_consumption=known.has_consumption or devices.has_consumption_meter,
        has_battery=known.has_battery or devices.has_battery,
        chargers=devices.chargers,
    ).with_source(devices.source)
    return known, Told(tuple(charger_readings(known)), floors=floors(known))


def take_lifetime(
    known: KnownSystem, job: CloudJob, data: JsonObject, now: datetime, zone: tzinfo
) -> tuple[KnownSystem, Told]:
    """Take in the energy of all days; days before the hours are told as they are."""
    meter = known.about.id
    if job.ask.what is What.CHARGER_LIFETIME:
        meter = job.ask.of
        found = {Quantity.EV_CHARGE: read_charger_lifetime(data)}
    else:
        found = dict(read_lifetime(data, known.source))
    today = now.astimezone(zone).date()
    hourly = known.hourly_since.astimezone(zone).date()
    before = max(hourly, first_kept(now, zone))
    told = Told()
    for quantity, days in found.items():
        series = Series(meter, quantity)
        intervals, explored = day_rows(series, days, zone, before)
        told = replace(
            told,
            intervals=(*told.intervals, *intervals),
            explored=(*told.explored, *explored),
            floors=floors(known),
        )
        totals = known.totals.get(meter, Totals())
        totals = totals.with_lifetime(quantity, days, zone, today)
        known = replace(known, totals=known.totals | {meter: totals})
        told = told.with_readings(total_readings(known, meter, (quantity,)))
    totals = known.totals.get(meter, Totals())
    again: datetime | None = None
    if not all(totals.is_anchored(quantity) for quantity in found):
        # The first of the days is closed soon; where there is none, none is expected.
        again = now + (CLOSED if any(found.values()) else REFUSED_FOR)
    known = replace(known, lifetimes=known.lifetimes | {job.ask.name: again})
    return known, told


def take_registers(known: KnownSystem, data: JsonObject) -> tuple[KnownSystem, Told]:
    """Take in what the production meters have counted."""
    known = replace(known, lifetimes=known.lifetimes | {asks.REGISTERS.name: None})
    register = read_registers(data)
    if register is None:
        return known, Told()
    meter = known.about.id
    totals = known.totals.get(meter, Totals()).with_register(Quantity.SOLAR, register)
    known = replace(known, totals=known.totals | {meter: totals})
    return known, Told(tuple(total_readings(known, meter, (Quantity.SOLAR,))))


def take_sessions(
    known: KnownSystem, job: CloudJob, data: JsonObject, now: datetime
) -> tuple[KnownSystem, Told]:
    """Take in how a charger was used last; what is known goes where nothing is told."""
    charger = job.ask.of
    before = known.log_of(charger)
    log = before.with_page(read_sessions(data), now)
    known = known.with_log(charger, log)
    if log.is_between_pages:
        return known, Told()
    return known, Told(tuple(session_readings(charger, log.last, before.last)))


def take_inverters(
    known: KnownSystem, data: JsonObject, now: datetime
) -> tuple[KnownSystem, Told]:
    """Take in what each micro-inverter has counted; none at all is no news of them."""
    counted = read_inverters(data)
    inverters = tuple(each.inverter for each in counted) or known.inverters
    known = replace(known, inverters=inverters, inverters_at=now)
    return known, Told(tuple(inverter_readings(counted, now)))


def floors(known: KnownSystem) -> dict[Series, datetime]:
    """Return since when there may be hours, of all that a system has."""
    return {
        series: first_hour(known, ask)
        for ask, all_series in asks.history(known)
        for series in all_series
    }
