"""The measurements of a period: what each family of meters makes of the house."""

from datetime import datetime
from functools import lru_cache
from math import copysign
from typing import Any, NamedTuple

from ..house import PHASES, Flow, House
from .meter import DIGITS, MINUTE, CurrentSign, Meter

DATA_VERSION = 2
NOMINAL_VOLTS = 230
WATT_MICROSECONDS_PER_MILLICOULOMB = NOMINAL_VOLTS * 1000
"""What a milliampere-second carries at the nominal voltage."""
CHARGES = (312873759235, 151382535266, 161352997310, 59443418133)
"""What clamps had counted when they were read first; the last is around nothing."""


class Sample(NamedTuple):
    """One phase at one instant; positive is import."""

    watts: int
    amperes: float
    """Of the apparent power: the product with the voltage is more than the watts."""
    volts: float


def han_data(meter: Meter, start: datetime, end: datetime) -> dict[str, Any]:
    """Return the averages and extremes that an EM2One sends of a period."""
    phases = _samples(meter.house, start, end)
    currents = [
        [_shown(sample.amperes, meter.current_sign) for sample in phase]
        for phase in phases
    ]
    return {
        "dv": DATA_VERSION,
        "hiavg": [plain(_mean(amperes), 2) for amperes in currents],
        # A phase that only exports has no import whose peak could be told.
        "himax": [plain(max(0.0, *amperes), 2) for amperes in currents],
        "himin": [plain(min(amperes), 2) for amperes in currents],
        "huavg": [plain(_mean([each.volts for each in phase]), 1) for phase in phases],
    }


def han_energies(meter: Meter, start: datetime, end: datetime) -> dict[str, Any]:
    """Return the kWh of each phase by itself."""
    fields = {"hwpi": Flow.GRID_IMPORT}
    if "hwo" in meter.registers:
        fields["hwpo"] = Flow.GRID_EXPORT
    return {
        field: [
            plain(meter.house.energy(flow, start, end, phase), DIGITS)
            for phase in PHASES
        ]
        for field, flow in fields.items()
    }


def clamp_data(meter: Meter, start: datetime, end: datetime) -> dict[str, Any]:
    """Return what an EM1 sends of a period.

    It counts as if the voltage were nominal and there were no reactive power, so
    that the energy estimated from its charges is the house's.
    """
    before, after = _charges(meter, start), _charges(meter, end)
    milliseconds = (end - start).total_seconds() * 1000
    loads = [
        [abs(sample.watts) / NOMINAL_VOLTS for sample in phase]
        for phase in _samples(meter.house, start, end)
    ]
    return {
        "iavg": [
            plain((late - early) / milliseconds, 2)
            for early, late in zip(before, after, strict=True)
        ],
        "imin": [*(plain(min(load), 2) for load in loads), 0],
        "imax": [*(plain(max(load), 2) for load in loads), 0],
        "qmin": before,
        "qmax": after,
        **{
            field: [0]
            for field in ("eyepmin", "eyepmax", "eyepavg", "eyeemin", "eyeemax")
        },
    }


def plain(value: float, digits: int) -> float:
    """Round as the cloud does, whose whole numbers have no fraction."""
    rounded = round(value, digits)
    return int(rounded) if rounded.is_integer() else rounded


def _shown(amperes: float, sign: CurrentSign) -> float:
    """Return a current in tenths; those below zero lack a hundredth, as recorded."""
    if sign is CurrentSign.UNSIGNED:
        amperes = abs(amperes)
    elif sign is CurrentSign.INVERTED:
        amperes = -amperes
    tenths = round(amperes * 10)
    return (10 * tenths + (tenths < 0)) / 100


def _charges(meter: Meter, at: datetime) -> list[int]:
    """Return the milliampere-seconds that clamps have counted, in either direction."""
    counted = [
        sum(
            meter.house.work(flow, meter.begin, at, phase)
            for flow in (Flow.GRID_IMPORT, Flow.GRID_EXPORT)
        )
        for phase in PHASES
    ]
    return [
        charge + work // WATT_MICROSECONDS_PER_MILLICOULOMB
        for charge, work in zip(CHARGES, [*counted, 0], strict=True)
    ]


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def _samples(house: House, start: datetime, end: datetime) -> list[list[Sample]]:
    """Return one sample a minute of each phase: within a minute nothing changes."""
    if end - start > MINUTE:
        return _long_samples(house, start, end)
    return [[_sample(house, start, phase)] for phase in PHASES]


@lru_cache(maxsize=32)
def _long_samples(house: House, start: datetime, end: datetime) -> list[list[Sample]]:
    """Remember what is sent again with each packet of an hour or a day."""
    instants = [start + number * MINUTE for number in range((end - start) // MINUTE)]
    return [[_sample(house, at, phase) for at in instants] for phase in PHASES]


def _sample(house: House, at: datetime, phase: str) -> Sample:
    watts = house.net_power(at, phase)
    amperes = copysign(house.current(at, phase), watts)
    return Sample(watts, amperes, house.voltage(at, phase))
