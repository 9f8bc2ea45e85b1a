"""Adding an account that a person lets us in to: by a redirect, or by a pasted code."""

from collections.abc import AsyncGenerator

from homeassistant.components.application_credentials import ClientCredential
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.selector import SelectSelector
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from ..texts import TEXTS, placeholders
from .consents import (
    CLIENT,
    KEY,
    TYPED,
    ConsentCloud,
    add_client,
    add_entry,
    come_back,
    consent_cloud,
    paste,
    pick,
    query,
)
from .dialogs import choose, offered, selectors, submit

CALLBACK = "https://example.com/auth/external/callback"


@pytest.fixture
async def cloud(
    hass: HomeAssistant,
    monkeypatch: pytest.MonkeyPatch,
    socket_enabled: None,
    current_request_with_host: None,
) -> AsyncGenerator[ConsentCloud]:
    """Run the vendor; dialogs are opened by a browser."""
    async with consent_cloud(monkeypatch) as cloud:
        cloud.codes.add("c0de")
        yield cloud


async def test_credentials_come_first(hass: HomeAssistant, cloud: ConsentCloud) -> None:
    """Nobody types a key only to learn that something else is missing."""
    result = await choose(hass, "consent")

    assert (result["type"], result["reason"]) == (
        FlowResultType.ABORT,
        "missing_credentials",
    )
    assert result["translation_domain"] == "homeassistant"


async def test_other_vendors_need_no_credentials(
    hass: HomeAssistant, cloud: ConsentCloud
) -> None:
    result = await choose(hass, "onemeter")

    assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "onemeter")


async def test_redirect(
    hass: HomeAssistant,
    cloud: ConsentCloud,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    await add_client(hass)

    form = await choose(hass, "consent")
    assert list(selectors(form)) == ["api_key", "plan", "gateway_serial"]
    plan = selectors(form)["plan"]
    assert isinstance(plan, SelectSelector)
    assert plan.config["options"] == ["small", "large"]
    assert plan.config["translation_key"] == "plan"
    menu = await submit(hass, form, TYPED)
    assert offered(menu) == ["redirect", "paste"]
    assert menu["description_placeholders"] == {
        "vendor": "Consent",
        "redirect_uri": CALLBACK,
    }
    assert placeholders(TEXTS["config"]["step"]["let_in"]) <= {"vendor", "redirect_uri"}
    step = await pick(hass, menu, "redirect")
    assert step["url"].startswith(f"{cloud.url}/authorize?")
    asked = dict(query(step["url"]))
    assert asked.pop("state")
    assert asked == {
        "response_type": "code",
        "client_id": "client-1",
        "redirect_uri": CALLBACK,
    }
    result = await come_back(hass, hass_client_no_auth, step, code="c0de")

    assert result["type"] is FlowResultType.CREATE_ENTRY
    entry = result["result"]
    assert entry.unique_id == "consent_4242"
    data = dict(entry.data)
    token = data.pop("token")
    assert data == {
        "vendor": "consent",
        "credentials": TYPED | {"account": "4242"},
        "meters": ["house"],
        "auth_implementation": "own",
    }
    assert token["access_token"] in cloud.access
    assert token["refresh_token"] in cloud.refresh
    assert cloud.requests == [
        {
            "grant_type": "authorization_code",
            "code": "c0de",
            "redirect_uri": CALLBACK,
            "client": "client-1:cl1ent-secret",
        }
    ]


async def test_redirect_survives_a_new_look(
    hass: HomeAssistant,
    cloud: ConsentCloud,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    """A browser that opens the dialog anew is sent to the vendor again."""
    await add_client(hass)
    menu = await submit(hass, await choose(hass, "consent"), TYPED)
    step = await pick(hass, menu, "redirect")

    again = await hass.config_entries.flow.async_configure(step["flow_id"])
    result = await come_back(hass, hass_client_no_auth, again, code="c0de")

    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_pasted_code(hass: HomeAssistant, cloud: ConsentCloud) -> None:
    """A wrong code is said at the form that it was pasted into."""
    await add_client(hass)
    menu = await submit(hass, await choose(hass, "consent"), TYPED)

    form = await pick(hass, menu, "paste")
    assert form["step_id"] == "code"
    assert form["description_placeholders"] is not None
    link = form["description_placeholders"]["authorize_url"]
    assert link.startswith(f"{cloud.url}/authorize?")
    assert query(link) == {
        "response_type": "code",
        "client_id": "client-1",
        "redirect_uri": f"{cloud.url}/code",
    }
    form = await submit(hass, form, {"code": "wr0ng"})
    assert (form["step_id"], form["errors"]) == ("code", {"base": "invalid_code"})
    result = await submit(hass, form, {"code": " c0de "})

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert cloud.requests[-1]["redirect_uri"] == f"{cloud.url}/code"
    assert cloud.grants == ["authorization_code"] * 2


@pytest.mark.parametrize(
    "page",
    [
        "https://vendor.example/code?code=c0de&state=1",
        " https://vendor.example/code?state=1&code=c0de#shown\n",
    ],
)
async def test_pasted_address(
    hass: HomeAssistant, cloud: ConsentCloud, page: str
) -> None:
    """The page with the code has the code in its address, too."""
    await add_client(hass)

    result = await paste(hass, code=page)

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert [form["code"] for form in cloud.requests] == ["c0de"]


async def test_denial(
    hass: HomeAssistant,
    cloud: ConsentCloud,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    await add_client(hass)
    menu = await submit(hass, await choose(hass, "consent"), TYPED)

    result = await come_back(
        hass,
        hass_client_no_auth,
        await pick(hass, menu, "redirect"),
        error="access_denied",
    )

    assert (result["type"], result["reason"]) == (
        FlowResultType.ABORT,
        "user_rejected_authorize",
    )
    assert cloud.requests == []


async def test_account_that_is_there_already(
    hass: HomeAssistant, cloud: ConsentCloud
) -> None:
    """Two entries would renew one another's token away."""
    await add_client(hass)
    add_entry(hass, cloud)

    result = await paste(hass)

    assert (result["type"], result["reason"]) == (
        FlowResultType.ABORT,
        "already_configured",
    )


async def test_several_clients(hass: HomeAssistant, cloud: ConsentCloud) -> None:
    """A person picks the one that the key belongs to."""
    await add_client(hass, "other", ClientCredential("client-2", "0ther", "Their app"))
    await add_client(hass)
    menu = await submit(hass, await choose(hass, "consent"), TYPED)

    form = await pick(hass, menu, "paste")
    assert form["step_id"] == "pick_implementation"
    form = await submit(hass, form, {"implementation": "own"})
    result = await submit(hass, form, {"code": "c0de"})

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"]["auth_implementation"] == "own"


async def test_no_secret_in_the_log(
    hass: HomeAssistant, cloud: ConsentCloud, caplog: pytest.LogCaptureFixture
) -> None:
    await add_client(hass)

    assert (await paste(hass))["type"] is FlowResultType.CREATE_ENTRY

    secrets = (KEY, "c0de", "acc3ss", "refr3sh", CLIENT.client_secret)
    assert not [secret for secret in secrets if secret in caplog.text]
