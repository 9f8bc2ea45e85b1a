"""The form in which a person enters what the energy of a meter costs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo
from typing import Any

from homeassistant.components.energy.const import DOMAIN as ENERGY_DOMAIN
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import UnitOfEnergy
from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import (
    BooleanSelector,
    DateSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util import dt as dt_util
import probatio as vol

from .billing import async_billing_zone
from .const import (
    CONF_DASHBOARD,
    CONF_EXCLUDED_METERS,
    CONF_HISTORY_DAYS,
    CONF_PRICES,
    DOMAIN,
)
from .energy_dashboard import async_costless
from .forms import ticks
from .memory import Memory
from .metering.derived import billed_channels
from .metering.model import Meter, Series
from .metering.prices import DIRECTIONS, PriceList, Prices, prices_of
from .metering.vocabulary import Quantity
from .settings import async_option_texts
from .vendors.base import Vendor

CONF_METER = "meter"
CONF_VALID_FROM = "valid_from"
CONF_REMOVE = "remove"
CONF_COSTS = "dashboard_costs"

PRICES_STEP = "meter_prices"


def priced_meters(
    vendor: Vendor, memory: Memory, entry: ConfigEntry
) -> dict[str, Meter]:
    """Return the meters of an entry that have energy with a price."""
    excluded = entry.options.get(CONF_EXCLUDED_METERS, ())
    return {
        meter.id: meter
        for meter in memory.meters.values()
        if meter.id not in excluded and _fields(vendor, memory, meter.id)
    }


def meter_choice(meters: Iterable[Meter]) -> SelectSelector:
    """Return a list of meters to pick one of; the values are their ids."""
    return SelectSelector(
        SelectSelectorConfig(
            options=[
                SelectOptionDict(value=meter.id, label=meter.name) for meter in meters
            ],
            mode=SelectSelectorMode.LIST,
        )
    )


@dataclass(frozen=True, slots=True)
class Entered:
    """What a person typed into the form."""

    prices: Prices
    removed: frozenset[date]
    """The days from which no prices shall begin any more."""
    costs_wanted: bool
    """Whether the Energy dashboard shall show the costs."""
    errors: Mapping[str, str]
    """What is wrong, by field."""


@dataclass(frozen=True, slots=True)
class PricesForm:
    """The prices of one meter: those that are stored, and what can be entered."""

    meter: Meter
    unit: str
    fields: Mapping[str, Series]
    """The fields of prices, each with the energy that it is the price of."""
    stored: list[Prices]
    suggested: Prices
    """Prices that are entered by leaving the form as it opens."""
    costs_key: str | None
    """The request by which the Energy dashboard gets costs that it lacks."""
    costs_requested: bool

    @property
    def schema(self) -> vol.Schema:
        """The fields."""
        prices = NumberSelector(
            NumberSelectorConfig(
                min=0,
                step="any",
                mode=NumberSelectorMode.BOX,
                unit_of_measurement=self.unit,
            )
        )
        schema: dict[vol.Marker, Any] = {vol.Required(CONF_VALID_FROM): DateSelector()}
        schema |= {vol.Optional(key): prices for key in self.fields}
        if self.stored:
            days = [each.valid_from.isoformat() for each in self.stored]
            marker = vol.Optional(CONF_REMOVE, default=[])
            schema[marker] = ticks(dict(zip(days, days, strict=True)))
        if self.costs_key is not None:
            marker = vol.Optional(CONF_COSTS, default=self.costs_requested)
            schema[marker] = BooleanSelector()
        return vol.Schema(schema)

    @property
    def shown(self) -> dict[str, Any]:
        """What the fields hold when the form opens."""
        return {
            CONF_VALID_FROM: self.suggested.valid_from.isoformat(),
            **{
                key: self.suggested.per_kwh[series.quantity][series.channel]
                for key, series in self.fields.items()
                if series.channel in self.suggested.per_kwh[series.quantity]
            },
        }

    def read(self, typed: Mapping[str, Any]) -> Entered:
        """Return what was typed, with what is wrong about it by field.

        A direction has a price for each of its channels, or none at all.
        """
        per_kwh: dict[Quantity, dict[str, float]] = {
            direction: {} for direction in DIRECTIONS.values()
        }
        for key, series in self.fields.items():
            if (price := typed.get(key)) is not None:
                per_kwh[series.quantity][series.channel] = float(price)
        removed = frozenset(
            date.fromisoformat(day) for day in typed.get(CONF_REMOVE, ())
        )
        errors = {
            key: "price_missing"
            for key, series in self.fields.items()
            if per_kwh[series.quantity]
            and series.channel not in per_kwh[series.quantity]
        }
        if not removed and not any(per_kwh.values()):
            errors["base"] = "no_price"
        return Entered(
            Prices(date.fromisoformat(typed[CONF_VALID_FROM]), per_kwh),
            removed,
            typed.get(CONF_COSTS, False),
            errors,
        )

    def options(self, old: Mapping[str, Any], entered: Entered) -> dict[str, Any]:
        """Return the options that an entry gets; what the form doesn't ask for stays.

        Who removes prices and leaves the fields as they were adds none.
        """
        prices = {
            each.valid_from: each
            for each in self.stored
            if each.valid_from not in entered.removed
        }
        untouched = entered.removed and entered.prices == self.suggested
        if any(entered.prices.per_kwh.values()) and not untouched:
            prices[entered.prices.valid_from] = entered.prices
        others = [
            each for each in old.get(CONF_PRICES, ()) if each["meter"] != self.meter.id
        ]
        requests = [key for key in old.get(CONF_DASHBOARD, ()) if key != self.costs_key]
        if self.costs_key is not None and entered.costs_wanted:
            requests.append(self.costs_key)
        return {
            **old,
            CONF_PRICES: others
            + [
                {"meter": self.meter.id, **prices[day].to_json()}
                for day in sorted(prices)
            ],
            CONF_DASHBOARD: requests,
        }

    async def async_placeholders(self, hass: HomeAssistant) -> dict[str, str]:
        """Return what the description says of the meter, and of what is stored."""
        prefix = f"component.{DOMAIN}.options.step.{PRICES_STEP}.data."
        texts = await async_get_translations(
            hass, hass.config.language, "options", {DOMAIN}
        )
        lines = [
            f"\n- {each.valid_from.isoformat()}: "
            + ", ".join(
                f"{texts[f'{prefix}{word}_{channel}']} {price:g}"
                for word, direction in DIRECTIONS.items()
                for channel, price in each.per_kwh[direction].items()
            )
            for each in self.stored
        ]
        nothing = (await async_option_texts(hass, "prices"))["none"]
        return {
            "meter": self.meter.name,
            "unit": self.unit,
            "known": "".join(lines) or nothing,
        }


async def async_prices_form(
    hass: HomeAssistant,
    vendor: Vendor,
    memory: Memory,
    entry: ConfigEntry,
    meter: Meter,
) -> PricesForm:
    """Return the form of a meter's prices; its vendor has a currency.

    It suggests the prices that hold today, from today on. The first prices begin
    with the first day of history.
    """
    fields = _fields(vendor, memory, meter.id)
    stored = prices_of(entry.options.get(CONF_PRICES, ()), meter.id)
    zone = await async_billing_zone(vendor)
    first = dt_util.now(zone).date()
    if not stored:
        first = _first_day(vendor, memory, entry, fields.values(), zone)
    per_kwh: dict[Quantity, dict[str, float]] = {
        direction: {} for direction in DIRECTIONS.values()
    }
    prices = PriceList(stored, zone)
    for series in fields.values():
        held = prices.at(dt_util.utcnow(), series.quantity, series.channel)
        if held is not None:
            per_kwh[series.quantity][series.channel] = held
    costs_key = None
    if ENERGY_DOMAIN in hass.config.components:
        costs_key = await async_costless(hass, vendor, meter)
    return PricesForm(
        meter,
        f"{vendor.currency}/{UnitOfEnergy.KILO_WATT_HOUR}",
        fields,
        stored,
        Prices(first, per_kwh),
        costs_key,
        costs_key in entry.options.get(CONF_DASHBOARD, ()),
    )


def _fields(vendor: Vendor, memory: Memory, meter: str) -> dict[str, Series]:
    """Return the fields of prices that a meter has, each with its energy."""
    return {
        f"{word}_{channel}": Series(meter, direction, channel)
        for word, direction in DIRECTIONS.items()
        for channel in billed_channels(
            memory.pages.keys(), meter, direction, balance=vendor.balanced
        )
    }


def _first_day(
    vendor: Vendor,
    memory: Memory,
    entry: ConfigEntry,
    energies: Iterable[Series],
    zone: tzinfo,
) -> date:
    """Return the day on which the history of some energies begins, or will begin."""
    days = entry.options.get(CONF_HISTORY_DAYS, vendor.history_days or 0)
    since = dt_util.utcnow() - timedelta(days=days)
    pages = [memory.pages[each] for each in energies if each in memory.pages]
    starts = [max(since, page.floor or since) for page in pages]
    starts += [start for page in pages for start, _ in page.explored]
    return min(starts, default=since).astimezone(zone).date()
