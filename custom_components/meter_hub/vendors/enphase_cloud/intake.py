"""What an answer changes in what is known of a system, and what it tells. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo

from ...metering.model import Interval, Quality, Reading, Series, Span, Update
from ...metering.spans import Spans, from_epoch, hour_of, next_hour, to_epoch
from ...metering.vocabulary import Quantity
from ..base import JsonObject
from .by_phase import read_by_phase
from .charger_readings import charged_readings, charging_readings
from .charging import read_charging
from .client import Granularity, Telemetry
from .energy import LATE, Window, as_final_as, dark_filled, told
from .history import asked_key, end_of
from .jobs import CloudJob, Purpose, What
from .known import REFUSED_FOR, KnownSystem, Sample
from .lifetimes import cleared_noons
from .live import STALE, Power, learned_sign, read_latest
from .readings import (
    latest_readings,
    level_reading,
    phase_readings,
    state_readings,
    today_readings,
    total_readings,
)
from .refusals import without_phases
from .schedule import DAY, Slot, midnight
from .sweeps import Packed, Sweep
from .telemetry import Meta, Row, read_charger, read_telemetry, until_now
from .totals import KEPT, Totals

_PEERS = (Telemetry.PRODUCTION_METER, Telemetry.CONSUMPTION, Telemetry.BATTERY)
"""They tell how many devices are in a sum, which import and export don't."""

_GRID = (Telemetry.IMPORT, Telemetry.EXPORT)

_A_DAY = timedelta(hours=25)


@dataclass(frozen=True, slots=True)
class Told:
    """What an answer tells, as it is collected."""

    readings: tuple[Reading, ...] = ()
    intervals: tuple[Interval, ...] = ()
    explored: tuple[Span, ...] = ()
    floors: Mapping[Series, datetime] = field(default_factory=dict)

    def with_readings(self, readings: Iterable[Reading]) -> Told:
        """Return all with more readings."""
        return replace(self, readings=(*self.readings, *readings))

    def with_rows(
        self, series: Series, rows: Iterable[Row], window: Window, *, dark: bool = False
    ) -> Told:
        """Return all with the history of a series."""
        intervals, explored = told(series, rows, window, dark=dark)
        return replace(
            self,
            intervals=(*self.intervals, *intervals),
            explored=(*self.explored, *explored),
        )

    def plus(self, more: Told) -> Told:
        """Return all that either tells."""
        return Told(
            (*self.readings, *more.readings),
            (*self.intervals, *more.intervals),
            (*self.explored, *more.explored),
            {**self.floors, **more.floors},
        )

    def update(self) -> Update:
        """Return all as an update."""
        return Update(
            readings=self.readings,
            intervals=self.intervals,
            explored=self.explored,
            floors=self.floors,
        )


class HalfAnsweredError(Exception):
    """A week was asked for, and only a day of it answered."""


def window_of(known: KnownSystem, job: CloudJob, now: datetime, zone: tzinfo) -> Window:
    """Return what a call for energy asked for, as far as it is told by hours."""
    if job.start is None or job.span is None:
        raise TypeError(job.ask.name)
    until = end_of(job.ask, job.start, job.span, zone)
    return Window(max(job.start, hour_of(known.hourly_since)), until, now)


