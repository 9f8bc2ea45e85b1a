"""Whether hours, months and registers say the same of a day. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

from ...metering.energy import exact
from .account import Register
from .charts import DayChart
from .course import Course, is_recent, without
from .days import DAY, midnight

SAME = 0.01
"""kWh by which sums of rounded values may differ."""

REGISTER_DAYS = timedelta(days=10)
AUDIT_DAYS = timedelta(days=31)


def compared(
    course: Course, month: date, sums: Mapping[date, float], now: datetime
) -> Course:
    """Return the course after its days were compared with a month's chart.

    Days that differ are to be read again. Days that are open or read at each poll
    anyway are left out, and so are those of which the chart says what it said when
    they were read again in vain.
    """
    known = course.known
    differing = {
        day: kwh
        for day, kwh in sums.items()
        if day in known
        and day not in course.open
        and not is_recent(day, now)
        and abs(kwh - known[day]) > SAME
        and course.disputed.get(day) != kwh
    }
    return replace(
        course,
        months=course.months | {month: now},
        contradicted=course.contradicted | differing,
    )


def reread(course: Course, chart: DayChart) -> Course:
    """Return the course after a day was read, which its month may have contradicted.

    A chart that is poorer than an earlier one decides nothing: the month will
    contradict the day again.
    """
    day = chart.day
    said = course.contradicted.get(day)
    if said is None:
        return course
    course = replace(course, contradicted=without(course.contradicted, day))
    if course.is_poorer(chart):
        return course
    disputed = without(course.disputed, day)
    if abs(course.known.get(day, 0.0) - said) > SAME:
        disputed[day] = said
    return replace(course, disputed=disputed)


def registered(course: Course, day: date, energy: float) -> Course:
    """Return the course once the registers' total at a midnight is known, in kWh."""
    kept = {
        each: known
        for each, known in course.registers.items()
        if each > day - REGISTER_DAYS
    }
    return replace(course, registers=kept | {day: energy})


def audited(course: Course, today: date) -> Course:
    """Return the course with what the registers say more than the hours, day by day.

    It is reported, and nothing follows from it: the hours are what is billed.
    """
    excess = {
        day: exact(course.registers[day + DAY] - energy - course.totals[day])
        for day, energy in course.registers.items()
        if day + DAY in course.registers and day in course.totals
    }
    audit = {
        day: kwh
        for day, kwh in course.audit.items()
        if day not in excess and day > today - AUDIT_DAYS
    }
    audit |= {day: kwh for day, kwh in excess.items() if abs(kwh) > SAME}
    return replace(course, audit=audit)


def midnight_total(
    zones: Mapping[int, Register], known: tuple[int, ...], today: date
) -> tuple[date, float] | None:
    """Return the day that began when all registers were read, and their kWh.

    None where a register is missing, or where they were not read at the same
    midnight.
    """
    if set(zones) != set(known):
        return None
    total = 0.0
    for register in zones.values():
        if register.energy is None:
            return None
        total += register.energy
    instants = {register.at for register in zones.values()}
    for day in (today - DAY * number for number in range(REGISTER_DAYS.days)):
        if instants == {midnight(day)}:
            return day, exact(total)
    return None
