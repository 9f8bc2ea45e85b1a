"""Repair issues that only a person's eye can settle: odd data, and missing prices."""

from collections.abc import Mapping, Set as AbstractSet
from datetime import datetime

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.translation import async_get_translations

from .const import CONF_EXCLUDED_METERS, DOMAIN
from .issues import issue_about, issues_of, local_time
from .memory import Memory
from .metering.derived import MONEY
from .metering.model import Meter, Notice, Series
from .metering.prices import DIRECTIONS
from .vendors.base import Vendor

NOTICE = "notice"
PRICE_MISSING = "price_missing"
REGISTER_JUMPED = "register_jumped"
VENDOR_SAYS = "vendor_says"

_WORDS = {MONEY[direction]: word for word, direction in DIRECTIONS.items()}


@callback
def async_show_notices(
    hass: HomeAssistant, entry: ConfigEntry, vendor: Vendor, memory: Memory
) -> None:
    """Have exactly one issue for each notice about the account or a picked meter."""
    meters = memory.meters.keys() - {*entry.options.get(CONF_EXCLUDED_METERS, ())}
    jumped = (Notice(REGISTER_JUMPED, meter, {}) for meter in memory.jumped)
    wanted = {
        issue_about(entry, NOTICE, *_told_apart_by(notice)): notice
        for notice in (*memory.notices, *jumped)
        if notice.meter is None or notice.meter in meters
    }
    for issue_id in issues_of(hass, entry, NOTICE) - wanted.keys():
        ir.async_delete_issue(hass, DOMAIN, issue_id)
    for issue_id, notice in wanted.items():
        meter = (
            {} if notice.meter is None else _placeholder(memory.meters, notice.meter)
        )
        ir.async_create_issue(
            hass,
            DOMAIN,
            issue_id,
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key=notice.key,
            translation_placeholders={
                "vendor": vendor.name,
                "account": entry.title,
                **meter,
                **{name: _shown(value) for name, value in notice.values.items()},
            },
        )


async def async_show_unpriced(
    hass: HomeAssistant,
    entry: ConfigEntry,
    meters: Mapping[str, Meter],
    wanted: AbstractSet[Series],
    unpriced: Mapping[Series, frozenset[str]],
) -> None:
    """Have an issue for each series of money that stops where a price is missing.

    `wanted` are all that are derived, and `unpriced` holds the channels that lack a
    price, of those that were looked at.
    """
    shown = {
        issue_about(entry, PRICE_MISSING, series.key): unpriced.get(series)
        for series in wanted
        if series.quantity in _WORDS
    }
    for issue_id in issues_of(hass, entry, PRICE_MISSING):
        # What was not looked at yet stays: an issue that was ignored would come back.
        if shown.get(issue_id, frozenset()) == frozenset():
            ir.async_delete_issue(hass, DOMAIN, issue_id)
    for series in wanted:
        if series.quantity in _WORDS and (channels := unpriced.get(series)):
            ir.async_create_issue(
                hass,
                DOMAIN,
                issue_about(entry, PRICE_MISSING, series.key),
                is_fixable=False,
                severity=ir.IssueSeverity.WARNING,
                translation_key=PRICE_MISSING,
                translation_placeholders={
                    "account": entry.title,
                    **_placeholder(meters, series.meter),
                    "prices": await _async_labels(hass, series, channels),
                },
            )


async def _async_labels(
    hass: HomeAssistant, series: Series, channels: AbstractSet[str]
) -> str:
    """Return what the fields of some prices are called in their form."""
    texts = await async_get_translations(
        hass, hass.config.language, "options", {DOMAIN}
    )
    prefix = f"component.{DOMAIN}.options.step.meter_prices.data."
    word = _WORDS[series.quantity]
    return ", ".join(texts[f"{prefix}{word}_{channel}"] for channel in sorted(channels))


def _placeholder(meters: Mapping[str, Meter], meter_id: str) -> dict[str, str]:
    known = meters.get(meter_id)
    return {"meter": meter_id if known is None else known.name}


def _shown(value: str) -> str:
    """Return what stands for a placeholder: an instant in Home Assistant's time zone."""
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        return value
    return value if instant.tzinfo is None else local_time(instant)


def _told_apart_by(notice: Notice) -> tuple[str, ...]:
    """Return what tells a notice from others; a vendor may have several things to say."""
    said = repr(sorted(notice.values.items())) if notice.key == VENDOR_SAYS else ""
    return notice.key, notice.meter or "", said