def take_telemetry(
    known: KnownSystem, job: CloudJob, data: JsonObject, now: datetime, zone: tzinfo
) -> tuple[KnownSystem, Told]:
    """Take in the energy of intervals.

    Raises UnexpectedAnswer where there is none to be read, and HalfAnsweredError.
    """
    is_charger = job.ask.what is What.CHARGER
    meter = job.ask.of if is_charger else known.about.id
    telemetry = None if is_charger else Telemetry(job.ask.of)
    data = until_now(data, now)
    answer = read_telemetry(telemetry, data) if telemetry else read_charger(data)
    window = window_of(known, job, now, zone)
    dark = telemetry is Telemetry.PRODUCTION_MICRO
    if dark and answer.meta:
        window = replace(window, reported=answer.meta.last_energy)
    rows_of = {
        quantity: tuple(row for row in rows if window.since <= row.start < window.until)
        for quantity, rows in answer.rows.items()
    }
    known = _with_span(known, job, rows_of)
    known = with_meta(known, answer.meta)
    sweep = sweep_of(known, job)
    found = Told()
    for quantity, rows in rows_of.items():
        whole = shown = rows
        if dark:
            shown = dark_filled(rows, window)
            whole = dark_filled(rows, window, whole=True)
        elif telemetry in _GRID:
            shown = whole = as_final_as(rows, _doubts(sweep))
        found = found.with_rows(Series(meter, quantity), shown, window, dark=dark)
        if known.days_until is not None:
            since = _first_answered(known, job, window, zone)
            asked = since, min(window.until, known.days_until)
            noons = cleared_noons(Series(meter, quantity), shown, zone, asked)
            found = replace(found, intervals=(*found.intervals, *noons))
        if rows:
            known = known.with_newest(quantity, rows[-1].end)
        if is_charger:
            known = known.with_log(meter, known.log_of(meter).after(rows))
        if job.purpose is Purpose.HISTORY and window.until <= now - KEPT:
            continue
        known = with_energy(known, meter, quantity, whole, zone)
        found = found.with_readings(total_readings(known, meter, (quantity,)))
        if job.purpose is Purpose.HISTORY:
            continue
        if telemetry in _PEERS:
            sweep = _with_doubts(sweep, rows, window)
        if packed := Packed.of(_worth_keeping(whole, job)):
            sweep = replace(sweep, rows=sweep.rows | {quantity: packed})
        if job.purpose is Purpose.CHARGERS:
            found = found.with_readings(charged_readings(meter, rows, job, now))
        if not is_charger or job.purpose is Purpose.CHARGERS:
            found = found.with_readings(
                today_readings(known, meter, (quantity,), zone, now)
            )
    if job.purpose is Purpose.HISTORY:
        return _asked(known, job, found, window), found
    if dark:
        lit = [(row.start, row.end) for row in rows_of[Quantity.SOLAR] if row.energy]
        known = replace(known, light=known.light.seen(lit, zone))
    if job.by_phase:
        phases = read_by_phase(data)
        if phases.is_pointless(rows_of[Quantity.SOLAR]):
            known = without_phases(known, now + REFUSED_FOR)
        powers = phases.powers()
        found = found.with_readings(phase_readings(known, powers, job, now))
    level, level_at = answer.newest_level
    if level is not None and level_at is not None and now - level_at <= STALE:
        reading = level_reading(known, level, level_at, job)
        found = found.with_readings((reading,))
    return known.with_sweep(job.purpose, sweep), found.with_readings(
        state_readings(known)
    )


def take_latest(
    known: KnownSystem, job: CloudJob, data: JsonObject, now: datetime
) -> tuple[KnownSystem, Told]:
    """Take in the newest power."""
    latest = read_latest(data, now, sign=known.sign, has_battery=known.has_battery)
    if latest.sign is not None:
        known = replace(known, sign=latest.sign)
    raw, sample = latest.raw_battery, known.sample
    if raw and (sample is None or abs(raw.watts) >= abs(sample.watts)):
        known = replace(known, sample=Sample(raw.watts, raw.at))
    if meter := latest.consumption or latest.production:
        known = with_phase(known, job, meter.at, now)
    serials = [charger.serial for charger in known.chargers]
    charging = read_charging(data, serials, now)
    return known, Told(
        (
            *latest_readings(known, latest, job, now),
            *charging_readings(charging, job),
        )
    )


def with_meta(known: KnownSystem, meta: Meta | None) -> KnownSystem:
    """Return what is known with what an answer says of its system."""
    if meta is None:
        return known
    return replace(
        known,
        last_report=meta.last_report or known.last_report,
        last_energy=meta.last_energy or known.last_energy,
        begins=known.begins or meta.operational_at,
    ).with_status(meta.status, meta.status_word)


def with_energy(
    known: KnownSystem,
    meter: str,
    quantity: Quantity,
    rows: Iterable[Row],
    zone: tzinfo,
) -> KnownSystem:
    """Return what is known with more energy of a meter counted."""
    totals = known.totals.get(meter, Totals()).with_rows(quantity, rows, zone)
    return replace(known, totals=known.totals | {meter: totals})


