"""The system page: can the vendors be reached, and what is left of the limits."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from aiohttp import ClientError
from homeassistant.components.system_health import get_info
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.test_util.aiohttp import AiohttpClientMocker

from custom_components.meter_hub.const import DOMAIN
from custom_components.meter_hub.metering.budget import Limits
from custom_components.meter_hub.metering.model import Meter, Series
from custom_components.meter_hub.metering.vocabulary import Quantity
from custom_components.meter_hub.vendors.base import Unavailable
from custom_components.meter_hub.vendors.registry import VENDORS

from ..texts import TEXTS
from .conftest import EntryFactory, Settle
from .scripted import HOUR, HOUSE, IMPORT, START, Script

ADDRESS = "https://cloud.scripted.example/api"


async def health(hass: HomeAssistant) -> dict[str, Any]:
    """Return what the page shows of the integration."""
    assert await async_setup_component(hass, "system_health", {})
    return dict((await get_info(hass))[DOMAIN])


@pytest.fixture
def in_the_cloud(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a vendor with an address and a monthly limit."""
    vendor = replace(
        script.vendor(),
        host=lambda: ADDRESS,
        limits=lambda _: Limits(pace=timedelta(0), per_month=1000),
    )
    monkeypatch.setitem(VENDORS, "scripted", vendor)


@pytest.mark.usefixtures("in_the_cloud")
async def test_healthy_accounts(
    hass: HomeAssistant,
    script: Script,
    make_entry: EntryFactory,
    settle: Settle,
    aioclient_mock: AiohttpClientMocker,
) -> None:
    """One line for each vendor that is in use, one value for each account."""
    aioclient_mock.get(ADDRESS, status=403)
    barn = Series("barn", Quantity.GRID_IMPORT)
    script.meters = (HOUSE, Meter(barn.meter, "Barn"))
    for series in (IMPORT, barn):
        script.know(series, START - 72 * HOUR, *([0.5] * 72))
    make_entry(credentials={"api_key": "open-sesame"}, excluded_meters=[barn.meter])
    make_entry(
        credentials={"api_key": "other-key"},
        account="ada@example.org",
        meters=(HOUSE.id, barn.meter),
        excluded_meters=[HOUSE.id],
    )
    assert await async_setup_component(hass, DOMAIN, {})
    await settle(timedelta(minutes=10))

    page = await health(hass)

    assert page == {
        "accounts": 2,
        "calls_left": "Scripted: 998, Scripted: 998",
        "history": "Scripted: 100 %, Scripted: 100 %",
        "reach_scripted": "ok",
    }
    assert len(script.calls) == 4, "looking costs no call"
    secrets = ("open-sesame", "other-key", "ada@example.org")
    assert not any(secret in str(page) for secret in secrets)


@pytest.mark.usefixtures("in_the_cloud")
async def test_vendor_that_can_not_be_reached(
    hass: HomeAssistant,
    script: Script,
    make_entry: EntryFactory,
    settle: Settle,
    aioclient_mock: AiohttpClientMocker,
) -> None:
    """The page is there also while nothing works."""
    aioclient_mock.get(ADDRESS, exc=ClientError)
    script.failure = Unavailable("cannot_connect")
    assert not await hass.config_entries.async_setup(make_entry().entry_id)
    await settle()

    assert await health(hass) == {
        "accounts": 1,
        "calls_left": "Scripted: 999",
        "reach_scripted": "Failed: unreachable",
    }


async def test_vendor_in_the_home(
    hass: HomeAssistant, script: Script, make_entry: EntryFactory
) -> None:
    """Without a cloud, limits and history there is little to show."""
    make_entry(vendor="bygone")
    assert await hass.config_entries.async_setup(make_entry().entry_id)

    assert await health(hass) == {"accounts": 1}


def test_each_line_has_a_name() -> None:
    """Those of the vendors too."""
    clouds = {f"reach_{vendor.key}" for vendor in VENDORS.values() if vendor.host}

    assert TEXTS["system_health"]["info"].keys() == clouds | {
        "accounts",
        "calls_left",
        "history",
    }
