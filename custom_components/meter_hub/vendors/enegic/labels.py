"""The points of history, whose labels are local times. Pure."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from ..base import JsonObject
from .packets import Measured, measured_of
from .values import VENDOR_BEGAN, objects_in, part_of

MINUTE = timedelta(minutes=1)

_LAST_YEAR = 2100


def points_of(
    groups: Iterable[JsonObject],
    zone: tzinfo,
    window: tuple[datetime, datetime],
    nominal: float,
) -> Iterator[tuple[datetime, Measured]]:
    """Yield what was measured in each minute, with the instant at which it ended.

    A label is the minute's beginning, maybe some seconds late, in the local time of `zone`, without saying
    which of two hours of the same name in autumn it means: within `window` the
    first one, until the labels run backwards. Groups are calendar years, a local
    day may be in two.
    """
    before: datetime | None = None
    for group in groups:
        for row in objects_in(group.get("data")):
            if (label := _label(row.get("ts"))) is None:
                continue
            begin = _instant(label, zone, window, before)
            before = begin
            yield begin + MINUTE, measured_of(part_of(row, "data"), nominal)


def fold_between(start: datetime, end: datetime, zone: tzinfo) -> datetime | None:
    """Return when within [start, end) the clocks of `zone` are set back, to the hour."""
    hour = timedelta(hours=1)
    instant = start
    while (instant := instant + hour) < end:
        before = (instant - hour).astimezone(zone).utcoffset()
        after = instant.astimezone(zone).utcoffset()
        if before is not None and after is not None and after < before:
            return instant
    return None


def _label(value: Any) -> datetime | None:
    try:
        label = datetime.fromisoformat(value)
    except TypeError, ValueError:
        return None
    if not VENDOR_BEGAN.year <= label.year <= _LAST_YEAR:
        return None
    return label.replace(second=0, microsecond=0)


def _instant(
    label: datetime,
    zone: tzinfo,
    window: tuple[datetime, datetime],
    before: datetime | None,
) -> datetime:
    if label.tzinfo is not None:
        return label.astimezone(UTC)
    first, second = (
        label.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)
    )
    if second <= first:
        # Unambiguous, or a time that spring leaves out.
        return first
    start, end = window
    in_window = [each for each in (first, second) if start <= each < end]
    if len(in_window) == 1:
        return in_window[0]
    return second if before is not None and before >= first else first
