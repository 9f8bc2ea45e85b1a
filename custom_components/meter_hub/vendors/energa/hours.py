"""From a day's chart to intervals of all series of its direction. Pure."""

from collections.abc import Iterator
from datetime import datetime

from ...metering.model import Interval, Quality, Span
from ...metering.spans import HOUR, hour_of
from ...metering.vocabulary import Channel, Quantity
from .charts import DayChart, Hour
from .course import is_settled
from .days import DAY, hours_of, midnight
from .known import Known

_UNKNOWN = Hour({}, Quality.INCOMPLETE)
_HELD = Hour({}, Quality.ESTIMATED)


def intervals_of(
    known: Known,
    direction: Quantity,
    chart: DayChart,
    now: datetime,
    *,
    hold_estimates: bool,
) -> Iterator[Interval]:
    """Yield all hours of the day that have ended, for the total and each tariff zone.

    Energy was zero in the zones that an hour does not lie in. An hour that the
    chart lacks is incomplete, as it may come yet; but an old day without any hours
    stays empty, and yields none. What is held back is an estimate without energy: it is
    not given up before it was measured, or may be told.
    """
    if not chart.hours and is_settled(chart.day, now):
        return
    for start in hours_of(chart.day):
        if start + HOUR > now:
            return
        hour = chart.hours.get(start, _UNKNOWN)
        if hold_estimates and hour.zones and hour.quality is not Quality.MEASURED:
            hour = _HELD
        energies: dict[str, float | None] = {Channel.TOTAL: hour.energy}
        for zone, channel in known.zone_channels.items():
            energies[channel] = hour.zones.get(zone, 0.0) if hour.zones else None
        for series in known.series(direction):
            yield Interval(
                series, start, start + HOUR, energies[series.channel], hour.quality
            )


def explored_by(
    known: Known, direction: Quantity, chart: DayChart, now: datetime
) -> Iterator[Span]:
    """Yield the stretches that a day's chart answers for."""
    start = midnight(chart.day)
    end = min(midnight(chart.day + DAY), hour_of(now))
    if start < end:
        for series in known.series(direction):
            yield Span(series, start, end)
