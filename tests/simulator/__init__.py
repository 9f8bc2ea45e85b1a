"""A simulated house, and the vendor APIs that watch it.

    clock = MovableClock(datetime(2026, 11, 20, 12, 7, tzinfo=UTC))
    async with Simulator(clock=clock) as simulator:
        url = simulator.url("onemeter")
        simulator.add(Fault(FaultKind.STATUS, "onemeter", status=503, times=3))
        ...
        for series, expected in simulator.truth("onemeter", meter_id).items():
            verdict = check(rows[series], expected)
            assert verdict.ok, verdict.problems()

The houses are deterministic, so the energy of every hour is known; live values
and history of all vendors come from them. The simulator imports nothing of the
integration: what both agree on, they agree on independently.
"""

from .api import Call, Truth, VendorApi, World
from .clock import Clock, MovableClock, real_clock
from .day import Equipment
from .faults import Distortion, DistortionKind, Fault, FaultKind
from .house import Flow, House
from .server import Simulator, default_houses
from .tariff import G11, G12W, Tariff
from .truth import ExpectedHour, Row, Verdict, check

__all__ = [
    "G11",
    "G12W",
    "Call",
    "Clock",
    "Distortion",
    "DistortionKind",
    "Equipment",
    "ExpectedHour",
    "Fault",
    "FaultKind",
    "Flow",
    "House",
    "MovableClock",
    "Row",
    "Simulator",
    "Tariff",
    "Truth",
    "VendorApi",
    "Verdict",
    "World",
    "check",
    "default_houses",
    "real_clock",
]
