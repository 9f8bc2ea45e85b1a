"""What is known of a system, as readings. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta, tzinfo

from ...metering.energy import exact
from ...metering.model import Meter, Reading, Series
from ...metering.spans import HOUR, hour_of
from ...metering.vocabulary import PHASES, Channel, MeterKind, Quantity
from .jobs import CloudJob
from .known import KnownSystem
from .live import STALE, Latest, Power
from .schedule import DAY, midnight
from .systems import Summary, has_problem
from .telemetry import Row

SPARE = timedelta(hours=1)
"""How much later than planned a value may be replaced before it is dropped."""

TODAY = {
    Quantity.SOLAR: Quantity.SOLAR_TODAY,
    Quantity.HOME: Quantity.HOME_TODAY,
    Quantity.GRID_IMPORT: Quantity.GRID_IMPORT_TODAY,
    Quantity.GRID_EXPORT: Quantity.GRID_EXPORT_TODAY,
    Quantity.BATTERY_CHARGE: Quantity.BATTERY_CHARGE_TODAY,
    Quantity.BATTERY_DISCHARGE: Quantity.BATTERY_DISCHARGE_TODAY,
    Quantity.EV_CHARGE: Quantity.EV_CHARGE_TODAY,
}

_DIGITS = 3

type Rows = Mapping[Quantity, Iterable[Row]]


def is_detail(meter: Meter, reading: Reading) -> bool:
    """Tell whether few people want to see a reading."""
    if meter.kind is MeterKind.INVERTER:
        return reading.series.quantity is not Quantity.SOLAR
    return reading.series.channel in PHASES


def state_readings(known: KnownSystem) -> Iterator[Reading]:
    """Yield how a system is."""
    system = known.about.id
    if known.status is not None:
        series = Series(system, Quantity.SYSTEM_STATUS)
        yield Reading(series, known.status.value, told=known.status_word)
        problem = has_problem(known.status)
        yield Reading(Series(system, Quantity.METER_PROBLEM), problem)
    if known.last_report is not None:
        yield Reading(Series(system, Quantity.LAST_READING), known.last_report)


def summary_readings(known: KnownSystem, summary: Summary) -> Iterator[Reading]:
    """Yield what a system is like; a system without batteries has none of theirs."""
    values = {
        Quantity.SYSTEM_SIZE: summary.size,
        Quantity.MODULES: summary.modules,
        Quantity.BATTERY_CAPACITY: summary.capacity,
        Quantity.MAX_CHARGE_POWER: summary.max_charge,
        Quantity.MAX_DISCHARGE_POWER: summary.max_discharge,
    }
    for quantity, value in values.items():
        if value is not None:
            yield Reading(Series(known.about.id, quantity), value)


def power_readings(
    known: KnownSystem, rows: Rows, job: CloudJob, now: datetime
) -> Iterator[Reading]:
    """Yield the mean power of the newest interval of each."""
    newest = {
        quantity: _newest(each, now)
        for quantity, told in rows.items()
        if (each := [row for row in told if row.energy is not None])
    }
    for quantity, power in (
        (Quantity.SOLAR, Quantity.SOLAR_POWER),
        (Quantity.HOME, Quantity.HOME_POWER),
    ):
        if (row := newest.get(quantity)) and row.power is not None:
            yield from _power(known, power, row.power, row.end, job, now)
    for minus, plus, power in (
        (Quantity.GRID_EXPORT, Quantity.GRID_IMPORT, Quantity.GRID_POWER),
        (
            Quantity.BATTERY_CHARGE,
            Quantity.BATTERY_DISCHARGE,
            Quantity.BATTERY_POWER,
        ),
    ):
        taken, given = newest.get(minus), newest.get(plus)
        if taken and given and taken.end == given.end:
            watts = exact((given.power or 0) - (taken.power or 0))
            yield from _power(known, power, watts, given.end, job, now)


def latest_readings(
    known: KnownSystem, latest: Latest, job: CloudJob, now: datetime
) -> Iterator[Reading]:
    """Yield the newest power of everything."""
    for quantity, power in (
        (Quantity.SOLAR_POWER, latest.production),
        (Quantity.HOME_POWER, latest.home),
        (Quantity.GRID_POWER, latest.grid),
        (Quantity.BATTERY_POWER, latest.battery),
    ):
        if power is not None:
            yield from _power(known, quantity, power.watts, power.at, job, now)


def phase_readings(
    known: KnownSystem, powers: Mapping[Channel, Power], job: CloudJob, now: datetime
) -> Iterator[Reading]:
    """Yield the power that is produced on each phase."""
    quantity = Quantity.SOLAR_POWER
    for phase, power in powers.items():
        yield from _power(known, quantity, power.watts, power.at, job, now, phase)


def level_reading(
    known: KnownSystem, level: float, at: datetime, job: CloudJob
) -> Reading:
    """Return what the batteries hold."""
    return Reading(
        Series(known.about.id, Quantity.BATTERY_LEVEL),
        level,
        at,
        at + job.energy_cadence + SPARE,
    )


def today_readings(
    known: KnownSystem,
    meter: str,
    quantities: Iterable[Quantity],
    zone: tzinfo,
    now: datetime,
    *,
    estimated: bool = False,
) -> Iterator[Reading]:
    """Yield the energy of the local day that runs, as far as it was told."""
    totals = known.totals.get(meter)
    day: date = now.astimezone(zone).date()
    for quantity in quantities:
        today = totals.today(quantity, day, zone) if totals else None
        if today is not None:
            yield Reading(
                Series(meter, TODAY[quantity]),
                round(today.energy, _DIGITS),
                today.at,
                midnight(day + DAY, zone),
                since=today.since,
                estimated=estimated,
            )


def total_readings(
    known: KnownSystem, meter: str, quantities: Iterable[Quantity]
) -> Iterator[Reading]:
    """Yield all energy that was ever counted, once no day of it is missing."""
    totals = known.totals.get(meter)
    if totals is None or known.nights.done is None:
        return
    for quantity in quantities:
        if (total := totals.total(quantity)) is not None:
            series = Series(meter, quantity)
            yield Reading(series, round(total.energy, _DIGITS), total.at)


def delay_readings(known: KnownSystem, now: datetime) -> Iterator[Reading]:
    """Yield until when the energy is told, and how long ago that is."""
    if (heard := known.heard) is None:
        return
    system = known.about.id
    yield Reading(Series(system, Quantity.LAST_HOUR), hour_of(heard))
    delay = round((now - heard) / HOUR, 2)
    yield Reading(Series(system, Quantity.DATA_DELAY), max(delay, 0.0), now)


def _newest(rows: Sequence[Row], now: datetime) -> Row:
    """Return the newest row, one that grows no more if there is such a one."""
    final = [row for row in rows if row.final and now - row.end <= STALE]
    return max(final or rows, key=lambda row: row.end)


def _power(
    known: KnownSystem,
    quantity: Quantity,
    watts: float,
    at: datetime,
    job: CloudJob,
    now: datetime,
    channel: Channel = Channel.TOTAL,
) -> Iterator[Reading]:
    """Yield a power that is not too old, valid until the next one should be there."""
    if now - at <= STALE:
        valid = at + max(job.cadence, STALE) + SPARE
        series = Series(known.about.id, quantity, channel)
        yield Reading(series, round(watts, 1), at, valid)
