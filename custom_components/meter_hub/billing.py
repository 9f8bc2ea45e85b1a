"""What a vendor's customers are billed by."""

from datetime import tzinfo

from homeassistant.util import dt as dt_util

from .vendors.base import Vendor


async def async_billing_zone(vendor: Vendor) -> tzinfo:
    """Return the time zone at whose midnights the prices of a vendor's customers begin.

    Where the vendor names none, it is that of Home Assistant.
    """
    zone = vendor.time_zone and await dt_util.async_get_time_zone(vendor.time_zone)
    return zone or dt_util.get_default_time_zone()
