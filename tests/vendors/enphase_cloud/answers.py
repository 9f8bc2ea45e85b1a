"""Rows and answers for the tests, and the samples of the API's document.

The document lies beside this repository, where it does at all.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
import json
from pathlib import Path
from typing import Any

from homeassistant.util.yaml import load_yaml
import pytest

from custom_components.meter_hub.metering.ledger.hours import hourly
from custom_components.meter_hub.metering.model import Interval, Quality
from custom_components.meter_hub.vendors.enphase_cloud.telemetry import Row

DOCUMENT = Path(__file__).parents[4] / "shared" / "specs" / "enphase_cloud.openapi.yaml"
documented = pytest.mark.skipif(not DOCUMENT.exists(), reason="it is not there")

HOUR = timedelta(hours=1)
QUARTER = timedelta(minutes=15)


def at(text: str) -> datetime:
    """Return an instant of ISO 8601, in UTC where it doesn't say."""
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def rows(
    start: datetime,
    energies: Sequence[float | None],
    *,
    step: timedelta = QUARTER,
    final: bool = True,
) -> tuple[Row, ...]:
    """Return rows that follow one another, with their kWh."""
    return tuple(
        Row(start + number * step, start + (number + 1) * step, energy, final)
        for number, energy in enumerate(energies)
    )


def hours_of(intervals: Sequence[Interval]) -> dict[datetime, tuple[float, Quality]]:
    """Return the hours that are written, with their kWh and quality."""
    return {
        hour: (each.energy, each.quality)
        for hour, each in hourly(intervals).items()
        if each.energy is not None
    }


@cache
def _document() -> Any:
    return load_yaml(str(DOCUMENT))


def sample(path: str, method: str = "get") -> dict[str, Any]:
    """Return what the document shows as the answer to a call, as JSON gives it."""
    operation = _document()["paths"][f"/api/v4/systems{path}"][method]
    (content,) = operation["responses"]["200"]["content"].values()
    example = content.get("example") or content["examples"]["response"]["value"]
    return _as_json(example)


def schema_sample(schema: str, key: str) -> dict[str, Any]:
    """Return an answer with what the document shows under one key of a schema."""
    properties = _document()["components"]["schemas"][schema]["properties"]
    shown = {
        name: each["example"] for name, each in properties.items() if "example" in each
    }
    assert key in shown
    return _as_json(shown)


def _as_json(example: Any) -> dict[str, Any]:
    def write(value: object) -> str:
        assert isinstance(value, date)
        return value.isoformat()

    answer: dict[str, Any] = json.loads(json.dumps(example, default=write))
    return answer
