"""What the declaration says of announcements, readings and credentials."""

from datetime import UTC, datetime
from typing import Any

import jwt
import pytest

from custom_components.meter_hub.metering.model import Meter, Reading, Series
from custom_components.meter_hub.metering.vocabulary import MeterKind, Quantity
from custom_components.meter_hub.vendors.envoy_local import ENVOY_LOCAL

END = datetime(2027, 5, 1, 12, tzinfo=UTC)
TOKEN = jwt.encode({"exp": int(END.timestamp())}, "k" * 32, "HS256")


def is_detail(
    kind: MeterKind, quantity: Quantity, channel: str = "total", **reading: Any
) -> bool:
    """Ask the declaration about a reading."""
    assert ENVOY_LOCAL.is_detail is not None
    meter = Meter("1", "Device", kind)
    return ENVOY_LOCAL.is_detail(
        meter, Reading(Series("1", quantity, channel), 1.0, **reading)
    )


def test_a_gateway_is_known_by_its_serial() -> None:
    discovery = ENVOY_LOCAL.discovery
    assert discovery is not None

    found = discovery.read("192.0.2.7", {"serialnum": "122300001234"})
    assert found is not None
    assert (found.unique_id, found.title) == ("122300001234", "Envoy 122300001234")
    assert found.credentials == {"host": "192.0.2.7"}
    assert discovery.read("192.0.2.7", {"protovers": "8.2.4286"}) is None
    assert discovery.read("192.0.2.7", {"serialnum": None}) is None


@pytest.mark.parametrize(
    ("kind", "quantity", "detail"),
    [
        (MeterKind.GATEWAY, Quantity.SOLAR_POWER, False),
        (MeterKind.GATEWAY, Quantity.GRID_IMPORT, False),
        (MeterKind.INVERTER, Quantity.SOLAR, False),
        (MeterKind.INVERTER, Quantity.LAST_READING, True),
        (MeterKind.INVERTER, Quantity.VOLTAGE, True),
        (MeterKind.BATTERY, Quantity.BATTERY_LEVEL, False),
        (MeterKind.BATTERY, Quantity.BATTERY_POWER, True),
        (MeterKind.CONTROLLER, Quantity.GRID_CONNECTED, False),
    ],
)
def test_few_entities_are_on(kind: MeterKind, quantity: Quantity, detail: bool) -> None:
    assert is_detail(kind, quantity) == detail
    assert is_detail(kind, quantity, "l2"), "phases are for those who look for them"


def test_only_a_calculated_grid_is_off() -> None:
    """Batteries without current transformers have nothing better than estimates."""
    for quantity in (Quantity.GRID_IMPORT, Quantity.GRID_EXPORT):
        assert is_detail(MeterKind.GATEWAY, quantity, estimated=True)
    for quantity in (Quantity.BATTERY_CHARGE, Quantity.BATTERY_DISCHARGE):
        assert not is_detail(MeterKind.GATEWAY, quantity, estimated=True)
    assert not is_detail(MeterKind.GATEWAY, Quantity.GRID_POWER, estimated=True)


@pytest.mark.parametrize(
    ("credentials", "end"),
    [
        ({"token": TOKEN, "manual_token": True}, END),
        ({"token": TOKEN, "manual_token": False}, None),
        ({"token": TOKEN}, None),
        ({"token": "nonsense", "manual_token": True}, None),
        ({"manual_token": True}, None),
        ({}, None),
    ],
)
def test_only_a_pasted_token_ends(
    credentials: dict[str, Any], end: datetime | None
) -> None:
    assert ENVOY_LOCAL.ends_at is not None
    assert ENVOY_LOCAL.ends_at(credentials) == end
