"""Where the solar energy is read, and that it doesn't change by itself."""

from collections.abc import Mapping
from datetime import timedelta
import json

from pyenphase import EnvoyData, EnvoyInverter
import pytest

from custom_components.meter_hub.vendors.envoy_local.sources import (
    BELIEVED_AFTER,
    WRAP,
    Found,
    Pin,
    Source,
    Units,
)

from .replay import NOW

MINUTE = timedelta(minutes=1)


def found(source: Source, energy: float, *, doubtful: bool = False) -> Found:
    return Found(source, energy, doubtful)


def told(energies: Mapping[str, int | None]) -> EnvoyData:
    return EnvoyData(
        inverters={
            serial: EnvoyInverter(serial, 0, 0, 0, lifetime_energy=energy)
            for serial, energy in energies.items()
        }
    )


def test_the_first_source_is_believed() -> None:
    pin = Pin().after(found(Source.PRODUCTION, 6_139_406), NOW)
    assert (pin.energy, pin.other) == (6_139_406, None)
    assert pin.after(found(Source.PRODUCTION, 6_139_500), NOW).energy == 6_139_500


def test_another_source_is_not_believed_for_a_day() -> None:
    pin = Pin(Source.PRODUCTION, 6_139_406)
    at = NOW
    while at - NOW < BELIEVED_AFTER:
        pin = pin.after(found(Source.INVERTERS, 174_174 + (at - NOW) / MINUTE), at)
        assert pin.other
        at += timedelta(hours=1)
    back = pin.after(found(Source.PRODUCTION, 6_140_000), at)
    assert (back.energy, back.other) == (6_140_000, None)


def test_a_lasting_change_goes_on_where_the_old_source_ended() -> None:
    pin = Pin(Source.PRODUCTION, 6_139_406)
    pin = pin.after(found(Source.INVERTERS, 174_174), NOW)
    pin = pin.after(found(Source.INVERTERS, 184_174), NOW + BELIEVED_AFTER)
    assert pin.other is None
    assert pin.energy == 6_149_406
    later = pin.after(found(Source.INVERTERS, 185_000), NOW + 2 * BELIEVED_AFTER)
    assert later.energy == 6_150_232


def test_a_third_source_begins_the_day_anew() -> None:
    pin = Pin(Source.PRODUCTION, 6_139_406)
    pin = pin.after(found(Source.INVERTERS, 174_174), NOW)
    pin = pin.after(found(Source.UNITS, 5_000_000), NOW + BELIEVED_AFTER)
    assert pin.other
    assert pin.other.source is Source.UNITS


def test_a_doubtful_source_is_believed_when_there_is_no_other() -> None:
    doubtful = found(Source.INVERTERS, 174_174, doubtful=True)
    pin = Pin().after(doubtful, NOW)
    assert pin.source is None
    assert pin.after(found(Source.PRODUCTION, 6_139_406), NOW).energy == 6_139_406
    assert pin.after(doubtful, NOW + BELIEVED_AFTER).energy == 174_174


def test_a_change_noted_by_a_clock_ahead_is_noted_anew() -> None:
    pin = Pin(Source.PRODUCTION, 100).after(found(Source.CT, 5), NOW + MINUTE)
    pin = pin.after(found(Source.CT, 5), NOW)
    assert pin.other
    assert pin.other.since == NOW


def test_zeros_change_nothing() -> None:
    pin = Pin(Source.PRODUCTION, 6_139_406)
    assert pin.after(found(Source.PRODUCTION, 0), NOW) == pin


@pytest.mark.parametrize("wraps", [1, 2])
def test_a_wrap_is_undone(wraps: int) -> None:
    pin = Pin(Source.INVERTERS, 11_216_500)
    pin = pin.after(found(Source.INVERTERS, 11_216_600 - wraps * WRAP), NOW)
    assert pin.energy == pytest.approx(11_216_600)
    pin = pin.after(found(Source.INVERTERS, 11_217_000 - wraps * WRAP), NOW)
    assert pin.energy == pytest.approx(11_217_000)


def test_a_wrap_that_the_gateway_takes_back_is_not_counted_twice() -> None:
    pin = Pin(Source.INVERTERS, 11_216_500)
    pin = pin.after(found(Source.INVERTERS, 11_216_500 - WRAP), NOW)
    pin = pin.after(found(Source.INVERTERS, 11_216_600), NOW)
    assert pin.energy == pytest.approx(11_216_600)
    rise = pin.after(found(Source.INVERTERS, 11_216_600 + WRAP), NOW)
    assert rise.energy == pytest.approx(11_216_600 + WRAP)


def test_what_does_not_wrap_is_left_to_the_guard() -> None:
    pin = Pin(Source.CT, 11_216_500)
    assert pin.after(found(Source.CT, 11_216_500 - WRAP), NOW).energy < 11_000_000
    gateway = Pin(Source.PRODUCTION, 11_216_500)
    other = gateway.after(found(Source.PRODUCTION, 11_216_500 - WRAP / 2), NOW)
    assert other.energy == 11_216_500 - WRAP / 2


def test_the_pin_survives_a_restart() -> None:
    pin = Pin(Source.PRODUCTION, 6_139_406, 5).after(found(Source.CT, 7), NOW)
    assert Pin.from_dict(json.loads(json.dumps(pin.to_dict()))) == pin


def test_inverters_that_are_silent_keep_what_they_have_counted() -> None:
    units = Units().after(told({"a": 100, "b": 200}))
    assert units.energy == 300
    assert units.after(told({"a": 110})).energy == 310
    assert units.after(told({})).energy == 300
    assert units.after(told({"a": None, "b": 210})).energy == 310
    assert units.after(told({"a": 0, "b": 210, "c": 5})).energy == 315
