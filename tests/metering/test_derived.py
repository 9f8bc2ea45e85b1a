"""Series that follow from others: balance, cost and compensation."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from custom_components.meter_hub.metering.derived import Derived, derived_series
from custom_components.meter_hub.metering.model import Series
from custom_components.meter_hub.metering.prices import PriceList, Prices
from custom_components.meter_hub.metering.spans import HOUR, Spans
from custom_components.meter_hub.metering.vocabulary import Channel, Quantity

from .prosumer import ENERGIES, MIDNIGHT, book, series

ZONE1, ZONE2, ZONE3 = Channel.ZONE1, Channel.ZONE2, Channel.ZONE3
TOTAL = Channel.TOTAL

NINTH, NOON = MIDNIGHT + 10 * HOUR, MIDNIGHT + 13 * HOUR

type Energies = Mapping[Series, dict[datetime, float]]


def prices(**per_kwh: Mapping[str, float]) -> dict[str, PriceList]:
    """Return prices of the meter that always held."""
    words = {"imports": Quantity.GRID_IMPORT, "exports": Quantity.GRID_EXPORT}
    by_direction = {words[word]: channels for word, channels in per_kwh.items()}
    return {"m": PriceList([Prices(date(2020, 1, 1), by_direction)], UTC)}


def derive(
    energies: Energies,
    costs: Mapping[str, PriceList] | None = None,
    *,
    balance: bool = True,
    floors: Mapping[Series, datetime] | None = None,
) -> dict[Series, dict[datetime, float]]:
    """Return the hours of everything that follows from the energies."""
    books = {each: book(hours) for each, hours in energies.items()}
    return {
        derived.target: derived.hours(books, derived.beginnings(floors or {}))
        for derived in derived_series(books.keys(), costs or {}, balance=balance)
    }


def test_a_prosumers_day_is_netted_by_hour_and_zone() -> None:
    """Only the 13 hours that both directions have; the newest is unknown, not 0."""
    rows = derive(ENERGIES)

    sums = {each: round(sum(hours.values()), 3) for each, hours in rows.items()}
    assert sums == {
        series(Quantity.BALANCED_IMPORT): 5.517,
        series(Quantity.BALANCED_IMPORT, ZONE1): 3.326,
        series(Quantity.BALANCED_IMPORT, ZONE2): 2.191,
        series(Quantity.BALANCED_EXPORT): 0.303,
        series(Quantity.BALANCED_EXPORT, ZONE1): 0.303,
        series(Quantity.BALANCED_EXPORT, ZONE2): 0.0,
    }
    for hours in rows.values():
        assert sorted(hours) == [MIDNIGHT + number * HOUR for number in range(13)]
    assert rows[series(Quantity.BALANCED_IMPORT)][NINTH] == 0.0
    assert rows[series(Quantity.BALANCED_EXPORT)][NINTH] == 0.303


def test_export_that_arrives_settles_the_hour() -> None:
    late = {
        each: hours | ({NOON: 0.02} if each.channel == ZONE2 else {NOON: 0.0})
        for each, hours in ENERGIES.items()
        if each.quantity is Quantity.GRID_EXPORT
    }
    rows = derive({**ENERGIES, **late})

    assert rows[series(Quantity.BALANCED_IMPORT)][NOON] == pytest.approx(0.459)
    assert rows[series(Quantity.BALANCED_EXPORT)][NOON] == 0.0


def test_a_meter_without_zones_is_netted_as_a_whole() -> None:
    rows = derive(
        {
            series(Quantity.GRID_IMPORT): {NOON: 0.5},
            series(Quantity.GRID_EXPORT): {NOON: 0.75},
        }
    )

    assert rows == {
        series(Quantity.BALANCED_IMPORT): {NOON: 0.0},
        series(Quantity.BALANCED_EXPORT): {NOON: 0.25},
    }


def test_zones_that_one_direction_lacks_are_not_netted() -> None:
    """The whole is netted where the zones can't be."""
    rows = derive(
        {
            series(Quantity.GRID_IMPORT): {NOON: 1.5},
            series(Quantity.GRID_IMPORT, ZONE1): {NOON: 1.0},
            series(Quantity.GRID_IMPORT, ZONE2): {NOON: 0.5},
            series(Quantity.GRID_EXPORT): {NOON: 0.75},
        }
    )

    assert rows == {
        series(Quantity.BALANCED_IMPORT): {NOON: 0.75},
        series(Quantity.BALANCED_EXPORT): {NOON: 0.0},
    }


@pytest.mark.parametrize("balance", [True, False])
def test_nothing_is_netted_without_export_or_by_other_vendors(balance: bool) -> None:
    energies = {series(Quantity.GRID_IMPORT): {NOON: 1.5}}
    if not balance:
        energies[series(Quantity.GRID_EXPORT)] = {NOON: 0.5}

    assert derive(energies, balance=balance) == {}


