"""Time zones by their names."""

from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from custom_components.meter_hub.vendors.zones import load_zone

WARSAW = "Europe/Warsaw"


def test_a_zone_by_its_name() -> None:
    assert load_zone("Europe/Prague", WARSAW) == ZoneInfo("Europe/Prague")


@pytest.mark.parametrize(
    "odd", ["Mars/Olympus", "../../etc/passwd", "Europe", "x" * 5000, "\x00"]
)
def test_a_name_that_no_zone_has_or_that_is_none(odd: str) -> None:
    assert load_zone(odd, WARSAW) == ZoneInfo(WARSAW)
    assert load_zone(odd, odd) is UTC
