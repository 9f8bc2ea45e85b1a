"""What a house that seems to give power tells of the current transformers. Pure.

No house gives power by itself. Where what flows in adds up to less than nothing, a
current transformer was installed the wrong way round, or on another phase than the
gateway was told.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from mashumaro import DataClassDictMixin

from ...metering.model import Notice

HOME_BELOW_ZERO = "home_below_zero"

PATIENCE = timedelta(minutes=10)
"""What is measured at different instants may add up to less than nothing for a while."""

FORGIVEN_AFTER = timedelta(days=1)
"""With a grid measured the wrong way round, all seems well while the sun shines."""

_NOISE = 20
"""W that current transformers show where nothing flows."""


@dataclass(frozen=True, slots=True)
class Wiring(DataClassDictMixin):
    """Since when a house seems to give power, and when it last did so for long."""

    below_since: datetime | None = None
    below_at: datetime | None = None
    """When it was seen last, if it goes on."""
    wrong_at: datetime | None = None
    """When it had last gone on for so long that no chance explains it."""

    def after(
        self, power: float | None, at: datetime, longest_gap: timedelta
    ) -> Wiring:
        """Return what is known once the house uses so many W; None where that is unknown.

        Nobody knows what happened in a gap that is longer.
        """
        if power is None:
            return self
        if power >= -_NOISE:
            return replace(self, below_since=None, below_at=None)
        since = at
        if self.below_since is not None and self.below_at is not None:
            goes_on = timedelta(0) <= at - self.below_at <= longest_gap
            since = self.below_since if goes_on else at
        wrong_at = at if at - since >= PATIENCE else self.wrong_at
        return Wiring(since, at, wrong_at)

    def notices(self, gateway: str, now: datetime) -> Iterator[Notice]:
        """Yield what a person should have checked."""
        if self.wrong_at is not None and abs(now - self.wrong_at) < FORGIVEN_AFTER:
            yield Notice(HOME_BELOW_ZERO, gateway, {})
