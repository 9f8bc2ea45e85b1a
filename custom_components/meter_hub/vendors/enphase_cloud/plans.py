"""How many calls the plans of the Enphase Monitoring API allow."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from ...metering.budget import Limits
from .. import endpoints

PLAN = "plan"
CALLS_PER_MINUTE = "calls_per_minute"
CALLS_PER_MONTH = "calls_per_month"


class Plan(StrEnum):
    """A plan that an application of the vendor's developer portal is on."""

    WATT = "watt"
    KILOWATT = "kilowatt"
    MEGAWATT = "megawatt"
    PARTNER = "partner"
    OWN = "own"
    """Limits that a person names, because they agreed on others."""


_CALLS: dict[str, tuple[int, int]] = {
    Plan.WATT: (10, 1_000),
    Plan.KILOWATT: (50, 50_000),
    Plan.MEGAWATT: (100, 300_000),
    # More would be allowed, but only these are free.
    Plan.PARTNER: (300, 10_000),
}
"""What is paid for: per minute and per calendar month, by application."""


def limits(credentials: Mapping[str, Any]) -> Limits:
    """Return what the plan in the credentials allows; those of Watt where it is unknown."""
    per_minute, per_month = _calls(credentials)
    return Limits(endpoints.ENPHASE.pace, per_minute, per_month)


def lacks_limits(credentials: Mapping[str, Any]) -> bool:
    """Tell whether a person has limits of their own, but has not named both."""
    return credentials.get(PLAN) == Plan.OWN and _own(credentials) is None


def _calls(credentials: Mapping[str, Any]) -> tuple[int, int]:
    plan = str(credentials.get(PLAN))
    if plan == Plan.OWN and (own := _own(credentials)):
        return own
    return _CALLS.get(plan, _CALLS[Plan.WATT])


def _own(credentials: Mapping[str, Any]) -> tuple[int, int] | None:
    per_minute = _count(credentials.get(CALLS_PER_MINUTE))
    per_month = _count(credentials.get(CALLS_PER_MONTH))
    return (per_minute, per_month) if per_minute and per_month else None


def _count(typed: float | None) -> int | None:
    return int(typed) if typed is not None and typed >= 1 else None