def test_a_prosumer_pays_for_the_balance() -> None:
    rows = derive(
        ENERGIES,
        prices(
            imports={ZONE1: 1.0, ZONE2: 0.5},
            exports={ZONE1: 0.4, ZONE2: 0.2},
        ),
    )

    cost = rows[series(Quantity.IMPORT_COST)]
    compensation = rows[series(Quantity.EXPORT_COMPENSATION)]
    assert sum(cost.values()) == pytest.approx(3.326 * 1.0 + 2.191 * 0.5)
    assert sum(compensation.values()) == pytest.approx(0.303 * 0.4)
    assert NOON not in cost
    assert NOON not in compensation


def test_elsewhere_the_metered_energy_is_paid_for() -> None:
    rows = derive(
        ENERGIES,
        prices(imports={ZONE1: 1.0, ZONE2: 0.5}, exports={ZONE1: 0.4, ZONE2: 0.2}),
        balance=False,
    )

    assert rows.keys() == {
        series(Quantity.IMPORT_COST),
        series(Quantity.EXPORT_COMPENSATION),
    }
    cost = rows[series(Quantity.IMPORT_COST)]
    assert sum(cost.values()) == pytest.approx(3.757 * 1.0 + 2.670 * 0.5)
    assert cost[NOON] == pytest.approx(0.479 * 0.5), "export need not be known"
    assert sum(rows[series(Quantity.EXPORT_COMPENSATION)].values()) == pytest.approx(
        0.734 * 0.4
    )


def test_a_direction_without_prices_costs_nothing_that_is_known() -> None:
    rows = derive(ENERGIES, prices(imports={ZONE1: 1.0, ZONE2: 0.5}))

    assert series(Quantity.IMPORT_COST) in rows
    assert series(Quantity.EXPORT_COMPENSATION) not in rows


def test_a_later_price_revalues_nothing() -> None:
    """1000 kWh at 1.00 and one more at 1.20 cost 1001.20."""
    first = datetime(2026, 6, 30, 12, tzinfo=UTC)
    hours = {first + number * HOUR: 100.0 for number in range(10)}
    last = first + 10 * HOUR
    by_day = {
        day: Prices(date.fromisoformat(day), {Quantity.GRID_IMPORT: {TOTAL: price}})
        for day, price in (("2026-06-01", 1.0), ("2026-07-01", 1.2))
    }
    warsaw = ZoneInfo("Europe/Warsaw")
    before = derive(
        {series(Quantity.GRID_IMPORT): hours},
        {"m": PriceList([by_day["2026-06-01"]], warsaw)},
    )[series(Quantity.IMPORT_COST)]
    after = derive(
        {series(Quantity.GRID_IMPORT): hours | {last: 1.0}},
        {"m": PriceList(by_day.values(), warsaw)},
    )[series(Quantity.IMPORT_COST)]

    assert sum(before.values()) == pytest.approx(1000.0)
    assert sum(after.values()) == pytest.approx(1001.2)
    assert before.items() <= after.items()
    assert after[last] == pytest.approx(1.2)


def test_hours_before_the_first_price_cost_nothing_that_is_known() -> None:
    first = datetime(2026, 6, 30, 22, tzinfo=UTC)
    hours = {first + number * HOUR: 1.0 for number in range(-2, 2)}
    prices = PriceList(
        [Prices(date(2026, 7, 1), {Quantity.GRID_IMPORT: {TOTAL: 2.0}})],
        ZoneInfo("Europe/Warsaw"),
    )

    rows = derive({series(Quantity.GRID_IMPORT): hours}, {"m": prices})

    assert rows[series(Quantity.IMPORT_COST)] == {first: 2.0, first + HOUR: 2.0}


@pytest.mark.parametrize("zones", [(TOTAL,), (ZONE1, ZONE2)])
def test_nothing_was_exported_before_there_were_panels(zones: tuple[str, ...]) -> None:
    """The vendor has export from the fourth hour on; one hour of it is not there yet."""
    share = 1 / len(zones)
    energies = {
        series(quantity, zone): {
            MIDNIGHT + number * HOUR: energy * share for number, energy in hours.items()
        }
        for quantity, hours in (
            (Quantity.GRID_IMPORT, dict.fromkeys(range(6), 1.0)),
            (Quantity.GRID_EXPORT, {3: 0.25, 4: 1.5}),
        )
        for zone in zones
    }
    floors = {
        each: MIDNIGHT
        + (2.5 * HOUR if each.quantity is Quantity.GRID_EXPORT else -HOUR)
        for each in energies
    }

    rows = derive(energies, prices(imports={TOTAL: 2.0}), floors=floors)

    numbers = (0, 1, 3, 4)
    for quantity, expected in (
        (Quantity.BALANCED_IMPORT, (1.0, 1.0, 0.75, 0.0)),
        (Quantity.BALANCED_EXPORT, (0.0, 0.0, 0.0, 0.5)),
        (Quantity.IMPORT_COST, (2.0, 2.0, 1.5, 0.0)),
    ):
        assert rows[series(quantity)] == {
            MIDNIGHT + number * HOUR: value
            for number, value in zip(numbers, expected, strict=True)
        }


