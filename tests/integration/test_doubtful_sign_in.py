"""A vendor that refuses to sign in: a wrong password, or a bad day of the vendor."""

from datetime import timedelta

from homeassistant.config_entries import (
    SOURCE_REAUTH,
    ConfigEntryState,
    ConfigFlowResult,
)
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.meter_hub.const import DOMAIN
from custom_components.meter_hub.vendors.base import (
    AuthError,
    DoubtfulSignIn,
    Unavailable,
    UnexpectedAnswer,
)

from .conftest import EntryFactory, Settle
from .dialogs import assert_readable
from .scripted import HOUR, Script

DAY = timedelta(days=1)
CALM = timedelta(minutes=15)
SENSOR = "sensor.house_grid_import"


@pytest.fixture
async def refused(
    hass: HomeAssistant, script: Script, make_entry: EntryFactory, settle: Settle
) -> MockConfigEntry:
    """Return a loaded entry that the vendor refuses to sign in, from now on."""
    entry = make_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(timedelta(minutes=10))
    script.failure = DoubtfulSignIn("sign_in_refused")
    return entry


def dialogs(hass: HomeAssistant) -> list[ConfigFlowResult]:
    """Return the open dialogs in which a person is asked to sign in again."""
    return [
        flow
        for flow in hass.config_entries.flow.async_progress_by_handler(DOMAIN)
        if flow["context"]["source"] == SOURCE_REAUTH
    ]


def silence(hass: HomeAssistant, entry: MockConfigEntry) -> ir.IssueEntry | None:
    """Return the issue that tells of a silent vendor."""
    issue_id = f"vendor_silent_{entry.entry_id}"
    return ir.async_get(hass).async_get_issue(DOMAIN, issue_id)


def state(hass: HomeAssistant) -> str:
    """Return the state of the sensor, which must be there."""
    found = hass.states.get(SENSOR)
    assert found is not None
    return found.state


async def test_bad_day_of_the_vendor_asks_nobody_to_sign_in(
    hass: HomeAssistant, refused: MockConfigEntry, script: Script, settle: Settle
) -> None:
    """Outages that look like a wrong password last hours, and pass by themselves."""
    await settle(timedelta(hours=23), CALM)
    assert state(hass) == STATE_UNAVAILABLE
    assert refused.runtime_data.last_exception.translation_key == "sign_in_refused"
    assert dialogs(hass) == []

    script.failure = None
    await settle(timedelta(minutes=20))
    assert state(hass) == "100.0"
    assert dialogs(hass) == []


async def test_person_is_asked_after_a_day_while_polling_goes_on(
    hass: HomeAssistant, refused: MockConfigEntry, script: Script, settle: Settle
) -> None:
    """The dialog names both causes; it goes away once the vendor answers."""
    await settle(DAY + HOUR, CALM)

    (dialog,) = dialogs(hass)
    assert silence(hass, refused) is None
    form = await hass.config_entries.flow.async_configure(dialog["flow_id"])
    assert form["step_id"] == "reauth_confirm"
    assert form["errors"] == {"base": "sign_in_refused"}
    assert_readable(form)

    calls = len(script.calls)
    await settle(DAY, CALM)
    assert 20 <= len(script.calls) - calls <= 24, "once an hour"
    assert [flow["flow_id"] for flow in dialogs(hass)] == [dialog["flow_id"]]

    script.failure = None
    await settle(HOUR + CALM, CALM)
    assert state(hass) == "100.0"
    assert dialogs(hass) == []
    issue_id = f"config_entry_reauth_{DOMAIN}_{refused.entry_id}"
    assert ir.async_get(hass).async_get_issue("homeassistant", issue_id) is None


async def test_new_outage_is_a_new_question(
    hass: HomeAssistant, refused: MockConfigEntry, script: Script, settle: Settle
) -> None:
    """Who closes the dialog is left in peace, until the vendor answered in between."""
    await settle(DAY + HOUR, CALM)
    (dialog,) = dialogs(hass)
    hass.config_entries.flow.async_abort(dialog["flow_id"])
    await settle(DAY, CALM)
    assert dialogs(hass) == []

    script.failure = None
    await settle(HOUR + CALM, CALM)
    script.failure = DoubtfulSignIn("sign_in_refused")
    await settle(DAY + HOUR, CALM)
    assert len(dialogs(hass)) == 1


async def test_restart_asks_again(
    hass: HomeAssistant, refused: MockConfigEntry, script: Script, settle: Settle
) -> None:
    """A dialog does not outlive it, and the day is not counted anew."""
    await settle(DAY + HOUR, CALM)
    assert await hass.config_entries.async_reload(refused.entry_id)
    await hass.async_block_till_done()

    assert len(dialogs(hass)) == 1
    assert silence(hass, refused) is None

    script.failure = None
    await settle(HOUR + CALM, CALM)
    assert dialogs(hass) == []


async def test_first_set_up_that_is_refused_for_a_day(
    hass: HomeAssistant, make_entry: EntryFactory, script: Script, settle: Settle
) -> None:
    """Home Assistant goes on trying; a person is asked, and no longer once it works."""
    script.failure = DoubtfulSignIn("sign_in_refused")
    entry = make_entry()
    assert not await hass.config_entries.async_setup(entry.entry_id)
    await settle(timedelta(hours=23), CALM)
    assert dialogs(hass) == []

    await settle(2 * HOUR, CALM)
    assert len(dialogs(hass)) == 1
    assert silence(hass, entry) is None

    script.failure = None
    await settle(HOUR, CALM)
    assert entry.state is ConfigEntryState.LOADED
    assert dialogs(hass) == []


async def test_outage_without_a_doubt_is_no_question(
    hass: HomeAssistant, refused: MockConfigEntry, script: Script, settle: Settle
) -> None:
    """What was the matter last decides: signing in helps nobody to reach a dead host."""
    await settle(timedelta(hours=20), CALM)
    script.failure = Unavailable("cannot_connect")
    await settle(timedelta(hours=6), CALM)
    assert dialogs(hass) == []
    assert silence(hass, refused) is not None

    script.failure = DoubtfulSignIn("sign_in_refused")
    await settle(2 * HOUR, CALM)
    assert len(dialogs(hass)) == 1
    assert silence(hass, refused) is None


async def test_useless_answer_ends_the_silence_but_no_question(
    hass: HomeAssistant, refused: MockConfigEntry, script: Script, settle: Settle
) -> None:
    """The dialog stays until there are values, however the vendor fails meanwhile."""
    await settle(DAY + HOUR, CALM)
    script.failure = UnexpectedAnswer("unexpected_answer")
    await settle(2 * HOUR, CALM)
    assert len(dialogs(hass)) == 1

    script.failure = None
    await settle(HOUR + CALM, CALM)
    assert dialogs(hass) == []


async def test_wrong_password_for_certain_stops_the_polling(
    hass: HomeAssistant, refused: MockConfigEntry, script: Script, settle: Settle
) -> None:
    """The one dialog that is open will do."""
    await settle(DAY + HOUR, CALM)
    script.failure = AuthError("invalid_auth")
    await settle(2 * HOUR, CALM)
    calls = len(script.calls)
    await settle(DAY, CALM)

    assert len(script.calls) == calls
    assert len(dialogs(hass)) == 1
