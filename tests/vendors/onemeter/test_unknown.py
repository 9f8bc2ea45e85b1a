"""Codes that the vendor describes and that have no word of their own."""

from datetime import UTC, datetime, timedelta
import math
from typing import Any

import pytest

from custom_components.meter_hub.metering.vocabulary import Quantity, Unit
from custom_components.meter_hub.vendors.onemeter.unknown import undescribed

from .bodies import NOW, device, read, recorded

DATE = datetime(2024, 5, 23, 7, tzinfo=UTC)


def described(values: dict[str, Any], units: dict[str, Any]) -> dict[str, Any]:
    """Return a device whose codes have these units."""
    meta = {
        code: {"unit": unit, "description": {"short": f"Label of {code}"}}
        for code, unit in units.items()
    }
    return device(values, meta=meta)


@pytest.mark.parametrize(
    ("vendors", "unit", "value"),
    [
        ("kWh", Unit.KILOWATT_HOUR, 12.5),
        ("Wh", Unit.KILOWATT_HOUR, 0.013),
        ("kvarh", Unit.KILOVAR_HOUR, 12.5),
        ("kW", Unit.WATT, 12500.0),
        ("kvar", Unit.VAR, 12500.0),
        ("kVA", Unit.VOLT_AMPERE, 12500.0),
        ("V", Unit.VOLT, 12.5),
        ("°C", Unit.CELSIUS, 12.5),
    ],
)
def test_a_number_with_a_known_unit(vendors: str, unit: Unit, value: float) -> None:
    body = described({"1_9_0": "12,5"}, {"1_9_0": vendors})
    reading = read(body)[Quantity.GENERIC, "1_9_0"]
    assert (reading.value, reading.unit) == (value, unit)
    assert reading.label == "Label of 1_9_0"
    assert reading.measured_at == DATE
    is_energy = unit in (Unit.KILOWATT_HOUR, Unit.KILOVAR_HOUR)
    assert (reading.valid_until is None) == is_energy


@pytest.mark.parametrize("unit", ["", "furlong", None, 5, []])
def test_a_number_without_a_known_unit_is_for_diagnostics_only(unit: object) -> None:
    body = described({"96_5_0": 7}, {"96_5_0": unit})
    assert (Quantity.GENERIC, "96_5_0") not in read(body)
    assert undescribed(body, NOW) == {"96_5_0": 7}


def test_what_is_no_number_is_for_diagnostics_only() -> None:
    values = {
        "S_1_1_14": [78, 12, 209, 212],
        "S_1_1_16": [2],
        "S_1_1_4": "2024-05-23T07:00:00.000Z",
        "96_1_0": "Jo of 5 Main Street",
        "96_1_1": {"deep": 1},
        "1_9_0": "",
        "96_1_2": 10**400,
        "96_1_3": [[1], math.inf],
        "Jo@example.org": 5,
        "L1": 5,
    }
    body = described(values, dict.fromkeys(values, "kWh"))
    assert not [key for key in read(body) if key[0] is Quantity.GENERIC]
    assert undescribed(body, NOW) == {
        "S_1_1_14": [78, 12, 209, 212],
        "S_1_1_16": [2],
        "S_1_1_4": "2024-05-23T07:00:00.000Z",
        # Texts could say anything.
        "96_1_0": "str",
        "96_1_1": "dict",
        "96_1_2": "int",
        "96_1_3": ["list", "float"],
        "1_9_0": "str",
    }


def test_codes_that_are_known_are_never_generic() -> None:
    body = recorded()
    body["lastReading"]["OBIS"] |= {"1_8_3": 0.0, "F_8_0": 5, "16_7_0": 0.3}
    codes = body["lastReading"]["OBIS"]
    body["meta"] = {code: {"unit": "kWh"} for code in codes}
    assert not [key for key in read(body) if key[0] is Quantity.GENERIC]


def test_there_are_no_more_than_64() -> None:
    values = {f"1_{n}_9": n for n in range(100, 200)}
    body = described(values, dict.fromkeys(values, "kWh"))
    generic = [key for key in read(body) if key[0] is Quantity.GENERIC]
    assert len(generic) == 64
    assert len(undescribed(device(values), NOW)) == 64


def test_a_power_without_a_word_gets_stale_too() -> None:
    body = described({"21_7_0": 1.5}, {"21_7_0": "kW"})
    reading = read(body)[Quantity.GENERIC, "21_7_0"]
    assert reading.value_at(DATE + timedelta(minutes=59)) == 1500
    assert reading.value_at(DATE + timedelta(minutes=61)) is None


def test_a_code_without_a_label_keeps_its_own_name() -> None:
    body = device({"1_9_0": 1}, meta={"1_9_0": {"unit": "kWh", "description": None}})
    assert read(body)[Quantity.GENERIC, "1_9_0"].label is None
