"""Local days as the portal counts them, and the numbers that it writes instants in."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from ..day import EPOCH

MILLISECOND = timedelta(milliseconds=1)


def midnight(day: date, timezone: ZoneInfo) -> datetime:
    """Return the UTC instant that a local day begins at."""
    return datetime(day.year, day.month, day.day, tzinfo=timezone).astimezone(UTC)


def day_of(at: datetime, timezone: ZoneInfo) -> date:
    """Return the local day that an instant lies in."""
    return at.astimezone(timezone).date()


def to_milliseconds(at: datetime) -> int:
    """Return an instant as milliseconds since 1970."""
    return (at - EPOCH) // MILLISECOND


def from_milliseconds(number: int) -> datetime:
    """Return the instant of milliseconds since 1970."""
    return EPOCH + number * MILLISECOND
