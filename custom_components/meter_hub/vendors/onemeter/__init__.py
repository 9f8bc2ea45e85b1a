"""OneMeter Cloud: battery-powered readers on the optical port of a meter."""

from ...metering.budget import Limits
from .. import endpoints
from ..base import Field, FieldKind, Vendor
from .backend import OneMeterBackend

ONEMETER = Vendor(
    key="onemeter",
    name="OneMeter",
    sign_in=(Field(key="api_key", kind=FieldKind.SECRET),),
    limits=lambda: Limits(pace=endpoints.ONEMETER.pace),
    quota_owner=lambda credentials: str(credentials["api_key"]).strip(),
    history_days=365,
    longest_history_days=3650,
    build=OneMeterBackend,
)
