"""What an account's own sensors tell of its calls, and of what was chosen for it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import STATE_UNKNOWN
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.meter_hub.const import CONF_CREDENTIALS, DOMAIN
from custom_components.meter_hub.metering.budget import Limits
from custom_components.meter_hub.vendors.base import (
    AuthError,
    Field,
    FieldKind,
    Unavailable,
)
from custom_components.meter_hub.vendors.registry import VENDORS

from .conftest import EntryFactory, Settle
from .scripted import START, Script

USED = "sensor.scripted_account_calls_used_this_month"
LEFT = "sensor.scripted_account_calls_left_this_month"
NEXT = "sensor.scripted_account_next_poll"
PLAN = "sensor.scripted_account_plan"
QUARTER = timedelta(minutes=15)
CALLS = {"watt": 1_000, "kilowatt": 50_000}

type Own = Callable[..., MockConfigEntry]


def limits(credentials: Mapping[str, Any]) -> Limits:
    """Return what a plan allows."""
    return Limits(timedelta(0), per_month=CALLS.get(credentials.get("plan", "watt")))


@pytest.fixture
def own(
    script: Script, make_entry: EntryFactory, monkeypatch: pytest.MonkeyPatch
) -> Own:
    """Return a function that adds an entry of a vendor with plans."""
    choice = Field(
        key="plan", kind=FieldKind.CHOICE, default="watt", choices=("watt", "kilowatt")
    )
    vendor = script.vendor()
    monkeypatch.setitem(
        VENDORS,
        "scripted",
        replace(vendor, sign_in=(*vendor.sign_in, choice), limits=limits),
    )

    def add(plan: str = "watt", **details: Any) -> MockConfigEntry:
        return make_entry(credentials={"api_key": "sesame", "plan": plan}, **details)

    return add


def known(hass: HomeAssistant, entity_id: str) -> State:
    """Return the state of an entity."""
    state = hass.states.get(entity_id)
    assert state is not None, hass.states.async_entity_ids()
    return state


def count(hass: HomeAssistant) -> tuple[int, int]:
    """Return the calls used, and those left."""
    used, left = (int(known(hass, each).state) for each in (USED, LEFT))
    return used, left


def next_call(hass: HomeAssistant) -> datetime:
    """Return when the next call is promised."""
    return datetime.fromisoformat(known(hass, NEXT).state)


async def test_calls_are_counted_down(
    hass: HomeAssistant, script: Script, own: Own, settle: Settle
) -> None:
    """Each call is seen, and looking makes none."""
    assert await hass.config_entries.async_setup(own().entry_id)
    await settle()
    assert count(hass) == (1, 999)

    await settle(3 * QUARTER + timedelta(minutes=1), timedelta(minutes=1))

    assert len(script.calls) == 4
    assert count(hass) == (4, 996)
    assert next_call(hass) == START + 4 * QUARTER
    assert known(hass, USED).attributes["state_class"] == "total_increasing"


async def test_calls_that_failed_count(
    hass: HomeAssistant, script: Script, own: Own, settle: Settle
) -> None:
    """The sensors tell of them while those of the meters are unavailable."""
    assert await hass.config_entries.async_setup(own().entry_id)
    script.failure = Unavailable("timeout")

    await settle(timedelta(hours=3, minutes=1), timedelta(minutes=1))

    assert known(hass, "sensor.house_grid_import").state == "unavailable"
    assert count(hass) == (len(script.calls), 1_000 - len(script.calls))
    assert len(script.calls) > 10
    assert next_call(hass) > START + timedelta(hours=3)


async def test_accounts_with_one_key_share_the_count(
    hass: HomeAssistant, script: Script, own: Own, settle: Settle
) -> None:
    """A call of either is seen at both, without a call of its own."""
    assert await hass.config_entries.async_setup(own().entry_id)
    await settle()
    other = own(account="other", meters=("barn",))
    assert await hass.config_entries.async_setup(other.entry_id)
    await settle(timedelta(minutes=1))

    assert len(script.calls) == 2
    assert count(hass) == (2, 998)
    assert known(hass, "sensor.scripted_other_calls_used_this_month").state == "2"


async def test_a_month_begins_anew(
    hass: HomeAssistant,
    script: Script,
    own: Own,
    settle: Settle,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Also before its first call; the months are those of UTC."""
    freezer.move_to(datetime(2026, 11, 30, 23, 50, tzinfo=UTC))
    assert await hass.config_entries.async_setup(own().entry_id)
    await settle()
    assert count(hass) == (1, 999)

    await settle(timedelta(minutes=11), timedelta(minutes=1))

    assert len(script.calls) == 1
    assert count(hass) == (0, 1_000)


