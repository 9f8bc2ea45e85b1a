"""What becomes of the sign-in later: refused, renewed, ended."""

from datetime import timedelta

import pytest

from custom_components.meter_hub.metering.vocabulary import Quantity
from custom_components.meter_hub.vendors.base import AuthError, Unavailable, VendorError
from custom_components.meter_hub.vendors.envoy_local.plan import CheckJob, RenewJob

from .conftest import MINUTE, Open, Owner
from .house import SERIAL, a_house, measure
from .replay import NOW, YEAR, Answer, a_token


async def refused(owner: Owner) -> VendorError:
    with pytest.raises(VendorError) as caught:
        await owner.poll()
    return caught.value


async def test_a_token_that_is_refused_is_replaced(open_gateway: Open) -> None:
    replay = a_house()
    measure(replay)
    owner = await open_gateway(replay)
    await owner.connect()
    fresh = a_token(SERIAL, NOW + 2 * YEAR)
    replay.tokens, replay.given = {fresh}, Answer(fresh.encode())
    await owner.poll()
    assert owner.value(Quantity.GRID_POWER) == -200
    assert owner.saved[-1]["token"] == fresh
    assert owner.value(Quantity.TOKEN_EXPIRY) == NOW + 2 * YEAR


async def test_a_pasted_token_is_doubted_only_after_three_refusals(
    open_gateway: Open,
) -> None:
    replay = a_house()
    token = a_token(SERIAL)
    owner = await open_gateway(replay, {"token": token})
    await owner.connect()
    replay.tokens = set()
    for _ in range(2):
        error = await refused(owner)
        assert (type(error), error.reason) == (Unavailable, "token_refused")
    error = await refused(owner)
    assert (type(error), error.reason) == (AuthError, "invalid_auth")
    replay.tokens = {token}
    await owner.poll()
    replay.tokens = set()
    assert (await refused(owner)).reason == "token_refused"


async def test_a_gateway_that_can_not_check_tokens_is_asked_again(
    open_gateway: Open,
) -> None:
    replay = a_house()
    owner = await open_gateway(replay, {"token": a_token(SERIAL)})
    await owner.connect()
    replay.tokens, replay.check_status = set(), 503
    for _ in range(5):
        error = await refused(owner)
        assert (type(error), error.reason) == (Unavailable, "server_error")


async def test_a_pasted_token_that_has_ended(open_gateway: Open) -> None:
    replay = a_house()
    owner = await open_gateway(replay, {"token": a_token(SERIAL, NOW + MINUTE)})
    await owner.connect()
    replay.tokens = set()
    error = await refused(owner)
    assert (type(error), error.reason) == (AuthError, "token_expired")


async def test_a_token_that_has_ended_while_the_password_was_changed(
    open_gateway: Open,
) -> None:
    replay = a_house()
    replay.given = Answer(a_token(SERIAL, NOW + MINUTE).encode())
    owner = await open_gateway(replay, poll_interval=300)
    await owner.connect()
    replay.tokens, replay.login = set(), Answer(b"", 401)
    error = None
    while not isinstance(error, AuthError):
        assert owner.clock() - NOW < timedelta(hours=1)
        error = await refused(owner)
    assert error.reason == "invalid_auth"
    # The cloud was not asked at each poll.
    assert replay.requests.count("/login/login.json") == 1 + 3


async def test_a_token_is_renewed_in_time(open_gateway: Open) -> None:
    replay = a_house()
    half_a_day = timedelta(hours=12)
    replay.given = Answer(a_token(SERIAL, NOW + half_a_day, NOW).encode())
    owner = await open_gateway(replay, poll_interval=300)
    await owner.connect()
    replay.given = Answer(a_token(SERIAL).encode())
    assert RenewJob not in await owner.follow(timedelta(hours=8, minutes=55))
    assert (await owner.follow(timedelta(hours=1))).count(RenewJob) == 1
    assert owner.saved[-1]["token"] == a_token(SERIAL)
    assert owner.value(Quantity.TOKEN_EXPIRY) == NOW + YEAR


