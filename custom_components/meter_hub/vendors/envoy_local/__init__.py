"""Envoy: Enphase's IQ Gateway, asked in the local network."""

from datetime import timedelta

from ...metering.budget import Limits
from ..base import Discovery, Field, FieldKind, Vendor
from .backend import (
    ALL_INVERTERS,
    LONGEST_INTERVAL,
    POLL_INTERVAL,
    SHORTEST_INTERVAL,
    USUAL_INTERVAL,
    EnvoyBackend,
)
from .declared import SERVICE, announced, ends_at, is_detail

ENVOY_LOCAL = Vendor(
    key="envoy_local",
    name="Envoy local (Enphase IQ Gateway)",
    sign_in=(
        Field(key="host", kind=FieldKind.TEXT),
        Field(key="username", kind=FieldKind.TEXT, required=False),
        Field(key="password", kind=FieldKind.SECRET, required=False),
        Field(key="token", kind=FieldKind.SECRET, required=False),
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
        Field(key=ALL_INVERTERS, kind=FieldKind.SWITCH, default=False),
    ),
    limits=lambda _: Limits(pace=timedelta(0)),
    quota_owner=lambda credentials: str(credentials["host"]).casefold().strip(),
    own_session=True,
    verify_tls=False,
    discovery=Discovery(SERVICE, announced, rival="enphase_envoy"),
    is_detail=is_detail,
    ends_at=ends_at,
    build=EnvoyBackend,
)
