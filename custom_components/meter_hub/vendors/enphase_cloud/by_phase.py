"""The power of each phase, as production meters tell it besides their energy. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from ...metering.energy import exact
from ...metering.vocabulary import PHASES, Channel
from ..base import JsonObject
from .live import Power
from .telemetry import Row, quarters_of
from .values import parts_of, to_amount, to_number, to_text

_SEVERAL = 2
"""A meter of one phase tells nothing that its total doesn't."""

_ENOUGH = 4
"""Fewer quarter hours don't prove that a system has but one phase."""

_CHANNELS = {float(number): phase for number, phase in enumerate(PHASES, 1)}


@dataclass(frozen=True, slots=True)
class ByPhase:
    """What the production meters of a system have measured on each phase."""

    meters: Mapping[str, Mapping[Channel, tuple[Row, ...]]]
    """The quarter hours of the phases that each meter uses, by its serial number."""
    active: float
    """How many of the meters are in use."""

    @property
    def channels(self) -> frozenset[Channel]:
        """The phases that any meter uses."""
        return frozenset().union(*self.meters.values())

    def is_pointless(self, production: Iterable[Row]) -> bool:
        """Tell whether it is proven that there are no phases to tell apart."""
        told = [row for row in production if row.final and row.energy is not None]
        return len(self.channels) < _SEVERAL and len(told) >= _ENOUGH

    def powers(self) -> Mapping[Channel, Power]:
        """Return the power of each phase in the newest interval that all meters tell.

        It is the sum of the meters: that of an interval which lacks one is unknown.
        None where there is but one phase.
        """
        if len(self.channels) < _SEVERAL:
            return {}
        by_end: defaultdict[datetime, dict[tuple[str, Channel], float]]
        by_end = defaultdict(dict)
        for serial, channels in self.meters.items():
            for channel, rows in channels.items():
                for row in rows:
                    by_end[row.end][serial, channel] = row.power or 0.0
        for end in sorted(by_end, reverse=True):
            if self._is_whole(by_end[end]):
                return _added(by_end[end], end)
        return {}

    def _is_whole(self, told: Mapping[tuple[str, Channel], float]) -> bool:
        serials = {serial for serial, _ in told}
        uses = {(serial, each) for serial in serials for each in self.meters[serial]}
        return len(serials) >= self.active and told.keys() == uses


def read_by_phase(data: JsonObject) -> ByPhase:
    """Return what is told of all phases; null stands for one that is not in use."""
    meters: dict[str, dict[Channel, tuple[Row, ...]]] = {}
    for number, meter in enumerate(parts_of(data, "meter_intervals")):
        items: defaultdict[Channel, list[JsonObject]] = defaultdict(list)
        for item in parts_of(meter, "intervals"):
            if channel := _CHANNELS.get(to_number(item.get("channel")) or 0):
                items[channel].append(item)
        serial = to_text(meter.get("meter_serial_number")) or f"#{number}"
        for channel, each in items.items():
            rows = tuple(row for row in quarters_of(each) if row.power is not None)
            if rows:
                meters.setdefault(serial, {})[channel] = rows
    return ByPhase(meters, to_amount(data.get("total_devices")) or len(meters))


def _added(
    told: Mapping[tuple[str, Channel], float], end: datetime
) -> Mapping[Channel, Power]:
    watts: defaultdict[Channel, float] = defaultdict(float)
    for (_, channel), power in told.items():
        watts[channel] += power
    return {channel: Power(exact(power), end) for channel, power in watts.items()}
