"""Diagnostics help with a bug, and give nobody away."""

from dataclasses import replace
from datetime import timedelta
import json
from typing import Any

from homeassistant.components.diagnostics import REDACTED
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.meter_hub.metering.model import Meter, Reading, Series
from custom_components.meter_hub.metering.vocabulary import MeterStatus, Quantity
from custom_components.meter_hub.vendors.base import Field, FieldKind, Unavailable
from custom_components.meter_hub.vendors.onemeter.known import (
    Course,
    Identity,
    Knowledge,
    Known,
    Poll,
)
from custom_components.meter_hub.vendors.registry import VENDORS
from custom_components.meter_hub.vendors.stored import Pause

from .conftest import EntryFactory, Settle
from .scripted import START, Script

ID = "b7c1-9911-house-id"
OTHER_ID = "b7c1-9911-garage-id"
SECRETS = {
    "key": "open-sesame-key",
    "token": "token-of-a-session",
    "device_token": "5f" * 32,
    "note": "ring at Lovelace",
}
PERSONAL = {
    "name": "Villa Lovelace",
    "serial": "SN-590012345678",
    "address": "Baker Street 221b",
    "point": "PL0037720000123456",
    "activated": "2025-06-11",
    "client": "C11-household",
    "user": "lovelace",
    "account": "ada@example.org",
    "title": "Ada's account",
}

HOUSE = Meter(
    ID,
    PERSONAL["name"],
    manufacturer="Acme",
    model="X1",
    serial=PERSONAL["serial"],
    firmware="2.3",
)
GARAGE = Meter(OTHER_ID, f"Garage of {PERSONAL['name']}", parent=ID)
IMPORT = Series(ID, Quantity.GRID_IMPORT)
PRICES = {"valid_from": "2026-01-01", "import": {"total": 1.5}, "export": {}}


@pytest.fixture
async def entry(
    hass: HomeAssistant,
    script: Script,
    make_entry: EntryFactory,
    settle: Settle,
    monkeypatch: pytest.MonkeyPatch,
) -> MockConfigEntry:
    """Set up an account that is full of secrets and personal data."""
    monkeypatch.setitem(
        VENDORS,
        "scripted",
        replace(
            script.vendor(),
            currency="PLN",
            options=(
                Field(key="factor", kind=FieldKind.NUMBER),
                Field(key="note", kind=FieldKind.TEXT),
            ),
        ),
    )
    script.meters = (HOUSE, GARAGE)
    script.readings = (
        Reading(Series(ID, Quantity.METER_SERIAL), PERSONAL["serial"]),
        Reading(Series(ID, Quantity.METER_ADDRESS), PERSONAL["address"]),
        Reading(Series(ID, Quantity.ADDRESS), PERSONAL["address"]),
        Reading(Series(ID, Quantity.METERING_POINT), PERSONAL["point"]),
        Reading(Series(ID, Quantity.ACTIVATION_DATE), PERSONAL["activated"]),
        Reading(Series(ID, Quantity.CLIENT_TYPE), PERSONAL["client"]),
        Reading(Series(ID, Quantity.METER_STATUS), MeterStatus.STALE),
        Reading(Series(ID, Quantity.TARIFF), None),
        Reading(Series(ID, Quantity.LAST_READING), START),
        Reading(IMPORT, 1234.5, measured_at=START),
    )
    script.know(IMPORT, START - timedelta(hours=72), *([0.5] * 68))
    entry = make_entry(
        credentials={"api_key": SECRETS["key"]},
        account=PERSONAL["account"],
        meters=(ID, OTHER_ID),
        excluded_meters=[OTHER_ID],
        dashboard=[f"grid/{ID}"],
        history_days=5,
        factor=10,
        note=SECRETS["note"],
        prices=[PRICES | {"meter": ID}],
    )
    hass.config_entries.async_update_entry(entry, title=PERSONAL["title"])
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(timedelta(minutes=20))
    monkeypatch.setattr(
        entry.runtime_data.backend,
        "state",
        lambda: {
            "session": SECRETS["token"],
            "seen": {ID: START.isoformat(), OTHER_ID: None},
            "order": [OTHER_ID, 3, True],
            "username": PERSONAL["user"],
            "user_id": 4711,
            "device_token": SECRETS["device_token"],
            "logins": {PERSONAL["account"]: 2},
            "learned": {ID: {"direction": "inverted", "about": PERSONAL["user"]}},
        },
    )
    return entry


