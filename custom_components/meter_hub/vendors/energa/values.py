"""Single values of the API, whatever form they come in. Pure."""

from datetime import UTC, datetime
import math
from typing import Any

from ..base import JsonObject

DECIMALS = 5
"""The precision that charts are given with; meters count to the thousandth."""


def to_number(value: object) -> float | None:
    """Return a finite number, from a number or its text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except OverflowError, ValueError:
        return None
    return round(number, DECIMALS) if math.isfinite(number) else None


def to_text(value: object) -> str | None:
    """Return an identifier or a name; None where there is none."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    return str(value).strip() or None


def to_instant(value: object) -> datetime | None:
    """Return an instant, from milliseconds since 1970; None for anything else."""
    text = to_text(value)
    if text is None:
        return None
    try:
        return datetime.fromtimestamp(int(text) / 1000, UTC)
    except OSError, OverflowError, ValueError:
        return None


def part_of(data: JsonObject, key: str) -> JsonObject:
    """Return an object within an object; an empty one where there is none."""
    value = data.get(key)
    return value if isinstance(value, dict) else {}


def parts_of(data: JsonObject, key: str) -> list[JsonObject]:
    """Return the objects of a list within an object; none where there is no list."""
    values: Any = data.get(key)
    if not isinstance(values, list):
        return []
    return [value for value in values if isinstance(value, dict)]
