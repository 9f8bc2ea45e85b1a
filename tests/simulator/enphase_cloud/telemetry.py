"""The cloud's JSON of intervals."""

from collections.abc import Callable, Iterator
from typing import Any

from ..house import Flow
from .errors import unprocessable
from .live import PHASES, parts
from .published import Feed, Interval
from .system import MICROS
from .windows import METER_SPANS, MICRO_SPANS, Question, Window


def production_micro(question: Question) -> dict[str, Any]:
    """Return the production of the micro-inverters, each five minutes."""
    feed = question.system.feed(MICROS)
    window = Window.of_telemetry(question, feed, MICRO_SPANS)
    rows = [
        _reported(row, _value("enwh", row))
        | ({} if row.energy is None else {"powr": row.energy * 12})
        for row in feed.intervals(window.start, window.end)
    ]
    return _answer(question, window, feed.devices, rows) | _meta(question)


def production_meter(question: Question) -> dict[str, Any]:
    """Return the production of the meters; it tells nothing of the system."""
    fitted = question.system.fitting.production_meters
    _demand(fitted, "production meters")
    return _of_meters(question, Flow.SOLAR, "wh_del")


def production_statistics(question: Question) -> dict[str, Any]:
    """Return the production of the meters, and that of each channel of each meter."""
    system = question.system
    _demand(system.fitting.production_meters, "production meters")
    feed = system.feed(Flow.SOLAR)
    window = Window.of_statistics(question, feed)
    meters = [
        {
            "meter_serial_number": f"{gateway}EIM1",
            "envoy_serial_number": gateway,
            "intervals": [
                channel
                for row in feed.intervals(window.start, window.end)
                if number < row.reporting
                for channel in _channels(row, number, system.fitting.phases)
            ],
        }
        for number, gateway in enumerate(system.gateways)
    ]
    return {
        "system_id": system.number,
        "total_devices": feed.devices,
        "intervals": _rows(
            feed, window, lambda row: _reported(row, _value("wh_del", row))
        ),
        "meter_intervals": meters,
        **_meta(question),
    }


def consumption_meter(question: Question) -> dict[str, Any]:
    """Return what the house has consumed."""
    _demand(question.system.fitting.consumption_meters, "consumption meters")
    return _of_meters(question, Flow.HOME, "enwh") | _meta(question)


def battery(question: Question) -> dict[str, Any]:
    """Return charge, discharge and level of all batteries together."""
    system = question.system
    _demand(system.fitting.batteries, "encharges")
    charge, discharge = (
        system.feed(flow) for flow in (Flow.BATTERY_CHARGE, Flow.BATTERY_DISCHARGE)
    )
    window = Window.of_telemetry(question, charge, METER_SPANS)
    rows: dict[int, dict[str, Any]] = {}
    for part, feed in (("charge", charge), ("discharge", discharge)):
        for row in feed.intervals(window.start, window.end):
            of_both = rows.setdefault(row.end, {"end_at": row.end})
            of_both[part] = {
                **_value("enwh", row),
                "devices_reporting": row.reporting,
            }
            of_both["soc"] = {
                "percent": system.charge_level(row.end),
                "devices_reporting": row.reporting,
            }
    level = system.charge_level(min(charge.newest(), discharge.newest()))
    ordered = [rows[end] for end in sorted(rows)]
    return _answer(question, window, charge.devices, ordered) | {
        "last_reported_aggregate_soc": f"{level}%"
    }


def grid_import(question: Question) -> dict[str, Any]:
    """Return what came from the grid."""
    return _of_grid(question, Flow.GRID_IMPORT, "wh_imported")


def grid_export(question: Question) -> dict[str, Any]:
    """Return what went to the grid."""
    return _of_grid(question, Flow.GRID_EXPORT, "wh_exported")


def _channels(row: Interval, meter: int, used: int) -> Iterator[dict[str, Any]]:
    """Yield the channels of a meter; those without a transformer have nothing."""
    shares: list[int | None] = [None] * PHASES
    if row.energy is not None:
        shares[:used] = parts(parts(row.energy, row.reporting)[meter], used)
    for channel, share in enumerate(shares, 1):
        yield {
            "channel": channel,
            "end_at": row.end,
            "wh_del": share,
            "curr_w": None if share is None else 4 * share,
        }


def _of_meters(question: Question, flow: Flow, field: str) -> dict[str, Any]:
    feed = question.system.feed(flow)
    window = Window.of_telemetry(question, feed, METER_SPANS)
    rows = _rows(feed, window, lambda row: _reported(row, _value(field, row)))
    return _answer(question, window, feed.devices, rows)


def _of_grid(question: Question, flow: Flow, field: str) -> dict[str, Any]:
    """Return intervals in a list of lists, which says nothing of devices."""
    _demand(question.system.fitting.consumption_meters, "consumption meters")
    feed = question.system.feed(flow)
    window = Window.of_telemetry(question, feed, METER_SPANS)
    rows = _rows(feed, window, lambda row: {"end_at": row.end, **_value(field, row)})
    return _answer(question, window, 0, [rows] if rows else []) | _meta(question)


def _rows(
    feed: Feed, window: Window, row_of: Callable[[Interval], dict[str, Any]]
) -> list[dict[str, Any]]:
    return [row_of(row) for row in feed.intervals(window.start, window.end)]


def _demand(fitted: int, devices: str) -> None:
    if not fitted:
        raise unprocessable(f"System doesn't have {devices}")


def _value(field: str, row: Interval) -> dict[str, Any]:
    return {} if row.lacking else {field: row.energy}


def _reported(row: Interval, value: dict[str, Any]) -> dict[str, Any]:
    return {"end_at": row.end, "devices_reporting": row.reporting, **value}


def _answer(
    question: Question, window: Window, devices: int, rows: list[Any]
) -> dict[str, Any]:
    return {
        "system_id": question.system.number,
        "granularity": window.granularity,
        "total_devices": devices,
        **window.edges,
        "items": "intervals",
        "intervals": rows,
    }


def _meta(question: Question) -> dict[str, Any]:
    return {"meta": question.system.meta()}
