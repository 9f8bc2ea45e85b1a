"""The grid operator's calendar, which is Poland's wherever this runs. Pure.

Its days begin at midnight in Warsaw and have 23, 24 or 25 hours.
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from ...metering.spans import HOUR

# The file is read while the module is imported, which happens beside the event loop.
WARSAW = ZoneInfo("Europe/Warsaw")

DAY = timedelta(days=1)


def midnight(day: date) -> datetime:
    """Return the instant at which a local day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=WARSAW).astimezone(UTC)


def day_of(instant: datetime) -> date:
    """Return the local day that an instant lies in."""
    return instant.astimezone(WARSAW).date()


def hours_of(day: date) -> tuple[datetime, ...]:
    """Return the starts of a local day's hours: 23, 24 or 25 instants."""
    start, end = midnight(day), midnight(day + DAY)
    return tuple(start + HOUR * number for number in range((end - start) // HOUR))


def month_of(day: date) -> date:
    """Return the first day of the month."""
    return day.replace(day=1)


def month_after(day: date) -> date:
    """Return the first day of the following month."""
    return month_of(month_of(day) + 31 * DAY)


def to_milliseconds(instant: datetime) -> str:
    """Return an instant as the API writes it: milliseconds since 1970, as a text."""
    return str(int(instant.timestamp()) * 1000)
