"""What is known of an account between two calls, and survives a restart."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Self

from ...metering.model import Meter, Series
from ...metering.vocabulary import ZONES, Channel, Quantity
from ..stored import Stored
from .account import MeteringPoint, Register
from .course import Course, Search
from .days import midnight
from .obis import EXPORT, IMPORT
from .trouble import Trouble


@dataclass(frozen=True, slots=True)
class Known(Stored):
    """What is known of a metering point."""

    about: Meter
    listed: bool = True
    """Whether the last listing named it."""
    courses: dict[Quantity, Course] = field(default_factory=dict)
    """By direction; consumers have no export."""
    zones: tuple[int, ...] = ()
    """The tariff zones that it ever had hours or registers in."""
    registers: dict[Quantity, tuple[int, ...]] = field(default_factory=dict)
    """The tariff zones that the meter has registers for, under its present tariff."""
    registered: datetime | None = None
    """When its registers were read last."""
    multipliers: dict[str, float] = field(default_factory=dict)

    @classmethod
    def learn(cls, known: Self | None, point: MeteringPoint, today: date) -> Self:
        """Return what is known after a listing that described the metering point."""
        about = Meter(
            point.id,
            point.label,
            manufacturer="Energa-Operator",
            model=point.tariff,
            serial=point.serial,
        )
        known = known or cls(about)
        is_another = (known.about.serial, known.about.model) != (
            about.serial,
            about.model,
        )
        before = {} if is_another else known.registers
        registers = {
            direction: tuple(
                sorted(
                    {*before.get(direction, ()), *point.registers.get(direction, ())}
                )
            )
            for direction in before.keys() | point.registers.keys()
        }
        dates = [each.at for each in _all_registers(point) if each.at]
        directions = [IMPORT]
        if point.exports or EXPORT in known.courses:
            directions.append(EXPORT)
        learned = replace(
            known,
            about=about,
            listed=True,
            registers=registers,
            registered=max(dates, default=known.registered),
            multipliers=dict(point.multipliers),
            courses={
                direction: replace(
                    known.courses.get(direction)
                    or Course("", search=Search.fresh(today)),
                    obis=point.codes[direction],
                ).kept(today)
                for direction in directions
            },
        )
        if is_another:
            learned = learned.without_register_days()
        return learned.seen({zone for zones in registers.values() for zone in zones})

    def without_register_days(self) -> Self:
        """Forget what the registers of another meter, or of other zones, stood at."""
        courses = {
            direction: replace(course, registers={})
            for direction, course in self.courses.items()
        }
        return replace(self, courses=courses)

    def seen(self, zones: set[int] | frozenset[int]) -> Self:
        """Return what is known once these tariff zones are."""
        return replace(self, zones=tuple(sorted({*self.zones, *zones})))

    @property
    def zone_channels(self) -> dict[int, Channel]:
        """The channels of the tariff zones; none where there is but one."""
        if len(self.zones) < 2:
            return {}
        return {zone: ZONES[zone - 1] for zone in self.zones}

    def series(self, direction: Quantity) -> tuple[Series, ...]:
        """Return the series of a direction: its total, and its zones."""
        return tuple(
            Series(self.about.id, direction, channel)
            for channel in (Channel.TOTAL, *self.zone_channels.values())
        )

    def floors(self, today: date) -> dict[Series, datetime]:
        """Return the first instant that the vendor still has, for each series."""
        return {
            series: midnight(course.begins(today))
            for direction, course in self.courses.items()
            for series in self.series(direction)
        }

    def with_course(self, direction: Quantity, course: Course) -> Self:
        """Return what is known once a direction has come so far."""
        return replace(self, courses=self.courses | {direction: course})


@dataclass(frozen=True, slots=True)
class Knowledge(Stored):
    """What is known of an account."""

    listed_at: datetime | None = None
    points: dict[str, Known] = field(default_factory=dict)
    trouble: Trouble = field(default_factory=Trouble)

    @classmethod
    def stored(cls, state: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote; what can't be read is forgotten, and heals."""
        try:
            return cls.from_dict(dict(state))
        except LookupError, TypeError, ValueError:
            return cls()

    def with_point(self, known: Known) -> Self:
        """Return what is known of the account with this metering point."""
        return replace(self, points=self.points | {known.about.id: known})


def _all_registers(point: MeteringPoint) -> Iterator[Register]:
    for zones in point.registers.values():
        yield from zones.values()
