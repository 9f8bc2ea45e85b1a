"""What one cycle of a gateway teaches: readings, and what is known after it. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from ...metering.integral import Integral
from ...metering.model import Meter, Notice, Reading, Series, Update
from ...metering.vocabulary import MeterKind, Quantity
from .batteries import MANUFACTURER, battery_meters, battery_of, battery_readings
from .controllers import controller_meters, controller_readings
from .ct import ct_readings
from .home import grid_readings, home_of, home_readings, unmeasured_grid
from .inverters import inverter_meters, inverter_readings
from .known import Knowledge
from .snapshot import Snapshot
from .sources import Pin, find, solar_power


@dataclass(frozen=True, slots=True)
class Learned:
    """What a cycle taught."""

    knowledge: Knowledge
    readings: tuple[Reading, ...]
    """Without those of the inverters."""
    of_inverters: tuple[Reading, ...]
    notices: tuple[Notice, ...]

    def update(self, gateway: Meter, *, inverters: bool) -> Update:
        """Return it for the rest of the integration, with `inverters` if wanted."""
        return Update(
            meters=(gateway, *self.knowledge.meters(inverters=inverters)),
            unwanted=frozenset() if inverters else self.knowledge.inverters,
            readings=self.readings + (self.of_inverters if inverters else ()),
            notices=self.notices,
        )


def learn(snapshot: Snapshot, before: Knowledge, longest_gap: timedelta) -> Learned:
    """Read a cycle; power is only added up over gaps that are not longer."""
    units = before.units.after(snapshot.data)
    found = find(snapshot, units)
    pin = before.pin.after(found, snapshot.at)
    battery = battery_of(snapshot, before.has_battery)
    grid = unmeasured_grid(snapshot, battery)
    home = home_of(snapshot, battery)
    wiring = before.wiring.after(home.power, snapshot.at, longest_gap)

    def counted(integral: Integral, power: float | None) -> Integral:
        if power is None:
            return integral
        return integral.after(power, snapshot.at, longest_gap)

    known = replace(
        before,
        serial=snapshot.serial,
        units=units,
        pin=pin,
        battery=counted(before.battery, battery.uncounted_power),
        grid=counted(before.grid, grid),
        wiring=wiring,
    ).having_seen(_meters(snapshot), snapshot.at)
    readings = (
        *snapshot.live(Quantity.SOLAR_POWER, solar_power(snapshot)),
        *(() if found is None else _solar(snapshot, pin)),
        *ct_readings(snapshot),
        *home_readings(snapshot, home),
        *grid_readings(snapshot, grid, known.grid),
        *battery_readings(snapshot, battery, known.battery),
        *controller_readings(snapshot),
    )
    return Learned(
        known,
        readings,
        of_inverters=tuple(inverter_readings(snapshot)),
        notices=tuple(wiring.notices(snapshot.serial, snapshot.at)),
    )


def gateway_meter(
    serial: str, firmware: str, part_number: str | None, *, metered: bool
) -> Meter:
    """Return the gateway itself."""
    return Meter(
        serial,
        f"Envoy {serial}",
        MeterKind.GATEWAY,
        MANUFACTURER,
        "IQ Gateway Metered" if metered else "IQ Gateway",
        serial,
        firmware=firmware,
        hardware=part_number,
    )


def _meters(snapshot: Snapshot) -> Iterator[Meter]:
    yield from inverter_meters(snapshot)
    yield from battery_meters(snapshot)
    yield from controller_meters(snapshot)


def _solar(snapshot: Snapshot, pin: Pin) -> Iterator[Reading]:
    """Yield the solar energy, unknown while another source has taken its place."""
    if pin.other is None:
        yield from snapshot.register(Quantity.SOLAR, pin.energy)
    else:
        yield Reading(Series(snapshot.serial, Quantity.SOLAR), None, snapshot.at)
