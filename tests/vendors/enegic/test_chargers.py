"""Chargers, whose settings the account shows."""

from datetime import UTC, datetime, timedelta

import pytest

from custom_components.meter_hub.metering.model import Series
from custom_components.meter_hub.metering.vocabulary import Channel, MeterKind, Quantity
from custom_components.meter_hub.vendors.base import UnexpectedAnswer
from custom_components.meter_hub.vendors.enegic.chargers import (
    chargers_of,
    unknown_keys,
)
from tests.vendors.driver import Driver

from .bodies import METER
from .cloud import PAGE, Cloud, reporter, reporters

CHARGER = "1714035493385"
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


async def test_case_14_a_charger_is_a_device_of_its_own(
    account: Driver, cloud: Cloud
) -> None:
    cloud.bodies["/getaccountoverview"]["Items"].append(reporter())
    update = await account.connect()
    meters = {meter.id: meter for meter in update.meters or ()}
    assert meters.keys() == {METER, CHARGER}
    charger = meters[CHARGER]
    assert charger.kind is MeterKind.EV_CHARGER
    assert (charger.parent, charger.model, charger.name) == (METER, "Zaptec", "Garage")
    values = {
        (series.quantity, series.channel): reading.value
        for series, reading in account.readings.items()
        if series.meter == CHARGER
    }
    assert values == {
        (Quantity.CHARGER_MODE, "total"): "Price",
        (Quantity.CHARGER_PREVIOUS_MODE, "total"): "Open",
        (Quantity.CHARGER_FUSE, "total"): 25,
        (Quantity.CHARGER_SAFE_CURRENT, "total"): 6,
        (Quantity.CHARGER_ALLOWED_CURRENT, "total"): 0,
        (Quantity.CHARGER_OVERRIDE_CURRENT, "l1"): None,
        (Quantity.CHARGER_OVERRIDE_CURRENT, "l2"): None,
        (Quantity.CHARGER_OVERRIDE_CURRENT, "l3"): None,
        (Quantity.CHARGER_SOLAR, "total"): True,
        (Quantity.CHARGER_SOLAR_START, "total"): -4,
        (Quantity.CHARGER_SOLAR_MAX, "total"): 4,
    }
    # The meter's own settings tell no main fuse.
    account.ledger.since += timedelta(days=1000)
    await account.step()
    assert account.readings[Series(METER, Quantity.MAIN_FUSE)].value == 25
    headroom = account.readings[Series(METER, Quantity.FUSE_HEADROOM, Channel.L1)]
    assert headroom.value == 30.59


async def test_case_14_without_solar_settings(account: Driver, cloud: Cloud) -> None:
    cloud.bodies["/getaccountoverview"]["Items"].append(reporter())
    cloud.bodies["/getreporterssettingsforuser"] = reporters(SolarSettings=None)
    await account.connect()
    solar = (
        Quantity.CHARGER_SOLAR,
        Quantity.CHARGER_SOLAR_START,
        Quantity.CHARGER_SOLAR_MAX,
    )
    assert not [series for series in account.readings if series.quantity in solar]
    mode = account.readings[Series(CHARGER, Quantity.CHARGER_MODE)]
    assert mode.value == "Price"
    # Values that are not told any more are not shown for ever.
    assert mode.valid_until is not None


async def test_chargers_are_asked_for_each_quarter_of_an_hour(
    signed: Driver, cloud: Cloud
) -> None:
    assert cloud.count("/getreporterssettingsforuser") == 0
    cloud.bodies["/getaccountoverview"]["Items"].append(reporter())
    await signed.connect()
    before = cloud.count("/getreporterssettingsforuser")
    await signed.run(timedelta(hours=1))
    assert cloud.count("/getreporterssettingsforuser") - before == 4


async def test_chargers_that_cannot_be_had_keep_nobody_from_signing_in(
    account: Driver, cloud: Cloud
) -> None:
    cloud.bodies["/getaccountoverview"]["Items"].append(reporter())
    cloud.refusals["/getreporterssettingsforuser"] = [PAGE]
    update = await account.connect()
    assert [meter.id for meter in update.meters or ()] == [METER]


@pytest.mark.parametrize("answer", [None, [], "text"])
def test_an_answer_without_lists_is_no_list_of_chargers(answer: object) -> None:
    with pytest.raises(UnexpectedAnswer):
        chargers_of(answer, {}, (), NOW)
    assert unknown_keys(answer) == frozenset()


def test_what_only_other_makers_have_is_named_without_its_values() -> None:
    answer = {
        "MontaReporters": [{"ReporterId": 1, "Secret": "sesame"}],
        "Version": 3,
    }
    assert unknown_keys(answer) == {"Secret", "Version"}


def test_a_charger_without_an_id_is_left_out() -> None:
    answer = {"ZaptecReporters": [{"SimpleSettings": {}}, {"ReporterId": 7}]}
    assert [each.meter.id for each in chargers_of(answer, {}, (), NOW)] == ["7"]
