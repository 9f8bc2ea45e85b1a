"""The cloud's JSON of chargers."""

from typing import Any

from ..house import Flow
from .errors import bad_request
from .series import day_of
from .sessions import page
from .system import System
from .windows import Days, Question, Window


def chargers(question: Question) -> dict[str, Any]:
    """Return the chargers of a system."""
    system = question.system
    serial = system.fitting.charger
    found = [_charger(system, serial)] if serial and not system.is_gone(serial) else []
    return {
        "system_id": system.number,
        "total_devices": len(found),
        "items": "devices",
        "devices": {"ev_chargers": found},
    }


def telemetry(question: Question) -> dict[str, Any]:
    """Return what a charger gave in each quarter hour, yesterday's if not asked for."""
    _demand_charger(question)
    window = Window.of_charger(question)
    feed = question.system.feed(Flow.EV_CHARGE)
    return {
        "system_id": question.system.number,
        "granularity": window.granularity,
        **window.edges,
        "consumption": [
            {"end_at": row.end} | ({} if row.lacking else {"consumption": row.energy})
            for row in feed.intervals(window.start, window.end)
        ],
    }


def lifetime(question: Question) -> dict[str, Any]:
    """Return what a charger gave on each day."""
    _demand_charger(question)
    days = Days.of_charger(question)
    system = question.system
    return {
        "system_id": system.number,
        "start_date": day_of(days.start, system.zone).isoformat(),
        "consumption": system.days(Flow.EV_CHARGE, days.start, days.end),
    }


def sessions(question: Question) -> dict[str, Any]:
    """Return when cars were charged."""
    _demand_charger(question)
    found = page(question)
    return {
        "system_id": question.system.number,
        "count": len(found),
        "sessions": found,
    }


def _demand_charger(question: Question) -> None:
    charger = question.system.fitting.charger
    if question.serial != charger or question.system.is_gone(charger):
        raise bad_request("Invalid serial_no")


def _charger(system: System, serial: str) -> dict[str, Any]:
    return {
        "id": f"{serial}:{system.id}",
        "sku": "IQ-EVSE-EU-3032-0105-1300",
        "status": "normal",
        "serial_number": serial,
        "name": "IQ EV Charger",
        "model": "IQ-EVSE-40R",
        "part_number": "800-00555 0303",
        "firmware": "v0.04.22",
        "active": True,
        "last_report_at": system.feed(Flow.EV_CHARGE).newest(),
    }