async def _diagnostics(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, entry: MockConfigEntry
) -> dict[str, Any]:
    assert await async_setup_component(hass, "diagnostics", {})
    diagnostics = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    assert isinstance(diagnostics, dict)
    return diagnostics


async def test_nothing_secret_or_personal_is_shown(
    hass: HomeAssistant, entry: MockConfigEntry, hass_client: ClientSessionGenerator
) -> None:
    """Whatever the vendor and the person put in, it stays here."""
    text = json.dumps(await _diagnostics(hass, hass_client, entry))

    for hidden in (ID, OTHER_ID, *SECRETS.values(), *PERSONAL.values()):
        assert hidden not in text


async def test_what_helps_with_a_bug_is_shown(
    hass: HomeAssistant, entry: MockConfigEntry, hass_client: ClientSessionGenerator
) -> None:
    """Meters are told apart by number; garage comes before house."""
    shown = await _diagnostics(hass, hass_client, entry)

    now = START + timedelta(minutes=20)
    assert shown["vendor"] == "scripted"
    assert shown["options"] == {
        "excluded_meters": ["meter 1"],
        "dashboard": ["grid of meter 2"],
        "history_days": 5,
        "factor": 10,
        "note": REDACTED,
        "prices": [PRICES | {"meter": "meter 2"}],
    }
    assert (shown["last_update_success"], shown["error"]) == (True, None)
    limits = shown["budget"].pop("limits")
    assert (limits["per_minute"], limits["per_month"]) == (None, None)
    assert shown["budget"] == {
        "calls_this_month": 3,
        "earliest": now.isoformat(),
        "next_call": (START + timedelta(minutes=30)).isoformat(),
    }
    assert shown["backend"] == {
        "session": REDACTED,
        "seen": {"meter 2": START.isoformat(), "meter 1": None},
        "order": ["meter 1", 3, True],
        "username": REDACTED,
        "user_id": REDACTED,
        "device_token": REDACTED,
        "logins": {REDACTED: 2},
        "learned": {"meter 2": {"direction": "inverted", "about": REDACTED}},
    }
    assert shown["meters"]["meter 2"] == {
        "id": REDACTED,
        "name": REDACTED,
        "kind": "grid",
        "manufacturer": "Acme",
        "model": "X1",
        "serial": REDACTED,
        "firmware": "2.3",
        "hardware": None,
        "parent": None,
        "active": True,
        "missing": False,
        "absence": None,
    }
    readings = shown["readings"]
    assert readings["meter 2 meter_serial total"]["value"] == REDACTED
    assert readings["meter 2 tariff total"]["value"] is None
    assert readings["meter 2 meter_status total"]["value"] == "stale"
    assert readings["meter 2 last_reading total"]["value"] == START.isoformat()
    assert readings["meter 2 grid_import total"] == {
        "value": 1234.5,
        "measured_at": START.isoformat(),
        "valid_until": None,
        "since": None,
        "estimated": False,
    }
    guard = shown["guards"]["meter 2 grid_import total"]
    assert (guard["published"], guard["identity"]) == (1234.5, REDACTED)
    assert shown["history"]["progress"] == 100
    assert shown["history"]["series"]["meter 2 grid_import total"] == {
        "floor": (START - timedelta(hours=72)).isoformat(),
        "explored": {
            "stretches": 1,
            "hours": 72,
            "first": (START - timedelta(hours=72)).isoformat(),
            "last": START.isoformat(),
        },
        "empty": {
            "stretches": 1,
            "hours": 4,
            "first": (START - timedelta(hours=4)).isoformat(),
            "last": START.isoformat(),
        },
        "open": [],
    }


