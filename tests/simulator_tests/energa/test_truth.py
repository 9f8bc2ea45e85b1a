"""The hours that Mój Licznik has published, and those that are netted from them."""

from datetime import UTC, datetime, timedelta
import time

import pytest

from tests.simulator import (
    Distortion,
    DistortionKind,
    Flow,
    MovableClock,
    Row,
    Simulator,
    check,
)

from ..conftest import INSTALLED, NOW
from .conftest import EXPORT, App, energa

HOUR = timedelta(hours=1)
BEGIN = datetime(2026, 10, 26, 10, tzinfo=UTC)
END = BEGIN + 3 * HOUR
STRETCH = [BEGIN, BEGIN + HOUR, BEGIN + 2 * HOUR]
DAY = BEGIN.date()


async def _slots(app: App) -> dict[datetime, tuple[float | None, bool, bool]]:
    """Return value, est and cplt of the day's import by hour."""
    return {
        datetime.fromtimestamp(int(point["tm"]) / 1000, UTC): (
            next((kwh for kwh in point["zones"] if kwh is not None), None),
            point["est"],
            point["cplt"],
        )
        for point in await app.points(app.prosumer, DAY)
    }


def _distort(app: App, kind: DistortionKind, **more: object) -> Distortion:
    return Distortion(
        kind, "energa", BEGIN, END, meter=app.prosumer, **more  # type: ignore[arg-type]
    )  # fmt: skip


async def test_truth_is_what_the_charts_show(app: App, simulator: Simulator) -> None:
    truth = simulator.truth("energa", app.prosumer)
    assert set(truth) == {
        (quantity, channel)
        for quantity in ("grid_import", "grid_export")
        for channel in ("total", "zone1", "zone2")
    }
    assert set(simulator.truth("energa", app.consumer)) == {("grid_import", "total")}
    for meter_object, quantity in (("", "grid_import"), (EXPORT, "grid_export")):
        points = await app.points(app.prosumer, DAY, meter_object)
        assert len(points) == 24
        for point in points:
            start = datetime.fromtimestamp(int(point["tm"]) / 1000, UTC)
            for slot, zone in enumerate(("zone1", "zone2")):
                assert truth[quantity, zone][start].kwh == (point["zones"][slot] or 0)
            assert truth[quantity, "total"][start].kwh == sum(
                kwh or 0 for kwh in point["zones"]
            )


async def test_truth_goes_from_the_activation_to_the_last_published_hour(
    app: App, simulator: Simulator
) -> None:
    truth = simulator.truth("energa", app.prosumer)
    house = app.api.house(app.prosumer)

    for (quantity, channel), hours in truth.items():
        last = NOW.replace(minute=0) - (4 if quantity == "grid_import" else 5) * HOUR
        assert min(hours) == INSTALLED.replace(minute=0, second=0)
        assert max(hours) == last
        assert len(hours) == (last - min(hours)) / HOUR + 1
        assert not any(hour.estimated for hour in hours.values())
        assert sum(hour.kwh for hour in hours.values()) == pytest.approx(
            house.energy(quantity, INSTALLED, last + HOUR, channel),
            abs=0.0005 * len(hours) ** 0.5,
        )
    later = simulator.truth("energa", app.prosumer, BEGIN)["grid_import", "total"]
    assert min(later) == BEGIN


async def test_the_check_accepts_the_published_and_no_neighbour(app: App) -> None:
    expected = app.api.truth(app.prosumer)["grid_import", "total"]
    total = 0.0
    rows = []
    for start, hour in expected.items():
        total += hour.kwh
        rows.append(Row(start, hour.kwh, total))
    late = [Row(row.start + HOUR, row.state, row.sum) for row in rows]

    assert check(rows, expected).ok
    assert "1 missing" in check(late, expected).problems()
    assert "wrong" in check(late, expected).problems()


async def test_the_balance_is_netted_by_hour_and_zone(app: App) -> None:
    truth = app.api.truth(app.prosumer)
    derived = app.api.derived(app.prosumer)

    assert app.api.derived(app.consumer) == {}
    assert set(derived) == {
        (quantity, channel)
        for quantity in ("balanced_import", "balanced_export")
        for channel in ("total", "zone1", "zone2")
    }
    for channel in ("total", "zone1", "zone2"):
        imported, exported = (
            derived[quantity, channel]
            for quantity in ("balanced_import", "balanced_export")
        )
        assert set(imported) == set(exported) == set(truth["grid_export", channel])
        assert sum(hour.kwh for hour in imported.values()) > 0
        assert sum(hour.kwh for hour in exported.values()) > 0
        for start, hour in imported.items():
            net = (
                truth["grid_import", channel][start].kwh
                - truth["grid_export", channel][start].kwh
            )
            assert (hour.kwh, exported[start].kwh) == (max(net, 0), max(-net, 0))
    both = [
        start
        for start, hour in truth["grid_export", "total"].items()
        if hour.kwh > 0 < truth["grid_import", "total"][start].kwh
    ]
    assert both, "netting must have something to do"
    assert (
        min(app.api.derived(app.prosumer, BEGIN)["balanced_export", "zone2"]) == BEGIN
    )


