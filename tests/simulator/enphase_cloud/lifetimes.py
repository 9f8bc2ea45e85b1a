"""The cloud's JSON of days, and of the registers of meters."""

from datetime import timedelta
from typing import Any

from ..faults import DistortionKind
from ..house import Flow
from .errors import unprocessable
from .series import day_of
from .system import MICROS, System
from .windows import Days, Question


def production_lifetime(question: Question) -> dict[str, Any]:
    """Return production of each day: the micros' until the meters' first whole day."""
    system = question.system
    metered = system.production == Flow.SOLAR
    days = Days.of_lifetime(question)
    answer = _start(system, days)
    micros = system.days(MICROS, days.start, days.end)
    if not metered:
        return answer | {"production": micros, "meta": system.meta()}
    meters = system.days(Flow.SOLAR, days.start, days.end)
    partial = days.start == system.first_day < system.begin
    answer["meter_start_date"] = (
        day_of(system.begin, system.zone)
        + timedelta(days=system.first_day < system.begin)
    ).isoformat()
    answer["production"] = [*micros[:partial], *meters[partial:]]
    if question.query.get("production") == "all":
        answer |= {"micro_production": micros, "meter_production": meters}
    return answer | {"meta": system.meta()}


def consumption_lifetime(question: Question) -> dict[str, Any]:
    """Return what the house has consumed on each day."""
    return _lifetime(question, {"consumption": Flow.HOME})


def battery_lifetime(question: Question) -> dict[str, Any]:
    """Return charge and discharge of each day."""
    return _lifetime(
        question,
        {"charge": Flow.BATTERY_CHARGE, "discharge": Flow.BATTERY_DISCHARGE},
    )


def import_lifetime(question: Question) -> dict[str, Any]:
    """Return what came from the grid on each day."""
    return _lifetime(question, {"import": Flow.GRID_IMPORT})


def export_lifetime(question: Question) -> dict[str, Any]:
    """Return what went to the grid on each day."""
    return _lifetime(question, {"export": Flow.GRID_EXPORT})


def production_registers(question: Question) -> dict[str, Any]:
    """Return what the production meters show; one that was replaced shows its last."""
    try:
        end = int(question.query.get("end_at", question.now))
    except ValueError:
        raise unprocessable(
            f"Failed to parse date {question.query['end_at']}"
        ) from None
    system = question.system
    readings = _registers(system, end) if system.fitting.production_meters else []
    return {
        "system_id": system.number,
        "meter_readings": readings,
        "meta": system.meta(),
    }


def _lifetime(question: Question, fields: dict[str, Flow]) -> dict[str, Any]:
    system = question.system
    days = Days.of_lifetime(question)
    answer = _start(system, days)
    for field, flow in fields.items():
        known = flow in system.flows
        answer[field] = system.days(flow, days.start, days.end) if known else []
        if not answer[field]:
            answer["start_date"] = None
    return answer | {"meta": system.meta()}


def _start(system: System, days: Days) -> dict[str, Any]:
    started = days.start < days.end
    return {
        "system_id": system.number,
        "start_date": day_of(days.start, system.zone).isoformat() if started else None,
    }


def _registers(system: System, end: int) -> list[dict[str, Any]]:
    feed = system.feed(Flow.SOLAR)
    now = min(end - end % feed.series.step, feed.newest())
    if now < system.begin:
        return []
    swaps = sorted(
        at - at % feed.series.step
        for each in system.distortions
        if each.kind is DistortionKind.SWAP
        and (at := int(each.start.timestamp())) < now
    )
    readings = []
    for number, gateway in enumerate(system.gateways):
        # The first meter is the one that is replaced.
        starts = [system.begin, *([] if number else swaps)]
        for replaced, (start, until) in enumerate(
            zip(starts, [*starts[1:], now], strict=True)
        ):
            value = _share(system, number, until) - _share(system, number, start)
            serial = f"{gateway}EIM1" if not replaced else f"{gateway}R{replaced}EIM1"
            readings.append({"serial_num": serial, "value": value, "read_at": until})
    return readings


def _share(system: System, number: int, at: int) -> int:
    """Return the Wh that one of the meters has counted of all production."""
    total = system.feed(Flow.SOLAR).series.register(at)
    count = system.fitting.production_meters
    return total * (number + 1) // count - total * number // count
