"""Answers of a vendor, hour by hour."""

from collections.abc import Iterable
from datetime import datetime

from custom_components.meter_hub.metering.model import (
    Interval,
    Quality,
    Series,
    Span,
    Update,
)

from .scripted import HOUR, IMPORT


def energies(number: int) -> list[float]:
    """Return the energy of so many hours, no two neighbours alike."""
    return [round(0.1 + (hour * 37 % 101) / 50, 3) for hour in range(number)]


def update(
    first: datetime,
    values: Iterable[float | None],
    *,
    quality: Quality = Quality.MEASURED,
    series: Series = IMPORT,
) -> Update:
    """Return an answer with the energies of the hours from `first` on."""
    hours = list(values)
    return Update(
        intervals=tuple(
            Interval(
                series,
                first + number * HOUR,
                first + (number + 1) * HOUR,
                energy,
                quality,
            )
            for number, energy in enumerate(hours)
            if energy is not None
        ),
        explored=(Span(series, first, first + len(hours) * HOUR),),
    )
