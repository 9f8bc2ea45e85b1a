"""The plain values in Enegic's answers, whatever stands in their place."""

from datetime import UTC, datetime
from typing import Any

from ..base import JsonObject

PHASES = 3
"""Current clamps send a fourth value, of the neutral conductor, which is no phase."""

_NO_WORD = "none"
"""What is not set is this word in the vendor's enumerations."""

_LARGEST_ID = 2**63

_LARGEST_NUMBER = 1e15
"""No meter counts so far; products of such numbers are finite."""

VENDOR_BEGAN = datetime(2015, 1, 1, tzinfo=UTC)
"""Nothing that the vendor has is older."""

_FAR_FUTURE = datetime(2100, 1, 1, tzinfo=UTC)

type PerPhase = tuple[float | None, ...]
"""A value per phase, as many as the meter has; None where one is missing."""


def to_number(value: object) -> float | None:
    """Return a number that can be one; None for anything else, also for a flag."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    # Adding zero turns a negative zero into a plain one.
    return number + 0.0 if abs(number) <= _LARGEST_NUMBER else None


def to_phases(value: object) -> PerPhase:
    """Return the numbers of a list by phase; () where none of them is one."""
    if not isinstance(value, list):
        return ()
    numbers = tuple(to_number(each) for each in value[:PHASES])
    return numbers if any(number is not None for number in numbers) else ()


def to_text(value: object) -> str | None:
    """Return a text that says something; None for anything else."""
    if not isinstance(value, str):
        return None
    text = value.strip()
    return None if text.casefold() in ("", _NO_WORD) else text


def to_id(value: object) -> str | None:
    """Return an id, which the vendor writes as a number or as its digits."""
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        value = int(value) if len(value) < len(str(_LARGEST_ID)) else None
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return str(value) if 0 < value < _LARGEST_ID else None


def to_instant(value: object) -> datetime | None:
    """Return an ISO 8601 instant that can be one, UTC where it doesn't say; else None.

    Digits beyond the microsecond are cut off. What is not set may be the year 1.
    """
    if not isinstance(value, str):
        return None
    try:
        instant = datetime.fromisoformat(value)
        if instant.tzinfo is None:
            instant = instant.replace(tzinfo=UTC)
        return _plausible(instant.astimezone(UTC))
    except ValueError, OverflowError:
        return None


def from_millis(value: object) -> datetime | None:
    """Return the instant of so many milliseconds since 1970; None where it can't be."""
    number = to_number(value)
    if number is None or number <= 0:
        return None
    try:
        return _plausible(datetime.fromtimestamp(number / 1000, UTC))
    except OSError, OverflowError, ValueError:
        return None


def part_of(data: JsonObject, key: str) -> JsonObject:
    """Return an object within an object; an empty one where there is none."""
    value = data.get(key)
    return value if isinstance(value, dict) else {}


def objects_in(value: object) -> list[dict[str, Any]]:
    """Return the objects of a list, without whatever else is in it."""
    if not isinstance(value, list):
        return []
    return [each for each in value if isinstance(each, dict)]


def _plausible(instant: datetime) -> datetime | None:
    return instant if VENDOR_BEGAN <= instant < _FAR_FUTURE else None
