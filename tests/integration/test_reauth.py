"""Signing in again: because the vendor refuses, or because a person wants to."""

from typing import Any

from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.meter_hub.vendors.base import Unavailable

from ..texts import TEXTS, placeholders
from .dialogs import assert_readable, shown
from .pretend import GARAGE, HOUSE, TYPED, PretendCloud, add_entry, register

SOURCES = pytest.mark.parametrize("source", ["reauth", "reconfigure"])


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> PretendCloud:
    """Return the cloud of a vendor that exists in this test only."""
    return register(monkeypatch)


async def begin(
    hass: HomeAssistant, entry: MockConfigEntry, source: str
) -> ConfigFlowResult:
    """Open the dialog for an entry."""
    form: ConfigFlowResult
    if source == "reauth":
        form = await entry.start_reauth_flow(hass)
        assert form["step_id"] == "reauth_confirm"
    else:
        form = await entry.start_reconfigure_flow(hass)
        assert form["step_id"] == "reconfigure"
    assert_readable(form)
    return form


async def submit(
    hass: HomeAssistant, form: ConfigFlowResult, **typed: Any
) -> ConfigFlowResult:
    """Sign in with what was typed."""
    result = await hass.config_entries.flow.async_configure(
        form["flow_id"], {**TYPED, **typed}
    )
    await hass.async_block_till_done()
    assert_readable(result)
    return result


@SOURCES
async def test_new_password(
    hass: HomeAssistant, cloud: PretendCloud, source: str
) -> None:
    """The entry keeps its id, title and options, and runs with what is new."""
    cloud.add("hunter2", "ada", HOUSE, GARAGE)
    entry = add_entry(hass, "ada", "house", excluded=["garage"])

    form = await begin(hass, entry, source)
    assert form["description_placeholders"] is not None
    assert form["description_placeholders"]["name"] == "Account ada"
    result = await submit(hass, form, host="new.example")

    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == f"{source}_successful"
    assert entry.unique_id == "pretend_ada"
    assert entry.data == {
        "vendor": "pretend",
        "credentials": {**TYPED, "host": "new.example"},
        "meters": ["garage", "house"],
    }
    assert entry.options["excluded_meters"] == ["garage"]
    assert entry.state is ConfigEntryState.LOADED
    assert set(entry.runtime_data.data.meters) == {"house"}
    assert cloud.calls == 1


@SOURCES
async def test_what_is_not_typed_is_kept(
    hass: HomeAssistant, cloud: PretendCloud, source: str
) -> None:
    """The vendor knows this installation again; a field that was cleared is cleared."""
    cloud.add("hunter2", "ada", HOUSE)
    entry = add_entry(hass, "ada", "house")
    stored = {**entry.data["credentials"], "device_token": "d34d", "note": "old"}
    hass.config_entries.async_update_entry(
        entry, data={**entry.data, "credentials": stored}
    )

    await submit(hass, await begin(hass, entry, source))

    credentials = [dict(context.credentials) for context in cloud.contexts]
    assert credentials == [{**TYPED, "device_token": "d34d"}] * 2
    assert entry.data["credentials"] == credentials[0]


@SOURCES
async def test_what_the_vendor_renews_replaces_all_of_it(
    hass: HomeAssistant, cloud: PretendCloud, source: str
) -> None:
    cloud.add("hunter2", "ada", HOUSE)
    cloud.renewed = {**TYPED, "device_token": "n3w"}
    entry = add_entry(hass, "ada", "house")

    await submit(hass, await begin(hass, entry, source))

    assert entry.data["credentials"] == cloud.renewed


@pytest.mark.parametrize("running", [True, False])
@SOURCES
async def test_what_the_backend_has_learned_stays(
    hass: HomeAssistant, cloud: PretendCloud, source: str, running: bool
) -> None:
    """Signing in again adds to it, so that nothing is learned or asked for anew."""
    cloud.add("hunter2", "ada", HOUSE)
    entry = add_entry(hass, "ada", "house")
    await submit(hass, await begin(hass, entry, source))
    if not running:
        assert await hass.config_entries.async_unload(entry.entry_id)

    await submit(hass, await begin(hass, entry, source))

    assert entry.state is ConfigEntryState.LOADED
    assert [context.state for context in cloud.contexts] == [
        {},
        {"calls": 1},
        {"calls": 1},
        {"calls": 2},
    ]


