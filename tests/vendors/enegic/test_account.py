"""An account, with a cloud whose answers are decided here."""

from dataclasses import replace
from datetime import timedelta
import json
import logging
from typing import Any

from aiohttp import web
import pytest

from custom_components.meter_hub.metering.model import Series
from custom_components.meter_hub.metering.vocabulary import MeterStatus, Quantity
from custom_components.meter_hub.vendors.enegic.plan import (
    HistoryJob,
    OverviewJob,
    PacketsJob,
    ReportersJob,
)
from tests.simulator import MovableClock
from tests.vendors.driver import Driver

from .bodies import METER, timed
from .cloud import Cloud, item, reporter, reporters

OTHER = "1714035408999"
CHARGER = "1714035493385"


@pytest.mark.parametrize(
    "other",
    [
        {"ItemCategory": "LocalVirtual", "ItemType": "Reporter"},
        {"ItemCategory": "LocalVirtual", "ItemType": "Charger", "SystemName": None},
        {"ItemCategory": "None", "ItemType": "None", "ItemSubType": "None"},
        {"ItemCategory": "LocalPhysical", "ItemType": "Hub"},
        {"DeletionTime": "2026-01-01T00:00:00"},
        {"ItemId": None},
        {"ItemId": "x"},
    ],
)
async def test_case_13_only_meters_are_meters(
    account: Driver, cloud: Cloud, other: dict[str, Any]
) -> None:
    cloud.bodies["/getaccountoverview"]["Items"].append(item(OTHER) | other)
    hub = {"ItemId": int(OTHER), "LatestPackets": {"HubState": {"data": {"cid": 1}}}}
    cloud.bodies["/getlatestpackets"] += [hub, {"LatestPackets": timed()}]
    cloud.bodies["/getreporterssettingsforuser"] = {}
    update = await account.connect()
    assert [meter.id for meter in update.meters or ()] == [METER]
    assert {series.meter for series in account.readings} == {METER}


async def test_case_13_what_the_overview_tells_of_a_meter(
    account: Driver, cloud: Cloud
) -> None:
    (meter,) = cloud.bodies["/getaccountoverview"]["Items"]
    meter |= {
        "ActualItemUserParameters": {"FW": "4.5.15", "HW": "4.6"},
        "UserSettings": {"phase": {"nodelist": [{"fuselevel": 16}]}},
    }
    del cloud.bodies["/getlatestpackets"][0]["LatestPackets"]["PhaseRealTime"]["fw"]
    update = await account.connect()
    (known,) = update.meters or ()
    assert (known.model, known.firmware, known.hardware) == ("EM2One", "4.5.15", "4.6")
    assert account.readings[Series(METER, Quantity.MAIN_FUSE)].value == 16


async def test_one_call_a_minute_brings_all_meters(
    signed: Driver, cloud: Cloud, moving: MovableClock
) -> None:
    cloud.bodies["/getaccountoverview"]["Items"].append(item(OTHER))
    cloud.bodies["/getlatestpackets"].append(
        {"ItemId": int(OTHER), "LatestPackets": timed()}
    )
    before = len(cloud.calls)
    await signed.run(timedelta(hours=7))
    paths = [path for _, path in cloud.calls[before:]]
    assert paths.count("/getlatestpackets") == 7 * 60
    # One because of the meter that had not been there, one six hours later.
    assert paths.count("/getaccountoverview") == 2
    assert set(paths) == {"/getlatestpackets", "/getaccountoverview"}
    for meter in (METER, OTHER):
        assert signed.readings[Series(meter, Quantity.GRID_IMPORT)].value == 57142.768
    assert signed.errors == []


