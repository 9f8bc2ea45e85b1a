"""Recorded gateways, where they lie beside this repository: what the sun gives."""

from datetime import timedelta

import pytest

from custom_components.meter_hub.metering.vocabulary import MeterKind, Quantity

from .conftest import Open
from .replay import RECORDED, Replay

pytestmark = pytest.mark.skipif(not RECORDED.exists(), reason="they are not there")

NOTHING_AT_THE_GRID = (
    Quantity.GRID_POWER,
    Quantity.GRID_IMPORT,
    Quantity.GRID_EXPORT,
    Quantity.HOME_POWER,
    Quantity.HOME,
)


def zeros(replay: Replay) -> None:
    """Have the gateway answer as shortly after a restart."""
    answer = replay.get("/api/v1/production")
    replay.set("/api/v1/production", dict.fromkeys(answer, 0))


async def test_case_01_firmware_5_with_digest(open_gateway: Open) -> None:
    replay = Replay.recorded("5.0.62")
    replay.digest = ("envoy", "012167")
    credentials = {"username": "envoy"}
    owner = await open_gateway(replay, credentials, plain=True, all_inverters=True)
    account = await owner.connect()
    assert account.unique_id == "121621012167"
    assert owner.value(Quantity.SOLAR_POWER) == 7907
    assert owner.value(Quantity.SOLAR) == 133_798.553
    inverters = owner.told(Quantity.SOLAR_POWER) - {("121621012167", "total")}
    assert len(inverters) == 40
    assert sum(
        watts
        for meter, channel in inverters
        if isinstance(watts := owner.value(Quantity.SOLAR_POWER, channel, meter), float)
        or isinstance(watts, int)
    ) == pytest.approx(7907)
    assert not any(owner.told(quantity) for quantity in NOTHING_AT_THE_GRID)


async def test_case_02_a_gateway_without_meters(open_gateway: Open) -> None:
    replay = Replay.recorded("7.6.175_standard")
    owner = await open_gateway(replay, all_inverters=True)
    await owner.connect()
    assert owner.value(Quantity.SOLAR_POWER) == 5740
    assert owner.value(Quantity.SOLAR) == 6139.406
    kinds = [meter.kind for meter in owner.update.meters or ()]
    assert kinds.count(MeterKind.INVERTER) == 24


@pytest.mark.parametrize("known_before", [False, True])
async def test_case_03_zeros_at_the_start_change_no_source(
    open_gateway: Open, known_before: bool
) -> None:
    replay = Replay.recorded("7.6.175_standard")
    right = replay.get("/api/v1/production")
    owner = await open_gateway(replay)
    if known_before:
        await owner.connect()
        owner.restart()
    zeros(replay)
    await owner.connect()
    assert owner.value(Quantity.SOLAR_POWER) == 5739
    assert owner.told(Quantity.SOLAR)
    assert owner.value(Quantity.SOLAR) is None
    replay.set("/api/v1/production", right)
    await owner.follow(timedelta(minutes=12))
    assert owner.value(Quantity.SOLAR) == 6139.406


async def test_case_04_zeros_on_a_later_poll_change_nothing(open_gateway: Open) -> None:
    replay = Replay.recorded("7.6.175_standard")
    owner = await open_gateway(replay)
    await owner.connect()
    zeros(replay)
    await owner.poll()
    assert owner.value(Quantity.SOLAR) == 6139.406
    assert owner.value(Quantity.SOLAR_POWER) == 5740


async def test_case_05_meters_without_current_transformers(open_gateway: Open) -> None:
    replay = Replay.recorded("8.2.4264_metered_noct")
    owner = await open_gateway(replay, all_inverters=True)
    await owner.connect()
    assert owner.value(Quantity.SOLAR_POWER) == 5521
    assert owner.value(Quantity.SOLAR) == 32_465.106
    meters = [meter.id for meter in owner.update.meters or ()][1:]
    powers = [owner.value(Quantity.SOLAR_POWER, meter=meter) for meter in meters]
    assert len(powers) == 2
    assert sum(power for power in powers if isinstance(power, int)) == 336


async def test_case_12_production_is_measured_and_inverters_have_gone(
    open_gateway: Open,
) -> None:
    replay = Replay.recorded("8.3.5289_modGone")
    owner = await open_gateway(replay, all_inverters=True)
    await owner.connect()
    assert owner.value(Quantity.SOLAR_POWER) == 1635
    assert owner.value(Quantity.SOLAR) == 10_251.324
    kinds = [meter.kind for meter in owner.update.meters or ()]
    assert kinds.count(MeterKind.INVERTER) == 12
    assert owner.value(Quantity.SOLAR, meter="900000000013") == 1362.25
    assert not any(owner.told(quantity) for quantity in NOTHING_AT_THE_GRID)


async def test_case_13_the_gateways_sum_has_wrapped(open_gateway: Open) -> None:
    replay = Replay.recorded("8.3.5289_modGone")
    meters = replay.get("/ivp/meters")
    replay.set("/ivp/meters", [{**meter, "state": "disabled"} for meter in meters])
    for path in ("/production.json?details=1", "/production.json", "/production"):
        figures = replay.get(path)
        for block in figures["production"]:
            if block["type"] == "eim":
                block["activeCount"] = 0
        replay.set(path, figures)
    owner = await open_gateway(replay)
    await owner.connect()
    assert owner.value(Quantity.SOLAR_POWER) == 1498
    assert owner.value(Quantity.SOLAR) == 11_216.539
