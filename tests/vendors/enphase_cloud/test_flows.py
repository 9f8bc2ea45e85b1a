"""What follows from several series of the same time."""

import pytest

from custom_components.meter_hub.vendors.enphase_cloud.energy import (
    Energies,
    as_final_as,
    consumed,
    netted,
)
from custom_components.meter_hub.vendors.enphase_cloud.telemetry import (
    FIVE_MINUTES,
    Row,
)

from .answers import QUARTER, at, rows

MIDNIGHT = at("2026-06-10T00:00:00")


def test_rows_are_as_final_as_those_of_the_same_time() -> None:
    imported = rows(MIDNIGHT, [0.1] * 3)
    peers = (
        *rows(MIDNIGHT, [0.1]),
        *rows(MIDNIGHT + QUARTER, [0.1], final=False),
    )
    assert [row.final for row in as_final_as(imported, peers)] == [True, False, True]


def energies(found: tuple[Row, ...]) -> list[float | None]:
    """Return the kWh of rows."""
    return [row.energy for row in found]


def test_the_grid_gives_what_is_consumed_and_not_produced() -> None:
    production = rows(MIDNIGHT, [0.1, 0.5, 0.2])
    consumption = rows(MIDNIGHT, [0.3, 0.2, 0.2])
    imported, exported = netted(production, consumption)
    assert energies(imported) == [0.2, 0.0, 0.0]
    assert energies(exported) == [0.0, 0.3, 0.0]
    assert not any(row.final for row in (*imported, *exported))


def test_the_battery_takes_from_the_grid_and_gives_to_the_home() -> None:
    imported, exported = netted(
        rows(MIDNIGHT, [0.0, 0.0]),
        rows(MIDNIGHT, [0.3, 0.3]),
        charge=rows(MIDNIGHT, [0.2, 0.0]),
        discharge=rows(MIDNIGHT, [0.0, 0.5]),
    )
    assert energies(imported) == [0.5, 0.0]
    assert energies(exported) == [0.0, 0.2]


def test_nothing_follows_where_a_part_is_unknown() -> None:
    consumption = rows(MIDNIGHT, [0.3, None, 0.3, 0.3])
    production = rows(MIDNIGHT, [0.1, 0.1, None])
    imported, exported = netted(production, consumption)
    assert [row.start for row in imported] == [MIDNIGHT]
    assert [row.start for row in exported] == [MIDNIGHT]
    assert netted(production, consumption, charge=(), discharge=()) == ((), ())


def test_five_minutes_are_added_up_to_the_quarter_hours_of_the_meter() -> None:
    production = rows(MIDNIGHT, [0.1] * 5, step=FIVE_MINUTES)
    imported, _ = netted(production, rows(MIDNIGHT, [0.5, 0.5]))
    assert imported == (Row(MIDNIGHT, MIDNIGHT + QUARTER, 0.2, final=False),)


def test_the_home_consumes_what_comes_less_what_goes() -> None:
    home = consumed(
        production=rows(MIDNIGHT, [14.6]),
        imported=rows(MIDNIGHT, [23.1]),
        exported=rows(MIDNIGHT, [3.8]),
        charge=rows(MIDNIGHT, [8.5]),
        discharge=rows(MIDNIGHT, [6.8]),
    )
    assert home == (Row(MIDNIGHT, MIDNIGHT + QUARTER, 32.2, final=True),)


def test_the_home_is_as_final_as_all_that_it_follows_from() -> None:
    (row,) = consumed(
        rows(MIDNIGHT, [1.0], final=False), rows(MIDNIGHT, [1.0]), rows(MIDNIGHT, [0.5])
    )
    assert (row.energy, row.final) == (1.5, False)


@pytest.mark.parametrize(("exported", "final"), [(0.503, True), (0.9, False)])
def test_a_home_never_consumes_less_than_nothing(exported: float, final: bool) -> None:
    (row,) = consumed(
        rows(MIDNIGHT, [0.5]), rows(MIDNIGHT, [0.0]), rows(MIDNIGHT, [exported])
    )
    assert (row.energy, row.final) == (0, final)


def test_a_row_that_is_cut_gives_its_share_and_is_provisional() -> None:
    odd = Energies(rows(MIDNIGHT - FIVE_MINUTES, [0.3, 0.6]))
    assert odd.between(MIDNIGHT, MIDNIGHT + QUARTER) == Row(
        MIDNIGHT, MIDNIGHT + QUARTER, 0.4, final=False
    )
    dark = Energies(rows(MIDNIGHT - FIVE_MINUTES, [0.0, 0.0]))
    assert dark.between(MIDNIGHT, MIDNIGHT + QUARTER) == Row(
        MIDNIGHT, MIDNIGHT + QUARTER, 0.0
    )
