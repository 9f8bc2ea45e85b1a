"""A simulated portal from the sign-in on: sessions, delays, estimates, long days."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from custom_components.meter_hub.metering.model import Series
from custom_components.meter_hub.metering.vocabulary import Quantity
from custom_components.meter_hub.vendors.base import AuthError, DoubtfulSignIn
from tests.simulator import (
    Distortion,
    DistortionKind,
    Fault,
    FaultKind,
    MovableClock,
    Simulator,
    check,
)
from tests.simulator.energa import EnergaApi
from tests.vendors.driver import Driver

from .conftest import PACE

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def portal_of(simulator: Simulator) -> EnergaApi:
    """Return the simulated portal, whose ways a test may change."""
    portal = simulator.vendor("energa")
    assert isinstance(portal, EnergaApi)
    return portal


def assert_history_is_the_truth(driver: Driver, simulator: Simulator) -> int:
    """Compare all rows with what the portal has published; return their number."""
    wanted = {
        Series(meter, Quantity[quantity.upper()], channel): hours
        for meter in simulator.vendor("energa").meter_ids
        for (quantity, channel), hours in simulator.truth("energa", meter).items()
    }
    assert driver.ledger.books.keys() == wanted.keys()
    count = 0
    for series, expected in wanted.items():
        verdict = check(driver.rows(series), expected)
        assert verdict.ok, f"{series.quantity}/{series.channel}: {verdict.problems()}"
        count += verdict.hours
    calls = simulator.calls("energa")
    assert all(b.at - a.at >= PACE for a, b in pairwise(calls))
    return count


async def catch_up(driver: Driver) -> None:
    """Make all calls that are due, one after the other."""
    while driver.next_job().due <= driver.clock() + timedelta(minutes=2):
        await driver.step()


async def later(driver: Driver, duration: timedelta) -> None:
    """Let the time pass, until the first poll after it is over."""
    await driver.run(duration)
    while not (await driver.step()).live:
        pass
    await catch_up(driver)


def called(simulator: Simulator) -> list[str]:
    """Return the last parts of the paths that were called, in turn."""
    return [call.path.rpartition("/")[2].lower() for call in simulator.calls("energa")]


async def test_an_account_from_its_sign_in_on(
    simulated: Driver, simulator: Simulator, saved: list[Mapping[str, Any]]
) -> None:
    update = await simulated.connect()
    meters = update.meters or ()
    assert [meter.id for meter in meters] == [*simulator.vendor("energa").meter_ids]
    assert called(simulator) == ["sessionstatus", "userlogin", "data"]
    assert [len(each["device_token"]) for each in saved] == [64]
    await catch_up(simulated)
    assert simulated.errors == []
    # Import and export with two zones each, and a consumer's import.
    assert assert_history_is_the_truth(simulated, simulator) > (3 + 3 + 1) * 11 * 24
    prosumer, consumer = (meter.id for meter in meters)
    for quantity in (Quantity.GRID_IMPORT, Quantity.GRID_EXPORT):
        total, *zones = (
            simulated.readings[Series(prosumer, quantity, channel)].value
            for channel in ("total", "zone1", "zone2")
        )
        assert total == pytest.approx(sum(map(float, zones)))  # type: ignore[arg-type]
        assert isinstance(total, float)
        assert total > 29000
    assert Series(consumer, Quantity.GRID_EXPORT) not in simulated.readings


async def test_several_days_of_polls(
    simulated: Driver, simulator: Simulator, moving: MovableClock
) -> None:
    await simulated.connect()
    await later(simulated, 3 * DAY + 7 * HOUR)
    assert assert_history_is_the_truth(simulated, simulator)
    assert simulated.errors == []
    # The audit of each whole day found registers and hours to be the same.
    for known in simulated.backend.state()["points"].values():
        for course in known["courses"].values():
            assert len(course["registers"]) >= 3
            assert "audit" not in course
    delay = simulated.readings[
        Series(simulator.vendor("energa").meter_ids[1], Quantity.DATA_DELAY)
    ]
    assert isinstance(delay.value, float)
    assert 3 <= delay.value <= 5


async def test_case_10_sessions_that_end_in_mid_import(
    simulated: Driver, simulator: Simulator
) -> None:
    portal = portal_of(simulator)
    portal.session_lifetime = timedelta(seconds=8)
    await simulated.connect()
    await catch_up(simulated)
    assert assert_history_is_the_truth(simulated, simulator)
    assert simulated.errors == []
    paths = called(simulator)
    assert paths.count("userlogin") > 3
    assert all(
        before == "sessionstatus"
        for before, path in pairwise(paths)
        if path == "userlogin"
    )


@pytest.mark.parametrize("with_tm", [True, False])
@pytest.mark.parametrize(
    ("now", "installed"),
    [
        (
            datetime(2026, 10, 27, 10, 20, tzinfo=UTC),
            datetime(2026, 10, 23, 8, 30, tzinfo=UTC),
        ),
        (
            datetime(2027, 3, 30, 10, 20, tzinfo=UTC),
            datetime(2027, 3, 26, 8, 30, tzinfo=UTC),
        ),
    ],
    ids=["25 hours", "23 hours"],
)
async def test_days_of_23_and_of_25_hours(
    simulated: Driver,
    simulator: Simulator,
    moving: MovableClock,
    now: datetime,
    with_tm: bool,
) -> None:
    portal_of(simulator).with_tm = with_tm
    assert moving() == now
    await simulated.connect()
    await catch_up(simulated)
    assert assert_history_is_the_truth(simulated, simulator)
    assert simulated.errors == []


@pytest.fixture
def moving(request: pytest.FixtureRequest) -> MovableClock:
    """Start where the test wants to."""
    callspec = getattr(request.node, "callspec", None)
    usual = datetime(2026, 10, 5, 12, 20, tzinfo=UTC)
    return MovableClock(callspec.params.get("now", usual) if callspec else usual)


async def test_estimates_that_become_real(
    simulated: Driver, simulator: Simulator, moving: MovableClock
) -> None:
    start = datetime(2026, 9, 26, tzinfo=UTC)
    simulator.add(
        Distortion(
            DistortionKind.ESTIMATED,
            "energa",
            start=start,
            end=start + 12 * HOUR,
            until=moving() + 5 * DAY,
        )
    )
    await simulated.connect()
    await catch_up(simulated)
    assert assert_history_is_the_truth(simulated, simulator)
    series = Series(simulator.vendor("energa").meter_ids[0], Quantity.GRID_IMPORT)
    estimated = {row.start: row.state for row in simulated.rows(series)}
    await later(simulated, 7 * DAY)
    assert assert_history_is_the_truth(simulated, simulator)
    real = {row.start: row.state for row in simulated.rows(series)}
    changed = {hour for hour, energy in estimated.items() if real[hour] != energy}
    assert changed == {start + number * HOUR for number in range(12)}


async def test_corrections_of_days_long_past(
    simulated: Driver, simulator: Simulator, moving: MovableClock
) -> None:
    """Nothing says that these hours are wrong, but in the end their month does."""
    start = datetime(2026, 9, 26, tzinfo=UTC)
    simulator.add(
        Distortion(
            DistortionKind.CORRECTED,
            "energa",
            start=start,
            end=start + 6 * HOUR,
            until=moving() + 2 * DAY,
        )
    )
    await simulated.connect()
    await later(simulated, 4 * DAY)
    assert assert_history_is_the_truth(simulated, simulator)


@pytest.mark.parametrize("kind", [DistortionKind.GAP, DistortionKind.LATE])
async def test_hours_that_come_days_later(
    simulated: Driver,
    simulator: Simulator,
    moving: MovableClock,
    kind: DistortionKind,
) -> None:
    start = moving() - 6 * DAY
    simulator.add(
        Distortion(kind, "energa", start=start, end=moving(), until=moving() + 3 * DAY)
    )
    await simulated.connect()
    await catch_up(simulated)
    assert assert_history_is_the_truth(simulated, simulator)
    await later(simulated, 5 * DAY)
    assert assert_history_is_the_truth(simulated, simulator)


async def test_case_15_a_portal_that_ignores_what_it_is_asked_for(
    simulated: Driver, simulator: Simulator
) -> None:
    portal = portal_of(simulator)
    portal.ignores_meter_object = True
    await simulated.connect()
    await catch_up(simulated)
    meter = simulator.vendor("energa").meter_ids[0]
    assert simulated.rows(Series(meter, Quantity.GRID_EXPORT)) == []
    portal.ignores_meter_object = False
    await later(simulated, 2 * DAY)
    assert assert_history_is_the_truth(simulated, simulator)


async def test_case_18_a_swapped_meter(
    simulated: Driver, simulator: Simulator, moving: MovableClock
) -> None:
    _, before = (await simulated.connect()).meters or ()
    simulator.add(Distortion(DistortionKind.SWAP, "energa", start=moving() + 5 * HOUR))
    await later(simulated, 2 * DAY)
    assert assert_history_is_the_truth(simulated, simulator)
    _, after = next(
        update.meters for _, update in simulated.updates[::-1] if update.meters
    )
    assert after.id == before.id
    assert after.serial != before.serial
    register = simulated.readings[Series(after.id, Quantity.GRID_IMPORT)].value
    assert isinstance(register, float)
    assert register < 100


@pytest.mark.parametrize("outage", ["bare", "html"])
async def test_case_12_an_outage_of_the_login_is_no_wrong_password(
    simulated: Driver, simulator: Simulator, outage: Any
) -> None:
    portal = portal_of(simulator)
    await simulated.connect()
    portal.outage = outage
    portal.end_sessions()
    await later(simulated, DAY)
    assert simulated.errors
    assert not [err for _, err in simulated.errors if isinstance(err, AuthError)]
    # The first, one where the session ended, and one at each poll of 12 hours since.
    assert called(simulator).count("userlogin") <= 1 + 1 + 3
    portal.outage = None
    await later(simulated, DAY)
    assert assert_history_is_the_truth(simulated, simulator)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [("error.login.password", AuthError), (None, DoubtfulSignIn)],
)
async def test_case_12_a_wrong_password(
    simulated: Driver, simulator: Simulator, answer: str | None, kind: type[Exception]
) -> None:
    portal = portal_of(simulator)
    portal.accounts = dict.fromkeys(portal.accounts, "another")
    portal.login_error = answer
    with pytest.raises(kind):
        await simulated.connect()


@pytest.mark.parametrize(
    "fault",
    [
        Fault(FaultKind.STATUS, "energa", status=500, times=7),
        Fault(FaultKind.RATE_LIMIT, "energa", seconds=90, times=3),
        Fault(FaultKind.RATE_LIMIT, "energa", times=2),
        Fault(FaultKind.HTML, "energa", times=5),
        Fault(FaultKind.TRUNCATED, "energa", times=5),
        Fault(FaultKind.DROP, "energa", times=5),
        Fault(FaultKind.EXPIRED, "energa", times=1, path="*/mchart"),
        Fault(FaultKind.NULL_FIELD, "energa", times=4, fields=("response",)),
        Fault(FaultKind.NULL_FIELD, "energa", times=9, fields=("mainChart",)),
        Fault(FaultKind.MISSING_FIELD, "energa", times=9, fields=("success",)),
        Fault(FaultKind.REPLACED_FIELD, "energa", times=9, fields=("tm",), value="x"),
        Fault(FaultKind.REPLACED_FIELD, "energa", times=9, fields=("zones",), value=5),
    ],
    ids=lambda fault: f"{fault.kind}{fault.fields or ''}{fault.seconds or ''}",
)
async def test_whatever_goes_wrong_heals(
    simulated: Driver, simulator: Simulator, fault: Fault
) -> None:
    await simulated.connect()
    for _ in range(10):
        await simulated.step()
    simulator.add(fault)
    await later(simulated, 2 * DAY)
    assert assert_history_is_the_truth(simulated, simulator)
