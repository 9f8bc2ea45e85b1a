"""Series that follow from the written hours of others: balanced energy, and money."""

from collections.abc import Iterable, Iterator, Mapping, Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce
from operator import and_

from .balance import balanced
from .energy import exact
from .ledger import Book
from .model import Series
from .prices import PriceList
from .spans import Spans, hour_of
from .vocabulary import ZONES, Channel, Quantity

BOTH = (Quantity.GRID_IMPORT, Quantity.GRID_EXPORT)

BALANCED = {
    Quantity.GRID_IMPORT: Quantity.BALANCED_IMPORT,
    Quantity.GRID_EXPORT: Quantity.BALANCED_EXPORT,
}
"""What is left of a direction when it is netted against the other."""

MONEY = {
    Quantity.GRID_IMPORT: Quantity.IMPORT_COST,
    Quantity.GRID_EXPORT: Quantity.EXPORT_COMPENSATION,
}
"""What the energy of a direction costs, or earns."""

_NO_PRICES = PriceList((), UTC)


@dataclass(frozen=True, slots=True)
class Derived:
    """How a series follows from others, each hour from the same hour of these."""

    target: Series
    direction: Quantity
    """What the series tells of: import or export."""
    netted: bool
    """Whether it tells of what is left of the direction, netted against the other."""
    channels: tuple[str, ...]
    """What is added up: the tariff zones, one of them, or the total."""
    prices: PriceList | None = None
    """What turns the energy into money."""

    @property
    def sources(self) -> tuple[Series, ...]:
        """The series that it follows from."""
        return tuple(
            Series(self.target.meter, direction, channel)
            for direction in (BOTH if self.netted else (self.direction,))
            for channel in self.channels
        )

    @property
    def is_former(self) -> bool:
        """Whether it is money of which no price is left: none of it is ever new."""
        return self.prices is not None and not self.prices.covers(self.direction)

    def beginnings(self, floors: Mapping[Series, datetime]) -> dict[Series, datetime]:
        """Return since when there is any energy of the sources that began late.

        `floors` holds the first instants that the vendor has. Where it has the import
        of an earlier time than the export, nothing was exported in between.
        """
        known = {source: floors[source] for source in self.sources if source in floors}
        first = min(
            (
                floor
                for source, floor in known.items()
                if source.quantity is Quantity.GRID_IMPORT
            ),
            default=None,
        )
        return {
            source: hour_of(floor)
            for source, floor in known.items()
            if source.quantity is Quantity.GRID_EXPORT
            and first is not None
            and floor > first
        }

    def hours(
        self,
        written: Mapping[Series, Book],
        beginnings: Mapping[Series, datetime],
        within: Spans | None = None,
    ) -> dict[datetime, float]:
        """Return what the hours of the series must be, in kWh or money.

        `written` holds the rows of each source, and of the series itself where it has
        any. An hour that a source lacks since its beginning, or whose energy has no
        price, is left out: it is unknown, and never 0. Only what was counted by prices
        that hold in that hour no more is 0: no later row could take it back.
        """
        hours = self._known(written, beginnings)
        if within is not None:
            hours &= within
        return {
            hour: value
            for hour in hours.hours()
            if (value := self._value(hour, written)) is not None
        }

    def unpriced(
        self,
        written: Mapping[Series, Book],
        beginnings: Mapping[Series, datetime],
        now: datetime,
    ) -> frozenset[str]:
        """Return the channels that had energy under the present prices, but no price.

        Where the direction has no price at all, nobody wants its costs.
        """
        if self.prices is None:
            return frozenset()
        held = self.prices.held(now, self.direction)
        lacking = {
            channel
            for channel in self.channels
            if held and self.prices.at(now, self.direction, channel) is None
        }
        if not lacking:
            return frozenset()
        return frozenset(
            channel
            for hour in self._known(written, beginnings).hours()
            if self.prices.held(hour, self.direction) is held
            for channel, energy in self._energies(hour, written).items()
            if energy and channel in lacking
        )

    def _known(
        self, written: Mapping[Series, Book], beginnings: Mapping[Series, datetime]
    ) -> Spans:
        """Return the hours of which every source is known."""
        return reduce(
            and_,
            (
                written[source].hours | _before(beginnings.get(source))
                for source in self.sources
            ),
        )

    def _energies(
        self, hour: datetime, written: Mapping[Series, Book]
    ) -> Mapping[str, float]:
        """Return the kWh of each channel that count in a known hour."""
        energies: dict[Quantity, dict[str, float]] = {each: {} for each in BOTH}
        for source in self.sources:
            energy = written[source].state_at(hour)
            energies[source.quantity][source.channel] = energy or 0.0
        if self.netted:
            left = balanced(*(energies[direction] for direction in BOTH))
            energies = dict(zip(BOTH, left, strict=True))
        return energies[self.direction]

    def _value(self, hour: datetime, written: Mapping[Series, Book]) -> float | None:
        """Return the kWh, or what they cost; None without the price of any of them.

        What is written already costs 0 where nothing has a price.
        """
        if self.prices is None:
            return exact(sum(self._energies(hour, written).values()))
        if not self.prices.held(hour, self.direction):
            own = written.get(self.target)
            return None if own is None or own.state_at(hour) is None else 0.0
        total = 0.0
        for channel, energy in self._energies(hour, written).items():
            if energy:
                price = self.prices.at(hour, self.direction, channel)
                if price is None:
                    return None
                total += energy * price
        return exact(total)