async def test_a_month_that_is_spent(
    hass: HomeAssistant,
    script: Script,
    own: Own,
    settle: Settle,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A person sees that nothing is left, and until when."""
    monkeypatch.setitem(CALLS, "watt", 3)
    assert await hass.config_entries.async_setup(own().entry_id)

    await settle(timedelta(hours=2), timedelta(minutes=1))

    assert len(script.calls) == 3
    assert count(hass) == (3, 0)
    assert next_call(hass) == datetime(2026, 12, 1, tzinfo=UTC)


async def test_no_call_is_promised_after_a_refusal(
    hass: HomeAssistant, script: Script, own: Own, settle: Settle
) -> None:
    """A person has to sign in first."""
    assert await hass.config_entries.async_setup(own().entry_id)
    script.failure = AuthError("invalid_auth")

    await settle(timedelta(hours=1), timedelta(minutes=1))

    assert known(hass, NEXT).state == STATE_UNKNOWN
    assert count(hass) == (2, 998)


async def test_the_plan_is_what_was_chosen(
    hass: HomeAssistant, own: Own, settle: Settle
) -> None:
    """One of a few words; another plan has other limits."""
    entry = own("kilowatt")
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle()
    assert known(hass, PLAN).state == "kilowatt"
    assert known(hass, PLAN).attributes["options"] == ["watt", "kilowatt"]
    assert count(hass) == (1, 49_999)

    hass.config_entries.async_update_entry(
        entry,
        data=entry.data | {CONF_CREDENTIALS: {"api_key": "sesame", "plan": "watt"}},
    )
    await hass.config_entries.async_reload(entry.entry_id)
    await settle()

    assert known(hass, PLAN).state == "watt"
    assert sum(count(hass)) == 1_000


@pytest.mark.parametrize(
    ("credentials", "state"), [({}, "watt"), ({"plan": "gigawatt"}, STATE_UNKNOWN)]
)
async def test_a_plan_that_nobody_chose(
    hass: HomeAssistant,
    own: Own,
    make_entry: EntryFactory,
    settle: Settle,
    credentials: dict[str, str],
    state: str,
) -> None:
    """What an older version stored has the default; a later one's is not guessed."""
    own("watt", account="other", meters=("barn",))
    entry = make_entry(credentials={"api_key": "other key", **credentials})

    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle()

    assert known(hass, PLAN).state == state


async def test_the_sensors_are_on_the_account(
    hass: HomeAssistant,
    own: Own,
    settle: Settle,
    entity_registry: er.EntityRegistry,
    device_registry: dr.DeviceRegistry,
) -> None:
    """They are about no meter, and about nothing that a person watches each day."""
    entry = own()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle()

    device = device_registry.async_get_device_by_identifier(
        (DOMAIN, "scripted_account"), entry.entry_id
    )
    assert device is not None
    assert device.entry_type is dr.DeviceEntryType.SERVICE
    entities = er.async_entries_for_device(entity_registry, device.id)
    assert {each.unique_id: each.entity_category for each in entities} == dict.fromkeys(
        [
            "scripted_account_history_progress",
            "scripted_account_calls_used",
            "scripted_account_calls_left",
            "scripted_account_next_call",
            "scripted_account_plan",
        ],
        er.EntityCategory.DIAGNOSTIC,
    )


async def test_a_vendor_that_counts_no_calls_has_no_count(
    hass: HomeAssistant, script: Script, make_entry: EntryFactory, settle: Settle
) -> None:
    """There is nothing to run out of."""
    assert await hass.config_entries.async_setup(make_entry().entry_id)
    await settle()

    sensors = {state.entity_id for state in hass.states.async_all("sensor")}
    assert sensors == {
        "sensor.house_grid_import",
        "sensor.scripted_account_history_import_progress",
    }
