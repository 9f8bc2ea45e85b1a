"""What the systems of the light model measure; it follows from the local time alone."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

QUARTER, FIVE_MINUTES = timedelta(minutes=15), timedelta(minutes=5)
DAY = timedelta(days=1)

SUNRISE, SUNSET = 6, 18
"""Local hours."""


@dataclass
class House:
    """What stands behind one system."""

    id: str
    zone: str = "Europe/Berlin"
    consumption: bool = True
    battery: bool = False
    charger: str | None = None
    begins: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    delay: timedelta = timedelta(minutes=7)
    inverters: int = 12
    phases: int = 1
    """On how many of its channels the production meter measures."""
    weeks_of_grid: bool = True
    """Whether import and export are answered by weeks."""

    @property
    def has_micros_only(self) -> bool:
        """Whether nothing but micro-inverters measures the production."""
        return not self.consumption

    def watt_hours(self, key: str, end: datetime, length: timedelta) -> int:
        """Return the energy of an interval."""
        here = (end - length).astimezone(ZoneInfo(self.zone))
        sunny = SUNRISE <= here.hour < SUNSET
        quarter = {
            "production": (120 + 6 * here.hour) if sunny else 0,
            "home": 90 + 3 * (here.hour % 5),
            "charge": 30 if sunny and self.battery else 0,
            "discharge": 0 if sunny or not self.battery else 45,
            "ev": 400 if here.hour == 20 else 0,
        }
        net = (
            quarter["home"]
            + quarter["charge"]
            - quarter["production"]
            - quarter["discharge"]
        )
        quarter |= {"import": max(net, 0), "export": max(-net, 0)}
        return quarter[key] // 3 if length == FIVE_MINUTES else quarter[key]

    def lacks(self, start: datetime) -> bool:
        """Tell whether an interval was not measured by the meters."""
        return False

    def watts_by_phase(self, energy: int) -> tuple[int, ...]:
        """Return the power of each phase in a quarter hour of this energy."""
        shares = (
            4 * (energy * (phase + 1) // self.phases - energy * phase // self.phases)
            for phase in range(self.phases)
        )
        return tuple(shares)

    def latest(self, end: datetime) -> dict[str, list[dict[str, Any]]]:
        """Return the power of all devices in the quarter hour until then."""
        at = int(end.timestamp())

        def watts(key: str) -> int:
            return 4 * self.watt_hours(key, end, QUARTER)

        # The battery stands behind the meter of the consumption.
        battery = watts("discharge") - watts("charge")
        meters = {"production": watts("production"), "consumption": watts("home")}
        meters["consumption"] -= battery
        mode = "Discharging" if battery > 0 else "Charging"
        told = {"power": battery, "last_report_at": at, "operational_mode": mode}
        return {
            "meters": [
                {"name": name, "power": power, "last_report_at": at}
                for name, power in meters.items()
            ],
            "encharges": [told] if self.battery else [],
        }

    def counted_by_inverters(self, end: datetime) -> list[dict[str, Any]]:
        """Return what each micro-inverter has counted, an odd number of Wh."""
        at = int(end.timestamp())
        return [
            {
                "serial_number": f"48{self.id:0>4}{number:04}",
                "model": "IQ8A",
                "energy": {"value": at // 3600 + number, "units": "Wh", "precision": 0},
                "last_report_date": at,
            }
            for number in range(self.inverters)
        ]

    def last_session(self, newest: datetime) -> dict[str, float | None]:
        """Return the session of the last evening, which may still go on."""
        start = newest.astimezone(ZoneInfo(self.zone)).replace(hour=20, minute=0)
        if start >= newest:
            start -= DAY
        energy, end = 0, start.astimezone(UTC)
        while end < newest and (more := self.watt_hours("ev", end + QUARTER, QUARTER)):
            energy += more
            end += QUARTER
        seconds = (end - start).total_seconds()
        return {
            "start_time": start.timestamp(),
            "end_time": end.timestamp() if end < newest else None,
            "duration": seconds,
            "charge_time": seconds,
            "energy_added": energy / 1000,
        }

    def day_energy(self, key: str, day: date) -> int:
        """Return the energy of a local day."""
        zone = ZoneInfo(self.zone)
        start = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
        following = day + DAY
        stop = datetime(
            following.year, following.month, following.day, tzinfo=zone
        ).astimezone(UTC)
        total = 0
        while start < stop:
            start += QUARTER
            total += self.watt_hours(key, start, QUARTER)
        return total
