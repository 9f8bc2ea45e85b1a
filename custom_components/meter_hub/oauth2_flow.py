"""How a person lets Meter Hub in to an account, in a dialog that knows other ways too."""

import logging
from math import ceil
from typing import Any, override
from urllib.parse import parse_qs

from homeassistant.config_entries import (
    SOURCE_REAUTH,
    SOURCE_RECONFIGURE,
    ConfigFlowResult,
)
from homeassistant.exceptions import ImplementationUnavailableError
from homeassistant.helpers.config_entry_oauth2_flow import (
    AbstractOAuth2FlowHandler,
    async_get_implementations,
    async_get_redirect_uri,
)
from homeassistant.helpers.selector import BooleanSelector, TextSelector
import probatio as vol

from .allowances import async_trial
from .application_credentials import VendorClient
from .const import (
    CONF_AUTH_IMPLEMENTATION,
    CONF_CREDENTIALS,
    CONF_VENDOR,
    DOMAIN,
    LOGGER,
)
from .oauth2 import Grant, async_count, async_redeem
from .vendors.base import RateLimited, Vendor, VendorError
from .vendors.registry import VENDORS

CONF_CODE = "code"
CONF_OTHER_APP = "other_app"
"""The switch by which a person signs in with another client than before."""


def told(err: VendorError) -> tuple[str, dict[str, str]]:
    """Return the key of an error's text, and what its placeholders stand for."""
    if not isinstance(err, RateLimited):
        return err.reason, {}
    minutes = ceil(err.retry_after.total_seconds() / 60)
    return err.reason, {"minutes": str(minutes)}


def needs_consent(reason: str | None) -> bool:
    """Tell whether a person has to let us in again, and no field would help.

    There is no reason where Home Assistant itself found that the client is gone.
    """
    return reason in (None, "invalid_auth")


def pasted_code(text: str) -> str:
    """Return the code; it may be in the address that a person was sent to."""
    query = text.partition("?")[2].partition("#")[0]
    return parse_qs(query).get(CONF_CODE, [text])[0].strip()


