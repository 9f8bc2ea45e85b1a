"""Energy by intervals, and what registers count. Pure.

The instant of an interval is its end. Dark hours are left out of what the
microinverters tell, and an empty list means that nothing is known yet.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from ...metering.energy import MOST_POWER, exact
from ...metering.spans import HOUR
from ...metering.vocabulary import Quantity, SystemStatus
from ..base import JsonObject, UnexpectedAnswer
from .client import Telemetry
from .systems import read_status, read_unknown_status
from .values import part_of, parts_of, to_amount, to_instant, to_percent, to_text

QUARTER = timedelta(minutes=15)
FIVE_MINUTES = timedelta(minutes=5)

_WH_IN_KWH = 1000

_AHEAD = timedelta(minutes=1)
"""By so much the vendor's clock may be ahead of ours."""

_FEW_GAPS = 3
"""Fewer don't tell in which steps an answer goes."""


@dataclass(frozen=True, slots=True)
class Row:
    """The energy of one interval."""

    start: datetime
    end: datetime
    energy: float | None
    """kWh; None where the vendor has the interval but not its energy."""
    final: bool = True
    """False while devices are missing in the sum."""
    told_power: float | None = None
    """W, as the vendor gives the mean of the interval."""

    @property
    def power(self) -> float | None:
        """The mean power in W; not the told one times the time is the energy."""
        if self.told_power is not None or self.energy is None:
            return self.told_power
        return exact(self.energy * _WH_IN_KWH * (HOUR / (self.end - self.start)))


