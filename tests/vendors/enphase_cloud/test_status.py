"""A status that nobody knows, and what the vendor calls it."""

from datetime import UTC, datetime

import pytest

from custom_components.meter_hub.metering.vocabulary import Quantity
from custom_components.meter_hub.vendors.enphase_cloud.client import Telemetry
from custom_components.meter_hub.vendors.enphase_cloud.known import KnownSystem
from custom_components.meter_hub.vendors.enphase_cloud.readings import state_readings
from custom_components.meter_hub.vendors.enphase_cloud.systems import (
    read_summary,
    read_systems,
)
from custom_components.meter_hub.vendors.enphase_cloud.telemetry import read_telemetry


@pytest.mark.parametrize(
    ("told", "word"),
    [
        ("Frozen Over", "Frozen Over"),
        (" frozen ", "frozen"),
        ("f" * 80, "f" * 50),
        (7, "7"),
        ("normal", None),
        ("Meter_Issue", None),
        ("zamarznięty", None),
        ("fro\nzen", None),
        ("", None),
        (None, None),
        ({"word": "frozen"}, None),
    ],
)
def test_an_unknown_status_keeps_its_word(told: object, word: str | None) -> None:
    """Wherever it is told."""
    (system,) = read_systems([{"system_id": 66, "status": told}])
    assert system.status_word == word
    assert read_summary({"status": told}).status_word == word
    read = read_telemetry(
        Telemetry.CONSUMPTION, {"intervals": [], "meta": {"status": told}}
    )
    assert read.meta is not None
    assert read.meta.status_word == word


def test_a_word_goes_with_its_status() -> None:
    (frozen,) = read_systems([{"system_id": 66, "status": "frozen"}])
    (well,) = read_systems([{"system_id": 66, "status": "normal"}])
    (silent,) = read_systems([{"system_id": 66}])
    known = None
    words = []
    for system in (frozen, silent, well, silent, frozen):
        known = KnownSystem.learn(known, system, datetime(2026, 10, 1, tzinfo=UTC))
        known = KnownSystem.from_dict(known.to_dict())
        words += [
            (reading.value, reading.told)
            for reading in state_readings(known)
            if reading.series.quantity is Quantity.SYSTEM_STATUS
        ]
    other, normal = ("other", "frozen"), ("normal", None)
    assert words == [other, other, normal, normal, other]
