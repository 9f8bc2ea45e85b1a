"""What EV chargers do now. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ..base import JsonObject
from .live import STALE
from .values import part_of, parts_of, to_amount, to_instant, to_text

_NAMES = ("serial_number", "id", "name")

_PLUGGED = {"plugged out": False, "idle": True, "charging": True}


@dataclass(frozen=True, slots=True)
class Charging:
    """What an EV charger does, and since when that is known."""

    mode: str | None
    """In the vendor's word, as people write it."""
    watts: float | None
    at: datetime

    @property
    def is_plugged(self) -> bool | None:
        """Whether a car hangs on it; None where the mode doesn't tell."""
        return _PLUGGED.get((self.mode or "").casefold())


def read_charging(
    data: JsonObject, serials: Sequence[str], asked_at: datetime
) -> Mapping[str, Charging]:
    """Return what chargers do now, by serial, as far as that is told and not too old.

    A charger has its serial in some of its names. Where it has it in none, the only
    one that is told of is the only one that there is.
    """
    listed = parts_of(part_of(data, "devices"), "evse")
    found: dict[str, Charging] = {}
    for item in listed:
        names = _names(item)
        serial = next((each for each in serials if each in names), None)
        if serial is None and len(listed) == len(serials) == 1:
            serial = serials[0]
        at = to_instant(item.get("last_report_at"))
        if serial is not None and at is not None and asked_at - at <= STALE:
            found[serial] = Charging(
                _mode(item.get("operational_mode")), to_amount(item.get("power")), at
            )
    return found


def _names(item: JsonObject) -> set[str]:
    texts = (to_text(item.get(key)) or "" for key in _NAMES)
    return {word for text in texts for word in text.replace(":", " ").split()}


def _mode(value: object) -> str | None:
    word = to_text(value)
    return None if word is None else word.replace("_", " ").capitalize()
