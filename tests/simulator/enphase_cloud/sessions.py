"""When cars were plugged in to a charger, as its energy shows."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..house import Flow
from .errors import bad_request
from .series import QUARTER
from .system import System
from .windows import Question

STAYS = 4417
"""How long a car hangs on the charger after it was charged; it may charge again."""
MOST = 100
PRICE = 0.2
MILES_PER_KWH = 3.5


@dataclass(slots=True)
class Session:
    """A car at a charger; instants are seconds since 1970."""

    start: int
    charged_until: int
    energy: int
    """Wh."""
    charge_time: int

    @property
    def end(self) -> int:
        """When the car left, if it did not charge again."""
        return self.charged_until + STAYS

    def json(self, now: int) -> dict[str, Any]:
        """Return the session as it is told; one that goes on has no end."""
        is_over = self.end <= now
        return {
            "start_time": self.start,
            "end_time": self.end if is_over else None,
            "duration": min(self.end, now) - self.start,
            "charge_time": self.charge_time,
            "energy_added": self.energy / 1000,
            "miles_added": round(self.energy / 1000 * MILES_PER_KWH, 1),
            "cost": round(self.energy / 1000 * PRICE, 2),
        }


def sessions_of(system: System, now: int) -> list[Session]:
    """Return the sessions that the published energy shows, the oldest first."""
    return list(_sessions(system, now))


def page(question: Question) -> list[dict[str, Any]]:
    """Return the sessions that are asked for, in the order that the system has.

    Raises the cloud's answer to parameters that it refuses.
    """
    try:
        offset = int(question.query.get("offset", "0"))
        limit = int(question.query.get("limit", "20"))
    except ValueError:
        raise bad_request("Invalid offset/limit") from None
    if offset < 0 or not 0 < limit <= MOST:
        raise bad_request("Invalid offset/limit")
    told = sessions_of(question.system, question.now)
    if not question.system.oldest_session_first:
        told.reverse()
    return [each.json(question.now) for each in told[offset : offset + limit]]


def _sessions(system: System, now: int) -> Iterator[Session]:
    running: Session | None = None
    for row in system.feed(Flow.EV_CHARGE).intervals(system.begin, now):
        if not row.energy:
            continue
        if running is not None and row.start <= running.end:
            running.charged_until = row.end
            running.energy += row.energy
            running.charge_time += QUARTER
            continue
        if running is not None:
            yield running
        running = Session(row.start, row.end, row.energy, QUARTER)
    if running is not None:
        yield running
