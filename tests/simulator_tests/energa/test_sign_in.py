"""The session of Mój Licznik: cookies, logins, and how they end or are refused."""

from datetime import timedelta
from typing import Literal

import pytest

from tests.simulator import Fault, FaultKind, MovableClock, Simulator

from ..conftest import NOW
from .conftest import App

FINE = {
    "success": True,
    "warning": None,
    "error": None,
    "status": 0,
    "response": None,
}
REFUSED = FINE | {"success": False}
DATA = "/resources/user/data"


async def test_the_session_is_two_cookies_and_no_token(stranger: App) -> None:
    assert await stranger.get("/apihelper/SessionStatus") == (200, FINE)
    cookies = {cookie.key for cookie in stranger.session.cookie_jar}
    assert (await stranger.get(DATA))[0] == 403
    assert await stranger.log_in() == (200, FINE)

    assert cookies == {"JSESSIONID", "TS015b8f91"}
    assert (await stranger.get(DATA))[0] == 200


@pytest.mark.parametrize("status", [403, 401])
@pytest.mark.parametrize("path", [DATA, "/resources/mchart"])
async def test_data_need_a_session(
    stranger: App, path: str, status: Literal[401, 403]
) -> None:
    stranger.api.refusal_status = status

    assert await stranger.get(path) == (status, REFUSED)


async def test_a_login_needs_the_session_before_it(stranger: App) -> None:
    assert await stranger.log_in() == (200, REFUSED)


@pytest.mark.parametrize(
    "changed",
    [
        {"clientOS": ""},
        {"notifyService": ""},
        {"token": ""},
        {"token": "ABC"},
        {"token": "0123456789ABCDEF" * 4},
    ],
)
async def test_a_login_needs_what_the_app_sends(
    stranger: App, changed: dict[str, str]
) -> None:
    await stranger.get("/apihelper/SessionStatus")

    assert await stranger.log_in(**changed) == (200, REFUSED)
    assert (await stranger.get(DATA))[0] == 403


@pytest.mark.parametrize(
    "changed",
    [
        {"username": ""},
        {"username": "nobody"},
        {"password": ""},
        {"password": "p&ss w#rd%ż"},
        {"password": "p"},
    ],
)
async def test_a_wrong_login_is_named_or_not(
    stranger: App, changed: dict[str, str]
) -> None:
    await stranger.get("/apihelper/SessionStatus")

    assert await stranger.log_in(**changed) == (
        200,
        REFUSED | {"error": "error.login.password"},
    )
    stranger.api.login_error = None
    assert await stranger.log_in(**changed) == (200, REFUSED)
    assert (await stranger.get(DATA))[0] == 403


async def test_names_may_be_written_in_any_case_and_passwords_change(
    stranger: App,
) -> None:
    stranger.api.accounts |= {"Ola": "first", "Jan": "second"}
    await stranger.get("/apihelper/SessionStatus")

    assert (await stranger.log_in(username="oLA", password="first"))[1] == FINE
    stranger.api.accounts["Ola"] = "third"
    assert (await stranger.log_in(username="Ola", password="first"))[1] != FINE
    assert (await stranger.log_in(username="Jan", password="second"))[1] == FINE


async def test_a_session_ends_some_time_after_its_login(
    app: App, clock: MovableClock
) -> None:
    app.api.session_lifetime = timedelta(minutes=3)
    seen = []
    for _ in range(4):
        seen.append((await app.get(DATA))[0])
        clock.advance(timedelta(minutes=1))

    assert seen == [200, 200, 200, 403]
    await app.sign_in()
    assert (await app.get(DATA))[0] == 200


async def test_a_session_can_be_lost_at_any_time(app: App) -> None:
    app.api.end_sessions()

    assert (await app.get(DATA))[0] == 403
    assert (await app.log_in())[1] == REFUSED
    await app.sign_in()
    assert (await app.get(DATA))[0] == 200


async def test_one_refusal_leaves_the_session_as_it_was(
    app: App, simulator: Simulator
) -> None:
    simulator.add(Fault(FaultKind.EXPIRED, "energa", path="/dp/resources/*", times=1))

    assert await app.get(DATA) == (403, REFUSED)
    assert (await app.get(DATA))[0] == 200


async def test_an_outage_of_the_logins_spares_all_else(app: App) -> None:
    app.api.outage = "bare"

    assert await app.get("/apihelper/SessionStatus") == (200, FINE)
    assert await app.log_in() == (200, {"success": False})
    assert (await app.get(DATA))[0] == 200

    app.api.outage = "html"
    assert await app.get("/apihelper/SessionStatus") == (200, FINE)
    async with app.session.get(app.url + "/apihelper/UserLogin") as answer:
        assert (answer.status, answer.content_type) == (200, "text/html")
        assert "support ID" in await answer.text()


async def test_calls_are_counted_by_account(
    app: App, simulator: Simulator, clock: MovableClock
) -> None:
    simulator.add(Fault(FaultKind.PACE, "energa", seconds=1))
    clock.advance(timedelta(seconds=1))
    await app.get(DATA)
    async with app.session.get(app.url + DATA) as answer:
        assert answer.status == 429
    clock.advance(timedelta(seconds=1))
    assert (await app.get(DATA))[0] == 200

    calls = simulator.calls("energa", credential="Simulated@energa.example")
    assert [(call.path, call.status) for call in calls] == [
        ("/dp/apihelper/UserLogin", 200),
        ("/dp/resources/user/data", 200),
        ("/dp/resources/user/data", 429),
        ("/dp/resources/user/data", 200),
    ]
    assert calls[0].at == NOW
    assert calls[0].query["password"] == "p&ss+w#rd%ż"
