"""The vendors that the simulator knows; a further one is one line."""

from .api import VendorApi
from .onemeter import OneMeterApi

VENDORS: dict[str, type[VendorApi]] = {
    OneMeterApi.name: OneMeterApi,
}
