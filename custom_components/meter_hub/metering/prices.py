"""What a meter's energy costs, and since when."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo
from typing import Any, Self

from .vocabulary import Channel, Quantity

DIRECTIONS = {"import": Quantity.GRID_IMPORT, "export": Quantity.GRID_EXPORT}
"""The energies that can have a price, by the words that they are stored under."""


@dataclass(frozen=True, slots=True)
class Prices:
    """The prices of one meter's energy from a day on, until later ones hold."""

    valid_from: date
    per_kwh: Mapping[Quantity, Mapping[str, float]]
    """By direction and channel, in the currency of the vendor's customers.

    A direction without prices has no cost.
    """

    def to_json(self) -> dict[str, Any]:
        """Return the prices for storage."""
        return {
            "valid_from": self.valid_from.isoformat(),
            **{
                word: dict(self.per_kwh.get(direction, {}))
                for word, direction in DIRECTIONS.items()
            },
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        return cls(
            date.fromisoformat(data["valid_from"]),
            {
                direction: {
                    channel: float(price) for channel, price in data[word].items()
                }
                for word, direction in DIRECTIONS.items()
            },
        )


class PriceList:
    """The prices of one meter through time."""

    def __init__(self, prices: Iterable[Prices], zone: tzinfo) -> None:
        """Let the prices begin at the midnights of a time zone."""
        ordered = sorted(prices, key=lambda each: each.valid_from)
        self._prices = tuple(each.per_kwh for each in ordered)
        self._starts = tuple(
            datetime.combine(each.valid_from, time(), zone).timestamp()
            for each in ordered
        )

    def covers(self, direction: Quantity) -> bool:
        """Tell whether the energy of a direction ever has a price."""
        return any(prices.get(direction) for prices in self._prices)

    def at(self, hour: datetime, direction: Quantity, channel: str) -> float | None:
        """Return the price of a kWh in an hour; None where there is none.

        The price of a zone is that of the whole meter where it has none of its own.
        """
        channels = self.held(hour, direction)
        return channels.get(channel, channels.get(Channel.TOTAL))

    def held(self, hour: datetime, direction: Quantity) -> Mapping[str, float]:
        """Return the prices of a direction in an hour by channel; empty without any."""
        if not (before := bisect_right(self._starts, hour.timestamp())):
            return {}
        return self._prices[before - 1].get(direction, {})


def price_lists(
    stored: Iterable[Mapping[str, Any]], zone: tzinfo
) -> dict[str, PriceList]:
    """Return the prices of each meter from what is stored for all of them."""
    stored = list(stored)
    return {
        meter: PriceList(prices_of(stored, meter), zone)
        for meter in {each["meter"] for each in stored}
    }


def prices_of(stored: Iterable[Mapping[str, Any]], meter: str) -> list[Prices]:
    """Return the prices of a meter, the oldest first."""
    return sorted(
        (Prices.from_json(each) for each in stored if each["meter"] == meter),
        key=lambda prices: prices.valid_from,
    )
