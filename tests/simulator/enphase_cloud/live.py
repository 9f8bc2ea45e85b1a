"""The cloud's JSON of the last powers; those of meters are means of quarter hours."""

from datetime import timedelta
from typing import Any

from ..house import Flow
from .details import battery_serials, device_id
from .series import DAY, QUARTER
from .sessions import sessions_of
from .system import System
from .windows import Question

SILENT = 7 * DAY
"""After this time a device that says nothing has no power any longer."""
FORGOTTEN = timedelta(days=3, hours=20)
FORGOTTEN_WATTS = -15
PHASES = 3


def latest(question: Question) -> dict[str, Any]:
    """Return the last powers of meters, batteries and charger."""
    system, fitting = question.system, question.system.fitting
    devices: dict[str, list[dict[str, Any]]] = {"meters": [], "encharges": []}
    for number in range(fitting.production_meters):
        at, watts = _mean(system, (Flow.SOLAR,), ())
        share = parts(watts, fitting.production_meters)[number]
        devices["meters"] += _channels(question, number, "production", share, at)
    for number in range(fitting.consumption_meters):
        # Behind a net meter the battery looks like more or less consumption.
        at, watts = _mean(system, (Flow.SOLAR, Flow.GRID_IMPORT), (Flow.GRID_EXPORT,))
        share = parts(watts, fitting.consumption_meters)[number]
        devices["meters"] += _channels(question, 10 + number, "consumption", share, at)
    if fitting.batteries:
        devices["encharges"] = _batteries(question)
    if fitting.charger and not system.is_gone(fitting.charger):
        devices["evse"] = [_charger(question, fitting.charger)]
    return {"system_id": system.number, "items": "devices", "devices": devices}


def _mean(
    system: System, plus: tuple[Flow, ...], minus: tuple[Flow, ...]
) -> tuple[int, int]:
    """Return the end of the last reported quarter hour, and its mean power."""
    at = min(system.feed(flow).newest() for flow in (*plus, *minus))
    if at <= system.begin:
        return at, 0
    energy = sum(
        system.feed(flow).series.energy(at - QUARTER) * (1 if flow in plus else -1)
        for flow in (*plus, *minus)
    )
    return at, energy * 4


def _channels(
    question: Question, number: int, name: str, watts: int, at: int
) -> list[dict[str, Any]]:
    return [
        {
            "id": device_id(question.system, number),
            "name": name,
            "channel": channel,
            **_power(question, at, share),
        }
        for channel, share in enumerate(parts(watts, PHASES), 1)
    ]


def _batteries(question: Question) -> list[dict[str, Any]]:
    system = question.system
    at, watts = _mean(system, (Flow.BATTERY_CHARGE,), (Flow.BATTERY_DISCHARGE,))
    mode = "Charging" if watts > 0 else "Discharging" if watts < 0 else "Idle"
    serials = battery_serials(system)
    found = []
    for number, (serial, share) in enumerate(
        zip(serials, parts(watts, len(serials)), strict=True), 300
    ):
        power = _power(question, at - 33, share * system.charging_sign)
        told = mode
        if system.forgotten_battery and number == 300:
            forgotten = question.now - int(FORGOTTEN.total_seconds())
            power = _power(question, forgotten, FORGOTTEN_WATTS)
            told = "Idle"
        device = {
            "id": device_id(system, number),
            "name": f"Encharge {serial}",
            "channel": 1,
            **power,
        }
        if system.tells_battery_mode:
            device["operational_mode"] = told if device["power"] is not None else None
        found.append(device)
    return found


def _charger(question: Question, serial: str) -> dict[str, Any]:
    system = question.system
    at, watts = _mean(system, (Flow.EV_CHARGE,), ())
    return {
        "id": device_id(system, 400),
        "name": f"IQ EV Charger {serial}",
        "channel": 1,
        **_power(question, at, watts),
        "operational_mode": _mode(question, watts),
    }


def _mode(question: Question, watts: int) -> str:
    """Return what the charger does; a car may hang on it without being charged."""
    if watts:
        return "CHARGING"
    last = sessions_of(question.system, question.now)[-1:]
    is_plugged = any(session.end > question.now for session in last)
    return "IDLE" if is_plugged else "PLUGGED_OUT"


def _power(question: Question, at: int, watts: int) -> dict[str, Any]:
    silent = at <= question.system.begin or question.now - at > SILENT
    return {
        "last_report_at": None if silent else at,
        "power": None if silent else watts,
    }


def parts(watts: int, count: int) -> list[int]:
    """Return whole parts of a power or an energy that add up to it."""
    return [watts * (n + 1) // count - watts * n // count for n in range(count)]
