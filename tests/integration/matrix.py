"""One account in a real Home Assistant, asking a simulated vendor for what goes wrong.

A vendor joins the fault matrix with one line in `VENDOR_CASES`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
import logging
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder.statistics import (
    list_statistic_ids,
    statistics_during_period,
)
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.recorder import get_instance
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.meter_hub.const import DOMAIN
from custom_components.meter_hub.coordinator import MeterHubCoordinator
from custom_components.meter_hub.vendors import endpoints
from tests.e2e.proof import statistic_id
from tests.simulator import Call, Row, Simulator, Verdict, check

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorCase:
    """What the matrix needs to know of a vendor, from its own documents."""

    key: str
    endpoint: str
    """The name in `endpoints`, whose URL the simulator's replaces."""
    pace: timedelta
    """The least time between two calls."""
    most_calls: int
    """The most that are decent within an hour in which nothing works."""
    history_path: str
    """The path of history, as a pattern."""
    listing_field: str
    """The field without which an answer can't be read."""
    register_field: str
    """The field of the import register, wherever it occurs."""
    without: frozenset[str] = frozenset()
    """The names of the faults that the vendor can't show."""


VENDOR_CASES = (
    VendorCase(
        key="onemeter",
        endpoint="ONEMETER",
        pace=timedelta(minutes=1),
        most_calls=12,
        history_path="/api/devices/*/readings",
        listing_field="devices",
        register_field="1_8_0",
    ),
)


@dataclass(frozen=True, slots=True)
class Account:
    """An account of a simulated vendor, set up in Home Assistant."""

    hass: HomeAssistant
    freezer: FrozenDateTimeFactory
    caplog: pytest.LogCaptureFixture
    case: VendorCase
    simulator: Simulator
    undisturbed: Simulator
    """The same houses and meters, with nothing that goes wrong."""
    entry: MockConfigEntry

    @property
    def coordinator(self) -> MeterHubCoordinator:
        """The coordinator of the entry as it is loaded now."""
        coordinator: MeterHubCoordinator = self.entry.runtime_data
        return coordinator

    @property
    def meters(self) -> tuple[str, ...]:
        """The vendor's ids of the meters."""
        return self.simulator.vendor(self.case.key).meter_ids

    async def async_pass(self, duration: timedelta) -> None:
        """Let time pass, leaping from one instant at which something is due to the next."""
        end = dt_util.utcnow() + duration
        await self.hass.async_block_till_done(wait_background_tasks=True)
        while (now := dt_util.utcnow()) < end:
            wait = self.coordinator.update_interval or HOUR
            # Home Assistant rounds what it schedules to whole seconds.
            leap = timedelta(seconds=int(wait.total_seconds()) + 1)
            self.freezer.move_to(min(now + leap, end))
            async_fire_time_changed(self.hass)
            await self.hass.async_block_till_done(wait_background_tasks=True)

    async def async_verdicts(self) -> dict[str, Verdict]:
        """Compare each series with what is published; one nobody published is extra."""
        expected = {
            statistic_id(self.case.key, meter, quantity, channel): hours
            for meter in self.meters
            for (quantity, channel), hours in self.simulator.truth(
                self.case.key, meter
            ).items()
        }
        rows = await get_instance(self.hass).async_add_executor_job(
            read_all_rows, self.hass
        )
        return {
            series: check(rows.get(series, ()), expected.get(series, {}))
            for series in sorted(rows.keys() | expected.keys())
        }

    async def async_problems(self) -> dict[str, str]:
        """Return what is wrong with the statistics, by series."""
        verdicts = await self.async_verdicts()
        assert verdicts, "the vendor has published nothing"
        return {
            series: verdict.problems()
            for series, verdict in verdicts.items()
            if not verdict.ok
        }

    def calls_since(self, since: datetime) -> list[Call]:
        """Return the calls that the vendor got."""
        return [call for call in self.simulator.calls(self.case.key) if call.at >= since]

    def import_state(self, meter: str) -> str:
        """Return the state of the import register of a meter."""
        entity_id = er.async_get(self.hass).async_get_entity_id(
            "sensor", DOMAIN, f"{self.case.key}_{meter}_grid_import"
        )
        assert entity_id is not None
        state = self.hass.states.get(entity_id)
        assert state is not None
        return state.state

    def available(self) -> list[bool]:
        """Tell of each meter whether its import register is available."""
        return [self.import_state(meter) != STATE_UNAVAILABLE for meter in self.meters]

    def log(self, level: int = logging.WARNING) -> list[str]:
        """Return what the integration logged, from a level on."""
        return [
            record.getMessage()
            for record in self.caplog.records
            if record.levelno >= level and record.name.startswith("custom_components")
        ]

    def assert_polite(self) -> None:
        """No two calls were closer than the vendor's pace, and no hour had too many."""
        instants = [call.at for call in self.simulator.calls(self.case.key)]
        assert all(later - at >= self.case.pace for at, later in pairwise(instants))
        assert all(
            sum(at <= other < at + HOUR for other in instants) <= self.case.most_calls
            for at in instants
        )


def read_all_rows(hass: HomeAssistant) -> dict[str, list[Row]]:
    """Return all external statistics of the integration, as they are in the database."""
    series: set[str] = {
        each["statistic_id"]
        for each in list_statistic_ids(hass)
        if each["statistic_id"].startswith(f"{DOMAIN}:")
    }
    found: dict[str, list[Any]] = {}
    if series:
        found = {
            **statistics_during_period(
                hass, LONG_AGO, None, series, "hour", None, {"state", "sum"}
            )
        }
    return {
        each: [
            Row(datetime.fromtimestamp(row["start"], UTC), row["state"], row["sum"])
            for row in rows
        ]
        for each, rows in found.items()
    }


def replace_endpoint(
    monkeypatch: pytest.MonkeyPatch, case: VendorCase, simulator: Simulator
) -> None:
    """Have the vendor's host replaced by the simulator, at the vendor's own pace."""
    real: endpoints.Endpoint = getattr(endpoints, case.endpoint)
    monkeypatch.setattr(
        endpoints, case.endpoint, replace(real, url=simulator.url(case.key))
    )


