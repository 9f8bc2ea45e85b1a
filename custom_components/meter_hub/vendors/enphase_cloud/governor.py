"""How many of a month's calls are for today, and who may make them. Pure."""

from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from math import inf
from typing import Self

from ..stored import Stored

CONTINGENCY = 50
"""Calls of a month that no day is planned with: for failures, and for other programs."""

_LARGEST_CONTINGENCY = 0.05
"""The same as a share of all that a month allows, where that is little."""

TOKENS_PER_DAY = 1
"""A token is valid for a day; renewing it may count as a call."""

SLACK = 2
"""How many calls more than planned a day may take, as days differ."""


@dataclass(frozen=True, slots=True)
class Spending(Stored):
    """What was spent of a month, and since when."""

    day: date | None = None
    """The day, UTC, that all this is about."""
    left: int | None = None
    """The calls that the month still allowed when the day began; None is no limit.

    What is spent on setting up a system is taken from here: no day is planned for it.
    """
    spent: int = 0
    """The calls that this account has made since."""
    limit: int | None = None
    """The calls that a whole month allowed then; under another plan a day begins anew,
    as its share of the other one would buy too much, or too little."""

    def on(self, now: datetime, left: int | None, limit: int | None) -> Self:
        """Return the spending of the day of `now`, of whose month so much is left."""
        if self.day == _day_of(now) and self.limit == limit:
            return self
        return type(self)(_day_of(now), left, limit=limit)

    def with_calls(self, number: int, *, planned: bool) -> Self:
        """Return the spending after so many calls."""
        if planned:
            return replace(self, spent=self.spent + number)
        left = None if self.left is None else max(self.left - number, 0)
        return replace(self, left=left)


@dataclass(frozen=True, slots=True)
class Purse:
    """What may be spent today by one of those who share a key."""

    spending: Spending
    now: datetime
    left: int | None
    """The calls that the month still allows; None is no limit."""
    limit: int | None
    """The calls that a whole month allows."""
    shares: int = 1

    @property
    def allowance(self) -> float:
        """The calls that today may take in all, as all days of the month may."""
        if self.spending.left is None or self.limit is None:
            return inf
        contingency = min(CONTINGENCY, self.limit * _LARGEST_CONTINGENCY)
        planned = max(self.spending.left - contingency, 0)
        return planned / days_left(self.now) / max(self.shares, 1)

    @property
    def steady_allowance(self) -> float:
        """The calls that a day may take in a month of which all days are planned alike."""
        if self.limit is None:
            return inf
        contingency = min(CONTINGENCY, self.limit * _LARGEST_CONTINGENCY)
        return (
            (self.limit - contingency) / _days_of_month(self.now) / max(self.shares, 1)
        )

    @property
    def is_within_the_day(self) -> bool:
        """Tell whether one more of the day's calls keeps to the allowance."""
        spent = self.spending.spent + 1
        return self.is_within_the_month and spent <= self.allowance + SLACK

    @property
    def is_within_the_month(self) -> bool:
        """Tell whether one more call leaves the month enough to renew the token."""
        if self.left is None:
            return True
        tokens = TOKENS_PER_DAY * days_left(self.now) * max(self.shares, 1)
        return self.left > tokens

    def spare(self, ahead: int) -> float:
        """Return how many calls are left over by those that today has yet to make."""
        return self.allowance - self.spending.spent - ahead


@lru_cache(maxsize=8)
def days_left(now: datetime) -> int:
    """Return how many days of the month, UTC, are left, with today."""
    today = _day_of(now)
    return _days_of_month(now) - today.day + 1


def tomorrow(now: datetime) -> datetime:
    """Return when the next day, UTC, begins."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(days=1)


@lru_cache(maxsize=8)
def _days_of_month(now: datetime) -> int:
    today = _day_of(now)
    return monthrange(today.year, today.month)[1]


def _day_of(now: datetime) -> date:
    return now.astimezone(UTC).date()