def billed_channels(
    known: AbstractSet[Series], meter: str, direction: Quantity, *, balance: bool
) -> tuple[str, ...]:
    """Return the channels of a direction that each have a price; empty without any.

    They are the tariff zones where there are any, and otherwise the total. `known`
    are the series that have history; with `balance`, what is billed is the balance
    of import and export. Its zones count where both directions have the same.
    """
    channels = _channels(known, meter)
    if _netted(channels, balance=balance) and len(set(channels.values())) > 1:
        return (Channel.TOTAL,)
    return channels[direction]


def derived_series(
    known: AbstractSet[Series],
    prices: Mapping[str, PriceList],
    *,
    balance: bool,
) -> tuple[Derived, ...]:
    """Return all that follows from the series that have history.

    `prices` are those of each meter. With `balance`, import and export of a meter
    that has both are netted, and what is left of them is what has a price.
    """
    return tuple(
        derived
        for meter in sorted({series.meter for series in known})
        for direction in BOTH
        if (channels := billed_channels(known, meter, direction, balance=balance))
        for derived in _of_direction(
            meter,
            direction,
            channels,
            prices.get(meter),
            netted=_netted(_channels(known, meter), balance=balance),
        )
    )


def without_prices(
    known: AbstractSet[Series], derived: Iterable[Derived]
) -> tuple[Derived, ...]:
    """Return the money of the directions that have no price, or no longer have one.

    `derived` is all that follows from the series that have history, and `known` are
    those of them that can be read.
    """
    derived = tuple(derived)
    targets = {each.target for each in derived}
    balance = any(each.netted for each in derived)
    return tuple(
        Derived(
            target,
            direction,
            _netted(_channels(known, meter), balance=balance),
            channels,
            _NO_PRICES,
        )
        for meter in sorted({series.meter for series in known})
        for direction in BOTH
        if (target := Series(meter, MONEY[direction])) not in targets
        and (channels := billed_channels(known, meter, direction, balance=balance))
    )


def _before(instant: datetime | None) -> Spans:
    if instant is None:
        return Spans()
    return Spans.of((datetime.min.replace(tzinfo=instant.tzinfo), instant))


def _of_direction(
    meter: str,
    direction: Quantity,
    channels: tuple[str, ...],
    prices: PriceList | None,
    *,
    netted: bool,
) -> Iterator[Derived]:
    if netted:
        quantity = BALANCED[direction]
        yield Derived(Series(meter, quantity), direction, netted, channels)
        for zone in channels:
            if zone != Channel.TOTAL:
                target = Series(meter, quantity, zone)
                yield Derived(target, direction, netted, (zone,))
    if prices is not None and prices.covers(direction):
        target = Series(meter, MONEY[direction])
        yield Derived(target, direction, netted, channels, prices)


def _netted(channels: Mapping[Quantity, tuple[str, ...]], *, balance: bool) -> bool:
    """Tell whether a meter has both directions, and the balance of these counts."""
    return balance and all(channels.values())


def _channels(
    known: AbstractSet[Series], meter: str
) -> dict[Quantity, tuple[str, ...]]:
    """Return the zones of each direction, its total without any, or nothing."""
    return {
        direction: tuple(
            zone for zone in ZONES if Series(meter, direction, zone) in known
        )
        or ((Channel.TOTAL,) if Series(meter, direction) in known else ())
        for direction in BOTH
    }
