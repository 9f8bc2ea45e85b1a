"""The values that OneMeter files under an OBIS code, whatever form they come in."""

from collections.abc import Mapping
from datetime import UTC, datetime
import math
import re
from typing import Any

DECIMALS = 3
"""Finer than any meter resolves, and coarse enough to hide binary fractions."""

# The highest count of the reader's 32-bit counter stands for "no value".
_NO_VALUE = 0xFFFFFFFF / 100

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


def by_code(values: object) -> dict[str, Any]:
    """Return values under their codes, each code in its one spelling.

    The first field of a code is hexadecimal in older answers: `F_8_0` and `15_8_0`
    are the same register. `F_F_0`, the error code, is spelled like that for good.
    """
    if not isinstance(values, Mapping):
        return {}
    spelled = {str(code): value for code, value in values.items()}
    return {
        f"15{code[1:]}" if code.startswith("F_8_") else code: value
        for code, value in spelled.items()
        if not (code.startswith("F_8_") and f"15{code[1:]}" in spelled)
    }
