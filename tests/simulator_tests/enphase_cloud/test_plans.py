"""What an application may call, how often, and how it is told."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.simulator import Fault, FaultKind, MovableClock, Simulator
from tests.simulator.enphase_cloud import PLANS, App, EnphaseCloudApi, Plan

from .conftest import CHARGER, EVERYTHING, NO_BATTERY, CloudClient

UNAUTHORIZED = {
    "message": "Not Authorized",
    "details": "User is not authorized",
    "code": 401,
}
SPENT = {
    "message": "Too Many Requests",
    "details": "Usage limit exceeded for plan Watt",
    "code": 429,
}


async def test_calls_within_a_minute_are_limited(
    cloud: CloudClient, api: EnphaseCloudApi, app: App, clock: MovableClock
) -> None:
    clock.at = datetime(2026, 11, 16, 6, 41, 30, tzinfo=UTC)
    cloud.token = api.oauth.issue(api.client_id)["access_token"]
    app.plan = PLANS["watt"]
    for _ in range(10):
        assert (await cloud.ask(""))[0] == 200
    assert await cloud.ask("") == (429, SPENT)
    begin = int(datetime(2026, 11, 16, 6, 41, tzinfo=UTC).timestamp())
    assert await cloud.ask(f"/{EVERYTHING}/summary") == (
        429,
        {
            **SPENT,
            "period": "minute",
            "period_start": begin,
            "period_end": begin + 60,
            "limit": 10,
        },
    )
    assert (app.used(), app.rejected) == (10, 2)
    clock.advance(timedelta(seconds=30))
    assert (await cloud.ask(""))[0] == 200


async def test_calls_within_a_month_are_limited_also_by_other_programs(
    cloud: CloudClient, api: EnphaseCloudApi, app: App, clock: MovableClock
) -> None:
    clock.at = datetime(2026, 11, 30, 23, 50, tzinfo=UTC)
    cloud.token = api.oauth.issue(api.client_id)["access_token"]
    app.plan = PLANS["watt"]
    app.spend(999)
    assert (await cloud.ask(f"/{EVERYTHING}/devices"))[0] == 200
    assert await cloud.ask(f"/{EVERYTHING}/devices") == (429, SPENT)
    status, body = await cloud.ask(f"/{EVERYTHING}/telemetry/battery")
    assert status == 429
    assert body["period"] == "month"
    assert body["limit"] == 1000
    assert datetime.fromtimestamp(body["period_start"], UTC) == datetime(
        2026, 11, 1, tzinfo=UTC
    )
    assert datetime.fromtimestamp(body["period_end"], UTC) == datetime(
        2026, 12, 1, tzinfo=UTC
    )
    status, body = await cloud.ask(f"/{EVERYTHING}/ev_charger/devices")
    assert (status, body["code"]) == (429, "429")

    app.month_zone = ZoneInfo("Europe/Warsaw")
    assert (await cloud.ask(""))[0] == 200
    assert (app.used("2026-11"), app.used(), app.rejected) == (1000, 1, 3)


async def test_what_a_plan_lacks_looks_like_a_bad_token(
    cloud: CloudClient, app: App
) -> None:
    app.denied |= {"C", "ev_charger/*/telemetry"}
    for path in ("telemetry/battery", "latest_telemetry", "consumption_lifetime"):
        assert await cloud.ask(f"/{EVERYTHING}/{path}") == (401, UNAUTHORIZED)
    assert await cloud.ask(f"/{EVERYTHING}/ev_charger/{CHARGER}/telemetry") == (
        401,
        UNAUTHORIZED | {"code": "401"},
    )
    assert (await cloud.ask(f"/{EVERYTHING}/ev_charger/devices"))[0] == 200
    assert (await cloud.ask(f"/{EVERYTHING}/telemetry/production_meter"))[0] == 200
    assert (await cloud.ask(""))[0] == 200
    assert app.used() == 7


async def test_key_and_token_belong_together(
    cloud: CloudClient, api: EnphaseCloudApi
) -> None:
    plan = Plan("Own", 5, 500)
    api.apps["other"] = App(api.world.clock, "other-client", "secret", plan)
    cloud.key = "other"
    status, body = await cloud.ask("")
    assert (status, body["details"]) == (401, "API Key -Client mismatch")
    cloud.key = "unknown"
    status, body = await cloud.ask(f"/{EVERYTHING}/ev_charger/devices")
    assert (status, body["details"]) == (401, "API key is missing/invalid")
    async with cloud.session.get(
        f"{cloud.url}/api/v4/systems",
        params={"key": api.credentials["api_key"]},
        headers={"Authorization": f"Bearer {cloud.token}"},
    ) as answer:
        assert answer.status == 200


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        ("/698900001/summary", 403, {"message": "Forbidden", "details": "Not authorized to access this resource", "code": 403}),
        ("/1/summary", 404, {"message": "Not Found", "details": 'System not found for {:id=>"1"}', "code": 404}),
        ("/1/production_meter_readings", 404, {"message": "Not Authorized", "details": 'System not found for {:id=>"1"}', "code": 404}),
        ("/1/ev_charger/devices", 400, {"message": "Bad request", "code": "400", "details": ["Invalid system_id"]}),
        (f"/{EVERYTHING}/ev_charger/7/telemetry", 400, {"message": "Bad request", "code": "400", "details": ["Invalid serial_no"]}),
        (f"/{EVERYTHING}/unknown", 501, {"reason": "501", "message": ["Not Implemented"]}),
        ("/retrieve_system_id", 422, {"message": "Unprocessable Entity", "details": "Provide envoy serial number", "code": 422}),
        ("/retrieve_system_id?serial_num=1", 404, {"message": "Not Found", "details": "Envoy not found with this serial number", "code": 404}),
        (f"/{NO_BATTERY}/telemetry/battery", 422, {"message": "Unprocessable Entity", "details": "System doesn't have encharges", "code": 422}),
    ],
)  # fmt: skip
async def test_problems_have_the_clouds_words(
    cloud: CloudClient, path: str, status: int, body: object
) -> None:
    assert await cloud.ask(path) == (status, body)


async def test_only_reading_is_allowed(cloud: CloudClient) -> None:
    assert await cloud.request("POST", "", {}) == (
        405,
        {"reason": "405", "message": ["Method not allowed"]},
    )


async def test_a_refused_token_is_refused_in_the_words_of_each_endpoint(
    cloud: CloudClient, simulator: Simulator
) -> None:
    simulator.add(Fault(FaultKind.EXPIRED, "enphase_cloud"))
    assert await cloud.ask(f"/{EVERYTHING}/summary") == (401, UNAUTHORIZED)
    assert await cloud.ask(f"/{EVERYTHING}/ev_charger/devices") == (
        401,
        UNAUTHORIZED | {"code": "401"},
    )
    async with cloud.session.post(f"{cloud.url}/oauth/token") as answer:
        assert (answer.status, (await answer.json())["error"]) == (
            400,
            "invalid_grant",
        )
