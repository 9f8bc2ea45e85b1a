"""Tariffs: which zone an instant belongs to, by the local clock of a house."""

from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

type Hours = tuple[time, time]

SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Tariff:
    """A tariff with one zone, or with a dear zone 1 and a cheap zone 2."""

    name: str
    zone1_on_working_days: tuple[Hours, ...] = ()
    """Half-open local hours from Monday to Friday; the rest of the week is zone 2.

    Empty: everything is zone 1.
    """

    @property
    def zones(self) -> tuple[str, ...]:
        """The zones that the tariff knows."""
        return ("zone1", "zone2") if self.zone1_on_working_days else ("zone1",)

    def zone(self, at: datetime, timezone: ZoneInfo) -> str:
        """Return the zone of an instant."""
        if not self.zone1_on_working_days:
            return "zone1"
        local = at.astimezone(timezone)
        working = local.weekday() < SATURDAY and any(
            begin <= local.time() < end for begin, end in self.zone1_on_working_days
        )
        return "zone1" if working else "zone2"


G11 = Tariff("G11")
G12W = Tariff("G12w", ((time(6), time(13)), (time(15), time(22))))
"""Whole hours only: a zone never changes within an hour."""
