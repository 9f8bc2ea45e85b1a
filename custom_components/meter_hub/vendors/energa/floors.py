"""Where the history of a metering point begins: from the charts of years and months. Pure.

The vendor may miss a chart for a moment, so what was found is looked for again.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta

from ..base import JsonObject
from .charts import read_days, read_months
from .client import Scale
from .course import RETENTION, Course, Search
from .days import DAY, day_of

SEARCH_EVERY = timedelta(days=30)
"""How often a search is made once one was to be relied on."""

_ECHOES = ("meterPoint", "meterObject", "type")


def searched(
    course: Course, search: Search, chart: JsonObject | None, now: datetime
) -> Course:
    """Return the course after a chart of the search was read; None where none came.

    The years are looked at from the oldest on, then the first month that has any
    energy.
    """
    is_doubtful = search.is_doubtful or chart is None or not _is_whole(chart)
    chart = chart or {}
    if search.scale is Scale.MONTH:
        first = min(read_days(chart, search.begin), default=search.begin)
        return _found(course, first, now, is_doubtful=is_doubtful)
    if months := read_months(chart, search.begin):
        following = Search(Scale.MONTH, min(months), is_doubtful=is_doubtful)
        return replace(course, search=following)
    year = search.begin.replace(year=search.begin.year + 1)
    if year > day_of(now):
        return _again(course, now, is_doubtful=True)
    return replace(course, search=Search(Scale.YEAR, year, is_doubtful=is_doubtful))


def _found(course: Course, first: date, now: datetime, *, is_doubtful: bool) -> Course:
    """Return the course of a search that found a first day.

    No other day that is known to have energy, or was found before, is given up for it.
    """
    with_energy = [day for day, kwh in course.known.items() if kwh]
    first = max(min([first, *with_energy]), day_of(now) - RETENTION)
    floor = min(first, course.floor or first)
    return _again(replace(course, floor=floor), now, is_doubtful=is_doubtful)


def _again(course: Course, now: datetime, *, is_doubtful: bool) -> Course:
    """Return the course of a search that begins anew, sooner after one in doubt.

    Until something is found, the vendor is believed to have all that it ever keeps.
    """
    doubtful = course.doubtful_searches + 1 if is_doubtful else 0
    wait = min(DAY * 2 ** min(doubtful - 1, 8), SEARCH_EVERY)
    return replace(
        course,
        search=Search.fresh(day_of(now), now + (wait if doubtful else SEARCH_EVERY)),
        doubtful_searches=doubtful,
    )


def _is_whole(chart: JsonObject) -> bool:
    """Tell whether a chart says what it is of, and holds points or none."""
    return isinstance(chart.get("mainChart"), list) and all(
        chart.get(key) is not None for key in _ECHOES
    )
