"""What goes wrong with vendors: the rows of the fault matrix."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.simulator import Distortion, DistortionKind, Fault, FaultKind
from tests.simulator.vendors import VENDORS

from .matrix import HOUR
from .matrix_cases import VENDOR_CASES, VendorCase

START = datetime(2026, 11, 18, 9, 53, tzinfo=UTC)
"""When an account is set up, with everything in order."""

HISTORY = timedelta(days=2)

BEGIN = START.replace(hour=11, minute=0)
"""When readings begin to be distorted."""

END = BEGIN + 3 * HOUR

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A fault because of which a vendor gives nothing at all."""

    fault: Fault
    reason: str
    """The key of the text that a person reads."""
    status: int | None
    """What the vendor answered; None where it was nothing."""
    wait: timedelta = timedelta(0)
    """How long after such an answer nobody may ask again."""


def _fault(kind: FaultKind, **more: Any) -> Fault:
    """Return a fault of the vendor that it will be aimed at."""
    return Fault(kind, "", **more)


def _refused(status: int, reason: str) -> Outage:
    fault = _fault(FaultKind.STATUS, status=status, body="Sorry")
    return Outage(fault=fault, reason=reason, status=status)


OUTAGES = {
    **{
        f"status_{status}": _refused(status, reason)
        for status, reason in {
            400: "bad_request",
            404: "not_json",
            410: "server_error",
            500: "server_error",
            502: "server_error",
            503: "server_error",
        }.items()
    },
    "redirect": Outage(
        fault=_fault(
            FaultKind.STATUS,
            status=302,
            headers={"Location": "https://sign-in.example/"},
        ),
        reason="not_json",
        status=302,
    ),
    "timeout": Outage(fault=_fault(FaultKind.TIMEOUT), reason="timeout", status=None),
    "drop": Outage(fault=_fault(FaultKind.DROP), reason="cannot_connect", status=None),
    "html": Outage(fault=_fault(FaultKind.HTML), reason="not_json", status=200),
    "truncated": Outage(
        fault=_fault(FaultKind.TRUNCATED), reason="not_json", status=200
    ),
    "malformed": Outage(
        fault=_fault(FaultKind.MALFORMED), reason="not_json", status=200
    ),
    "oversized": Outage(
        fault=_fault(FaultKind.OVERSIZED), reason="unexpected_answer", status=None
    ),
    "rate_limit": Outage(
        fault=_fault(FaultKind.RATE_LIMIT),
        reason="rate_limited",
        status=429,
        wait=5 * MINUTE,
    ),
    "rate_limit_seconds": Outage(
        fault=_fault(FaultKind.RATE_LIMIT, seconds=2400),
        reason="rate_limited",
        status=429,
        wait=40 * MINUTE,
    ),
    "rate_limit_date": Outage(
        fault=_fault(FaultKind.RATE_LIMIT_DATE, seconds=2400),
        reason="rate_limited",
        status=429,
        # Such a date has no fractions of a second.
        wait=40 * MINUTE - timedelta(seconds=1),
    ),
    "null_list": Outage(
        fault=_fault(FaultKind.NULL_FIELD, fields=("list",)),
        reason="unexpected_answer",
        status=200,
    ),
    "missing_list": Outage(
        fault=_fault(FaultKind.MISSING_FIELD, fields=("list",)),
        reason="unexpected_answer",
        status=200,
    ),
    "replaced_list": Outage(
        fault=_fault(FaultKind.REPLACED_FIELD, fields=("list",), value="none"),
        reason="unexpected_answer",
        status=200,
    ),
}

EXPIRED = {"expired": _fault(FaultKind.EXPIRED)}

HISTORY_OUTAGES = {
    "history_status_400": _fault(FaultKind.STATUS, status=400),
    "history_status_404": _fault(FaultKind.STATUS, status=404),
    "history_status_503": _fault(FaultKind.STATUS, status=503),
    "history_drop": _fault(FaultKind.DROP),
    "history_malformed": _fault(FaultKind.MALFORMED),
    "history_rate_limit": _fault(FaultKind.RATE_LIMIT),
}
"""What goes wrong while live values are to be had."""

SPOILED_FIELDS = {
    f"{how}_{name}": _fault(kind, fields=(name,), value=value)
    for name in ("register", "date")
    for how, kind, value in (
        ("null", FaultKind.NULL_FIELD, None),
        ("missing", FaultKind.MISSING_FIELD, None),
        ("replaced", FaultKind.REPLACED_FIELD, ["much"]),
        ("negative", FaultKind.REPLACED_FIELD, -1),
    )
}
"""Answers that can be read, but for the one thing that matters."""


def _distortion(kind: DistortionKind, **more: Any) -> Distortion:
    """Return a distortion of the vendor that it will be aimed at."""
    return Distortion(kind, "", **({"start": BEGIN, "end": END} | more))


DISTORTIONS = {
    "gap": _distortion(DistortionKind.GAP, end=END + HOUR / 2),
    "late": _distortion(DistortionKind.LATE, until=END + 2 * HOUR),
    "corrected": _distortion(DistortionKind.CORRECTED, until=END + 2 * HOUR),
    "lacking": _distortion(DistortionKind.LACKING),
    "empty": _distortion(DistortionKind.EMPTY),
    "sentinel": _distortion(DistortionKind.SENTINEL),
    "dip": _distortion(DistortionKind.DIP, end=BEGIN + HOUR / 2, amount=2.0),
    "dip_of_hours": _distortion(DistortionKind.DIP, amount=2.0),
    "clock": _distortion(DistortionKind.CLOCK, amount=400),
}
"""Readings that are not as they should be."""

NEW_METERS = {
    "reset": _distortion(DistortionKind.RESET, start=BEGIN + HOUR / 3),
    "swap": _distortion(DistortionKind.SWAP, start=BEGIN + HOUR / 3),
}
"""Registers that start again."""

GONE = {"gone": _distortion(DistortionKind.GONE)}

LOCAL_DAYS = {
    "day_of_23_hours": datetime(2026, 3, 29, 12, tzinfo=UTC),
    "day_of_25_hours": datetime(2026, 10, 25, 12, tzinfo=UTC),
}


def cells(
    rows: Mapping[str, Any], cases: Iterable[VendorCase] = VENDOR_CASES
) -> pytest.MarkDecorator:
    """Make a test of every vendor with each of the rows that it can show."""
    return pytest.mark.parametrize(("case", "cell"), [*_cells(rows, cases)])


def _cells(rows: Mapping[str, Any], cases: Iterable[VendorCase]) -> Iterator[Any]:
    for case in cases:
        for name, row in rows.items():
            if name in case.without or not _can_show(case, row):
                continue
            cell = row
            if isinstance(row, Outage) and name in case.reasons:
                cell = replace(row, reason=case.reasons[name])
            yield pytest.param(case, cell, id=f"{case.key}-{name}")


def _can_show(case: VendorCase, row: Any) -> bool:
    """Tell whether readings of the vendor can be distorted like this."""
    return not isinstance(row, Distortion) or row.kind in VENDORS[case.key].distortions
