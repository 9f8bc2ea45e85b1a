"""The newest power of everything that a system has. Pure.

The vendor's consumption is what the home and the charging battery draw together,
so that consumption less production is what the grid gives.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from ...metering.energy import exact
from ..base import JsonObject
from .energy import Energies
from .telemetry import Row
from .values import part_of, parts_of, to_instant, to_number, to_text

STALE = timedelta(minutes=60)
"""The vendor goes on showing a value for a week after a device fell silent."""

TOGETHER = timedelta(minutes=30)
"""Powers that were measured farther apart aren't compared; meters tell quarter hours."""

DISCHARGE, CHARGE = 1, -1
"""What a battery's power above zero stands for, as its sign in what we tell."""

_CLEAR = 50.0
"""W. Less may be the battery's own consumption."""

_CLEARLY = 4
"""A battery that did this many times more of one than of the other did that."""

_MODES = {"charging": CHARGE, "discharging": DISCHARGE}


@dataclass(frozen=True, slots=True)
class Power:
    """A power in W, with when it was measured."""

    watts: float
    at: datetime


@dataclass(frozen=True, slots=True)
class Latest:
    """What a system does now; None where that is unknown or too old."""

    production: Power | None = None
    consumption: Power | None = None
    grid: Power | None = None
    """Positive for import."""
    home: Power | None = None
    battery: Power | None = None
    """Positive for discharge."""
    raw_battery: Power | None = None
    """As the vendor tells it, which doesn't say what is positive."""
    sign: int | None = None
    """What the raw power is to be multiplied by, where a mode of operation tells."""


class _Battery(NamedTuple):
    power: Power
    does: int | None
    """Whether it charges or discharges, where its mode tells."""


def read_latest(
    data: JsonObject,
    asked_at: datetime,
    *,
    sign: int | None = None,
    has_battery: bool = False,
) -> Latest:
    """Return the powers of an answer.

    `sign` is what was learned about the battery's power. While it is unknown, so is
    the battery's power unless its mode of operation tells the direction; the power
    of the home then follows from the vendor's word that the raw one is positive for
    charge.
    """
    devices = part_of(data, "devices")
    meters = parts_of(devices, "meters")
    production = _metered(meters, "production", asked_at)
    consumption = _metered(meters, "consumption", asked_at)
    listed = [*parts_of(devices, "encharges"), *parts_of(devices, "acbs")]
    batteries = [each for item in listed if (each := _read_battery(item, asked_at))]
    raw = _total([each.power for each in batteries])
    told = _told_sign(batteries)
    battery = _signed(batteries, told or sign)
    grid = home = None
    if consumption and production and _are_together(consumption, production):
        grid = Power(
            exact(consumption.watts - production.watts),
            min(consumption.at, production.at),
        )
    if not (listed or has_battery):
        home = consumption
    elif consumption and raw and _are_together(consumption, raw):
        given = battery.watts if battery else CHARGE * raw.watts
        home = Power(exact(consumption.watts + given), min(consumption.at, raw.at))
    return Latest(
        production,
        consumption,
        grid,
        home,
        battery,
        raw,
        told,
    )


def learned_sign(
    raw: Power, charge: Sequence[Row], discharge: Sequence[Row]
) -> int | None:
    """Return the sign of the raw power, from what the battery did at that time.

    None where that isn't known, or where it did too little, or some of both.
    """
    at = next((row for row in charge if row.start < raw.at <= row.end), None)
    if at is None or at.energy is None or abs(raw.watts) < _CLEAR:
        return None
    other = Energies(discharge).between(at.start, at.end)
    if other is None or other.energy is None:
        return None
    more, less = max(at.energy, other.energy), min(at.energy, other.energy)
    if (Row(at.start, at.end, more).power or 0.0) < _CLEAR or more < _CLEARLY * less:
        return None
    does = CHARGE if at.energy > other.energy else DISCHARGE
    return does if raw.watts > 0 else -does


def _metered(
    meters: Iterable[JsonObject], name: str, asked_at: datetime
) -> Power | None:
    """Return the sum of a meter's phases; none where one of them is too old."""
    phases: list[Power] = []
    for meter in meters:
        word = (to_text(meter.get("name")) or "").casefold()
        if word != name or to_number(meter.get("power")) is None:
            continue
        power = _power(meter, asked_at)
        if power is None:
            return None
        phases.append(power)
    return _total(phases)


def _power(device: JsonObject, asked_at: datetime) -> Power | None:
    watts = to_number(device.get("power"))
    at = to_instant(device.get("last_report_at"))
    if watts is None or at is None or asked_at - at > STALE:
        return None
    return Power(watts, at)


def _total(powers: Sequence[Power]) -> Power | None:
    if not powers:
        return None
    return Power(
        exact(sum(power.watts for power in powers)), min(power.at for power in powers)
    )


def _read_battery(device: JsonObject, asked_at: datetime) -> _Battery | None:
    power = _power(device, asked_at)
    if power is None:
        return None
    mode = (to_text(device.get("operational_mode")) or "").casefold()
    return _Battery(power, _MODES.get(mode))


def _told_sign(batteries: Iterable[_Battery]) -> int | None:
    """Return the sign that the modes tell; none where they contradict one another."""
    signs = {
        does if power.watts > 0 else -does
        for power, does in batteries
        if does is not None and abs(power.watts) >= _CLEAR
    }
    return signs.pop() if len(signs) == 1 else None


def _signed(batteries: Sequence[_Battery], sign: int | None) -> Power | None:
    """Return the power of all batteries; none where one's direction is unknown."""
    signed: list[Power] = []
    for power, does in batteries:
        if does is not None:
            watts = does * abs(power.watts)
        elif sign is not None or not power.watts:
            watts = (sign or 0) * power.watts
        else:
            return None
        signed.append(Power(watts, power.at))
    return _total(signed)


def _are_together(one: Power, other: Power) -> bool:
    return abs(one.at - other.at) <= TOGETHER
