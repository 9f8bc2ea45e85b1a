"""The vendors that exist."""

from .base import Vendor
from .onemeter import ONEMETER

VENDORS: dict[str, Vendor] = {vendor.key: vendor for vendor in (ONEMETER,)}
