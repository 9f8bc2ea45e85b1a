"""The intervals of the simulated cloud, and their times."""

from datetime import UTC, date, datetime, timedelta
import itertools
from typing import Any
from zoneinfo import ZoneInfo

from .conftest import CloudClient

QUARTER = timedelta(minutes=15)
WARSAW = ZoneInfo("Europe/Warsaw")


def midnight_of(day: date, zone: ZoneInfo = WARSAW) -> datetime:
    """Return when a day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def epoch(at: datetime) -> int:
    """Return an instant as the cloud tells it, and wants to be asked."""
    return int(at.timestamp())


def ends_of(rows: list[dict[str, Any]]) -> list[datetime]:
    """Return when intervals end."""
    return [datetime.fromtimestamp(row["end_at"], UTC) for row in rows]


async def rows_of(
    cloud: CloudClient, system: str, path: str, start: datetime, **query: str
) -> list[dict[str, Any]]:
    """Return a system's intervals since an instant, also where they come nested."""
    body = await cloud.get(f"/{system}/{path}", start_at=epoch(start), **query)
    rows = body["intervals"]
    return list(itertools.chain(*rows)) if "energy_" in path else rows
