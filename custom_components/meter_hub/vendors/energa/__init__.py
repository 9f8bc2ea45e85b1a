"""Energa: the meters of Energa-Operator, as its portal Mój Licznik shows them."""

from ...metering.budget import Limits
from .. import endpoints
from ..base import Field, FieldKind, Vendor
from .backend import (
    FASTEST,
    HOLD_ESTIMATES,
    POLL_INTERVAL,
    SLOWEST,
    USUAL,
    EnergaBackend,
    normalized,
)

ENERGA = Vendor(
    key="energa",
    name="Energa (Mój Licznik)",
    sign_in=(
        Field(key="username", kind=FieldKind.TEXT),
        Field(key="password", kind=FieldKind.SECRET),
    ),
    options=(
        Field(
            key=POLL_INTERVAL,
            kind=FieldKind.NUMBER,
            default=USUAL,
            minimum=FASTEST,
            maximum=SLOWEST,
            unit="min",
        ),
        Field(key=HOLD_ESTIMATES, kind=FieldKind.SWITCH, default=False),
    ),
    limits=lambda _: Limits(pace=endpoints.ENERGA.pace),
    quota_owner=lambda credentials: normalized(str(credentials["username"])),
    host=lambda: endpoints.ENERGA.url,
    history_days=365,
    longest_history_days=730,
    own_session=True,
    balanced=True,
    currency="PLN",
    time_zone="Europe/Warsaw",
    build=EnergaBackend,
)
