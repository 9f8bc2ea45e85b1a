"""One account in a real Home Assistant, asking a simulated vendor for what goes wrong."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
import logging
from threading import Event
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder.statistics import (
    list_statistic_ids,
    statistics_during_period,
)
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import (
    Event as HomeAssistantEvent,
    EventStateChangedData,
    HomeAssistant,
)
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.recorder import get_instance
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.meter_hub.const import CONF_EXCLUDED_METERS, DOMAIN
from custom_components.meter_hub.coordinator import MeterHubCoordinator
from tests.e2e.published import statistic_id
from tests.simulator import Call, Fault, FaultKind, Row, Simulator, Verdict, check
from tests.simulator.envoy_local import EnvoyLocalApi
from tests.simulator.envoy_local.expected import registers

from .matrix_cases import VendorCase

type OpenAccount = Callable[..., Awaitable[Account]]

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)

RECENTLY = timedelta(minutes=6)
"""In which a vendor without history is asked at least once."""

NO_ENERGY = "no energy at all"
"""What the check says of rows that are all zero."""

ALL_ASKED = timedelta(minutes=20)
"""So long after a full hour each vendor has been asked what is new."""


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
    entry: ConfigEntry
    changes: list[HomeAssistantEvent[EventStateChangedData]]
    """What all entities have shown."""

    @property
    def coordinator(self) -> MeterHubCoordinator:
        """The coordinator of the entry as it is loaded now."""
        coordinator: MeterHubCoordinator = self.entry.runtime_data
        return coordinator

    @property
    def meters(self) -> tuple[str, ...]:
        """The vendor's ids of the meters that are watched."""
        return self.case.meters or self.simulator.vendor(self.case.key).meter_ids

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
        """Wait for all that is being done; what waits for time to pass, gets it."""
        settled = asyncio.ensure_future(
            self.hass.async_block_till_done(wait_background_tasks=True)
        )
        while not settled.done():
            patience, leap = self._patience()
            # The loop's own clock stands still as all others do.
            over = Event()
            waited = asyncio.ensure_future(asyncio.to_thread(over.wait, patience))
            await asyncio.wait({settled, waited}, return_when=asyncio.FIRST_COMPLETED)
            over.set()
            if not settled.done():
                self.freezer.tick(leap)
                async_fire_time_changed(self.hass)
        await settled

    def _patience(self) -> tuple[float, int]:
        """Return after how long somebody is thought to wait, and for how many seconds."""
        troubles = [*self.simulator.active.values()]
        waits = [each for each in troubles if each.kind is FaultKind.TIMEOUT]
        if any(isinstance(each, Fault) and each.path == "*" for each in waits):
            return 0.01, 10
        if waits:
            return 0.03, 5
        if any(each.kind is FaultKind.DROP for each in troubles):
            return 0.05, 1
        return 0.2, 1

    async def async_verdicts(self) -> dict[str, Verdict]:
        """Compare each series with what is published; one nobody published is extra."""
        left_out = self.entry.options[CONF_EXCLUDED_METERS]
        expected = {
            statistic_id(self.case.key, meter, quantity, channel): hours
            for meter in self.simulator.vendor(self.case.key).meter_ids
            if meter not in left_out
            for (quantity, channel), hours in (
                self.simulator.truth(self.case.key, meter)
                | self.simulator.vendor(self.case.key).derived(meter)
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
        """Return what is wrong with the statistics, by series.

        Of a vendor without history, what is wrong with the registers.
        """
        api = self.simulator.vendor(self.case.key)
        if isinstance(api, EnvoyLocalApi):
            return self._live_problems(api)
        verdicts = await self.async_verdicts()
        assert verdicts, "the vendor has published nothing"
        zero = self._known_to_be_zero()
        return {
            series: verdict.problems()
            for series, verdict in verdicts.items()
            if not verdict.ok
            and not (series in zero and verdict.problems() == NO_ENERGY)
        }

    def _known_to_be_zero(self) -> set[str]:
        """Return what follows from others and is nothing, as of export in November."""
        return {
            statistic_id(self.case.key, meter, quantity, channel)
            for meter in self.meters
            for (quantity, channel), hours in self.simulator.vendor(self.case.key)
            .derived(meter)
            .items()
            if hours and not any(hour.kwh for hour in hours.values())
        }

    def _live_problems(self, api: EnvoyLocalApi) -> dict[str, str]:
        """Return the registers that don't show what they did at the last poll."""
        now = dt_util.utcnow()
        least, most = (
            registers(api.gateway.at(instant)) for instant in (now - RECENTLY, now)
        )
        shown = {
            quantity: self._state(api.meter_ids[0], quantity)
            for quantity, channel in most
            if channel == "total"
        }
        return {
            quantity: state
            for quantity, state in shown.items()
            if state in (STATE_UNAVAILABLE, STATE_UNKNOWN)
            or not least[quantity, "total"] <= float(state) <= most[quantity, "total"]
        }

    async def async_heal(self, within: timedelta) -> None:
        """Let time pass until nothing is missing or wrong; raises when it takes longer.

        Looks when each vendor has been asked for the hour that has just ended.
        """
        end = dt_util.utcnow() + within
        to_the_hour = (LONG_AGO - dt_util.utcnow()) % HOUR
        await self.async_pass(to_the_hour + ALL_ASKED)
        while (problems := await self.async_problems()) and dt_util.utcnow() < end:
            await self.async_pass(HOUR)
        assert problems == {}, problems

    def with_children(self, meter: str) -> set[str]:
        """Return what series of a meter, and of those that hang on it, are called by."""
        return {
            each.id.replace("-", "_")
            for each in self.coordinator.memory.meters.values()
            if meter in (each.id, each.parent)
        }

    def calls_since(self, since: datetime) -> list[Call]:
        """Return the calls that the vendor got."""
        return [
            call for call in self.simulator.calls(self.case.key) if call.at >= since
        ]

    def import_state(self, meter: str) -> str:
        """Return the state of the import register of a meter."""
        return self._state(meter, "grid_import")

    def _state(self, meter: str, quantity: str) -> str:
        entity_id = self._find_entity(meter, quantity)
        assert entity_id is not None
        state = self.hass.states.get(entity_id)
        assert state is not None
        return state.state

    def _find_entity(self, meter: str, quantity: str) -> str | None:
        return er.async_get(self.hass).async_get_entity_id(
            "sensor", DOMAIN, f"{self.case.key}_{meter}_{quantity}"
        )

    def available(self) -> list[bool]:
        """Tell of each meter whether its import register is available."""
        return [self.import_state(meter) != STATE_UNAVAILABLE for meter in self.meters]

    def imports_shown(self) -> dict[str, list[float]]:
        """Return the numbers that the import register of each meter has shown."""
        return self._shown("grid_import")

    def last_moves(self) -> dict[str, float]:
        """Return what each meter has shown last of what grows with each poll."""
        last = dict.fromkeys(self.meters, 0.0)
        for quantity in self.case.moving:
            for meter, numbers in self._shown(quantity).items():
                last[meter] += numbers[-1] if numbers else 0.0
        return last

    def _shown(self, quantity: str) -> dict[str, list[float]]:
        ids = {
            entity_id: meter
            for meter in self.meters
            if (entity_id := self._find_entity(meter, quantity))
        }
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
