"""Single values of the API, whatever form they come in. Pure.

The vendor's own documents disagree with one another on types, and its answers with
all of them: numbers come as texts, flags as words, and anything may be null.
"""

from datetime import UTC, date, datetime
import math

from ..base import JsonObject

_TRUE, _FALSE = ("true", "1", "yes"), ("false", "0", "no")


def to_number(value: object) -> float | None:
    """Return a finite number, from a number or its text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except OverflowError, ValueError:
        return None
    return number if math.isfinite(number) else None


def to_amount(value: object) -> float | None:
    """Return a number that can't be below zero; -1 is the vendor's word for none."""
    number = to_number(value)
    return None if number is None or number < 0 else number


def to_percent(value: object) -> float | None:
    """Return a share, from a number or a text such as `97%`."""
    number = to_amount(value.rstrip(" %") if isinstance(value, str) else value)
    return None if number is None else min(number, 100.0)


def to_text(value: object) -> str | None:
    """Return an identifier or a name; None where there is none."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    return str(value).strip() or None


def to_flag(value: object) -> bool | None:
    """Return a flag, which may be a word or a number; None for anything else."""
    word = str(value).strip().casefold()
    if word in _TRUE:
        return True
    return False if word in _FALSE else None


def to_instant(value: object) -> datetime | None:
    """Return an instant, from seconds since 1970 or ISO 8601; None for anything else.

    ISO 8601 is UTC where it doesn't say. Zero stands for none.
    """
    seconds = to_number(value)
    try:
        if seconds is not None:
            return datetime.fromtimestamp(seconds, UTC) if seconds > 0 else None
        if not isinstance(value, str):
            return None
        instant = datetime.fromisoformat(value.strip())
        if instant.tzinfo is None:
            return instant.replace(tzinfo=UTC)
        return instant.astimezone(UTC)
    except OSError, OverflowError, ValueError:
        return None


def to_date(value: object) -> date | None:
    """Return a day, from `2024-01-16`, `20240116` or seconds since 1970."""
    text = to_text(value)
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        instant = to_instant(value)
    return instant.date() if instant else None


def part_of(data: JsonObject, key: str) -> JsonObject:
    """Return an object within an object; an empty one where there is none."""
    value = data.get(key)
    return value if isinstance(value, dict) else {}


def parts_of(data: JsonObject, key: str) -> list[JsonObject]:
    """Return the objects of a list within an object; none where there is no list."""
    values = data.get(key)
    if not isinstance(values, list):
        return []
    return [value for value in values if isinstance(value, dict)]
