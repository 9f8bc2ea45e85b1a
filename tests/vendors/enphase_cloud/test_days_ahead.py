"""Days that run, and come filled up with zeros to their ends."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from custom_components.meter_hub.metering.model import Series
from custom_components.meter_hub.metering.spans import hour_of
from custom_components.meter_hub.metering.vocabulary import Quantity
from custom_components.meter_hub.vendors.enphase_cloud.telemetry import until_now
from tests.simulator import MovableClock

from .accounts import begin
from .conftest import Open
from .houses import QUARTER, House
from .steps import HOUR, alter

AFTERNOON = datetime(2026, 12, 10, 13, 22, tzinfo=UTC)
MIDNIGHT = datetime(2026, 12, 10, 23, tzinfo=UTC)

NOTHING = {"enwh": 0, "devices_reporting": 0}

METERED = ("telemetry", "production_by_phase")


def fill(rows: list[Any], now: datetime) -> None:
    """Add what the vendor has of the time to come: nothing at all of it."""
    if not rows or isinstance(rows[0], list):
        for each in rows:
            fill(each, now)
        return
    newest = rows[-1]
    empty = {key: told if key == "channel" else 0 for key, told in newest.items()}
    if "soc" in newest:
        empty |= {"charge": NOTHING, "discharge": NOTHING, "soc": {"percent": 0}}
    end = datetime.fromtimestamp(newest["end_at"], UTC)
    while (end := end + QUARTER) <= MIDNIGHT:
        if end > now:
            rows.append(empty | {"end_at": int(end.timestamp())})


@pytest.mark.parametrize("calls", [(), METERED], ids=["chargers", "all"])
async def test_nothing_is_told_of_the_time_to_come(
    calls: tuple[str, ...], open_account: Open, moving: MovableClock
) -> None:
    moving.at = AFTERNOON
    house = House("1", battery=True, charger="C", phases=3)
    driver, cloud = open_account(house, limit=50_000, per_minute=50, plan="kilowatt")

    def fill_all(data: dict[str, Any]) -> None:
        meters = data.get("meter_intervals", ())
        for each in (data, *meters):
            for key in ("intervals", "consumption"):
                fill(each.get(key, []), moving())

    for call in ("charger_telemetry", *calls):
        alter(cloud, call, fill_all)
    await begin(driver)
    await driver.run(3 * HOUR)
    now = moving()
    for meter, quantity in (
        ("C", Quantity.EV_CHARGE),
        ("1", Quantity.SOLAR),
        ("1", Quantity.HOME),
        ("1", Quantity.GRID_IMPORT),
        ("1", Quantity.BATTERY_DISCHARGE),
    ):
        series = Series(meter, quantity)
        assert now - 2 * HOUR < driver.rows(series)[-1].start < now
        for _, update in driver.updates:
            assert all(
                each.end <= now for each in update.intervals if each.series == series
            )
    for reading in driver.readings.values():
        assert reading.measured_at is None or reading.measured_at <= now
    last_hour = driver.readings[Series("1", Quantity.LAST_HOUR)].value
    assert last_hour == hour_of(now)
    delay = driver.readings[Series("1", Quantity.DATA_DELAY)].value
    assert isinstance(delay, float)
    assert 0 < delay < 1
    power = driver.readings[Series("1", Quantity.HOME_POWER)]
    assert power.measured_at is not None
    assert power.value == 4 * house.watt_hours("home", power.measured_at, QUARTER)
    assert driver.readings[Series("1", Quantity.BATTERY_LEVEL)].value == 50


@pytest.mark.parametrize(("seconds", "is_told"), [(0, True), (59, True), (61, False)])
def test_a_clock_that_is_a_little_ahead_is_believed(
    seconds: int, is_told: bool
) -> None:
    row = {"end_at": (AFTERNOON + timedelta(seconds=seconds)).timestamp(), "enwh": 7}
    before = row | {"end_at": AFTERNOON.isoformat()}
    told = [before, row] if is_told else [before]
    assert until_now({"total_devices": 1, "intervals": [before, row]}, AFTERNOON) == {
        "total_devices": 1,
        "intervals": told,
    }
    nested = {"meter_intervals": [{"intervals": [[row, before]]}]}
    assert until_now(nested, AFTERNOON) == {
        "meter_intervals": [{"intervals": [told[::-1]]}]
    }
