"""What the account overview lists: meters, and what else it calls an item. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ...metering.model import Meter
from ..base import JsonObject, UnexpectedAnswer
from .values import (
    VENDOR_BEGAN,
    from_millis,
    objects_in,
    part_of,
    to_id,
    to_instant,
    to_number,
    to_text,
)

MAKER = "Perific"

HOME_ZONE = "Europe/Stockholm"
"""The vendor's own time zone, for an item that names none."""

NOMINAL = 230.0
"""V between a phase and neutral, where the account tells no other."""

_OWN_BRANDS = ("enegic", "perific")


@dataclass(frozen=True, slots=True)
class Listed:
    """A meter as the overview describes it."""

    meter: Meter
    zone: str
    nominal: float | None
    """V."""
    fuse: float | None
    """The main fuse in A."""
    created: datetime
    """When the account got the meter, or before; its history begins then at the
    earliest."""


@dataclass(frozen=True, slots=True)
class Overview:
    """The items of an account."""

    meters: Mapping[str, Listed]
    reporters: Mapping[str, str | None]
    """The items that control chargers, with their names."""
    others: frozenset[str]
    """The ids of all items that are no meters, or not any more."""
    user_id: str | None
    brand: str | None
    """The installer's brand where it is not the vendor's own."""


@dataclass(slots=True)
class _Sorted:
    meters: dict[str, Listed] = field(default_factory=dict)
    reporters: dict[str, str | None] = field(default_factory=dict)
    others: set[str] = field(default_factory=set)


def overview_of(answer: Any, now: datetime) -> Overview:
    """Read the overview; an item that can't be read is left out.

    Raises UnexpectedAnswer where it lists nothing.
    """
    items = answer.get("Items") if isinstance(answer, dict) else None
    if not isinstance(items, list):
        raise UnexpectedAnswer("unexpected_answer", "no list of items")
    found = _Sorted()
    for item in objects_in(items):
        item_id = to_id(item.get("ItemId"))
        if item_id is None:
            continue
        if item.get("DeletionTime") is not None:
            found.others.add(item_id)
            continue
        if (
            item.get("ItemCategory") == "LocalPhysical"
            and item.get("ItemType") == "Phase"
        ):
            found.meters[item_id] = _listed(item_id, item, now)
            continue
        found.others.add(item_id)
        if item.get("ItemType") == "Reporter":
            found.reporters[item_id] = to_text(item.get("Name"))
    user = part_of(answer, "User")
    return Overview(
        found.meters,
        found.reporters,
        frozenset(found.others),
        to_id(user.get("UserId")),
        brand_of(user),
    )


def brand_of(user: JsonObject) -> str | None:
    """Return the brand that the account was sold under, None for the vendor's own."""
    domain = to_text(user.get("Domain"))
    return None if domain is None or domain.casefold() in _OWN_BRANDS else domain


def _listed(item_id: str, item: JsonObject, now: datetime) -> Listed:
    parameters = part_of(item, "ActualItemUserParameters")
    phase = part_of(part_of(item, "UserSettings"), "phase")
    name = to_text(item.get("Name")) or to_text(item.get("SystemName"))
    voltage = to_number(phase.get("voltage"))
    meter = Meter(
        item_id,
        name or f"{MAKER} {item_id[-4:]}",
        manufacturer=MAKER,
        model=to_text(item.get("ItemSubType")),
        firmware=to_text(parameters.get("FW")),
        hardware=to_text(parameters.get("HW")),
    )
    return Listed(
        meter,
        to_text(item.get("TimeZone")) or HOME_ZONE,
        voltage if voltage is not None and voltage > 0 else None,
        _fuse(phase),
        _created(item_id, item, now),
    )


def _fuse(phase: JsonObject) -> float | None:
    levels = (
        to_number(node.get("fuselevel")) for node in objects_in(phase.get("nodelist"))
    )
    return next((level for level in levels if level is not None and level > 0), None)


def _created(item_id: str, item: JsonObject, now: datetime) -> datetime:
    """Return when the item was made: its id is that instant, in milliseconds.

    Where neither id nor item tells it, no limit is known to its history.
    """
    for instant in (from_millis(int(item_id)), to_instant(item.get("CreationTime"))):
        if instant is not None and instant <= now:
            return instant
    return VENDOR_BEGAN