@pytest.mark.parametrize(
    ("kind", "flags"),
    [
        (DistortionKind.GAP, (None, False, False)),
        (DistortionKind.LACKING, (None, False, False)),
        (DistortionKind.EMPTY, (None, False, True)),
        (DistortionKind.LATE, (None, False, False)),
    ],
)
async def test_hours_without_a_value_are_null_and_have_no_truth(
    app: App,
    simulator: Simulator,
    clock: MovableClock,
    kind: DistortionKind,
    flags: tuple[None, bool, bool],
) -> None:
    right, before = await _slots(app), app.api.truth(app.prosumer)
    simulator.add(
        _distort(app, kind, until=NOW + HOUR / 6, quantities=("grid_import",))
    )
    wrong, during = await _slots(app), app.api.truth(app.prosumer)
    netted = app.api.derived(app.prosumer)["balanced_export", "total"]

    assert {start: wrong[start] for start in STRETCH} == dict.fromkeys(STRETCH, flags)
    assert len(wrong) == len(right) == 24
    for series, hours in before.items():
        lost = set(STRETCH) if series[0] == "grid_import" else set()
        assert set(hours) - set(during[series]) == lost
    assert not set(STRETCH) & set(netted)
    clock.advance(HOUR / 6)
    assert await _slots(app) == right
    assert app.api.truth(app.prosumer) == before


async def test_a_gap_without_an_end_stays(
    app: App, simulator: Simulator, clock: MovableClock
) -> None:
    simulator.add(_distort(app, DistortionKind.GAP))
    clock.advance(timedelta(days=60))

    assert not set(STRETCH) & set(app.api.truth(app.prosumer)["grid_export", "total"])


async def test_what_is_late_at_the_end_of_a_day_makes_it_shorter(
    app: App, simulator: Simulator
) -> None:
    begin = datetime(2026, 10, 26, 20, tzinfo=UTC)
    simulator.add(
        Distortion(
            DistortionKind.LATE, "energa", begin, begin + 9 * HOUR, until=NOW + HOUR
        )
    )
    slots = await _slots(app)

    assert max(slots) == begin - HOUR
    assert len(slots) == 21
    assert begin + 9 * HOUR in app.api.truth(app.prosumer)["grid_import", "total"]


@pytest.mark.parametrize(
    ("kind", "estimated"),
    [(DistortionKind.ESTIMATED, True), (DistortionKind.CORRECTED, False)],
)
@pytest.mark.parametrize("amount", [0.0, 1.5, -99.0])
async def test_wrong_values_become_right(
    app: App,
    simulator: Simulator,
    clock: MovableClock,
    kind: DistortionKind,
    estimated: bool,
    amount: float,
) -> None:
    right, before = await _slots(app), app.api.truth(app.prosumer)
    simulator.add(_distort(app, kind, until=NOW + HOUR / 6, amount=amount))
    wrong, during = await _slots(app), app.api.truth(app.prosumer)

    for start in STRETCH:
        kwh, est, complete = wrong[start]
        assert kwh is not None
        assert kwh != right[start][0]
        assert kwh == pytest.approx(max(0, (right[start][0] or 0) + (amount or 0.25)))
        assert (est, complete) == (estimated, True)
        hour = during["grid_import", "total"][start]
        assert (hour.kwh, hour.estimated) == (kwh, estimated)
    estimates = [
        start
        for start, hour in during["grid_import", "zone1"].items()
        if hour.estimated
    ]
    assert estimates == (STRETCH if estimated else [])
    balanced = app.api.derived(app.prosumer)["balanced_import", "total"]
    assert [balanced[start].estimated for start in STRETCH] == [estimated] * 3
    clock.advance(HOUR / 6)
    assert await _slots(app) == right
    assert app.api.truth(app.prosumer) == before


async def test_a_swap_changes_no_hour(app: App, simulator: Simulator) -> None:
    before = app.api.truth(app.prosumer)
    simulator.add(_distort(app, DistortionKind.SWAP))

    assert app.api.truth(app.prosumer) == before


async def test_impossible_distortions_are_refused(
    app: App, simulator: Simulator
) -> None:
    with pytest.raises(ValueError, match="energa can't show sentinel"):
        simulator.add(_distort(app, DistortionKind.SENTINEL))


def test_sixty_days_of_both_meters_are_quick() -> None:
    installed = NOW - timedelta(days=60)
    api = energa(Simulator(clock=MovableClock(NOW), installed=installed))
    for meter_id in api.meter_ids:
        api.truth(meter_id)

    began = time.process_time()
    truths = [api.truth(meter_id) for meter_id in api.meter_ids]

    assert time.process_time() - began < 1
    house = api.house(api.meter_ids[1])
    total = sum(hour.kwh for hour in truths[1]["grid_import", "total"].values())
    assert total == pytest.approx(
        house.energy(Flow.GRID_IMPORT, installed, NOW.replace(minute=0) - 3 * HOUR),
        abs=0.05,
    )


@pytest.mark.parametrize("vendor", ["onemeter"])
async def test_vendors_without_a_balance_derive_nothing(
    simulator: Simulator, vendor: str
) -> None:
    api = simulator.vendor(vendor)

    assert api.derived(api.meter_ids[0]) == {}
    with pytest.raises(KeyError):
        api.derived("none")