@pytest.mark.parametrize(
    ("login", "reason"),
    [(Answer(b"", 503), "cloud_unreachable"), (Answer(b"", 401), "invalid_auth")],
)
async def test_the_old_token_is_used_while_no_new_one_is_to_be_had(
    open_gateway: Open, login: Answer, reason: str
) -> None:
    replay = a_house()
    old = a_token(SERIAL, NOW + timedelta(days=20), NOW - timedelta(days=345))
    replay.given = Answer(old.encode())
    owner = await open_gateway(replay)
    await owner.connect()
    owner.restart()
    good, replay.login = replay.login, login
    job = RenewJob(due=NOW, live=False)
    for minutes in (5, 10, 20):
        with pytest.raises(Unavailable) as caught:
            await owner.backend.fetch(job)
        assert caught.value.reason == reason
        await owner.poll()
        renewals = [
            planned.due - owner.clock()
            for planned in await plans(owner, timedelta(minutes=minutes))
            if isinstance(planned, RenewJob)
        ]
        assert renewals == [timedelta(0)]
    replay.login, replay.given = good, Answer(a_token(SERIAL).encode())
    await owner.backend.fetch(job)
    assert owner.saved[-1]["token"] == a_token(SERIAL)


async def plans(owner: Owner, within: timedelta) -> list[object]:
    """Poll until something else is planned; return it."""
    end = owner.clock() + within
    while job := owner.backend.plan(owner.clock(), ()):
        if job.due > end:
            break
        owner.clock.at = max(job.due, owner.clock())
        if isinstance(job, RenewJob):
            return [job]
        await owner.backend.fetch(job)
    return []


async def test_a_new_token_that_the_gateway_refuses_is_given_back(
    open_gateway: Open,
) -> None:
    replay = a_house()
    owner = await open_gateway(replay)
    await owner.connect()
    old = a_token(SERIAL)
    replay.tokens = {old}
    replay.given = Answer(a_token(SERIAL, NOW + 2 * YEAR).encode())
    with pytest.raises(Unavailable):
        await owner.backend.fetch(RenewJob(due=NOW, live=False))
    assert owner.saved[-1]["token"] == old
    await owner.poll()


async def test_new_firmware_is_noticed(open_gateway: Open) -> None:
    replay = a_house("8.2.4286")
    owner = await open_gateway(replay)
    await owner.connect()
    replay.set("/home", {**home(), "software_build_epoch": 1_776_240_639})
    replay.set_firmware("8.3.6087")
    await owner.follow(timedelta(minutes=15))
    assert (owner.update.meters or ())[0].firmware == "8.3.6087 (2026-04-15)"


def home() -> dict[str, object]:
    interface = {"type": "ethernet", "interface": "eth0", "mac": "", "dhcp": True}
    return {"network": {"primary_interface": "eth0", "interfaces": [interface]}}


async def test_firmware_that_wants_a_token_from_now_on(open_gateway: Open) -> None:
    """Check that a gateway on its way from 5 to 7 asks for another sign-in."""
    replay = a_house("5.0.62", (), metered=False)
    owner = await open_gateway(replay, {}, plain=True)
    await owner.connect()
    replay.set_firmware("7.6.175")
    replay.digest = ("nobody", "x")
    reasons = [(await refused(owner)).reason for _ in range(3)]
    assert reasons == ["token_refused", "token_refused", "invalid_auth"]


async def test_firmware_that_answers_with_tls_from_now_on(open_gateway: Open) -> None:
    """Check that a gateway of which nothing is heard is soon searched for anew."""
    replay = a_house("5.0.62", (), metered=False)
    owner = await open_gateway(replay, {}, plain=True)
    await owner.connect()
    for name in list(replay.answers):
        if name != "info":
            replay.answers[name] = Answer(b"", 503)
    replay.set_firmware("7.6.175")
    assert (await refused(owner)).reason == "server_error"
    done = []
    while CheckJob not in done:
        assert owner.clock() - NOW < timedelta(minutes=15)
        job = owner.backend.plan(owner.clock(), ())
        assert job is not None
        owner.clock.at = max(job.due, owner.clock())
        done.append(type(job))
        with pytest.raises(VendorError) as caught:
            await owner.backend.fetch(job)
    # Without a token, the gateway is not asked for anything else.
    assert caught.value.reason == "token_refused"
