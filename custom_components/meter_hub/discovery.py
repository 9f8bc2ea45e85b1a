"""Tells what a device in the local network is to the vendors."""

from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo

from .vendors.base import Discovered, Vendor
from .vendors.registry import VENDORS


def announced(info: ZeroconfServiceInfo) -> tuple[Vendor, Discovered] | None:
    """Return whose device announces itself, and what it says of its account.

    None where it can't be set up. Addresses of IPv6 are not taken: those of a device
    are many, and each would pass for a move.
    """
    if info.ip_address.version != 4:
        return None
    for vendor in VENDORS.values():
        discovery = vendor.discovery
        if discovery is not None and discovery.service == info.type:
            found = discovery.read(info.host, info.properties)
            return None if found is None else (vendor, found)
    return None
