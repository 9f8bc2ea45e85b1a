"""Adding an account: from the menu of vendors to the entry."""

from datetime import timedelta

from homeassistant.components.energy.data import async_get_manager
from homeassistant.config_entries import SOURCE_USER, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from homeassistant.helpers.selector import TextSelector
import pytest

from custom_components.meter_hub.const import DOMAIN
from custom_components.meter_hub.vendors.base import (
    RateLimited,
    Unavailable,
    UnexpectedAnswer,
)
from custom_components.meter_hub.vendors.registry import VENDORS

from .dialogs import choices, choose, offered, selectors, shown, submit
from .pretend import GARAGE, HOUSE, OLD, TYPED, PretendCloud, register


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> PretendCloud:
    """Return the cloud of a vendor that exists in this test only."""
    return register(monkeypatch)


@pytest.fixture
def energy(hass: HomeAssistant) -> None:
    """Let Home Assistant have an Energy dashboard."""
    hass.config.components.add("energy")


async def test_menu_lists_every_vendor(
    hass: HomeAssistant, cloud: PretendCloud
) -> None:
    menu = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )

    assert menu["step_id"] == "user"
    assert offered(menu) == list(VENDORS)


async def test_all_steps(
    hass: HomeAssistant, cloud: PretendCloud, energy: None
) -> None:
    """A person signs in, picks two of three meters, and is asked nothing twice."""
    cloud.add("hunter2", "ada", HOUSE, GARAGE, OLD)

    sign_in = await choose(hass)
    assert sign_in["step_id"] == "pretend"
    meters = await submit(hass, sign_in, TYPED)
    assert meters["step_id"] == "meters"
    assert choices(meters, "meters") == {
        "house": "House (XM-1)",
        "garage": "Garage",
        "old": "Old meter",
    }
    assert shown(meters)["meters"] == ["house", "garage"]
    finish = await submit(hass, meters, {"meters": ["house", "old"]})
    assert finish["step_id"] == "finish"
    assert choices(finish, "dashboard") == {
        "grid/house": "House: grid connection",
        "grid/old": "Old meter: grid connection",
    }
    assert shown(finish)["dashboard"] == ["grid/house", "grid/old"]
    assert finish["description_placeholders"] == {
        "present": "nothing yet",
        "notices": "",
    }
    result = await submit(
        hass, finish, {"history_days": 60, "factor": 2, "dashboard": ["grid/house"]}
    )

    assert result["type"] is FlowResultType.CREATE_ENTRY
    entry = result["result"]
    assert entry.title == "Account ada"
    assert entry.unique_id == "pretend_ada"
    assert entry.data == {
        "vendor": "pretend",
        "credentials": TYPED,
        "meters": ["garage", "house", "old"],
    }
    assert entry.options == {
        "excluded_meters": ["garage"],
        "history_days": 60,
        "factor": 2,
        "dashboard": ["grid/house"],
    }
    assert isinstance(entry.options["history_days"], int)


async def test_setting_up_makes_no_call_of_its_own(
    hass: HomeAssistant, cloud: PretendCloud
) -> None:
    """What signing in taught is in Home Assistant at once."""
    cloud.add("hunter2", "ada", HOUSE)

    finish = await submit(hass, await choose(hass), TYPED)
    result = await submit(hass, finish, {})

    entry = result["result"]
    assert entry.state is ConfigEntryState.LOADED
    assert cloud.calls == 1
    assert set(entry.runtime_data.data.meters) == {"house"}
    assert [context.state for context in cloud.contexts] == [{}, {"calls": 1}]


async def test_a_single_meter_is_not_asked_for(
    hass: HomeAssistant, cloud: PretendCloud
) -> None:
    cloud.add("hunter2", "ada", OLD)

    finish = await submit(hass, await choose(hass), TYPED)
    assert finish["step_id"] == "finish"
    result = await submit(hass, finish, {})

    assert result["result"].options["excluded_meters"] == []


async def test_nothing_to_set_ends_the_flow(
    hass: HomeAssistant, cloud: PretendCloud
) -> None:
    """Without history, options and dashboard there is no last form."""
    cloud.add("hunter2", "ada", HOUSE)

    result = await submit(hass, await choose(hass, "plain"), {"password": "hunter2"})

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["options"] == {"excluded_meters": [], "dashboard": []}


async def test_no_dashboard_no_offer(hass: HomeAssistant, cloud: PretendCloud) -> None:
    """An installation without the Energy dashboard isn't asked about it."""
    cloud.add("hunter2", "ada", HOUSE)

    finish = await submit(hass, await choose(hass), TYPED)

    assert list(selectors(finish)) == ["history_days", "factor"]


