"""A vendor whose customers have zones, export and prices."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from homeassistant.core import HomeAssistant

from custom_components.meter_hub.metering.model import Series
from custom_components.meter_hub.metering.vocabulary import Channel, Quantity
from custom_components.meter_hub.vendors.base import Vendor

from .answers import energies
from .rows import assert_same, async_rows
from .scripted import HOUR, HOUSE, Script

IMPORT_ZONES = tuple(
    Series(HOUSE.id, Quantity.GRID_IMPORT, zone)
    for zone in (Channel.ZONE1, Channel.ZONE2)
)
EXPORT_ZONES = tuple(
    Series(HOUSE.id, Quantity.GRID_EXPORT, zone)
    for zone in (Channel.ZONE1, Channel.ZONE2)
)
BALANCED_IMPORT = Series(HOUSE.id, Quantity.BALANCED_IMPORT)
BALANCED_EXPORT = Series(HOUSE.id, Quantity.BALANCED_EXPORT)
COST = Series(HOUSE.id, Quantity.IMPORT_COST)
COMPENSATION = Series(HOUSE.id, Quantity.EXPORT_COMPENSATION)

PRICES = {"zone1": 1.0, "zone2": 0.6}
EXPORT_PRICES = {"zone1": 0.4, "zone2": 0.2}

type Energies = Mapping[Series, Mapping[datetime, float]]


def prosumers(script: Script) -> Vendor:
    """Return the vendor of a script, with a currency and billing by balance."""
    return replace(script.vendor(), balanced=True, currency="PLN")


def stored(
    day: date,
    *,
    imports: Mapping[str, float] = PRICES,
    exports: Mapping[str, float] = EXPORT_PRICES,
    meter: str = HOUSE.id,
) -> dict[str, Any]:
    """Return prices as an entry's options hold them."""
    return {
        "meter": meter,
        "valid_from": day.isoformat(),
        "import": dict(imports),
        "export": dict(exports),
    }


def know_zones(script: Script, first: datetime, hours: int) -> None:
    """Let the vendor know both directions, with a zone for nights and one for days."""
    for zones, pattern in (
        (IMPORT_ZONES, energies(hours)),
        (EXPORT_ZONES, energies(hours + 7)[7:]),
    ):
        for number, energy in enumerate(pattern):
            hour = first + number * HOUR
            day = 6 <= hour.hour < 21
            for series, holds in zip(zones, (day, not day), strict=True):
                script.know(series, hour, energy if holds else 0.0)


def netted(truth: Energies, exported: bool) -> dict[Series, dict[datetime, float]]:
    """Return what is left of a direction in each hour and zone that both have."""
    left = {}
    for imports, exports in zip(IMPORT_ZONES, EXPORT_ZONES, strict=True):
        sign = -1 if exported else 1
        left[exports if exported else imports] = {
            hour: max(sign * (truth[imports][hour] - truth[exports][hour]), 0.0)
            for hour in truth[imports].keys() & truth[exports].keys()
        }
    return left


async def assert_follows(
    hass: HomeAssistant, truth: Energies, prices: Mapping[str, float] = PRICES
) -> None:
    """Compare all that follows from import and export with what it must be."""
    for total, zones in (
        (BALANCED_IMPORT, netted(truth, exported=False)),
        (BALANCED_EXPORT, netted(truth, exported=True)),
    ):
        hours = set.intersection(*(set(each) for each in zones.values()))
        assert hours
        for source, left in zones.items():
            target = replace(total, channel=source.channel)
            assert_same(await async_rows(hass, target), left)
        assert_same(
            await async_rows(hass, total),
            {hour: sum(left[hour] for left in zones.values()) for hour in hours},
        )
    for money, exported, costs in (
        (COST, False, prices),
        (COMPENSATION, True, EXPORT_PRICES),
    ):
        zones = netted(truth, exported=exported)
        hours = set.intersection(*(set(each) for each in zones.values()))
        assert_same(
            await async_rows(hass, money),
            {
                hour: sum(
                    left[hour] * costs[source.channel] for source, left in zones.items()
                )
                for hour in hours
            },
        )
