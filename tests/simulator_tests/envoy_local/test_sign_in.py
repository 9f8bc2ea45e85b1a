"""Tokens, sessions and digests, and the cloud that the tokens come from."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from aiohttp import ClientConnectorError, ClientError, ClientSession
import jwt
from pyenphase import Envoy, EnvoyAuthenticationError, EnvoyAuthenticationRequired
import pytest

from tests.simulator import Fault, FaultKind, MovableClock, Simulator
from tests.simulator.envoy_local import CloudAccount, EnvoyLocalApi, System

from .conftest import Connect

PATH = "/ivp/meters"
OWNER, INSTALLER = "owner@simulated.example", "installer@simulated.example"
PASSWORD = "Simulated-owner-1"

type SignIn = Callable[[str, str], Awaitable[str]]


async def _status(
    client: ClientSession, api: EnvoyLocalApi, path: str, token: str | None = None
) -> int:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    async with client.get(f"https://{api.host}{path}", headers=headers) as answer:
        return answer.status


async def test_the_cloud_gives_an_owner_a_token_for_a_year(
    api: EnvoyLocalApi, client: ClientSession, clock: MovableClock, sign_in: SignIn
) -> None:
    token = await sign_in(OWNER, PASSWORD)
    claims = jwt.decode(token, options={"verify_signature": False})

    assert claims["aud"] == api.meter_ids[0]
    assert claims["enphaseUser"] == "owner"
    assert claims["username"] == OWNER
    assert claims["exp"] - clock().timestamp() == timedelta(days=365).total_seconds()
    assert await _status(client, api, PATH, token) == 200


async def test_an_installers_token_ends_after_twelve_hours(
    api: EnvoyLocalApi, client: ClientSession, clock: MovableClock, sign_in: SignIn
) -> None:
    token = await sign_in(INSTALLER, "Simulated-installer-1")
    seen = []
    for _ in range(3):
        seen.append(await _status(client, api, PATH, token))
        clock.advance(timedelta(hours=6))

    assert seen == [200, 200, 401]
    assert await _status(client, api, "/auth/check_jwt", token) == 401
    api.cloud.lifetime = timedelta(minutes=5)
    claims = jwt.decode(
        await sign_in(OWNER, PASSWORD), options={"verify_signature": False}
    )
    assert claims["exp"] - clock().timestamp() == 300


@pytest.mark.parametrize(
    ("username", "password", "says"),
    [
        (OWNER, "wrong", "Unable to login to Enlighten.*401"),
        ("nobody@simulated.example", PASSWORD, "Unable to login to Enlighten.*401"),
        ("mfa@simulated.example", "m", "Multi Factor"),
        ("stranger@simulated.example", "s", "Unable to obtain token.*404"),
    ],
)
async def test_the_cloud_refuses(
    api: EnvoyLocalApi, sign_in: SignIn, username: str, password: str, says: str
) -> None:
    api.cloud.accounts |= {
        "mfa@simulated.example": CloudAccount("m", mfa=True),
        "stranger@simulated.example": CloudAccount("s", serials=("999900001234",)),
    }

    with pytest.raises(EnvoyAuthenticationError, match=says):
        await sign_in(username, password)


async def test_the_cloud_shows_a_page_instead(
    simulator: Simulator, sign_in: SignIn
) -> None:
    simulator.add(Fault(FaultKind.HTML, "envoy_local", path="/login/login.json"))

    with pytest.raises(EnvoyAuthenticationError, match="Unable to decode"):
        await sign_in(OWNER, PASSWORD)
    assert [call.path for call in simulator.calls("envoy_local")] == [
        "/login/login.json"
    ]


@pytest.mark.parametrize("path", ["/auth/check_jwt", PATH, "/home", "/nowhere"])
async def test_only_good_tokens_are_let_in(
    api: EnvoyLocalApi, client: ClientSession, path: str
) -> None:
    revoked = api.tokens.issue()
    api.tokens.revoke(revoked)
    bad = {
        "missing": None,
        "nonsense": "nonsense",
        "made up": jwt.encode({"aud": api.meter_ids[0]}, "k" * 32, "HS256"),
        "expired": api.tokens.issue(lifetime=timedelta(minutes=-1)),
        "another gateway's": api.tokens.issue(serial="999900001234"),
        "revoked": revoked,
    }

    assert {await _status(client, api, path, token) for token in bad.values()} == {401}
    good = await _status(client, api, path, api.tokens.issue())
    assert good == (404 if path == "/nowhere" else 200)
    assert await _status(client, api, "/info") == 200


async def test_a_session_stands_for_its_token_while_it_is_used(
    api: EnvoyLocalApi, client: ClientSession, clock: MovableClock
) -> None:
    await _status(client, api, "/auth/check_jwt", api.tokens.issue())
    seen = []
    for minutes in (0, 9, 9, 11):
        clock.advance(timedelta(minutes=minutes))
        seen.append(await _status(client, api, PATH))

    assert [cookie.key for cookie in client.cookie_jar] == ["sessionId"]
    assert seen == [200, 200, 200, 401]


@pytest.mark.parametrize(
    ("username", "password"),
    [(None, None), ("installer", None), ("envoy", None), ("ola", "p&ss")],
)
async def test_old_firmware_has_local_users(
    api: EnvoyLocalApi,
    connect: Connect,
    simulator: Simulator,
    username: str | None,
    password: str | None,
) -> None:
    api.firmware, api.system = "5.0.62", System(metered=False)
    api.users["ola"] = "p&ss"
    data = await (await connect(username, password)).update()

    assert data.system_production is not None
    assert data.system_production.watt_hours_lifetime > 0
    assert sum(call.status == 401 for call in simulator.calls("envoy_local")) == 1
    user = username or "installer"
    assert simulator.calls("envoy_local", credential=user)
    assert simulator.url("envoy_local") == f"http://{api.host}"


async def test_old_firmware_shows_a_wrong_password_with_the_first_data(
    api: EnvoyLocalApi, connect: Connect
) -> None:
    api.firmware, api.system = "5.0.62", System(metered=False)
    envoy = await connect("installer-", "wrong")

    with pytest.raises(EnvoyAuthenticationRequired):
        await envoy.update()


async def test_the_firmware_decides_on_tls_from_one_connection_to_the_next(
    api: EnvoyLocalApi, simulator: Simulator, client: ClientSession
) -> None:
    seen = []
    for firmware in ("5.0.62", "7.6.175"):
        api.firmware = firmware
        for scheme in ("http", "https"):
            try:
                async with client.get(f"{scheme}://{api.host}/info") as answer:
                    seen.append((firmware, scheme, firmware in await answer.text()))
            except ClientError:
                seen.append((firmware, scheme, False))

    assert seen == [
        ("5.0.62", "http", True),
        ("5.0.62", "https", False),
        ("7.6.175", "http", False),
        ("7.6.175", "https", True),
    ]
    assert simulator.url("envoy_local") == f"https://{api.host}"
    async with ClientSession() as careful:
        with pytest.raises(ClientConnectorError, match="certificate"):
            await careful.get(f"https://{api.host}/info")


async def test_faults_work_on_gateway_and_cloud(
    api: EnvoyLocalApi, connect: Connect, simulator: Simulator, sign_in: SignIn
) -> None:
    envoy: Envoy = await connect()
    await envoy.update()
    simulator.add(Fault(FaultKind.EXPIRED, "envoy_local", path=PATH, times=1))
    simulator.add(Fault(FaultKind.EXPIRED, "envoy_local", path="/tokens", times=1))

    with pytest.raises(EnvoyAuthenticationRequired):
        await envoy.update()
    with pytest.raises(EnvoyAuthenticationError, match="401"):
        await sign_in(OWNER, PASSWORD)
    assert (await envoy.update()).ctmeters
    assert await sign_in(OWNER, PASSWORD)
    assert {call.credential for call in simulator.calls("envoy_local", PATH)} == {OWNER}


async def test_credentials_are_those_that_work(
    api: EnvoyLocalApi, sign_in: SignIn, connect: Connect
) -> None:
    api.firmware = "8.3.5167"
    said = api.credentials
    assert said["host"] == api.host
    assert await sign_in(said["username"], said["password"])

    api.firmware, api.system = "5.0.62", System(metered=False)
    said = api.credentials
    envoy = await connect(said["username"], said["password"])
    assert (await envoy.update()).inverters
