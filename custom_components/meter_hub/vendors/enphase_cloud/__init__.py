"""Enphase Cloud: solar systems, as the Enphase Monitoring API v4 shows them."""

from .. import endpoints
from ..base import Field, FieldKind, OAuth2, Vendor
from .backend import (
    API_KEY,
    GATEWAY_SERIAL,
    INVERTERS,
    LONGEST_HISTORY,
    SCHEDULE,
    USUAL_HISTORY,
    EnphaseCloudBackend,
)
from .ladder import Schedule
from .plans import CALLS_PER_MINUTE, CALLS_PER_MONTH, PLAN, Plan, limits
from .readings import is_detail

ENPHASE_CLOUD = Vendor(
    key="enphase_cloud",
    name="Enphase Cloud",
    sign_in=(
        Field(key=API_KEY, kind=FieldKind.SECRET),
        Field(
            key=PLAN,
            kind=FieldKind.CHOICE,
            default=Plan.WATT.value,
            choices=tuple(plan.value for plan in Plan),
        ),
        Field(
            key=CALLS_PER_MINUTE,
            kind=FieldKind.NUMBER,
            required=False,
            minimum=1,
            maximum=100_000,
        ),
        Field(
            key=CALLS_PER_MONTH,
            kind=FieldKind.NUMBER,
            required=False,
            minimum=1,
            maximum=100_000_000,
        ),
        Field(key=GATEWAY_SERIAL, kind=FieldKind.TEXT, required=False),
    ),
    options=(
        Field(
            key=SCHEDULE,
            kind=FieldKind.CHOICE,
            default=Schedule.BALANCED.value,
            choices=tuple(schedule.value for schedule in Schedule),
        ),
        Field(key=INVERTERS, kind=FieldKind.SWITCH, default=False),
    ),
    limits=limits,
    quota_owner=lambda credentials: str(credentials[API_KEY]).strip(),
    host=lambda: endpoints.ENPHASE.url,
    history_days=USUAL_HISTORY,
    longest_history_days=LONGEST_HISTORY,
    oauth2=OAuth2(
        authorize_url=lambda: f"{endpoints.ENPHASE.url}/oauth/authorize",
        token_url=lambda: f"{endpoints.ENPHASE.url}/oauth/token",
        code_page=lambda: f"{endpoints.ENPHASE.url}/oauth/redirect_uri",
        apps_page="https://developer-v4.enphase.com",
        account_key="enl_uid",
    ),
    is_detail=is_detail,
    build=EnphaseCloudBackend,
)
