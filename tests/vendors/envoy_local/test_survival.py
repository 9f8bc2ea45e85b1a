"""A cycle survives whatever fails in it, and the sign-in what happens later."""

from collections.abc import Callable
from datetime import timedelta
import logging

import pytest

from custom_components.meter_hub.metering.vocabulary import Quantity
from custom_components.meter_hub.vendors.base import (
    Unavailable,
    UnexpectedAnswer,
    VendorError,
)
from custom_components.meter_hub.vendors.envoy_local import adapter
from custom_components.meter_hub.vendors.envoy_local.plan import CheckJob, PollJob

from .conftest import MINUTE, Open
from .house import (
    NET,
    PRODUCTION,
    SERIAL,
    a_house,
    add_battery,
    measure,
    reading,
    truncated,
    unmetered,
)
from .replay import NOW, PASSWORD, Answer, Replay, a_token

READINGS = "/ivp/meters/readings"
OPTIONAL = (
    "/api/v1/production/inverters",
    "/ivp/ensemble/inventory",
    "/ivp/ensemble/secctrl",
    "/ivp/ensemble/power",
    "/production.json",
)


def a_battery_house() -> Replay:
    replay = a_house()
    measure(replay)
    add_battery(replay, -800_000)
    return replay


def break_it(replay: Replay, path: str) -> None:
    replay.break_path(path, 500)


def forbid_it(replay: Replay, path: str) -> None:
    replay.break_path(path, 403)


def answer_html(replay: Replay, path: str) -> None:
    replay.answers[path.strip("/").replace("/", "_")] = Answer(b"<html>")


def answer_nothing(replay: Replay, path: str) -> None:
    replay.set(path, None)


def answer_a_list(replay: Replay, path: str) -> None:
    replay.set(path, [])


def answer_an_error(replay: Replay, path: str) -> None:
    replay.set(path, {"error": "no"})


@pytest.mark.parametrize("path", OPTIONAL)
@pytest.mark.parametrize(
    "fault",
    [
        break_it,
        forbid_it,
        answer_html,
        truncated,
        answer_nothing,
        answer_a_list,
        answer_an_error,
    ],
)
async def test_a_path_that_fails_takes_nothing_else_along(
    open_gateway: Open, path: str, fault: Callable[[Replay, str], None]
) -> None:
    replay = a_battery_house()
    owner = await open_gateway(replay)
    await owner.connect()
    fault(replay, path)
    update = await owner.poll(after=9 * MINUTE)
    told = {each.series.quantity for each in update.readings}
    assert {Quantity.SOLAR, Quantity.GRID_POWER, Quantity.GRID_IMPORT} <= told
    assert owner.value(Quantity.HOME_POWER) == 2000
    assert owner.value(Quantity.BATTERY_LEVEL) == 54
    await owner.poll(after=2 * MINUTE)
    assert owner.value(Quantity.GRID_POWER) == -200
    battery, home = (
        owner.value(Quantity.BATTERY_POWER),
        owner.value(Quantity.HOME_POWER),
    )
    # Without the battery, what the house uses is not known.
    assert (battery, home) in ((-800, 2000), (None, None))
    if path == "/ivp/ensemble/power":
        assert battery is None
    if "ensemble" not in path:
        assert battery == -800


@pytest.mark.parametrize("path", OPTIONAL)
async def test_a_path_that_fails_at_the_start_heals(
    open_gateway: Open, path: str
) -> None:
    replay, healthy = a_battery_house(), a_battery_house()
    replay.break_path(path)
    owner = await open_gateway(replay)
    await owner.connect()
    assert owner.value(Quantity.GRID_IMPORT) == 900
    if path == "/ivp/ensemble/inventory":
        assert owner.value(Quantity.HOME_POWER) is None
    replay.answers = healthy.answers
    done = await owner.follow(timedelta(minutes=12))
    assert done.count(CheckJob) == 1
    assert owner.value(Quantity.BATTERY_POWER) == -800
    assert owner.value(Quantity.HOME_POWER) == 2000


async def test_current_transformers_that_are_missing_at_the_start_heal(
    open_gateway: Open,
) -> None:
    replay, healthy = a_house(), a_house()
    measure(replay)
    measure(healthy)
    replay.break_path("/ivp/meters")
    owner = await open_gateway(replay)
    await owner.connect()
    assert owner.value(Quantity.SOLAR) is None
    assert not owner.told(Quantity.GRID_IMPORT)
    assert not owner.told(Quantity.HOME_POWER)
    replay.answers = healthy.answers
    await owner.follow(timedelta(minutes=12))
    assert owner.value(Quantity.SOLAR) == 5000
    assert owner.value(Quantity.GRID_IMPORT) == 900