async def test_state_of_a_real_backend_gives_nobody_away(
    hass: HomeAssistant,
    script: Script,
    make_entry: EntryFactory,
    settle: Settle,
    hass_client: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ids are parts of keys, and what stands under unknown codes may be a serial."""
    device = "0c1f2a77-dead-4eef-aaaa-123456789abc"
    let_go = "5f3a9b0c11d2e3f405162738"
    serials = {"96_1_0": 5900123456789, "0_0_9": "20190423", "96_1_1": 590012345678.0}
    meter = Meter(device, PERSONAL["name"])
    series = Series(device, Quantity.GRID_IMPORT)
    known = Known(
        meter,
        begins=START,
        last=START,
        course=Course(stalled={series.key: Pause(3, START)}),
        identities=(Identity(START, START, {"C_1_0": "20190423"}),),
        undescribed={**serials, "31_7_0": 4.25, "21_7_0": 1500},
    )
    knowledge = Knowledge(
        polls={device: Poll(START), let_go: Poll(START)},
        devices={device: known, let_go: replace(known, about=Meter(let_go, "Gone"))},
    )
    script.meters = (meter,)
    script.readings = (Reading(series, 1.0),)
    entry = make_entry(meters=(device,))
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle()
    (context, *_) = script.contexts
    backend = VENDORS["onemeter"].build(replace(context, state=knowledge.to_dict()))
    assert device in json.dumps(backend.state())
    monkeypatch.setattr(entry.runtime_data.backend, "state", backend.state)

    shown = (await _diagnostics(hass, hass_client, entry))["backend"]

    text = json.dumps(shown)
    for hidden in (device, let_go, PERSONAL["name"], *map(str, serials.values())):
        assert hidden not in text
    device_shown = shown["devices"]["meter 1"]
    assert device_shown["begins"] == START.isoformat()
    assert device_shown["undescribed"] == {
        **dict.fromkeys(serials, REDACTED),
        "31_7_0": 4.25,
        "21_7_0": 1500,
    }
    assert device_shown["course"]["stalled"]["grid_import/total/meter 1"]["tries"] == 3


async def test_held_value_is_shown(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hass_client: ClientSessionGenerator,
    script: Script,
    settle: Settle,
) -> None:
    """A value that no meter can reach is not published, but a bug report tells of it."""
    script.readings = (Reading(IMPORT, 90000.0),)
    await settle(timedelta(minutes=15))

    shown = await _diagnostics(hass, hass_client, entry)

    assert shown["readings"]["meter 2 grid_import total"]["value"] == 1234.5
    held = shown["held"]["meter 2 grid_import total"]
    assert (held["value"], held["reason"]) == (90000.0, "jump")


async def test_a_failure_is_shown_by_its_reason(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hass_client: ClientSessionGenerator,
    script: Script,
    settle: Settle,
) -> None:
    """The reason is a word of ours; the text of an error could be anything."""
    script.failure = Unavailable("cannot_connect", PERSONAL["address"])
    entry.runtime_data.backend.grace = timedelta(minutes=5)
    await settle(timedelta(minutes=20))

    shown = await _diagnostics(hass, hass_client, entry)

    assert (shown["last_update_success"], shown["error"]) == (False, "cannot_connect")
    assert shown["silent_since"] is not None
    assert PERSONAL["address"] not in json.dumps(shown)


async def test_a_meter_that_is_not_listed_is_shown(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hass_client: ClientSessionGenerator,
    script: Script,
    settle: Settle,
) -> None:
    """It goes after a while; the file says how far it is."""
    script.meters = (HOUSE,)
    script.period = timedelta(minutes=4)
    await settle(timedelta(minutes=6), timedelta(minutes=1))

    garage = (await _diagnostics(hass, hass_client, entry))["meters"]["meter 1"]

    assert garage["missing"]
    assert garage["absence"]["listings"] == 1


async def test_an_error_without_a_reason_is_shown_by_its_kind(
    hass: HomeAssistant, entry: MockConfigEntry, hass_client: ClientSessionGenerator
) -> None:
    """Its text may hold what the vendor answered."""
    entry.runtime_data.last_exception = ValueError(SECRETS["token"])

    shown = await _diagnostics(hass, hass_client, entry)

    assert shown["error"] == "ValueError"
    assert SECRETS["token"] not in json.dumps(shown)
