"""What a person is told of refusals, in the words of the developer portal."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from custom_components.meter_hub.metering.model import Meter
from custom_components.meter_hub.vendors.base import UnexpectedAnswer
from custom_components.meter_hub.vendors.enphase_cloud.client import (
    Granularity,
    Lifetime,
    Telemetry,
)
from custom_components.meter_hub.vendors.enphase_cloud.errors import WindowRefused
from custom_components.meter_hub.vendors.enphase_cloud.governor import Purse, Spending
from custom_components.meter_hub.vendors.enphase_cloud.jobs import (
    Ask,
    CloudJob,
    Purpose,
    What,
)
from custom_components.meter_hub.vendors.enphase_cloud.knowledge import Knowledge
from custom_components.meter_hub.vendors.enphase_cloud.known import KnownSystem, Refusal
from custom_components.meter_hub.vendors.enphase_cloud.ladder import Schedule
from custom_components.meter_hub.vendors.enphase_cloud.notices import notices_of
from custom_components.meter_hub.vendors.enphase_cloud.refusals import (
    after_failure,
    after_refusal,
    is_refusal,
)
from custom_components.meter_hub.vendors.enphase_cloud.rhythms import Circumstances
from custom_components.meter_hub.vendors.enphase_cloud.systems import Source

from .accounts import begin
from .conftest import Open
from .houses import House
from .steps import called, notices

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SYSTEM = KnownSystem(Meter("1", "House"), NOW - 90 * DAY)
GIVEN = Circumstances(
    schedule=Schedule.BALANCED,
    purse=Purse(Spending(), NOW, None, None),
    allowed_from=NOW,
    excluded=frozenset(),
    inverters=False,
    zones={None: UTC},
)


def told(known: KnownSystem) -> list[tuple[str, str | None, dict[str, str]]]:
    """Return what a person reads of a system."""
    notices = notices_of(Knowledge().with_system(known), NOW, GIVEN)
    return [(each.key, each.meter, dict(each.values)) for each in notices]


@pytest.mark.parametrize(
    ("ask", "control"),
    [
        (Ask(What.CHARGER, "202312101001"), "EV Charger Monitoring"),
        (Ask(What.CHARGER_LIFETIME, "202312101001"), "EV Charger Monitoring"),
        (Ask(What.SESSIONS, "202312101001"), "EV Charger Monitoring"),
        (Ask(What.DEVICES), "System Details"),
        (Ask(What.REGISTERS), "Site Level Production Monitoring"),
        (Ask.lifetime(Lifetime.PRODUCTION), "Site Level Production Monitoring"),
        (Ask.telemetry(Telemetry.BATTERY), "Site Level Consumption Monitoring"),
        (Ask(What.LATEST), "Site Level Consumption Monitoring"),
    ],
)
def test_what_is_refused_is_named_as_the_portal_names_it(
    ask: Ask, control: str
) -> None:
    refused = {ask.name: Refusal(NOW + 7 * DAY, not_in_plan=True)}
    assert told(replace(SYSTEM, refused=refused)) == [
        (
            "feature_not_in_plan",
            None,
            {"feature": control, "until": "2026-11-27T12:00+00:00"},
        )
    ]


def test_all_that_is_refused_is_one_notice() -> None:
    refused = {
        ask.name: Refusal(NOW + days * DAY, not_in_plan=True)
        for days, ask in enumerate((Ask(What.DEVICES), Ask(What.LATEST)), 3)
    }
    [(_, _, values)] = told(replace(SYSTEM, refused=refused))
    assert values == {
        "feature": "Site Level Consumption Monitoring, System Details",
        "until": "2026-11-23T12:00+00:00",
    }


def test_what_a_system_does_not_have_is_nobodys_concern() -> None:
    refused = {Ask.telemetry(Telemetry.BATTERY).name: Refusal(NOW + DAY)}
    assert told(replace(SYSTEM, refused=refused)) == []


def test_another_source_of_the_production_is_told() -> None:
    changed = replace(SYSTEM, source=Source.METER, told_source=Source.MICRO)
    assert told(changed) == [
        ("source_changed", "1", {"used": "meter", "told": "micro"})
    ]


def job(
    ask: Ask, purpose: Purpose = Purpose.POLL, span: Granularity = Granularity.DAY
) -> CloudJob:
    """Return a call that is about to be refused."""
    return CloudJob(
        due=NOW,
        live=False,
        purpose=purpose,
        ask=ask,
        system="1",
        at=NOW,
        asks=(ask,),
        start=NOW - 7 * DAY,
        span=span,
    )


def test_a_window_before_the_first_interval_moves_the_beginning_of_that() -> None:
    ask = Ask.telemetry(Telemetry.CONSUMPTION)
    error = WindowRefused(NOW - 2 * DAY, NOW)
    assert is_refusal(SYSTEM, job(ask), error)
    known, is_done = after_refusal(SYSTEM, job(ask), error, NOW)
    assert known.begins_of == {ask.name: NOW - 2 * DAY}
    assert known.begins is None
    assert not is_done


def test_a_window_of_history_that_is_refused_is_not_asked_for_at_once() -> None:
    ask = Ask.telemetry(Telemetry.CONSUMPTION)
    error = WindowRefused(None, None)
    known, is_done = after_refusal(SYSTEM, job(ask, Purpose.HISTORY), error, NOW)
    assert list(known.asked.values()) == [NOW]
    assert is_done
    assert known.refused == {}


def test_a_week_that_is_refused_is_asked_for_by_days() -> None:
    ask = Ask.telemetry(Telemetry.IMPORT)
    week = job(ask, span=Granularity.WEEK)
    error = UnexpectedAnswer("bad_request")
    assert is_refusal(SYSTEM, week, error)
    known, is_done = after_refusal(SYSTEM, week, error, NOW)
    assert known.spans == {ask.name: Granularity.DAY}
    assert not is_done


@pytest.mark.parametrize("what", [What.SUMMARY, What.DEVICES])
def test_a_system_is_set_up_without_what_tells_of_it(what: What) -> None:
    known, is_done = after_refusal(
        SYSTEM, job(Ask(what)), UnexpectedAnswer("forbidden"), NOW
    )
    assert is_done
    assert known.refused == {}
    assert (known.summary_at or known.devices_at) == NOW


def test_a_system_that_is_kept_from_us_lacks_no_feature() -> None:
    """Its charger is asked for again as soon as it is back."""
    ask = Ask(What.CHARGER, "202312101001")
    error = UnexpectedAnswer("forbidden")
    assert is_refusal(SYSTEM, job(ask, Purpose.CHARGERS), error)
    poll = job(Ask.telemetry(Telemetry.PRODUCTION_METER))
    gone = after_failure(SYSTEM, poll, error, NOW)
    assert not is_refusal(gone, job(ask, Purpose.CHARGERS), error)


def many(number: int) -> list[House]:
    """Return the houses of an installer's customers."""
    return [House(str(each)) for each in range(1, number + 1)]


