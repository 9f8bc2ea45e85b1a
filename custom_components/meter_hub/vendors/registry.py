"""The vendors that exist."""

from .base import Vendor
from .enegic import ENEGIC
from .energa import ENERGA
from .enphase_cloud import ENPHASE_CLOUD
from .envoy_local import ENVOY_LOCAL
from .onemeter import ONEMETER

VENDORS: dict[str, Vendor] = {
    vendor.key: vendor
    for vendor in (ENEGIC, ENERGA, ENPHASE_CLOUD, ENVOY_LOCAL, ONEMETER)
}
