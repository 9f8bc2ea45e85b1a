"""A whole recorded account, where it lies beside this repository."""

import json
from pathlib import Path
from typing import Any

import pytest

from custom_components.meter_hub.metering.model import Series
from custom_components.meter_hub.metering.vocabulary import PHASES, Quantity
from custom_components.meter_hub.vendors.enegic.direction import Direction
from custom_components.meter_hub.vendors.enegic.known import Known
from custom_components.meter_hub.vendors.enegic.labels import points_of
from tests.simulator import MovableClock
from tests.vendors.driver import Driver

from .bodies import ZONE, at
from .cloud import TOKEN, Cloud
from .minutes import answered, job, utc

RECORDED = Path(__file__).parents[4] / "shared" / "fixtures" / "enegic"
pytestmark = pytest.mark.skipif(not RECORDED.exists(), reason="it is not there")

METER = "10004"
FIRST, SECOND = 1789460200000, 1789460260000
"""When the two polls were made."""


def recorded(name: str) -> Any:
    """Return a recorded body."""
    return json.loads((RECORDED / f"{name}.json").read_text())


@pytest.fixture
def cloud(cloud: Cloud) -> Cloud:
    """Return a cloud that answers what the real one did."""
    login = recorded("createtoken")
    login["TokenInfo"]["Token"] = TOKEN
    cloud.bodies |= {
        "/createtoken": login,
        "/getaccountoverview": recorded("getaccountoverview"),
        "/getlatestpackets": recorded("getlatestpackets_t0"),
        "/getreporterssettingsforuser": {},
    }
    return cloud


async def test_case_13_the_recorded_account_has_one_meter(
    account: Driver, cloud: Cloud, moving: MovableClock
) -> None:
    moving.at = at(FIRST, 5)
    hub = {"ItemId": 10009, "LatestPackets": {"HubState": {"data": {"cid": 1}}}}
    nameless = {"LatestPackets": hub["LatestPackets"]}
    cloud.bodies["/getlatestpackets"] += [hub, nameless]
    connected = await account.backend.connect()
    assert connected.unique_id == "1000001"
    assert connected.title == "Enegic (Example Org)"
    (meter,) = connected.update.meters or ()
    assert (meter.id, meter.model) == (METER, "EM2One")
    assert (meter.firmware, meter.hardware) == ("4.5.15", "4.6")
    values = {reading.series: reading.value for reading in connected.update.readings}
    assert values[Series(METER, Quantity.MAIN_FUSE)] == 16
    headroom = [
        values[Series(METER, Quantity.FUSE_HEADROOM, phase)] for phase in PHASES
    ]
    assert headroom == [6.0, 8.5, 19.69]
    assert {series.meter for series in values} == {METER}


async def test_the_two_recorded_polls(
    account: Driver, cloud: Cloud, moving: MovableClock
) -> None:
    moving.at = at(FIRST, 5)
    account.ledger.since = moving()
    await account.connect()
    cloud.bodies["/getlatestpackets"] = recorded("getlatestpackets_t1")
    await account.step()
    values = {series: each.value for series, each in account.readings.items()}
    for quantity, value in (
        (Quantity.GRID_IMPORT, 248718.222),
        (Quantity.GRID_EXPORT, 18048.572),
        (Quantity.GRID_POWER, 3131.8),
        (Quantity.AVERAGE_IMPORT_POWER, 4020),
        (Quantity.AVERAGE_EXPORT_POWER, 900),
        (Quantity.GRID_IMPORT_TODAY, 7.569),
        (Quantity.GRID_EXPORT_TODAY, 2.081),
        (Quantity.GRID_IMPORT_YESTERDAY, 23.552),
        (Quantity.SIGNAL_STRENGTH, -62),
        (Quantity.LAST_READING, at(SECOND)),
    ):
        assert values[Series(METER, quantity)] == value
    state = account.backend.state()
    learned = Known.from_dict(state["meters"][METER]).learned
    assert learned.direction is Direction.IMPORT_POSITIVE
    assert len(learned.observations) == 1
    # Of a person only the names of their devices are stored.
    assert "REDACTED" not in json.dumps(state)
    assert "AA:BB" not in json.dumps(state)


def test_case_09_eleven_recorded_minutes() -> None:
    """The registers are those of each minute's end; no hour is complete."""
    start = utc("2026-09-21 00:00")
    groups = recorded("getphasedata")
    window = start, utc("2026-09-21 02:00")
    found = [*points_of(groups, ZONE, window, 230)]
    assert [end for end, _ in found][:: len(found) - 1] == [
        utc("2026-09-21 00:56"),
        utc("2026-09-21 01:06"),
    ]
    assert len(found) == 11
    imported = {end: measured.imported for end, measured in found}
    exported = {measured.exported for _, measured in found}
    first, full, last = (
        imported[utc(f"2026-09-21 {time}")] for time in ("00:56", "01:00", "01:06")
    )
    assert first is not None
    assert full is not None
    assert last is not None
    assert full - first == pytest.approx(0.731)
    assert last - full == pytest.approx(1.081)
    assert exported == {18116.944}
    answer = answered(groups, job(start, window[1], newest=True))
    assert answer.intervals == ()
    # The first hour has no beginning, the second one no end.
    assert answer.explored == ()
