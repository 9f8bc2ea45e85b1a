"""What every simulated vendor is built from, and what it offers to tests."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import ClassVar

from aiohttp import web

from .clock import Clock
from .faults import DistortionKind, Switchboard
from .house import House
from .truth import ExpectedHour

type Truth = dict[tuple[str, str], dict[datetime, ExpectedHour]]
"""The expected hours of each (quantity, channel) of one meter."""


@dataclass(frozen=True, slots=True)
class World:
    """What all vendors of one simulator share."""

    clock: Clock
    houses: tuple[House, ...]
    installed: datetime
    """When the meters' readers were installed: before it there is no history."""
    switchboard: Switchboard


@dataclass(frozen=True, slots=True)
class Call:
    """One request that a vendor got."""

    at: datetime
    vendor: str
    credential: str | None
    method: str
    path: str
    query: Mapping[str, str]
    status: int | None
    """None where no answer was given."""


class CallLog:
    """All requests, oldest first."""

    def __init__(self) -> None:
        """Start empty."""
        self._calls: list[Call] = []

    def open(self, call: Call) -> int:
        """Note a request that has just arrived; return its number."""
        self._calls.append(call)
        return len(self._calls) - 1

    def close(self, number: int, status: int) -> None:
        """Note the status that a request was answered with."""
        call = self._calls[number]
        self._calls[number] = Call(
            call.at,
            call.vendor,
            call.credential,
            call.method,
            call.path,
            call.query,
            status,
        )

    def select(
        self, vendor: str, path: str = "*", credential: str | None = None
    ) -> list[Call]:
        """Return the requests to a vendor, by path pattern and credential."""
        return [
            call
            for call in self._calls
            if call.vendor == vendor
            and fnmatchcase(call.path.lower(), path.lower())
            and credential in (None, call.credential)
        ]


class VendorApi(ABC):
    """One vendor's API, watching the houses of a world."""

    name: ClassVar[str]
    base_path: ClassVar[str] = ""
    """What follows host and port in the URL that a client is given."""
    distortions: ClassVar[frozenset[DistortionKind]]
    """The distortions that the vendor's data can show."""

    def __init__(self, world: World) -> None:
        """Watch a world."""
        self.world = world
        self.addresses: dict[str, str] = {}
        """Host and port by the name of the host, the main one's is empty; while open."""

    @property
    def encrypted(self) -> bool:
        """Whether the main host speaks TLS now, with a certificate of its own making."""
        return False

    @property
    @abstractmethod
    def credentials(self) -> Mapping[str, str]:
        """The fields of a sign-in that works."""

    @property
    @abstractmethod
    def meter_ids(self) -> tuple[str, ...]:
        """The vendor's ids of all meters, in the order of the houses."""

    @abstractmethod
    def routes(self) -> Iterable[web.RouteDef]:
        """Return the paths that the API answers."""

    def other_hosts(self) -> Mapping[str, Iterable[web.RouteDef]]:
        """Return by name the paths of hosts besides the main one; they speak no TLS."""
        return {}

    @abstractmethod
    def credential(self, request: web.Request) -> str | None:
        """Return what a request identifies itself with, to count calls by it."""

    @abstractmethod
    def refusal(self, request: web.Request) -> web.HTTPException:
        """Return (not raise) the vendor's answer to a bad or expired credential."""

    @abstractmethod
    def truth(self, meter_id: str, since: datetime | None = None) -> Truth:
        """Return the hourly rows that follow from what is published now.

        Raises KeyError for a meter that doesn't exist.
        """

    def derived(self, meter_id: str, since: datetime | None = None) -> Truth:
        """Return the hourly rows that are worked out from the published ones.

        None, unless the vendor's customers are billed by them. Raises KeyError for a
        meter that doesn't exist.
        """
        self.house(meter_id)
        return {}

    def house(self, meter_id: str) -> House:
        """Return the house that a meter watches.

        Raises KeyError for a meter that doesn't exist.
        """
        if meter_id not in self.meter_ids:
            raise KeyError(meter_id)
        return self.world.houses[self.meter_ids.index(meter_id)]
