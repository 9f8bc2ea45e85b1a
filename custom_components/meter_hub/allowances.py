"""The allowances of all who own a quota, in one store.

The store holds no credential: an owner goes by a hash.
"""

from collections.abc import Mapping
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


class _Allowances:
    """What was spent by whom, and the store of it."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Begin with nothing; `async_load` remembers."""
        self._hass = hass
        self._store = make_store(hass, "allowances")
        self._budgets: JsonObject = {}
        self._allowances: dict[str, tuple[Vendor, Allowance]] = {}

    async def async_load(self) -> None:
        """Read the store."""
        stored = await async_load_store(self._store)
        self._budgets = dict(stored) if isinstance(stored, dict) else {}

    def of(
        self, vendor: Vendor, credentials: Mapping[str, Any], besides: str | None
    ) -> Allowance:
        """Return the one allowance of the owner of these credentials."""
        owner = _owner(vendor, credentials)
        others = self._sharers(vendor, owner, besides=besides)
        limits = Limits.strictest(map(vendor.limits, [credentials, *others]))
        if owner in self._allowances:
            _, allowance = self._allowances[owner]
        else:

            async def save(budget: Budget) -> None:
                await self._async_save(owner, budget)

            budget = Budget.from_json(limits, self._budgets.get(owner))
            allowance = Allowance(budget, dt_util.utcnow, save)
            self._allowances[owner] = vendor, allowance
        allowance.follow(limits, max(1, len(self._sharers(vendor, owner))))
        return allowance

    @callback
    def async_follow_entries(self, _: ConfigEntryChange, entry: ConfigEntry) -> None:
        """Apply what the entries say, now that one came, went or changed."""
        if entry.domain != DOMAIN:
            return
        for owner, (vendor, allowance) in self._allowances.items():
            if sharers := self._sharers(vendor, owner):
                limits = Limits.strictest(map(vendor.limits, sharers))
                allowance.follow(limits, len(sharers))

    def _sharers(
        self, vendor: Vendor, owner: str, *, besides: str | None = None
    ) -> list[Mapping[str, Any]]:
        """Return the credentials of the entries that spend what an owner has."""
        return [
            entry.data[CONF_CREDENTIALS]
            for entry in entries_of(self._hass, vendor, besides=besides)
            if entry.disabled_by is None
            and _owner(vendor, entry.data[CONF_CREDENTIALS]) == owner
        ]

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
    *,
    besides: str | None = None,
) -> Allowance:
    """Return the one allowance of all who use these credentials.

    Each call that bears on those after a restart is on disk before it is made. Of the
    limits that the entries with these credentials name, the strictest count; `besides`
    is the id of the entry that the credentials are to replace those of.
    """
    return (await _async_allowances(hass)).of(vendor, credentials, besides)
