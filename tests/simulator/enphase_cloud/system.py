"""A system: what is installed at a house, and what the cloud has been told of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ..api import World
from ..faults import Distortion, DistortionKind
from ..house import Flow, House
from ..truth import ARITHMETIC_KWH, ExpectedHour
from .published import Feed, Rhythm, at_work
from .series import DAY, QUARTER, MicroSeries, Series, day_of, instant, midnight

GRID_FLOWS = (Flow.HOME, Flow.GRID_IMPORT, Flow.GRID_EXPORT)
BATTERY_FLOWS = (Flow.BATTERY_CHARGE, Flow.BATTERY_DISCHARGE)
BALANCE_KWH = 0.005
"""What the other five flows, each in whole Wh, may leave of an hour's consumption."""
MICROS = "micros"
"""The key of what the micro-inverters count, beside the flows that meters count."""


@dataclass(frozen=True, slots=True)
class Fitting:
    """What is installed."""

    modules: int
    production_meters: int = 0
    """Without one, production is what the micro-inverters count."""
    phases: int = 1
    """On how many of its channels each of them measures."""
    consumption_meters: int = 0
    batteries: int = 0
    charger: str | None = None
    """The serial number of the EV charger."""


@dataclass(slots=True)
class System:
    """One system; what follows `fitting` may be changed at any time."""

    world: World
    id: str
    name: str
    house: House
    zone: ZoneInfo
    fitting: Fitting
    city: tuple[str, str, str]
    """City, country and postal code."""
    rhythm: Rhythm = field(default_factory=Rhythm)
    status: str = "normal"
    connection_type: str = "ethernet"
    interconnect_date: int | str | None = None
    hides_zone: bool = False
    """Whether the cloud tells no time zone."""
    refused_weeks: set[str] = field(
        default_factory=lambda: {
            "telemetry/production_micro",
            "energy_import_telemetry",
            "energy_export_telemetry",
        }
    )
    """The endpoints that don't know the granularity `week`."""
    charging_sign: int = 1
    """The sign of a battery's power while it charges."""
    tells_battery_mode: bool = True
    oldest_session_first: bool = False
    """In which order the sessions of its charger are told."""
    forgotten_battery: bool = False
    """Whether the first battery went silent days ago, and still has its last power."""
    _series: dict[str, Series] = field(default_factory=dict)
    _hours: dict[str, dict[int, dict[datetime, ExpectedHour]]] = field(
        default_factory=dict
    )

    @property
    def number(self) -> int:
        """The id as answers have it."""
        return int(self.id)

    @property
    def begin(self) -> int:
        """When the first interval begins."""
        installed = int(self.world.installed.timestamp())
        return installed + -installed % QUARTER

    @property
    def first_day(self) -> int:
        """When the local day began on which the system was installed."""
        return midnight(day_of(self.begin, self.zone), self.zone)

    @property
    def today(self) -> int:
        """When the local day began that is now."""
        now = int(self.world.clock().timestamp())
        return midnight(day_of(now, self.zone), self.zone)

    @property
    def production(self) -> str:
        """The key of what production is told by."""
        return Flow.SOLAR if self.fitting.production_meters else MICROS

    @property
    def flows(self) -> tuple[str, ...]:
        """All that is told of the system, without the charger; truth's quantities."""
        grid = GRID_FLOWS if self.fitting.consumption_meters else ()
        battery = BATTERY_FLOWS if self.fitting.batteries else ()
        return (Flow.SOLAR, *grid, *battery)

    def feed(self, key: str) -> Feed:
        """Return what is published of a flow, or of the micro-inverters."""
        series = self._series.get(key)
        if series is None:
            series = self._series[key] = (
                MicroSeries(self.house, self.begin, self.zone)
                if key == MICROS
                else Series(self.house, Flow(key), self.begin)
            )
        now = self.world.clock()
        quantity = Flow.SOLAR if key == MICROS else key
        meter = self.fitting.charger if key == Flow.EV_CHARGE else self.id
        distortions = self.world.switchboard.distortions("enphase_cloud", meter or "")
        return Feed(
            series,
            self.rhythm,
            now,
            self._devices(key),
            at_work(distortions, quantity, now),
            BALANCE_KWH if key == Flow.HOME else ARITHMETIC_KWH,
            self._hours.setdefault(key, {}),
        )

    def days(self, key: str, start: int, end: int) -> list[int]:
        """Return the Wh of each local day that begins in [start, end)."""
        feed = self.feed(key)
        totals = []
        while start < end:
            after = midnight(day_of(start, self.zone) + timedelta(days=1), self.zone)
            totals.append(feed.total(start, after))
            start = after
        return totals

    def charge_level(self, at: int) -> int:
        """Return the percentage of the battery; it is empty at each midnight (UTC)."""
        since, until = instant(at // DAY * DAY), instant(at)
        stored = self.house.energy(
            Flow.BATTERY_CHARGE, since, until
        ) - self.house.energy(Flow.BATTERY_DISCHARGE, since, until)
        return max(0, min(100, round(stored * 100_000 / self.capacity)))

    @property
    def capacity(self) -> int:
        """The Wh that the batteries hold."""
        return self.house.equipment.battery_watt_minutes // 60

    @property
    def gateways(self) -> tuple[str, ...]:
        """The serial numbers of the gateways; each has a production meter at most."""
        count = max(1, self.fitting.production_meters)
        return tuple(f"12{self.id[-6:]}{number:04}" for number in range(1, count + 1))

    @property
    def distortions(self) -> tuple[Distortion, ...]:
        """What goes wrong with the system's data, oldest request first."""
        return self.world.switchboard.distortions("enphase_cloud", self.id)

    def is_gone(self, meter: str | None = None) -> bool:
        """Return whether the account has lost the system, or a charger of it."""
        now = self.world.clock()
        return any(
            each.kind is DistortionKind.GONE and each.covers(now)
            for each in self.world.switchboard.distortions(
                "enphase_cloud", meter or self.id
            )
        )

    def last_report(self) -> int:
        """Return when the gateway was last heard of."""
        delay = int(self.rhythm.delay.total_seconds())
        newest = self.feed(self.production).newest()
        return min(newest + delay, int(self.world.clock().timestamp()))

    def meta(self) -> Mapping[str, Any]:
        """Return what many answers say of the system as a whole."""
        return {
            "status": self.status,
            "last_report_at": self.last_report(),
            "last_energy_at": self.feed(self.production).newest(),
            "operational_at": int(self.world.installed.timestamp()),
        }

    def _devices(self, key: str) -> int:
        if key == MICROS:
            return self.fitting.modules
        if key == Flow.SOLAR:
            return self.fitting.production_meters
        if key in BATTERY_FLOWS:
            return self.fitting.batteries
        return 0 if key == Flow.EV_CHARGE else self.fitting.consumption_meters
