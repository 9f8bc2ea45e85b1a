"""Consent, codes, and tokens that rotate."""

from datetime import timedelta
from typing import Any

from aiohttp import encode_basic_auth
import pytest
from yarl import URL

from tests.simulator import MovableClock, Simulator
from tests.simulator.enphase_cloud import App, EnphaseCloudApi

from .conftest import CloudClient

HOME = "https://my.home-assistant.io/redirect/oauth"
INVALID_GRANT = (400, "invalid_grant")


async def _authorize(
    cloud: CloudClient, api: EnphaseCloudApi, **query: str
) -> tuple[int, URL]:
    parameters = {"response_type": "code", "client_id": api.client_id, **query}
    async with cloud.session.get(
        f"{cloud.url}/oauth/authorize", params=parameters, allow_redirects=False
    ) as answer:
        return answer.status, URL(answer.headers.get("Location", ""))


async def _grant(
    cloud: CloudClient, api: EnphaseCloudApi, *, in_query: bool = False, **form: str
) -> Any:
    """Return the answer of the token endpoint, or its status and error."""
    where: dict[str, Any] = {"params": form} if in_query else {"data": form}
    async with cloud.session.post(
        f"{cloud.url}/oauth/token",
        headers={"Authorization": encode_basic_auth(api.client_id, api.client_secret)},
        **where,
    ) as answer:
        body = await answer.json()
        return body if answer.ok else (answer.status, body["error"])


async def test_a_code_comes_back_with_the_state(
    cloud: CloudClient, api: EnphaseCloudApi
) -> None:
    status, location = await _authorize(cloud, api, redirect_uri=HOME, state="st")

    assert status == 302
    assert str(location.with_query(None)) == HOME
    assert location.query["state"] == "st"
    tokens = await _grant(
        cloud,
        api,
        grant_type="authorization_code",
        redirect_uri=HOME,
        code=location.query["code"],
    )
    cloud.token = tokens["access_token"]
    assert (await cloud.get(""))["total"] == 3
    assert tokens["expires_in"] == 86393
    assert tokens["enl_uid"] == api.oauth.enl_uid
    assert tokens["token_type"] == "bearer"


@pytest.mark.parametrize("in_query", [True, False])
async def test_the_code_page_shows_a_code_that_is_good_once(
    cloud: CloudClient, api: EnphaseCloudApi, in_query: bool
) -> None:
    page = f"{cloud.url}/oauth/redirect_uri"
    _, location = await _authorize(cloud, api, redirect_uri=page)
    async with cloud.session.get(cloud.url + location.path_qs) as answer:
        assert location.query["code"] in await answer.text()
    form = {
        "grant_type": "authorization_code",
        "redirect_uri": page,
        "code": location.query["code"],
    }
    assert "access_token" in await _grant(cloud, api, in_query=in_query, **form)
    assert await _grant(cloud, api, in_query=in_query, **form) == INVALID_GRANT


async def test_a_code_is_bound_to_its_redirect(
    cloud: CloudClient, api: EnphaseCloudApi
) -> None:
    assert (
        await _grant(
            cloud,
            api,
            grant_type="authorization_code",
            redirect_uri="https://elsewhere.example",
            code=api.code(HOME),
        )
        == INVALID_GRANT
    )


async def test_consent_may_be_denied_and_redirects_be_unknown(
    cloud: CloudClient, api: EnphaseCloudApi
) -> None:
    api.oauth.consents = False
    status, location = await _authorize(cloud, api, redirect_uri=HOME, state="st")
    assert status == 302
    assert dict(location.query) == {"error": "access_denied", "state": "st"}

    api.oauth.redirects = set()
    status, _ = await _authorize(cloud, api, redirect_uri=HOME)
    assert status == 400
    status, _ = await _authorize(cloud, api, redirect_uri="/oauth/redirect_uri")
    assert status == 302
    status, _ = await _authorize(cloud, api, client_id="stranger")
    assert status == 401


@pytest.mark.parametrize("secret", [None, "wrong"])
async def test_tokens_are_for_clients_with_their_secret(
    cloud: CloudClient, api: EnphaseCloudApi, secret: str | None
) -> None:
    form = {
        "grant_type": "authorization_code",
        "code": api.code(),
        "redirect_uri": "/oauth/redirect_uri",
        "client_id": api.client_id,
        "client_secret": api.client_secret,
    }
    async with cloud.session.post(
        f"{cloud.url}/oauth/token",
        headers={"Authorization": encode_basic_auth(api.client_id, secret)}
        if secret
        else None,
        data=form,
    ) as answer:
        assert answer.status == 401
        assert (await answer.json())["error"] == "invalid_client"


async def test_refreshing_replaces_the_refresh_token(
    cloud: CloudClient, api: EnphaseCloudApi, clock: MovableClock
) -> None:
    first = api.oauth.issue(api.client_id)["refresh_token"]
    clock.advance(timedelta(seconds=86393))
    assert (await cloud.ask(""))[0] == 401
    tokens = await _grant(cloud, api, grant_type="refresh_token", refresh_token=first)
    cloud.token = tokens["access_token"]
    assert (await cloud.ask(""))[0] == 200
    assert (
        await _grant(cloud, api, grant_type="refresh_token", refresh_token=first)
        == INVALID_GRANT
    )

    clock.advance(timedelta(days=30))
    assert (
        await _grant(
            cloud,
            api,
            grant_type="refresh_token",
            refresh_token=tokens["refresh_token"],
        )
        == INVALID_GRANT
    )


async def test_withdrawn_access_ends_everything(
    cloud: CloudClient, api: EnphaseCloudApi
) -> None:
    refresh = api.oauth.issue(api.client_id)["refresh_token"]
    api.oauth.end_access()
    assert (await cloud.ask(""))[0] == 401
    tokens = await _grant(cloud, api, grant_type="refresh_token", refresh_token=refresh)
    api.oauth.end_grants()
    assert (
        await _grant(
            cloud,
            api,
            grant_type="refresh_token",
            refresh_token=tokens["refresh_token"],
        )
        == INVALID_GRANT
    )


async def test_asking_for_tokens_counts_unless_it_does_not(
    cloud: CloudClient, api: EnphaseCloudApi, app: App, simulator: Simulator
) -> None:
    for used in (1, 1):
        await _grant(
            cloud,
            api,
            grant_type="authorization_code",
            redirect_uri="/oauth/redirect_uri",
            code=api.code(),
        )
        assert app.used() == used
        api.oauth.counts_calls = False
    assert len(simulator.calls("enphase_cloud", "/oauth/*", api.client_id)) == 2
