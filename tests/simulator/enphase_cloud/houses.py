"""The houses of the cloud's systems, each built once in a process."""

from datetime import datetime, timedelta
from functools import cache
from typing import override

from ..day import Equipment
from ..house import Flow, House


class WesternHouse(House):
    """A house whose days come as much later as its meridian lies further west."""

    def __init__(
        self, seed: int, equipment: Equipment, *, lag: timedelta, timezone: str
    ) -> None:
        """Build the house of a seed; `lag` is what the sun is behind that of others."""
        super().__init__(seed, equipment, timezone=timezone)
        self._lag = lag

    @override
    def power(self, flow: Flow, at: datetime, channel: str = "total") -> int:
        return super().power(flow, at - self._lag, channel)

    @override
    def work(
        self, flow: Flow | str, start: datetime, end: datetime, channel: str = "total"
    ) -> int:
        return super().work(flow, start - self._lag, end - self._lag, channel)


def with_everything(candidate: House) -> House:
    """Return the candidate if it has sun, a battery and a car; else a house that has."""
    has = candidate.equipment
    if has.solar_peak_watts and has.battery_watt_minutes and has.ev_watts:
        return candidate
    return _everything()


@cache
def _everything() -> House:
    return House(
        41,
        Equipment(
            solar_peak_watts=9600,
            battery_watts=3000,
            battery_watt_minutes=5000 * 60,
            ev_watts=3680,
        ),
    )


@cache
def californian() -> House:
    """Return a house under the sun of Los Angeles."""
    return WesternHouse(
        42,
        Equipment(solar_peak_watts=5760, latitude=34.05),
        lag=timedelta(hours=9),
        timezone="America/Los_Angeles",
    )


@cache
def without_battery() -> House:
    """Return a house with sun, which neither stores energy nor charges a car."""
    return House(43, Equipment(base_watts=350, solar_peak_watts=7200))
