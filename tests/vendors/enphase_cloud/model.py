"""A light model of the vendor: what it publishes when, and what it counts.

Every quarter hour, and every five minutes of the micro-inverters, is published a
while after its end. Energy is in whole watt-hours and follows from the local time
alone, so that any row can be checked.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from custom_components.meter_hub.metering.budget import Budget, Limits
from custom_components.meter_hub.vendors.allowance import Allowance
from custom_components.meter_hub.vendors.base import RateLimited, VendorError
from custom_components.meter_hub.vendors.enphase_cloud.client import (
    Granularity,
    Lifetime,
    Telemetry,
)
from custom_components.meter_hub.vendors.enphase_cloud.errors import MonthSpent
from tests.simulator import MovableClock

from .houses import DAY, FIVE_MINUTES, QUARTER, House

SPANS = {Granularity.DAY: DAY, Granularity.WEEK: 7 * DAY}
PATIENCE = timedelta(seconds=5)


@dataclass
class Cloud:
    """The vendor's side, in the place of the client."""

    clock: MovableClock
    houses: Mapping[str, House]
    allowance: Allowance
    limit: int = 1000
    per_minute: int = 10
    calls: list[tuple[datetime, str]] = field(default_factory=list)
    """All that the vendor counted for us, the tokens included."""
    ours: Counter[str] = field(default_factory=Counter)
    """How many that were, by month."""
    refused: int = 0
    """How many calls came when the month was spent."""
    others: Counter[str] = field(default_factory=Counter)
    """What other programs have spent, by month."""
    faults: Callable[[str], VendorError | None] = lambda _: None
    token_at: datetime | None = None
    sparse: bool = False
    """Whether answers have but their first and last rows, for tests of long times."""

    async def systems(self) -> list[dict[str, Any]]:
        """List the systems."""
        await self.hit("list")
        return [
            {
                "system_id": int(house.id),
                "name": f"House {house.id}",
                "timezone": house.zone,
                "status": "normal",
                "operational_at": int(house.begins.timestamp()),
            }
            for house in self.houses.values()
        ]

    async def system_of_gateway(self, serial: str) -> str:
        """Return the only system."""
        await self.hit(f"gateway {serial}")
        return next(iter(self.houses))

    async def summary(self, system: str) -> dict[str, Any]:
        """Return what a system is."""
        await self.hit(f"{system}/summary")
        house = self.houses[system]
        return {
            "source": "microinverters" if house.has_micros_only else "meter",
            "size_w": 5000,
            "modules": 12,
            "battery_capacity_wh": 5000 if house.battery else 0,
            "battery_charge_w": 3840 if house.battery else 0,
            "battery_discharge_w": 3840 if house.battery else 0,
            "status": "normal",
        }

    async def devices(self, system: str) -> dict[str, Any]:
        """Return the devices of a system."""
        await self.hit(f"{system}/devices")
        house = self.houses[system]
        meters = ["Production", "Net"] if house.consumption else []
        return {
            "devices": {
                "gateways": [{"serial_number": "122", "emu_sw_version": "D8"}],
                "meters": [
                    {"state": "enabled", "config_type": kind} for kind in meters
                ],
                "encharges": [{"serial_number": "9"}] if house.battery else [],
                "ev_chargers": [{"serial_number": house.charger, "name": "Car"}]
                if house.charger
                else [],
            }
        }

    async def telemetry(
        self, system: str, what: Telemetry, start: datetime, span: Granularity
    ) -> dict[str, Any]:
        """Return the published intervals."""
        await self.hit(f"{system}/{what}/{span}")
        house = self.houses[system]
        stop = start + SPANS[span]
        if what in (Telemetry.IMPORT, Telemetry.EXPORT):
            if not house.weeks_of_grid:
                stop = min(stop, start + DAY)
            key = "import" if what is Telemetry.IMPORT else "export"
            rows = self._rows(house, {f"wh_{key}ed": key}, start, stop)
            return {"total_devices": 0, "intervals": [list(rows)]}
        if what is Telemetry.BATTERY:
            return {
                "total_devices": 1,
                "intervals": [
                    {
                        "end_at": row["end_at"],
                        "charge": {"enwh": row["charge"]},
                        "discharge": {"enwh": row["discharge"]},
                        "soc": {"percent": 50},
                    }
                    for row in self._rows(
                        house,
                        {"charge": "charge", "discharge": "discharge"},
                        start,
                        stop,
                    )
                ],
            }
        if what is Telemetry.PRODUCTION_MICRO:
            rows = self._rows(house, {"enwh": "production"}, start, stop, FIVE_MINUTES)
            lit = [row | {"powr": row["enwh"] * 12} for row in rows if row["enwh"]]
            end = self._published(house, FIVE_MINUTES)
            meta = {"last_energy_at": int(end.timestamp()), "status": "normal"}
            return {"total_devices": 12, "intervals": lit, "meta": meta}
        key, name = ("home", "enwh")
        if what is Telemetry.PRODUCTION_METER:
            key, name = "production", "wh_del"
        rows = self._rows(house, {name: key}, start, stop)
        return {"total_devices": 1, "intervals": list(rows)}

    async def production_by_phase(
        self, system: str, since: datetime, until: datetime
    ) -> dict[str, Any]:
        """Return the published intervals of the production meter's channels, too."""
        await self.hit(f"{system}/rgm_stats")
        house = self.houses[system]
        rows = list(self._rows(house, {"wh_del": "production"}, since, until))
        return {
            "total_devices": 1,
            "intervals": rows,
            "meter_intervals": [
                {
                    "meter_serial_number": "122EIM1",
                    "intervals": [
                        {"channel": phase + 1, "end_at": row["end_at"], "curr_w": watts}
                        for row in rows
                        for phase, watts in enumerate(
                            house.watts_by_phase(row["wh_del"])
                        )
                    ],
                }
            ],
        }

    async def charger_telemetry(
        self, system: str, serial: str, day: date, span: Granularity
    ) -> dict[str, Any]:
        """Return the published intervals of a charger."""
        await self.hit(f"{system}/{serial}/{span}")
        house = self.houses[system]
        zone = ZoneInfo(house.zone)
        start = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
        rows = self._rows(house, {"consumption": "ev"}, start, start + SPANS[span])
        return {"consumption": list(rows)}

    async def charger_sessions(
        self, system: str, serial: str, offset: int
    ) -> dict[str, Any]:
        """Return the session of the last evening."""
        await self.hit(f"{system}/{serial}/sessions")
        if offset:
            return {"count": 0, "sessions": []}
        house = self.houses[system]
        session = house.last_session(self._published(house, QUARTER))
        return {"count": 1, "sessions": [session]}

    async def lifetime(self, system: str, what: Lifetime) -> dict[str, Any]:
        """Return the energy of all days until yesterday."""
        await self.hit(f"{system}/{what}")
        keys = {
            Lifetime.PRODUCTION: {"production": "production"},
            Lifetime.CONSUMPTION: {"consumption": "home"},
            Lifetime.BATTERY: {"charge": "charge", "discharge": "discharge"},
            Lifetime.IMPORT: {"import": "import"},
            Lifetime.EXPORT: {"export": "export"},
        }[what]
        return self._days(self.houses[system], keys)

    async def charger_lifetime(
        self, system: str, serial: str, since: date
    ) -> dict[str, Any]:
        """Return the energy of all days of a charger."""
        await self.hit(f"{system}/{serial}/lifetime/{since}")
        return self._days(self.houses[system], {"consumption": "ev"})

    async def latest(self, system: str) -> dict[str, Any]:
        """Return the newest power of the meters, which is that of a quarter hour."""
        await self.hit(f"{system}/latest")
        house = self.houses[system]
        return {"devices": house.latest(self._published(house, QUARTER))}

    async def production_registers(self, system: str) -> dict[str, Any]:
        """Return nothing: there is no register."""
        await self.hit(f"{system}/registers")
        return {"meter_readings": []}

    async def inverters(self, system: str) -> dict[str, Any]:
        """Return the micro-inverters, which all give alike, by a call for 100."""
        house = self.houses[system]
        for page in range(house.inverters // 100 + 1):
            await self.hit(f"{system}/inverters/{page + 1}")
        end = self._published(house, FIVE_MINUTES)
        return {"micro_inverters": house.counted_by_inverters(end)}

    async def hit(self, name: str) -> None:
        """Count a call, or refuse it."""
        now = self.clock()
        if self.token_at is None or now - self.token_at >= DAY:
            self.token_at = now
            await self._count("token")
        await self._count(name)
        if error := self.faults(name):
            raise error

    def counted(self, month: str) -> int:
        """Return how many calls of a month were counted, as YYYY-MM, in UTC."""
        return self.ours[month]

    def spend_elsewhere(self, number: int) -> None:
        """Let other programs make calls, as many as the month still has."""
        now = self.clock()
        month = f"{now:%Y-%m}"
        left = self.limit - self.ours[month] - self.others[month]
        self.others[month] += min(number, left)

    async def _count(self, name: str) -> None:
        while (until := await self.allowance.spend()) is not None:
            wait = until - self.clock()
            if wait > PATIENCE:
                raise RateLimited("rate_limited", wait)
            self.clock.advance(wait)
        now = self.clock()
        month = f"{now:%Y-%m}"
        if self.ours[month] + self.others[month] >= self.limit:
            self.refused += 1
            end = (now.replace(day=1) + 32 * DAY).replace(
                day=1, hour=0, minute=0, second=0, microsecond=0
            )
            await self.allowance.hold(end)
            raise MonthSpent("calls_spent", end - now)
        self.calls.append((now, name))
        self.ours[month] += 1

    def _published(self, house: House, length: timedelta) -> datetime:
        """Return the end of the newest interval that is there."""
        at = (self.clock() - house.delay).timestamp()
        return datetime.fromtimestamp(
            at // length.total_seconds() * length.total_seconds(), UTC
        )

    def _rows(
        self,
        house: House,
        keys: Mapping[str, str],
        start: datetime,
        stop: datetime,
        length: timedelta = QUARTER,
    ) -> Iterator[dict[str, Any]]:
        end = max(start, house.begins) + length
        newest = min(stop, self._published(house, length))
        # Of the light, micro-inverters tell when it begins.
        head = 72 * FIVE_MINUTES if length == FIVE_MINUTES else timedelta(0)
        sparse = (end + head, newest - 6 * QUARTER)
        while end <= newest:
            if self.sparse and sparse[0] < end < sparse[1]:
                end += (sparse[1] - end) // length * length or length
                continue
            if not house.lacks(end - length):
                yield {"end_at": int(end.timestamp())} | {
                    name: house.watt_hours(key, end, length)
                    for name, key in keys.items()
                }
            end += length

    def _days(self, house: House, keys: Mapping[str, str]) -> dict[str, Any]:
        zone = ZoneInfo(house.zone)
        today = self.clock().astimezone(zone).date()
        first = house.begins.astimezone(zone).date()
        if self.sparse:
            first = max(first, today - 4 * DAY)
        number = (today - first).days
        days: Sequence[date] = [first + DAY * each for each in range(number)]
        return {"start_date": first.isoformat()} | {
            name: [house.day_energy(key, day) for day in days]
            for name, key in keys.items()
        }


def allowance_of(
    clock: Callable[[], datetime],
    per_month: int,
    per_minute: int = 10,
    save: Callable[[Budget], Awaitable[None]] | None = None,
) -> Allowance:
    """Return the allowance of a plan."""

    async def forget(_: Budget) -> None:
        pass

    limits = Limits(timedelta(seconds=1), per_minute, per_month)
    return Allowance(Budget.fresh(limits), clock, save or forget)
