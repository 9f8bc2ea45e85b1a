"""What the recorder holds of a series, beside the truth."""

from collections.abc import Mapping
from datetime import UTC, datetime

from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import get_instance
import pytest

from custom_components.meter_hub.metering.model import Series
from custom_components.meter_hub.statistic_names import statistic_id

from .scripted import IMPORT

type Rows = dict[datetime, tuple[float, float]]


async def async_rows(hass: HomeAssistant, series: Series = IMPORT) -> Rows:
    """Return the rows of a series: each hour's own energy, and the running sum."""
    statistic = statistic_id("scripted", series)
    found = await get_instance(hass).async_add_executor_job(
        lambda: statistics_during_period(
            hass,
            datetime(2000, 1, 1, tzinfo=UTC),
            None,
            {statistic},
            "hour",
            None,
            {"state", "sum"},
        )
    )
    return {
        datetime.fromtimestamp(row["start"], UTC): (row["state"] or 0, row["sum"] or 0)
        for row in found.get(statistic, [])
    }


def rows_of(truth: Mapping[datetime, float]) -> Rows:
    """Return the rows of a series that was never disturbed."""
    total = 0.0
    rows = {}
    for hour, energy in sorted(truth.items()):
        total += energy
        rows[hour] = energy, total
    return rows


def assert_same(rows: Rows, truth: Mapping[datetime, float]) -> None:
    """Compare rows with those of an undisturbed series."""
    expected = rows_of(truth)
    assert sorted(rows) == sorted(expected)
    for hour, values in expected.items():
        assert rows[hour] == pytest.approx(values, abs=1e-6), hour