async def test_dashboard_with_a_source_of_the_kind(
    hass: HomeAssistant, cloud: PretendCloud, energy: None
) -> None:
    """Nothing is ticked where it would count twice; the form says what is there."""
    manager = await async_get_manager(hass)
    await manager.async_update(
        {
            "energy_sources": [
                {
                    "type": "grid",
                    "stat_energy_from": "sensor.other",
                    "cost_adjustment_day": 0.0,
                },
                {"type": "unheard_of"},
            ]
        }  # type: ignore[typeddict-item]
    )
    cloud.add("hunter2", "ada", HOUSE)

    finish = await submit(hass, await choose(hass), TYPED)

    assert choices(finish, "dashboard") == {"grid/house": "House: grid connection"}
    assert shown(finish)["dashboard"] == []
    assert finish["description_placeholders"] == {
        "present": "grid connection, unheard_of",
        "notices": "",
    }


@pytest.mark.parametrize("days", [0, 366])
async def test_history_depth_is_limited(
    hass: HomeAssistant, cloud: PretendCloud, days: int
) -> None:
    cloud.add("hunter2", "ada", HOUSE)
    finish = await submit(hass, await choose(hass), TYPED)

    with pytest.raises(InvalidData):
        await submit(hass, finish, {"history_days": days})
    result = await submit(hass, finish, {"history_days": 365})

    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (Unavailable("cannot_connect"), "cannot_connect"),
        (Unavailable("timeout"), "timeout"),
        (Unavailable("server_error"), "server_error"),
        (Unavailable("not_json"), "not_json"),
        (UnexpectedAnswer("unexpected_answer"), "unexpected_answer"),
        (UnexpectedAnswer("bad_request"), "bad_request"),
        (UnexpectedAnswer("not_found"), "not_found"),
        (RateLimited("rate_limited", timedelta(seconds=61)), "rate_limited"),
        (ValueError("password hunter2"), "unknown"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_recovery_from_each_failure(
    hass: HomeAssistant,
    cloud: PretendCloud,
    caplog: pytest.LogCaptureFixture,
    failure: Exception,
    error: str,
) -> None:
    """The form stays with what was typed, but for secrets, and the next try works."""
    cloud.add("hunter2", "ada", HOUSE)
    cloud.failures = [failure]
    sign_in = await choose(hass)

    failed = await submit(hass, sign_in, {**TYPED, "note": " by the door "})

    assert failed["step_id"] == "pretend"
    assert failed["errors"] == {"base": error}
    assert shown(failed) == {**TYPED, "password": None, "note": "by the door"}
    placeholders = failed["description_placeholders"]
    assert placeholders is not None
    assert placeholders["vendor"] == "Pretend"
    assert placeholders.get("minutes") == ("2" if error == "rate_limited" else None)
    assert "hunter2" not in caplog.text
    assert ("Unexpected ValueError" in caplog.text) == (error == "unknown")

    finish = await submit(hass, failed, TYPED)
    result = await submit(hass, finish, {})
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_wrong_password(hass: HomeAssistant, cloud: PretendCloud) -> None:
    cloud.add("hunter2", "ada", HOUSE)

    failed = await submit(hass, await choose(hass), {**TYPED, "password": "hunter3"})
    assert failed["errors"] == {"base": "invalid_auth"}
    finish = await submit(hass, failed, TYPED)

    assert finish["step_id"] == "finish"


async def test_account_without_meters(hass: HomeAssistant, cloud: PretendCloud) -> None:
    cloud.add("empty", "bob")
    cloud.add("hunter2", "ada", HOUSE)

    failed = await submit(hass, await choose(hass), {**TYPED, "password": "empty"})
    assert failed["errors"] == {"base": "no_meters"}
    finish = await submit(hass, failed, TYPED)
    result = await submit(hass, finish, {})

    assert result["result"].unique_id == "pretend_ada"


async def test_renewed_credentials_are_kept(
    hass: HomeAssistant, cloud: PretendCloud
) -> None:
    """A vendor may answer a sign-in with a token that replaces what was typed."""
    cloud.add("hunter2", "ada", HOUSE)
    cloud.renewed = {"password": "hunter2", "token": "t1"}

    finish = await submit(hass, await choose(hass), TYPED)
    result = await submit(hass, finish, {})

    assert result["data"]["credentials"] == {"password": "hunter2", "token": "t1"}


async def test_secrets_are_typed_blind(
    hass: HomeAssistant, cloud: PretendCloud
) -> None:
    form = await choose(hass)

    types = {
        key: selector.config.get("type")
        for key, selector in selectors(form).items()
        if isinstance(selector, TextSelector)
    }
    assert types == {
        "host": "text",
        "email": "email",
        "password": "password",
        "note": "text",
    }


async def test_blanks_around_what_was_typed(
    hass: HomeAssistant, cloud: PretendCloud
) -> None:
    """They get into a text by accident, but may be part of a password."""
    cloud.add(" hunter 2 ", "ada", HOUSE)
    typed = {**TYPED, "host": " meters.example\t", "password": " hunter 2 "}

    await submit(hass, await choose(hass), typed)

    assert [context.credentials for context in cloud.contexts] == [
        {**TYPED, "password": " hunter 2 "}
    ]
