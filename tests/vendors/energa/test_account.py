"""What the account's data say: registers, agreements, who exports."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from custom_components.meter_hub.metering.model import Reading
from custom_components.meter_hub.metering.vocabulary import Channel, Quantity
from custom_components.meter_hub.vendors.energa.account import (
    MeteringPoint,
    metering_points,
)
from custom_components.meter_hub.vendors.energa.days import WARSAW
from custom_components.meter_hub.vendors.energa.known import Known
from custom_components.meter_hub.vendors.energa.live import point_readings
from custom_components.meter_hub.vendors.energa.obis import EXPORT, IMPORT, register_of

from .portal import metering_point

TODAY = date(2025, 12, 24)
MIDNIGHT = "1766530800000"


def row(zone: str, value: Any, date: str | None = MIDNIGHT) -> dict[str, Any]:
    """Return a register."""
    return {"zone": zone, "value": value} | ({"date": date} if date else {})


TWO_ZONES = [
    row("A+ strefa 1", 19279.234),
    row("A+ strefa 2", 26170.309),
    row("A- strefa 1", 15579.564),
    row("A- strefa 2", 13947.306),
]


def only(*rows: dict[str, Any], **more: Any) -> MeteringPoint:
    """Return the metering point with these registers."""
    data = {"meterPoints": [metering_point(lastMeasurements=[*rows], **more)]}
    (point,) = metering_points(data)
    return point


def readings(
    point: MeteringPoint, known: Known | None = None
) -> tuple[dict[tuple[Quantity, str], Reading], Known]:
    """Return the readings of a metering point, and what is known of it then."""
    known = Known.learn(known, point, TODAY)
    found = {
        (each.series.quantity, each.series.channel): each
        for each in point_readings(point, known)
    }
    return found, known


def test_case_07_registers_are_added_up_whole_or_not_at_all() -> None:
    first, known = readings(only(*TWO_ZONES))
    total_in, total_out = first[IMPORT, "total"].value, first[EXPORT, "total"].value
    assert (total_in, total_out) == (45449.543, 29526.87)
    assert round(0.8 * float(total_out) - float(total_in), 2) == -21828.05  # type: ignore[arg-type]
    assert first[IMPORT, Channel.ZONE1].value == 19279.234
    assert first[EXPORT, Channel.ZONE2].value == 13947.306
    then, _ = readings(only(TWO_ZONES[0], *TWO_ZONES[2:]), known)
    assert then[IMPORT, "total"].value is None
    assert then[IMPORT, Channel.ZONE1].value == 19279.234
    assert then[IMPORT, Channel.ZONE2].value is None
    assert then[EXPORT, "total"].value == 29526.87


@pytest.mark.parametrize("value", [None, "", "x", True])
def test_case_07_a_register_without_a_value_is_missing(value: Any) -> None:
    found, _ = readings(only(TWO_ZONES[0], row("A+ strefa 2", value)))
    assert found[IMPORT, "total"].value is None


def test_another_tariff_may_have_fewer_zones() -> None:
    _, known = readings(only(*TWO_ZONES))
    single = only(row("A+", 5.0), tariff="G12")
    found, known = readings(single, known)
    assert found[IMPORT, "total"].value == 5.0
    assert (IMPORT, Channel.ZONE1) not in found
    # What it once had hours of stays a series.
    assert len(known.series(IMPORT)) == 3


@pytest.mark.parametrize(
    ("name", "register"),
    [
        ("A+ strefa 1", (IMPORT, 1)),
        ("A- strefa 2", (EXPORT, 2)),
        ("A +  Strefa 3", (IMPORT, 3)),
        ("A+", (IMPORT, 1)),
        ("A-", (EXPORT, 1)),
        ("A+ strefa 9", None),
        ("Ri+ strefa 1", None),
        ("", None),
    ],
)
def test_the_names_of_registers(name: str, register: object) -> None:
    assert register_of(name) == register


def test_case_14_a_consumer_has_no_export_though_an_object_is_listed() -> None:
    point = only(row("A+ strefa 1", 51.989))
    found, known = readings(point)
    assert not point.exports
    assert not [key for key in found if key[0] is EXPORT]
    assert list(known.courses) == [IMPORT]


def test_case_14_a_register_of_zero_is_an_export() -> None:
    point = only(row("A+ strefa 1", 51.989), row("A- strefa 1", 0.0, None))
    found, known = readings(point)
    assert found[EXPORT, "total"].value == 0.0
    assert set(known.courses) == {IMPORT, EXPORT}
    # A row that is missing for once takes nothing away.
    _, known = readings(only(row("A+ strefa 1", 51.989)), known)
    assert set(known.courses) == {IMPORT, EXPORT}


def test_case_14_a_producer_by_agreement_exports() -> None:
    data = {
        "meterPoints": [metering_point()],
        "agreementPoints": [{"code": "590243000000000001", "type": "Wytwórca"}],
    }
    (point,) = metering_points(data)
    assert point.exports


def two_meters(**more: Any) -> list[dict[str, Any]]:
    """Return two metering points."""
    return [
        metering_point(agreementPoints=[{"code": "A"}], **more),
        metering_point(
            id=325938, name="Lata 2", dev="0012", agreementPoints=[{"code": "B"}]
        ),
    ]


AGREEMENTS = [
    {"code": "B", "address": "Beta 2", "type": "Wytwórca"},
    {"code": "A", "address": "Alfa 1", "type": "Odbiorca"},
]


def joined(data: dict[str, Any]) -> dict[str, tuple[str | None, ...]]:
    """Return what each metering point got from its agreement."""
    return {
        point.id: (point.agreement.code, point.address, point.agreement.client_type)
        for point in metering_points(data)
    }


def test_case_13_agreements_are_joined_by_their_codes() -> None:
    data = {"meterPoints": two_meters(), "agreementPoints": AGREEMENTS}
    assert joined(data) == {
        "339038": ("A", "Alfa 1", "Odbiorca"),
        "325938": ("B", "Beta 2", "Wytwórca"),
    }


def test_case_13_agreements_of_the_old_shape_are_joined_by_their_ids() -> None:
    points = [point | {"agreementPoints": None} for point in two_meters()]
    agreements = [AGREEMENTS[0] | {"id": "325938"}, AGREEMENTS[1] | {"id": 339038}]
    assert joined({"meterPoints": points, "agreementPoints": agreements}) == {
        "339038": ("A", "Alfa 1", "Odbiorca"),
        "325938": ("B", "Beta 2", "Wytwórca"),
    }


def test_case_13_without_agreements_the_label_is_the_address() -> None:
    points = [point | {"agreementPoints": []} for point in two_meters(name="35166491")]
    assert joined({"meterPoints": points}) == {
        "339038": (None, None, None),
        "325938": (None, "Lata 2", None),
    }


def test_case_13_places_count_only_where_there_is_one_of_each() -> None:
    plain = {"address": "Gamma 3"}
    one = [metering_point(agreementPoints=[])]
    assert joined({"meterPoints": one, "agreementPoints": [plain]}) == {
        "339038": (None, "Gamma 3", None)
    }
    two = [point | {"agreementPoints": []} for point in two_meters()]
    assert {
        address
        for _, address, _ in joined(
            {"meterPoints": two, "agreementPoints": [plain]}
        ).values()
    } == {"Warszawska 1/1", "Lata 2"}


@pytest.mark.parametrize("start", [1749592800000, "1749648681282"])
def test_case_16_the_date_of_activation(start: object) -> None:
    point = metering_point(agreementPoints=[{"code": "A", "dealer": {"start": start}}])
    (found,) = metering_points({"meterPoints": [point], "activationDate": "2020-01-01"})
    readings_, _ = readings(found)
    assert readings_[Quantity.ACTIVATION_DATE, "total"].value == "2025-06-11"


def test_case_16_the_date_of_activation_of_the_account() -> None:
    data = {"meterPoints": [metering_point()], "activationDate": "2025-06-11"}
    (found,) = metering_points(data)
    assert found.agreement.activated == date(2025, 6, 11)
    (found,) = metering_points(data | {"activationDate": "soon"})
    assert found.agreement.activated is None


def test_case_16_the_instant_of_a_register() -> None:
    found, _ = readings(only(row("A+ strefa 1", 51.989), row("A- strefa 1", 1.0, None)))
    read_at = datetime(2025, 12, 23, 23, tzinfo=UTC)
    assert found[Quantity.LAST_READING, "total"].value == read_at
    assert found[IMPORT, "total"].measured_at == read_at
    assert found[EXPORT, "total"].measured_at is None
    assert read_at.astimezone(WARSAW).hour == 0


def test_case_18_a_swapped_meter_keeps_its_id() -> None:
    old, known = readings(only(row("A+ strefa 1", 26000.0)))
    new, after = readings(only(row("A+ strefa 1", 12.345), dev="99"), known)
    assert (old[IMPORT, "total"].value, new[IMPORT, "total"].value) == (26000.0, 12.345)
    assert old[IMPORT, "total"].series == new[IMPORT, "total"].series
    assert known.series(IMPORT) == after.series(IMPORT)
    assert new[Quantity.METER_SERIAL, "total"].value == "99"
    assert (known.about.serial, after.about.serial) == ("35166491", "99")


def test_of_two_rows_for_a_register_the_later_counts() -> None:
    later = str(int(MIDNIGHT) + 86_400_000)
    rows = [row("A+", 2.0, later), row("A+", 1.0), row("A+", 0.5, None)]
    found, _ = readings(only(*rows))
    assert found[IMPORT, "total"].value == 2.0


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"meterPoints": None},
        {"meterPoints": {}},
        {"meterPoints": [None, 5, {"name": "no id"}]},
    ],
)
def test_an_account_without_metering_points(data: dict[str, Any]) -> None:
    assert metering_points(data) == ()


def test_a_metering_point_that_says_hardly_anything() -> None:
    (point,) = metering_points({"meterPoints": [{"id": 7, "meterObjects": "x"}]})
    found, known = readings(point)
    assert (known.about.id, known.about.name, known.about.serial) == ("7", "7", None)
    assert known.courses[IMPORT].obis == "1-0:1.8.0*255"
    assert found == {}


def test_leading_zeros_of_a_serial_stay() -> None:
    point = only(dev="00123", mult=1.0, currentMult=0.0)
    assert point.serial == "00123"
    _, known = readings(point)
    assert known.multipliers == {"mult": 1.0, "currentMult": 0.0}


def test_the_readings_of_the_registers_age_with_the_oldest_of_them() -> None:
    earlier = str(int(MIDNIGHT) - 86_400_000)
    rows = [row("A+ strefa 1", 1.0), row("A+ strefa 2", 2.0, earlier)]
    found, _ = readings(only(*rows))
    day = timedelta(days=1)
    assert (
        found[Quantity.LAST_READING, "total"].value
        == found[IMPORT, "total"].measured_at + day  # type: ignore[operator]
    )
