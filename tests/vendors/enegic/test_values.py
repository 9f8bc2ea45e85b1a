"""Values that are not what they should be."""

from datetime import UTC, datetime

import pytest

from custom_components.meter_hub.vendors.enegic.values import (
    from_millis,
    to_id,
    to_instant,
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1714035408660, "1714035408660"),
        ("1714035408660", "1714035408660"),
        (True, None),
        (0, None),
        (-1, None),
        (10**30, None),
        ("9" * 40, None),
        ("x", None),
        (1.5, None),
    ],
)
def test_ids_are_whole_numbers_or_their_digits(
    value: object, expected: str | None
) -> None:
    assert to_id(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (
            "2026-04-21T07:04:40.8966468Z",
            datetime(2026, 4, 21, 7, 4, 40, 896646, tzinfo=UTC),
        ),
        ("2026-04-21T07:04:40", datetime(2026, 4, 21, 7, 4, 40, tzinfo=UTC)),
        ("0001-01-01T00:00:00", None),
        ("0001-01-01T00:00:00+05:00", None),
        ("yesterday", None),
        (5, None),
    ],
)
def test_instants_are_those_that_the_vendor_can_mean(
    value: object, expected: datetime | None
) -> None:
    assert to_instant(value) == expected


@pytest.mark.parametrize("value", [None, 0, -5, True, 1e14, 1e15, 253402300799000])
def test_milliseconds_that_are_no_instant_of_a_meter(value: object) -> None:
    assert from_millis(value) is None
