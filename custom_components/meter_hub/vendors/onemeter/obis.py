"""The values that OneMeter files under an OBIS code, whatever form they come in."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
import math
import re
from typing import Any

DECIMALS = 3
"""Finer than any meter resolves, and coarse enough to hide binary fractions."""

# The highest count of the reader's 32-bit counter stands for "no value".
_NO_VALUE = 0xFFFFFFFF / 100

_SECONDS_PER_DAY = 24 * 60 * 60

# The calendar of a meter whose clock was never set is in the century before.
_ANY_METER = 2000

_NUMBER = re.compile(
    r"[+-]?(\d+([.,]\d*)?|[.,]\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE
)


def to_number(value: object) -> float | None:
    """Return a finite number, from a number or its text; None for anything else."""
    match value:
        case bool():
            return None
        case str() if _NUMBER.fullmatch(text := value.strip()):
            number = float(text.replace(",", "."))
        case int() | float():
            try:
                number = float(value)
            except OverflowError:
                return None
        case _:
            return None
    if not math.isfinite(number) or math.isclose(number, _NO_VALUE, abs_tol=0.005):
        return None
    return round(number, DECIMALS)


def to_text(value: object) -> str | None:
    """Return an identifier or a name; None where there is none."""
    match value:
        case bool():
            return None
        case str() | int():
            return str(value).strip() or None
        case _:
            return None


def to_instant(value: object) -> datetime | None:
    """Return an ISO 8601 instant, which is UTC where it doesn't say; None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        instant = datetime.fromisoformat(value)
        if instant.tzinfo is None:
            return instant.replace(tzinfo=UTC)
        return instant.astimezone(UTC)
    except ValueError, OverflowError:
        return None


def to_part(index: int, value: object) -> float | None:
    """Return one of the numbers in a list, or in a text such as `3/300`."""
    parts = value.split("/") if isinstance(value, str) else value
    if not isinstance(parts, list) or index >= len(parts):
        return None
    return to_number(parts[index])


def to_fault(value: object) -> bool | None:
    """Tell whether a list of faults has any, or an error code is another than zero."""
    if isinstance(value, list):
        return bool(value)
    if isinstance(value, float):
        return value != 0
    text = to_text(value)
    return None if text is None else bool(text.strip("0. "))


def to_clock_time(value: object) -> str | None:
    """Return a time of the day, from the seconds since midnight."""
    seconds = to_number(value)
    if seconds is None or not 0 <= seconds < _SECONDS_PER_DAY:
        return None
    return str(timedelta(seconds=int(seconds))).zfill(8)


def to_date(value: object) -> str | None:
    """Return the date of a meter's calendar, None where it was never set."""
    instant = to_instant(value)
    return (
        None if instant is None or instant.year < _ANY_METER else f"{instant:%Y-%m-%d}"
    )


def by_code(values: object) -> dict[str, Any]:
    """Return values under their codes, each code in its one spelling.

    The first field of a code is hexadecimal in older answers: `F_8_0` and `15_8_0`
    are the same register. `F_F_0`, the error code, is spelled like that for good,
    or `F_F` for short.
    """
    if not isinstance(values, Mapping):
        return {}
    spelled = {str(code): value for code, value in values.items()}
    return {
        _spelling(code): value
        for code, value in spelled.items()
        if _spelling(code) == code or _spelling(code) not in spelled
    }


def _spelling(code: str) -> str:
    if code.startswith("F_8_"):
        return f"15{code[1:]}"
    return "F_F_0" if code == "F_F" else code