@dataclass(frozen=True, slots=True)
class Meta:
    """What an answer says of its system."""

    status: SystemStatus | None
    status_word: str | None
    last_report: datetime | None
    """The last contact, whatever it brought."""
    last_energy: datetime | None
    """Until when production is told; goes on while it is zero."""
    operational_at: datetime | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What one call for intervals tells."""

    rows: Mapping[Quantity, tuple[Row, ...]]
    meta: Meta | None = None
    level: float | None = None
    """% that the batteries held at `level_at`, the end of the newest interval."""
    level_at: datetime | None = None
    aggregate: float | None = None
    """% that the batteries together reported last."""

    @property
    def newest_level(self) -> tuple[float | None, datetime | None]:
        """What the batteries hold, in %, and when they did.

        What they reported last is as old as their newest energy: it tells no instant
        of its own, and goes on when they are silent.
        """
        if self.level is not None:
            return self.level, self.level_at
        ends = (
            row.end
            for rows in self.rows.values()
            for row in rows
            if row.energy is not None
        )
        return self.aggregate, max(ends, default=None)


@dataclass(frozen=True, slots=True)
class Register:
    """What the meters of a system have counted."""

    energy: float
    """kWh."""
    at: datetime


type _ReadEnergy = Callable[[JsonObject], tuple[object, object]]
"""Returns the energy in Wh of an interval, and how many devices are in it."""


def until_now(data: JsonObject, now: datetime) -> JsonObject:
    """Return an answer without the intervals that are not over yet.

    Days that run may come filled up with zeros to their ends.
    """
    return {key: _until(told, now + _AHEAD) for key, told in data.items()}


def read_telemetry(what: Telemetry, data: JsonObject) -> Answer:
    """Return the intervals of an answer.

    Raises UnexpectedAnswer where there is no list of them, or one of which nothing
    can be read.
    """
    meta = _read_meta(data)
    total = to_amount(data.get("total_devices"))
    lists = _lists(data, "intervals")
    if what is Telemetry.BATTERY:
        rows = {
            quantity: _rows(lists, _within(part), QUARTER, total)
            for quantity, part in (
                (Quantity.BATTERY_CHARGE, "charge"),
                (Quantity.BATTERY_DISCHARGE, "discharge"),
            )
        }
        level, level_at = _newest_level(lists)
        aggregate = to_percent(data.get("last_reported_aggregate_soc"))
        return Answer(rows, meta, level, level_at, aggregate)
    quantity, keys = _TELLS[what]
    length = FIVE_MINUTES if what is Telemetry.PRODUCTION_MICRO else QUARTER
    return Answer({quantity: _rows(lists, _under(*keys), length, total)}, meta)


def read_charger(data: JsonObject) -> Answer:
    """Return the intervals of an EV charger; raises as `read_telemetry`."""
    lists = _lists(data, "consumption")
    rows = _rows(lists, _under("consumption"), QUARTER, None)
    return Answer({Quantity.EV_CHARGE: rows}, _read_meta(data))


def quarters_of(items: Sequence[JsonObject]) -> tuple[Row, ...]:
    """Return the quarter hours of one phase of a production meter."""
    return tuple(_rows_of(items, _under("wh_del"), QUARTER, None))


def read_registers(data: JsonObject) -> Register | None:
    """Return the sum of a system's production meters, and when the newest was read.

    Retired meters stay in it with what they counted. None where a meter lacks its
    value: the sum of the others would be a fall.
    """
    newest: dict[str, tuple[datetime, float]] = {}
    for reading in parts_of(data, "meter_readings"):
        serial = to_text(reading.get("serial_num"))
        serial = serial or to_text(reading.get("serial_number")) or ""
        value, at = to_amount(reading.get("value")), to_instant(reading.get("read_at"))
        if value is None or at is None:
            return None
        if serial not in newest or newest[serial][0] <= at:
            newest[serial] = at, value
    if not newest:
        return None
    return Register(
        exact(sum(value for _, value in newest.values()) / _WH_IN_KWH),
        max(at for at, _ in newest.values()),
    )


_TELLS: Mapping[Telemetry, tuple[Quantity, tuple[str, ...]]] = {
    Telemetry.PRODUCTION_MICRO: (Quantity.SOLAR, ("enwh",)),
    Telemetry.PRODUCTION_METER: (Quantity.SOLAR, ("wh_del", "enwh")),
    Telemetry.CONSUMPTION: (Quantity.HOME, ("enwh",)),
    # One version of the API's document names the imported energy exported.
    Telemetry.IMPORT: (Quantity.GRID_IMPORT, ("wh_imported", "wh_exported")),
    Telemetry.EXPORT: (Quantity.GRID_EXPORT, ("wh_exported",)),
}


def _until(told: object, latest: datetime) -> object:
    """Return a part of an answer without what ends later, however deep that lies."""
    if isinstance(told, dict):
        return {key: _until(each, latest) for key, each in told.items()}
    if not isinstance(told, list):
        return told
    return [_until(each, latest) for each in told if not _ends_later(each, latest)]


def _ends_later(item: object, latest: datetime) -> bool:
    end = to_instant(item.get("end_at")) if isinstance(item, dict) else None
    return end is not None and end > latest


def _under(*keys: str) -> _ReadEnergy:
    """Return the reader of a flat interval."""

    def read(item: JsonObject) -> tuple[object, object]:
        told = (item[key] for key in keys if item.get(key) is not None)
        return next(told, None), item.get("devices_reporting")

    return read


def _within(part: str) -> _ReadEnergy:
    """Return the reader of an interval that has parts."""

    def read(item: JsonObject) -> tuple[object, object]:
        energy = part_of(item, part)
        return energy.get("enwh"), energy.get("devices_reporting")

    return read


def _lists(data: JsonObject, key: str) -> list[list[JsonObject]]:
    """Return the lists of intervals, which may lie in a list of their own."""
    told = data.get(key, ())
    if told is None:
        return []
    if not isinstance(told, list):
        raise UnexpectedAnswer("unexpected_answer", f"no list of {key}")
    nested = [each for each in told if isinstance(each, list)]
    flat = [each for each in told if not isinstance(each, list)]
    lists = [
        [
            item
            for item in items
            if isinstance(item, dict) and to_instant(item.get("end_at"))
        ]
        for items in (flat, *nested)
    ]
    if any((flat, *nested)) and not any(lists):
        raise UnexpectedAnswer("unexpected_answer", f"unknown {key}")
    return [items for items in lists if items]


def _rows(
    lists: Iterable[Sequence[JsonObject]],
    read: _ReadEnergy,
    length: timedelta,
    total: float | None,
) -> tuple[Row, ...]:
    """Return the rows of all lists, the oldest first.

    Of two rows of a list that end at once the later counts. Lists are of several
    meters, so that what they tell of the same time is added up.
    """
    by_end: dict[datetime, Row] = {}
    for items in lists:
        for row in _rows_of(items, read, length, total):
            other = by_end.get(row.end)
            by_end[row.end] = _added(other, row) if other else row
    return tuple(row for _, row in sorted(by_end.items(), key=lambda item: item[0]))


def _rows_of(
    items: Sequence[JsonObject],
    read: _ReadEnergy,
    length: timedelta,
    total: float | None,
) -> Iterable[Row]:
    by_end = {end: item for item in items if (end := to_instant(item.get("end_at")))}
    ends = sorted(by_end)
    step = _step(ends, length)
    before = None
    for end in ends:
        start = end - step if before is None else max(before, end - step)
        told, reporting = read(by_end[end])
        yield Row(
            start,
            end,
            _energy(told, end - start),
            _is_final(to_amount(reporting), total),
            to_amount(by_end[end].get("powr", by_end[end].get("curr_w"))),
        )
        before = end


def _step(ends: Sequence[datetime], length: timedelta) -> timedelta:
    """Return how long the intervals are: as told, or as most of them follow.

    Gateways that report seldom tell quarter hours where others tell five minutes.
    """
    gaps = Counter(after - before for before, after in pairwise(ends))
    if gaps.total() < _FEW_GAPS:
        return length
    gap, times = gaps.most_common(1)[0]
    return gap if gap <= QUARTER and 2 * times > gaps.total() else length


def _energy(told: object, length: timedelta) -> float | None:
    """Return kWh; None where there is none, or more than any meter measures."""
    amount = to_amount(told)
    if amount is None:
        return None
    energy = exact(amount / _WH_IN_KWH)
    return energy if energy <= MOST_POWER * (length / HOUR) else None


def _is_final(reporting: float | None, total: float | None) -> bool:
    """Tell whether all devices are in a sum; no total says nothing about that."""
    return not total or reporting is None or reporting >= total


def _added(one: Row, other: Row) -> Row:
    unknown = one.energy is None or other.energy is None
    return replace(
        one,
        start=min(one.start, other.start),
        energy=None if unknown else exact((one.energy or 0) + (other.energy or 0)),
        final=one.final and other.final,
        told_power=None,
    )


def _newest_level(
    lists: Iterable[Iterable[JsonObject]],
) -> tuple[float | None, datetime | None]:
    """Return what the batteries hold at the end of the newest interval that tells."""
    levels = {
        end: level
        for items in lists
        for item in items
        if (end := to_instant(item.get("end_at")))
        and (level := to_percent(part_of(item, "soc").get("percent"))) is not None
    }
    newest = max(levels, default=None)
    return (None, None) if newest is None else (levels[newest], newest)


def _read_meta(data: JsonObject) -> Meta | None:
    meta = part_of(data, "meta")
    if not meta:
        return None
    return Meta(
        read_status(meta.get("status")),
        read_unknown_status(meta.get("status")),
        to_instant(meta.get("last_report_at")),
        to_instant(meta.get("last_energy_at")),
        to_instant(meta.get("operational_at")),
    )
