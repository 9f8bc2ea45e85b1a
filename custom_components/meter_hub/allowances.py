"""The allowances of all who own a quota, in one store.

The store holds no credential: an owner goes by a hash.
"""

from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers.singleton import singleton
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN
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
        self._store = make_store(hass, "allowances")
        self._budgets: JsonObject = {}
        self._allowances: dict[str, Allowance] = {}

    async def async_load(self) -> None:
        """Read the store."""
        stored = await async_load_store(self._store)
        self._budgets = dict(stored) if isinstance(stored, dict) else {}

    def of(self, vendor: Vendor, credentials: Mapping[str, Any]) -> Allowance:
        """Return the one allowance of the owner of these credentials."""
        owner = sha256(
            f"{vendor.key}\n{vendor.quota_owner(credentials)}".encode()
        ).hexdigest()

        async def save(budget: Budget) -> None:
            await self._async_save(owner, budget)

        if owner not in self._allowances:
            budget = Budget.from_json(vendor.limits(), self._budgets.get(owner))
            self._allowances[owner] = Allowance(budget, dt_util.utcnow, save)
        return self._allowances[owner]

    async def _async_save(self, owner: str, budget: Budget) -> None:
        """Save a budget, and no other one that bears on nothing any more."""
        now = dt_util.utcnow()
        self._budgets = {
            each: stored
            for each, stored in self._budgets.items()
            if Budget.from_json(_UNLIMITED, stored).matters(now)
        } | {owner: budget.to_json()}
        await self._store.async_save(self._budgets)


@singleton(HassKey[_Allowances](f"{DOMAIN}_allowances"), async_=True)
async def _async_allowances(hass: HomeAssistant) -> _Allowances:
    allowances = _Allowances(hass)
    await allowances.async_load()
    return allowances


async def async_get_allowance(
    hass: HomeAssistant, vendor: Vendor, credentials: Mapping[str, Any]
) -> Allowance:
    """Return the one allowance of all who use these credentials.

    Each call that bears on those after a restart is on disk before it is made.
    """
    return (await _async_allowances(hass)).of(vendor, credentials)
