"""Parts of a system that no recorded gateway has, and failures that none showed."""

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from aiohttp import ClientError, ClientSSLError
from pyenphase.const import SupportedFeatures
from pyenphase.exceptions import EnvoyCommunicationError, EnvoyFirmwareFatalCheckError
from pyenphase.models.acb import ACBChargeStatus
import pytest

from custom_components.meter_hub.metering.vocabulary import Quantity
from custom_components.meter_hub.vendors.envoy_local.batteries import _directed
from custom_components.meter_hub.vendors.envoy_local.controllers import (
    controller_meters,
    controller_readings,
)
from custom_components.meter_hub.vendors.envoy_local.errors import meaning_of
from custom_components.meter_hub.vendors.envoy_local.inverters import inverter_readings
from custom_components.meter_hub.vendors.envoy_local.snapshot import Snapshot

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
NOTHING = Snapshot(
    serial="122300001234",
    at=NOW,
    data=SimpleNamespace(enpower=None, collar=None, inverters={}),  # type: ignore[arg-type]
    features=SupportedFeatures(0),
    ct_types=frozenset(),
    phases=1,
    firmware=(8, 3),
    metered=True,
)


def with_data(**data: Any) -> Snapshot:
    """Return the answers of a gateway that tells this."""
    named = {"enpower": None, "collar": None, "inverters": {}} | data
    return replace(NOTHING, data=SimpleNamespace(**named))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("state", "connected"), [("on_grid", [True]), ("off_grid", [False]), ("odd", [])]
)
def test_a_collar_tells_whether_the_house_is_connected(
    state: str, connected: list[bool]
) -> None:
    collar = SimpleNamespace(
        serial_number="77",
        grid_state=state,
        temperature=30,
        firmware_version="1.0",
        part_number="865",
    )
    snapshot = with_data(collar=collar)

    readings = [*controller_readings(snapshot)]
    flags = [
        each for each in readings if each.series.quantity is Quantity.GRID_CONNECTED
    ]
    assert [each.value for each in flags] == connected
    assert [each.value for each in readings if each not in flags] == [30]
    assert [meter.id for meter in controller_meters(snapshot)] == ["77"]


def test_a_controller_of_which_little_is_known() -> None:
    enpower = SimpleNamespace(
        serial_number="88", mains_oper_state="odd", temperature=None
    )
    assert [*controller_readings(with_data(enpower=enpower))] == []


@pytest.mark.parametrize(
    ("status", "watts", "expected"),
    [
        (ACBChargeStatus.CHARGING, 260, -260),
        (ACBChargeStatus.DISCHARGING, 260, 260),
        (ACBChargeStatus.IDLE, 3, 0),
        ("odd", 260, None),
        (ACBChargeStatus.CHARGING, None, None),
    ],
)
def test_the_direction_of_an_ac_battery(
    status: Any, watts: int | None, expected: int | None
) -> None:
    acb: Any = SimpleNamespace(last_report_watts=watts, charge_status=status)
    assert _directed(acb) == expected


@pytest.mark.parametrize("reported", [None, 0, -5, 10**30])
def test_an_inverter_that_reports_no_instant(reported: object) -> None:
    unit = dict.fromkeys(
        (
            "lifetime_energy",
            "ac_voltage",
            "ac_current",
            "ac_frequency",
            "dc_voltage",
            "dc_current",
            "temperature",
        )
    )
    inverter = SimpleNamespace(last_report_watts=-2, last_report_date=reported, **unit)
    readings = [*inverter_readings(with_data(inverters={"9": inverter}))]
    assert [(each.series.quantity, each.value) for each in readings] == [
        (Quantity.SOLAR_POWER, 0)
    ]


def caused(err: Exception, cause: Exception) -> Exception:
    """Return an error with its cause."""
    err.__cause__ = cause
    return err


@pytest.mark.parametrize(
    ("err", "reason"),
    [
        (caused(EnvoyCommunicationError("x"), TimeoutError()), "timeout"),
        (TimeoutError(), "timeout"),
        (ClientSSLError(SimpleNamespace(), OSError()), "tls_error"),  # type: ignore[arg-type]
        (EnvoyCommunicationError("x"), "cannot_connect"),
        (ClientError("http://secret"), "cannot_connect"),
        (RuntimeError("http://secret"), "unexpected_answer"),
        (
            caused(EnvoyFirmwareFatalCheckError(500, "x"), TimeoutError()),
            "timeout",
        ),
        (
            caused(
                EnvoyFirmwareFatalCheckError(500, "x"),
                ClientSSLError(SimpleNamespace(), OSError()),  # type: ignore[arg-type]
            ),
            "tls_error",
        ),
        (
            caused(EnvoyFirmwareFatalCheckError(500, "x"), ClientError("y")),
            "cannot_connect",
        ),
    ],
)
def test_what_failures_mean(err: Exception, reason: str) -> None:
    meaning = meaning_of(err)
    assert meaning.reason == reason
    assert "secret" not in str(meaning)
