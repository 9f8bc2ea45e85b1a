"""OneMeter Cloud: battery-powered readers on the optical port of a meter."""

from ...metering.budget import Limits
from ...metering.vocabulary import Quantity
from .. import endpoints
from ..base import Field, FieldKind, Vendor
from .backend import APPLY_MULTIPLIER, OneMeterBackend

ONEMETER = Vendor(
    key="onemeter",
    name="OneMeter Cloud",
    sign_in=(Field(key="api_key", kind=FieldKind.SECRET),),
    options=(
        Field(
            key=APPLY_MULTIPLIER,
            kind=FieldKind.SWITCH,
            default=False,
            matters=lambda reading: (
                reading.series.quantity is Quantity.MULTIPLIER and reading.value != 1
            ),
        ),
    ),
    limits=lambda _: Limits(pace=endpoints.ONEMETER.pace),
    quota_owner=lambda credentials: str(credentials["api_key"]).strip(),
    host=lambda: endpoints.ONEMETER.url,
    history_days=365,
    longest_history_days=3650,
    build=OneMeterBackend,
)
