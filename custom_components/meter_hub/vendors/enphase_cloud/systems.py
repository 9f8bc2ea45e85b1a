"""What an account's systems are, and what hangs on them. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum

from ...metering.energy import exact
from ...metering.vocabulary import SystemStatus
from ..base import JsonObject
from .values import (
    part_of,
    parts_of,
    to_amount,
    to_date,
    to_flag,
    to_instant,
    to_number,
    to_text,
)

_WH_IN_KWH = 1000

_LONGEST_WORD = 50


class Source(StrEnum):
    """What measures the production of a system."""

    MICRO = "micro"
    """The microinverters."""
    METER = "meter"
    """A revenue-grade meter at the gateway."""


@dataclass(frozen=True, slots=True)
class System:
    """One solar system of an account."""

    id: str
    name: str
    zone: str | None
    """The IANA name of its time zone, which may be an old alias."""
    status: SystemStatus | None
    status_word: str | None
    """What a status is called that we don't know."""
    last_report: datetime | None
    last_energy: datetime | None
    operational_at: datetime | None
    interconnected: date | None
    """When the grid's operator let it in."""

    @property
    def begins(self) -> datetime | None:
        """The first instant that there may be data of."""
        if self.operational_at or not self.interconnected:
            return self.operational_at
        return datetime.combine(self.interconnected, time(), UTC)


@dataclass(frozen=True, slots=True)
class Summary:
    """What a system is like, and what it does today."""

    source: Source | None
    status: SystemStatus | None
    status_word: str | None
    power: float | None
    """W of production."""
    energy_today: float | None
    """kWh of production."""
    energy_lifetime: float | None
    """kWh of production."""
    capacity: float | None
    """kWh of all batteries."""
    max_charge: float | None
    """W that the batteries take at most."""
    max_discharge: float | None
    size: float | None
    """W of all panels."""
    modules: int | None
    last_interval_end: datetime | None
    last_report: datetime | None
    operational_at: datetime | None
    metering_point: str | None
    """The national identifier of the connection, in countries that have one."""


@dataclass(frozen=True, slots=True)
class Charger:
    """An EV charger of a system."""

    serial: str
    name: str
    model: str | None
    firmware: str | None
    status: str | None = None
    """In the vendor's word."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """The device through which a system reports."""

    serial: str
    model: str | None
    firmware: str | None


@dataclass(frozen=True, slots=True)
class Devices:
    """The active devices of a system."""

    gateway: Gateway | None
    """The one that was heard last, where there are several."""
    chargers: tuple[Charger, ...]
    has_production_meter: bool
    has_consumption_meter: bool
    has_battery: bool
    is_told: bool
    """Whether anything is listed that reports or produces."""

    @property
    def source(self) -> Source | None:
        """What measures the production, where the vendor's summary doesn't say."""
        if self.has_production_meter:
            return Source.METER
        return Source.MICRO if self.is_told else None


def read_status(value: object) -> SystemStatus | None:
    """Return how a system is; None where that is not told."""
    word = to_text(value)
    if word is None:
        return None
    try:
        return SystemStatus(word.casefold())
    except ValueError:
        return SystemStatus.OTHER


def read_unknown_status(value: object) -> str | None:
    """Return the word for a status that we don't know; None where it can't be shown."""
    word = to_text(value)
    if word is None or read_status(word) is not SystemStatus.OTHER:
        return None
    return word[:_LONGEST_WORD] if word.isascii() and word.isprintable() else None


def has_problem(status: SystemStatus | None) -> bool | None:
    """Tell whether a status is bad; None where nobody knows what it means."""
    if status is None or status is SystemStatus.OTHER:
        return None
    return status is not SystemStatus.NORMAL


def read_systems(items: Iterable[JsonObject]) -> tuple[System, ...]:
    """Return the systems of the pages of a list, each once.

    An id is a number: a text would lead a call to another path.
    """
    systems: dict[str, System] = {}
    for item in items:
        system_id = to_text(item.get("system_id"))
        if system_id is None or not (system_id.isascii() and system_id.isdigit()):
            continue
        systems[system_id] = System(
            system_id,
            to_text(item.get("name"))
            or to_text(item.get("public_name"))
            or f"System {system_id}",
            to_text(item.get("timezone")),
            read_status(item.get("status")),
            read_unknown_status(item.get("status")),
            to_instant(item.get("last_report_at")),
            to_instant(item.get("last_energy_at")),
            to_instant(item.get("operational_at")),
            to_date(item.get("interconnect_date")),
        )
    return tuple(systems.values())


def read_summary(data: JsonObject) -> Summary:
    """Return a system's summary; what a system lacks is told as zero, and is None."""
    modules = _positive(data.get("modules"))
    return Summary(
        _read_source(data.get("source")),
        read_status(data.get("status")),
        read_unknown_status(data.get("status")),
        to_number(data.get("current_power")),
        _kilowatt_hours(data.get("energy_today")),
        _kilowatt_hours(data.get("energy_lifetime")),
        _kilowatt_hours(_positive(data.get("battery_capacity_wh"))),
        _positive(data.get("battery_charge_w")),
        _positive(data.get("battery_discharge_w")),
        _positive(data.get("size_w")),
        None if modules is None else int(modules),
        to_instant(data.get("last_interval_end_at")),
        to_instant(data.get("last_report_at")),
        to_instant(data.get("operational_at")),
        to_text(data.get("nmi")),
    )


