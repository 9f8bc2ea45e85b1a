"""Meters behind transformers: what is multiplied, and only where a person wants it."""

from dataclasses import replace
from datetime import timedelta

from custom_components.meter_hub.metering.model import Reading, Series
from custom_components.meter_hub.metering.vocabulary import Quantity
from custom_components.meter_hub.vendors.onemeter import ONEMETER
from tests.simulator import MovableClock, Row, Simulator, check
from tests.simulator.onemeter import OneMeterApi
from tests.vendors.driver import Driver

from .bodies import device, read, total

TRANSFORMERS = 10


def test_case_03_the_older_spelling_and_a_multiplier() -> None:
    body = device(
        {"F_8_0": 22750.83},
        config={"multiplier": 10},
        usage={"thisMonth": 25.210000000002765, "previousMonth": None},
    )
    assert total(body, Quantity.ABSOLUTE_ENERGY) == 22750.83
    assert total(body, Quantity.GRID_IMPORT) == 22750.83
    assert total(body, Quantity.USAGE_THIS_MONTH) == 25.21
    assert total(body, Quantity.ABSOLUTE_ENERGY, multiplier=10) == 227508.3
    assert total(body, Quantity.USAGE_THIS_MONTH, multiplier=10) == 252.1
    assert total(body, Quantity.USAGE_PREVIOUS_MONTH) is None
    assert total(body, Quantity.MULTIPLIER) == 10


def test_energy_power_and_demand_are_multiplied_and_nothing_else() -> None:
    values = {
        "1_8_0": 5,
        "5_8_0": 2,
        "16_7_0": 0.5,
        "1_6_0": 4,
        "1_9_0": 3,
        "32_7_0": 230,
        "63_7_0": 231,
        "S_1_1_2": 2.9,
        "S_1_1_9": 20,
        "S_1_1_12": 7,
        "S_1_1_21": 8,
        "S_1_1_6": 85,
    }
    units = {"1_9_0": "kWh", "32_7_0": "V", "63_7_0": "V", "S_1_1_21": "kWh"}
    body = device(values, meta={code: {"unit": unit} for code, unit in units.items()})
    plain, multiplied = read(body), read(body, multiplier=10)
    assert plain.keys() == multiplied.keys()
    changed = {
        key: reading.value
        for key, reading in multiplied.items()
        if reading.value != plain[key].value
    }
    assert changed == {
        (Quantity.GRID_IMPORT, "total"): 50,
        (Quantity.REACTIVE_Q1, "total"): 20,
        (Quantity.GRID_POWER, "total"): 5000,
        (Quantity.MAX_DEMAND, "total"): 40000,
        (Quantity.GENERIC, "1_9_0"): 30,
    }


def test_the_scale_of_a_register_is_told() -> None:
    readings = read(device({"1_8_0": 5, "S_1_1_12": 7}), multiplier=10)
    assert readings[Quantity.GRID_IMPORT, "total"].scale == 10
    assert readings[Quantity.PULSE_ENERGY, "total"].scale == 1


async def test_the_option_multiplies_live_values_and_history(
    driver: Driver, simulator: Simulator, moving: MovableClock
) -> None:
    cloud = simulator.vendor("onemeter")
    assert isinstance(cloud, OneMeterApi)
    behind, direct = cloud.meter_ids
    cloud.multipliers[behind] = TRANSFORMERS
    await driver.connect()
    plain = driver.readings[Series(behind, Quantity.GRID_IMPORT)].value
    assert isinstance(plain, float)

    context = replace(driver.context, options={"apply_multiplier": True})
    driver.context, driver.backend = context, ONEMETER.build(context)
    moving.advance(timedelta(minutes=2))
    await driver.connect()
    await driver.run(timedelta(hours=1))

    live = driver.readings[Series(behind, Quantity.GRID_IMPORT)].value
    assert isinstance(live, float)
    assert 0 <= live - TRANSFORMERS * plain < 100
    factors = {behind: TRANSFORMERS, direct: 1}
    for series in driver.ledger.books:
        factor = factors[series.meter]
        rows = [
            Row(row.start, row.state / factor, row.sum / factor)
            for row in driver.rows(series)
        ]
        hours = simulator.truth("onemeter", series.meter)
        verdict = check(rows, hours[series.quantity, str(series.channel)])
        assert verdict.ok, verdict.problems()
    assert not [
        call for call in simulator.calls("onemeter") if "applyMultiplier" in call.query
    ]


def test_only_a_multiplier_that_changes_something_is_worth_a_warning() -> None:
    [option] = ONEMETER.options
    assert option.matters is not None
    multiplier = Series("x", Quantity.MULTIPLIER)
    assert option.matters(Reading(multiplier, 10.0))
    assert not option.matters(Reading(multiplier, 1.0))
    assert not option.matters(Reading(Series("x", Quantity.GRID_IMPORT), 10.0))
