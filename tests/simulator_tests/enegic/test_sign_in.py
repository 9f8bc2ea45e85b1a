"""Passwords, tokens, paths and verbs."""

from datetime import datetime, timedelta
import re
from typing import Any

import pytest

from tests.simulator import Fault, FaultKind, MovableClock, Simulator
from tests.simulator.enegic import NOT_FOUND_PAGE

from ..conftest import NOW
from .conftest import EnegicClient
from .recorded import differences, needs_recorded, recorded

CALLS: tuple[tuple[str, str, Any], ...] = (
    ("PUT", "/getaccountoverview", {}),
    ("PUT", "/getlatestpackets", {}),
    ("PUT", "/getphasedata", {}),
    ("GET", "/getreporterssettingsforuser", None),
    ("PUT", "/refreshtoken", {}),
)
ACCOUNT = {"username": "simulated@example.com", "password": "simulated-enegic-password"}


@needs_recorded
async def test_a_sign_in_has_the_shape_of_a_recorded_one(enegic: EnegicClient) -> None:
    assert not differences(recorded("createtoken"), await enegic.sign_in())


@pytest.mark.parametrize("change", [str, str.upper, str.title])
async def test_a_password_gives_a_token_for_a_year(
    enegic: EnegicClient, change: Any
) -> None:
    enegic.token = None
    status, answer = await enegic.ask(
        "/createtoken", {change(key): value for key, value in ACCOUNT.items()}
    )
    token = answer["TokenInfo"]

    assert status == 200
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", token["Token"])
    assert re.fullmatch(r"2026-10-27T12:07:00\.\d{7}Z", token["Created"])
    assert datetime.fromisoformat(token["ValidTo"]) == NOW + timedelta(days=365)
    assert answer["User"]["Username"] == ACCOUNT["username"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (ACCOUNT | {"password": "wrong"}, 401),
        (ACCOUNT | {"username": "nobody@example.com"}, 401),
        ({"username": ACCOUNT["username"]}, 400),
        ([], 400),
        (None, 400),
    ],
)
async def test_a_wrong_password_gives_none(
    enegic: EnegicClient, body: Any, status: int
) -> None:
    assert await enegic.ask("/createtoken", body) == (status, None)


async def test_a_wrong_password_may_give_an_empty_token(enegic: EnegicClient) -> None:
    enegic.api.refuses_with_no_token = True
    status, answer = await enegic.ask("/createtoken", ACCOUNT | {"password": "wrong"})
    enegic.token = answer["TokenInfo"]["Token"]

    assert (status, enegic.token) == (200, "00000000-0000-0000-0000-000000000000")
    assert (await enegic.ask("/getlatestpackets"))[0] == 401


@pytest.mark.parametrize("token", [None, "", "wrong"])
async def test_a_bad_token_is_refused(enegic: EnegicClient, token: str | None) -> None:
    enegic.token = token

    for verb, path, body in CALLS:
        assert await enegic.ask(path, body, verb=verb) == (401, None)


async def test_tokens_expire_and_can_be_taken_away(
    enegic: EnegicClient, clock: MovableClock
) -> None:
    clock.advance(timedelta(days=365))
    assert (await enegic.ask("/getlatestpackets"))[0] == 401
    await enegic.sign_in()
    assert (await enegic.ask("/getlatestpackets"))[0] == 200
    enegic.api.accounts.tokens.clear()
    assert (await enegic.ask("/getlatestpackets"))[0] == 401


async def test_a_token_is_exchanged_and_the_old_one_lives_on(
    enegic: EnegicClient, clock: MovableClock
) -> None:
    old = enegic.token
    clock.advance(timedelta(days=340))
    status, answer = await enegic.ask("/refreshtoken", {"token": old})
    fresh = answer["TokenInfo"]

    assert status == 200
    assert fresh["Token"] != old
    assert datetime.fromisoformat(fresh["ValidTo"]) == clock() + timedelta(days=365)
    assert (await enegic.ask("/getlatestpackets"))[0] == 200
    enegic.token = fresh["Token"]
    assert (await enegic.ask("/getlatestpackets"))[0] == 200
    assert await enegic.ask("/refreshtoken", {}) == (400, None)


async def test_people_have_numbers_and_may_be_of_another_brand(
    enegic: EnegicClient,
) -> None:
    first = await enegic.sign_in()
    enegic.api.accounts.passwords = {"other@example.com": "secret"} | (
        enegic.api.accounts.passwords
    )
    enegic.api.accounts.domain = "Evify"
    other = await enegic.sign_in()

    assert other["User"]["Username"] == "other@example.com"
    assert other["User"]["Domain"] == "Evify"
    assert first["User"]["Domain"] == "Perific"
    assert [user["User"]["UserId"] for user in (first, other)] == [1000001, 1000002]


async def test_who_is_known(enegic: EnegicClient) -> None:
    enegic.token = None
    known = await enegic.ask("/isactivated", {"username": ACCOUNT["username"]})
    unknown = await enegic.ask("/isactivated", {"username": "nobody@example.com"})

    assert known == (200, {"IsTaken": True, "UserIsActivated": True})
    assert unknown == (200, {"IsTaken": False, "UserIsActivated": False})


@pytest.mark.parametrize("path", ["/", "/login", "/getphasedata/1"])
async def test_an_unknown_path_is_a_page(enegic: EnegicClient, path: str) -> None:
    async with enegic.session.get(enegic.url + path) as answer:
        assert answer.status == 404
        assert answer.content_type == "text/html"
        assert await answer.text() == NOT_FOUND_PAGE


@pytest.mark.parametrize(
    ("path", "verbs"),
    [
        ("/createtoken", {"PUT"}),
        ("/refreshtoken", {"PUT"}),
        ("/isactivated", {"PUT"}),
        ("/getaccountoverview", {"PUT", "GET"}),
        ("/getlatestpackets", {"PUT"}),
        ("/getphasedata", {"PUT"}),
        ("/getreporterssettingsforuser", {"GET"}),
    ],
)
async def test_a_path_has_its_verbs(
    enegic: EnegicClient, path: str, verbs: set[str]
) -> None:
    for verb in ("GET", "PUT", "POST"):
        status, _ = await enegic.ask(path, {}, verb=verb)
        assert (status == 405) is (verb not in verbs)


async def test_the_verbs_can_be_changed(enegic: EnegicClient) -> None:
    enegic.api.verbs["/getaccountoverview"] = frozenset({"GET"})

    assert (await enegic.ask("/getaccountoverview", {}))[0] == 405
    assert (await enegic.ask("/getaccountoverview", verb="GET"))[0] == 200


async def test_a_token_may_be_refused_for_no_reason(
    enegic: EnegicClient, simulator: Simulator
) -> None:
    simulator.add(Fault(FaultKind.EXPIRED, "enegic", path="/getlatestpackets", times=2))
    seen = [await enegic.ask("/getlatestpackets", {}) for _ in range(3)]

    assert seen[:2] == [(401, None)] * 2
    assert seen[2][0] == 200
    assert [
        call.status
        for call in simulator.calls("enegic", "/getlatestpackets", enegic.token)
    ] == [401, 401, 200]
