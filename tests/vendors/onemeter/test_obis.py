"""Values in whatever form they come."""

from datetime import UTC, datetime
import math

import pytest

from custom_components.meter_hub.vendors.onemeter.obis import (
    by_code,
    to_instant,
    to_number,
    to_text,
)


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (12345.67, 12345.67),
        (0, 0.0),
        ("12345.67", 12345.67),
        ("0,41", 0.41),
        (" -1,5 ", -1.5),
        ("1.2e3", 1200.0),
        (25.210000000002765, 25.21),
        (2305.9994, 2305.999),
    ],
)
def test_numbers_and_their_texts(value: object, number: float) -> None:
    assert to_number(value) == number


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        " ",
        True,
        False,
        [1],
        {"value": 1},
        math.nan,
        math.inf,
        "NaN",
        "inf",
        "1_000",
        "1,234.5",
        "٣",
        "kWh",
        10**400,
        42949672.95,
        "42949672,95",
    ],
)
def test_what_is_no_number_is_missing_and_never_zero(value: object) -> None:
    assert to_number(value) is None


def test_texts_keep_their_zeros() -> None:
    assert to_text("0000000001") == "0000000001"
    assert to_text(11722779) == "11722779"
    assert to_text("  ") is None
    assert to_text(True) is None
    assert to_text(["G11"]) is None


def test_instants_are_utc() -> None:
    seven = datetime(2024, 5, 23, 7, tzinfo=UTC)
    assert to_instant("2024-05-23T07:00:00.000Z") == seven
    assert to_instant("2024-05-23T09:00:00+02:00") == seven
    assert to_instant("2024-05-23T07:00:00") == seven
    for nonsense in (1716447600, "yesterday", None, "0001-01-01T00:00:00+14:00"):
        assert to_instant(nonsense) is None


def test_older_spellings_of_a_code_name_the_same_register() -> None:
    assert by_code({"F_8_0": 1, "F_8_2": 2, "F_F_0": 0}) == {
        "15_8_0": 1,
        "15_8_2": 2,
        "F_F_0": 0,
    }
    assert by_code({"F_8_0": 1, "15_8_0": 5}) == {"15_8_0": 5}
    assert by_code(["1_8_0"]) == {}