async def test_a_path_without_an_answer_leaves_time_for_the_others(
    open_gateway: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    replay = a_battery_house()
    owner = await open_gateway(replay)
    await owner.connect()
    monkeypatch.setattr(adapter, "PART", 0.2)
    replay.hanging.add("/production.json")
    update = await owner.poll()
    told = {each.series.quantity for each in update.readings}
    assert {Quantity.SOLAR, Quantity.GRID_POWER, Quantity.BATTERY_POWER} <= told


async def test_a_cycle_ends(
    open_gateway: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    replay = a_battery_house()
    owner = await open_gateway(replay)
    await owner.connect()
    monkeypatch.setattr(adapter, "CYCLE", 0.2)
    replay.hanging.add("/api/v1/production/inverters")
    update = await owner.poll()
    told = {each.series.quantity for each in update.readings}
    assert {Quantity.SOLAR, Quantity.GRID_POWER} <= told
    assert Quantity.BATTERY_POWER not in told


async def test_another_gateway_that_takes_the_address_is_not_read(
    open_gateway: Open,
) -> None:
    replay = unmetered(a_house("5.0.62", (), metered=False))
    owner = await open_gateway(replay, {}, plain=True)
    await owner.connect()
    info = replay.answers["info"]
    info.body = info.body.replace(SERIAL.encode(), b"122000000002")
    for job in (CheckJob(due=NOW, live=False), PollJob(due=NOW, live=True)):
        with pytest.raises(Unavailable, match="other_gateway"):
            await owner.backend.fetch(job)
    info.body = info.body.replace(b"122000000002", SERIAL.encode())
    await owner.poll()
    assert owner.value(Quantity.SOLAR) == 5000


async def test_zeros_of_a_gateway_that_has_just_started_say_nothing(
    open_gateway: Open,
) -> None:
    replay = a_house()
    measure(replay)
    owner = await open_gateway(replay)
    await owner.connect()
    dead = [
        {**reading(eid, 0, 0, 0), "voltage": 0.0, "freq": 0.0}
        for eid in (PRODUCTION, NET)
    ]
    replay.set(READINGS, dead)
    await owner.poll()
    assert owner.value(Quantity.SOLAR_POWER) == 3000
    assert owner.value(Quantity.SOLAR) == 5000
    assert owner.value(Quantity.HOME_POWER) == 2800
    assert owner.value(Quantity.VOLTAGE, "l1") == 231.5


@pytest.mark.parametrize(
    ("status", "kind", "reason"),
    [
        (503, Unavailable, "server_error"),
        (404, UnexpectedAnswer, "not_found"),
        (400, UnexpectedAnswer, "unexpected_answer"),
    ],
)
async def test_a_gateway_of_which_nothing_works(
    open_gateway: Open, status: int, kind: type[VendorError], reason: str
) -> None:
    replay = unmetered(a_house("7.6.175", (), metered=False))
    owner = await open_gateway(replay)
    await owner.connect()
    for name in list(replay.answers):
        if name != "info":
            replay.answers[name] = Answer(b"", status)
    with pytest.raises(kind) as caught:
        await owner.poll()
    assert caught.value.reason == reason


async def test_a_session_that_is_closed(open_gateway: Open) -> None:
    owner = await open_gateway(a_house())
    await owner.connect()
    await owner.context.session.close()
    with pytest.raises(Unavailable, match="cannot_connect"):
        await owner.poll()


async def test_a_gateway_that_is_gone(open_gateway: Open) -> None:
    owner = await open_gateway(a_house(), {"host": "127.0.0.1:9", "token": "x"})
    with pytest.raises(Unavailable, match="cannot_connect"):
        await owner.connect()


async def test_a_restart_goes_on_in_time(open_gateway: Open) -> None:
    owner = await open_gateway(a_battery_house())
    await owner.connect()
    owner.restart()
    job = owner.backend.plan(owner.clock(), ())
    assert isinstance(job, PollJob)
    assert job.due == NOW + MINUTE
    await owner.poll()
    assert owner.value(Quantity.HOME_POWER) == 2000


async def test_nothing_secret_is_logged_or_stored(
    open_gateway: Open, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "custom_components.meter_hub")
    replay = a_battery_house()
    owner = await open_gateway(replay)
    await owner.connect()
    replay.break_path(READINGS)
    await owner.poll()
    ours = [
        each.getMessage()
        for each in caplog.records
        if each.name.startswith("custom_components")
    ]
    assert any("brought nothing" in each for each in ours)
    stored = str(owner.backend.state())
    for secret in (PASSWORD, a_token(SERIAL), replay.host, "http"):
        assert secret not in stored
        assert not any(secret in each for each in ours)