async def test_a_new_meter_appears_at_once_and_a_stranger_is_asked_for_once(
    signed: Driver, cloud: Cloud
) -> None:
    cloud.bodies["/getlatestpackets"].append(
        {"ItemId": int(OTHER), "LatestPackets": timed()}
    )
    await signed.step()
    assert isinstance(await signed.step(), OverviewJob)
    for _ in range(10):
        assert isinstance(await signed.step(), PacketsJob)
    cloud.bodies["/getaccountoverview"]["Items"].append(item(OTHER))
    cloud.bodies["/getlatestpackets"].append({"ItemId": 1714035400000})
    await signed.step()
    assert isinstance(await signed.step(), OverviewJob)
    meters = signed.updates[-1][1].meters or ()
    assert {meter.id for meter in meters} == {METER, OTHER}


async def test_a_stranger_that_comes_and_goes_is_asked_for_once(
    signed: Driver, cloud: Cloud
) -> None:
    gone = item("1714035400000", DeletionTime="2026-01-01T00:00:00")
    cloud.bodies["/getaccountoverview"]["Items"].append(gone)
    await signed.connect()
    before = cloud.count("/getaccountoverview")
    usual = cloud.bodies["/getlatestpackets"]
    for number in range(20):
        strangers = [{"ItemId": int(OTHER)}] if number % 2 else []
        cloud.bodies["/getlatestpackets"] = [
            *usual,
            {"ItemId": gone["ItemId"]},
            *strangers,
        ]
        await signed.step()
    assert cloud.count("/getaccountoverview") - before == 1


async def test_values_last_until_the_next_poll_of_a_slow_account(
    signed: Driver, cloud: Cloud, moving: MovableClock
) -> None:
    signed.context = replace(signed.context, options={"poll_interval": 300})
    signed.restart()
    entry = cloud.bodies["/getlatestpackets"][0]
    power = Series(METER, Quantity.GRID_POWER)
    for _ in range(3):
        now = max(signed.next_job().due, moving())
        entry["LatestPackets"] = {
            "PhaseRealTime": {
                "ts": int((now.timestamp() - 100) * 1000),
                "data": {"hiavg": [5, 5, 5], "huavg": [230, 230, 230]},
            }
        }
        await signed.step()
        due = signed.next_job().due
        assert due - moving() == timedelta(seconds=300)
        assert signed.readings[power].value_at(due) == 3450


async def test_an_item_that_tells_no_beginning_has_a_history_nonetheless(
    account: Driver, cloud: Cloud, moving: MovableClock
) -> None:
    cloud.bodies["/getaccountoverview"]["Items"] = [item("5")]
    cloud.bodies["/getlatestpackets"] = []
    account.ledger.since = moving() - timedelta(days=3)
    await account.connect()
    await account.run(timedelta(minutes=2))
    starts = [
        json.loads(body)["startTime"]
        for path, body, _ in cloud.sent
        if path == "/getphasedata"
    ]
    assert starts[0] == "2026-11-17T11:58:00"
    assert len(starts) == 1 + 1 + 3


async def test_who_wants_chargers_alone_sees_when_they_are_not_to_be_had(
    account: Driver, cloud: Cloud
) -> None:
    cloud.bodies["/getaccountoverview"]["Items"].append(reporter())
    account.context = replace(account.context, excluded=frozenset({METER}))
    account.restart()
    await account.connect()
    job = await account.step()
    assert isinstance(job, ReportersJob)
    assert job.live
    cloud.refusals["/getreporterssettingsforuser"] = [web.Response(status=401)]
    assert isinstance(await account.step(), ReportersJob)
    refused_at = account.clock()
    assert isinstance(await account.step(), ReportersJob)
    assert account.clock() - refused_at == timedelta(seconds=5)
    mode = account.readings[Series(CHARGER, Quantity.CHARGER_MODE)]
    assert mode.value_at(account.clock()) == "Price"


