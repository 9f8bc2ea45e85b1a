"""How many calls may be made, and when the next one may be."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from math import inf
from typing import Any, Self

# A call may reach the vendor in less than a minute after an earlier one that was sent
# a minute before, because that took longer on its way.
_MINUTE = timedelta(minutes=1, seconds=5)

# No program is started anew in less time than this.
_RESTART = timedelta(seconds=5)

# After so long no vendor counts a call, but for the month's sake.
_RECENT = timedelta(days=1)

# A call noted later than this after now was noted by a clock that was off.
_CLOCK_SLACK = timedelta(minutes=5)

# The same for what may truly lie ahead: a vendor's month, and the wait until its end.
_LONGEST_WAIT = timedelta(days=32)


@dataclass(frozen=True, slots=True)
class Limits:
    """The calls that a vendor allows; counts are at least 1, None is no limit."""

    pace: timedelta
    """The least time between two calls."""
    per_minute: int | None = None
    """In any 60 seconds, wherever they begin, as the vendor sees them."""
    per_month: int | None = None
    """In a calendar month, UTC."""

    @property
    def outlast_a_restart(self) -> bool:
        """Whether a call can still bear on the first one after a restart."""
        counted = self.per_minute is not None or self.per_month is not None
        return counted or self.pace > _RESTART

    @classmethod
    def strictest(cls, all_limits: Iterable[Self]) -> Self:
        """Return what keeps all of these limits; there must be one."""
        each = list(all_limits)
        return cls(
            max(limits.pace for limits in each),
            _least(limits.per_minute for limits in each),
            _least(limits.per_month for limits in each),
        )


@dataclass(frozen=True, slots=True)
class Budget:
    """The calls made so far, as far as they bear on the next one.

    Pure: the caller brings the time, and keeps what the methods return.
    """

    limits: Limits
    calls: tuple[datetime, ...] = ()
    """The last calls, oldest first; as many as the limit per minute needs."""
    month: datetime | None = None
    """The first instant of the month that `calls_this_month` belongs to."""
    calls_this_month: int = 0
    month_before: datetime | None = None
    """The same of the month counted before: a clock that is ahead leaves it too early."""
    calls_before: int = 0
    hold: datetime | None = None
    """No call before this instant, because the vendor said so."""

    @classmethod
    def fresh(cls, limits: Limits) -> Self:
        """Return the budget of somebody who has made no call yet."""
        return cls(limits)

    def under(self, limits: Limits) -> Self:
        """Return the same calls under other limits.

        Where the month allows more than before, a hold is over: it may have been for
        the limits that hold no longer, and the vendor says so again where it was not.
        """
        grows = (limits.per_month or inf) > (self.limits.per_month or inf)
        return replace(self, limits=limits, hold=None if grows else self.hold)

    def earliest(self, now: datetime, *, heed_hold: bool = True) -> datetime:
        """Return the first instant from `now` on at which a call may be made.

        A call that the vendor counts apart need not heed the hold.
        """
        limits = self.limits
        moment = now
        calls = self._credible_calls(now)
        if calls:
            moment = max(moment, calls[-1] + limits.pace)
        if limits.per_minute is not None and len(calls) >= limits.per_minute:
            moment = max(moment, calls[-limits.per_minute] + _MINUTE)
        hold = self._credible_hold(now)
        if heed_hold and hold is not None:
            moment = max(moment, hold)
        if limits.per_month is not None:
            for month, calls_made in self._credible_months(now).items():
                if calls_made >= limits.per_month:
                    moment = max(moment, _month_after(month))
        return moment

    def used_this_month(self, now: datetime) -> int:
        """Return how many calls were made in the month of `now`."""
        return max(self._credible_months(now).values())

    def left_this_month(self, now: datetime) -> int | None:
        """Return how many calls the month still allows; None where nothing limits it."""
        if self.limits.per_month is None:
            return None
        return max(0, self.limits.per_month - self.used_this_month(now))

    def matters(self, now: datetime) -> bool:
        """Tell whether a budget can bear on a call at `now` or later, by any limits."""
        hold = self._credible_hold(now)
        held = hold is not None and now < hold
        recent = any(now - call < _RECENT for call in self._credible_calls(now))
        return held or recent or self.used_this_month(now) > 0

    def spent(self, now: datetime) -> Self:
        """Return the budget after a call at `now`."""
        calls = sorted((*self._credible_calls(now), now.astimezone(UTC)))
        counts = {month: made + 1 for month, made in self._credible_months(now).items()}
        month = max(counts)
        counts = self._noted_months() | counts
        before = max((each for each in counts if each < month), default=None)
        return replace(
            self,
            calls=tuple(calls[-(self.limits.per_minute or 1) :]),
            month=month,
            calls_this_month=counts[month],
            month_before=before,
            calls_before=0 if before is None else counts[before],
            hold=self._credible_hold(now),
        )

    def held(self, until: datetime) -> Self:
        """Return the budget with no call before `until`; of two holds the later wins.

        A hold of more than 32 days is taken for the work of a wrong clock, and
        holds nothing.
        """
        until = until.astimezone(UTC)
        return replace(self, hold=until if self.hold is None else max(self.hold, until))

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` reads; without the limits, which are code."""
        return {
            "calls": [call.isoformat() for call in self.calls],
            "month": self.month and self.month.isoformat(),
            "calls_this_month": self.calls_this_month,
            "month_before": self.month_before and self.month_before.isoformat(),
            "calls_before": self.calls_before,
            "hold": self.hold and self.hold.isoformat(),
        }

    @classmethod
    def from_json(cls, limits: Limits, data: Mapping[str, Any] | None) -> Self:
        """Read what `to_json` wrote; what can't be read gives a fresh budget."""
        try:
            return cls._read(limits, data or {})
        except AttributeError, KeyError, OverflowError, TypeError, ValueError:
            return cls.fresh(limits)

    @classmethod
    def _read(cls, limits: Limits, data: Mapping[str, Any]) -> Self:
        month, hold, before = data["month"], data["hold"], data.get("month_before")
        return cls(
            limits,
            calls=tuple(sorted(_instant(call) for call in data["calls"])),
            month=month and _instant(month),
            calls_this_month=max(0, int(data["calls_this_month"])),
            month_before=before and _instant(before),
            calls_before=max(0, int(data.get("calls_before", 0))),
            hold=hold and _instant(hold),
        )

    def _credible_calls(self, now: datetime) -> tuple[datetime, ...]:
        return tuple(call for call in self.calls if call <= now + _CLOCK_SLACK)

    def _credible_hold(self, now: datetime) -> datetime | None:
        if self.hold is None or self.hold > now + _LONGEST_WAIT:
            return None
        return self.hold

    def _credible_months(self, now: datetime) -> dict[datetime, int]:
        """Return the months that calls at `now` may belong to, with their calls so far.

        A clock that is a little behind must not lose the count of the month that
        has begun already, nor one that was ahead that of the month it came back to;
        one that was far ahead must not block for ever.
        """
        current = _month_of(now)
        credible = {
            month: made
            for month, made in self._noted_months().items()
            if current <= month <= now + _LONGEST_WAIT
        }
        return {current: 0} | credible

    def _noted_months(self) -> dict[datetime, int]:
        noted = {
            self.month_before: self.calls_before,
            self.month: self.calls_this_month,
        }
        return {month: made for month, made in noted.items() if month is not None}


def _least(counts: Iterable[int | None]) -> int | None:
    return min((count for count in counts if count is not None), default=None)


def _month_of(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(
        day=1, hour=0, minute=0, second=0, microsecond=0
    )


def _month_after(month: datetime) -> datetime:
    return _month_of(month + _LONGEST_WAIT)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
