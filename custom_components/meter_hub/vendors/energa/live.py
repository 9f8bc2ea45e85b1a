"""What an account's data and the charts of the last days say now. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from ...metering.balance import balanced
from ...metering.energy import exact
from ...metering.model import Quality, Reading, Series, Value
from ...metering.spans import HOUR
from ...metering.vocabulary import ZONES, Channel, Quantity
from .account import MeteringPoint, Register
from .charts import DayChart
from .days import DAY, day_of, midnight
from .known import Known
from .obis import EXPORT, IMPORT

TODAY = {
    IMPORT: Quantity.GRID_IMPORT_TODAY,
    EXPORT: Quantity.GRID_EXPORT_TODAY,
}
YESTERDAY = {
    IMPORT: Quantity.GRID_IMPORT_YESTERDAY,
    EXPORT: Quantity.GRID_EXPORT_YESTERDAY,
}


def point_readings(point: MeteringPoint, known: Known) -> Iterator[Reading]:
    """Yield what the account's data say of a metering point."""
    agreement = point.agreement
    texts = {
        Quantity.METER_SERIAL: point.serial,
        Quantity.TARIFF: point.tariff,
        Quantity.METERING_POINT: agreement.code,
        Quantity.CLIENT_TYPE: agreement.client_type,
        Quantity.ADDRESS: point.address,
        Quantity.ACTIVATION_DATE: agreement.activated
        and agreement.activated.isoformat(),
    }
    for quantity, text in texts.items():
        if text:
            yield Reading(Series(point.id, quantity), text)
    if known.registered:
        series = Series(point.id, Quantity.LAST_READING)
        yield Reading(series, known.registered, known.registered)
    for direction, zones in known.registers.items():
        yield from _registers(point, direction, zones)


def _registers(
    point: MeteringPoint, direction: Quantity, zones: Sequence[int]
) -> Iterator[Reading]:
    """Yield a direction's total, which is none where a zone is missing, and the zones."""
    rows = point.registers.get(direction, {})
    found = [rows.get(zone, Register(None, None)) for zone in zones]
    energies = [each.energy for each in found if each.energy is not None]
    dates = [each.at for each in found if each.at]
    whole = len(energies) == len(zones)
    yield Reading(
        Series(point.id, direction),
        exact(sum(energies)) if whole else None,
        min(dates, default=None),
    )
    if len(zones) > 1:
        for zone, register in zip(zones, found, strict=True):
            series = Series(point.id, direction, ZONES[zone - 1])
            yield Reading(series, register.energy, register.at)


def day_readings(
    known: Known, direction: Quantity, chart: DayChart, now: datetime
) -> Iterator[Reading]:
    """Yield the energy of today's known hours, or of yesterday once it is complete."""
    number = (day_of(now) - chart.day).days
    if number not in (0, 1):
        return
    is_today = number == 0
    quantity = (TODAY if is_today else YESTERDAY)[direction]
    shown = is_today or chart.is_complete
    energies: dict[Channel, float | None] = {Channel.TOTAL: chart.energy}
    for zone, zone_channel in known.zone_channels.items():
        energies[zone_channel] = chart.in_zone(zone)
    for channel, energy in energies.items():
        yield _of_day(
            Series(known.about.id, quantity, channel),
            energy if shown else None,
            chart.day,
            chart.until,
            valid=DAY if is_today else 2 * DAY,
            estimated=is_today and _has_estimates(chart),
        )


def balance_readings(
    known: Known, charts: Mapping[Quantity, DayChart], now: datetime
) -> Iterator[Reading]:
    """Yield what is left of today's import and export, netted in each hour and zone."""
    if any(
        direction not in charts or charts[direction].day != day_of(now)
        for direction in (IMPORT, EXPORT)
    ):
        return
    hours = {
        direction: {
            (start, zone): hour.zones.get(zone, 0.0)
            for start, hour in charts[direction].known.items()
            for zone in {*known.zones, *hour.zones}
        }
        for direction in (IMPORT, EXPORT)
    }
    both = charts[IMPORT].known.keys() & charts[EXPORT].known.keys()
    until = max((start + HOUR for start in both), default=None)
    for quantity, left in zip(
        (Quantity.BALANCED_IMPORT_TODAY, Quantity.BALANCED_EXPORT_TODAY),
        balanced(hours[IMPORT], hours[EXPORT]),
        strict=True,
    ):
        yield _of_day(
            Series(known.about.id, quantity),
            exact(sum(left.values())) if both else None,
            day_of(now),
            until,
            valid=DAY,
            estimated=any(_has_estimates(chart) for chart in charts.values()),
        )


def progress_readings(known: Known, now: datetime) -> Iterator[Reading]:
    """Yield how far the hours have come, of the direction that is behind."""
    courses = known.courses.values()
    ends = [course.until for course in courses if course.until]
    if ends:
        until = min(ends)
        values: dict[Quantity, Value] = {
            Quantity.LAST_HOUR: until,
            Quantity.DATA_DELAY: round((now - until) / HOUR, 1),
        }
        for quantity, value in values.items():
            yield Reading(Series(known.about.id, quantity), value, now)
    past = {day for course in courses for day in course.open} - {day_of(now)}
    series = Series(known.about.id, Quantity.OPEN_DAYS)
    yield Reading(series, float(len(past)), now)


def _of_day(
    series: Series,
    energy: float | None,
    day: date,
    until: datetime | None,
    *,
    valid: timedelta,
    estimated: bool,
) -> Reading:
    return Reading(
        series,
        energy,
        until if energy is not None else None,
        valid_until=midnight(day + valid),
        since=midnight(day),
        estimated=estimated,
    )


def _has_estimates(chart: DayChart) -> bool:
    return any(hour.quality is Quality.ESTIMATED for hour in chart.known.values())
