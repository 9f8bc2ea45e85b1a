"""Whether vendors that watch one house tell the same of it."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from tests.simulator import Simulator

from .home import Home
from .published import measures_grid, rows_of, statistic_id

MOST_SPREAD = 0.022
"""kWh by which two vendors' net energy of an hour may differ: two directions of the
coarser one's resolution, and of the finer one's."""

SETTLED = timedelta(hours=2)
"""An hour that began so long ago is no estimate any more."""


async def prove_agreement(
    home: Home, simulator: Simulator, vendors: Collection[str]
) -> tuple[dict[str, Any], list[str]]:
    """Compare the net energy of each hour that several vendors have seen.

    Returns what was found of each house, and what is wrong.
    """
    found: dict[str, Any] = {}
    problems: list[str] = []
    for number, house in enumerate(simulator.houses, 1):
        seen: dict[datetime, list[float]] = {}
        witnesses = [
            (vendor, meter)
            for vendor in vendors
            for meter in simulator.vendor(vendor).meter_ids
            if simulator.vendor(vendor).house(meter) is house
            and measures_grid(simulator, vendor, meter)
        ]
        for vendor, meter in witnesses:
            for hour, net in (
                await _net_energy(home, simulator, vendor, meter)
            ).items():
                seen.setdefault(hour, []).append(net)
        spreads = [max(nets) - min(nets) for nets in seen.values() if len(nets) > 1]
        found[f"house {number}"] = {
            "hours": len(spreads),
            "max_spread_kwh": round(max(spreads, default=0.0), 6),
        }
        if not spreads:
            problems.append(f"House {number}: no hour was seen by two vendors")
        # Each hour is off by a resolution at most, in each direction.
        if max(spreads, default=0.0) > MOST_SPREAD:
            problems.append(f"House {number}: the vendors disagree")
    return found, problems


async def _net_energy(
    home: Home, simulator: Simulator, vendor: str, meter: str
) -> dict[datetime, float]:
    """Return import less export of the hours of which both are written.

    Without the first one, of which vendors may know different parts, and the newest
    ones, while a vendor calls them estimates.
    """
    published = {
        quantity: hours
        for (quantity, channel), hours in simulator.truth(vendor, meter).items()
        if channel == "total"
    }
    ids = {
        quantity: statistic_id(vendor, meter, quantity, "total")
        for quantity in published
    }
    settled = simulator.clock() - SETTLED
    estimated = {
        hour
        for hours in published.values()
        for hour, expected in hours.items()
        if expected.estimated and hour > settled
    }
    rows = await rows_of(home, sorted(ids.values()))
    imported, exported = (
        {row.start: row.state for row in rows.get(ids.get(quantity, ""), ())}
        for quantity in ("grid_import", "grid_export")
    )
    first = min(imported, default=None)
    return {
        hour: energy - exported.get(hour, 0.0)
        for hour, energy in imported.items()
        if hour != first
        and hour not in estimated
        and ("grid_export" not in ids or hour in exported)
    }
