"""The vendors that the simulator knows; a further one is one line."""

from .api import VendorApi
from .enegic import EnegicApi
from .energa import EnergaApi
from .enphase_cloud import EnphaseCloudApi
from .envoy_local import EnvoyLocalApi
from .onemeter import OneMeterApi

VENDORS: dict[str, type[VendorApi]] = {
    EnegicApi.name: EnegicApi,
    EnergaApi.name: EnergaApi,
    EnphaseCloudApi.name: EnphaseCloudApi,
    EnvoyLocalApi.name: EnvoyLocalApi,
    OneMeterApi.name: OneMeterApi,
}
