"""Changes which meters an entry shows, its settings and prices, and the dashboard."""

from collections.abc import Iterable, Mapping
from typing import Any

from homeassistant.config_entries import (
    ConfigEntryState,
    ConfigFlowResult,
    OptionsFlowWithReload,
)
import probatio as vol

from .accounts import known_account, taken_meters
from .const import (
    CONF_DASHBOARD,
    CONF_EXCLUDED_METERS,
    CONF_METERS,
    CONF_PRICES,
    CONF_VENDOR,
)
from .energy_dashboard import async_added, async_offers
from .energy_sources import Offer
from .forms import cleaned, meters_selector, settings_fields
from .memory import Memory
from .metering.model import Meter
from .prices_form import (
    CONF_METER,
    PRICES_STEP,
    async_prices_form,
    meter_choice,
    priced_meters,
)
from .settings import async_settings_form
from .vendors.base import Vendor
from .vendors.registry import VENDORS


class MeterHubOptionsFlow(OptionsFlowWithReload):
    """The options, for a running entry as well as for one that can't be set up now."""

    _vendor: Vendor
    _priced: Meter

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the settings, or first whether for these or for prices."""
        key = self.config_entry.data[CONF_VENDOR]
        if (vendor := VENDORS.get(key)) is None:
            return self.async_abort(
                reason="unknown_vendor", description_placeholders={"vendor": key}
            )
        self._vendor = vendor
        if vendor.currency is not None and user_input is None:
            return await self.async_step_menu()
        return await self.async_step_settings(user_input)

    async def async_step_menu(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask what to change."""
        return self.async_show_menu(step_id="menu", menu_options=["settings", "prices"])

    async def async_step_settings(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the meters, the settings, and what the dashboard shall get."""
        entry, vendor = self.config_entry, self._vendor
        taken = taken_meters(self.hass, vendor, besides=entry.entry_id)
        memory = await self._async_memory()
        meters = {
            meter.id: meter for meter in memory.meters.values() if meter.id not in taken
        }
        added = await async_added(self.hass, vendor, meters.values())
        offered = [
            offer
            for offer in async_offers(
                self.hass, vendor, meters, memory.readings.values(), memory.pages
            )
            if offer.key not in added
        ]

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
            account_id=known_account(vendor, entry).unique_id,
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

    async def async_step_prices(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Pick the meter to enter prices for; a single one is not asked for."""
        meters = priced_meters(
            self._vendor, await self._async_memory(), self.config_entry
        )
        if not meters:
            return self.async_abort(reason="no_priced_energy")
        picked = user_input[CONF_METER] if user_input else None
        if len(meters) == 1:
            [picked] = meters
        if picked is not None:
            self._priced = meters[picked]
            return await self.async_step_meter_prices()
        return self.async_show_form(
            step_id="prices",
            data_schema=vol.Schema(
                {vol.Required(CONF_METER): meter_choice(meters.values())}
            ),
            last_step=False,
        )

    async def async_step_meter_prices(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask what the energy of a meter costs, and from which day on."""
        entry = self.config_entry
        form = await async_prices_form(
            self.hass, self._vendor, await self._async_memory(), entry, self._priced
        )
        errors: Mapping[str, str] = {}
        if user_input is not None:
            entered = form.read(user_input)
            if not (errors := entered.errors):
                return self.async_create_entry(
                    data=form.options(entry.options, entered)
                )
        return self.async_show_form(
            step_id=PRICES_STEP,
            data_schema=self.add_suggested_values_to_schema(
                form.schema, user_input or form.shown
            ),
            errors=dict(errors),
            description_placeholders=await form.async_placeholders(self.hass),
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
    prices = {CONF_PRICES: old[CONF_PRICES]} if CONF_PRICES in old else {}
    return {
        **prices,
        **typed,
        CONF_EXCLUDED_METERS: sorted(excluded),
        CONF_DASHBOARD: requests,
    }