@pytest.mark.parametrize(
    ("first_import", "first_export"),
    [
        (None, None),
        (None, MIDNIGHT + 3 * HOUR),
        (MIDNIGHT, None),
        (MIDNIGHT + 3 * HOUR, MIDNIGHT + 3 * HOUR),
        (MIDNIGHT + 4 * HOUR, MIDNIGHT + 3 * HOUR),
    ],
)
def test_export_that_the_vendor_may_have_had_is_unknown(
    first_import: datetime | None, first_export: datetime | None
) -> None:
    """How far back both directions go may be no more than what the vendor keeps."""
    energies = {
        series(Quantity.GRID_IMPORT): {MIDNIGHT: 1.0, MIDNIGHT + 3 * HOUR: 1.0},
        series(Quantity.GRID_EXPORT): {MIDNIGHT + 3 * HOUR: 0.25},
    }
    floors = {
        each: first
        for each, first in zip(energies, (first_import, first_export), strict=True)
        if first is not None
    }

    rows = derive(energies, floors=floors)

    assert rows[series(Quantity.BALANCED_IMPORT)] == {MIDNIGHT + 3 * HOUR: 0.75}


def test_no_energy_costs_nothing_whatever_its_price() -> None:
    """A third zone without a price stops the cost of no hour in which it is idle."""
    energies = {
        series(Quantity.GRID_IMPORT, zone): {NINTH: energy, NOON: later}
        for zone, energy, later in ((ZONE1, 1.0, 1.0), (ZONE2, 0.5, 0.0), (ZONE3, 0, 2))
    }

    rows = derive(energies, prices(imports={ZONE1: 1.0, ZONE2: 0.5}))

    assert rows[series(Quantity.IMPORT_COST)] == {NINTH: 1.25}


@pytest.mark.parametrize(
    ("used", "channels", "held", "missing"),
    [
        ({ZONE1: 1.0, ZONE3: 0.0}, {ZONE1: 1.0}, None, set()),
        ({ZONE1: 1.0, ZONE3: 0.5}, {ZONE1: 1.0}, None, {ZONE3}),
        ({ZONE1: 1.0, ZONE3: 0.5}, {ZONE1: 1.0, ZONE3: 2.0}, None, set()),
        ({ZONE1: 1.0, ZONE3: 0.5}, {TOTAL: 1.0}, None, set()),
        ({TOTAL: 1.0}, {ZONE1: 1.0, ZONE2: 2.0}, None, {TOTAL}),
        ({ZONE1: 1.0, ZONE3: 0.5}, {ZONE1: 1.0}, {}, set()),
        ({ZONE1: 1.0, ZONE3: 0.5}, {ZONE1: 1.0}, {ZONE1: 1.0, ZONE3: 2.0}, set()),
        ({ZONE1: 1.0, ZONE3: 0.5}, {TOTAL: 1.0}, {ZONE1: 1.0}, set()),
    ],
)
def test_energy_that_lacks_a_price_is_named(
    used: dict[str, float],
    channels: dict[str, float],
    held: dict[str, float] | None,
    missing: set[str],
) -> None:
    """By the prices that hold now; what went before them is no use to ask for."""
    written = {
        series(Quantity.GRID_IMPORT, zone): book({NOON: energy})
        for zone, energy in used.items()
    }
    by_day = [Prices(date(2020, 1, 1), {Quantity.GRID_IMPORT: channels})]
    if held is not None:
        by_day.append(Prices(date(2024, 10, 18), {Quantity.GRID_IMPORT: held}))
    (derived,) = derived_series(
        written.keys(), {"m": PriceList(by_day, UTC)}, balance=False
    )

    now = NOON + 48 * HOUR
    assert derived.unpriced(written, {}, now) == missing


def test_only_the_asked_hours_are_derived() -> None:
    derived = Derived(
        series(Quantity.BALANCED_IMPORT), Quantity.GRID_IMPORT, True, (ZONE1, ZONE2)
    )
    books = {each: book(hours) for each, hours in ENERGIES.items()}

    assert derived.hours(books, {}, Spans.of_hours([NINTH, NOON])) == {NINTH: 0.0}
