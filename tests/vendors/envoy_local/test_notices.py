"""What a person has to do something about."""

from datetime import timedelta
import json
from typing import Any

from pyenphase import EnvoyTokenAuth
import pytest

from custom_components.meter_hub.metering.model import Notice
from custom_components.meter_hub.metering.vocabulary import Quantity
from custom_components.meter_hub.vendors.base import UnexpectedAnswer
from custom_components.meter_hub.vendors.envoy_local.plan import CheckJob, PollJob
from custom_components.meter_hub.vendors.envoy_local.wiring import Wiring

from .conftest import MINUTE, Open, Owner
from .house import NET, PRODUCTION, SERIAL, a_house, measure, reading
from .replay import NOW, Replay

LONGEST_GAP = 3 * MINUTE
WRONG = (Notice("home_below_zero", SERIAL, {}),)
DAY = timedelta(days=1)


def set_powers(replay: Replay, solar: float, grid: float) -> None:
    """Have the current transformers show so many W."""
    replay.set(
        "/ivp/meters/readings",
        [
            reading(PRODUCTION, solar, 5_000_000, 10),
            reading(NET, grid, 900_000, 40_000),
        ],
    )


async def polled(owner: Owner, minutes: int) -> Any:
    """Poll each minute; return what a person is told at last."""
    return [(await owner.poll()).notices for _ in range(minutes)][-1]


async def test_a_house_that_gives_power_has_a_transformer_the_wrong_way_round(
    open_gateway: Open,
) -> None:
    replay = a_house()
    set_powers(replay, solar=0, grid=-400)
    owner = await open_gateway(replay)
    account = await owner.connect()
    assert account.update.notices == ()
    assert await polled(owner, 9) == ()
    assert owner.value(Quantity.HOME_POWER) == -400
    assert await polled(owner, 1) == WRONG
    set_powers(replay, solar=3000, grid=-400)
    owner.restart()
    assert await polled(owner, 30) == WRONG
    assert (await owner.poll(after=DAY)).notices == ()


async def test_a_house_that_uses_power_gives_no_reason_to_be_told(
    open_gateway: Open,
) -> None:
    replay = a_house()
    measure(replay)
    owner = await open_gateway(replay)
    await owner.connect()
    assert await polled(owner, 15) == ()


def below(*powers: float | None, each: timedelta = MINUTE) -> Wiring:
    """Return what is known after the house used so many W, one after the other."""
    wiring = Wiring()
    for number, power in enumerate(powers):
        wiring = wiring.after(power, NOW + number * each, LONGEST_GAP)
    return wiring


@pytest.mark.parametrize(
    ("wiring", "is_wrong"),
    [
        (below(*[-400] * 11), True),
        (below(*[-400] * 5, None, None, *[-400] * 4), True),
        (below(*[-400] * 10), False),
        (below(*[-400] * 8, 1, *[-400] * 8), False),
        (below(*[-9] * 60), False),
        (below(-400, -400, -400, each=timedelta(hours=1)), False),
        (below(*[-400] * 5, None, None, None, *[-400] * 4), False),
    ],
    ids=[
        "for long enough",
        "unknown for a moment",
        "not for long",
        "interrupted",
        "as good as nothing",
        "seen too rarely",
        "unknown for too long",
    ],
)
def test_how_long_a_house_must_give_power(wiring: Wiring, is_wrong: bool) -> None:
    at = wiring.below_at or NOW
    assert bool([*wiring.notices(SERIAL, at)]) is is_wrong


def test_what_is_known_survives_a_restart() -> None:
    wiring = below(*[-400] * 11)
    assert Wiring.from_dict(json.loads(json.dumps(wiring.to_dict()))) == wiring


def test_a_clock_that_was_ahead_is_not_believed_for_ever() -> None:
    assert [*below(*[-400] * 11).notices(SERIAL, NOW - 2 * DAY)] == []


async def test_a_person_is_told_that_the_library_is_another_one(
    open_gateway: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    replay = a_house()
    measure(replay)
    owner = await open_gateway(replay)
    await owner.connect()
    with monkeypatch.context() as patched:
        patched.delattr(EnvoyTokenAuth, "TOKEN_URL")
        owner.restart()
        owner.clock.at += DAY
        with pytest.raises(UnexpectedAnswer, match="library_unsupported"):
            await owner.poll()
        job = owner.backend.plan(owner.clock(), ())
        assert isinstance(job, CheckJob)
        assert job.due <= owner.clock()
        update = await owner.backend.fetch(job)
        assert update.notices == (Notice("library_unsupported", None, {}),)
        assert isinstance(owner.backend.plan(owner.clock(), ()), PollJob)
    owner.restart()
    assert await polled(owner, 1) == ()
