"""What a person is told of an account's data, and of what the vendor has to say."""

from dataclasses import replace
import json
from typing import Any

from aiohttp import web
import pytest

from custom_components.meter_hub.metering.model import Meter, Notice
from custom_components.meter_hub.metering.vocabulary import Quantity
from custom_components.meter_hub.vendors.energa.course import Course
from custom_components.meter_hub.vendors.energa.known import Knowledge, Known
from custom_components.meter_hub.vendors.energa.notices import notices_of
from tests.vendors.driver import Driver

from .home import DAY, HOUR, TODAY, fill, polled
from .portal import IMPORT, Portal, enveloped, metering_point, milliseconds

TEXT = "Planned works at Warszawska 1"
SAYING = Notice("vendor_says", None, {"text": TEXT})


def latest(driver: Driver) -> tuple[Notice, ...]:
    """Return what a person was told last."""
    told = [each.notices for _, each in driver.updates if each.notices is not None]
    return told[-1]


async def test_a_quiet_account_has_nothing_to_tell(
    driver: Driver, portal: Portal
) -> None:
    fill(portal, 3)
    assert (await driver.connect()).notices == ()
    await polled(driver)
    assert latest(driver) == ()


async def test_too_much_energy_is_told_until_it_is_put_right(
    driver: Driver, portal: Portal
) -> None:
    fill(portal, 3)
    points: Any = portal.days[IMPORT, TODAY - DAY]
    points[3]["zones"][0], points[4]["zones"][0] = 100.5, -1.0
    await driver.connect()
    await polled(driver)
    values = {"count": "2", "limit": "100"}
    assert latest(driver) == (Notice("implausible_hours", "339038", values),)
    points[3]["zones"][0] = points[4]["zones"][0] = 0.5
    await polled(driver)
    assert latest(driver) == ()


async def test_registers_that_differ_are_told_by_their_days(
    driver: Driver, portal: Portal
) -> None:
    fill(portal, 3)
    for day, energy in ((TODAY - DAY, 100.0), (TODAY, 102.5)):
        row = {"zone": "A+", "value": energy, "date": milliseconds(day)}
        portal.points = [metering_point(lastMeasurements=[row])]
        await driver.connect()
    await polled(driver)
    values = {"days": "2026-10-04"}
    assert latest(driver) == (Notice("register_differs", "339038", values),)


@pytest.mark.parametrize("key", ["warning", "error"])
async def test_what_the_vendor_says_is_told_and_kept_nowhere(
    driver: Driver, portal: Portal, caplog: pytest.LogCaptureFixture, key: str
) -> None:
    fill(portal, 3)
    account = {"meterPoints": [metering_point()]}
    answer: dict[str, Any] = enveloped(account, **{key: TEXT})
    portal.intercept = lambda query: None if query else web.json_response(answer)
    assert (await driver.connect()).notices == (SAYING,)
    await polled(driver)
    assert latest(driver) == (SAYING,)
    assert TEXT not in json.dumps(driver.backend.state())
    assert TEXT not in caplog.text
    # Nothing is taken back after a restart before the vendor was asked.
    driver.restart()
    told = len(driver.updates)
    while not driver.updates[told:] or driver.updates[-1][1].meters is None:
        await driver.step()
        if driver.updates[-1][1].meters is None:
            assert driver.updates[-1][1].notices is None
    assert latest(driver) == (SAYING,)
    # It is over a day after it was said last.
    answer[key] = None
    await driver.run(DAY - 2 * HOUR)
    assert latest(driver) == (SAYING,)
    await driver.run(4 * HOUR)
    assert latest(driver) == ()


async def test_a_long_text_is_shortened(driver: Driver, portal: Portal) -> None:
    answer = enveloped({"meterPoints": [metering_point()]}, warning="x" * 500)
    portal.intercept = lambda query: None if query else web.json_response(answer)
    (notice,) = (await driver.connect()).notices or ()
    assert notice.values["text"] == "x" * 199 + "…"


def test_nothing_is_told_of_what_is_unticked_or_gone() -> None:
    course = Course("x", implausible={TODAY: 2})
    known = Known(Meter("1", "One"), courses={Quantity.GRID_IMPORT: course})
    account = Knowledge(points={"1": known})
    assert len(notices_of(account, [], ())) == 1
    assert notices_of(account, [], {"1"}) == ()
    gone = Knowledge(points={"1": replace(known, listed=False)})
    assert notices_of(gone, [], ()) == ()
