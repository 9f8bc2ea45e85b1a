"""Enegic: the cloud of Perific's meters, on the customer interface or with clamps."""

from ...metering.budget import Limits
from .. import endpoints
from ..base import Field, FieldKind, Vendor
from .backend import (
    LONGEST_INTERVAL,
    POLL_INTERVAL,
    SHORTEST_INTERVAL,
    USUAL_INTERVAL,
    EnegicBackend,
)

ENEGIC = Vendor(
    key="enegic",
    name="Enegic (Perific)",
    sign_in=(
        Field(key="username", kind=FieldKind.EMAIL),
        Field(key="password", kind=FieldKind.SECRET),
    ),
    options=(
        Field(
            key=POLL_INTERVAL,
            kind=FieldKind.NUMBER,
            default=USUAL_INTERVAL,
            minimum=SHORTEST_INTERVAL,
            maximum=LONGEST_INTERVAL,
            unit="s",
        ),
    ),
    limits=lambda _: Limits(pace=endpoints.ENEGIC.pace),
    quota_owner=lambda credentials: str(credentials["username"]).casefold().strip(),
    host=lambda: endpoints.ENEGIC.url,
    history_days=365,
    longest_history_days=3650,
    build=EnegicBackend,
)
