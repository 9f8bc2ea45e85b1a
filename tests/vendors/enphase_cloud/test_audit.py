"""Whether the vendor's series fit together."""

import pytest

from custom_components.meter_hub.vendors.enphase_cloud.audit import balance

from .answers import QUARTER, at, rows

START = at("2026-06-10T00:00:00")
QUARTERS = 96


def off(told: float, *, quarters: int = QUARTERS) -> tuple[float, bool] | None:
    """Return by how much a day is off where 9.6 kWh follow and others are told."""
    imbalance = balance(
        home=rows(START, [told / quarters] * quarters),
        production=rows(START, [0.2] * quarters),
        imported=rows(START, [0.1] * quarters),
        exported=rows(START, [0.15] * quarters),
        charge=rows(START, [0.1] * quarters),
        discharge=rows(START, [0.05] * quarters),
    )
    return (imbalance.energy, imbalance.is_too_much) if imbalance else None


@pytest.mark.parametrize(
    ("told", "energy", "is_too_much"),
    [
        (9.6, 0, False),
        (9.7, 0.1, False),
        (9.5, -0.1, False),
        (10.0, 0.4, True),
        (9.2, -0.4, True),
    ],
)
def test_up_to_two_percent_may_lack(
    told: float, energy: float, is_too_much: bool
) -> None:
    found = off(told)
    assert found is not None
    assert found[0] == pytest.approx(energy, abs=1e-4)
    assert found[1] is is_too_much


def test_of_a_little_even_much_is_too_little_to_tell() -> None:
    home = rows(START, [0.0005] * QUARTERS)
    none = rows(START, [0.0] * QUARTERS)
    imported = rows(START, [0.0001] * QUARTERS)
    imbalance = balance(home, none, imported, none)
    assert imbalance is not None
    assert imbalance.energy == pytest.approx(0.0384)
    assert imbalance.share == pytest.approx(0.8)
    assert not imbalance.is_too_much


def test_a_published_day_fits() -> None:
    """A real day's sums, spread evenly: 32.1 kWh told, 32.2 computed."""
    parts = (32.1, 14.6, 23.1, 3.8, 8.5, 6.8)
    imbalance = balance(*(rows(START, [kwh / 96] * 96) for kwh in parts))
    assert imbalance is not None
    assert imbalance.energy == pytest.approx(-0.1, abs=1e-3)
    assert not imbalance.is_too_much


def test_swapped_import_and_export_are_too_much() -> None:
    parts = (32.1, 14.6, 3.8, 23.1, 8.5, 6.8)
    imbalance = balance(*(rows(START, [kwh / 96] * 96) for kwh in parts))
    assert imbalance is not None
    assert imbalance.is_too_much


def test_less_than_half_a_day_says_nothing() -> None:
    assert off(4.8, quarters=47) is None
    assert off(4.8, quarters=48) is not None


def test_only_what_is_known_of_all_is_compared() -> None:
    lacking: list[float | None] = [None] * 20 + [0.1] * 76
    zeros = rows(START, [0.0] * QUARTERS)
    imbalance = balance(
        rows(START, lacking), zeros, rows(START, [0.1] * QUARTERS), zeros
    )
    assert imbalance is not None
    assert imbalance.energy == 0


def test_a_battery_of_which_nothing_is_known_leaves_nothing_to_compare() -> None:
    zeros = rows(START, [0.0] * QUARTERS)
    assert balance(zeros, zeros, zeros, zeros, charge=(), discharge=()) is None


def test_what_meters_have_not_told_for_good_is_not_compared() -> None:
    """Of an evening that is told in part, home and grid don't fit together yet."""
    morning, evening = 60, QUARTERS - 60
    later = START + 60 * QUARTER
    none = rows(START, [0.0] * QUARTERS)
    whole = rows(START, [0.1] * QUARTERS)
    partial = (
        *rows(START, [0.1] * morning),
        *rows(later, [0.0] * evening, final=False),
    )
    for home, imported in ((partial, whole), (whole, partial)):
        imbalance = balance(home, none, imported, none)
        assert imbalance is not None
        assert imbalance.energy == 0
    assert (
        balance(rows(START, [0.1] * QUARTERS, final=False), none, whole, none) is None
    )
