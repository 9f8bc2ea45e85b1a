"""Cookies of an account: kept apart from others, and gone with their owner."""

from dataclasses import replace
import gc

from aiohttp import ClientSession
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_CLOSE
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
import pytest
from yarl import URL

from custom_components.meter_hub.vendors.base import Backend, Context, Unavailable
from custom_components.meter_hub.vendors.registry import VENDORS

from .conftest import EntryFactory
from .dialogs import choose, submit
from .pretend import HOUSE, TYPED, PretendCloud, add_entry, register
from .scripted import Script

HOST = URL("https://meters.example/")
ADDRESS = URL("http://127.0.0.1:8123/")


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> PretendCloud:
    """Return the cloud of a vendor that signs in with cookies."""
    cloud = register(monkeypatch)
    vendor = replace(VENDORS["pretend"], own_session=True)
    monkeypatch.setitem(VENDORS, vendor.key, vendor)
    cloud.add("hunter2", "ada", HOUSE)
    cloud.add("old-secret", "bob", HOUSE)
    return cloud


def keepers(hass: HomeAssistant) -> int:
    """Return how many wait for Home Assistant's end, sessions among them."""
    return hass.bus.async_listeners().get(EVENT_HOMEASSISTANT_CLOSE, 0)


def sessions(cloud: PretendCloud) -> list[ClientSession]:
    """Return the sessions that the backends were given, in order."""
    return [context.session for context in cloud.contexts]


def closed(cloud: PretendCloud) -> list[bool]:
    """Tell of each of them whether it is closed."""
    return [session.closed for session in sessions(cloud)]


async def test_sign_in_leaves_no_session(
    hass: HomeAssistant,
    cloud: PretendCloud,
    caplog: pytest.LogCaptureFixture,
    recwarn: pytest.WarningsRecorder,
) -> None:
    """Whether it works or not, and also while the dialog stays open."""
    cloud.failures = [Unavailable("timeout"), ValueError()]

    form = await submit(hass, await choose(hass), TYPED)
    before = keepers(hass)
    form = await submit(hass, form, TYPED)
    assert form["errors"] == {"base": "unknown"}
    finish = await submit(hass, form, TYPED)
    assert finish["step_id"] == "finish"

    assert len(set(sessions(cloud))) == 3
    assert closed(cloud) == [True, True, True]
    assert keepers(hass) == before
    assert async_get_clientsession(hass) not in sessions(cloud)
    cloud.contexts.clear()
    hass.config_entries.flow.async_abort(finish["flow_id"])
    gc.collect()
    assert "Unclosed" not in caplog.text
    assert not [each for each in recwarn if each.category is ResourceWarning]


async def test_entry_has_a_session_until_it_is_unloaded(
    hass: HomeAssistant, cloud: PretendCloud
) -> None:
    """Each time that it is loaded it begins with an empty jar."""
    finish = await submit(hass, await choose(hass), TYPED)
    before = keepers(hass)
    entry = (await submit(hass, finish, {}))["result"]
    assert entry.state is ConfigEntryState.LOADED
    first = sessions(cloud)[-1]
    first.cookie_jar.update_cookies({"JSESSIONID": "1"}, HOST)
    assert closed(cloud) == [True, False]

    assert await hass.config_entries.async_reload(entry.entry_id)
    assert closed(cloud) == [True, True, False]
    assert not list(sessions(cloud)[-1].cookie_jar)

    assert await hass.config_entries.async_unload(entry.entry_id)
    assert closed(cloud) == [True, True, True]
    assert keepers(hass) == before


async def test_backends_are_closed_before_their_session(
    hass: HomeAssistant, cloud: PretendCloud
) -> None:
    """Whether signing in works or not, and whenever the entry is unloaded."""
    cloud.failures = [Unavailable("timeout"), ValueError()]

    form = await choose(hass)
    for calls in range(1, 4):
        form = await submit(hass, form, TYPED)
        assert cloud.closed == cloud.contexts
        assert len(cloud.closed) == calls
    entry = (await submit(hass, form, {}))["result"]
    assert cloud.closed == cloud.contexts[:-1]

    assert await hass.config_entries.async_unload(entry.entry_id)
    assert cloud.closed == cloud.contexts


@pytest.mark.parametrize("verify", [True, False])
async def test_certificates_are_verified_unless_a_vendor_says_otherwise(
    hass: HomeAssistant,
    cloud: PretendCloud,
    monkeypatch: pytest.MonkeyPatch,
    verify: bool,
) -> None:
    """Connectors, which Home Assistant shares, verify or not; sessions have one of them."""
    connector = async_get_clientsession(hass, verify_ssl=verify).connector
    other = async_get_clientsession(hass, verify_ssl=not verify).connector
    given = []

    def build(context: Context) -> Backend:
        given.append(context.session.connector)
        return cloud.build(context)

    vendor = replace(VENDORS["pretend"], verify_tls=verify, build=build)
    monkeypatch.setitem(VENDORS, vendor.key, vendor)

    finish = await submit(hass, await choose(hass), TYPED)
    await submit(hass, finish, {})

    assert given == [connector] * 2
    assert other is not connector


async def test_accounts_do_not_share_their_cookies(
    hass: HomeAssistant, cloud: PretendCloud
) -> None:
    """A cookie names who is signed in; it may come from an address too."""
    await submit(hass, await submit(hass, await choose(hass), TYPED), {})
    ada = sessions(cloud)[-1]
    add_entry(hass, "bob", "house")
    assert await hass.config_entries.async_setup(
        hass.config_entries.async_entries("meter_hub")[-1].entry_id
    )
    bob = sessions(cloud)[-1]

    for url in (HOST, ADDRESS):
        ada.cookie_jar.update_cookies({"JSESSIONID": "ada"}, url)
        assert ada.cookie_jar.filter_cookies(url)["JSESSIONID"].value == "ada"
        assert not bob.cookie_jar.filter_cookies(url)
        shared = async_get_clientsession(hass)
        assert not shared.cookie_jar.filter_cookies(url)


async def test_set_up_that_fails_leaves_no_session(
    hass: HomeAssistant,
    script: Script,
    make_entry: EntryFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Home Assistant tries it again and again."""
    vendor = replace(script.vendor(), own_session=True)
    monkeypatch.setitem(VENDORS, vendor.key, vendor)
    script.failure = Unavailable("server_error")

    entry = make_entry()
    assert not await hass.config_entries.async_setup(entry.entry_id)

    assert [context.session.closed for context in script.contexts] == [True]


async def test_other_vendors_use_the_session_of_home_assistant(
    hass: HomeAssistant, cloud: PretendCloud
) -> None:
    """When signing in as well as later."""
    result = await submit(hass, await choose(hass, "plain"), {"password": "hunter2"})

    assert result["result"].state is ConfigEntryState.LOADED
    assert sessions(cloud) == [async_get_clientsession(hass)] * 2
