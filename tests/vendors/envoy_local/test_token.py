"""What is read in a token."""

from datetime import timedelta

import jwt
import pytest

from custom_components.meter_hub.vendors.base import AuthError
from custom_components.meter_hub.vendors.envoy_local.token import check_token, claims_of

from .replay import KEY, NOW, YEAR, a_token

HALF_A_DAY = timedelta(hours=12)


def test_what_a_token_says() -> None:
    claims = claims_of(a_token("122"))
    assert claims.expires == NOW + YEAR
    assert claims.issued == NOW
    assert claims.opens("122")
    assert not claims.opens("123")


@pytest.mark.parametrize(
    ("lifetime", "left"),
    [(YEAR, timedelta(days=30)), (HALF_A_DAY, timedelta(hours=3))],
)
def test_a_token_is_renewed_before_it_ends(
    lifetime: timedelta, left: timedelta
) -> None:
    claims = claims_of(a_token("122", NOW + lifetime, NOW))
    assert claims.renew_at == NOW + lifetime - left


def test_a_token_without_its_gateway_opens_any() -> None:
    token = jwt.encode({"exp": int(NOW.timestamp())}, KEY, algorithm="HS256")
    assert claims_of(token).opens("122")


@pytest.mark.parametrize(
    "token",
    [
        "nonsense",
        "a.b.c",
        jwt.encode({"aud": "122"}, KEY, algorithm="HS256"),
        jwt.encode({"aud": "122", "exp": 10**30}, KEY, algorithm="HS256"),
    ],
)
def test_nonsense_is_named_without_quoting_it(token: str) -> None:
    with pytest.raises(AuthError) as caught:
        claims_of(token)
    assert caught.value.reason == "token_malformed"
    assert token not in str(caught.value)
    assert caught.value.__suppress_context__


def test_why_a_token_is_of_no_use() -> None:
    check_token(a_token("122"), "122", NOW)
    with pytest.raises(AuthError, match="token_foreign"):
        check_token(a_token("123"), "122", NOW)
    with pytest.raises(AuthError, match="token_expired"):
        check_token(a_token("122", NOW, NOW - YEAR), "122", NOW)
