"""What must hold after any run of an account."""

from itertools import pairwise

from custom_components.meter_hub.metering.model import Series
from custom_components.meter_hub.metering.vocabulary import Quantity
from tests.simulator import Simulator, check
from tests.vendors.driver import Driver

from .conftest import PACE


def assert_history_is_the_truth(driver: Driver, simulator: Simulator) -> int:
    """Compare all rows with what the cloud has published; return their number."""
    wanted = {
        Series(meter, Quantity[quantity.upper()], channel): hours
        for meter in simulator.vendor("onemeter").meter_ids
        for (quantity, channel), hours in simulator.truth("onemeter", meter).items()
    }
    assert driver.ledger.books.keys() == wanted.keys()
    count = 0
    for series, expected in wanted.items():
        rows = driver.rows(series)
        verdict = check(rows, expected)
        assert verdict.ok, f"{series.quantity}/{series.channel}: {verdict.problems()}"
        count += verdict.hours
    return count


def assert_paced(simulator: Simulator) -> None:
    """Check that no two calls were closer than the cloud wants."""
    calls = simulator.calls("onemeter")
    assert all(b.at - a.at >= PACE for a, b in pairwise(calls))
