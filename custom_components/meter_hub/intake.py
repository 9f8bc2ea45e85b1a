"""What an update changes in what is remembered of an account."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from math import isfinite

from .memory import Absence, Memory
from .metering.energy import MOST_POWER
from .metering.guard import ANY_HOUSE, GuardState, Rules, check
from .metering.ledger import Page
from .metering.model import Reading, Series, Update
from .metering.vocabulary import Kind, Quantity

_ABSENT_LISTINGS = 3
_ABSENT_FOR = timedelta(days=1)
"""A meter that so many complete listings lack, over so long a time, is let go."""


def take_in(
    memory: Memory, update: Update, excluded: frozenset[str], now: datetime
) -> None:
    """Merge an update into the memory; what it doesn't tell stays as it was.

    A listing without any meter is taken for a failure of the vendor, and a meter
    that is not listed any longer for missing, until it is seen again or has been
    absent for so long that it is let go. One that nobody wants goes at once.
    """
    if update.notices is not None:
        memory.notices = update.notices
    for meter_id in memory.meters.keys() & update.unwanted:
        forget(memory, meter_id)
    seen = {reading.series.meter for reading in update.readings}
    unlisted: frozenset[str] = frozenset()
    if update.meters:
        listed = {meter.id: meter for meter in update.meters}
        unlisted = frozenset(memory.meters.keys() - listed.keys())
        memory.meters |= listed
        seen |= listed.keys()
    memory.missing = (memory.missing - seen) | unlisted | update.missing
    for meter_id in seen & memory.absences.keys():
        del memory.absences[meter_id]
    for meter_id in unlisted - seen:
        _note_absence(memory, meter_id, now)
    # The serial of a meter comes first: the guard needs it to know a swapped meter.
    for reading in sorted(
        update.readings,
        key=lambda reading: reading.series.quantity.kind is Kind.REGISTER,
    ):
        if reading.series.meter not in excluded:
            _take_reading(memory, reading, now)


def forget(memory: Memory, meter_id: str) -> None:
    """Let go of a meter, but not of its history and of what its registers read last.

    So the series of a meter that returns go on where they were.
    """
    del memory.meters[meter_id]
    memory.missing -= {meter_id}
    memory.absences.pop(meter_id, None)
    memory.readings = {
        series: reading
        for series, reading in memory.readings.items()
        if series.meter != meter_id
    }


def expire(readings: Mapping[Series, Reading], now: datetime) -> dict[Series, Reading]:
    """Return the readings without the values that say nothing about `now`."""
    return {
        series: reading
        if reading.value_at(now) == reading.value
        else replace(reading, value=None)
        for series, reading in readings.items()
    }


def _note_absence(memory: Memory, meter_id: str, now: datetime) -> None:
    """Count a listing that lacks a meter; after enough of them the meter is let go."""
    before = memory.absences.get(meter_id, Absence(now, 0))
    absence = Absence(min(before.since, now), before.listings + 1)
    memory.absences[meter_id] = absence
    if absence.listings >= _ABSENT_LISTINGS and now - absence.since >= _ABSENT_FOR:
        forget(memory, meter_id)


def _take_reading(memory: Memory, reading: Reading, now: datetime) -> None:
    """Keep the newer of two readings of a series.

    One that is known from the future was taken while the clock was ahead: any other
    one replaces it.
    """
    if reading.measured_at is not None:
        reading = replace(reading, measured_at=min(reading.measured_at, now))
    known = memory.readings.get(reading.series)
    if (
        known is not None
        and known.measured_at is not None
        and reading.measured_at is not None
        and reading.measured_at < known.measured_at <= now
    ):
        return
    if known is not None and known.scale != reading.scale:
        _fetch_anew(memory, reading.series)
    if reading.series.quantity.kind is Kind.REGISTER:
        reading = _guarded(memory, reading, now)
    memory.readings[reading.series] = reading


def _fetch_anew(memory: Memory, series: Series) -> None:
    """Have the whole history of a series fetched again, as it has another scale now."""
    if page := memory.pages.get(series):
        memory.pages[series] = Page(floor=page.floor)


def _guarded(memory: Memory, reading: Reading, now: datetime) -> Reading:
    """Return the reading with the value that the guard lets through."""
    value = reading.value
    if not isinstance(value, int | float) or not isfinite(value) or value < 0:
        return replace(reading, value=None)
    at = reading.measured_at or now
    scale = max(reading.scale, 1)
    rules = Rules(
        max_rate=MOST_POWER * scale,
        usual_rate=ANY_HOUSE * scale,
        scale=reading.scale,
    )
    state = memory.guards.get(reading.series)
    if state is not None and state.at > now:
        # How long ago that was is not known: any rise is slow enough.
        state, rules = replace(state, at=at), replace(rules, max_rate=None)
    verdict = check(
        _without_future_trend(state, now), value, at, _serial(memory, reading), rules
    )
    memory.guards[reading.series] = verdict.state
    if state is not None and _has_jumped(state, verdict.state):
        memory.jumped |= {reading.series.meter}
    if verdict.held is not None:
        memory.held[reading.series] = verdict.held
    return replace(reading, value=verdict.value)


def _has_jumped(before: GuardState, after: GuardState) -> bool:
    """Tell whether the same register goes on from elsewhere, with an offset now."""
    swapped = before.identity is not None and before.identity != after.identity
    replaced = swapped or before.scale != after.scale
    return not replaced and after.offset not in (0, before.offset)


def _without_future_trend(state: GuardState | None, now: datetime) -> GuardState | None:
    """Forget held values that a clock which was ahead has noted; no other follows them."""
    if state is None or state.trend is None or state.trend.at <= now:
        return state
    return replace(state, trend=None)


def _serial(memory: Memory, reading: Reading) -> str | None:
    """Return the serial that the meter itself gives: its device may have another."""
    known = memory.readings.get(Series(reading.series.meter, Quantity.METER_SERIAL))
    return None if known is None or known.value is None else str(known.value)
