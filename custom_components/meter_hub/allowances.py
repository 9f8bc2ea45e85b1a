"""The allowances of all who own a quota, in one store.

The store holds no credential: an owner goes by a hash.
"""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any

from homeassistant.config_entries import (
    SIGNAL_CONFIG_ENTRY_CHANGED,
    ConfigEntry,
    ConfigEntryChange,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.singleton import singleton
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from .accounts import entries_of
from .const import CONF_CREDENTIALS, DOMAIN
from .metering.budget import Budget, Limits
from .storage import async_load_store, make_store
from .vendors.allowance import Allowance
from .vendors.base import JsonObject, Vendor

_UNLIMITED = Limits(pace=timedelta(0))
"""What bears on a later call is told without the vendor's limits."""


@dataclass(frozen=True, slots=True, eq=False)
class _Trial:
    """Credentials that a person has typed, while nobody knows whether they are right."""

    owner: str
    credentials: Mapping[str, Any]
    replaced: str | None
    """The entry that keeps them instead of its own ones, should they be right."""


class _Allowances:
    """What was spent by whom, and the store of it."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Begin with nothing; `async_load` remembers."""
        self._hass = hass
        self._store = make_store(hass, "allowances")
        self._budgets: JsonObject = {}
        self._allowances: dict[str, tuple[Vendor, Allowance]] = {}
        self._trials: list[_Trial] = []

    async def async_load(self) -> None:
        """Read the store."""
        stored = await async_load_store(self._store)
        self._budgets = dict(stored) if isinstance(stored, dict) else {}

    def of(self, vendor: Vendor, credentials: Mapping[str, Any]) -> Allowance:
        """Return the one allowance of the owner of these credentials."""
        owner = _owner(vendor, credentials)
        if owner not in self._allowances:

            async def save(budget: Budget) -> None:
                await self._async_save(owner, budget)

            limits = vendor.limits(credentials)
            budget = Budget.from_json(limits, self._budgets.get(owner))
            self._allowances[owner] = vendor, Allowance(budget, dt_util.utcnow, save)
        self._follow(owner)
        _, allowance = self._allowances[owner]
        return allowance

    @asynccontextmanager
    async def trial(
        self, vendor: Vendor, credentials: Mapping[str, Any], replaced: str | None
    ) -> AsyncGenerator[None]:
        """Let credentials bear on the limits of their owner meanwhile."""
        allowance = self.of(vendor, credentials)
        before = allowance.budget
        trial = _Trial(_owner(vendor, credentials), credentials, replaced)
        self._trials.append(trial)
        self._follow(trial.owner)
        try:
            yield
        finally:
            during = allowance.budget
            self._trials.remove(trial)
            self._follow(trial.owner)
            if allowance.budget.limits == before.limits:
                # No plan has grown: what the vendor said holds as it did.
                for hold in filter(None, (before.hold, during.hold)):
                    await allowance.hold(hold)

    @callback
    def async_follow_entries(self, _: ConfigEntryChange, entry: ConfigEntry) -> None:
        """Apply what the entries say, now that one came, went or changed."""
        if entry.domain == DOMAIN:
            for owner in self._allowances:
                self._follow(owner)

    def _follow(self, owner: str) -> None:
        """Apply what the entries of an owner say, and what is being tried."""
        vendor, allowance = self._allowances[owner]
        sharers = [
            entry
            for entry in entries_of(self._hass, vendor)
            if entry.disabled_by is None
            and _owner(vendor, entry.data[CONF_CREDENTIALS]) == owner
        ]
        trials = [trial for trial in self._trials if trial.owner == owner]
        replaced = {trial.replaced for trial in trials}
        if bearing := [trial.credentials for trial in trials] + [
            entry.data[CONF_CREDENTIALS]
            for entry in sharers
            if entry.entry_id not in replaced
        ]:
            limits = Limits.strictest(map(vendor.limits, bearing))
            hold = allowance.budget.hold
            allowance.follow(limits, max(1, len(sharers)))
            if allowance.budget.hold != hold:
                self._hass.async_create_task(self._async_save(owner, allowance.budget))

    async def _async_save(self, owner: str, budget: Budget) -> None:
        """Save a budget, and no other one that bears on nothing any more."""
        now = dt_util.utcnow()
        self._budgets = {
            each: stored
            for each, stored in self._budgets.items()
            if Budget.from_json(_UNLIMITED, stored).matters(now)
        } | {owner: budget.to_json()}
        await self._store.async_save(self._budgets)


def _owner(vendor: Vendor, credentials: Mapping[str, Any]) -> str:
    text = f"{vendor.key}\n{vendor.quota_owner(credentials)}"
    return sha256(text.encode()).hexdigest()


@singleton(HassKey[_Allowances](f"{DOMAIN}_allowances"), async_=True)
async def _async_allowances(hass: HomeAssistant) -> _Allowances:
    allowances = _Allowances(hass)
    await allowances.async_load()
    async_dispatcher_connect(
        hass, SIGNAL_CONFIG_ENTRY_CHANGED, allowances.async_follow_entries
    )
    return allowances


async def async_get_allowance(
    hass: HomeAssistant,
    vendor: Vendor,
    credentials: Mapping[str, Any],
) -> Allowance:
    """Return the one allowance of all who use these credentials.

    Each call that bears on those after a restart is on disk before it is made. Of the
    limits that the entries with these credentials name, the strictest count.
    """
    return (await _async_allowances(hass)).of(vendor, credentials)


@asynccontextmanager
async def async_trial(
    hass: HomeAssistant,
    vendor: Vendor,
    credentials: Mapping[str, Any],
    *,
    replaced: str | None,
) -> AsyncGenerator[None]:
    """Judge all who use these credentials by these as well, while they are tried.

    `replaced` is the id of the entry that they are to replace those of, and which is
    judged by them alone: else nobody could leave a plan whose month is used up. What
    a person has typed leaves nothing behind, unless it gets into an entry.
    """
    allowances = await _async_allowances(hass)
    async with allowances.trial(vendor, credentials, replaced):
        yield