async def test_an_unknown_time_zone_is_told_once_and_not_by_its_name(
    account: Driver, cloud: Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    cloud.bodies["/getaccountoverview"]["Items"] = [item(TimeZone="Jo's garden")]
    account.ledger.since += timedelta(days=1000)
    await account.connect()
    await account.run(timedelta(hours=7))
    told = [each.getMessage() for each in caplog.records if "zone" in each.msg]
    assert len(told) == 1
    assert "Europe/Stockholm" in told[0]
    assert "garden" not in caplog.text


async def test_settings_without_an_entity_are_told_once_by_their_names(
    account: Driver, cloud: Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    cloud.bodies["/getaccountoverview"]["Items"].append(reporter())
    settings = reporters(Holiday="Jo is away")
    settings["ZaptecReporters"][0]["OwnerMail"] = "jo@example.org"
    cloud.bodies["/getreporterssettingsforuser"] = settings
    account.ledger.since += timedelta(days=1000)
    await account.connect()
    await account.run(timedelta(hours=1))
    told = [each.getMessage() for each in caplog.records if "Settings" in each.msg]
    assert len(told) == 1
    assert "['Holiday', 'OwnerMail']" in told[0]
    assert "jo@example.org" not in caplog.text
    assert "is away" not in caplog.text


async def test_a_meter_that_sends_nothing_is_offline(
    signed: Driver, cloud: Cloud
) -> None:
    cloud.bodies["/getlatestpackets"] = []
    await signed.step()
    status = signed.readings[Series(METER, Quantity.METER_STATUS)].value
    assert status is MeterStatus.OFFLINE


@pytest.mark.parametrize("odd", [None, 5, [], {}, {"ItemId": None}, {"ItemId": True}])
async def test_an_entry_that_cannot_be_read_is_left_out(
    signed: Driver, cloud: Cloud, odd: object
) -> None:
    cloud.bodies["/getlatestpackets"].insert(0, odd)
    cloud.bodies["/getaccountoverview"]["Items"].insert(0, odd)
    await signed.connect()
    await signed.run(timedelta(minutes=3))
    assert signed.errors == []
    assert signed.readings[Series(METER, Quantity.GRID_EXPORT)].value == 222.219


async def test_a_restart_makes_no_call_before_its_time(
    signed: Driver, moving: MovableClock
) -> None:
    await signed.run(timedelta(minutes=5))
    state = signed.backend.state()
    job = signed.next_job()
    signed.restart()
    assert json.loads(json.dumps(state)) == state
    assert signed.backend.state() == state
    assert signed.next_job() == job
    assert job.due > moving()


@pytest.mark.parametrize("state", [{"polls": 5}, {"meters": {"x": {}}}, {"odd": 1}])
async def test_a_state_that_cannot_be_read_is_forgotten(
    account: Driver, moving: MovableClock, state: dict[str, object]
) -> None:
    object.__setattr__(account.context, "state", state)
    backend = account.vendor.build(account.context)
    job = backend.plan(moving(), [])
    assert isinstance(job, OverviewJob)
    assert job.live
    assert job.due <= moving()


async def test_case_10_an_empty_day_is_followed_by_the_next(
    account: Driver, cloud: Cloud, moving: MovableClock
) -> None:
    """A meter that is not heard may have a history nonetheless."""
    cloud.bodies["/getlatestpackets"] = []
    account.ledger.since = moving() - timedelta(days=5)
    await account.connect()
    await account.run(timedelta(minutes=2))
    ends = [
        json.loads(body)["endTime"]
        for path, body, _ in cloud.sent
        if path == "/getphasedata"
    ]
    # The first one looks for a register before the five days, once.
    assert ends == [
        "2026-11-16T00:00:00",
        "2026-11-16T00:00:00",
        *(f"2026-11-{day}T00:00:00" for day in (17, 18, 19, 20)),
        "2026-11-20T12:00:00",
    ]


async def test_history_that_fails_is_asked_for_ever_more_rarely(
    account: Driver, cloud: Cloud, moving: MovableClock
) -> None:
    cloud.bodies["/getlatestpackets"] = []
    account.ledger.since = moving() - timedelta(days=30)
    await account.connect()
    cloud.refusals["/getphasedata"] = [web.Response(status=500)] * 1000
    await account.run(timedelta(hours=3))
    failed = [job for job, _ in account.errors if isinstance(job, HistoryJob)]
    assert 3 <= len(failed) <= 7
    assert len(account.errors) == len(failed)
