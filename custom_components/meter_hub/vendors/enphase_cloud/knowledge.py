"""What is known of an account between two calls, and survives a restart."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Self

from ..stored import Stored
from .governor import Spending
from .known import KnownSystem
from .sweeps import Failure

_LONGEST_FAILURE = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Knowledge(Stored):
    """What is known of an account."""

    only: str | None = None
    """The one system that a person named, by the serial of its gateway."""
    listed_at: datetime | None = None
    list_failed: Failure | None = None
    systems: dict[str, KnownSystem] = field(default_factory=dict)
    spending: Spending = field(default_factory=Spending)

    @classmethod
    def stored(cls, state: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote; what can't be read is forgotten, and heals."""
        try:
            return cls.from_dict(dict(state))
        except AttributeError, LookupError, OverflowError, TypeError, ValueError:
            return cls()

    def with_system(self, known: KnownSystem) -> Self:
        """Return what is known of the account with this system."""
        return replace(self, systems=self.systems | {known.about.id: known})

    def after_failed_list(self, now: datetime) -> Self:
        """Return what is known after a list that failed."""
        failure = Failure.after(self.list_failed, now, _LONGEST_FAILURE)
        return replace(self, list_failed=failure)

    def listing(self, systems: Iterable[KnownSystem], now: datetime) -> Self:
        """Return what is known after a list; what it lacks is kept, but not listed."""
        listed = {known.about.id: known for known in systems}
        gone = {
            system: replace(known, listed=False)
            for system, known in self.systems.items()
            if system not in listed
        }
        return replace(
            self, listed_at=now, list_failed=None, systems={**gone, **listed}
        )

    def without_inverters(self, systems: Collection[str]) -> Self:
        """Return what is known to somebody who does not want to see those of systems."""
        left = {
            system: replace(known, inverters=(), inverters_at=None)
            for system, known in self.systems.items()
            if system in systems
        }
        return replace(self, systems=self.systems | left)

    def inverters_of(self, systems: Collection[str]) -> frozenset[str]:
        """Return the serials of the micro-inverters of systems."""
        return frozenset(
            inverter.serial
            for system, known in self.systems.items()
            if system in systems
            for inverter in known.inverters
        )

    @property
    def listed(self) -> tuple[KnownSystem, ...]:
        """The systems that the account has."""
        return tuple(known for known in self.systems.values() if known.listed)
