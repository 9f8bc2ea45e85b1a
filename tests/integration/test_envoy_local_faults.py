"""What goes wrong with a gateway, beside the outages that all vendors have.

It has no history: what counts is that values stay true, that no register falls, and
that all goes on without a restart.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise
import logging
from typing import Any

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import (
    device_registry as dr,
    entity_registry as er,
    issue_registry as ir,
)
from homeassistant.util import dt as dt_util
from pyenphase import EnvoyTokenAuth
import pytest

from custom_components.meter_hub.const import DOMAIN
from tests.simulator import Fault, FaultKind, Simulator
from tests.simulator.envoy_local import CloudAccount, Ct, EnvoyLocalApi, Quirks, System

from .matrix import HOUR, Account, OpenAccount
from .matrix_cases import LIVE_CASES
from .matrix_faults import HISTORY, MINUTE, START

pytest_plugins = ("tests.integration.matrix_accounts",)

[CASE] = [case for case in LIVE_CASES if case.key == "envoy_local"]
METERED = System(
    (Ct.PRODUCTION, Ct.NET, Ct.STORAGE), phases=3, batteries=2, controller=True
)
POWERS = {"solar_power", "grid_power", "home_power", "battery_power"}
BATTERIES = {"battery_level", "grid_connected"}
"""What the library reads of batteries and their controller, all or nothing."""

BROKEN = {
    "status": Fault(FaultKind.STATUS, CASE.key, status=500),
    "forbidden": Fault(FaultKind.STATUS, CASE.key, status=403),
    "html": Fault(FaultKind.HTML, CASE.key),
    "timeout": Fault(FaultKind.TIMEOUT, CASE.key),
}

type OpenGateway = Callable[..., Awaitable[Watched]]


@dataclass(frozen=True, slots=True)
class Watched:
    """A simulated gateway, and the account that watches it."""

    account: Account
    api: EnvoyLocalApi

    def lost(self) -> set[str]:
        """Return the quantities of which an enabled entity shows nothing."""
        hass = self.account.hass
        registry = er.async_get(hass)
        entities = [each for each in registry.entities.values() if not each.disabled]
        assert len(entities) > 2
        shows_nothing = [
            each.unique_id
            for each in entities
            if (state := hass.states.get(each.entity_id)) is None
            or state.state in (STATE_UNAVAILABLE, STATE_UNKNOWN)
        ]
        return {
            unique_id.removeprefix(f"{CASE.key}_").partition("_")[2]
            for unique_id in shows_nothing
        }

    def reauths(self) -> list[Any]:
        """Return the dialogs in which a person is asked to sign in again."""
        flows = self.account.hass.config_entries.flow
        return [
            flow
            for flow in flows.async_progress_by_handler(DOMAIN)
            if flow["context"]["source"] == SOURCE_REAUTH
        ]

    async def async_assert_in_order(self) -> None:
        """Everything is shown and true, and no register has ever fallen."""
        assert self.lost() == set()
        assert await self.account.async_problems() == {}
        [shown] = self.account.imports_shown().values()
        assert len(shown) > 2
        assert all(earlier <= later for earlier, later in pairwise(shown))
        assert self.account.entry.state is ConfigEntryState.LOADED
        assert self.reauths() == []
        issues = ir.async_get(self.account.hass).issues
        assert [issue for issue in issues if issue[0] == DOMAIN] == []


@pytest.fixture
def open_gateway(open_account: OpenAccount) -> OpenGateway:
    """Return a function that sets up a gateway, with all that it needs in order."""

    async def open_one(
        *,
        system: System = METERED,
        firmware: str = "8.2.4286",
        token_lifetime: timedelta | None = None,
        **options: Any,
    ) -> Watched:
        def prepare(simulator: Simulator) -> None:
            api = _gateway(simulator)
            api.system, api.firmware = system, firmware
            api.cloud.lifetime = token_lifetime

        account = await open_account(
            CASE, now=START, history=HISTORY, prepare=prepare, **options
        )
        watched = Watched(account, _gateway(account.simulator))
        await account.async_pass(15 * MINUTE)
        await watched.async_assert_in_order()
        return watched

    return open_one


@pytest.mark.parametrize("fault", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize(
    ("path", "lost"),
    [
        ("/ivp/meters/readings", POWERS),
        ("/ivp/ensemble/inventory", BATTERIES),
        ("/ivp/ensemble/secctrl", BATTERIES),
        ("/ivp/ensemble/power", BATTERIES),
        ("/production.json", set()),
        ("/api/v1/production/inverters", set()),
    ],
)
async def test_a_path_that_fails(
    open_gateway: OpenGateway, path: str, lost: set[str], fault: Fault
) -> None:
    """What it brings is unknown after a while; all the rest goes on, and nobody is alarmed."""
    gateway = await open_gateway(poll_interval=180)
    account = gateway.account
    since = dt_util.utcnow()
    account.simulator.add(replace(fault, path=path))
    await account.async_pass(4 * MINUTE)
    assert gateway.lost() == set()
    await account.async_pass(20 * MINUTE)
    assert [call for call in account.calls_since(since) if call.path == path]
    assert gateway.lost() == lost
    assert gateway.reauths() == []

    account.simulator.clear()
    await account.async_pass(15 * MINUTE)

    await gateway.async_assert_in_order()
    assert account.levels() == []


async def test_each_inverters_details_fail(open_gateway: OpenGateway) -> None:
    """Inverters that are of no use for a while are still there afterwards."""
    gateway = await open_gateway(firmware="8.3.5167", all_inverters=True)
    account = gateway.account
    account.simulator.add(replace(BROKEN["status"], path="/ivp/pdm/device_data"))
    await account.async_pass(25 * MINUTE)
    assert gateway.lost() == {"solar_power"}
    states = account.hass.states
    [serial] = account.meters
    power = states.get(f"sensor.envoy_{serial}_solar_power")
    assert power is not None
    assert power.state != STATE_UNAVAILABLE

    account.simulator.clear()
    await account.async_pass(15 * MINUTE)

    await gateway.async_assert_in_order()
    assert account.levels() == []


@pytest.mark.parametrize("reload", [False, True], ids=["poll", "set-up"])
async def test_a_reboot_answers_zeros(open_gateway: OpenGateway, reload: bool) -> None:
    """Registers that show zero are not believed, whenever that is."""
    gateway = await open_gateway()
    account = gateway.account
    account.simulator.add(Fault(FaultKind.DROP, CASE.key))
    await account.async_pass(3 * MINUTE)
    account.simulator.clear()
    gateway.api.quirks = Quirks(zeros=True)
    if reload:
        assert await account.hass.config_entries.async_reload(account.entry.entry_id)
    await account.async_pass(5 * MINUTE)
    [meter] = account.meters
    before = account.imports_shown()[meter][-1]
    assert before > 900

    gateway.api.quirks = Quirks()
    await account.async_pass(25 * MINUTE)

    await gateway.async_assert_in_order()
    assert account.imports_shown()[meter][-1] >= before
    assert account.levels() == []


async def test_new_firmware(open_gateway: OpenGateway) -> None:
    """It comes by itself, is shown, and changes no register."""
    gateway = await open_gateway(poll_interval=300)
    account = gateway.account
    gateway.api.firmware = "8.3.5528"
    await account.async_pass(5 * HOUR)

    await gateway.async_assert_in_order()
    assert account.levels() == []
    [serial] = account.meters
    device = dr.async_get(account.hass).async_get_device_by_identifier(
        (DOMAIN, f"{CASE.key}_{serial}"), account.entry.entry_id
    )
    assert device is not None
    assert device.sw_version is not None
    assert device.sw_version.startswith("8.3.5528")


async def test_firmware_that_wants_a_token_from_now_on(
    open_gateway: OpenGateway,
) -> None:
    """A person is asked to sign in as it must be done now."""
    gateway = await open_gateway(
        system=System((Ct.PRODUCTION, Ct.NET)), firmware="5.0.62"
    )
    account = gateway.account
    gateway.api.firmware = "8.2.4286"
    await account.async_pass(HOUR)
    assert gateway.lost()
    assert account.levels() == [logging.ERROR]

    await async_sign_in_again(gateway, dict(gateway.api.credentials))
    await gateway.async_assert_in_order()


async def test_a_token_that_ends_soon_is_renewed(open_gateway: OpenGateway) -> None:
    """Nobody notices, neither at first nor when the old one ends."""
    gateway = await open_gateway(token_lifetime=2 * HOUR, poll_interval=300)
    account = gateway.account
    before = account.entry.data["credentials"]["token"]
    gateway.api.cloud.lifetime = None
    await account.async_pass(3 * HOUR)

    assert account.entry.data["credentials"]["token"] != before
    assert len(account.simulator.calls(CASE.key, path="/tokens")) == 2
    assert {call.status for call in account.calls_since(START)} <= {200, 404}
    await gateway.async_assert_in_order()
    assert account.levels() == []


async def test_a_token_ends_while_the_cloud_is_away(open_gateway: OpenGateway) -> None:
    """The old one works to its end; no person can help, and none is asked to."""
    gateway = await open_gateway(token_lifetime=HOUR)
    account = gateway.account
    account.simulator.add(
        Fault(FaultKind.STATUS, CASE.key, path="/login/*", status=503)
    )
    await account.async_pass(40 * MINUTE)
    await gateway.async_assert_in_order()
    await account.async_pass(30 * MINUTE)
    assert gateway.lost() >= POWERS
    assert gateway.reauths() == []
    assert account.levels() == [logging.ERROR]
    error = account.coordinator.last_exception
    assert getattr(error, "translation_key", None) == "cloud_unreachable"

    account.simulator.clear()
    gateway.api.cloud.lifetime = None
    await account.async_pass(HOUR)

    await gateway.async_assert_in_order()
    assert account.levels() == [logging.ERROR, logging.INFO]


async def test_a_refusal_that_passes(open_gateway: OpenGateway) -> None:
    """One poll that the gateway refuses is nobody's business."""
    gateway = await open_gateway()
    account = gateway.account
    account.simulator.add(Fault(FaultKind.EXPIRED, CASE.key))
    await account.async_pass(3 * MINUTE)
    assert 401 in {call.status for call in account.calls_since(START)}
    account.simulator.clear()
    await account.async_pass(10 * MINUTE)

    await gateway.async_assert_in_order()
    assert account.levels() == []


