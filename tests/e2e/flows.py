"""Walks Meter Hub's real config flow over Home Assistant's REST API."""

from collections.abc import Collection, Mapping
from typing import Any

from .home import Home, HomeError

FLOWS = "config/config_entries/flow"


async def add_client(home: Home, client_id: str, client_secret: str) -> None:
    """Give Home Assistant the OAuth client that a vendor's sign-in asks for first."""
    await home.ask(
        "application_credentials/create",
        domain="meter_hub",
        client_id=client_id,
        client_secret=client_secret,
    )


async def add_vendor(
    home: Home, vendor: str, sign_in: Mapping[str, Any], sources: Collection[str]
) -> str:
    """Add one account of a vendor and return the id of its config entry.

    Every field but the sign-in's keeps what the form suggests; a code is read from
    where the form's link leads; the Energy dashboard gets those of the offered
    `sources`. Raises HomeError where one of these is not offered, and where the flow
    shows an error or aborts.
    """
    step = await home.post(FLOWS, {"handler": "meter_hub"})
    step = await home.post(f"{FLOWS}/{step['flow_id']}", {"next_step_id": vendor})
    while step["type"] == "form":
        if step["errors"]:
            raise HomeError(f"{vendor}, step {step['step_id']}: {step['errors']}")
        fields = {field["name"]: field for field in step["data_schema"]}
        answer = {
            name: field["default"]
            for name, field in fields.items()
            if "default" in field
        }
        answer |= {name: sign_in[name] for name in fields if name in sign_in}
        if step["step_id"] == "code":
            link = step["description_placeholders"]["authorize_url"]
            answer["code"] = (await home.follow(link)).query["code"]
        if "dashboard" in fields:
            options = fields["dashboard"]["selector"]["select"]["options"]
            offered = {option["value"] for option in options}
            if missing := set(sources) - offered:
                raise HomeError(f"{vendor} does not offer {missing}")
            answer["dashboard"] = list(sources)
        step = await home.post(f"{FLOWS}/{step['flow_id']}", answer)
    if step["type"] != "create_entry":
        raise HomeError(f"{vendor}: the flow ended with {step}")
    return str(step["result"]["entry_id"])
