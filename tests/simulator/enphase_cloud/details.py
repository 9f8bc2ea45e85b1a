"""The cloud's JSON of systems and of what belongs to them."""

from collections.abc import Mapping, Sequence
from typing import Any

from .errors import not_found, unprocessable
from .series import QUARTER, day_of
from .system import MICROS, System
from .windows import Question

UNKNOWN = -1
"""What the list has in place of energies and sizes."""
MODULE_WATTS = 360


def systems_page(systems: Sequence[System], query: Mapping[str, str]) -> dict[str, Any]:
    """Return one page of the account's systems."""
    order = query.get("sort_by", "id")
    if order not in ("id", "-id"):
        raise unprocessable(
            "Invalid request because of 'The sorting parameter is not supported. Please "
            "use id for sorting by Asc or -id for sorting by Desc'"
        )
    page, size = page_of(query)
    ordered = sorted(systems, key=lambda each: each.number, reverse=order == "-id")
    found = ordered[(page - 1) * size : page * size]
    return {
        "total": len(systems),
        "current_page": page,
        "size": size,
        "count": len(found),
        "items": "systems",
        "systems": [_system(each) for each in found],
    }


def page_of(query: Mapping[str, str]) -> tuple[int, int]:
    """Return the number and the size of the page that is asked for."""
    try:
        page, size = int(query.get("page", "1")), int(query.get("size", "10"))
    except ValueError:
        page = size = 0
    if page < 1 or not 1 <= size <= 100:
        raise unprocessable("Invalid request because of 'Invalid page or size'")
    return page, size


def system(question: Question) -> dict[str, Any]:
    """Return what the list has of one system."""
    return _system(question.system)


def summary(question: Question) -> dict[str, Any]:
    """Return what a system is like, and what it has produced."""
    system, fitting = question.system, question.system.fitting
    feed = system.feed(system.production)
    newest = feed.newest()
    step = feed.series.step
    current = feed.series.energy(newest - step) if newest > system.begin else 0
    battery_watts = system.house.equipment.battery_watts if fitting.batteries else None
    answer: dict[str, Any] = {
        "system_id": system.number,
        "current_power": current * 3600 // step,
        "energy_lifetime": feed.total(system.begin, question.now),
        "energy_today": feed.total(system.today, question.now),
        "last_interval_end_at": newest,
        "last_report_at": system.last_report(),
        "modules": fitting.modules,
        "operational_at": int(system.world.installed.timestamp()),
        "size_w": fitting.modules * MODULE_WATTS,
        "nmi": None,
        "source": "meter" if fitting.production_meters else "microinverters",
        "status": system.status,
        "summary_date": day_of(question.now, system.zone).isoformat(),
        "battery_charge_w": battery_watts,
        "battery_discharge_w": battery_watts,
        "battery_capacity_wh": system.capacity if fitting.batteries else None,
    }
    if fitting.charger:
        watts = system.house.equipment.ev_watts
        answer["evse_power"] = [
            {fitting.charger: {"evse_max_charge_w": watts, "evse_min_charge_w": 1380}}
        ]
    return answer


def devices(question: Question) -> dict[str, Any]:
    """Return all that is installed."""
    system, fitting = question.system, question.system.fitting
    found: dict[str, list[dict[str, Any]]] = {
        "micros": [
            _device(system, number, "Microinverter", serial, "IQ8A-72-2-US", "IQ8A")
            for number, serial in enumerate(micro_serials(system), 100)
        ],
        "meters": _meters(system),
        "gateways": [
            _device(system, number, "Gateway", serial, "ENV-S-WM-230", "Envoy S")
            | {"emu_sw_version": "D8.2.4286 (fc2d3b)"}
            for number, serial in enumerate(system.gateways, 200)
        ],
        "encharges": [
            _device(
                system, number, "Encharge", serial, "B05-T01-INT00-1-2", "IQ Battery 5P"
            )
            for number, serial in enumerate(battery_serials(system), 300)
        ],
        "ev_chargers": [],
    }
    if fitting.charger and not system.is_gone(fitting.charger):
        found["ev_chargers"].append(
            _device(system, 400, "IQ EV Charger", fitting.charger, "", "IQ-EVSE-40R")
            | {"firmware": "v0.04.22"}
        )
    return {
        "system_id": system.number,
        "total_devices": sum(len(each) for each in found.values()),
        "items": "devices",
        "devices": {kind: each for kind, each in found.items() if each},
    }


