"""Names that the parts of the integration share."""

import logging
from typing import Final

from homeassistant.const import Platform

DOMAIN: Final = "meter_hub"
LOGGER: Final = logging.getLogger(__package__)
PLATFORMS: Final = [Platform.BINARY_SENSOR, Platform.SENSOR]

CONF_VENDOR: Final = "vendor"
CONF_CREDENTIALS: Final = "credentials"
CONF_METERS: Final = "meters"
CONF_AUTH_IMPLEMENTATION: Final = "auth_implementation"

CONF_ACCOUNT: Final = "account"

REAUTH_REASON: Final = "reason"
"""Tells the flow why the vendor refuses; missing where Home Assistant itself asks."""

CONF_EXCLUDED_METERS: Final = "excluded_meters"
CONF_HISTORY_DAYS: Final = "history_days"
CONF_DASHBOARD: Final = "dashboard"
CONF_PRICES: Final = "prices"