async def test_credentials_that_are_refused(open_gateway: OpenGateway) -> None:
    """After three refusals a person is asked, and the gateway is left alone."""
    gateway = await open_gateway()
    account = gateway.account
    gateway.api.tokens.revoke(account.entry.data["credentials"]["token"])
    [owner, *_] = gateway.api.cloud.accounts
    gateway.api.cloud.accounts[owner] = CloudAccount("Another-password-1")
    await account.async_pass(20 * MINUTE)
    assert gateway.lost() >= POWERS
    assert account.levels() == [logging.ERROR]
    since = dt_util.utcnow()
    await account.async_pass(HOUR)
    assert account.calls_since(since) == []

    await async_sign_in_again(gateway, dict(gateway.api.credentials))
    await gateway.async_assert_in_order()
    assert account.levels() == [logging.ERROR]


async def test_a_library_that_does_not_fit(
    open_gateway: OpenGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A person is told what to update, until all is well again."""
    gateway = await open_gateway()
    account = gateway.account
    entries = account.hass.config_entries
    with monkeypatch.context() as patched:
        patched.delattr(EnvoyTokenAuth, "TOKEN_URL")
        assert await entries.async_reload(account.entry.entry_id)
        await account.async_pass(15 * MINUTE)
        issues = ir.async_get(account.hass).issues
        told = [issue for (domain, _), issue in issues.items() if domain == DOMAIN]
        assert [issue.translation_key for issue in told] == ["library_unsupported"]
        assert gateway.lost() >= POWERS
        assert account.levels() == [logging.ERROR]
    assert await entries.async_reload(account.entry.entry_id)
    await account.async_pass(15 * MINUTE)
    await gateway.async_assert_in_order()


async def async_sign_in_again(gateway: Watched, typed: dict[str, str]) -> None:
    """Fill in the dialog that is open, and wait for what comes of it."""
    account = gateway.account
    [flow] = gateway.reauths()
    result = await account.hass.config_entries.flow.async_configure(
        flow["flow_id"], typed
    )
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reauth_successful"
    await account.async_pass(10 * MINUTE)


def _gateway(simulator: Simulator) -> EnvoyLocalApi:
    api = simulator.vendor(CASE.key)
    assert isinstance(api, EnvoyLocalApi)
    return api
