"""The power of each phase of an account, which costs no call of its own."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
import json
from typing import Any

import pytest

from custom_components.meter_hub.metering.model import Meter, Reading, Series
from custom_components.meter_hub.metering.vocabulary import PHASES, Quantity
from custom_components.meter_hub.vendors.base import Unavailable
from custom_components.meter_hub.vendors.enphase_cloud import ENPHASE_CLOUD
from tests.simulator import Fault, FaultKind, MovableClock, Simulator
from tests.simulator.enphase_cloud import EnphaseCloudApi
from tests.vendors.driver import Driver

from .conftest import Open, Simulated
from .houses import House
from .model import Cloud
from .steps import (
    CHARGER,
    DAY,
    EVERYTHING,
    HOUR,
    MICROS,
    NO_BATTERY,
    OTHERS,
    catch_up,
    notices,
    paths,
)

BUT_NO_BATTERY = frozenset({EVERYTHING, MICROS, CHARGER})
QUARTER = timedelta(minutes=15)
POWER = Quantity.SOLAR_POWER


def by_phase(driver: Driver, system: str) -> dict[str, Reading]:
    """Return what is known of the phases of a system."""
    return {
        series.channel: reading
        for series, reading in driver.readings.items()
        if series.meter == system and series.channel != "total"
    }


def watts(reading: Reading) -> float:
    """Return a power."""
    assert isinstance(reading.value, int | float)
    return reading.value


def production(simulator: Simulator) -> list[str]:
    """Return the calls for the production of intervals, in turn."""
    names = [path.rpartition("/")[2] for path in paths(simulator)]
    return [each for each in names if each in ("rgm_stats", "production_meter")]


def refused(driver: Driver, system: str) -> dict[str, Any]:
    """Return what survives of the refusals of a system."""
    known = driver.backend.state()["systems"][system]
    found: dict[str, Any] = known.get("refused", {})
    return found


async def test_three_phases_are_told_with_the_total(
    simulated: Simulated, simulator: Simulator, moving: MovableClock
) -> None:
    driver = simulated(excluded=OTHERS, history=2 * DAY)
    await driver.connect()
    await catch_up(driver)
    await driver.run(HOUR)
    assert driver.errors == []
    assert notices(driver) == ()
    total = driver.readings[Series(EVERYTHING, POWER)]
    phases = by_phase(driver, EVERYTHING)
    assert phases.keys() == set(PHASES)
    assert watts(total) > 500
    assert sum(map(watts, phases.values())) == watts(total)
    for channel, reading in phases.items():
        assert reading.series == Series(EVERYTHING, POWER, channel)
        assert watts(reading) == pytest.approx(watts(total) / 3, abs=8)
        assert reading.measured_at == total.measured_at
        assert reading.valid_until == total.valid_until
        assert reading.valid_until is not None
        assert reading.valid_until > moving() + HOUR


async def test_polls_tell_of_phases_and_nights_and_history_do_not_ask(
    simulated: Simulated, simulator: Simulator
) -> None:
    driver = simulated(excluded=OTHERS, history=2 * DAY)
    await driver.connect()
    await catch_up(driver)
    for call in simulator.calls("enphase_cloud"):
        span = dict(call.query).get("granularity")
        assert not call.path.endswith("rgm_stats") or span is None
        assert not call.path.endswith("production_meter") or span == "week"
    assert production(simulator).count("rgm_stats") == 1


async def test_a_meter_on_one_phase_tells_no_more_than_its_total(
    simulated: Simulated, simulator: Simulator
) -> None:
    driver = simulated(excluded=BUT_NO_BATTERY, history=2 * DAY, plan="watt")
    await driver.connect()
    await catch_up(driver)
    before = len(paths(simulator))
    driver.restart()
    await driver.run(HOUR)
    assert driver.errors == []
    assert by_phase(driver, NO_BATTERY) == {}
    assert watts(driver.readings[Series(NO_BATTERY, POWER)]) > 0
    await driver.run(4 * HOUR)
    assert len(paths(simulator)) > before
    assert production(simulator).count("rgm_stats") == 1


async def test_a_meter_on_one_phase_is_asked_once_a_week(open_account: Open) -> None:
    """In the place of the call for the total, of which there is none in that poll."""
    driver, cloud = open_account(House("1"))
    cloud.sparse = True
    await driver.connect()
    while driver.next_job().due < datetime(2026, 12, 10, tzinfo=UTC):
        await driver.step()
    days = [at.date().day for at, name in cloud.calls if name.endswith("rgm_stats")]
    assert len(set(days)) == 2
    assert [later - day for day, later in pairwise(dict.fromkeys(days))] == [7]
    polls = [
        at
        for at, name in cloud.calls
        if name.endswith(("rgm_stats", "production_meter/day"))
    ]
    assert min(later - at for at, later in pairwise(polls)) > HOUR / 2


def answered(status: int, body: Any) -> Fault:
    """Return an answer in the place of the one about phases."""
    return Fault(
        FaultKind.STATUS,
        "enphase_cloud",
        path="*/rgm_stats",
        status=status,
        body=json.dumps(body),
    )


WINDOW = {"message": "Unprocessable Entity", "details": "Requested date range is invalid for this system", "code": 422}  # fmt: skip
ABSENT = {"message": "Unprocessable Entity", "details": "System doesn't have rgms", "code": 422}  # fmt: skip
UNAVAILABLE = {"errorCode": 7, "errorMessages": ["Data is temporarily unavailable"]}
FORBIDDEN = {"message": "Forbidden", "details": "Not authorized to access this resource", "code": 403}  # fmt: skip
NOT_FOUND = {"message": "Not Found", "details": "Not found", "code": 404}


@pytest.mark.parametrize(
    ("fault", "lasts"),
    [
        pytest.param(None, 7 * DAY, id="not_in_plan"),
        pytest.param(answered(403, FORBIDDEN), 7 * DAY, id="forbidden"),
        pytest.param(answered(404, NOT_FOUND), 7 * DAY, id="not_found"),
        pytest.param(
            answered(501, {"reason": "501", "message": ["Not Implemented"]}),
            7 * DAY,
            id="not_implemented",
        ),
        pytest.param(answered(422, ABSENT), 7 * DAY, id="absent"),
        pytest.param(answered(422, WINDOW), DAY, id="window"),
        pytest.param(answered(400, {"message": "Bad request"}), DAY, id="bad_request"),
        pytest.param(answered(500, UNAVAILABLE), DAY, id="out_of_order"),
        pytest.param(answered(200, {"intervals": "?"}), DAY, id="no_intervals"),
        pytest.param(answered(200, [1]), DAY, id="no_object"),
        pytest.param(
            Fault(FaultKind.HTML, "enphase_cloud", path="*/rgm_stats"), DAY, id="page"
        ),
    ],
)
async def test_production_is_told_where_phases_are_refused(
    simulated: Simulated,
    simulator: Simulator,
    api: EnphaseCloudApi,
    fault: Fault | None,
    lasts: timedelta,
) -> None:
    """At once, in the same poll, and nobody is told of anything."""
    app = api.apps[api.credentials["api_key"]]
    if fault is None:
        app.denied = {"rgm_stats"}
    else:
        simulator.add(fault)
    driver = simulated(excluded=BUT_NO_BATTERY, history=2 * DAY, plan="watt")
    await driver.connect()
    while "rgm_stats" not in production(simulator):
        await driver.step()
    refused_at = driver.clock()
    driver.restart()
    await driver.step()
    await driver.step()
    assert production(simulator)[-2:] == ["rgm_stats", "production_meter"]
    assert driver.clock() - refused_at < timedelta(minutes=1)
    await catch_up(driver)
    assert watts(driver.readings[Series(NO_BATTERY, POWER)]) > 0
    asked = production(simulator).count("rgm_stats")
    await driver.run(4 * HOUR)
    assert production(simulator).count("rgm_stats") == asked
    assert production(simulator).count("production_meter") > 2
    assert driver.errors == []
    assert notices(driver) == ()
    assert set(refused(driver, NO_BATTERY)) == {"rgm_stats"}
    until = datetime.fromisoformat(refused(driver, NO_BATTERY)["rgm_stats"]["until"])
    assert abs(until - refused_at - lasts) < timedelta(minutes=1)


async def test_phases_are_back_after_they_were_out_of_order(
    simulated: Simulated, simulator: Simulator
) -> None:
    simulator.add(answered(500, UNAVAILABLE))
    driver = simulated(excluded=OTHERS, history=2 * DAY, plan="watt")
    await driver.connect()
    await catch_up(driver)
    assert by_phase(driver, EVERYTHING) == {}
    simulator.clear()
    await driver.run(DAY + 6 * HOUR)
    assert by_phase(driver, EVERYTHING).keys() == set(PHASES)


async def test_after_an_outage_production_comes_first(
    open_account: Open,
) -> None:
    driver, cloud = open_account(House("1", phases=3))
    await driver.connect()
    await catch_up(driver)
    asked = names(cloud)
    cloud.faults = lambda name: (
        Unavailable("timeout") if name.endswith("rgm_stats") else None
    )
    while len(names(cloud)) < len(asked) + 3:
        await driver.step()
    assert names(cloud)[len(asked) :] == ["rgm_stats", *["production_meter"] * 2]
    assert len(driver.errors) == 1


async def test_an_outage_of_all_passes_for_no_poll(
    simulated: Simulated, simulator: Simulator
) -> None:
    """It is a word about phases once at most, however long it lasts."""
    driver = simulated(excluded=BUT_NO_BATTERY, history=2 * DAY, plan="watt")
    await driver.connect()
    simulator.add(answered(500, UNAVAILABLE))
    await catch_up(driver)
    simulator.add(
        Fault(
            FaultKind.STATUS,
            "enphase_cloud",
            status=500,
            body=json.dumps(UNAVAILABLE),
        )
    )
    driver.updates.clear()
    await driver.run(2 * DAY)
    assert len([job for job, _ in driver.updates if job.live]) <= 1
    assert len(driver.errors) > 10


def names(cloud: Cloud) -> list[str]:
    """Return the calls for production that are no night's."""
    return [
        name.removesuffix("/day").rpartition("/")[2]
        for _, name in cloud.calls
        if name.endswith(("rgm_stats", "production_meter/day"))
    ]


