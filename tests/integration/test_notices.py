"""What the vendor's data gives reason to tell a person, as repair issues."""

from dataclasses import replace
from datetime import timedelta

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.meter_hub.const import CONF_EXCLUDED_METERS, DOMAIN
from custom_components.meter_hub.metering.model import Meter, Notice, Reading, Update

from ..texts import TEXTS, placeholders
from .conftest import EntryFactory, Settle, value
from .scripted import HOUSE, IMPORT, Script

IMPLAUSIBLE = Notice("implausible_hours", HOUSE.id, {"count": "2", "limit": "100"})
DIFFERS = Notice("register_differs", HOUSE.id, {"days": "2026-11-02, 2026-11-05"})
MAINTENANCE = Notice("vendor_says", None, {"text": "Maintenance on Sunday"})
REFUSED = Notice(
    "feature_not_in_plan",
    None,
    {
        "feature": "EV Charger Monitoring",
        "until": "2026-11-17T11:30:00+00:00",
    },
)
SPENT = Notice("calls_spent", None, {"until": "2026-12-01T00:05:00+00:00"})
BY_NIGHT = Notice("read_by_night", None, {"count": "7", "plan": "Watt", "nights": "2"})
OFF = Notice(
    "balance_off", HOUSE.id, {"day": "2026-11-09", "kwh": "1.2", "share": "3.4"}
)
SWITCHED = Notice("source_changed", HOUSE.id, {})
BELOW_ZERO = Notice("home_below_zero", HOUSE.id, {})
LIBRARY = Notice("library_unsupported", None, {})
GREETING = Notice("vendor_says", None, {"text": "A new app is out"})


@pytest.fixture
async def entry(
    hass: HomeAssistant, make_entry: EntryFactory, script: Script, settle: Settle
) -> MockConfigEntry:
    """Return a loaded entry."""
    entry = make_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle()
    return entry


def issues(hass: HomeAssistant) -> dict[str, ir.IssueEntry]:
    """Return the active issues by their ids."""
    return {
        issue_id: issue
        for (domain, issue_id), issue in ir.async_get(hass).issues.items()
        if domain == DOMAIN and issue.active
    }


def keys(hass: HomeAssistant) -> list[str]:
    return sorted(issue.translation_key or "" for issue in issues(hass).values())


def tell(entry: MockConfigEntry, *notices: Notice) -> None:
    """Let the vendor tell the complete list of what holds now."""
    entry.runtime_data.async_take(Update(notices=notices))


@pytest.mark.parametrize(
    "notice",
    [
        IMPLAUSIBLE,
        DIFFERS,
        MAINTENANCE,
        REFUSED,
        SPENT,
        BY_NIGHT,
        OFF,
        SWITCHED,
        BELOW_ZERO,
        LIBRARY,
    ],
    ids=lambda notice: notice.key,
)
async def test_notice_reads_well(
    hass: HomeAssistant, entry: MockConfigEntry, notice: Notice
) -> None:
    """All that its text names is there."""
    tell(entry, notice)

    (issue,) = issues(hass).values()
    assert not issue.is_fixable
    assert issue.severity is ir.IssueSeverity.WARNING
    assert issue.translation_key == notice.key
    shown = issue.translation_placeholders
    assert shown is not None
    assert placeholders(TEXTS["issues"][notice.key]) <= shown.keys()
    assert shown.keys() >= notice.values.keys()
    assert shown["account"] == entry.title
    assert shown.get("meter") == (HOUSE.name if notice.meter else None)


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("2026-12-01T00:05:00+00:00", "2026-11-30 16:05"),
        ("2026-12-01T00:05:00", "2026-12-01T00:05:00"),
        ("2026-11-02, 2026-11-05", "2026-11-02, 2026-11-05"),
        ("2026-11-02", "2026-11-02"),
        ("2026-99-99T00:00:00+00:00", "2026-99-99T00:00:00+00:00"),
        ("3.4", "3.4"),
    ],
)
async def test_an_instant_is_shown_as_the_clock_on_the_wall_has_it(
    hass: HomeAssistant, entry: MockConfigEntry, told: str, shown: str
) -> None:
    """Whatever else a vendor tells stays as it is."""
    assert hass.config.time_zone == "US/Pacific"

    tell(entry, replace(MAINTENANCE, values={"text": told}))

    (issue,) = issues(hass).values()
    assert issue.translation_placeholders
    assert issue.translation_placeholders["text"] == shown