class LetInFlow(AbstractOAuth2FlowHandler):
    """Gets a grant by the redirect or by a code that a person pastes.

    What was typed before is in `_typed`, and goes on in the step `_step`.
    """

    DOMAIN = DOMAIN

    flow_impl: VendorClient
    _vendor: Vendor
    _step: str
    _typed: dict[str, Any]
    _pastes: bool

    def __init__(self) -> None:
        """Begin without a grant."""
        super().__init__()
        self._grant: Grant | None = None
        self._keeps = False
        """Whether the grant that the entry keeps will do."""
        self._changes_app = False
        """Whether the client may be another one than the entry has."""
        self._let_in_error: VendorError | None = None

    @property
    @override
    def logger(self) -> logging.Logger:
        """Return where Home Assistant's own steps log."""
        return LOGGER

    async def _async_without_client(self) -> ConfigFlowResult | None:
        """Send a person away who has made no client yet."""
        try:
            if await async_get_implementations(self.hass, DOMAIN):
                return None
        except ImplementationUnavailableError:
            pass
        return await self.async_step_pick_implementation()

    async def _async_let_in(
        self, vendor: Vendor, step_id: str, typed: dict[str, Any]
    ) -> ConfigFlowResult:
        """Ask for the consent; the step is then taken again with what was typed."""
        self._vendor, self._step, self._typed = vendor, step_id, typed
        return await self.async_step_let_in()

    def _forget_consent(self) -> None:
        """Ask for the consent once more, as this one opens no account, or a wrong one."""
        self._grant, self._keeps = None, False

    def _change_app(self) -> None:
        """Ask for the consent once more, and for the client that is to have it."""
        self._forget_consent()
        self._changes_app = True

    def _with_other_app(
        self, schema: vol.Schema, vendor: Vendor, error: str | None
    ) -> vol.Schema:
        """Offer another client where a new key is refused: it may belong to that one."""
        is_refused = vendor.oauth2 is not None and error == "invalid_api_key"
        if self.source != SOURCE_REAUTH or not is_refused:
            return schema
        return schema.extend(
            {vol.Required(CONF_OTHER_APP, default=False): BooleanSelector()}
        )

    async def async_step_reauth_let_in(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Say that the consent is needed again; what was typed once still holds."""
        entry = self._get_reauth_entry()
        vendor = VENDORS[entry.data[CONF_VENDOR]]
        if user_input is not None:
            stored = entry.data[CONF_CREDENTIALS]
            fields = [field.key for field in vendor.sign_in if field.key in stored]
            typed = {key: stored[key] for key in fields}
            return await self._async_let_in(vendor, "reauth_confirm", typed)
        return self.async_show_form(
            step_id="reauth_let_in",
            description_placeholders={"vendor": vendor.name, "name": entry.title},
            last_step=False,
        )

    async def async_step_let_in(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the way; a single one is not asked for."""
        ways = ["paste"]
        if redirect_uri := self._redirect_uri():
            ways.insert(0, "redirect")
        if self.source == SOURCE_RECONFIGURE:
            ways.insert(0, "keep")
        if ways == ["paste"]:
            return await self.async_step_paste()
        return self.async_show_menu(
            step_id="let_in",
            menu_options=ways,
            description_placeholders={
                "vendor": self._vendor.name,
                "redirect_uri": redirect_uri or "",
            },
        )

    async def async_step_keep(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Go on with the grant that the entry keeps."""
        self._keeps = True
        return await self._async_resume(self._typed)

    async def async_step_redirect(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Let the vendor send a person back with the code."""
        return await self._async_pick(pastes=False)

    async def async_step_paste(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Let a person copy the code from a page of the vendor's."""
        return await self._async_pick(pastes=True)

    @override
    async def async_step_auth(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Go the way that was picked, now that the client is known as well."""
        if self._pastes:
            return await self.async_step_code()
        return await super().async_step_auth(user_input)

    @override
    async def async_step_creation(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Redeem the code that came with the redirect."""
        self._let_in_error = await self._async_redeem(
            self.external_data["code"], self.external_data["state"]["redirect_uri"]
        )
        return await self._async_resume(self._typed if self._grant else None)

    async def async_step_code(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the code and redeem it."""
        errors: dict[str, str] = {}
        placeholders: dict[str, str] = {}
        if user_input is not None:
            code = pasted_code(user_input[CONF_CODE])
            err = await self._async_redeem(code, self.flow_impl.code_page)
            if err is None:
                return await self._async_resume(self._typed)
            errors["base"], placeholders = told(err)
        return self.async_show_form(
            step_id="code",
            data_schema=vol.Schema({vol.Required(CONF_CODE): TextSelector()}),
            errors=errors,
            description_placeholders={
                "vendor": self._vendor.name,
                "authorize_url": self.flow_impl.code_url,
                **placeholders,
            },
            last_step=False,
        )

    def _redirect_uri(self) -> str | None:
        """Return where the vendor sends a person back to; None where nobody browses."""
        try:
            return async_get_redirect_uri(self.hass)
        except RuntimeError:
            return None

    async def _async_pick(self, *, pastes: bool) -> ConfigFlowResult:
        """Let a person who has several clients pick one; who keeps the client has."""
        self._pastes = pastes
        stored = None
        if self.source == SOURCE_REAUTH and not self._changes_app:
            entry = self._get_reauth_entry()
            stored = {"implementation": entry.data[CONF_AUTH_IMPLEMENTATION]}
        return await self.async_step_pick_implementation(stored)

    async def _async_redeem(self, code: str, redirect_uri: str) -> VendorError | None:
        """Get the grant for a code; return the error where there is none."""
        vendor, typed = self._vendor, self._typed
        replaced = self.context.get("entry_id")
        async with async_trial(self.hass, vendor, typed, replaced=replaced):
            await async_count(self.hass, self.flow_impl, vendor, typed)
            try:
                self._grant = await async_redeem(self.flow_impl, code, redirect_uri)
            except VendorError as err:
                return err
        return None

    async def _async_resume(self, typed: dict[str, Any] | None) -> ConfigFlowResult:
        """Take the step again that asked for the consent; show it where nothing is typed."""
        step = getattr(self, f"async_step_{self._step}")
        result: ConfigFlowResult = await step(typed)
        return result
