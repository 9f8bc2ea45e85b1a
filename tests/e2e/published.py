"""The hours that simulated vendors published, and those that Home Assistant holds."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
import re

from tests.simulator import ExpectedHour, Row, Simulator, Verdict, check

from .home import Home

EXTERNAL = "meter_hub:"
LONG_AGO = "2000-01-01T00:00:00+00:00"


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
    expected = _expected(simulator, vendor)
    present = {
        item["statistic_id"]
        for item in await home.ask("recorder/list_statistic_ids")
        if item["statistic_id"].startswith(f"{EXTERNAL}{vendor}_")
    }
    rows = await rows_of(home, sorted(present | set(expected)))
    nothing: Mapping[datetime, ExpectedHour] = {}
    return {
        series: check(rows.get(series, ()), expected.get(series, nothing))
        for series in sorted(present | set(expected))
    }


async def unfinished(
    home: Home, simulator: Simulator, vendors: Iterable[str]
) -> dict[str, str]:
    """Return what is wrong with each series that more calls may put right."""
    return {
        series: verdict.problems()
        for vendor in vendors
        for series, verdict in (await series_verdicts(home, simulator, vendor)).items()
        if verdict.missing or verdict.wrong
    }


def published_hours(simulator: Simulator, vendors: Iterable[str]) -> int:
    """Return how many rows follow from what the vendors have published."""
    return sum(
        len(hours)
        for vendor in vendors
        for hours in _expected(simulator, vendor).values()
    )


def _expected(
    simulator: Simulator, vendor: str
) -> dict[str, Mapping[datetime, ExpectedHour]]:
    """Return the rows that each statistic of a vendor must have."""
    api = simulator.vendor(vendor)
    return {
        statistic_id(vendor, meter, quantity, channel): hours
        for meter in api.meter_ids
        for (quantity, channel), hours in (
            simulator.truth(vendor, meter) | api.derived(meter)
        ).items()
    }


async def imported_hours(home: Home) -> int:
    """Return how many rows Meter Hub has written so far, of all vendors."""
    series = [
        item["statistic_id"]
        for item in await home.ask("recorder/list_statistic_ids")
        if item["statistic_id"].startswith(EXTERNAL)
    ]
    return sum(len(rows) for rows in (await rows_of(home, series)).values())


def measures_grid(simulator: Simulator, vendor: str, meter: str) -> bool:
    """Tell whether a vendor has hours of what the meter's house takes from the grid."""
    return ("grid_import", "total") in simulator.truth(vendor, meter)


async def rows_of(home: Home, series: list[str]) -> dict[str, list[Row]]:
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