async def test_notices_come_and_go(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Each list replaces the one before; a call without a list says nothing."""
    tell(entry, IMPLAUSIBLE, MAINTENANCE, GREETING)
    assert keys(hass) == ["implausible_hours", "vendor_says", "vendor_says"]

    entry.runtime_data.async_take(Update())
    assert len(issues(hass)) == 3

    tell(entry, DIFFERS, GREETING)
    assert keys(hass) == ["register_differs", "vendor_says"]

    tell(entry)
    assert issues(hass) == {}


async def test_what_a_person_ignores_stays_ignored(
    hass: HomeAssistant, entry: MockConfigEntry, settle: Settle
) -> None:
    """Also when the count grows; but not another message of the vendor."""
    tell(entry, IMPLAUSIBLE, MAINTENANCE)
    for issue_id in issues(hass):
        ir.async_ignore_issue(hass, DOMAIN, issue_id, ignore=True)

    tell(entry, replace(IMPLAUSIBLE, values={"count": "3", "limit": "100"}), GREETING)

    ignored = {
        issue.translation_key: issue.dismissed_version is not None
        for issue in issues(hass).values()
    }
    assert ignored == {"implausible_hours": True, "vendor_says": False}


async def test_notices_outlive_a_restart(
    hass: HomeAssistant, entry: MockConfigEntry, settle: Settle
) -> None:
    """They are shown before the vendor says anything again."""
    tell(entry, IMPLAUSIBLE)
    assert await hass.config_entries.async_unload(entry.entry_id)
    for issue_id in issues(hass):
        ir.async_delete_issue(hass, DOMAIN, issue_id)

    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle()
    assert keys(hass) == ["implausible_hours"]

    await hass.config_entries.async_remove(entry.entry_id)
    await settle()
    assert issues(hass) == {}


async def test_meters_that_nobody_wants_are_not_spoken_of(
    hass: HomeAssistant, make_entry: EntryFactory, script: Script
) -> None:
    entry = make_entry(**{CONF_EXCLUDED_METERS: [HOUSE.id]})
    assert await hass.config_entries.async_setup(entry.entry_id)

    tell(entry, IMPLAUSIBLE, replace(DIFFERS, meter="unknown"), GREETING)

    assert keys(hass) == ["vendor_says"]


async def test_diagnostics_of_home_assistant_name_no_meter(
    hass: HomeAssistant,
    make_entry: EntryFactory,
    script: Script,
    settle: Settle,
    socket_enabled: None,
    hass_client: ClientSessionGenerator,
) -> None:
    """It puts the ids of all issues beside what we give; people send the file around."""
    assert await async_setup_component(hass, "diagnostics", {})
    lost = Meter("590012345678", "Barn")
    script.meters = (HOUSE, lost)
    entry = make_entry(meters=(HOUSE.id, lost.id))
    assert await hass.config_entries.async_setup(entry.entry_id)
    script.gone = frozenset({lost.id})
    await settle(timedelta(minutes=16))
    tell(entry, *(replace(each, meter=lost.id) for each in (IMPLAUSIBLE, GREETING)))
    assert keys(hass) == ["implausible_hours", "meter_missing", "vendor_says"]

    browser = await hass_client()
    file = await browser.get(f"/api/diagnostics/config_entry/{entry.entry_id}")
    text = await file.text()

    assert all(issue_id in text for issue_id in issues(hass))
    assert lost.id not in text


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ((100.0, 101.0, 102.0, 103.0), []),
        ((100.0, 90_000.0, 90_000.1, 90_000.2, 90_000.3), ["register_jumped"]),
        ((100.0, 90_000.0, 101.0), []),
    ],
)
async def test_register_that_went_on_from_elsewhere(
    hass: HomeAssistant,
    script: Script,
    entry: MockConfigEntry,
    settle: Settle,
    values: tuple[float, ...],
    told: list[str],
) -> None:
    """A person is told of a jump that lasts; the sum has none."""
    for each in values:
        script.readings = (Reading(IMPORT, each),)
        await settle(timedelta(minutes=15))

    assert keys(hass) == told
    shown = value(entry)
    assert isinstance(shown, float)
    assert 100 <= shown < 104
