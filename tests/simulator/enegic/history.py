"""A meter's history: the packets of minutes, with labels of its own time zone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from .meter import MINUTE, Family, Meter
from .phases import han_data

PARAMETERS = {"itemid", "starttime", "endtime", "itemtype"}


class IncompleteQueryError(Exception):
    """A parameter is lacking, or the end is the start."""


class UnreadableQueryError(Exception):
    """A parameter is of a type that the cloud can't bind."""


@dataclass(frozen=True, slots=True)
class HistoryQuery:
    """The parameters of a call for history."""

    item_id: int
    start: datetime | None
    """None where only parameters were given that the cloud doesn't know."""
    end: datetime

    @classmethod
    def parse(cls, parameters: Mapping[str, Any], now: datetime) -> Self:
        """Read a body whose keys are in lower case."""
        if parameters.get("itemid") is None:
            raise IncompleteQueryError
        if parameters.get("itemtype") not in (None, "Phase"):
            raise UnreadableQueryError
        try:
            item_id = int(parameters["itemid"])
        except TypeError, ValueError:
            raise UnreadableQueryError from None
        end = _instant(parameters.get("endtime")) or now
        start = _instant(parameters.get("starttime"))
        if start is None and parameters.keys() <= PARAMETERS:
            raise IncompleteQueryError
        if start is not None and start.replace(microsecond=0) == end.replace(
            microsecond=0
        ):
            raise IncompleteQueryError
        return cls(item_id, start, end)


def phase_data(meter: Meter, start: datetime, end: datetime) -> list[dict[str, Any]]:
    """Return the minutes that begin in [start, end), in a group for each local year.

    Clamps have no history here: nobody has seen theirs.
    """
    if meter.family is Family.EM1:
        return []
    feed = meter.feed()
    zone = meter.zone
    years: dict[int, list[dict[str, Any]]] = {}
    for readout in feed.readouts(start + MINUTE, end + MINUTE):
        begin = readout.taken - MINUTE
        if begin >= end:
            break
        data = han_data(meter, begin, readout.taken) | meter.shown(feed, readout)
        label = begin.astimezone(zone).replace(tzinfo=None)
        years.setdefault(label.year, []).append({"data": data, "ts": label.isoformat()})
    return [
        {"dt": f"{year}-01-01T00:00:00", "data": data} for year, data in years.items()
    ]


def _instant(value: Any) -> datetime | None:
    """Read a time, which is UTC unless it says otherwise."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise UnreadableQueryError
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        raise UnreadableQueryError from None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