async def test_unticked_meters_reach_the_vendor(
    hass: HomeAssistant, cloud: PretendCloud
) -> None:
    """No call is worth making for them, when signing in or later."""
    cloud.add("hunter2", "ada", HOUSE, GARAGE)
    entry = add_entry(hass, "ada", "house", excluded=["garage"])

    await submit(hass, await begin(hass, entry, "reauth"))

    assert [context.excluded for context in cloud.contexts] == [{"garage"}] * 2


@SOURCES
async def test_what_is_known_is_not_typed_again(
    hass: HomeAssistant, cloud: PretendCloud, source: str
) -> None:
    """The form shows what signed in last, but for the secret."""
    form = await begin(hass, add_entry(hass, "ada", "house"), source)

    assert shown(form) == {**TYPED, "password": None, "note": None}


@SOURCES
async def test_another_account_is_refused(
    hass: HomeAssistant, cloud: PretendCloud, source: str
) -> None:
    """Nothing changes until the account is the right one."""
    cloud.add("bobs", "bob", HOUSE)
    cloud.add("hunter2", "ada", HOUSE)
    entry = add_entry(hass, "ada", "house")
    before = dict(entry.data)

    failed = await submit(hass, await begin(hass, entry, source), password="bobs")
    assert failed["type"] is FlowResultType.FORM
    assert failed["errors"] == {"base": "other_account"}
    assert dict(entry.data) == before
    result = await submit(hass, failed)

    assert result["reason"] == f"{source}_successful"


@SOURCES
async def test_rotated_key_of_the_same_meters(
    hass: HomeAssistant, cloud: PretendCloud, source: str
) -> None:
    """The entry keeps the id of its first key, so that its entities stay."""
    cloud.rotating = True
    cloud.add("hunter2", "second", HOUSE)
    entry = add_entry(hass, "first", "house")

    result = await submit(hass, await begin(hass, entry, source))

    assert result["reason"] == f"{source}_successful"
    assert entry.unique_id == "pretend_first"
    assert entry.data["credentials"]["password"] == "hunter2"
    assert entry.state is ConfigEntryState.LOADED
    assert cloud.calls == 1


@SOURCES
async def test_recovery_from_failures(
    hass: HomeAssistant, cloud: PretendCloud, source: str
) -> None:
    cloud.add("hunter2", "ada", HOUSE)
    cloud.failures = [Unavailable("timeout"), KeyError("hunter2")]
    entry = add_entry(hass, "ada", "house")

    form = await begin(hass, entry, source)
    for password, error in (
        ("hunter2", "timeout"),
        ("hunter2", "unknown"),
        ("hunter3", "invalid_auth"),
    ):
        form = await submit(hass, form, password=password)
        assert form["errors"] == {"base": error}
    result = await submit(hass, form)

    assert result["reason"] == f"{source}_successful"


async def test_options_reach_the_vendor(
    hass: HomeAssistant, cloud: PretendCloud
) -> None:
    """Signing in again reads the meters as the entry does."""
    cloud.add("hunter2", "ada", HOUSE)
    entry = add_entry(hass, "ada", "house", factor=7)

    await submit(hass, await begin(hass, entry, "reauth"))

    assert [context.options["factor"] for context in cloud.contexts] == [7, 7]


@SOURCES
async def test_vendor_that_is_not_known(hass: HomeAssistant, source: str) -> None:
    """An entry that an update of Meter Hub left behind says so, and stays."""
    entry = add_entry(hass, "ada", "house", vendor="bygone")

    if source == "reauth":
        result = await entry.start_reauth_flow(hass)
    else:
        result = await entry.start_reconfigure_flow(hass)

    assert (result["type"], result["reason"]) == (
        FlowResultType.ABORT,
        "unknown_vendor",
    )
    assert placeholders(TEXTS["config"]["abort"]["unknown_vendor"]) == {"vendor"}
    assert result["description_placeholders"] == {"vendor": "bygone"}
