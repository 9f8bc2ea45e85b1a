"""The settings of the controllers ("reporters") of EV chargers. Pure."""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ...metering.model import Meter, Reading, Series, Value
from ...metering.vocabulary import PHASES, Channel, MeterKind, Quantity
from ..base import JsonObject, UnexpectedAnswer
from .items import MAKER
from .values import objects_in, part_of, to_id, to_number, to_phases, to_text

VALID = timedelta(hours=1)
"""Settings are asked for each quarter of an hour; older ones may have been changed."""

_LIST = "Reporters"
_NO_OVERRIDE = -1

_ROOT_KEYS = frozenset(
    {
        "AlgorithmType",
        "DataType",
        "InstallationId",
        "ReporterId",
        "SimpleSettings",
        "UserId",
        "UserSettings",
    }
)
_SIMPLE_KEYS = frozenset(
    {
        "AllowedCurrent",
        "ChargerFuseLevel",
        "DelayResume",
        "ItemId",
        "MainsFuseLevel",
        "PhaseCurrentOverride",
        "PowerTariff",
        "SafeModeCurrent",
        "SensorType",
        "SolarSettings",
        "Test",
        "TimeZone",
        "UseSchema",
    }
)
_USER_KEYS = frozenset({"DoNotSend", "Mode", "PreviousMode", "SolarSettings"})
_SOLAR_KEYS = frozenset({"Enabled", "SolarMaxLevel", "SolarStartLevel"})


@dataclass(frozen=True, slots=True)
class Charger:
    """A charger's controller."""

    meter: Meter
    main_fuse: float | None
    """A; the fuse of the meter that the charger hangs on."""
    readings: tuple[Reading, ...]


def chargers_of(
    answer: Any,
    names: Mapping[str, str | None],
    meters: Container[str],
    now: datetime,
) -> tuple[Charger, ...]:
    """Read the lists of all makers; an entry that can't be read is left out.

    `names` are those of the controllers' items. Raises UnexpectedAnswer where the
    answer holds no lists.
    """
    if not isinstance(answer, dict):
        raise UnexpectedAnswer("unexpected_answer", "no lists of reporters")
    found = {
        charger.meter.id: charger
        for key, entries in answer.items()
        if key.endswith(_LIST)
        for entry in objects_in(entries)
        if (charger := _charger_of(entry, key.removesuffix(_LIST), names, meters, now))
    }
    return tuple(found.values())


def unknown_keys(answer: Any) -> frozenset[str]:
    """Return the names of settings that only other makers' controllers may have."""
    if not isinstance(answer, dict):
        return frozenset()
    found: set[str] = set()
    for key, entries in answer.items():
        if not key.endswith(_LIST):
            found.add(key)
            continue
        for entry in objects_in(entries):
            user = part_of(entry, "UserSettings")
            found |= entry.keys() - _ROOT_KEYS
            found |= part_of(entry, "SimpleSettings").keys() - _SIMPLE_KEYS
            found |= user.keys() - _USER_KEYS
            found |= part_of(user, "SolarSettings").keys() - _SOLAR_KEYS
    return frozenset(found)


def _charger_of(
    entry: JsonObject,
    maker: str,
    names: Mapping[str, str | None],
    meters: Container[str],
    now: datetime,
) -> Charger | None:
    if (charger_id := to_id(entry.get("ReporterId"))) is None:
        return None
    simple = part_of(entry, "SimpleSettings")
    parent = to_id(simple.get("ItemId"))
    meter = Meter(
        charger_id,
        names.get(charger_id) or f"{maker} charger".strip(),
        kind=MeterKind.EV_CHARGER,
        manufacturer=MAKER,
        model=maker or None,
        parent=parent if parent in meters else None,
    )
    fuse = to_number(simple.get("MainsFuseLevel"))
    return Charger(
        meter,
        fuse if fuse is not None and fuse > 0 else None,
        tuple(
            Reading(Series(charger_id, quantity, channel), value, now, now + VALID)
            for quantity, channel, value in _settings(entry)
        ),
    )


def _settings(entry: JsonObject) -> Iterator[tuple[Quantity, Channel, Value | None]]:
    simple, user = part_of(entry, "SimpleSettings"), part_of(entry, "UserSettings")
    solar = part_of(user, "SolarSettings")
    values: tuple[tuple[Quantity, Value | None], ...] = (
        (Quantity.CHARGER_MODE, to_text(user.get("Mode"))),
        (Quantity.CHARGER_PREVIOUS_MODE, to_text(user.get("PreviousMode"))),
        (Quantity.CHARGER_ALLOWED_CURRENT, to_number(simple.get("AllowedCurrent"))),
        (Quantity.CHARGER_FUSE, to_number(simple.get("ChargerFuseLevel"))),
        (Quantity.CHARGER_SAFE_CURRENT, to_number(simple.get("SafeModeCurrent"))),
        (Quantity.CHARGER_SOLAR_START, to_number(solar.get("SolarStartLevel"))),
        (Quantity.CHARGER_SOLAR_MAX, to_number(solar.get("SolarMaxLevel"))),
    )
    for quantity, value in values:
        if value is not None:
            yield quantity, Channel.TOTAL, value
    if isinstance(enabled := solar.get("Enabled"), bool):
        yield Quantity.CHARGER_SOLAR, Channel.TOTAL, enabled
    overrides = to_phases(simple.get("PhaseCurrentOverride"))
    for phase, override in zip(PHASES, overrides, strict=False):
        # The vendor's word for "no override" is kept apart from a real limit.
        value = None if override == _NO_OVERRIDE else override
        yield Quantity.CHARGER_OVERRIDE_CURRENT, phase, value
