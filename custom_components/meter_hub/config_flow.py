"""The way of an account into Home Assistant, built from what the vendors declare."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, override

from homeassistant.config_entries import ConfigEntry, ConfigFlowResult
from homeassistant.core import callback
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo
import probatio as vol

from .accounts import has_rival, known_account, taken_meters, unique_id
from .const import (
    CONF_CREDENTIALS,
    CONF_DASHBOARD,
    CONF_EXCLUDED_METERS,
    CONF_METERS,
    CONF_VENDOR,
    DOMAIN,
    REAUTH_REASON,
)
from .coordinator import MeterHubConfigEntry
from .discovery import announced
from .energy_dashboard import async_offers
from .faults import log_fault
from .forms import (
    cleaned,
    fields_schema,
    meters_selector,
    settings_fields,
    without_secrets,
)
from .memory import hand_over
from .metering.model import Meter
from .oauth2_flow import CONF_OTHER_APP, LetInFlow, needs_consent, told
from .options_flow import MeterHubOptionsFlow
from .settings import async_settings_form
from .sign_in import SignIn, async_sign_in
from .silence import REAUTH_IN_DOUBT
from .vendors.base import Vendor, VendorError
from .vendors.registry import VENDORS


class MeterHubConfigFlow(LetInFlow, domain=DOMAIN):
    """Vendor, sign-in, meters, finish; and signing in again."""

    VERSION = 1

    _in_doubt = False
    _sign_in: SignIn
    _offered: dict[str, Meter]
    _picked: dict[str, Meter]

    def __init__(self) -> None:
        """Give each vendor the step that its line in the menu leads to."""
        super().__init__()
        self._announced: Mapping[str, Any] = {}
        for vendor in VENDORS.values():
            step = partial(self._async_step_vendor, vendor)
            setattr(self, f"async_step_{vendor.key}", step)

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> MeterHubOptionsFlow:
        """Return the flow that changes an entry's options."""
        return MeterHubOptionsFlow()

    @override
    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the vendor."""
        return self.async_show_menu(
            step_id="user", menu_options=list(VENDORS), sort=True
        )

    @override
    async def async_step_zeroconf(
        self, discovery_info: ZeroconfServiceInfo
    ) -> ConfigFlowResult:
        """Offer to sign in to a device that announces itself, or note its new address."""
        if (whose := announced(discovery_info)) is None:
            return self.async_abort(reason="discovery_unusable")
        vendor, found = whose
        known = await self.async_set_unique_id(unique_id(vendor, found.unique_id))
        self._abort_if_unique_id_configured(
            {CONF_CREDENTIALS: known.data[CONF_CREDENTIALS] | found.credentials}
            if known and CONF_CREDENTIALS in known.data
            else None
        )
        if has_rival(self.hass, vendor, found.unique_id):
            return self.async_abort(reason="has_rival")
        self._announced = found.credentials
        self.context["title_placeholders"] = {"name": found.title}
        return await self._async_step_vendor(vendor)

    async def async_step_meters(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Pick the meters; a single one is not asked for."""
        errors = {}
        if len(self._offered) == 1:
            user_input = {CONF_METERS: list(self._offered)}
        if user_input is not None:
            if picked := user_input[CONF_METERS]:
                self._picked = {
                    meter_id: self._offered[meter_id] for meter_id in picked
                }
                return await self.async_step_finish()
            errors[CONF_METERS] = "no_meter_picked"
        active = [meter.id for meter in self._offered.values() if meter.active]
        return self.async_show_form(
            step_id="meters",
            data_schema=vol.Schema(
                {
                    vol.Required(CONF_METERS, default=active): meters_selector(
                        self._offered.values()
                    )
                }
            ),
            errors=errors,
            description_placeholders={"account": self._sign_in.account.title},
            last_step=False,
        )

    async def async_step_finish(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the settings, where there are any, and create the entry."""
        account = self._sign_in.account
        if user_input is None:
            learned = account.update
            form = await async_settings_form(
                self.hass,
                self._vendor,
                self._picked,
                learned.readings,
                async_offers(
                    self.hass,
                    self._vendor,
                    self._picked,
                    learned.readings,
                    learned.floors,
                ),
                account_id=account.unique_id,
            )
            if form.schema.schema:
                return self.async_show_form(
                    step_id="finish",
                    data_schema=form.schema,
                    description_placeholders=form.placeholders,
                    last_step=True,
                )
        options = {
            CONF_EXCLUDED_METERS: sorted(account.meter_ids - set(self._picked)),
            CONF_DASHBOARD: [],
            **cleaned(settings_fields(self._vendor), user_input or {}),
        }
        self._hand_over(unique_id(self._vendor, account.unique_id), options)
        return self.async_create_entry(
            title=account.title,
            data={CONF_VENDOR: self._vendor.key, **self._account_data()},
            options=options,
        )

    async def async_step_reauth(
        self, entry_data: Mapping[str, Any]
    ) -> ConfigFlowResult:
        """Sign in again, because the vendor refuses the credentials, or seems to."""
        self._in_doubt = REAUTH_IN_DOUBT in entry_data
        vendor = VENDORS.get(entry_data[CONF_VENDOR])
        if vendor is not None and vendor.oauth2:
            self._keeps = not needs_consent(entry_data.get(REAUTH_REASON))
            if not self._keeps:
                return await self.async_step_reauth_let_in()
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the credentials that work now."""
        entry = self._get_reauth_entry()
        return await self._async_sign_in_again("reauth_confirm", entry, user_input)

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Replace the credentials because a person wants to."""
        entry = self._get_reconfigure_entry()
        return await self._async_sign_in_again("reconfigure", entry, user_input)

    async def _async_step_vendor(
        self, vendor: Vendor, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Sign in to an account that is new here."""
        if vendor.oauth2 and (sent_away := await self._async_without_client()):
            return sent_away
        form = await self._async_sign_in(
            vendor,
            vendor.key,
            user_input,
            refusal=lambda sign_in: None if sign_in.account.meter_ids else "no_meters",
        )
        if form is not None:
            return form
        self._vendor = vendor
        account = self._sign_in.account
        # The same device may lie among those that were discovered.
        await self.async_set_unique_id(
            unique_id(vendor, account.unique_id), raise_on_progress=False
        )
        self._abort_if_unique_id_configured()
        taken = taken_meters(self.hass, vendor)
        self._offered = {
            meter.id: meter
            for meter in account.update.meters or ()
            if meter.id not in taken
        }
        if not self._offered:
            return self.async_abort(reason="already_configured")
        return await self.async_step_meters()

    async def _async_sign_in_again(
        self,
        step_id: str,
        entry: MeterHubConfigEntry,
        user_input: dict[str, Any] | None,
    ) -> ConfigFlowResult:
        """Give an entry new credentials of the same account."""
        if (vendor := VENDORS.get(entry.data[CONF_VENDOR])) is None:
            return self.async_abort(
                reason="unknown_vendor",
                description_placeholders={"vendor": entry.data[CONF_VENDOR]},
            )
        known = known_account(vendor, entry)

        def refusal(sign_in: SignIn) -> str | None:
            same = sign_in.backend.same_account(known, sign_in.account)
            return None if same else "other_account"

        form = await self._async_sign_in(
            vendor, step_id, user_input, refusal=refusal, entry=entry
        )
        if form is not None:
            return form
        if entry.disabled_by is None:
            self._hand_over(entry.unique_id or entry.entry_id, entry.options)
        return self.async_update_reload_and_abort(
            entry, data_updates=self._account_data()
        )

    async def _async_sign_in(
        self,
        vendor: Vendor,
        step_id: str,
        user_input: dict[str, Any] | None,
        *,
        refusal: Callable[[SignIn], str | None],
        entry: MeterHubConfigEntry | None = None,
    ) -> ConfigFlowResult | None:
        """Sign in with what was typed; return the form where it must be shown (again).

        `refusal` tells by which error an account that was opened won't do.
        """
        error = "sign_in_refused" if self._in_doubt else None
        placeholders = {"vendor": vendor.name}
        shown = self._announced
        if entry is not None:
            placeholders["name"] = entry.title
            shown = entry.data[CONF_CREDENTIALS]
        if user_input is not None:
            shown = typed = cleaned(vendor.sign_in, user_input)
            if typed.pop(CONF_OTHER_APP, False):
                self._change_app()
            if vendor.oauth2 and not self._grant and not self._keeps:
                return await self._async_let_in(vendor, step_id, typed)
            error = None
            try:
                self._sign_in = await async_sign_in(
                    self.hass,
                    vendor,
                    self._beneath(vendor, entry) | typed,
                    entry,
                    self._grant,
                )
            except VendorError as err:
                error, minutes = told(err)
                placeholders |= minutes
                if needs_consent(err.reason):
                    self._forget_consent()
            except Exception as err:  # noqa: BLE001  # its words could hold a secret
                error = "unknown"
                log_fault(err, f"signing in to {vendor.name}")
            else:
                if (error := refusal(self._sign_in)) is None:
                    return None
                self._forget_consent()
        elif self._let_in_error is not None:
            shown = self._typed
            error, minutes = told(self._let_in_error)
            placeholders |= minutes
        schema = self.add_suggested_values_to_schema(
            fields_schema(vendor.sign_in), without_secrets(vendor.sign_in, shown)
        )
        return self.async_show_form(
            step_id=step_id,
            data_schema=self._with_other_app(schema, vendor, error),
            errors={} if error is None else {"base": error},
            description_placeholders=placeholders,
            last_step=entry is not None and (self._keeps or not vendor.oauth2),
        )

    @staticmethod
    def _beneath(vendor: Vendor, entry: ConfigEntry | None) -> dict[str, Any]:
        """Return what is stored of a sign-in beside that which a person types.

        So the vendor knows this installation again.
        """
        if entry is None:
            return {}
        fields = {field.key for field in vendor.sign_in}
        stored = entry.data[CONF_CREDENTIALS]
        return {key: value for key, value in stored.items() if key not in fields}

    def _account_data(self) -> dict[str, Any]:
        """Return what an entry keeps of the account."""
        return {
            CONF_CREDENTIALS: self._sign_in.credentials,
            CONF_METERS: sorted(self._sign_in.account.meter_ids),
            **(self._grant.entry_data() if self._grant else {}),
        }

    def _hand_over(self, entry_unique_id: str, options: Mapping[str, Any]) -> None:
        """Spare the set-up of the entry the call that was made here."""
        account = self._sign_in.account
        hand_over(
            self.hass,
            entry_unique_id,
            account.reread(options) if account.reread else account.update,
            self._sign_in.backend.state(),
        )
