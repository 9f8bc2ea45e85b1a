"""What a right reading of a gateway shows, by what its system has eyes for.

As the gateway rounds: whole Wh and W. Where a value is the sum of several, each of
them is rounded before. Faults (`Quirks`) change nothing: they are to be seen through,
and what was lost by a wrap is counted by who has watched it.
"""

from ..house import PHASES
from .gateway import Gateway, Leg, watt_hours
from .inverters import has_details, inverters, total_watts
from .production import earlier_watt_hours, meter_legs
from .storage import ac_batteries, iq_batteries
from .system import Ct

type Values = dict[tuple[str, str], float]
"""By quantity and channel."""


def registers(gateway: Gateway) -> Values:
    """Return the kWh of the gateway's own registers.

    None where only an integral of power over time could tell: battery energy without a
    storage CT, and the grid behind a total CT.
    """
    system, gateway = gateway.system, gateway.healthy
    values: Values = {}
    if system.has(Ct.PRODUCTION):
        values |= _energies("solar", _legs(gateway, Ct.PRODUCTION))
    else:
        values["solar", "total"] = _inverters_kwh(gateway)
    if system.has(Ct.NET) and system.lists_meters:
        net = _legs(gateway, Ct.NET)
        values |= _energies("grid_import", net)
        values |= _energies("grid_export", net, received=True)
    if system.has(Ct.STORAGE) and system.lists_meters:
        storage = _legs(gateway, Ct.STORAGE)
        values |= _energies("battery_discharge", storage)
        values |= _energies("battery_charge", storage, received=True)
    if system.has(Ct.TOTAL):
        values |= _energies("home", _legs(gateway, Ct.TOTAL))
    elif system.has(Ct.PRODUCTION, Ct.NET) and not system.storages:
        _, total, _ = meter_legs(gateway)
        values["home", "total"] = _kwh(gateway.total(total).net)
    return values


def powers(gateway: Gateway) -> Values:
    """Return the W that the gateway measures: solar, grid, home and battery."""
    system, gateway = gateway.system, gateway.healthy
    values: Values = {}
    if system.has(Ct.PRODUCTION):
        values |= _watts("solar_power", _legs(gateway, Ct.PRODUCTION))
    else:
        values["solar_power", "total"] = total_watts(gateway)
    if system.has(Ct.STORAGE):
        values |= _watts("battery_power", _legs(gateway, Ct.STORAGE))
    elif system.storages:
        batteries = [*iq_batteries(gateway), *ac_batteries(gateway)]
        values["battery_power", "total"] = sum(battery.watts for battery in batteries)
    if system.has(Ct.NET):
        values |= _watts("grid_power", _legs(gateway, Ct.NET))
    if system.has(Ct.TOTAL):
        values |= _watts("home_power", _legs(gateway, Ct.TOTAL))
    solar = values["solar_power", "total"]
    if system.has(Ct.PRODUCTION, Ct.NET):
        battery = values.get(("battery_power", "total"), 0)
        grid = values["grid_power", "total"]
        values["home_power", "total"] = solar + grid + battery
    if system.has(Ct.PRODUCTION, Ct.TOTAL):
        values["grid_power", "total"] = values["home_power", "total"] - solar
    return values


def of_device(gateway: Gateway, serial: str) -> tuple[Values, Values]:
    """Return registers (kWh) and powers (W) of an inverter or a battery.

    Raises KeyError where there is none with this serial number.
    """
    for inverter in inverters(gateway):
        if inverter.serial == serial:
            energy = inverter.watt_hours / 1000
            return (
                {("solar", "total"): energy} if has_details(gateway) else {},
                {("solar_power", "total"): inverter.watts},
            )
    for battery in (*iq_batteries(gateway), *ac_batteries(gateway)):
        if battery.serial == serial:
            return {}, {("battery_power", "total"): battery.watts}
    raise KeyError(serial)


def _inverters_kwh(gateway: Gateway) -> float:
    """Return the energy of all inverters, from the best source that there is."""
    everything = list(inverters(gateway))
    if has_details(gateway):
        return sum(inverter.watt_hours for inverter in everything) / 1000
    joules = sum(inverter.joules for inverter in everything)
    return (joules // 3600 + earlier_watt_hours(gateway)) / 1000


def _legs(gateway: Gateway, ct: Ct) -> dict[str, Leg]:
    legs = gateway.legs(ct)
    several = len(legs) > 1 and gateway.system.lists_meters
    phases = dict(zip(PHASES, legs, strict=False)) if several else {}
    return {"total": gateway.total(legs), **phases}


def _energies(quantity: str, legs: dict[str, Leg], *, received: bool = False) -> Values:
    return {
        (quantity, channel): _kwh(leg.received if received else leg.delivered)
        for channel, leg in legs.items()
    }


def _watts(quantity: str, legs: dict[str, Leg]) -> Values:
    return {
        (quantity, channel): round(round(leg.watts, 3)) for channel, leg in legs.items()
    }


def _kwh(work: int) -> float:
    return round(watt_hours(work)) / 1000
