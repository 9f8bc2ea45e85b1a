"""What chargers do now, as the newest powers tell it."""

from datetime import timedelta
from typing import Any

import pytest

from custom_components.meter_hub.vendors.enphase_cloud.charging import (
    Charging,
    read_charging,
)

from .answers import at

ASKED = at("2026-11-20T12:00:00")
SEEN = ASKED - timedelta(minutes=15)


def told(*chargers: dict[str, Any]) -> dict[str, Any]:
    """Return an answer with these chargers, all but those that say else seen now."""
    stamp = int(SEEN.timestamp())
    return {
        "devices": {"evse": [{"last_report_at": stamp} | each for each in chargers]}
    }


@pytest.mark.parametrize(
    "named",
    [
        {"serial_number": "202312101001"},
        {"id": "202312101001:698910101"},
        {"id": 202312101001},
        {"id": 1059640295, "name": "IQ EV Charger 202312101001"},
    ],
)
def test_a_charger_is_known_by_its_serial_wherever_it_is(named: dict[str, Any]) -> None:
    other = {"name": "Other 7", "power": 5}
    charger = named | {"power": "7400", "operational_mode": "CHARGING"}
    found = read_charging(told(other, charger), ["8", "202312101001"], ASKED)
    assert found == {"202312101001": Charging("Charging", 7400.0, SEEN)}


def test_the_only_charger_needs_no_name() -> None:
    """But one of several does, and so does one that is told beside another."""
    nameless = {"id": 1059640295, "operational_mode": "IDLE"}
    assert read_charging(told(nameless), ["1"], ASKED).keys() == {"1"}
    assert read_charging(told(nameless), ["1", "2"], ASKED) == {}
    assert read_charging(told(nameless, nameless), ["1"], ASKED) == {}
    assert read_charging(told(nameless), [], ASKED) == {}


@pytest.mark.parametrize(
    ("mode", "shown", "is_plugged"),
    [
        ("CHARGING", "Charging", True),
        ("IDLE", "Idle", True),
        ("PLUGGED_OUT", "Plugged out", False),
        ("FAULTED", "Faulted", None),
        ("SOMETHING_NEW", "Something new", None),
        (None, None, None),
        ("", None, None),
    ],
)
def test_modes(mode: str | None, shown: str | None, is_plugged: bool | None) -> None:
    found = read_charging(told({"id": "1", "operational_mode": mode}), ["1"], ASKED)
    assert (found["1"].mode, found["1"].is_plugged) == (shown, is_plugged)
    assert found["1"].watts is None


@pytest.mark.parametrize(
    ("age", "number"), [(timedelta(hours=1), 1), (timedelta(hours=1, seconds=1), 0)]
)
def test_what_is_old_is_no_news(age: timedelta, number: int) -> None:
    """The vendor goes on showing it for a week after the charger fell silent."""
    stamp = int((ASKED - age).timestamp())
    charger = {"id": "1", "last_report_at": stamp, "operational_mode": "CHARGING"}
    assert len(read_charging(told(charger), ["1"], ASKED)) == number
    assert read_charging(told(charger | {"last_report_at": None}), ["1"], ASKED) == {}


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"devices": None},
        {"devices": {"evse": None}},
        {"devices": {"evse": [None, 5]}},
    ],
)
def test_an_answer_without_chargers_says_nothing(data: dict[str, Any]) -> None:
    assert read_charging(data, ["1"], ASKED) == {}
