"""The simulated gateway, fitted in all ways, shows what the house does."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import cast

from aiohttp import ClientSession
import pytest

from custom_components.meter_hub.metering.vocabulary import Quantity
from custom_components.meter_hub.vendors import endpoints
from custom_components.meter_hub.vendors.base import AuthError
from tests.simulator import MovableClock, Simulator
from tests.simulator.envoy_local import Ct, EnvoyLocalApi, Quirks, System, V1Trouble

from .conftest import Owner, owner_of

FLOWS = frozenset(
    {
        "solar",
        "solar_power",
        "grid_import",
        "grid_export",
        "grid_power",
        "battery_charge",
        "battery_discharge",
        "battery_power",
        "home",
        "home_power",
    }
)

PN, PNS = (Ct.PRODUCTION, Ct.NET), (Ct.PRODUCTION, Ct.NET, Ct.STORAGE)

SYSTEMS = {
    "nothing measured": (System(metered=False), "7.6.175"),
    "firmware 5": (System(metered=False), "5.0.62"),
    "no current transformers": (System(), "8.2.4264"),
    "details": (System(metered=False), "8.3.5289"),
    "P": (System((Ct.PRODUCTION,)), "8.2.4286"),
    "P N": (System(PN), "8.2.4286"),
    "P N, split phase": (System(PN, phases=2), "8.3.5433"),
    "P N, single phase": (System(PN, phases=1), "7.6.175"),
    "P T": (System((Ct.PRODUCTION, Ct.TOTAL), phases=2), "8.3.5433"),
    "P N S": (System(PNS, batteries=2, controller=True, phases=2), "8.2.4286"),
    "P N, batteries": (System(PN, batteries=2), "8.3.5167"),
    "P N, both batteries": (System(PN, phases=1, batteries=1, acbs=3), "8.2.4382"),
    "unlisted": (System(PN, lists_meters=False), "7.3.517"),
}


@pytest.fixture
def moving() -> MovableClock:
    """Begin on a summer morning."""
    return MovableClock(datetime(2026, 6, 20, 4, 7, tzinfo=UTC))


@pytest.fixture
async def simulator(
    moving: MovableClock, socket_enabled: None, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Simulator]:
    """Run the gateway, and have the integration find its cloud."""
    async with Simulator(clock=moving) as simulator:
        url = simulator.url("envoy_local", "cloud")
        endpoint = endpoints.Endpoint(url, pace=timedelta(0))
        monkeypatch.setattr(endpoints, "ENLIGHTEN", endpoint)
        monkeypatch.setattr(endpoints, "ENTREZ", endpoint)
        yield simulator


@pytest.fixture
def api(simulator: Simulator) -> EnvoyLocalApi:
    return cast("EnvoyLocalApi", simulator.vendor("envoy_local"))


def measured(owner: Owner, meter: str) -> dict[tuple[str, str], float]:
    """Return the flows that are known of a meter, without estimates."""
    return {
        (quantity.value, channel): value
        for (each, quantity, channel), reading in owner.readings.items()
        if each == meter and quantity.value in FLOWS
        if not reading.estimated or quantity is Quantity.GRID_POWER
        if isinstance(value := reading.value_at(owner.clock()), int | float)
    }


def assert_right(owner: Owner, api: EnvoyLocalApi, meter: str) -> None:
    registers, powers = api.registers(meter), api.powers(meter)
    assert measured(owner, meter) == {
        key: pytest.approx(value, abs=tolerance)
        for values, tolerance in ((registers, 0.0011), (powers, 0.0011))
        for key, value in values.items()
    }


@pytest.mark.parametrize("name", SYSTEMS)
async def test_each_system_shows_the_house(
    local_session: ClientSession,
    moving: MovableClock,
    api: EnvoyLocalApi,
    name: str,
) -> None:
    api.system, api.firmware = SYSTEMS[name]
    owner = owner_of(local_session, moving, api.credentials, all_inverters=True)
    await owner.connect()
    (gateway,) = api.meter_ids
    for _ in range(6):
        assert_right(owner, api, gateway)
        for inverter in api.inverter_ids:
            assert_right(owner, api, inverter)
        await owner.poll(after=timedelta(hours=2, minutes=13))
    listed = {meter.id for meter in owner.update.meters or ()}
    assert {gateway, *api.inverter_ids, *api.battery_ids} <= listed


async def test_the_batterys_energy_is_what_flowed(
    local_session: ClientSession, moving: MovableClock, api: EnvoyLocalApi
) -> None:
    """Compare what is added up each minute with what a current transformer counts."""
    api.system = System(PNS, batteries=2)
    (gateway,) = api.meter_ids
    before = api.registers(gateway)
    api.system = System(PN, batteries=2)
    owner = owner_of(local_session, moving, api.credentials)
    await owner.connect()
    for _ in range(6 * 60):
        await owner.poll()
    api.system = System(PNS, batteries=2)
    after = api.registers(gateway)
    total = 0.0
    for quantity in (Quantity.BATTERY_CHARGE, Quantity.BATTERY_DISCHARGE):
        key = (quantity.value, "total")
        flowed = after[key] - before[key]
        assert owner.value(quantity) == pytest.approx(flowed, rel=0.02, abs=0.02)
        total += flowed
    assert total > 1


@pytest.mark.parametrize(
    "quirks", [Quirks(zeros=True), Quirks(v1=V1Trouble.ZERO)], ids=["zeros", "v1"]
)
async def test_zeros_are_not_shown(
    local_session: ClientSession,
    moving: MovableClock,
    api: EnvoyLocalApi,
    quirks: Quirks,
) -> None:
    api.system, api.firmware = System(metered=False), "7.6.175"
    owner = owner_of(local_session, moving, api.credentials)
    await owner.connect()
    right = owner.value(Quantity.SOLAR)
    assert right
    api.quirks = quirks
    await owner.poll()
    assert owner.value(Quantity.SOLAR) == right
    owner.restart()
    await owner.poll()
    assert owner.value(Quantity.SOLAR) is None
    api.quirks = Quirks()
    await owner.follow(timedelta(minutes=25))
    (gateway,) = api.meter_ids
    expected = api.registers(gateway)["solar", "total"]
    assert owner.value(Quantity.SOLAR) == pytest.approx(expected, abs=0.01)


async def test_a_wrap_costs_nothing(
    local_session: ClientSession, moving: MovableClock, api: EnvoyLocalApi
) -> None:
    api.system, api.firmware = System(), "8.2.4264"
    api.quirks = Quirks(wraps_at=moving() + timedelta(hours=5))
    owner = owner_of(local_session, moving, api.credentials)
    await owner.connect()
    values = [owner.value(Quantity.SOLAR)]
    for _ in range(10):
        await owner.poll(after=timedelta(hours=1))
        values.append(owner.value(Quantity.SOLAR))
    numbers = [value for value in values if isinstance(value, float)]
    assert len(numbers) == 11
    assert numbers == sorted(numbers)
    assert 1 < numbers[-1] - numbers[0] < 100


async def test_a_token_that_was_revoked_is_replaced(
    local_session: ClientSession, moving: MovableClock, api: EnvoyLocalApi
) -> None:
    owner = owner_of(local_session, moving, api.credentials)
    await owner.connect()
    api.tokens.revoke(owner.saved[-1]["token"])
    local_session.cookie_jar.clear()
    await owner.poll()
    assert len(owner.saved) == 2
    wrong = owner_of(local_session, moving, {**api.credentials, "password": "wrong"})
    with pytest.raises(AuthError, match="invalid_auth"):
        await wrong.connect()
