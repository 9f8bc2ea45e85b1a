"""Energy by local days since a system began. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from ...metering.energy import exact
from ...metering.model import Interval, Series, Span
from ...metering.spans import HOUR, Spans, Stretch, hour_of, next_hour
from ...metering.vocabulary import Quantity
from ..base import JsonObject, UnexpectedAnswer
from .systems import Source
from .telemetry import Row
from .values import to_amount, to_date

type Days = Mapping[date, float]
"""kWh of local days."""

DAY = timedelta(days=1)

_WH_IN_KWH = 1000

_KEYS = {
    "production": Quantity.SOLAR,
    "consumption": Quantity.HOME,
    "import": Quantity.GRID_IMPORT,
    "export": Quantity.GRID_EXPORT,
    "charge": Quantity.BATTERY_CHARGE,
    "discharge": Quantity.BATTERY_DISCHARGE,
}


def midnight(day: date, zone: tzinfo) -> datetime:
    """Return the instant at which a local day begins."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def read_lifetime(
    data: JsonObject, source: Source | None = None
) -> Mapping[Quantity, Days]:
    """Return the series of an answer by days; which ones, its keys say.

    A production meter's days are the vendor's merged ones: before the first full day
    of a meter there are only its microinverters. With the microinverters as source
    the days stay theirs.

    Raises UnexpectedAnswer where there is no series.
    """
    keys = dict(_KEYS)
    if source is Source.MICRO and isinstance(data.get("micro_production"), list):
        del keys["production"]
        keys["micro_production"] = Quantity.SOLAR
    found = {
        quantity: read_days(data, key) for key, quantity in keys.items() if key in data
    }
    if not found:
        raise UnexpectedAnswer("unexpected_answer", "no energy of days")
    return found


def read_charger_lifetime(data: JsonObject) -> Days:
    """Return what an EV charger gave, by days; raises as `read_lifetime`."""
    if "consumption" not in data:
        raise UnexpectedAnswer("unexpected_answer", "no energy of days")
    return read_days(data, "consumption")


def read_days(data: JsonObject, key: str) -> Days:
    """Return one series by days, from the day that the answer says it starts at.

    That is not the day that was asked for where the system is younger. A system
    that never had the series has no start; a day without a value is left out.
    """
    start, energies = to_date(data.get("start_date")), data.get(key)
    if start is None or not isinstance(energies, list):
        return {}
    return {
        start + DAY * number: exact(amount / _WH_IN_KWH)
        for number, energy in enumerate(energies)
        if (amount := to_amount(energy)) is not None
    }


def day_rows(
    series: Series, days: Days, zone: tzinfo, before: date
) -> tuple[tuple[Interval, ...], tuple[Span, ...]]:
    """Return the energy of each day before another, and what that answers.

    A day's energy stands in the hour at its noon, and its other hours stay empty.
    """
    told = {day: energy for day, energy in days.items() if day < before}
    if not told:
        return (), ()
    intervals = []
    for day in sorted(told):
        whole = next_hour(midnight(day, zone)), hour_of(midnight(day + DAY, zone))
        noon = _noon(day, zone)
        intervals.append(
            Interval(series, noon, noon + HOUR, told[day], stands_for=whole)
        )
    start, end = midnight(min(told), zone), midnight(max(told) + DAY, zone)
    return tuple(intervals), (Span(series, hour_of(start), hour_of(end)),)


def cleared_noons(
    series: Series, rows: Sequence[Row], zone: tzinfo, asked: Stretch
) -> Iterator[Interval]:
    """Yield no energy for the noons that were asked for, and that their days leave out.

    Else a day's energy that stands there would count beside that of its hours.
    """
    start, end = asked
    known = [row for row in rows if row.energy is not None and row.start < end]
    told = Spans.of(*((row.start, row.end) for row in known))
    days = {row.start.astimezone(zone).date() for row in known if row.energy}
    for day in sorted(days):
        noon = _noon(day, zone)
        if start <= noon < end and not told.covers(noon, noon + HOUR):
            yield Interval(series, noon, noon + HOUR, 0.0)


def _noon(day: date, zone: tzinfo) -> datetime:
    """Return the hour in which a day's energy stands."""
    return hour_of(midnight(day, zone) + DAY / 2)
