"""What follows once calls that belong together were all made. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta, tzinfo

from ...metering.model import Series
from ...metering.vocabulary import Quantity
from . import asks
from .audit import balance
from .client import Telemetry
from .energy import Window, consumed, netted
from .history import DEPTH
from .intake import Told, sweep_of, with_energy, with_phase, with_sign
from .jobs import CloudJob, Purpose
from .known import REFUSED_FOR, KnownSystem, Unbalanced
from .readings import (
    delay_readings,
    power_readings,
    state_readings,
    today_readings,
    total_readings,
)
from .schedule import DAY, LATE_NIGHT, NIGHT, local
from .sweeps import Sweep
from .systems import Source
from .telemetry import QUARTER, Row

type Rows = Mapping[Quantity, tuple[Row, ...]]

_GRID = (Quantity.GRID_IMPORT, Quantity.GRID_EXPORT)

_TWILIGHT = timedelta(minutes=90)
"""By so much the light may end earlier than expected, as it does under clouds; it is
not documented whether the vendor's word for the newest energy goes on in the dark."""

_METERED = {
    Telemetry.CONSUMPTION: Quantity.HOME,
    Telemetry.PRODUCTION_METER: Quantity.SOLAR,
}


def finished(
    known: KnownSystem, job: CloudJob, now: datetime, zone: tzinfo
) -> tuple[KnownSystem, Told]:
    """Return what is known, and told, after the last of the calls."""
    sweep = sweep_of(known, job)
    known = known.without_sweep(job.purpose)
    rows = {quantity: packed.rows() for quantity, packed in sweep.rows.items()}
    match job.purpose:
        case Purpose.POLL:
            return _polled(known, job, rows, now, zone)
        case Purpose.NIGHT:
            return _slept(known, job, rows, now, zone)
        case Purpose.LIFETIMES:
            known = _counted(known, sweep, now)
        case Purpose.CHARGERS:
            known = replace(known, chargers_at=now)
        case _:
            pass
    return known, Told(tuple(state_readings(known)))


def _counted(known: KnownSystem, sweep: Sweep, now: datetime) -> KnownSystem:
    """Return what is known after the energy of days; what is refused can wait."""
    refused = [name for name in sweep.done if name in known.refused]
    lifetimes = known.lifetimes | dict.fromkeys(refused, now + REFUSED_FOR)
    return replace(known, lifetimes_at=now, lifetimes=lifetimes)


def _polled(
    known: KnownSystem, job: CloudJob, rows: Rows, now: datetime, zone: tzinfo
) -> tuple[KnownSystem, Told]:
    known = replace(known, polled=job.at)
    if asks.LATEST in job.asks:
        return known, Told()
    told_ends = [each[-1].end for each in rows.values() if each]
    if told_ends and Quantity.BATTERY_CHARGE not in rows:
        known = with_phase(known, job, max(told_ends), now)
    elif told_ends:
        known = with_phase(known, job, min(told_ends), now)
    known = with_sign(known, rows)
    known, found, rows = _derived(known, job, rows, now, zone)
    powers = power_readings(known, rows, job, now)
    return known, found.with_readings((*powers, *delay_readings(known, now)))


def _slept(
    known: KnownSystem, job: CloudJob, rows: Rows, now: datetime, zone: tzinfo
) -> tuple[KnownSystem, Told]:
    """Return what is known, and told, after all of the last days was read."""
    midnight = job.at or now
    today = midnight.astimezone(zone).date()
    nights, missed, unread = known.nights, False, None
    if nights.done is not None:
        unread = local(nights.done, time(), zone)
        missed = today - nights.done > DEPTH
    is_early = nights.time(today) == NIGHT and now < local(today, LATE_NIGHT, zone)
    if now < local(today, NIGHT, zone):
        # A system that was just set up: the last day's end may not be there yet.
        nights = replace(nights, done=nights.done or today - DAY)
    elif is_early and _lacks_the_end(known, job, rows, zone):
        # It is read once more when the gateway has reported.
        nights = replace(nights, late=today, done=nights.done or today - DAY)
    else:
        nights = replace(nights, done=today)
    known = replace(
        known,
        nights=nights,
        # What was never counted is in the sums of days.
        lifetimes_at=None if missed else known.lifetimes_at,
        lifetimes={} if missed else known.lifetimes,
    )
    known = with_sign(known, rows)
    known, found, rows = _derived(known, job, rows, now, zone, unread)
    if all(quantity in rows for quantity in (*_GRID, Quantity.HOME)):
        known = _balanced(known, rows, midnight, today - DAY)
    quantities = list(rows)
    readings = total_readings(known, known.about.id, quantities)
    return known, found.with_readings((*readings, *delay_readings(known, now)))


