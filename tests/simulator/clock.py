"""The simulator's time: a callable that returns an aware UTC datetime."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

type Clock = Callable[[], datetime]


def real_clock() -> datetime:
    """Return the real time."""
    return datetime.now(UTC)


class MovableClock:
    """A clock that stands still until it is moved."""

    def __init__(self, at: datetime) -> None:
        """Start at an aware datetime."""
        self.at = at.astimezone(UTC)

    def __call__(self) -> datetime:
        """Return the time that the clock shows."""
        return self.at

    def advance(self, by: timedelta) -> None:
        """Move the clock."""
        self.at += by
