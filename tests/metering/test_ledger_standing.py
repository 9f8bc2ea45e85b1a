"""An hour that stands for a whole day gives way to any other hour of that day."""

from datetime import datetime

import pytest

from custom_components.meter_hub.metering.ledger import (
    HourEnergy,
    hourly,
    standing,
    united,
)
from custom_components.meter_hub.metering.model import Interval
from custom_components.meter_hub.metering.spans import HOUR

from .pages import MEASURED, NOTHING_YET, SERIES, answer, book, hour

NOON = 12
DAY = hour(0), hour(24)


def told_by_days() -> dict[datetime, HourEnergy]:
    """Return what an answer says of which each day stands in one hour."""
    noon = hour(NOON)
    return hourly([Interval(SERIES, noon, noon + HOUR, 9.6, stands_for=DAY)])


@pytest.mark.parametrize("written", [(), ((NOON, NOON + 1),), ((-3, 0), (24, 30))])
def test_a_day_counts_where_no_other_hour_of_it_is_known(
    written: tuple[tuple[int, int], ...],
) -> None:
    """Its own hour, and those of other days, are in nobody's way."""
    found = standing(told_by_days(), book(*written))
    assert {at: each.energy for at, each in found.items()} == {hour(NOON): 9.6}


@pytest.mark.parametrize("known", [0, 11, 13, 23])
def test_a_day_gives_way_to_what_is_written_and_to_what_is_told(known: int) -> None:
    hours = known, known + 1
    assert standing(told_by_days(), book(hours)) == {}
    assert standing(told_by_days(), book(hours, (NOON, NOON + 1))) == {}
    told = answer(MEASURED, hours)
    assert standing(told | told_by_days(), book()) == told


def test_an_hour_of_which_nothing_is_known_yet_is_in_nobodys_way() -> None:
    nothing = {hour(3): NOTHING_YET}
    assert standing(nothing | told_by_days(), book()).keys() == {hour(3), hour(NOON)}


@pytest.mark.parametrize("order", [1, -1])
def test_the_hour_itself_is_better_known_than_the_day_in_its_place(order: int) -> None:
    answers = [{hour(NOON): MEASURED}, told_by_days()][::order]
    assert united(answers) == {hour(NOON): MEASURED}


def test_hours_are_as_they_were_told() -> None:
    told = answer(MEASURED, (1, 3))
    assert standing(told, book((2, 5))) == told
