"""The endpoints of the API: their group, the manner of their problems, their answer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import chargers, details, lifetimes, live, telemetry
from .errors import Manner
from .system import System
from .windows import Question

TERSE = Manner()
EXACT = Manner(tells_period=True)
OF_CHARGERS = Manner(of_chargers=True)


@dataclass(frozen=True, slots=True)
class Endpoint[Answer]:
    """One path."""

    group: str
    manner: Manner
    answer: Answer


OF_ACCOUNT: dict[
    str, Endpoint[Callable[[Sequence[System], Mapping[str, str]], Any]]
] = {
    "": Endpoint("D", TERSE, details.systems_page),
    "retrieve_system_id": Endpoint("D", EXACT, details.system_of_gateway),
    "inverters_summary_by_envoy_or_site": Endpoint("D", EXACT, details.inverters),
}
"""By what follows `/api/v4/systems`."""
OF_SYSTEM: dict[str, Endpoint[Callable[[Question], Any]]] = {
    "": Endpoint("D", TERSE, details.system),
    "summary": Endpoint("D", EXACT, details.summary),
    "devices": Endpoint("D", TERSE, details.devices),
    "production_meter_readings": Endpoint("P", EXACT, lifetimes.production_registers),
    "rgm_stats": Endpoint("P", EXACT, telemetry.production_statistics),
    "energy_lifetime": Endpoint("P", EXACT, lifetimes.production_lifetime),
    "consumption_lifetime": Endpoint("C", TERSE, lifetimes.consumption_lifetime),
    "battery_lifetime": Endpoint("C", TERSE, lifetimes.battery_lifetime),
    "energy_import_lifetime": Endpoint("C", TERSE, lifetimes.import_lifetime),
    "energy_export_lifetime": Endpoint("C", TERSE, lifetimes.export_lifetime),
    "telemetry/production_micro": Endpoint("P", EXACT, telemetry.production_micro),
    "telemetry/production_meter": Endpoint("P", EXACT, telemetry.production_meter),
    "telemetry/consumption_meter": Endpoint("C", EXACT, telemetry.consumption_meter),
    "telemetry/battery": Endpoint("C", EXACT, telemetry.battery),
    "energy_import_telemetry": Endpoint("C", TERSE, telemetry.grid_import),
    "energy_export_telemetry": Endpoint("C", TERSE, telemetry.grid_export),
    "latest_telemetry": Endpoint("C", TERSE, live.latest),
    "ev_charger/devices": Endpoint("M", OF_CHARGERS, chargers.chargers),
    "ev_charger/*/telemetry": Endpoint("M", OF_CHARGERS, chargers.telemetry),
    "ev_charger/*/lifetime": Endpoint("M", OF_CHARGERS, chargers.lifetime),
    "ev_charger/*/sessions": Endpoint("M", OF_CHARGERS, chargers.sessions),
}
"""By what follows the id of a system; `*` is the serial number of a charger."""