async def test_who_is_read_by_night_alone_is_told_how_often(
    open_account: Open,
) -> None:
    """Not while somebody picks the systems, and no longer once there are fewer."""
    driver, cloud = open_account(*many(12), history=DAY)
    cloud.sparse = True
    signing_in = await driver.connect()
    assert signing_in.notices == ()
    await begin(driver)
    await driver.run(15 * DAY)
    [notice] = notices(driver)
    values = {"count": "12", "plan": "Watt", "nights": "2"}
    assert (notice.key, notice.meter, notice.values) == ("read_by_night", None, values)
    read = [
        at.date()
        for at, name in cloud.calls
        if name.startswith("7/telemetry/production_meter") and at.hour == 23
    ]
    assert {b - a for a, b in pairwise(read[-5:])} == {2 * DAY}

    for picked in (6, 5):
        excluded = frozenset(str(each) for each in range(picked + 1, 13))
        context = replace(driver.context, state=driver.backend.state())
        driver.backend = driver.vendor.build(replace(context, excluded=excluded))
        await driver.run(DAY)
        counts = [each.values["count"] for each in notices(driver)]
        assert counts == (["6"] if picked == 6 else [])


async def test_a_bigger_plan_reads_many_systems_by_day(open_account: Open) -> None:
    driver, cloud = open_account(
        *many(6), limit=50_000, per_minute=50, plan="kilowatt", history=DAY
    )
    cloud.sparse = True
    await driver.connect()
    await driver.run(DAY / 24)
    assert notices(driver) == ()
    assert len(called(cloud, "6/telemetry/production_meter")) > 2


@pytest.mark.parametrize(("number", "is_picked"), [(5, True), (6, False)])
async def test_customers_are_left_to_be_picked(
    open_account: Open, number: int, *, is_picked: bool
) -> None:
    """Whoever sees many systems is an installer; what is picked is read all the same."""
    driver, cloud = open_account(*many(number), history=DAY)
    cloud.sparse = True
    signing_in = await driver.connect()
    assert {meter.active for meter in signing_in.meters or ()} == {is_picked}
    await begin(driver)
    listed = [update.meters for _, update in driver.updates if update.meters]
    assert {meter.active for meter in listed[-1]} == {True}