def system_of_gateway(
    systems: Sequence[System], query: Mapping[str, str]
) -> dict[str, Any]:
    """Return the system that a gateway belongs to."""
    serial = query.get("serial_num")
    if not serial:
        raise unprocessable("Provide envoy serial number")
    for each in systems:
        if serial in each.gateways:
            return {"system_id": each.number}
    raise not_found("Envoy not found with this serial number")


def inverters(
    systems: Sequence[System], query: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Return the micro-inverters of a system or of a gateway, without their number."""
    gateway, site = query.get("envoy_serial_number"), query.get("site_id")
    if not gateway and not site:
        raise unprocessable("Envoy serial number or Site id mandatory")
    for each in systems:
        if gateway in each.gateways if gateway else site == each.id:
            page, size = page_of(query)
            found = _inverters(each)[(page - 1) * size : page * size]
            return [{"signal_strength": 5, "micro_inverters": found}]
    raise not_found("Envoy not found with this serial number")


def micro_serials(system: System) -> list[str]:
    """Return the serial numbers of the micro-inverters."""
    return [f"4822{system.id[-4:]}{n:04}" for n in range(system.fitting.modules)]


def battery_serials(system: System) -> list[str]:
    """Return the serial numbers of the batteries."""
    return [f"4923{system.id[-4:]}{n:04}" for n in range(system.fitting.batteries)]


def device_id(system: System, number: int) -> int:
    """Return the cloud's id of the device with this number in its system."""
    return 1_000_000 + system.number % 1000 * 1000 + number


def _system(system: System) -> dict[str, Any]:
    city, country, postal_code = system.city
    meta = system.meta()
    return {
        "system_id": system.number,
        "name": system.name,
        "public_name": "Residential System",
        "timezone": None if system.hides_zone else system.zone.key,
        "address": {
            "city": city,
            "state": None,
            "country": country,
            "postal_code": postal_code,
        },
        "connection_type": system.connection_type,
        "energy_lifetime": UNKNOWN,
        "energy_today": UNKNOWN,
        "system_size": UNKNOWN,
        **meta,
        "attachment_type": None,
        "interconnect_date": system.interconnect_date,
        "reference": f"R{system.id}",
        "other_references": [],
    }


def _meters(system: System) -> list[dict[str, Any]]:
    """Return the meters, all of the same name; it takes the rest to tell them apart."""
    fitting = system.fitting
    found = []
    for number, gateway in enumerate(system.gateways):
        for suffix, kind, fitted in (
            ("EIM1", "Production", fitting.production_meters),
            ("EIM2", "Net", fitting.consumption_meters),
        ):
            if number < fitted:
                device = _device(
                    system, number, "production", f"{gateway}{suffix}", "", "Envoy S"
                )
                found.append(
                    device
                    | {"name": "production", "state": "enabled", "config_type": kind}
                )
    return found


def _device(
    system: System, number: int, kind: str, serial: str, sku: str, model: str
) -> dict[str, Any]:
    return {
        "id": device_id(system, number),
        "last_report_at": system.last_report(),
        "name": f"{kind} {serial}",
        "serial_number": serial,
        "part_number": "800-00655-r08",
        "sku": sku or None,
        "model": model,
        "status": "normal",
        "active": True,
        "product_name": model,
    }


def _inverters(system: System) -> list[dict[str, Any]]:
    feed = system.feed(MICROS)
    count = system.fitting.modules
    newest = feed.newest()
    energy = feed.series.register(newest) // count
    begun = newest - feed.series.step >= system.begin
    power = feed.series.energy(newest - feed.series.step) * 12 // count if begun else 0
    return [
        {
            "id": device_id(system, number),
            "serial_number": serial,
            "model": "IQ8A",
            "part_number": "800-01333-r01",
            "sku": "IQ8A-72-2-US",
            "status": "normal",
            "power_produced": {"value": power, "units": "W", "precision": 0},
            "proc_load": "521-00005-r00-v02.32.01",
            "param_table": "549-00018-r00-v02.32.01",
            "envoy_serial_number": system.gateways[0],
            "energy": {"value": energy, "units": "Wh", "precision": 0},
            "grid_profile": "57227c50e4d7973ae602c4e6",
            "last_report_date": newest - newest % QUARTER,
        }
        for number, serial in enumerate(micro_serials(system), 100)
    ]
