"""Looking anew at what a gateway has must not lose what is known of it."""

from datetime import datetime, timedelta

from aiohttp import ClientConnectorError
import pytest

from custom_components.meter_hub.metering.vocabulary import Quantity
from custom_components.meter_hub.vendors.base import Unavailable
from custom_components.meter_hub.vendors.envoy_local.adapter import Gateway
from custom_components.meter_hub.vendors.envoy_local.plan import CheckJob, RenewJob

from .conftest import Open
from .house import NET, PRODUCTION, SERIAL, STORAGE, a_house, add_battery, reading
from .replay import NOW, Answer, Replay, a_token

Q = Quantity


def a_measured_battery() -> Replay:
    """Return a house whose battery has current transformers of its own."""
    replay = a_house(cts=(PRODUCTION, NET, STORAGE))
    replay.set(
        "/ivp/meters/readings",
        [
            reading(PRODUCTION, 3000, 5_000_000, 10),
            reading(NET, -200, 900_000, 40_000),
            reading(STORAGE, -800, 300_000, 350_000),
        ],
    )
    add_battery(replay, -790_000)
    return replay


@pytest.mark.parametrize("broken", ["connection", "answers"])
async def test_a_check_in_vain_changes_nothing(
    open_gateway: Open, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    replay, healthy = a_measured_battery(), a_measured_battery()
    owner = await open_gateway(replay)
    await owner.connect()
    with monkeypatch.context() as patched:
        if broken == "connection":
            patched.setattr(Gateway, "request", _refuse)
        else:
            for path in ("/ivp/meters", "/production.json", "/api/v1/production"):
                replay.break_path(path)
        with pytest.raises(Unavailable):
            await owner.backend.fetch(CheckJob(due=NOW, live=False))
    replay.answers = healthy.answers
    await owner.poll()
    assert owner.value(Q.SOLAR) == 5000
    assert owner.value(Q.BATTERY_CHARGE) == 350
    assert owner.value(Q.HOME_POWER) == 2000
    assert owner.value(Q.GRID_POWER) == -200
    assert not owner.told(Q.HOME)


async def _refuse(gateway: Gateway, endpoint: str, **_: object) -> None:
    raise ClientConnectorError(None, OSError(endpoint))  # type: ignore[arg-type]


async def test_a_battery_is_not_counted_twice_after_a_bad_start(
    open_gateway: Open,
) -> None:
    """Without the list of current transformers nobody knows that they count it."""
    replay, healthy = a_measured_battery(), a_measured_battery()
    owner = await open_gateway(replay)
    await owner.connect()
    owner.restart()
    owner.readings.clear()
    replay.break_path("/ivp/meters")
    for _ in range(5):
        await owner.poll()
    assert not owner.told(Q.BATTERY_CHARGE)
    assert not owner.told(Q.BATTERY_DISCHARGE)
    replay.answers = healthy.answers
    await owner.follow(timedelta(minutes=12))
    assert owner.value(Q.BATTERY_CHARGE) == 350
    assert not owner.readings[SERIAL, Q.BATTERY_CHARGE, "total"].estimated


async def test_a_token_that_was_got_is_kept_while_the_gateway_starts(
    open_gateway: Open,
) -> None:
    replay = a_measured_battery()
    owner = await open_gateway(replay)
    replay.check_status = 503
    for _ in range(5):
        with pytest.raises(Unavailable, match="server_error"):
            await owner.poll()
    assert replay.requests.count("/tokens") == 1
    replay.check_status = None
    await owner.poll()
    assert owner.value(Q.SOLAR) == 5000
    assert replay.requests.count("/tokens") == 1


async def test_a_cloud_that_gives_the_same_token_again_is_not_pestered(
    open_gateway: Open,
) -> None:
    replay = a_measured_battery()
    old = a_token(SERIAL, NOW + timedelta(days=20), NOW - timedelta(days=345))
    replay.given = Answer(old.encode())
    owner = await open_gateway(replay, poll_interval=300)
    await owner.connect()
    owner.restart()
    renewals: list[datetime] = []
    while owner.clock() < NOW + timedelta(hours=2) and len(renewals) < 9:
        job = owner.backend.plan(owner.clock(), ())
        assert job is not None
        owner.clock.at = max(job.due, owner.clock())
        await owner.backend.fetch(job)
        if isinstance(job, RenewJob):
            renewals.append(owner.clock())
    assert len(renewals) == 1
    assert owner.value(Q.TOKEN_EXPIRY) == NOW + timedelta(days=20)


@pytest.mark.parametrize("epoch", [10**30, "soon", None])
async def test_a_gateway_that_tells_no_day_of_its_firmware(
    open_gateway: Open, epoch: object
) -> None:
    replay = a_measured_battery()
    owner = await open_gateway(replay)
    await owner.connect()
    interface = {"type": "ethernet", "interface": "eth0", "mac": "", "dhcp": True}
    network = {"primary_interface": "eth0", "interfaces": [interface]}
    replay.set("/home", {"network": network, "software_build_epoch": epoch})
    await owner.backend.fetch(CheckJob(due=NOW, live=False))
    await owner.poll()
    assert (owner.update.meters or ())[0].firmware == "8.2.4286"
