"""Proves that Home Assistant holds exactly what the simulated vendors published."""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
import re
from time import monotonic
from typing import Any
from zoneinfo import ZoneInfo

from tests.simulator import ExpectedHour, Row, Simulator, Verdict, check

from .home import Home

EXTERNAL = "meter_hub:"
UNKNOWN = ("unavailable", "unknown")
HOME_ZONE = ZoneInfo("Europe/Warsaw")
COMPILE_SECONDS = 330
LONG_AGO = "2000-01-01T00:00:00+00:00"


@dataclass(slots=True)
class VendorProof:
    """What was found of one vendor; `missing` and `extra` count hours."""

    meters: int = 0
    entities: int = 0
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
    dashboard: dict[str, Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return the numbers for a machine to read."""
        return {
            "vendors": {key: asdict(proof) for key, proof in self.vendors.items()},
            "dashboard": self.dashboard,
        }


async def prove(home: Home, simulator: Simulator, vendors: list[str]) -> Proof:
    """Compare entities, statistics and the Energy dashboard with the truth."""
    proof = Proof()
    for vendor in vendors:
        await _prove_vendor(home, simulator, vendor, proof)
    await _prove_dashboard(home, simulator, proof)
    return proof


def statistic_id(vendor: str, meter: str, quantity: str, channel: str) -> str:
    """Return the id of a series as the documentation states it."""
    words = f"{vendor}_{meter}_{quantity}" + (
        "" if channel == "total" else f"_{channel}"
    )
    return EXTERNAL + re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")


async def series_verdicts(
    home: Home, simulator: Simulator, vendor: str
) -> dict[str, Verdict]:
    """Compare every published series of a vendor; a series nobody published is extra."""
    expected = {
        statistic_id(vendor, meter, quantity, channel): hours
        for meter in simulator.vendor(vendor).meter_ids
        for (quantity, channel), hours in simulator.truth(vendor, meter).items()
    }
    present = {
        item["statistic_id"]
        for item in await home.ask("recorder/list_statistic_ids")
        if item["statistic_id"].startswith(f"{EXTERNAL}{vendor}_")
    }
    rows = await _rows(home, sorted(present | set(expected)))
    nothing: Mapping[datetime, ExpectedHour] = {}
    return {
        series: check(rows.get(series, ()), expected.get(series, nothing))
        for series in sorted(present | set(expected))
    }


async def imported_hours(home: Home) -> int:
    """Return how many rows Meter Hub has written so far, of all vendors."""
    series = [
        item["statistic_id"]
        for item in await home.ask("recorder/list_statistic_ids")
        if item["statistic_id"].startswith(EXTERNAL)
    ]
    return sum(len(rows) for rows in (await _rows(home, series)).values())


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
    """Each meter has an import register, and no enabled entity is without a value."""
    states = {state["entity_id"]: state for state in await home.ask("get_states")}
    registry = [
        entry
        for entry in await home.ask("config/entity_registry/list")
        if entry["platform"] == "meter_hub" and entry["disabled_by"] is None
    ]
    mine = [entry for entry in registry if entry["unique_id"].startswith(f"{vendor}_")]
    proof.vendors[vendor].entities = len(mine)
    for entry in mine:
        state = states.get(entry["entity_id"])
        if state is None or state["state"] in UNKNOWN:
            proof.problems.append(f"{entry['entity_id']} has no value")
    unique_ids = {entry["unique_id"]: entry["entity_id"] for entry in mine}
    for meter in simulator.vendor(vendor).meter_ids:
        if (entity := unique_ids.get(f"{vendor}_{meter}_grid_import")) is None:
            proof.problems.append(f"{vendor}: meter {meter} has no import register")
        elif float(states[entity]["state"]) <= 0:
            proof.problems.append(f"{entity} has counted nothing")


async def _prove_dashboard(home: Home, simulator: Simulator, proof: Proof) -> None:
    """Each flow has one source, all are valid, and yesterday equals the houses' truth."""
    sources = (await home.preferences())["energy_sources"]
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
    errors = await _day_errors(home, simulator, statistics, list(proof.vendors))
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


async def _rows(home: Home, series: list[str]) -> dict[str, list[Row]]:
    if not series:
        return {}
    answer = await home.ask(
        "recorder/statistics_during_period",
        start_time=LONG_AGO,
        statistic_ids=series,
        period="hour",
        types=["state", "sum"],
    )
    return {
        key: [
            Row(
                datetime.fromtimestamp(row["start"] / 1000, UTC),
                row["state"],
                row["sum"],
            )
            for row in rows
        ]
        for key, rows in answer.items()
    }
