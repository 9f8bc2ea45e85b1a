"""A simulated gateway in the network of a real Home Assistant."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import SOURCE_ZEROCONF, ConfigEntry, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo
from homeassistant.util import dt as dt_util
import pytest

from custom_components.meter_hub.const import DOMAIN
from custom_components.meter_hub.vendors import endpoints
from tests.simulator import Simulator
from tests.simulator.envoy_local import Ct, EnvoyLocalApi, System

from .conftest import Settle
from .dialogs import choose, shown, submit

NOON = datetime(2026, 10, 26, 13, 7, tzinfo=UTC)
WITH_BATTERIES = System(
    (Ct.PRODUCTION, Ct.NET, Ct.STORAGE), phases=2, batteries=5, controller=True
)
CONTROLLER = "492200040001"


@pytest.fixture
async def enphase(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
    socket_enabled: None,
) -> AsyncGenerator[Simulator]:
    """Run a gateway and the cloud that hands out its tokens."""
    freezer.move_to(NOON)
    hass.loop.set_debug(False)
    async with Simulator(
        clock=dt_util.utcnow, installed=NOON - timedelta(days=30)
    ) as simulator:
        cloud = endpoints.Endpoint(simulator.url("envoy_local", "cloud"), timedelta(0))
        monkeypatch.setattr(endpoints, "ENLIGHTEN", cloud)
        monkeypatch.setattr(endpoints, "ENTREZ", cloud)
        yield simulator


@pytest.fixture
def gateway(enphase: Simulator) -> EnvoyLocalApi:
    """Return the gateway: two phases, five batteries, sixteen inverters."""
    found = enphase.vendor("envoy_local")
    assert isinstance(found, EnvoyLocalApi)
    found.system = WITH_BATTERIES
    return found


@pytest.fixture
def serial(gateway: EnvoyLocalApi) -> str:
    """Return what the gateway is known by."""
    return gateway.meter_ids[0]


async def announce(
    hass: HomeAssistant, serial: str, address: str = "127.0.0.1"
) -> ConfigFlowResult:
    """Let the gateway announce itself."""
    return await hass.config_entries.flow.async_init(
        DOMAIN,
        context={"source": SOURCE_ZEROCONF},
        data=ZeroconfServiceInfo(
            ip_address=ip_address(address),
            ip_addresses=[ip_address(address)],
            port=80,
            hostname="envoy.local.",
            type="_enphase-envoy._tcp.local.",
            name="envoy._enphase-envoy._tcp.local.",
            properties={"serialnum": serial, "protovers": "8.2.4286"},
        ),
    )


async def set_up(
    hass: HomeAssistant, gateway: EnvoyLocalApi, settle: Settle, **options: Any
) -> ConfigEntry[Any]:
    """Sign in by hand, take all that is offered, and let the first polls happen."""
    form = await submit(
        hass, await choose(hass, "envoy_local"), dict(gateway.credentials)
    )
    if form["step_id"] == "meters":
        form = await submit(hass, form, {"meters": shown(form)["meters"]})
    result = await submit(hass, form, options)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await settle(timedelta(minutes=2), timedelta(minutes=1))
    return result["result"]
