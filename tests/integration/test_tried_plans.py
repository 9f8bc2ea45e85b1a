"""What a person types in a dialog bears on running accounts only once it is stored."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import timedelta
from typing import override

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import SOURCE_RECONFIGURE, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.meter_hub.const import DOMAIN
from custom_components.meter_hub.metering.budget import Limits
from custom_components.meter_hub.vendors.allowance import Allowance
from custom_components.meter_hub.vendors.base import RateLimited, Unavailable
from custom_components.meter_hub.vendors.registry import VENDORS

from .consents import (
    TYPED,
    ConsentBackend,
    ConsentCloud,
    add_client,
    add_entry,
    consent_cloud,
    paste,
    pick,
)
from .dialogs import submit
from .scripted import START

PLANS = {"small": 5, "large": 50}
DECEMBER = START.replace(month=12, day=1, hour=0)


class CountedBackend(ConsentBackend):
    """Makes no call that the plan does not allow."""

    @override
    async def _call(self) -> None:
        if (until := await self._context.allowance.spend()) is not None:
            raise RateLimited("rate_limited", until - dt_util.utcnow())
        await super()._call()


@pytest.fixture
async def cloud(
    hass: HomeAssistant,
    monkeypatch: pytest.MonkeyPatch,
    socket_enabled: None,
    current_request_with_host: None,
    freezer: FrozenDateTimeFactory,
) -> AsyncGenerator[ConsentCloud]:
    """Run the vendor, which counts the calls of a month by the plan."""
    freezer.move_to(START)
    await add_client(hass)
    async with consent_cloud(monkeypatch) as cloud:
        vendor = replace(
            cloud.vendor(),
            limits=lambda typed: Limits(timedelta(0), per_month=PLANS[typed["plan"]]),
            build=lambda context: CountedBackend(cloud, context),
        )
        monkeypatch.setitem(VENDORS, vendor.key, vendor)
        yield cloud


async def load(
    hass: HomeAssistant, cloud: ConsentCloud, plan: str
) -> tuple[MockConfigEntry, Allowance]:
    """Return a running account with a plan, and what it may spend."""
    entry = add_entry(hass, cloud)
    credentials = {**entry.data["credentials"], "plan": plan}
    hass.config_entries.async_update_entry(
        entry, data={**entry.data, "credentials": credentials}
    )
    assert await hass.config_entries.async_setup(entry.entry_id)
    allowance: Allowance = entry.runtime_data.allowance
    return entry, allowance


async def reconfigure(
    hass: HomeAssistant, entry: MockConfigEntry, plan: str
) -> ConfigFlowResult:
    """Type another plan, and keep the consent."""
    form = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_RECONFIGURE, "entry_id": entry.entry_id}
    )
    menu = await submit(hass, form, TYPED | {"plan": plan})
    result = await pick(hass, menu, "keep")
    await hass.async_block_till_done()
    return result


@pytest.mark.parametrize("spent", ["counted by us", "told by the vendor"])
@pytest.mark.parametrize("token", ["good", "ended"])
async def test_plan_that_is_spent_is_left_by_picking_a_larger_one(
    hass: HomeAssistant, cloud: ConsentCloud, spent: str, token: str
) -> None:
    """Also where the token must be renewed for that, which changes the entry."""
    entry, allowance = await load(hass, cloud, "small")
    if spent == "told by the vendor":
        await allowance.hold(DECEMBER)
    else:
        while await allowance.spend() is None:
            pass
    assert allowance.earliest(START) == DECEMBER
    if token == "ended":
        cloud.access.clear()

    result = await reconfigure(hass, entry, "large")

    assert result["reason"] == "reconfigure_successful"
    assert entry.data["credentials"]["plan"] == "large"
    assert allowance.earliest(START) == START
    assert allowance.budget.limits.per_month == PLANS["large"]


@pytest.mark.parametrize(("plan", "typed"), [("large", "small"), ("small", "large")])
async def test_plan_that_is_typed_in_vain_changes_nothing(
    hass: HomeAssistant, cloud: ConsentCloud, plan: str, typed: str
) -> None:
    """A person may close the dialog then."""
    entry, allowance = await load(hass, cloud, plan)
    cloud.failures = [Unavailable("cannot_connect")]

    form = await reconfigure(hass, entry, typed)

    assert form["errors"] == {"base": "cannot_connect"}
    assert entry.data["credentials"]["plan"] == plan
    assert allowance.budget.limits.per_month == PLANS[plan]


async def test_code_for_another_account_does_not_starve_the_one_with_the_key(
    hass: HomeAssistant, cloud: ConsentCloud
) -> None:
    """Neither one that is wrong, nor one of an account that is there already."""
    _, allowance = await load(hass, cloud, "large")

    form = await paste(hass, TYPED | {"plan": "small"}, code="wr0ng")
    assert form["errors"] == {"base": "invalid_code"}
    assert allowance.budget.limits.per_month == PLANS["large"]

    cloud.codes.add("c0de")
    result = await submit(hass, form, {"code": "c0de"})
    assert result["reason"] == "already_configured"
    assert allowance.budget.limits.per_month == PLANS["large"]


async def test_code_is_redeemed_by_the_plan_that_is_typed(
    hass: HomeAssistant, cloud: ConsentCloud
) -> None:
    """Who has used a plan up can let us in anew with a larger one."""
    entry, allowance = await load(hass, cloud, "small")
    while await allowance.spend() is None:
        pass
    cloud.codes.add("c0de")
    form = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_RECONFIGURE, "entry_id": entry.entry_id}
    )
    form = await pick(hass, await submit(hass, form, TYPED), "paste")

    result = await submit(hass, form, {"code": "c0de"})

    assert result["reason"] == "reconfigure_successful"
    assert allowance.budget.limits.per_month == PLANS["large"]