def with_phase(
    known: KnownSystem, job: CloudJob, newest: datetime, now: datetime
) -> KnownSystem:
    """Return what is known of when data is published, once a poll was made."""
    if job.at is None:
        return known
    slot = Slot(job.at, energy=True)
    return replace(known, phases=known.phases.after(slot, now, newest))


def with_sign(
    known: KnownSystem, rows: Mapping[Quantity, tuple[Row, ...]]
) -> KnownSystem:
    """Return what is known once the batteries' energy tells the sign of their power."""
    if known.sign is not None or known.sample is None:
        return known
    charge = rows.get(Quantity.BATTERY_CHARGE, ())
    discharge = rows.get(Quantity.BATTERY_DISCHARGE, ())
    sample = Power(known.sample.watts, known.sample.at)
    sign = learned_sign(sample, charge, discharge)
    if sign is None and (not charge or charge[-1].end < sample.at):
        return known
    # What was compared in vain gives way to the next one.
    return replace(known, sign=sign, sample=None)


def sweep_of(known: KnownSystem, job: CloudJob) -> Sweep:
    """Return how far the calls have come that a job belongs to."""
    at = job.at or job.due
    sweep = known.sweeps.get(job.purpose)
    return sweep if sweep is not None and sweep.at == at else Sweep(at)


def _first_answered(
    known: KnownSystem, job: CloudJob, window: Window, zone: tzinfo
) -> datetime:
    """Return from when on an answer tells all that there is.

    Of the day on which something began there is no more than that.
    """
    begins = known.beginning(job.ask.name)
    if begins is None or window.since > next_hour(begins):
        return window.since
    return hour_of(midnight(window.since.astimezone(zone).date(), zone))


def _with_span(
    known: KnownSystem, job: CloudJob, rows_of: Mapping[Quantity, tuple[Row, ...]]
) -> KnownSystem:
    """Note whether a week is answered where a week is asked for.

    Raises HalfAnsweredError where it is not, as others show that there was more.
    """
    rows = [row for rows in rows_of.values() for row in rows]
    if job.span is not Granularity.WEEK or job.start is None or not rows:
        return known
    newest = max(row.end for row in rows)
    if newest > job.start + _A_DAY:
        spans = known.spans | {job.ask.name: Granularity.WEEK}
        return replace(known, spans=spans)
    is_half = known.heard is not None and known.heard > job.start + 2 * DAY
    if is_half and job.ask.name not in known.spans:
        raise HalfAnsweredError
    return known


def _worth_keeping(rows: tuple[Row, ...], job: CloudJob) -> tuple[Row, ...]:
    """Return the rows that the calls to come need: of exact nights only the last day."""
    of = {ask.of for ask in job.asks}
    if job.purpose is Purpose.CHARGERS:
        return ()
    if job.purpose is Purpose.NIGHT and job.at is not None and of.issuperset(_GRID):
        return tuple(row for row in rows if row.start >= job.at - DAY)
    return rows


def _with_doubts(sweep: Sweep, rows: Iterable[Row], window: Window) -> Sweep:
    """Note when meters are missing in a sum, as far as that may change."""
    doubts = Spans.of(
        *((row.start, row.end) for row in rows if not row.final),
        *((from_epoch(start), from_epoch(end)) for start, end in sweep.doubtful),
    ).clip(window.asked_at - LATE, window.asked_at)
    pairs = tuple((to_epoch(start), to_epoch(end)) for start, end in doubts)
    return replace(sweep, doubtful=pairs)


def _doubts(sweep: Sweep) -> tuple[Row, ...]:
    return tuple(
        Row(from_epoch(start), from_epoch(end), None, final=False)
        for start, end in sweep.doubtful
    )


def _asked(
    known: KnownSystem, job: CloudJob, found: Told, window: Window
) -> KnownSystem:
    """Note that an old stretch was asked for, where that left it open."""
    answered = max((span.end for span in found.explored), default=window.since)
    is_measured = all(each.quality is Quality.MEASURED for each in found.intervals)
    if job.start is None or (is_measured and answered >= window.until):
        return known
    asked = known.asked | {asked_key(job.ask, job.start): window.asked_at}
    return replace(known, asked=asked)
