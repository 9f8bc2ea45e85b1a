"""A register behind the guard, and what Home Assistant books of it."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from custom_components.meter_hub.metering.guard import (
    GuardState,
    HeldReason,
    Rules,
    check,
)

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
WRAP_OF_AN_INVERTER = 1193.046
PLAIN = Rules()


def booked_by_home_assistant(states: Iterable[float]) -> float:
    """Sum the states of a `total_increasing` sensor as the recorder does."""
    total = 0.0
    last: float | None = None
    for state in states:
        if last is None:
            last = state
        if state < 0.9 * last:
            total += state
        else:
            total += state - last
        last = state
    return total


class Register:
    """A register as Home Assistant sees it, read once a minute."""

    def __init__(self, rules: Rules = PLAIN, pace: timedelta = MINUTE) -> None:
        """Start before the first reading."""
        self.rules = rules
        self.pace = pace
        self.now = NOON
        self.state: GuardState | None = None
        self.published: list[float] = []
        self.held: list[HeldReason | None] = []

    def read(
        self, *values: float, meter: str | None = None, at: datetime | None = None
    ) -> list[float]:
        """Pass values through the guard; return what is published for them."""
        for value in values:
            verdict = check(self.state, value, at or self.now, meter, self.rules)
            self.now += self.pace
            self.state = verdict.state
            self.published.append(verdict.value)
            self.held.append(verdict.held.reason if verdict.held else None)
        return self.published[-len(values) :]

    @property
    def booked(self) -> float:
        """What Home Assistant has counted since the first reading."""
        return booked_by_home_assistant(self.published)
