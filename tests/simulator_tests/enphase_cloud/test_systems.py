"""Systems and their devices, and what they do now."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.simulator import Distortion, DistortionKind, Flow, MovableClock, Simulator
from tests.simulator.enphase_cloud import EnphaseCloudApi

from ..conftest import NOW
from .conftest import CHARGER, EVERYTHING, MICROS, NO_BATTERY, CloudClient

CHARGING = datetime(2026, 10, 26, 13, 7, tzinfo=UTC)
DISCHARGING = datetime(2026, 10, 26, 15, 7, tzinfo=UTC)


def _watts(devices: list[dict[str, Any]], name: str = "") -> int:
    return sum(each["power"] for each in devices if each["name"].startswith(name))


def _refresh(cloud: CloudClient, api: EnphaseCloudApi) -> None:
    cloud.token = api.oauth.issue(api.client_id)["access_token"]


async def test_systems_are_listed_by_pages(cloud: CloudClient) -> None:
    first = await cloud.get("", size=2)
    last = await cloud.get("", size=2, page=2)
    assert (first["total"], first["count"], last["count"]) == (3, 2, 1)
    listed = [*first["systems"], *last["systems"]]
    assert [str(each["system_id"]) for each in listed] == [
        EVERYTHING,
        MICROS,
        NO_BATTERY,
    ]
    assert [each["energy_lifetime"] for each in listed] == [-1, -1, -1]
    assert await cloud.get(f"/{MICROS}") == listed[1]
    turned = await cloud.get("", sort_by="-id")
    assert turned["systems"] == listed[::-1]
    for query in ({"size": "101"}, {"page": "0"}, {"sort_by": "name"}):
        assert (await cloud.ask("", **query))[0] == 422


async def test_a_zone_may_be_untold(cloud: CloudClient, api: EnphaseCloudApi) -> None:
    assert (await cloud.get(f"/{MICROS}"))["timezone"] == "America/Los_Angeles"
    api.systems[MICROS].hides_zone = True
    assert (await cloud.get(f"/{MICROS}"))["timezone"] is None


@pytest.mark.parametrize(
    ("system", "counts"),
    [
        (EVERYTHING, {"micros": 24, "meters": 4, "gateways": 2, "encharges": 2, "ev_chargers": 1}),
        (MICROS, {"micros": 16, "gateways": 1}),
        (NO_BATTERY, {"micros": 20, "meters": 2, "gateways": 1}),
    ],
)  # fmt: skip
async def test_devices_are_what_is_fitted(
    cloud: CloudClient, system: str, counts: dict[str, int]
) -> None:
    body = await cloud.get(f"/{system}/devices")
    devices = body["devices"]
    assert {kind: len(each) for kind, each in devices.items()} == counts
    assert body["total_devices"] == sum(counts.values())
    serials = [each["serial_number"] for kind in devices.values() for each in kind]
    assert len(set(serials)) == len(serials)
    assert {each["config_type"] for each in devices.get("meters", ())} == (
        {"Production", "Net"} if "meters" in counts else set()
    )
    for gateway in devices["gateways"]:
        found = await cloud.get(
            "/retrieve_system_id", serial_num=gateway["serial_number"]
        )
        assert str(found["system_id"]) == system


async def test_inverters_come_in_pages_without_a_total(cloud: CloudClient) -> None:
    path = "/inverters_summary_by_envoy_or_site"
    found: list[dict[str, Any]] = []
    for page in (1, 2):
        (body,) = await cloud.get(path, site_id=MICROS, page=page)
        found += body["micro_inverters"]
    assert len({each["serial_number"] for each in found}) == 16
    summary = await cloud.get(f"/{MICROS}/summary")
    energies = [each["energy"]["value"] for each in found]
    assert sum(energies) == pytest.approx(summary["energy_lifetime"], abs=16)


@pytest.mark.parametrize(
    ("at", "mode"), [(CHARGING, "Charging"), (DISCHARGING, "Discharging")]
)
async def test_the_last_powers_are_means_of_a_quarter_hour(
    cloud: CloudClient,
    api: EnphaseCloudApi,
    clock: MovableClock,
    at: datetime,
    mode: str,
) -> None:
    clock.at = at
    _refresh(cloud, api)
    devices = (await cloud.get(f"/{EVERYTHING}/latest_telemetry"))["devices"]
    end = at.replace(minute=0)
    house = api.house(EVERYTHING)

    def mean(flow: Flow) -> float:
        return house.energy(flow, end - timedelta(minutes=15), end) * 4000

    grid = mean(Flow.GRID_IMPORT) - mean(Flow.GRID_EXPORT)
    battery = mean(Flow.BATTERY_CHARGE) - mean(Flow.BATTERY_DISCHARGE)
    meters = devices["meters"]
    assert len(meters) == 12
    assert {each["last_report_at"] for each in meters} == {int(end.timestamp())}
    sun = _watts(meters, "production")
    consumption = _watts(meters, "consumption")
    assert sun == pytest.approx(mean(Flow.SOLAR), abs=4)
    assert consumption - sun == pytest.approx(grid, abs=12)
    assert _watts(devices["encharges"]) == pytest.approx(battery, abs=8)
    assert {each["operational_mode"] for each in devices["encharges"]} == {mode}
    assert consumption - _watts(devices["encharges"]) == pytest.approx(
        mean(Flow.HOME), abs=16
    )


async def test_a_battery_may_be_hard_to_read(
    cloud: CloudClient, api: EnphaseCloudApi, clock: MovableClock
) -> None:
    clock.at = CHARGING
    _refresh(cloud, api)
    path = f"/{EVERYTHING}/latest_telemetry"
    system = api.systems[EVERYTHING]
    before = (await cloud.get(path))["devices"]["encharges"]
    system.charging_sign = -1
    system.tells_battery_mode = False
    system.forgotten_battery = True
    forgotten, turned = (await cloud.get(path))["devices"]["encharges"]
    assert "operational_mode" not in turned
    assert turned["power"] == -before[1]["power"] != 0
    assert forgotten["power"] == -15
    seen = datetime.fromtimestamp(forgotten["last_report_at"], UTC)
    assert CHARGING - seen > timedelta(days=3)


async def test_a_silent_site_keeps_its_last_powers_for_a_week(
    cloud: CloudClient,
    api: EnphaseCloudApi,
    clock: MovableClock,
    simulator: Simulator,
) -> None:
    silent = NOW.replace(minute=0) - timedelta(hours=3)
    simulator.add(
        Distortion(DistortionKind.GAP, "enphase_cloud", meter=NO_BATTERY, start=silent)
    )
    path = f"/{NO_BATTERY}/latest_telemetry"
    stamp = int(silent.timestamp())
    meters = (await cloud.get(path))["devices"]["meters"]
    assert {each["last_report_at"] for each in meters} == {stamp}
    assert (await cloud.get(f"/{NO_BATTERY}"))["last_report_at"] == stamp + 7 * 60
    clock.advance(timedelta(days=7))
    _refresh(cloud, api)
    meters = (await cloud.get(path))["devices"]["meters"]
    assert {(each["last_report_at"], each["power"]) for each in meters} == {
        (None, None)
    }


async def test_what_is_gone_is_neither_listed_nor_told(
    cloud: CloudClient, simulator: Simulator
) -> None:
    for meter in (MICROS, CHARGER):
        simulator.add(
            Distortion(
                DistortionKind.GONE,
                "enphase_cloud",
                meter=meter,
                start=NOW - timedelta(hours=1),
            )
        )
    assert (await cloud.get(""))["total"] == 2
    assert (await cloud.ask(f"/{MICROS}/summary"))[0] == 403
    assert "ev_chargers" not in (await cloud.get(f"/{EVERYTHING}/devices"))["devices"]
    body = await cloud.get(f"/{EVERYTHING}/ev_charger/devices")
    assert body["devices"]["ev_chargers"] == []
    status, _ = await cloud.ask(f"/{EVERYTHING}/ev_charger/{CHARGER}/telemetry")
    assert status == 400