def read_devices(data: JsonObject) -> Devices:
    """Return the devices of a system; the answers about chargers alone read alike."""
    devices = part_of(data, "devices")
    found = {
        kind: [
            device
            for device in parts_of(devices, kind)
            if to_flag(device.get("active")) is not False
        ]
        for kind in ("gateways", "meters", "ev_chargers", "encharges", "acbs")
    }
    # A gateway's meters share one id, and their names say nothing.
    roles = {_role(meter) for meter in found["meters"] if _is_enabled(meter)}
    chargers = [_read_charger(device) for device in found["ev_chargers"]]
    return Devices(
        _read_gateway(found["gateways"]),
        tuple({each.serial: each for each in chargers if each}.values()),
        "production" in roles,
        "consumption" in roles,
        bool(found["encharges"] or found["acbs"]),
        any(parts_of(devices, kind) for kind in ("gateways", "meters", "micros")),
    )


def _read_source(value: object) -> Source | None:
    word = (to_text(value) or "").casefold()
    return next((source for source in Source if word.startswith(source)), None)


def _positive(value: object) -> float | None:
    return to_amount(value) or None


def _kilowatt_hours(value: object) -> float | None:
    amount = to_amount(value)
    return None if amount is None else exact(amount / _WH_IN_KWH)


def _is_enabled(meter: JsonObject) -> bool:
    return (to_text(meter.get("state")) or "enabled").casefold() == "enabled"


def _role(meter: JsonObject) -> str | None:
    """Return what a meter measures, by how it is set up, else by its serial."""
    config = (to_text(meter.get("config_type")) or "").casefold()
    if config:
        if "production" in config:
            return "production"
        return None if "storage" in config else "consumption"
    serial = to_text(meter.get("serial_number")) or ""
    return {"EIM1": "production", "EIM2": "consumption"}.get(serial[-4:].upper())


def _read_charger(device: JsonObject) -> Charger | None:
    """Return a charger; its id is its serial, or `serial:system`."""
    told = to_text(device.get("serial_number")) or to_text(device.get("id"))
    serial = told.partition(":")[0].strip() if told else ""
    if not serial:
        return None
    return Charger(
        serial,
        to_text(device.get("name")) or f"EV charger {serial}",
        to_text(device.get("model")) or to_text(device.get("sku")),
        to_text(device.get("firmware")),
        to_text(device.get("status")),
    )


def _read_gateway(devices: Iterable[JsonObject]) -> Gateway | None:
    heard = sorted(
        devices,
        key=lambda device: to_number(device.get("last_report_at")) or 0,
        reverse=True,
    )
    for device in heard:
        if serial := to_text(device.get("serial_number")):
            return Gateway(
                serial,
                to_text(device.get("product_name")) or to_text(device.get("model")),
                to_text(device.get("emu_sw_version")),
            )
    return None
