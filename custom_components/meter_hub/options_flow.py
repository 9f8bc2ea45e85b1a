"""Changes which meters an entry shows, its settings, and the Energy dashboard."""

from collections.abc import Iterable, Mapping
from typing import Any

from homeassistant.config_entries import (
    ConfigEntryState,
    ConfigFlowResult,
    OptionsFlowWithReload,
)
import probatio as vol

from .accounts import taken_meters
from .const import CONF_DASHBOARD, CONF_EXCLUDED_METERS, CONF_METERS, CONF_VENDOR
from .energy_dashboard import Offer, async_added, offers
from .forms import cleaned, meters_selector, settings_fields
from .memory import Memory
from .metering.model import Meter
from .settings import async_settings_form
from .vendors.registry import VENDORS


class MeterHubOptionsFlow(OptionsFlowWithReload):
    """One form, for a running entry as well as for one that can't be set up now."""

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the options."""
        entry = self.config_entry
        if (vendor := VENDORS.get(entry.data[CONF_VENDOR])) is None:
            return self.async_abort(
                reason="unknown_vendor",
                description_placeholders={"vendor": entry.data[CONF_VENDOR]},
            )
        taken = taken_meters(self.hass, vendor, besides=entry.entry_id)
        memory = await self._async_memory()
        meters = {
            meter.id: meter for meter in memory.meters.values() if meter.id not in taken
        }
        added = await async_added(self.hass, vendor, meters.values())
        offered = [offer for offer in offers(meters.values()) if offer.key not in added]

        errors = {}
        if user_input is not None:
            if user_input.get(CONF_METERS) or not meters:
                typed = cleaned(settings_fields(vendor), user_input)
                return self.async_create_entry(
                    data=_options(entry.options, meters, offered, typed)
                )
            errors[CONF_METERS] = "no_meter_picked"

        form = await async_settings_form(
            self.hass,
            vendor,
            meters,
            memory.readings.values(),
            offered,
            requested=entry.options.get(CONF_DASHBOARD, ()),
        )
        schema = form.schema
        if meters:
            marker = vol.Required(
                CONF_METERS,
                default=sorted(
                    meters.keys() - set(entry.options.get(CONF_EXCLUDED_METERS, ()))
                ),
            )
            schema = vol.Schema({marker: meters_selector(meters.values())}).extend(
                schema.schema
            )
        shown = user_input or {
            key: value for key, value in entry.options.items() if key != CONF_DASHBOARD
        }
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(schema, shown),
            errors=errors,
            description_placeholders=form.placeholders,
            last_step=True,
        )

    async def _async_memory(self) -> Memory:
        """Return what is known of the account, also of meters that are not shown."""
        entry = self.config_entry
        if entry.state is ConfigEntryState.LOADED:
            memory: Memory = entry.runtime_data.memory
        else:
            memory = Memory(self.hass, entry.entry_id)
            await memory.async_load()
        return memory


def _options(
    old: Mapping[str, Any],
    meters: Mapping[str, Meter],
    offered: Iterable[Offer],
    typed: dict[str, Any],
) -> dict[str, Any]:
    """Return the options that an entry gets; what was not asked for stays."""
    excluded = set(old.get(CONF_EXCLUDED_METERS, ()))
    if CONF_METERS in typed:
        excluded -= meters.keys()
        excluded |= meters.keys() - set(typed.pop(CONF_METERS))
    requests = list(old.get(CONF_DASHBOARD, ()))
    if CONF_DASHBOARD in typed:
        ticked = typed.pop(CONF_DASHBOARD)
        asked = {offer.key: offer.meter for offer in offered}
        requests = [key for key in requests if key not in asked]
        requests += [
            key
            for key, meter in asked.items()
            if key in ticked and meter not in excluded
        ]
    return {
        **typed,
        CONF_EXCLUDED_METERS: sorted(excluded),
        CONF_DASHBOARD: requests,
    }
