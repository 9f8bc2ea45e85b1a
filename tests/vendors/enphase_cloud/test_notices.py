"""What a person is told of refusals, in the words of the developer portal."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from custom_components.meter_hub.metering.model import Meter
from custom_components.meter_hub.vendors.base import UnexpectedAnswer
from custom_components.meter_hub.vendors.enphase_cloud.client import (
    Granularity,
    Lifetime,
    Telemetry,
)
from custom_components.meter_hub.vendors.enphase_cloud.errors import WindowRefused
from custom_components.meter_hub.vendors.enphase_cloud.jobs import (
    Ask,
    CloudJob,
    Purpose,
    What,
)
from custom_components.meter_hub.vendors.enphase_cloud.known import (
    Knowledge,
    KnownSystem,
    Refusal,
)
from custom_components.meter_hub.vendors.enphase_cloud.notices import notices_of
from custom_components.meter_hub.vendors.enphase_cloud.refusals import (
    after_failure,
    after_refusal,
    is_refusal,
)
from custom_components.meter_hub.vendors.enphase_cloud.systems import Source

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SYSTEM = KnownSystem(Meter("1", "House"), NOW - 90 * DAY)


def told(known: KnownSystem) -> list[tuple[str, str | None, dict[str, str]]]:
    """Return what a person reads of a system."""
    notices = notices_of(Knowledge().with_system(known), frozenset(), NOW, NOW)
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


def test_a_window_before_the_first_interval_moves_the_beginning() -> None:
    ask = Ask.telemetry(Telemetry.CONSUMPTION)
    error = WindowRefused(NOW - 2 * DAY, NOW)
    assert is_refusal(SYSTEM, job(ask), error)
    known, is_done = after_refusal(SYSTEM, job(ask), error, NOW)
    assert known.begins == NOW - 2 * DAY
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
