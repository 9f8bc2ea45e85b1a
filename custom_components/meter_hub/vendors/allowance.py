"""The calls that may be made with one key or login, shared by all who use it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

from ..metering.budget import Budget, Limits


class Allowance:
    """Spends a budget, and saves each call before it is made.

    Calls that mean nothing after a restart are not saved; what the vendor said is.
    """

    def __init__(
        self,
        budget: Budget,
        clock: Callable[[], datetime],
        save: Callable[[Budget], Awaitable[None]],
    ) -> None:
        """Start from a budget as it was saved last."""
        self.budget = budget
        self.shares = 1
        """How many accounts spend the budget."""
        self._clock = clock
        self._save = save
        self._lock = asyncio.Lock()

    def follow(self, limits: Limits, shares: int) -> None:
        """Go by these limits from now on, for so many accounts; the calls stay counted."""
        self.budget = self.budget.under(limits)
        self.shares = shares

    def earliest(self, now: datetime) -> datetime:
        """Return the first instant from `now` on at which a call may be made."""
        return self.budget.earliest(now)

    async def spend(self, *, heed_hold: bool = True) -> datetime | None:
        """Count a call that is about to be made.

        Returns None when the call may be made, else the instant from which on it may.
        """
        async with self._lock:
            now = self._clock()
            earliest = self.budget.earliest(now, heed_hold=heed_hold)
            if earliest > now:
                return earliest
            self.budget = self.budget.spent(now)
            if self.budget.limits.outlast_a_restart:
                await self._save(self.budget)
            return None

    async def hold(self, until: datetime) -> None:
        """Make no call before `until`, because the vendor said so."""
        async with self._lock:
            self.budget = self.budget.held(until)
            await self._save(self.budget)
