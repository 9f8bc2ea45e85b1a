"""A whole recorded device, where it lies beside this repository."""

from datetime import UTC, datetime
import json
from pathlib import Path
from typing import Any

import pytest

from custom_components.meter_hub.metering.vocabulary import Quantity
from custom_components.meter_hub.vendors.onemeter.mapping import meter_of
from custom_components.meter_hub.vendors.onemeter.unknown import undescribed

from .bodies import NOW, read

RECORDED = (
    Path(__file__).parents[4] / "shared" / "fixtures" / "onemeter" / "device.json"
)
pytestmark = pytest.mark.skipif(not RECORDED.exists(), reason="it is not there")


@pytest.fixture
def device() -> dict[str, Any]:
    body: dict[str, Any] = json.loads(RECORDED.read_text())
    return body


def test_case_02_the_whole_recorded_device(device: dict[str, Any]) -> None:
    readings = read(device)
    assert {key: reading.value for key, reading in readings.items()} == {
        (Quantity.GRID_IMPORT, "total"): 141446.31,
        (Quantity.GRID_IMPORT, "zone1"): 141445.18,
        (Quantity.GRID_IMPORT, "zone2"): 1.13,
        (Quantity.USAGE_THIS_MONTH, "total"): 55.25,
        (Quantity.USAGE_PROJECTION, "total"): 76.547,
        (Quantity.READER_TEMPERATURE, "total"): 39,
        (Quantity.READER_BATTERY, "total"): 95,
        (Quantity.READER_BATTERY_VOLTAGE, "total"): 2.947,
        (Quantity.READER_BATTERY_LOW, "total"): False,
        (Quantity.READER_PROBLEM, "total"): False,
        (Quantity.READER_LED_POWER, "total"): 2,
        (Quantity.READER_BAUD_RATE, "total"): 9600,
        (Quantity.GOOD_READOUTS, "total"): 85,
        (Quantity.FAILED_FIRST_MESSAGES, "total"): 0,
        (Quantity.FAILED_SECOND_MESSAGES, "total"): 0,
        (Quantity.MULTIPLIER, "total"): 1,
        (Quantity.METER_PROBLEM, "total"): False,
        (Quantity.METER_ERROR, "total"): "0",
        (Quantity.METER_TIME, "total"): "11:56:46",
        (Quantity.METER_SERIAL, "total"): "0000000001",
        (Quantity.METER_ADDRESS, "total"): "9041160000000001",
        (Quantity.LAST_READING, "total"): datetime(2024, 5, 23, 7, tzinfo=UTC),
    }
    installed = datetime(2024, 5, 22, 9, 53, 6, tzinfo=UTC)
    assert readings[Quantity.USAGE_THIS_MONTH, "total"].since == installed


def test_the_rest_of_the_recorded_device(device: dict[str, Any]) -> None:
    assert undescribed(device, NOW) == {
        "0_9_2": "1999-11-30T00:00:00.000Z",
        "S_1_1_14": [78, 12, 209, 212],
        "S_1_1_16": [],
        "S_1_1_4": "2024-05-23T07:00:00.000Z",
    }
    meter = meter_of(device)
    assert (meter.name, meter.model, meter.serial) == (
        "Home",
        "ZPA meter",
        "0000000001",
    )
    assert (meter.firmware, meter.hardware) == ("0.20.8-cz", "4.7")
