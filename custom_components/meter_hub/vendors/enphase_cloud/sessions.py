"""The charging sessions of EV chargers, and whether there is news of them. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self

from ...metering.energy import exact
from ...metering.spans import HOUR
from ..base import JsonObject, UnexpectedAnswer
from ..stored import Stored
from .client import SESSIONS
from .telemetry import Row
from .values import to_amount, to_instant

PATIENCE = timedelta(days=3)
"""A session that is not told so long after its energy never is."""

_STANDBY = 0.01
"""kWh of an interval that a charger may take for itself."""

_MOST_KILOWATTS = 50.0
"""No charger of a home gives more."""

_WH_IN_KWH = 1000


@dataclass(frozen=True, slots=True)
class Session(Stored):
    """A car at a charger, from being plugged in on."""

    start: datetime
    end: datetime | None = None
    """None while it goes on."""
    energy: float | None = None
    """kWh."""
    duration: float | None = None
    """Seconds."""
    charge_time: float | None = None
    """Seconds of it in which the car charged."""
    cost: float | None = None
    """In whatever the owner's tariff is in: the vendor names no currency."""

    @property
    def power(self) -> float | None:
        """The mean power in W while the car charged."""
        if self.energy is None or not self.charge_time:
            return None
        hours = timedelta(seconds=self.charge_time) / HOUR
        return round(self.energy * _WH_IN_KWH / hours, 1)


@dataclass(frozen=True, slots=True)
class Page:
    """Some of a charger's sessions, in the order in which they are told."""

    sessions: tuple[Session, ...] = ()
    is_full: bool = False
    """Whether there may be more on the next one."""

    @property
    def newest(self) -> Session | None:
        """The one that began last."""
        return max(self.sessions, key=lambda session: session.start, default=None)

    @property
    def is_oldest_first(self) -> bool:
        """Whether newer sessions follow older ones."""
        return len(self.sessions) > 1 and self._span > timedelta(0)

    @property
    def is_newest_first(self) -> bool:
        """Whether older sessions follow newer ones."""
        return len(self.sessions) > 1 and self._span < timedelta(0)

    @property
    def _span(self) -> timedelta:
        return self.sessions[-1].start - self.sessions[0].start


@dataclass(frozen=True, slots=True)
class ChargerLog(Stored):
    """What is known of the use of a charger."""

    charged: datetime | None = None
    """When the newest interval began in which it charged a car."""
    asked_at: datetime | None = None
    """When its sessions were asked for last."""
    last: Session | None = None
    offset: int = 0
    """How many sessions come before those that are asked for next."""
    page_before: Session | None = None
    """The newest session of the page before, while the next one may have newer ones."""

    @property
    def is_between_pages(self) -> bool:
        """Whether what is known of the last session may be that of an old one."""
        return self.page_before is not None

    def with_page(self, page: Page, now: datetime) -> Self:
        """Return what is known after a page of sessions, of no documented order.

        Where the oldest come first, the newest is on the last page, which alone is
        asked for from then on.
        """
        newest, before = page.newest, self.page_before
        if newest is None or (before is not None and newest.start <= before.start):
            # It is beyond the last page, or they ignore the offset.
            last = before or (self.last if self.offset else None)
            offset = max(self.offset - SESSIONS, 0)
        elif page.is_full and page.is_oldest_first:
            offset = self.offset + SESSIONS
            return replace(self, asked_at=None, offset=offset, page_before=newest)
        elif self.offset and page.is_newest_first:
            # The order is another one than it was.
            last, offset = self.last, 0
        else:
            last, offset = newest, self.offset
        return replace(self, asked_at=now, last=last, offset=offset, page_before=None)

    def after(self, rows: Iterable[Row]) -> Self:
        """Return what is known after the charger has told its energy."""
        starts = [row.start for row in rows if (row.energy or 0) > _STANDBY]
        if not starts:
            return self
        return replace(self, charged=max(*starts, self.charged or starts[0]))

    def lacks(self, now: datetime) -> bool:
        """Tell whether the sessions may say more than is known.

        They do while one goes on, or where the charger has charged since the last.
        """
        if self.asked_at is None or self.asked_at > now:
            return True
        newest, last = self.charged, self.last
        if last is not None and last.end is None:
            newest = max(newest or last.start, last.start)
        elif last is not None and last.end is not None and newest is not None:
            newest = newest if newest >= last.end else None
        return newest is not None and self.asked_at - newest < PATIENCE


def read_sessions(data: JsonObject) -> Page:
    """Return the sessions of an answer.

    Raises UnexpectedAnswer where there is no list of them, or one of which nothing can
    be read.
    """
    told = data.get("sessions", ())
    if told is None:
        return Page()
    if not isinstance(told, list):
        raise UnexpectedAnswer("unexpected_answer", "no list of sessions")
    found = tuple(
        session
        for each in told
        if isinstance(each, dict) and (session := _read(each)) is not None
    )
    if told and not found:
        raise UnexpectedAnswer("unexpected_answer", "unknown sessions")
    return Page(found, is_full=len(told) >= SESSIONS)


def _read(item: JsonObject) -> Session | None:
    start, end = to_instant(item.get("start_time")), to_instant(item.get("end_time"))
    duration = to_amount(item.get("duration"))
    if start is None and end is not None and duration is not None:
        start = end - timedelta(seconds=duration)
    if start is None:
        return None
    if duration is None and end is not None:
        duration = max((end - start).total_seconds(), 0.0)
    charge_time = to_amount(item.get("charge_time"))
    return Session(
        start,
        end,
        _energy(to_amount(item.get("energy_added")), charge_time or duration),
        duration,
        charge_time,
        to_amount(item.get("cost")),
    )


def _energy(told: float | None, seconds: float | None) -> float | None:
    """Return kWh; the API's document says Wh, but shows kWh."""
    if told is None or not seconds:
        return told
    most = _MOST_KILOWATTS * (timedelta(seconds=seconds) / HOUR)
    return told if told <= most else exact(told / _WH_IN_KWH)