def _lacks_the_end(known: KnownSystem, job: CloudJob, rows: Rows, zone: tzinfo) -> bool:
    """Tell whether the last day's end is not there yet.

    Meters go on by night. What micro-inverters tell has to reach to the dusk.
    """
    midnight = job.at or job.due
    asked = {ask.of for ask in job.asks if ask.name not in known.refused}
    for telemetry, quantity in _METERED.items():
        if telemetry in asked:
            told = rows.get(quantity)
            return not told or told[-1].end < midnight - QUARTER
    day = midnight.astimezone(zone).date() - DAY
    _, dusk = known.light.expected(day)
    ends = [row.end for row in rows.get(Quantity.SOLAR, ())[-1:]]
    if known.last_energy is not None:
        ends.append(known.last_energy)
    return not ends or max(ends) < local(day, time(*divmod(dusk, 60)), zone) - _TWILIGHT


def _derived(
    known: KnownSystem,
    job: CloudJob,
    rows: Rows,
    now: datetime,
    zone: tzinfo,
    since: datetime | None = None,
) -> tuple[KnownSystem, Told, Rows]:
    """Return what follows from the other series, while its own ones were not asked for.

    It is counted `since` an instant: what was before may be known exactly.
    """
    of = {ask.of for ask in job.asks}
    production = rows.get(Quantity.SOLAR)
    charge = discharge = None
    if known.has_battery:
        charge = rows.get(Quantity.BATTERY_CHARGE, ())
        discharge = rows.get(Quantity.BATTERY_DISCHARGE, ())
    found: dict[Quantity, tuple[Row, ...]] = {}
    if production and Telemetry.IMPORT not in of and Quantity.HOME in rows:
        home = rows[Quantity.HOME]
        net = netted(production, home, charge, discharge)
        found = dict(zip(_GRID, net, strict=True))
    elif production and Telemetry.CONSUMPTION not in of and set(_GRID) <= rows.keys():
        imported, exported = (rows[quantity] for quantity in _GRID)
        used = consumed(production, imported, exported, charge, discharge)
        found = {Quantity.HOME: tuple(replace(row, final=False) for row in used)}
    told = Told()
    meter = known.about.id
    for quantity, each in found.items():
        if not each:
            continue
        window = Window(each[0].start, each[-1].end, now)
        told = told.with_rows(Series(meter, quantity), each, window)
        fresh = each if since is None else [row for row in each if row.start >= since]
        known = with_energy(known, meter, quantity, fresh, zone)
        known = known.with_newest(quantity, each[-1].end)
        told = told.with_readings(
            (
                *today_readings(known, meter, (quantity,), zone, now, estimated=True),
                *total_readings(known, meter, (quantity,)),
            )
        )
    return known, told, {**rows, **found}


def _balanced(
    known: KnownSystem, rows: Rows, midnight: datetime, day: date
) -> KnownSystem:
    """Return what is known once the series of a day were compared."""

    def of_day(quantity: Quantity) -> tuple[Row, ...]:
        return tuple(
            row
            for row in rows.get(quantity, ())
            if midnight - DAY <= row.start < midnight
        )

    production = of_day(Quantity.SOLAR)
    if known.source is not Source.METER:
        # The dark is zeros that are provisional for longer than a night.
        production = tuple(
            replace(row, final=row.final or not row.energy) for row in production
        )
    charge = discharge = None
    if known.has_battery:
        charge = of_day(Quantity.BATTERY_CHARGE)
        discharge = of_day(Quantity.BATTERY_DISCHARGE)
    imbalance = balance(
        of_day(Quantity.HOME),
        production,
        of_day(Quantity.GRID_IMPORT),
        of_day(Quantity.GRID_EXPORT),
        charge,
        discharge,
    )
    if imbalance is None and not asks.hides_battery(known):
        return known
    # What can't be compared any more is not said to be off, either.
    unbalanced = None
    if imbalance and imbalance.is_too_much:
        unbalanced = Unbalanced(day.isoformat(), imbalance.energy, imbalance.share)
    return replace(known, unbalanced=unbalanced)