@pytest.mark.parametrize("schedule", ["balanced", "live_first"])
async def test_phases_change_neither_calls_nor_energy(
    schedule: str, open_account: Open, moving: MovableClock
) -> None:
    """Whoever has three has the numbers of whoever has one, and some more."""
    told = []
    for phases in (1, 3):
        moving.at = datetime(2026, 12, 1, 0, 30, tzinfo=UTC)
        house = House("1", phases=phases, battery=True)
        driver, cloud = open_account(house, options={"schedule": schedule})
        await driver.connect()
        while driver.next_job().due < datetime(2026, 12, 3, tzinfo=UTC):
            await driver.step()
        assert driver.errors == []
        calls = [
            (at, name.replace("rgm_stats", "telemetry/production_meter/day"))
            for at, name in cloud.calls
        ]
        readings = {
            series: reading
            for series, reading in driver.readings.items()
            if series.channel == "total"
        }
        assert len(driver.readings) - len(readings) == (3 if phases == 3 else 0)
        assert "rgm_stats" in names(cloud)
        assert ("production_meter" in names(cloud)) is (phases == 1)
        rows = {series: driver.rows(series) for series in driver.ledger.books}
        told.append((calls, readings, rows))
    assert told[0] == told[1]


async def test_phases_are_those_of_the_newest_interval(
    open_account: Open, moving: MovableClock
) -> None:
    moving.at = datetime(2026, 12, 10, 13, 22, tzinfo=UTC)
    house = House("1", phases=3)
    driver, _ = open_account(house)
    await driver.connect()
    await catch_up(driver)
    end = datetime(2026, 12, 10, 13, 15, tzinfo=UTC)
    shares = house.watts_by_phase(house.watt_hours("production", end, QUARTER))
    assert sum(shares) == 4 * house.watt_hours("production", end, QUARTER)
    phases = by_phase(driver, "1")
    assert [(phases[each].value, phases[each].measured_at) for each in PHASES] == [
        (share, end) for share in shares
    ]


def test_phases_are_a_detail() -> None:
    assert ENPHASE_CLOUD.is_detail is not None
    for channel in ("total", *PHASES):
        reading = Reading(Series("1", POWER, channel), 1)
        shown = not ENPHASE_CLOUD.is_detail(Meter("1", "House"), reading)
        assert shown is (channel == "total")
