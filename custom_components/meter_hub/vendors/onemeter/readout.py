"""What a reader saw at one instant, and what else its answers tell of it. Pure.

A device is a reader that looks at a meter each quarter hour. Its `lastReading`
holds the meter's registers under OBIS codes (IEC 62056-61, dots written as `_`)
and the instant of the readout; `initialReading` the same from the installation.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, Self

from ..base import JsonObject
from .obis import by_code, to_instant, to_number, to_text


@dataclass(frozen=True, slots=True)
class Readout:
    """What the reader saw at one instant."""

    date: datetime | None
    values: Mapping[str, Any] = field(default_factory=dict)
    updated: Mapping[str, Any] = field(default_factory=dict)
    """When each value was seen, where the vendor says so."""
    battery: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, device: JsonObject, key: str, now: datetime) -> Self:
        """Take `lastReading` or one of its like.

        An instant after `now` comes from a clock that is off, and is taken for now.
        """
        data = device.get(key)
        if not isinstance(data, dict):
            return cls(None)
        date = to_instant(data.get("date"))
        return cls(
            date and min(date, now),
            by_code(data.get("OBIS")),
            by_code(data.get("updatedAt")),
            data,
        )

    def numbers(self) -> dict[str, float]:
        """Return the values that are numbers."""
        numbers = ((code, to_number(value)) for code, value in self.values.items())
        return {code: number for code, number in numbers if number is not None}

    def seen_at(self, code: str, initial: datetime | None) -> datetime | None:
        """Return when the value under a code was read.

        Where the vendor says this of some values, the others were carried along
        from the installation.
        """
        if not self.updated:
            return self.date
        seen = to_instant(self.updated.get(code)) or initial or self.date
        return min(seen, self.date) if seen and self.date else seen


def history_begins(device: JsonObject, now: datetime) -> datetime | None:
    """Return the first instant that the vendor has readings of."""
    for key in ("initialReading", "firstReading"):
        if date := Readout.of(device, key, now).date:
            return date
    return None


def is_read(device: JsonObject) -> bool:
    """Tell whether the answer holds what the reader saw last."""
    return bool(by_code(part_of(device, "lastReading").get("OBIS")))


def identity_of(device: JsonObject, key: str) -> dict[str, str]:
    """Return marks of the meter that the reader sat on, by the names of the marks.

    They are hashes: it matters only whether they change.
    """
    data = part_of(device, key)
    values = by_code(data.get("OBIS"))
    marks = {
        "address": values.get("0_0_0"),
        "serial": values.get("C_1_0"),
        "point": data.get("meterID"),
    }
    return {
        name: sha256(text.encode()).hexdigest()[:12]
        for name, mark in marks.items()
        if (text := to_text(mark))
    }


def spelling_of(device: JsonObject) -> dict[str, str]:
    """Return how the vendor spells the codes that have another spelling here."""
    spelled = part_of(part_of(device, "lastReading"), "OBIS")
    return {
        code: str(vendors)
        for vendors in spelled
        for code in by_code({vendors: None})
        if code != vendors
    }


def part_of(data: JsonObject, key: str) -> JsonObject:
    """Return an object within an object; an empty one where there is none."""
    value = data.get(key)
    return value if isinstance(value, dict) else {}
