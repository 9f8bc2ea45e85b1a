"""The client that a person made at the vendor, as Home Assistant's credentials tell it."""

from typing import Any, override

from homeassistant.components.application_credentials import (
    AuthImplementation,
    AuthorizationServer,
    ClientCredential,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.config_entry_oauth2_flow import (
    AUTH_CALLBACK_PATH,
    MY_AUTH_CALLBACK_PATH,
)
from yarl import URL

from .vendors.base import OAuth2
from .vendors.oauth2 import request_token
from .vendors.registry import VENDORS
from .vendors.transport import Transport


async def async_get_auth_implementation(
    hass: HomeAssistant, auth_domain: str, credential: ClientCredential
) -> VendorClient:
    """Return the client; Home Assistant looks credentials up by integration."""
    _, oauth2 = _vendor()
    return VendorClient(hass, auth_domain, credential, oauth2)


async def async_get_description_placeholders(hass: HomeAssistant) -> dict[str, str]:
    """Return what the dialog for credentials says of the vendor."""
    name, oauth2 = _vendor()
    if "my" in hass.config.components:
        redirect_uri = MY_AUTH_CALLBACK_PATH
    else:
        home = hass.config.external_url or hass.config.internal_url
        redirect_uri = f"{home or 'https://YOUR_DOMAIN:PORT'}{AUTH_CALLBACK_PATH}"
    return {
        "vendor": name,
        "apps_page": oauth2.apps_page,
        "redirect_uri": redirect_uri,
    }


class VendorClient(AuthImplementation):
    """Asks for tokens as a vendor's own calls are made: counted, bounded, in its errors.

    Home Assistant's own way sends the secret in the form, where vendors that ask for
    HTTP Basic don't look for it.
    """

    transport: Transport
    """The way to the vendor; to be set by who knows whom a request is counted for."""

    def __init__(
        self,
        hass: HomeAssistant,
        auth_domain: str,
        credential: ClientCredential,
        oauth2: OAuth2,
    ) -> None:
        """Make no request yet."""
        server = AuthorizationServer(oauth2.authorize_url(), oauth2.token_url())
        super().__init__(hass, auth_domain, credential, server)
        self.code_page = oauth2.code_page()

    @property
    def code_url(self) -> str:
        """Return where a person agrees, to be shown the code on a page of the vendor's."""
        return str(
            URL(self.authorize_url).with_query(
                response_type="code",
                client_id=self.client_id,
                redirect_uri=self.code_page,
            )
        )

    @override
    async def _token_request(self, data: dict[str, Any]) -> dict[str, Any]:
        """Ask the vendor; raises the VendorError family."""
        form = {key: value for key, value in data.items() if key != "client_id"}
        return await request_token(
            self.transport, self.token_url, self.client_id, self.client_secret, form
        )


def _vendor() -> tuple[str, OAuth2]:
    """Return the name and the way in of the one vendor that people sign in to thus."""
    return next(
        (vendor.name, vendor.oauth2)
        for vendor in VENDORS.values()
        if vendor.oauth2 is not None
    )
