"""The form of what may be changed after signing in; the same at first and later."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from homeassistant.components.energy.const import DOMAIN as ENERGY_DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations
import probatio as vol

from .accounts import has_rival
from .const import CONF_DASHBOARD, DOMAIN
from .energy_dashboard import async_kinds_present
from .energy_sources import Offer
from .forms import fields_schema, settings_fields, ticks
from .metering.model import Meter, Reading
from .vendors.base import Vendor


@dataclass(frozen=True, slots=True)
class SettingsForm:
    """A form, and what its description says of the Energy dashboard and the meters."""

    schema: vol.Schema
    placeholders: Mapping[str, str]


async def async_settings_form(
    hass: HomeAssistant,
    vendor: Vendor,
    meters: Mapping[str, Meter],
    readings: Iterable[Reading],
    offers: Collection[Offer],
    *,
    account_id: str,
    requested: Collection[str] | None = None,
) -> SettingsForm:
    """Return the form of history, options and what the Energy dashboard could get.

    `readings` are those of all meters, `meters` the ones that are asked about.
    `requested` are the offers to tick; by default those of a kind that the
    dashboard has no source of.
    """
    kinds = await async_option_texts(hass, "energy_source")
    present = await async_kinds_present(hass)
    if requested is None:
        requested = [offer.key for offer in offers if offer.kind not in present]
    schema = fields_schema(settings_fields(vendor))
    if offers and ENERGY_DOMAIN in hass.config.components:
        schema = schema.extend(
            {
                vol.Optional(
                    CONF_DASHBOARD,
                    default=[offer.key for offer in offers if offer.key in requested],
                ): ticks(
                    {
                        offer.key: f"{meters[offer.meter].name}: {kinds[offer.kind]}"
                        for offer in offers
                    }
                )
            }
        )
    there = sorted(kinds.get(kind, kind) for kind in present)
    texts = await async_option_texts(hass, "option_notice")
    notices = [
        texts[key].format(meters=", ".join(names))
        for key, names in _concerned(vendor, meters, readings).items()
    ]
    if has_rival(hass, vendor, account_id):
        notices.append(texts["has_rival"])
    return SettingsForm(
        schema,
        {
            "present": ", ".join(there) or kinds["none"],
            "notices": "".join(f"\n\n{notice}" for notice in notices),
        },
    )


def _concerned(
    vendor: Vendor, meters: Mapping[str, Meter], readings: Iterable[Reading]
) -> dict[str, list[str]]:
    """Return the options that matter to some meters, with those and their readings."""
    concerned: dict[str, list[str]] = {}
    for reading in readings:
        if (meter := meters.get(reading.series.meter)) is None:
            continue
        value = reading.value
        shown = f"{value:g}" if isinstance(value, float) else str(value)
        for field in vendor.options:
            if field.matters is not None and field.matters(reading):
                concerned.setdefault(field.key, []).append(f"{meter.name} ({shown})")
    return concerned


async def async_option_texts(hass: HomeAssistant, selector: str) -> dict[str, str]:
    """Return the texts of a list of options, in Home Assistant's language."""
    prefix = f"component.{DOMAIN}.selector.{selector}.options."
    texts = await async_get_translations(
        hass, hass.config.language, "selector", {DOMAIN}
    )
    return {
        key.removeprefix(prefix): text
        for key, text in texts.items()
        if key.startswith(prefix)
    }
