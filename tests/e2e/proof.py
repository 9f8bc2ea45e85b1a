"""Proves that Home Assistant holds exactly what the simulated vendors published."""

import asyncio
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any
from zoneinfo import ZoneInfo

from tests.simulator import Simulator
from tests.simulator.envoy_local import EnvoyLocalApi

from .agreement import prove_agreement
from .entities import POLL_SECONDS, enabled_entities, prove_live, shown_states
from .home import Home
from .published import EXTERNAL, measures_grid, series_verdicts, statistic_id

HOME_ZONE = ZoneInfo("Europe/Warsaw")
COMPILE_SECONDS = 330
FIRST_HOURS = 6
"""Before this hour a vendor may not have told anything of the day yet."""


@dataclass(slots=True)
class VendorProof:
    """What was found of one vendor; `missing` and `extra` count hours, `live` values."""

    meters: int = 0
    entities: int = 0
    live: int = 0
    series: int = 0
    hours: int = 0
    max_error_kwh: float = 0.0
    missing: int = 0
    extra: int = 0
    calls: int = 0


@dataclass(slots=True)
class Proof:
    """The whole result, with a sentence for all that is wrong."""

    vendors: dict[str, VendorProof] = field(default_factory=dict)
    agreement: dict[str, Any] = field(default_factory=dict)
    dashboard: dict[str, Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return the numbers for a machine to read."""
        return {
            "vendors": {key: asdict(proof) for key, proof in self.vendors.items()},
            "agreement": self.agreement,
            "dashboard": self.dashboard,
        }


async def prove(
    home: Home, simulator: Simulator, vendors: Iterable[str], sources: Collection[str]
) -> Proof:
    """Compare entities, statistics and the Energy dashboard with the truth.

    `sources` are the types of all that the dashboard must show.
    """
    proof = Proof()
    for vendor in vendors:
        await _prove_vendor(home, simulator, vendor, proof)
        api = simulator.vendor(vendor)
        if isinstance(api, EnvoyLocalApi):
            live, problems = await prove_live(home, api)
            proof.vendors[vendor].live = live
            proof.problems.extend(problems)
    proof.agreement, problems = await prove_agreement(home, simulator, proof.vendors)
    proof.problems.extend(problems)
    await _prove_dashboard(home, simulator, sources, proof)
    return proof


async def _prove_vendor(
    home: Home, simulator: Simulator, vendor: str, proof: Proof
) -> None:
    found = proof.vendors[vendor] = VendorProof(
        meters=len(simulator.vendor(vendor).meter_ids),
        calls=len(simulator.calls(vendor)),
    )
    for series, verdict in (await series_verdicts(home, simulator, vendor)).items():
        found.series += 1
        found.hours += verdict.hours
        found.max_error_kwh = max(found.max_error_kwh, round(verdict.max_error_kwh, 6))
        found.missing += len(verdict.missing)
        found.extra += len(verdict.extra)
        if not verdict.ok:
            proof.problems.append(f"{series}: {verdict.problems()}")
    await _prove_entities(home, simulator, vendor, proof)


async def _prove_entities(
    home: Home, simulator: Simulator, vendor: str, proof: Proof
) -> None:
    """Grid meters have an import register, and no enabled entity is without a value."""
    states = await shown_states(home)
    mine = await enabled_entities(home, vendor)
    proof.vendors[vendor].entities = len(mine)
    for unique_id, entity in mine.items():
        if "_today" in unique_id and _is_early(simulator, vendor, unique_id):
            continue
        if entity not in states:
            proof.problems.append(f"{entity} has no value")
    for meter in simulator.vendor(vendor).meter_ids:
        if proof.vendors[vendor].series and not measures_grid(simulator, vendor, meter):
            continue
        if (register := mine.get(f"{vendor}_{meter}_grid_import")) is None:
            proof.problems.append(f"{vendor}: meter {meter} has no import register")
        elif float(states.get(register, 0)) <= 0:
            proof.problems.append(f"{register} has counted nothing")


def _is_early(simulator: Simulator, vendor: str, unique_id: str) -> bool:
    """Return whether the day has hardly begun where an entity's meter is."""
    api = simulator.vendor(vendor)
    zones = (
        api.house(meter).timezone
        for meter in api.meter_ids
        if unique_id.startswith(f"{vendor}_{meter}_")
    )
    return datetime.now(next(zones, HOME_ZONE)).hour < FIRST_HOURS


async def _prove_dashboard(
    home: Home, simulator: Simulator, kinds: Collection[str], proof: Proof
) -> None:
    """Each flow has one source, all are valid, and yesterday equals the houses' truth."""
    sources = await _sources(home, kinds)
    types = sorted(source["type"] for source in sources)
    if types != sorted(kinds):
        proof.problems.append(f"The Energy dashboard shows {types}")
    issues = await _dashboard_issues(home)
    if issues:
        proof.problems.append(f"The Energy dashboard is not valid: {issues}")
    statistics = [
        source[key]
        for source in sources
        for key in ("stat_energy_from", "stat_energy_to")
        if source.get(key)
    ]
    if not statistics or len(statistics) != len(set(statistics)):
        proof.problems.append(f"The Energy dashboard has the sources {statistics}")
    history = [each for each in statistics if each.startswith(EXTERNAL)]
    errors = await _day_errors(home, simulator, history, list(proof.vendors))
    # A day's register difference carries the rounding of its two ends.
    proof.problems.extend(
        f"{series} is {error} kWh off yesterday"
        for series, error in errors.items()
        if error > 0.01
    )
    proof.dashboard = {
        "valid": bool(sources) and not issues,
        "sources": len(sources),
        "day_error_kwh": round(max(errors.values(), default=0.0), 6),
    }


async def _sources(home: Home, kinds: Collection[str]) -> list[Any]:
    """Return the dashboard's sources, once there are as many as there shall be.

    One that is made of sensors comes when Home Assistant has compiled their statistics.
    """
    deadline = monotonic() + COMPILE_SECONDS + POLL_SECONDS
    while True:
        sources: list[Any] = (await home.preferences())["energy_sources"]
        if len(sources) >= len(kinds) or monotonic() > deadline:
            return sources
        await asyncio.sleep(2)


async def _dashboard_issues(home: Home) -> list[Any]:
    """Return what the Energy dashboard finds wrong with its sources.

    A sensor has no statistics until Home Assistant compiles them, every 5 minutes.
    """
    deadline = monotonic() + COMPILE_SECONDS
    while True:
        validation = await home.ask("energy/validate")
        issues = [issue for group in validation["energy_sources"] for issue in group]
        new = [issue for issue in issues if issue["type"] == "statistics_not_defined"]
        if not issues or issues != new or monotonic() > deadline:
            return issues
        await asyncio.sleep(2)


async def _day_errors(
    home: Home, simulator: Simulator, statistics: list[str], vendors: list[str]
) -> dict[str, float]:
    """Return by series how far yesterday's bar is from the house's energy, in kWh."""
    today = (
        datetime.now(UTC)
        .astimezone(HOME_ZONE)
        .replace(hour=0, minute=0, second=0, microsecond=0)
    )
    start, end = (today - timedelta(hours=12)).replace(hour=0), today
    truth = {
        statistic_id(vendor, meter, quantity, channel): (
            simulator.vendor(vendor)
            .house(meter)
            .energy(quantity, start.astimezone(UTC), end.astimezone(UTC), channel)
        )
        for vendor in vendors
        for meter in simulator.vendor(vendor).meter_ids
        for quantity, channel in simulator.truth(vendor, meter)
    }
    days = await home.ask(
        "recorder/statistics_during_period",
        start_time=start.isoformat(),
        # As the frontend does: a day that begins at the end would be given as well.
        end_time=(end - timedelta(milliseconds=1)).isoformat(),
        statistic_ids=statistics,
        period="day",
        types=["change"],
    )
    return {
        series: abs(sum(day["change"] for day in days.get(series, ())) - truth[series])
        for series in statistics
    }
