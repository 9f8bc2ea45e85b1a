"""One account in a real Home Assistant, asking a simulated vendor for what goes wrong.

A vendor joins the fault matrix with one line in `VENDOR_CASES`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
import logging
from time import sleep
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder.statistics import (
    list_statistic_ids,
    statistics_during_period,
)
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import Event, EventStateChangedData, HomeAssistant
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
from tests.e2e.proof import statistic_id
from tests.simulator import Call, Fault, FaultKind, Row, Simulator, Verdict, check

type OpenAccount = Callable[..., Awaitable[Account]]

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
    """The most within any hour, for the two meters together."""
    history_path: str
    """The path of history, as a pattern."""
    fields: Mapping[str, str]
    """Where answers hold the list of meters, the import register, and its date."""
    without: frozenset[str] = frozenset()
    """The names of what can't go wrong with the vendor."""

    def aimed(self, fault: Fault, **more: Any) -> Fault:
        """Return a fault with this vendor's name, and its own words for fields."""
        fields = tuple(self.fields[name] for name in fault.fields)
        return replace(fault, vendor=self.key, fields=fields, **more)


VENDOR_CASES = (
    VendorCase(
        key="onemeter",
        endpoint="ONEMETER",
        pace=timedelta(minutes=1),
        most_calls=16,
        history_path="/api/devices/*/readings",
        fields={"list": "devices", "register": "1_8_0", "date": "date"},
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
    changes: list[Event[EventStateChangedData]]
    """What all entities have shown."""

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
        await self._async_settle()
        while (now := dt_util.utcnow()) < end:
            wait = self.coordinator.update_interval or HOUR
            # Home Assistant rounds what it schedules to whole seconds.
            leap = timedelta(seconds=int(wait.total_seconds()) + 1)
            self.freezer.move_to(min(now + leap, end))
            async_fire_time_changed(self.hass)
            await self._async_settle()

    async def _async_settle(self) -> None:
        """Wait for all that is being done; who waits in vain, waits until time is up."""
        settled = asyncio.ensure_future(
            self.hass.async_block_till_done(wait_background_tasks=True)
        )
        while self._is_kept_waiting() and not settled.done():
            # The loop's own clock stands still as all others do.
            await asyncio.to_thread(sleep, 0.01)
            if not settled.done():
                self.freezer.tick(10)
                async_fire_time_changed(self.hass)
        await settled

    def _is_kept_waiting(self) -> bool:
        return any(
            isinstance(trouble, Fault) and trouble.kind is FaultKind.TIMEOUT
            for trouble in self.simulator.active.values()
        )

    async def async_verdicts(self) -> dict[str, Verdict]:
        """Compare each series with what is published; one nobody published is extra."""
        expected = {
            statistic_id(self.case.key, meter, quantity, channel): hours
            for meter in self.meters
            for (quantity, channel), hours in self.simulator.truth(
                self.case.key, meter
            ).items()
        }
        rows = await self.async_rows()
        return {
            series: check(rows.get(series, ()), expected.get(series, {}))
            for series in sorted(rows.keys() | expected.keys())
        }

    async def async_rows(self) -> dict[str, list[Row]]:
        """Return all statistics of the integration, as they are in the database."""
        return await get_instance(self.hass).async_add_executor_job(
            _read_all_rows, self.hass
        )

    def is_distorted(self) -> bool:
        """Tell whether other hours are published than without a distortion."""
        return any(
            self.simulator.truth(self.case.key, meter)
            != self.undisturbed.truth(self.case.key, meter)
            for meter in self.meters
        )

    async def async_problems(self) -> dict[str, str]:
        """Return what is wrong with the statistics, by series."""
        verdicts = await self.async_verdicts()
        assert verdicts, "the vendor has published nothing"
        return {
            series: verdict.problems()
            for series, verdict in verdicts.items()
            if not verdict.ok
        }

    async def async_heal(self, within: timedelta) -> None:
        """Let time pass until nothing is missing or wrong; raises when it takes longer."""
        end = dt_util.utcnow() + within
        while (problems := await self.async_problems()) and dt_util.utcnow() < end:
            await self.async_pass(HOUR)
        assert problems == {}, problems

    def calls_since(self, since: datetime) -> list[Call]:
        """Return the calls that the vendor got."""
        return [
            call for call in self.simulator.calls(self.case.key) if call.at >= since
        ]

    def import_state(self, meter: str) -> str:
        """Return the state of the import register of a meter."""
        state = self.hass.states.get(self._import_id(meter))
        assert state is not None
        return state.state

    def _import_id(self, meter: str) -> str:
        entity_id = er.async_get(self.hass).async_get_entity_id(
            "sensor", DOMAIN, f"{self.case.key}_{meter}_grid_import"
        )
        assert entity_id is not None
        return entity_id

    def available(self) -> list[bool]:
        """Tell of each meter whether its import register is available."""
        return [self.import_state(meter) != STATE_UNAVAILABLE for meter in self.meters]

    def imports_shown(self) -> dict[str, list[float]]:
        """Return the numbers that the import register of each meter has shown."""
        ids = {self._import_id(meter): meter for meter in self.meters}
        shown: dict[str, list[float]] = {meter: [] for meter in self.meters}
        for event in self.changes:
            state = event.data["new_state"]
            if (
                state is not None
                and (meter := ids.get(state.entity_id))
                and state.state not in (STATE_UNAVAILABLE, STATE_UNKNOWN)
            ):
                shown[meter].append(float(state.state))
        return shown

    def levels(self) -> list[int]:
        """Return how loud the integration was, from what is worth noting on."""
        return [
            record.levelno
            for record in self.caplog.records
            if record.levelno >= logging.INFO
            and record.name.startswith("custom_components")
        ]

    def pestering(self) -> list[datetime]:
        """Return the calls that came too soon, or with which an hour had too many."""
        instants = [call.at for call in self.simulator.calls(self.case.key)]
        return [
            later
            for at, later in pairwise(instants)
            if later - at < self.case.pace
            or sum(later - HOUR < other <= later for other in instants)
            > self.case.most_calls
        ]


def _read_all_rows(hass: HomeAssistant) -> dict[str, list[Row]]:
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
